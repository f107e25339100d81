import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceWaits } from '../../../src/remote/serviceWaits';
import { TransferSlots } from '../../../src/transfer/transferSlots';
import { createMemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { calm } from '../../support/remoteCalls';

const large = 50 * 1024 * 1024;
const never = () => false;
/** The number of files at once adapts only as time passes. */
const still = { now: () => 0 };
const identity = (bytes: number) => bytes;

/** Runs items of these sizes. Returns their order and the most at once. */
async function runAll(
  slots: TransferSlots,
  sizes: readonly number[],
  work: (bytes: number) => Promise<unknown>,
) {
  const order: number[] = [];
  const running: number[] = [];
  let most = 0;
  let mostLarge = 0;
  await slots.forEach(
    sizes,
    identity,
    async (bytes) => {
      order.push(bytes);
      running.push(bytes);
      most = Math.max(most, running.length);
      mostLarge = Math.max(mostLarge, running.filter((one) => one >= large).length);
      await work(bytes);
      running.splice(running.indexOf(bytes), 1);
    },
    calm,
    never,
  );
  return { order, most, mostLarge };
}

const wait = () => sleep(2);

test('small files do not wait behind large ones, and few large ones run at once', async () => {
  const slots = new TransferSlots(64, still, []);
  const sizes = [
    ...Array.from({ length: 8 }, (_, i) => large + i),
    ...Array.from({ length: 40 }, (_, i) => i),
  ];
  let endLarge: () => void = () => {};
  const smallEnded = new Promise<void>((resolve) => {
    endLarge = resolve;
  });
  const { order, most, mostLarge } = await runAll(slots, sizes, async (bytes) => {
    if (bytes >= large) return smallEnded;
    await wait();
    if (bytes === 39) endLarge();
  });
  assert.equal(mostLarge, 4);
  assert.ok(most <= 16 && most > 8, `${most}`);
  assert.deepEqual(
    order.filter((bytes) => bytes < large),
    sizes.slice(8),
    'in their order',
  );
  assert.deepEqual(
    order.filter((bytes) => bytes >= large),
    sizes.slice(0, 8),
  );
});

test('one file at once means one, whatever its size', async () => {
  const { most } = await runAll(new TransferSlots(1, still, []), [large, 1, large, 2, 3], wait);
  assert.equal(most, 1);
});

test('refusals of any side reduce the number of files at once, and a later transfer begins with it', async () => {
  const waits = new ServiceWaits();
  const inner = createMemoryRemote();
  const remote = {
    ...inner,
    waits,
    capabilities: { ...inner.capabilities, storageId: 'a service that refuses' },
  };
  const slots = new TransferSlots(64, still, [createMemoryRemote(), remote, remote]);
  for (let i = 0; i < 10; i++) waits.requestRefused();
  slots.close();
  for (let i = 0; i < 100; i++) waits.requestRefused();
  const { most } = await runAll(new TransferSlots(64, still, [remote]), Array(30).fill(1), wait);
  assert.equal(most, 8);
});

test('an abort and a stop end both lanes', async () => {
  const stop = new AbortController();
  const slots = new TransferSlots(2, still, []);
  let runs = 0;
  const work = async () => {
    if (++runs === 2) stop.abort();
    await sleep(1);
  };
  await slots.forEach([large, large, 1, 1, 1, 1], identity, work, stop.signal, never);
  assert.equal(runs, 2);
  await slots.forEach([large, 1, 1], identity, work, calm, () => runs >= 3);
  assert.equal(runs, 3);
});
