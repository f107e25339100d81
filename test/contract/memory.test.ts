import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../src/remote/entry';
import { RemoteError } from '../../src/remote/remoteError';
import { parsePath, type RemotePath, rootPath } from '../../src/remote/remotePath';
import type { MemoryOptions } from '../support/memoryRemote/memoryOptions';
import { createMemoryRemote } from '../support/memoryRemote/memoryRemote';
import { calm, deepNames, drain, names, refused, write } from '../support/remoteCalls';
import { type OpenedRemote, remoteContract } from './remoteContract';

function openMemory(root: string, options: MemoryOptions = {}): () => Promise<OpenedRemote> {
  return async () => {
    const remote = createMemoryRemote(options);
    if (root !== '') await remote.makeFolder(parsePath(root), calm);
    return {
      remote,
      root: parsePath(root),
      dispose: async () => {},
      requests: () => remote.calls.length,
      attributes: async (path: RemotePath) => remote.attributes(path) ?? {},
      putWithAttributes: async (path: RemotePath, content: string, attributes) => {
        remote.put(path, content, { attributes });
      },
    };
  };
}

remoteContract('memory', openMemory('', {}));
remoteContract(
  'memory like a bucket',
  openMemory('bucket', { hasDirectories: false, listsModified: false, pageSize: 2 }),
);
remoteContract(
  'memory like a Windows disk',
  openMemory('', { caseInsensitive: true, forbids: 'windows', timePrecisionNs: 100, knowsMd5: false }),
);
remoteContract('memory like a Mac disk', openMemory('disk', { caseInsensitive: true, foldsUnicode: true }));
remoteContract(
  'memory with the least powers',
  openMemory('', {
    timePrecisionNs: 'none',
    without: ['listRecursive', 'removeFiles', 'serverSideCopy', 'serverSideMove', 'setModifiedTime'],
  }),
);

const lost = new RemoteError('unavailable', 'The answer was lost.');

test('memory: only the n-th call of an operation fails', async () => {
  const remote = createMemoryRemote({ failures: [{ when: { operation: 'write', nth: 2 }, error: lost }] });
  await write(remote, parsePath('a'), '1');
  await refused(write(remote, parsePath('b'), '2'), 'unavailable');
  await write(remote, parsePath('c'), '3');
  assert.deepEqual(remote.paths(), ['a', 'c']);
  assert.equal(remote.count('write'), 3);
});

test('memory: a call can take effect although its response is lost', async () => {
  const remote = createMemoryRemote({
    failures: [{ when: { operation: 'write' }, error: lost, at: 'after' }],
  });
  await refused(write(remote, parsePath('a'), 'it is there'), 'unavailable');
  assert.equal(remote.text('a'), 'it is there');
});

test('memory: a read can fail after some bytes', async () => {
  const remote = createMemoryRemote({ failures: [{ when: { operation: 'read' }, error: lost, at: 3 }] });
  remote.put('a', 'abcdef');
  const { stream } = await remote.read(parsePath('a'), {}, calm);
  await refused(drain(stream), 'unavailable');
});

test('memory: a page of a listing can fail, and can then be requested again', async () => {
  const remote = createMemoryRemote({
    pageSize: 2,
    failures: [{ when: { operation: 'list', nth: 2 }, error: lost }],
  });
  for (const name of ['a', 'b', 'c', 'd']) remote.put(name, name);
  const pages = remote.list(rootPath, {}, calm)[Symbol.asyncIterator]();
  assert.equal((await pages.next()).value?.length, 2);
  await refused(pages.next(), 'unavailable');
  const page = (await pages.next()).value;
  assert.deepEqual(
    page?.map((entry: Entry) => entry.kind === 'file' && entry.path),
    ['c', 'd'],
  );
  assert.equal((await pages.next()).done, true);
});

test('memory: an unordered store lists out of order', async () => {
  const remote = createMemoryRemote({ unordered: true });
  for (const name of ['a', 'b', 'c']) remote.put(name, name);
  assert.deepEqual(await deepNames(remote, rootPath), ['c', 'a', 'b']);
});

test('memory: a store that folds case keeps the first spelling', async () => {
  const remote = createMemoryRemote({ caseInsensitive: true });
  remote.put('Dir/File', 'old');
  await write(remote, parsePath('dir/FILE'), 'new');
  assert.deepEqual(await names(remote, parsePath('dir')), ['File']);
  assert.equal(remote.text('Dir/File'), 'new');
});
