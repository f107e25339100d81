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
import { refused, calm as signal } from '../../support/remoteCalls';

const path = parsePath('b/k.txt');

/** A remote whose only file has these facts. */
function remoteWith(facts: Partial<FileEntry>): Remote {
  const entry: FileEntry = { kind: 'file', path, size: 3, ...facts };
  return { ...createMemoryRemote(), stat: async () => entry };
}

test('a small file opens, a large file asks, and a file too large for an editor can only be downloaded', async () => {
  const kindAt = async (size: number) =>
    (await checkBeforeOpen(remoteWith({ size }), path, 1000, signal)).kind;
  assert.equal(await kindAt(1000), 'open');
  assert.equal(await kindAt(1001), 'ask');
  assert.equal(await kindAt(maxEditorBytes + 1), 'tooLarge');
});

test('an archived file says how to restore it, unless it is restored for now', async () => {
  const archived = remoteWith({ storageClass: 'DEEP_ARCHIVE', readonly: 'It is archived.' });
  const decision = await checkBeforeOpen(archived, path, 1000, signal);
  assert.ok(decision.kind === 'unreadable');
  assert.match(decision.reason, /restore-object --bucket b --key k\.txt/);
  const restored = remoteWith({ storageClass: 'GLACIER' });
  assert.equal((await checkBeforeOpen(restored, path, 1000, signal)).kind, 'open');
});

test("names in the advice can't run as commands of a shell", () => {
  const entry = { path: parsePath("b/it's; rm -rf $HOME"), storageClass: 'GLACIER' };
  assert.match(archiveAdvice(entry), /--key 'it'\\''s; rm -rf \$HOME'/);
});

test("a folder can't be opened as a file", async () => {
  const remote = createMemoryRemote();
  remote.put('b/folder/x', '1');
  await refused(checkBeforeOpen(remote, parsePath('b/folder'), 1000, signal), 'isAFolder');
});

test('the whole content comes with the entry it belongs to', async () => {
  for (const text of ['content', '']) {
    const remote = createMemoryRemote();
    const put = remote.put(path, text);
    const { entry, content } = await readWholeFile(remote, path, 1000, signal);
    assert.equal(Buffer.from(content).toString(), text);
    assert.equal(entry.version, put.version);
  }
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

test('an incomplete read is an error, never shorter or empty content', async () => {
  const remote = createMemoryRemote();
  remote.put(path, 'content');
  remote.fail({ when: { operation: 'read' }, at: 3, error: new RemoteError('unavailable', 'Broke off.') });
  await refused(readWholeFile(remote, path, 1000, signal), 'unavailable');
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
    await refused(readWholeFile(remote, path, 1000, signal), 'corrupted');
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
  await refused(readWholeFile(remote, path, 10, signal), 'unsupported');
  assert.equal(pulled, false);
  assert.equal(stream.destroyed, true);
});
