import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { silentLog } from '../../../../src/base/log';
import { backoffDelay, withRetries } from '../../../../src/remote/layers/retry';
import { withRetry } from '../../../../src/remote/layers/withRetry';
import type { ByteSource, Remote } from '../../../../src/remote/remote';
import { RemoteError, type RemoteErrorKind } from '../../../../src/remote/remoteError';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import { remoteContract } from '../../../contract/remoteContract';
import { createFakeClock } from '../../../support/fakeClock';
import type {
  MemoryFailure,
  MemoryOperation,
  MemoryOptions,
} from '../../../support/memoryRemote/memoryOptions';
import { createMemoryRemote } from '../../../support/memoryRemote/memoryRemote';
import {
  body,
  calm,
  drain,
  ifAbsent,
  ifMatch,
  noPrecondition,
  pagesOf,
  pattern,
  refused,
} from '../../../support/remoteCalls';

const path = parsePath('f');
const failing = (kind: RemoteErrorKind, retryAfterMs?: number) =>
  new RemoteError(kind, 'It failed.', retryAfterMs === undefined ? {} : { retryAfterMs });

/** The first call of the operation takes effect, and its response is lost. */
const lost = (operation: MemoryOperation): MemoryFailure => ({
  when: { operation, nth: 1 },
  error: failing('unavailable'),
  at: 'after',
});

function given(failures: readonly MemoryFailure[] = [], options: MemoryOptions = {}) {
  const clock = createFakeClock();
  const inner = createMemoryRemote({ ...options, failures });
  return { inner, clock, remote: withRetry(inner, { clock, log: silentLog, random: () => 1 }) };
}

remoteContract('memory behind retries', async () => {
  const { inner, remote } = given([], { pageSize: 2 });
  return { remote, root: rootPath, dispose: async () => {}, requests: () => inner.calls.length };
});

test('a transient error is retried with doubled delays, up to five attempts', async () => {
  const { inner, remote, clock } = given([{ when: { operation: 'stat' }, error: failing('unavailable') }]);
  inner.put('f', 'x');
  await refused(remote.stat(path, calm), 'unavailable');
  assert.equal(inner.count('stat'), 5);
  assert.deepEqual(clock.waits, [200, 400, 800, 1600]);
});

test('there are ten attempts when the service asks to wait, as in rclone', async () => {
  for (const error of [failing('rateLimited'), failing('rateLimited', 100), failing('unavailable', 100)]) {
    const all = given([{ when: { operation: 'stat' }, error }]);
    all.inner.put('f', 'x');
    await refused(all.remote.stat(path, calm), error.kind);
    assert.equal(all.inner.count('stat'), 10);
    const six = given([{ when: ({ operation, nth }) => operation === 'stat' && nth <= 6, error }]);
    six.inner.put('f', 'x');
    assert.equal((await six.remote.stat(path, calm)).kind, 'file');
  }
});

test('other errors are not retried', async () => {
  const fatal = 'notFound forbidden changed unauthenticated quotaExceeded other badName'.split(' ');
  for (const kind of fatal as RemoteErrorKind[]) {
    const { inner, remote } = given([{ when: { operation: 'stat' }, error: failing(kind) }]);
    await refused(remote.stat(path, calm), kind);
    assert.equal(inner.count('stat'), 1, kind);
  }
});

test('delays have jitter, respect Retry-After, and have a maximum', () => {
  const policy = { clock: createFakeClock(), log: silentLog };
  assert.equal(backoffDelay(failing('unavailable'), 1, { ...policy, random: () => 0 }), 100);
  assert.equal(backoffDelay(failing('rateLimited', 5000), 1, { ...policy, random: () => 0 }), 5000);
  assert.equal(backoffDelay(failing('rateLimited', 60_000), 1, policy), 60_000);
  assert.equal(backoffDelay(failing('rateLimited', 5_000_000), 1, policy), 256_000);
  assert.equal(backoffDelay(failing('unavailable'), 30, { ...policy, random: () => 1 }), 20_000);
});

test('an abort ends a delay with the reason', async () => {
  const stop = new AbortController();
  const reason = new Error('stopped');
  const clock = {
    now: () => 0,
    wait: async (_ms: number, signal: AbortSignal) => {
      stop.abort(reason);
      signal.throwIfAborted();
    },
  };
  let tries = 0;
  const operation = async () => {
    tries++;
    throw failing('unavailable');
  };
  const policy = { clock, log: silentLog };
  await assert.rejects(withRetries('x', operation, policy, stop.signal), (error) => error === reason);
  assert.equal(tries, 1);
});

test('page 7 of 20 is requested again, and no entry is missing or doubled', async () => {
  for (const operation of ['list', 'listRecursive'] as const) {
    const { inner, remote } = given([{ when: { operation, nth: 7 }, error: failing('unavailable') }], {
      pageSize: 5,
    });
    for (let i = 0; i < 100; i++) inner.put(`f${String(i).padStart(3, '0')}`, 'x');
    const listing =
      operation === 'list' ? remote.list(rootPath, {}, calm) : remote.listRecursive?.(rootPath, {}, calm);
    assert.ok(listing);
    const found = (await pagesOf(listing)).flat().map((entry) => (entry.kind === 'file' ? entry.path : ''));
    assert.deepEqual(found, inner.paths());
    assert.equal(inner.count(operation), 21);
  }
});

test('a page that keeps failing fails the listing', async () => {
  const { inner, remote } = given([{ when: { operation: 'list' }, error: failing('unavailable') }]);
  inner.put('f', 'x');
  await refused(pagesOf(remote.list(rootPath, {}, calm)), 'unavailable');
});

test("a listing that can't repeat a page restarts only before its first page", async () => {
  let opened = 0;
  const inner = createMemoryRemote();
  const bad = (failAt: number): Remote => ({
    ...inner,
    async *list() {
      opened++;
      for (let page = 1; page <= 3; page++) {
        if (page === failAt && opened === 1) throw failing('unavailable');
        yield [{ kind: 'folder', path: parsePath(`p${page}`) }];
      }
    },
  });
  const policy = { clock: createFakeClock(), log: silentLog };
  assert.equal((await pagesOf(withRetry(bad(1), policy).list(rootPath, {}, calm))).length, 3);
  assert.equal(opened, 2);
  opened = 0;
  await refused(pagesOf(withRetry(bad(2), policy).list(rootPath, {}, calm)), 'unavailable');
  assert.equal(opened, 1);
});

test('a read resumes as often as it makes progress', async () => {
  const content = pattern(300_000);
  let breaks = 0;
  const { inner, remote } = given([
    {
      when: ({ operation }) => operation === 'read' && ++breaks <= 12,
      error: failing('unavailable'),
      at: 10_000,
    },
  ]);
  inner.put('f', content);
  const { stream } = await remote.read(path, {}, calm);
  assert.ok((await drain(stream)).equals(content));
  assert.equal(inner.count('read'), 13);
  const part = await remote.read(path, { range: { start: 1000, end: 60_000 } }, calm);
  assert.ok((await drain(part.stream)).equals(content.subarray(1000, 60_000)));
});

test('a read without progress fails', async () => {
  const { inner, remote } = given([
    { when: ({ operation, nth }) => operation === 'read' && nth > 1, error: failing('unavailable') },
  ]);
  inner.fail({ when: { operation: 'read', nth: 1 }, error: failing('unavailable'), at: 3 });
  inner.put('f', 'abcdef');
  const { stream } = await remote.read(path, {}, calm);
  await refused(drain(stream), 'unavailable');
  assert.equal(inner.count('read'), 5);
});

test('a read does not resume in another version of the file', async () => {
  const { inner, remote } = given([
    { when: { operation: 'read', nth: 1 }, error: failing('unavailable'), at: 3 },
  ]);
  inner.put('f', 'version 1');
  const { stream } = await remote.read(path, {}, calm);
  inner.put('f', 'version 2');
  await refused(drain(stream), 'changed');
});

/** A remote whose n-th fill brings `brings(n)` bytes of `content`, at most all of them, and then fails with `kind`. */
function filling(content: Buffer, kind: RemoteErrorKind, brings: (nth: number) => number) {
  const starts: number[] = [];
  const inner: Remote = {
    ...createMemoryRemote(),
    async readInto(_file, start, into, onFilled) {
      starts.push(start);
      const length = Math.min(brings(starts.length), into.length);
      content.copy(into, 0, start, start + length);
      onFilled(length);
      if (length < into.length) throw failing(kind);
    },
  };
  const remote = withRetry(inner, { clock: createFakeClock(), log: silentLog });
  const into = Buffer.alloc(content.length - 100);
  const file = createMemoryRemote().put('f', content);
  const progress: number[] = [];
  const fill = () =>
    Promise.resolve(remote.readInto?.(file, 100, into, (bytes) => progress.push(bytes), calm));
  return { starts, into, fill, progress };
}

test('a fill goes on where it was interrupted, as often as it makes progress', async () => {
  const content = pattern(100_100);
  const { starts, into, fill, progress } = filling(content, 'unavailable', () => 10_000);
  await fill();
  assert.ok(into.equals(content.subarray(100)));
  assert.deepEqual(
    starts,
    [...Array(10).keys()].map((n) => 100 + n * 10_000),
  );
  assert.equal(progress.at(-1), into.length);
});

test('a fill without progress fails', async () => {
  const { starts, fill } = filling(pattern(1000), 'unavailable', (nth) => (nth === 1 ? 3 : 0));
  await refused(fill(), 'unavailable');
  assert.deepEqual(new Set(starts.slice(1)), new Set([103]));
});

test('a fill with wrong bytes starts again, and fails when they stay wrong', async () => {
  const { starts, fill } = filling(pattern(1000), 'corrupted', () => 3);
  await refused(fill(), 'corrupted');
  assert.deepEqual(new Set(starts), new Set([100]));
});

test('a truncated stream is completed', async () => {
  const inner = createMemoryRemote();
  inner.put('f', 'abcdefgh');
  let reads = 0;
  const short: Remote = {
    ...inner,
    async read(at, options, signal) {
      const result = await inner.read(at, options, signal);
      return ++reads === 1
        ? { ...result, stream: Readable.from([Buffer.from('abc')], { objectMode: false }) }
        : result;
    },
  };
  const remote = withRetry(short, { clock: createFakeClock(), log: silentLog });
  assert.equal((await drain((await remote.read(path, {}, calm)).stream)).toString(), 'abcdefgh');
});

test('a write sends its body again from the start', async () => {
  const content = pattern(200_000);
  const { inner, remote } = given([
    { when: { operation: 'write', nth: 1 }, error: failing('unavailable'), at: 100_000 },
  ]);
  await remote.write(path, body(content), {}, ifAbsent, calm);
  assert.ok(inner.content('f')?.equals(content));
  assert.equal(inner.count('write'), 2);
});

test('a write with a precondition whose response was lost is recognised as done', async () => {
  const fresh = given([lost('write')]);
  const entry = await fresh.remote.write(path, body('mine'), {}, ifAbsent, calm);
  assert.equal(entry.size, 4);
  assert.equal(fresh.inner.text('f'), 'mine');

  const over = given([lost('write')]);
  const old = over.inner.put('f', 'old');
  await over.remote.write(path, body('mine'), {}, ifMatch(old), calm);
  assert.equal(over.inner.text('f'), 'mine');
});

test('a write with a precondition fails when the file is of someone else', async () => {
  const { inner, remote } = given([{ when: { operation: 'write', nth: 1 }, error: failing('unavailable') }]);
  const source: ByteSource = {
    ...body('mine'),
    open: async (range, signal) => {
      inner.put('f', 'them');
      return body('mine').open(range, signal);
    },
  };
  await refused(remote.write(path, source, {}, ifAbsent, calm), 'alreadyExists');
  assert.equal(inner.text('f'), 'them');
});

test('a write whose source fails is not retried', async () => {
  const { inner, remote } = given();
  const error = failing('unavailable');
  const source: ByteSource = { size: 4, open: async () => Readable.from(fail(error), { objectMode: false }) };
  await assert.rejects(remote.write(path, source, {}, noPrecondition, calm), (thrown) => thrown === error);
  assert.equal(inner.count('write'), 1);
  const whole: ByteSource = { ...body('mine'), bytes: async () => Promise.reject(error) };
  await assert.rejects(remote.write(path, whole, {}, noPrecondition, calm), (thrown) => thrown === error);
  assert.equal(inner.count('write'), 2);
});

// biome-ignore lint/correctness/useYield: a stream that fails before its first byte
function* fail(error: Error): Generator<Buffer> {
  throw error;
}

test('a removal whose response was lost counts as done, that of a missing file does not', async () => {
  const { inner, remote } = given([lost('removeFile'), lost('removeFolder')]);
  await remote.removeFile(path, ifMatch(inner.put('f', 'x')), calm);
  await inner.makeFolder(parsePath('d'), calm);
  await remote.removeFolder(parsePath('d'), calm);
  await refused(remote.removeFile(path, noPrecondition, calm), 'notFound');
});

test('copies, moves and times whose responses were lost are recognised as done', async () => {
  const { inner, remote } = given([lost('serverSideCopy'), lost('serverSideMove'), lost('setModifiedTime')]);
  const source = inner.put('f', 'content');
  const copy = await remote.serverSideCopy?.(source, parsePath('copy'), ifAbsent, calm);
  assert.equal(copy?.size, 7);
  await remote.serverSideMove?.(source, parsePath('moved'), ifAbsent, calm);
  assert.deepEqual(inner.paths(), ['copy', 'moved']);
  const timed = await remote.setModifiedTime?.(inner.put('copy', 'content'), { s: 5, ns: 0 }, calm);
  assert.deepEqual(timed?.modified, { s: 5, ns: 0 });
});

test('the layer adds no optional calls', () => {
  const optional = [
    'serverSideCopy',
    'serverSideMove',
    'setModifiedTime',
    'removeFiles',
    'listRecursive',
  ] as const;
  const { remote } = given([], { without: optional });
  for (const name of [...optional, 'features'] as const) assert.equal(remote[name], undefined, name);
});

test('the layer passes on what a body says of itself, and a failure of its source is not retried', async () => {
  const { inner } = given();
  const told: Partial<ByteSource>[] = [];
  const curious: Remote = {
    ...inner,
    write(path, { size, md5, rereadIsExpensive, rangesAtOnce }, ...rest) {
      told.push({
        size,
        ...(md5 !== undefined && { md5 }),
        ...(rereadIsExpensive && { rereadIsExpensive }),
        ...(rangesAtOnce !== undefined && { rangesAtOnce }),
      });
      return inner.write(path, body('abc'), ...rest);
    },
  };
  const policy = { clock: createFakeClock(), log: silentLog };
  const known = { md5: '900150983cd24fb0d6963f7d28e17f72', rereadIsExpensive: true, rangesAtOnce: 3 };
  const source = { ...body('abc'), ...known };
  await withRetry(curious, policy).write(path, source, {}, noPrecondition, calm);
  assert.deepEqual(told, [{ size: 3, ...known }]);
  const failure = failing('unavailable');
  for (const call of ['readInto', 'digests'] as const) {
    let writes = 0;
    const using: Remote = {
      ...inner,
      async write(_path, content, _facts, _precondition, signal) {
        writes++;
        if (call === 'digests') await content.digests?.({ size: 1, withCrc32: false }, signal);
        else await content.readInto?.(0, Buffer.alloc(3), () => {}, signal);
        assert.fail('the source fails');
      },
    };
    const broken = { ...source, [call]: () => Promise.reject(failure) };
    const writing = withRetry(using, policy).write(path, broken, {}, noPrecondition, calm);
    await assert.rejects(writing, (error) => error === failure);
    assert.equal(writes, 1, call);
  }
});

for (const refusal of ['alreadyExists', 'changed'] as const)
  for (const look of ['notFound', 'forbidden', 'unauthenticated', 'unavailable', 'isAFolder'] as const)
    test(`a check that fails (${look}) after a refusal (${refusal}) throws the refusal`, async () => {
      const { remote } = given([
        { when: { operation: 'write', nth: 1 }, error: failing('unavailable') },
        { when: { operation: 'write' }, error: failing(refusal) },
        { when: { operation: 'stat' }, error: failing(look) },
      ]);
      await refused(remote.write(path, body('x'), {}, ifAbsent, calm), refusal);
    });

test('a result that is not visible yet is checked again', async () => {
  const { inner, remote, clock } = given([
    lost('write'),
    { when: ({ operation, nth }) => operation === 'stat' && nth <= 2, error: failing('notFound') },
  ]);
  const entry = await remote.write(path, body('x'), {}, ifAbsent, calm);
  assert.equal(entry.size, 1);
  assert.equal(inner.count('stat'), 3);
  assert.deepEqual(clock.waits.slice(-2), [500, 1500]);
});
