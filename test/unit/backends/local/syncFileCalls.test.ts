import assert from 'node:assert/strict';
import test from 'node:test';
import { AdaptiveFsCalls } from '../../../../src/backends/local/syncFileCalls';

/** A disk each of whose direct calls takes `ms`, and which tells who answered. */
function disk() {
  let at = 0;
  const calls = new AdaptiveFsCalls(undefined, () => at);
  return {
    async call(ms: number): Promise<'direct' | 'pool'> {
      return calls.call<'direct' | 'pool'>(
        () => {
          at += ms;
          return 'direct';
        },
        async () => 'pool',
      );
    },
    pass(ms: number): void {
      at += ms;
    },
  };
}

test('a fast disk is called directly, also after single slow calls', async () => {
  const { call } = disk();
  for (const ms of [0.01, 5, 5, 0.01, 5, 0.01]) assert.equal(await call(ms), 'direct');
  assert.equal(await call(0.01), 'direct');
});

test('a slow disk uses the pool for a while, and is then tested again', async () => {
  const { call, pass } = disk();
  for (const ms of [2, 2, 2]) assert.equal(await call(ms), 'direct');
  assert.equal(await call(2), 'pool');
  pass(1999);
  assert.equal(await call(2), 'pool');
  pass(1);
  assert.equal(await call(2), 'direct');
});

test('one very slow call switches to the pool', async () => {
  const { call } = disk();
  assert.equal(await call(20), 'direct');
  assert.equal(await call(0.01), 'pool');
});

test('a failed direct call rejects, and its time counts', async () => {
  let at = 0;
  const calls = new AdaptiveFsCalls(undefined, () => at);
  const fail = () => {
    at += 30;
    throw new Error('no entry');
  };
  await assert.rejects(
    calls.call(fail, async () => {}),
    /no entry/,
  );
  assert.equal(
    await calls.call(
      () => 'direct',
      async () => 'pool',
    ),
    'pool',
  );
});

test('a patient caller waits for many slow calls in a row, however slow one is', async () => {
  let at = 0;
  const calls = new AdaptiveFsCalls({ inARow: 4, atOnceMs: Number.POSITIVE_INFINITY }, () => at);
  const call = (ms: number) =>
    calls.call<'direct' | 'pool'>(
      () => {
        at += ms;
        return 'direct';
      },
      async () => 'pool',
    );
  for (const ms of [500, 2, 2, 0.01, 2, 2, 2, 2]) assert.equal(await call(ms), 'direct');
  assert.equal(await call(2), 'pool');
});

test('the time of several calls measured together counts as their mean', () => {
  let at = 0;
  const calls = new AdaptiveFsCalls({ inARow: 1, atOnceMs: Number.POSITIVE_INFINITY }, () => at);
  const take = (ms: number, count: number) =>
    calls.measure(() => {
      at += ms;
    }, count);
  take(4, 5);
  assert.equal(calls.isSlow, false);
  take(6, 5);
  assert.equal(calls.isSlow, true);
});
