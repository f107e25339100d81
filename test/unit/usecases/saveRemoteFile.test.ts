import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileEntry } from '../../../src/remote/entry';
import { RemoteError } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import { type SaveBase, saveRemoteFile } from '../../../src/usecases/saveRemoteFile';
import { createMemoryRemote, type MemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { refused, calm as signal } from '../../support/remoteCalls';

const path = parsePath('b/main.css');
const clock = { now: () => 1_700_000_000_500 };

function save(remote: MemoryRemote, text: string, base: SaveBase) {
  return saveRemoteFile(remote, path, new TextEncoder().encode(text), base, clock, signal);
}

test('a save of an unchanged file sets the current time, and keeps the headers and metadata', async () => {
  const remote = createMemoryRemote();
  const base = remote.put(path, 'old', { attributes: { 'cache-control': 'max-age=60' } });
  const outcome = await save(remote, 'new', base);
  assert.equal(remote.text(path), 'new');
  assert.equal(outcome.kind, 'saved');
  assert.deepEqual(outcome.kind === 'saved' && outcome.entry.modified, { s: 1_700_000_000, ns: 500_000_000 });
  assert.deepEqual(remote.attributes(path), { 'cache-control': 'max-age=60' });
});

test('a change by someone else, even of the same size, is a conflict and nothing is written', async () => {
  const remote = createMemoryRemote();
  const base = remote.put(path, 'old');
  const theirs = remote.put(path, 'odd');
  const outcome = await save(remote, 'new', base);
  assert.equal(outcome.kind, 'conflict');
  assert.equal(outcome.kind === 'conflict' && outcome.theirs?.version, theirs.version);
  assert.equal(remote.text(path), 'odd');
});

test('a deleted file is a conflict without a version, and is not created again', async () => {
  const remote = createMemoryRemote();
  const base = remote.put(path, 'old');
  remote.drop(path);
  assert.deepEqual(await save(remote, 'new', base), { kind: 'conflict', theirs: undefined });
  assert.equal(remote.text(path), undefined);
});

test('a new file that someone made meanwhile is a conflict', async () => {
  const remote = createMemoryRemote();
  remote.put(path, 'theirs');
  assert.equal((await save(remote, 'mine', 'absent')).kind, 'conflict');
  assert.equal(remote.text(path), 'theirs');
});

for (const knowsMd5 of [true, false])
  test(`a retried save whose response was lost counts as saved (${knowsMd5 ? 'by hash' : 'by content'})`, async () => {
    const remote = createMemoryRemote({ knowsMd5 });
    const base = remote.put(path, 'old');
    remote.fail({
      when: { operation: 'write', nth: 1 },
      at: 'after',
      error: new RemoteError('unavailable', 'The answer was lost.'),
    });
    await refused(save(remote, 'new', base), 'unavailable');
    const outcome = await save(remote, 'new', base);
    assert.equal(outcome.kind, 'saved');
    const stored = (await remote.stat(path, signal)) as FileEntry;
    assert.equal(outcome.kind === 'saved' && outcome.entry.version, stored.version);
  });

test('other failures are thrown as they are', async () => {
  const remote = createMemoryRemote();
  const base = remote.put(path, 'old');
  remote.fail({ when: { operation: 'write' }, error: new RemoteError('forbidden', 'No.') });
  await refused(save(remote, 'new', base), 'forbidden');
  assert.equal(remote.text(path), 'old');
});
