import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { addAbortListener, removeAbortListener } from '../../../src/base/aborts';
import { systemClock } from '../../../src/base/clock';
import { WeightedSemaphore } from '../../../src/base/semaphore';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

test('a signal has one listener for all callbacks, and none without callbacks', async () => {
  const stop = new AbortController();
  const callbacks = Array.from({ length: 100 }, () => () => {});
  for (const callback of callbacks) addAbortListener(stop.signal, callback);
  assert.equal(listeners(stop.signal), 1);
  for (const callback of callbacks) removeAbortListener(stop.signal, callback);
  assert.equal(listeners(stop.signal), 0);

  const slots = new WeightedSemaphore(1);
  const give = await slots.acquire(1, stop.signal);
  const others = Array.from({ length: 50 }, () => slots.acquire(1, stop.signal).then((end) => end()));
  const waits = Array.from({ length: 50 }, () => systemClock.wait(60_000, stop.signal));
  assert.equal(listeners(stop.signal), 1);
  give();
  await Promise.all(others);
  stop.abort(new Error('enough'));
  for (const wait of waits) await assert.rejects(wait, /enough/);
  assert.equal(listeners(stop.signal), 0);
});

test('an abort calls all callbacks in order, except removed ones', () => {
  const stop = new AbortController();
  const called: string[] = [];
  const third = () => called.push('third');
  addAbortListener(stop.signal, () => called.push('first'));
  addAbortListener(stop.signal, () => {
    called.push('second');
    removeAbortListener(stop.signal, third);
  });
  addAbortListener(stop.signal, third);
  addAbortListener(stop.signal, () => called.push('fourth'));
  stop.abort();
  stop.abort();
  assert.deepEqual(called, ['first', 'second', 'fourth']);
});

test('an aborted waiter of a semaphore lets no other waiter pass', async () => {
  const slots = new WeightedSemaphore(4);
  const [all, some] = [new AbortController(), new AbortController()];
  const give = await slots.acquire(4, all.signal);
  const big = slots.acquire(4, some.signal);
  const small = [slots.acquire(1, some.signal), slots.acquire(1, some.signal)];
  const other = slots.acquire(1, all.signal);
  some.abort(new Error('gone'));
  for (const one of [big, ...small]) await assert.rejects(one, /gone/);
  give();
  (await other)();
  await slots.onIdle();
});
