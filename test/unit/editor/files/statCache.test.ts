import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parentsOf, StatCache } from '../../../../src/editor/files/statCache';
import { isRemoteError, RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import type { MemoryOptions } from '../../../support/memoryRemote/memoryOptions';
import { createMemoryRemote } from '../../../support/memoryRemote/memoryRemote';

const signal = new AbortController().signal;
const at = (path: string) => ({ remote: 'photos', path: parsePath(path) });
const notFound = (error: unknown) => isRemoteError(error, 'notFound');

/** A store of prefixes with a few files, and lookups on it whose clock is moved by `pass`. */
function setUp(options: MemoryOptions = {}, topAcceptsFiles = false) {
  const remote = createMemoryRemote({ hasDirectories: false, ...options });
  for (const path of ['b/site/index.html', 'b/site/css/main.css', 'b/site/.htaccess']) remote.put(path, path);
  let now = 1_000_000;
  const lookups = new StatCache(
    async () => remote,
    () => now,
    () => topAcceptsFiles,
  );
  return { remote, lookups, pass: (ms: number) => (now += ms) };
}

test('dozens of stats of probed names cost one listing', async () => {
  const { remote, lookups } = setUp();
  const probes = [
    '.vscode/settings.json',
    '.vscode/tasks.json',
    '.git',
    '.git/config',
    '.github/x/y',
    '.mcp.json',
  ];
  for (const probe of [...probes, ...probes])
    await assert.rejects(lookups.stat(at(`b/site/${probe}`), signal), notFound);
  assert.deepEqual(
    remote.calls.map(({ operation }) => operation),
    ['list'],
  );
});

test('the same listing finds an existing dot file', async () => {
  const { remote, lookups } = setUp();
  const entry = await lookups.stat(at('b/site/.htaccess'), signal);
  assert.equal(entry.kind, 'file');
  assert.equal(remote.count('stat'), 0);
});

test('after a failed listing the stat itself reports its error', async () => {
  const { remote, lookups } = setUp();
  remote.fail({ when: { operation: 'list' }, error: new RemoteError('forbidden', 'No listing.') });
  remote.put('b/site/.env', 'x');
  assert.equal((await lookups.stat(at('b/site/.env'), signal)).kind, 'file');
  await assert.rejects(lookups.stat(at('b/site/.git'), signal), notFound);
});

test('a name that no bucket can have costs no request', async () => {
  const { remote, lookups } = setUp();
  await assert.rejects(lookups.stat(at('.vscode/settings.json'), signal), notFound);
  await assert.rejects(lookups.stat(at('.git'), signal), notFound);
  assert.equal(remote.calls.length, 0);
  // A bucket can have such a name.
  remote.put('package.json/key', 'x');
  assert.equal((await lookups.stat(at('package.json'), signal)).kind, 'folder');
});

test('a listing answers stats of its files for some seconds', async () => {
  const { remote, lookups, pass } = setUp();
  await lookups.list(at('b/site'), 1000, signal);
  const before = remote.calls.length;
  assert.equal((await lookups.stat(at('b/site/index.html'), signal)).kind, 'file');
  assert.equal((await lookups.stat(at('b/site/css'), signal)).kind, 'folder');
  assert.equal(remote.calls.length, before);
  pass(10_000);
  await lookups.stat(at('b/site/index.html'), signal);
  assert.equal(remote.calls.length, before + 1);
});

test('a listing is truncated at the limit and marked incomplete', async () => {
  const { remote, lookups } = setUp({ pageSize: 10 });
  for (let i = 0; i < 100; i++) remote.put(`b/many/${i}`, '');
  const { entries, complete } = await lookups.list(at('b/many'), 25, signal);
  assert.equal(entries.size, 25);
  assert.equal(complete, false);
  assert.equal(remote.count('list'), 3);
  // An entry beyond the limit is not absent.
  assert.equal((await lookups.stat(at('b/many/99'), signal)).kind, 'file');
});

test('a missing folder of a store of prefixes is not found', async () => {
  await assert.rejects(setUp().lookups.list(at('b/none'), 10, signal), notFound);
});

test("a file can't be listed", async () => {
  await assert.rejects(setUp().lookups.list(at('b/site/index.html'), 10, signal), (e) =>
    isRemoteError(e, 'notAFolder'),
  );
});

test('an implied folder is visible without a stored marker', async () => {
  const { remote, lookups } = setUp();
  lookups.imply(at('b/site/new'));
  assert.equal((await lookups.stat(at('b/site/new'), signal)).kind, 'folder');
  assert.equal((await lookups.list(at('b/site/new'), 10, signal)).entries.size, 0);
  assert.ok((await lookups.list(at('b/site'), 10, signal)).entries.has('new'));
  assert.equal(remote.count('makeFolder'), 0);
  lookups.unimply([at('b/site')]);
  await assert.rejects(lookups.stat(at('b/site/new'), signal), notFound);
});

test('a bucket is never implied', async () => {
  const { lookups } = setUp();
  lookups.imply(at('new-bucket'));
  await assert.rejects(lookups.stat(at('new-bucket'), signal), notFound);
});

test('a write answers the next stats until it is forgotten', async () => {
  const { remote, lookups } = setUp();
  const entry = remote.put('b/site/index.html', 'new content');
  lookups.recordWrite(at('b/site/index.html'), entry);
  assert.equal(await lookups.stat(at('b/site/index.html'), signal), entry);
  assert.equal(remote.calls.length, 0);
  lookups.forget(at('b/site'));
  await lookups.stat(at('b/site/index.html'), signal);
  assert.equal(remote.count('stat'), 1);
});

test('an error is not an absence', async () => {
  const { remote, lookups } = setUp();
  remote.fail({ when: { operation: 'stat' }, error: new RemoteError('unavailable', 'Offline.') });
  await assert.rejects(lookups.stat(at('b/site/index.html'), signal), (e) => isRemoteError(e, 'unavailable'));
});

test('lists the folders between a file and its bucket', () => {
  assert.deepEqual(
    parentsOf(at('b/x/y/z.txt')).map(({ path }) => path),
    ['b/x', 'b/x/y'],
  );
  assert.deepEqual(parentsOf(at('b/z.txt')), []);
});

test('finds a dot file at the root of a remote that accepts files there', async () => {
  const { remote, lookups } = setUp({ hasDirectories: true }, true);
  remote.put('.env', 'x');
  remote.put('.config/app.json', 'x');
  assert.equal((await lookups.stat(at('.env'), signal)).kind, 'file');
  assert.equal((await lookups.stat(at('.config/app.json'), signal)).kind, 'file');
  await assert.rejects(lookups.stat(at('.git'), signal), notFound);
  assert.equal((await lookups.stat(at('.env'), signal)).kind, 'file', 'from the cache');
});
