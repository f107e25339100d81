import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacer } from '../../../../src/backends/amazonDrive/api/pacer';
import { systemClock } from '../../../../src/base/clock';
import { parsePath } from '../../../../src/remote/remotePath';
import { createFakeClock } from '../../../support/fakeClock';
import { body, calm, names, refused } from '../../../support/remoteCalls';
import { patient, servedDrive } from './driveFixture';

function paced(random: () => number = () => 0.5, minSleepMs = 10) {
  const clock = createFakeClock();
  return { clock, pacer: new Pacer({ clock, minSleepMs, random }), from: clock.now() };
}

test('pacing: requests start in order, at least the minimum time apart', async () => {
  const { clock, pacer, from } = paced();
  const starts: [number, number][] = [];
  await Promise.all(
    [0, 1, 2, 3].map(async (i) => {
      (await pacer.start(calm)).succeeded();
      starts.push([i, clock.now() - from]);
    }),
  );
  assert.deepEqual(starts, [
    [0, 0],
    [1, 10],
    [2, 20],
    [3, 30],
  ]);
});

test('pacing: after n failures in a row the wait is random up to 2^(n−1) seconds, at most 256', async () => {
  for (const luck of [0, 0.25, 0.999]) {
    const { clock, pacer } = paced(() => luck);
    for (let n = 1; n <= 12; n++) {
      (await pacer.start(calm)).failed();
      const failedAt = clock.now();
      const next = await pacer.start(calm);
      const most = Math.min(2 ** (n - 1), 256) * 1000;
      assert.equal(clock.now() - failedAt, Math.max(10, Math.ceil(luck * most)), `after ${n} failures`);
      // The next failure counts from this one.
      next.failed();
      n++;
    }
  }
});

test('pacing: one success resets the delay', async () => {
  const { clock, pacer } = paced(() => 0.999);
  for (let i = 0; i < 5; i++) (await pacer.start(calm)).failed();
  (await pacer.start(calm)).succeeded();
  const from = clock.now();
  await pacer.start(calm);
  assert.equal(clock.now() - from, 10);
});

test('pacing: failures of concurrent requests count as one', async () => {
  const { clock, pacer } = paced(() => 0.999);
  const together = [await pacer.start(calm), await pacer.start(calm), await pacer.start(calm)];
  for (const request of together) request.failed();
  const from = clock.now();
  await pacer.start(calm);
  assert.equal(clock.now() - from, 999);
});

test('pacing: a Retry-After delays all requests, even when others succeed in the meantime', async () => {
  const { clock, pacer } = paced(() => 0);
  const other = await pacer.start(calm);
  (await pacer.start(calm)).failed(7000);
  other.succeeded();
  const from = clock.now();
  await Promise.all([pacer.start(calm), pacer.start(calm)]);
  assert.equal(clock.now() - from, 7010);
});

test('pacing: an aborted request leaves the queue, and the next one starts', async () => {
  const pacer = new Pacer({ clock: systemClock, minSleepMs: 30 });
  await pacer.start(calm);
  const stop = new AbortController();
  const waiting = pacer.start(stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(waiting, /stopped/);
  (await pacer.start(calm)).succeeded();
});

test('pacing: a remote keeps the pace', async () => {
  // Only waits advance this clock, so the pace is the only cause of time between requests.
  const clock = createFakeClock();
  await servedDrive(
    { host: { clock }, settings: { pacer_min_sleep: '20ms' } },
    async ({ remote, server }) => {
      const arrivals: number[] = [];
      const when = () => arrivals.push(clock.now()) === 0;
      server.addFault({ operation: ['upload', 'getNode', 'listNodes'], when });
      const path = parsePath('f');
      await remote.write(path, body('x'), {}, { kind: 'ifAbsent' }, calm);
      for (let i = 0; i < 5; i++) await remote.stat(path, calm);
      const gaps = arrivals.slice(1).map((at, i) => at - (arrivals[i] ?? 0));
      assert.ok(gaps.length >= 5);
      assert.deepEqual(gaps, Array(gaps.length).fill(20));
      const [from, before] = [clock.now(), server.requests.length];
      await Promise.all(Array.from({ length: 5 }, () => remote.stat(path, calm)));
      assert.equal(server.requests.length - before, 5);
      assert.equal(clock.now() - from, 5 * 20, 'concurrent requests wait for each other');
    },
  );
});

test('pacing: errors that rclone retries are retried, by one layer only', async () => {
  for (const status of [400, 408, 429, 500, 502, 503, 504]) {
    const clock = createFakeClock();
    await servedDrive({ host: { clock } }, async ({ remote, server }) => {
      const layered = patient(remote, clock);
      await layered.stat(parsePath(''), calm);
      await names(layered, parsePath(''));
      const fault = server.addFault({ operation: 'listNodes', status, count: Number.POSITIVE_INFINITY });
      await refused(names(layered, parsePath('')), status === 429 ? 'rateLimited' : 'unavailable');
      assert.equal(fault.hits, 8, `${status}: as many attempts as the retry layer makes`);
      server.clearFaults();
      server.addFault({ operation: 'listNodes', status, count: 3 });
      assert.deepEqual(await names(layered, parsePath('')), []);
    });
  }
});

test('pacing: errors that rclone does not retry are not retried', async () => {
  for (const [status, kind] of [
    [403, 'forbidden'],
    [412, 'changed'],
    [509, 'other'],
  ] as const) {
    await servedDrive({}, async ({ remote, server }) => {
      const layered = patient(remote);
      await names(layered, parsePath(''));
      const fault = server.addFault({ operation: 'listNodes', status, count: Number.POSITIVE_INFINITY });
      await refused(names(layered, parsePath('')), kind);
      assert.equal(fault.hits, 1, String(status));
    });
  }
});

test('pacing: the spurious 403 is retried', async () => {
  await servedDrive({}, async ({ remote, server }) => {
    const fault = server.addFault({ operation: 'listNodes', sporadic403: true, count: 2 });
    assert.deepEqual(await names(patient(remote), parsePath('')), []);
    assert.equal(fault.hits, 2);
  });
});

test('pacing: a Retry-After delays the retry', async () => {
  const clock = createFakeClock();
  await servedDrive({ host: { clock } }, async ({ remote, server }) => {
    server.addFault({ operation: 'listNodes', status: 429, retryAfter: 7 });
    const from = clock.now();
    await names(patient(remote, clock), parsePath(''));
    assert.ok(clock.now() - from >= 7000, `${clock.now() - from} ms`);
  });
});
