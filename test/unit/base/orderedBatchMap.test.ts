import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderedBatchMap } from '../../../src/base/orderedBatchMap';

const never = new AbortController().signal;

/** An item's number is the milliseconds that its fetch takes; undefined when the result is immediate. */
type Item = number | undefined;

interface Observed {
  batches: (readonly number[])[];
  running: number;
  maxRunning: number;
  started: number;
}

async function* streamOf(batches: readonly (readonly Item[])[]) {
  for (const batch of batches) yield batch.map((delayMs, i) => ({ delayMs, i }));
}

/** Collects the positions that come out; `onFetch` may fail or abort. */
async function collect(
  batches: readonly (readonly Item[])[],
  { concurrency = 3, signal = never, onFetch = () => {}, onBatch = () => true } = {} as {
    concurrency?: number;
    signal?: AbortSignal;
    onFetch?: (started: number) => void;
    onBatch?: () => boolean;
  },
  observed: Observed = { batches: [], running: 0, maxRunning: 0, started: 0 },
): Promise<Observed> {
  const mapping = {
    immediate: ({ delayMs, i }: { delayMs: Item; i: number }) => (delayMs === undefined ? i : undefined),
    fetch: async ({ delayMs, i }: { delayMs: Item; i: number }) => {
      observed.started++;
      observed.maxRunning = Math.max(observed.maxRunning, ++observed.running);
      await new Promise((done) => setTimeout(done, delayMs));
      observed.running--;
      onFetch(observed.started);
      return i;
    },
    concurrency,
  };
  for await (const batch of orderedBatchMap(streamOf(batches), mapping, signal)) {
    observed.batches.push(batch);
    if (!onBatch()) break;
  }
  return observed;
}

const slow = (batches: number, size: number) =>
  Array.from({ length: batches }, () => new Array<Item>(size).fill(1));

test('batches and items keep their order, and the concurrency is limited', async () => {
  const item = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(item, { maxLength: 6 }), { maxLength: 8 }), async (batches) => {
      const { batches: found, maxRunning } = await collect(batches);
      assert.deepEqual(
        found,
        batches.map((batch) => batch.map((_, i) => i)),
      );
      assert.ok(maxRunning <= 3);
    }),
    { numRuns: 25 },
  );
});

test('as many fetches run at once as allowed, over all batches', async () => {
  assert.equal((await collect(slow(20, 3), { concurrency: 8 })).maxRunning, 8);
});

test('a failure ends the stream soon', async () => {
  const observed: Observed = { batches: [], running: 0, maxRunning: 0, started: 0 };
  const onFetch = () => {
    throw new Error('failed');
  };
  await assert.rejects(collect(slow(50, 10), { concurrency: 4, onFetch }, observed), /^Error: failed$/);
  assert.ok(observed.started < 30, `${observed.started} were started`);
  assert.equal(observed.running, 0);
});

test('an abort rejects with its reason after the running fetches have ended', async () => {
  const stop = new AbortController();
  const reason = new Error('stop');
  const observed: Observed = { batches: [], running: 0, maxRunning: 0, started: 0 };
  const onFetch = () => stop.abort(reason);
  await assert.rejects(collect(slow(10, 5), { signal: stop.signal, onFetch }, observed), reason);
  assert.equal(observed.running, 0);
});

test('a consumer that stops early waits for the running fetches', async () => {
  const { running, batches } = await collect(slow(25, 2), { onBatch: () => false });
  assert.equal(batches.length, 1);
  assert.equal(running, 0);
});

test('a finished batch is yielded while the next input batch is awaited', async () => {
  let release = () => {};
  const waiting = new Promise<void>((done) => {
    release = done;
  });
  async function* input() {
    yield [1];
    await waiting;
    yield [2];
  }
  const mapping = { immediate: () => undefined, fetch: async (item: number) => item, concurrency: 1 };
  const found: (readonly number[])[] = [];
  for await (const batch of orderedBatchMap(input(), mapping, never)) {
    found.push(batch);
    release();
  }
  assert.deepEqual(found, [[1], [2]]);
});

test('a failure of the input ends the stream', async () => {
  async function* input() {
    yield [1];
    throw new Error('listing failed');
  }
  const mapping = { immediate: (item: number) => item, fetch: async (item: number) => item, concurrency: 1 };
  await assert.rejects(async () => {
    for await (const _ of orderedBatchMap(input(), mapping, never));
  }, /listing failed/);
});
