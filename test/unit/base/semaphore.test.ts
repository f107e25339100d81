import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { forEachConcurrent, WeightedSemaphore } from '../../../src/base/semaphore';

const calm = new AbortController().signal;

test('the weight held never exceeds the size, and waiters start in order', async () => {
  const slots = new WeightedSemaphore(2);
  const order: string[] = [];
  const give1 = await slots.acquire(1, calm);
  const give2 = await slots.acquire(1, calm);
  const third = slots.acquire(2, calm).then((give) => {
    order.push('third');
    return give;
  });
  const fourth = slots.acquire(1, calm).then((give) => {
    order.push('fourth');
    return give;
  });
  await turn();
  assert.deepEqual(order, []);
  give1();
  await turn();
  assert.deepEqual(order, [], 'the third needs two, and the fourth does not overtake it');
  give2();
  (await third)();
  (await fourth)();
  assert.deepEqual(order, ['third', 'fourth']);
  await slots.onIdle();
});

test('an aborted waiter leaves the queue at once, and later waiters start', async () => {
  const slots = new WeightedSemaphore(2);
  const give = await slots.acquire(1, calm);
  const stop = new AbortController();
  const big = slots.acquire(2, stop.signal);
  const small = slots.acquire(1, calm);
  stop.abort(new Error('enough'));
  await assert.rejects(big, /enough/);
  (await small)();
  give();
  await slots.onIdle();
  await assert.rejects(slots.acquire(1, stop.signal), /enough/);
});

test('a weight above the size is limited, and a second release has no effect', async () => {
  const slots = new WeightedSemaphore(3);
  const give = await slots.acquire(99, calm);
  give();
  give();
  const one = await slots.acquire(2, calm);
  let waited = true;
  void slots.acquire(2, calm).then((second) => {
    waited = false;
    second();
  });
  await turn();
  assert.equal(waited, true);
  one();
  await slots.onIdle();
  assert.equal(waited, false);
});

test('an item is taken only when there is a slot for it', async () => {
  let running = 0;
  let most = 0;
  let taken = 0;
  function* items() {
    for (let i = 0; i < 1000; i++) {
      taken++;
      yield i;
    }
  }
  let done = 0;
  await forEachConcurrent(
    items(),
    new WeightedSemaphore(5),
    () => 1,
    async () => {
      most = Math.max(most, ++running);
      assert.ok(taken - done <= 6, 'no item is taken long before its turn');
      await turn();
      running--;
      done++;
    },
    calm,
  );
  assert.equal(done, 1000);
  assert.equal(most, 5);
});

test('a new size lets waiters start, or makes the next ones wait until enough is released', async () => {
  const slots = new WeightedSemaphore(2);
  const gives = [await slots.acquire(1, calm), await slots.acquire(1, calm)];
  let started = 0;
  const waiting = [1, 1, 5].map((weight) =>
    slots.acquire(weight, calm).then((give) => {
      started++;
      gives.push(give);
    }),
  );
  slots.resize(3);
  await turn();
  assert.equal(started, 1);
  slots.resize(1);
  gives.shift()?.();
  gives.shift()?.();
  await turn();
  assert.equal(started, 1, 'one is still held, as many as there may be');
  gives.shift()?.();
  await turn();
  assert.equal(started, 2);
  gives.shift()?.();
  await Promise.all(waiting);
  assert.equal(started, 3, 'a weight above the new size is limited to it');
  gives.shift()?.();
  await slots.onIdle();
});
