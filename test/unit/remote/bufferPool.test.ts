import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BufferPool } from '../../../src/remote/bufferPool';
import { random } from '../../support/random';

const calm = new AbortController().signal;

test('no more than the budget is lent at once, and never one buffer to two', async () => {
  const { whole, chance } = random(7);
  const pool = new BufferPool(1000);
  const lent = new Set<ArrayBufferLike>();
  let bytes = 0;
  let most = 0;
  const uses = Array.from({ length: 300 }, async () => {
    const length = 1 + whole(400);
    await pool
      .lend(length, calm, async (buffer) => {
        assert.equal(buffer.length, length);
        assert.ok(!lent.has(buffer.buffer), 'nobody else has the buffer');
        lent.add(buffer.buffer);
        bytes += length;
        most = Math.max(most, bytes);
        await sleep(whole(3));
        bytes -= length;
        lent.delete(buffer.buffer);
        if (chance(0.2)) throw new Error('failed');
      })
      .catch(({ message }) => assert.equal(message, 'failed'));
  });
  await Promise.all(uses);
  assert.ok(most <= 1000 && most > 600, `${most} bytes at once`);
});

test('a buffer is used again after success, never after a failure', async () => {
  const pool = new BufferPool(1000);
  const lend = (fails = false) =>
    pool
      .lend(500, calm, async (buffer) => {
        if (fails) throw buffer.buffer;
        return buffer.buffer;
      })
      .catch((buffer) => buffer);
  const first = await lend();
  assert.equal(await lend(), first);
  assert.equal(await lend(true), first);
  assert.notEqual(await lend(), first);
});

test('a length above the budget waits until it is alone', async () => {
  const pool = new BufferPool(100);
  const order: string[] = [];
  const use = (name: string, length: number) =>
    pool.lend(length, calm, async () => {
      order.push(`${name} begins`);
      await sleep(2);
      order.push(`${name} ends`);
    });
  await Promise.all([use('small', 10), use('large', 500), use('next', 10)]);
  const each = ['small', 'large', 'next'].flatMap((name) => [`${name} begins`, `${name} ends`]);
  assert.deepEqual(order, each);
});

test('an abort ends the wait', async () => {
  const pool = new BufferPool(100);
  const stop = new AbortController();
  const held = pool.lend(100, calm, () => sleep(5));
  const waiting = pool.lend(100, stop.signal, () => assert.fail('it waits'));
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await held;
});
