import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { silentLog } from '../../../src/base/log';
import { PlanRun } from '../../../src/editor/preview/runState';
import { formatter } from '../../../src/preview/format';
import { PlanView } from '../../../src/preview/planView';
import { englishStrings } from '../../../src/preview/strings';
import { runLine } from '../../../src/preview/summaries';
import { withRetries } from '../../../src/remote/layers/retry';
import { withRetry } from '../../../src/remote/layers/withRetry';
import type { Remote } from '../../../src/remote/remote';
import { RemoteError } from '../../../src/remote/remoteError';
import { parsePath, rootPath } from '../../../src/remote/remotePath';
import { listenToAll, ServiceWaits } from '../../../src/remote/serviceWaits';
import { runPlan } from '../../../src/usecases/runPlan';
import { createFakeClock } from '../../support/fakeClock';
import { createMemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { calm } from '../../support/remoteCalls';
import { servedDrive } from '../backends/amazonDrive/driveFixture';
import { served } from '../backends/s3/s3Fixture';
import { noon, planOf as planned, upload } from '../preview/plans';
import { fileIn, planOf } from '../transfer/givenRun';

// Progress displays show that the service asks to wait, until requests succeed again.

/** Records the reports of `waits`, in milliseconds from `start`. */
function heardOf(waits: ServiceWaits, start: number): (number | undefined)[] {
  const heard: (number | undefined)[] = [];
  waits.listen((until) => heard.push(until === undefined ? undefined : until - start));
  return heard;
}

const asked = (ms: number) => new RemoteError('unavailable', 'Slow down.', { retryAfterMs: ms });

test('waits: only long waits that the service asks for are reported', async () => {
  for (const [what, error, told] of [
    ['a Retry-After', asked(12_000), [12_000, undefined]],
    ['too many requests', new RemoteError('rateLimited', 'Slow down.'), [4000, undefined]],
    [
      'a 429 with Retry-After',
      new RemoteError('rateLimited', 'Slow.', { retryAfterMs: 7000 }),
      [7000, undefined],
    ],
    ['just two seconds', asked(2000), [4000, undefined]],
    ['no request to wait', new RemoteError('unavailable', 'Failed.'), []],
    ['a damaged answer', new RemoteError('corrupted', 'Failed.'), []],
  ] as const) {
    const clock = createFakeClock();
    const start = clock.now();
    const waits = new ServiceWaits();
    const heard = heardOf(waits, start);
    const policy = { clock, log: silentLog, waits, initialDelayMs: 4000, random: () => 0.999999 };
    await withRetries(what, async (failed) => failed ?? Promise.reject(error), policy, calm);
    assert.deepEqual(heard, told, what);
    const short = { ...policy, initialDelayMs: 200, random: () => 0 };
    heard.length = 0;
    const brief = new RemoteError('rateLimited', 'Slow down.', { retryAfterMs: 1500 });
    await withRetries(what, async (failed) => failed ?? Promise.reject(brief), short, calm);
    assert.deepEqual(heard, [], 'a short one');
  }
});

test('waits: a wait is over when any request succeeds or the user cancels', async () => {
  const clock = createFakeClock();
  const waits = new ServiceWaits();
  const heard = heardOf(waits, clock.now());
  const stop = new AbortController();
  let goOn = () => {};
  const slow = {
    ...clock,
    now: clock.now,
    wait: (_ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        goOn = resolve;
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const policy = { clock: slow, log: silentLog, waits };
  const fails = async (failed: RemoteError | undefined) => failed ?? Promise.reject(asked(9000));
  const first = withRetries('first', fails, policy, calm);
  await new Promise(setImmediate);
  assert.deepEqual(heard, [9000]);
  await withRetries('other', async () => 'fine', policy, calm);
  assert.deepEqual(heard, [9000, undefined]);
  goOn();
  await first;
  assert.deepEqual(heard, [9000, undefined], 'nothing new');
  const stopped = withRetries('stopped', fails, policy, stop.signal);
  await new Promise(setImmediate);
  stop.abort(new Error('stopped'));
  await assert.rejects(stopped, /stopped/);
  assert.deepEqual(heard, [9000, undefined, 9000, undefined]);
});

test('waits: of several services the longest wait counts, and a late listener receives a current one', () => {
  const [a, b] = [new ServiceWaits(), new ServiceWaits()];
  const endedA = a.begin(5000);
  const heard: (number | undefined)[] = [];
  const stop = listenToAll([a, undefined, b, a], (until) => heard.push(until));
  const endedB = b.begin(9000);
  endedB();
  endedA();
  assert.deepEqual(heard, [5000, 9000, 5000, undefined]);
  stop();
  b.begin(1);
  assert.equal(heard.length, 4);
});

test('waits: an interrupted read reports its wait too', async () => {
  const clock = createFakeClock();
  const waits = new ServiceWaits();
  const heard = heardOf(waits, clock.now());
  const memory = createMemoryRemote();
  memory.put('f', 'content');
  let reads = 0;
  const flaky: Remote = {
    ...memory,
    capabilities: memory.capabilities,
    async read(path, options, signal) {
      const found = await memory.read(path, options, signal);
      if (++reads > 1) return found;
      const stream = new Readable({ read() {} });
      stream.push('con');
      setImmediate(() => stream.destroy(asked(6000)));
      return { ...found, stream };
    },
  };
  const { stream } = await withRetry(flaky, { clock, log: silentLog, waits }).read(parsePath('f'), {}, calm);
  assert.equal(Buffer.concat(await stream.toArray()).toString(), 'content');
  assert.deepEqual(heard, [6000, undefined]);
});

/** Runs the upload of one file to `store`, and resolves to the reports to its observer. */
async function toldOfRun(store: Remote, root: string, clock = createFakeClock()): Promise<unknown[]> {
  const start = clock.now();
  const disk = createMemoryRemote();
  disk.put('f', 'content');
  const source = await fileIn(disk, 'f');
  const facts = { direction: 'upload', source, because: 'onlyInSource' } as const;
  const plan = planOf([{ kind: 'copyFile', id: 'c:f', path: parsePath('f'), ...facts }], {});
  const told: (number | undefined)[] = [];
  const observer = {
    started: () => {},
    progressed: () => {},
    ended: () => {},
    waiting: (until: number | undefined) => void told.push(until === undefined ? undefined : until - start),
  };
  const layered = withRetry(store, { clock, log: silentLog, waits: new ServiceWaits(), random: () => 0 });
  const report = await runPlan(
    plan,
    { remote: disk, root: rootPath },
    { remote: layered, root: parsePath(root) },
    { host: { log: silentLog, clock, storageFolder: undefined }, observer },
    calm,
  );
  assert.equal(report.totals.done, 1, JSON.stringify(report.results));
  return told;
}

test('waits: the observer of a run receives the waits of Amazon Drive and S3', async () => {
  await servedDrive({}, async ({ remote, server }) => {
    server.addFault({ operation: 'upload', status: 429, retryAfter: 3 });
    assert.deepEqual(await toldOfRun(remote, ''), [3000, undefined]);
  });
  await served({}, async ({ remote, server }) => {
    const answerHeaders = { 'retry-after': '12' };
    server.addFault({ operation: 'PutObject', status: 503, code: 'SlowDown', answerHeaders });
    assert.deepEqual(await toldOfRun(remote, 'demo'), [12_000, undefined]);
  });
});

test('waits: the run line shows the wait instead of the remaining time', () => {
  const format = formatter('en', englishStrings);
  const actions = [upload('a', 10), upload('b', 10)];
  const run = new PlanRun(new PlanView(planned({ actions })), actions, { bytes: 0, ms: 0 }, noon);
  const line = (now: number) => runLine(run.state(now), englishStrings, format);
  const before = line(noon);
  run.waiting(noon + 12_000);
  assert.equal(line(noon), `${before} · The service asks to wait; trying again in 12 s`);
  assert.match(line(noon + 4100), /trying again in 8 s$/);
  assert.match(line(noon + 11_999), /trying again in 1 s$/);
  assert.equal(line(noon + 12_000), before, 'its end has come');
  run.waiting(noon + 90_000);
  assert.match(line(noon), /trying again in 1 min 30 s$/);
  run.waiting(undefined);
  assert.equal(line(noon), before);
  run.waiting(noon + 90_000);
  run.breakOff(noon + 1000);
  assert.doesNotMatch(line(noon + 1000), /asks to wait/);
});
