import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Remote } from '../../../src/remote/remote';
import { isRemoteError, RemoteError } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import { type CopyRequest, copyFile, inMemoryLimit } from '../../../src/transfer/copyFile';
import { createMemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { body, calm, ifAbsent, ifMatch, refused } from '../../support/remoteCalls';

const target = parsePath('t');

function given(size: number) {
  const from = createMemoryRemote();
  const source = from.put('s', Buffer.alloc(size, 'x'), { modified: { s: 9, ns: 9 } });
  return { from, to: createMemoryRemote(), source };
}

function copy(request: Omit<CopyRequest, 'target' | 'precondition'> & Partial<CopyRequest>) {
  return copyFile({ target, precondition: ifAbsent, ...request }, calm);
}

/** The remote, but its copies have another MD5 than the sent content. */
function corrupting(to: Remote): Remote {
  return { ...to, write: async (...args) => ({ ...(await to.write(...args)), md5: '0'.repeat(32) }) };
}

test('a copy between two remotes has content, time and a verification', async () => {
  for (const size of [0, 5, 3_000_000]) {
    const { from, to, source } = given(size);
    const isLarge = size > inMemoryLimit;
    const remote = { ...from, ...(isLarge && { readToBuffer: () => assert.fail('a large file in memory') }) };
    const { entry, verification } = await copy({ from: remote, source, to });
    assert.equal(verification, 'ok');
    assert.equal(entry.size, size);
    assert.deepEqual(entry.modified, { s: 9, ns: 9 });
    assert.ok(to.content('t')?.equals(Buffer.alloc(size, 'x')));
  }
});

test('H25: where a side knows no MD5, the copy is unverified, which is not ok and not bad', async () => {
  const { from, source } = given(5);
  const to = createMemoryRemote({ knowsMd5: false });
  assert.equal((await copy({ from, source, to })).verification, 'unknown');
});

test('a copy within one remote is made on the server, and no content is read or written', async () => {
  const { from, source } = given(3_000_000);
  await copy({ from, source, to: from });
  assert.equal(from.count('serverSideCopy'), 1);
  assert.equal(from.count('read') + from.count('write'), 0);
});

test('a copy with a time of its own is not made on the server', async () => {
  const { from, source } = given(5);
  const { entry } = await copy({ from, source, to: from, modified: { s: 1, ns: 0 } });
  assert.deepEqual([from.count('serverSideCopy'), entry.modified], [0, { s: 1, ns: 0 }]);
});

test('the MD5 of a listing, which may be that of encrypted content, does not verify a copy on the server', async () => {
  const { from, source } = given(5);
  const { exact: _, ...listed } = { ...source, md5: '0'.repeat(32) };
  assert.equal((await copy({ from, source: listed, to: from })).verification, 'unknown');
});

/** Two remotes of one service. With `error`, the server-side copy fails. */
function ofOneService(error?: RemoteError) {
  const { from, to, source } = given(5);
  const calls: string[] = [];
  const twin: Remote = {
    ...to,
    capabilities: { ...to.capabilities, serverSideCopyGroup: 'one service' },
    serverSideCopyFrom: async (seen, path, precondition, signal) => {
      calls.push(`${seen.path} ${path} ${precondition.kind}`);
      if (error) throw error;
      return to.write(path, body('xxxxx'), {}, precondition, signal);
    },
  };
  const other = { ...from, capabilities: { ...from.capabilities, serverSideCopyGroup: 'one service' } };
  return { from, other, to, twin, source, calls };
}

test('a copy between two remotes of one service is made on the server, and no content is read', async () => {
  const { from, other, to, twin, source, calls } = ofOneService();
  const progress: number[] = [];
  const onProgress = (bytes: number) => progress.push(bytes);
  const { verification } = await copy({ from: other, source, to: twin, onProgress });
  assert.equal(verification, 'ok');
  assert.deepEqual(calls, ['s t ifAbsent']);
  assert.deepEqual(progress, [5]);
  assert.equal(from.count('read'), 0);
  assert.equal(to.text('t'), 'xxxxx');
});

test('a refused server-side copy between two remotes is streamed; a change or a lock is final', async () => {
  for (const kind of ['unsupported', 'forbidden', 'badSettings', 'notFound', 'other'] as const) {
    const { other, to, twin, source } = ofOneService(new RemoteError(kind, 'No.'));
    await copy({ from: other, source, to: twin });
    assert.equal(to.text('t'), 'xxxxx', kind);
  }
  const final = [
    'changed',
    'alreadyExists',
    'archived',
    'quotaExceeded',
    'unavailable',
    'unauthenticated',
  ] as const;
  for (const kind of final) {
    const { from, other, to, twin, source } = ofOneService(new RemoteError(kind, 'No.'));
    await refused(copy({ from: other, source, to: twin }), kind);
    assert.deepEqual([to.paths(), from.count('read')], [[], 0], kind);
  }
});

test('remotes of different or unknown services never copy from each other on the server', async () => {
  for (const [here, there] of [
    ['another service', 'one service'],
    [undefined, 'one service'],
    [undefined, undefined],
  ]) {
    const { from, to, twin, source, calls } = ofOneService();
    const of = (remote: Remote, serverSideCopyGroup?: string): Remote => ({
      ...remote,
      capabilities: { ...to.capabilities, ...(serverSideCopyGroup && { serverSideCopyGroup }) },
    });
    await copy({ from: of(from, here), source, to: of(twin, there) });
    assert.deepEqual(calls, []);
    assert.equal(to.text('t'), 'xxxxx');
  }
});

test("a file that the service can't copy is streamed", async () => {
  const { from, source } = given(5);
  const error = new RemoteError('unsupported', 'Too large to be copied.');
  from.fail({ when: { operation: 'serverSideCopy' }, error });
  await copy({ from, source, to: from });
  assert.equal(from.text('t'), 'xxxxx');
});

test('a corrupted copy is removed and reported', async () => {
  const { from, to, source } = given(5);
  await refused(copy({ from, source, to: corrupting(to) }), 'corrupted');
  assert.deepEqual(to.paths(), []);
});

test('a corrupted copy is removed even after an abort', async () => {
  const { from, to, source } = given(5);
  const stop = new AbortController();
  const wrong: Remote = {
    ...corrupting(to),
    write: async (...args) => {
      const entry = await corrupting(to).write(...args);
      stop.abort(new Error('cancelled'));
      return entry;
    },
  };
  await refused(
    copyFile({ from, source, to: wrong, target, precondition: ifAbsent }, stop.signal),
    'corrupted',
  );
  assert.deepEqual(to.paths(), []);
});

test('content that does not have the MD5 of its source never replaces anything', async () => {
  for (const size of [5, 3_000_000]) {
    const { from, to, source } = given(size);
    const old = to.put('t', 'old');
    const lying: Remote = {
      ...from,
      read: async (path, options, signal) => {
        const result = await from.read(path, options, signal);
        return { ...result, entry: { ...result.entry, md5: '0'.repeat(32) } };
      },
    };
    const wrong = { ...source, md5: '0'.repeat(32) };
    const precondition = ifMatch(old);
    await refused(copy({ from: lying, source: wrong, to, precondition }), 'corrupted');
    assert.equal(to.text('t'), 'old');
  }
});

test('a target that is missing is a failure of the target, not a change of the source', async () => {
  const { from, to, source } = given(5);
  to.fail({ when: { operation: 'write' }, error: new RemoteError('notFound', 'There is no such bucket.') });
  await refused(copy({ from, source, to }), 'notFound');
});

test('the error names a corrupted copy that could not be removed', async () => {
  const { from, to, source } = given(5);
  to.fail({
    when: { operation: 'removeFile' },
    error: new RemoteError('forbidden', 'Deleting is not allowed.'),
  });
  await assert.rejects(copy({ from, source, to: corrupting(to) }), (error) => {
    assert.ok(isRemoteError(error, 'corrupted'), String(error));
    assert.match(error.message, /could not be removed again: Deleting is not allowed\. Don't rely on it\./);
    return true;
  });
});

test('a copy of another size is removed and reported, even where no MD5 is known', async () => {
  for (const size of [0, 4, 6, 3_000_000]) {
    const { from, source } = given(5);
    const to = createMemoryRemote({ knowsMd5: false });
    const wrong: Remote = {
      ...to,
      write: async (path) => to.put(path, Buffer.alloc(size, 'x'), { modified: { s: 9, ns: 9 } }),
    };
    await refused(copy({ from, source, to: wrong }), 'corrupted');
    assert.equal(to.content('t'), undefined);
  }
});
