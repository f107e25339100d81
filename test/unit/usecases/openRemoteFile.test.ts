import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { FileEntry } from '../../../src/remote/entry';
import type { Remote } from '../../../src/remote/remote';
import { isRemoteError, RemoteError } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import {
  archiveAdvice,
  checkBeforeOpen,
  maxEditorBytes,
  readWholeFile,
} from '../../../src/usecases/openRemoteFile';
import { createMemoryRemote } from '../../support/memoryRemote/memoryRemote';

const path = parsePath('b/k.txt');
const signal = new AbortController().signal;

/** A remote whose only file has these facts. */
function remoteWith(facts: Partial<FileEntry>): Remote {
  const entry: FileEntry = { kind: 'file', path, size: 3, ...facts };
  return { ...createMemoryRemote(), stat: async () => entry };
}

test('a small file opens, a large one asks, and one that no editor holds is only downloaded', async () => {
  const kindAt = async (size: number) =>
    (await checkBeforeOpen(remoteWith({ size }), path, 1000, signal)).kind;
  assert.equal(await kindAt(1000), 'open');
  assert.equal(await kindAt(1001), 'ask');
  assert.equal(await kindAt(maxEditorBytes + 1), 'tooLarge');
});

test('an archived file says how to restore it', async () => {
  const archived = remoteWith({ storageClass: 'DEEP_ARCHIVE', readonly: 'It is archived.' });
  const decision = await checkBeforeOpen(archived, path, 1000, signal);
  assert.equal(decision.kind, 'unreadable');
  assert.match(
    decision.kind === 'unreadable' ? decision.reason : '',
    /restore-object --bucket b --key k\.txt/,
  );
});

test('an archived file that is restored for now opens', async () => {
  assert.equal(
    (await checkBeforeOpen(remoteWith({ storageClass: 'GLACIER' }), path, 1000, signal)).kind,
    'open',
  );
});

test("names in the advice can't run as commands of a shell", () => {
  const entry = { path: parsePath("b/it's; rm -rf $HOME"), storageClass: 'GLACIER' };
  assert.match(archiveAdvice(entry), /--key 'it'\\''s; rm -rf \$HOME'/);
});

test('a folder is no file to open', async () => {
  const remote = createMemoryRemote();
  remote.put('b/folder/x', '1');
  await assert.rejects(checkBeforeOpen(remote, parsePath('b/folder'), 1000, signal), (e) =>
    isRemoteError(e, 'isAFolder'),
  );
});

test('the whole content comes with the entry it belongs to', async () => {
  const remote = createMemoryRemote();
  const put = remote.put(path, 'content');
  const { entry, content } = await readWholeFile(remote, path, 1000, signal);
  assert.equal(Buffer.from(content).toString(), 'content');
  assert.equal(entry.version, put.version);
});

test('reading an archived file says how to restore it', async () => {
  const remote: Remote = {
    ...remoteWith({ storageClass: 'GLACIER', readonly: 'It is archived.' }),
    read: () => Promise.reject(new RemoteError('archived', 'It is archived.')),
  };
  await assert.rejects(
    readWholeFile(remote, path, 1000, signal),
    (e) => isRemoteError(e, 'archived') && /restore-object --bucket b/.test(e.message),
  );
});

test('an empty file is empty', async () => {
  const remote = createMemoryRemote();
  remote.put(path, '');
  assert.equal((await readWholeFile(remote, path, 1000, signal)).content.length, 0);
});

test('a read that breaks off is an error and never a shorter or empty content', async () => {
  const remote = createMemoryRemote();
  remote.put(path, 'content');
  remote.fail({ when: { operation: 'read' }, at: 3, error: new RemoteError('unavailable', 'Broke off.') });
  await assert.rejects(readWholeFile(remote, path, 1000, signal), (e) => isRemoteError(e, 'unavailable'));
});

for (const [what, body] of [
  ['fewer', 'ab'],
  ['more', 'abcd'],
] as const)
  test(`${what} bytes than the entry says are an error`, async () => {
    const entry: FileEntry = { kind: 'file', path, size: 3 };
    const remote: Remote = {
      ...createMemoryRemote(),
      read: async () => ({ entry, stream: Readable.from([Buffer.from(body)]) }),
    };
    await assert.rejects(readWholeFile(remote, path, 1000, signal), (e) => isRemoteError(e, 'corrupted'));
  });

test('a file above the limit is refused before its content is fetched', async () => {
  let pulled = false;
  const stream = new Readable({
    read() {
      pulled = true;
      this.push(null);
    },
  });
  const entry: FileEntry = { kind: 'file', path, size: 11 };
  const remote: Remote = { ...createMemoryRemote(), read: async () => ({ entry, stream }) };
  await assert.rejects(readWholeFile(remote, path, 10, signal), (e) => isRemoteError(e, 'unsupported'));
  assert.equal(pulled, false);
  assert.equal(stream.destroyed, true);
});
