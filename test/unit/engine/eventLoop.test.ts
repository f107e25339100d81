import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../../src/app';
import { startEngineThread } from '../../../src/engine/engineThread';
import { WorkerEngine } from '../../../src/engine/workerEngine';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import { type S3TestServer, startS3Server } from '../../servers/s3/s3Server';
import { bundleEngineThread, hostFor } from '../../support/engineThread';
import { calm } from '../../support/remoteCalls';

// The engine works in its thread, whatever that costs, and long lists cross in pieces: the editor's thread stays free.

const actions = 100_000;
let script = '';
let server: S3TestServer;

before(async () => {
  server = await startS3Server({ log: false });
  script = await bundleEngineThread(`
    import { parentPort, workerData } from 'node:worker_threads';
    import { serveEngine } from './src/engine/engineServer';
    import { syntheticEngine } from './test/support/syntheticEngine';
    serveEngine(parentPort, workerData.cloudRemotesEngine, () => syntheticEngine(${actions}));`);
});
after(async () => {
  fs.rmSync(script, { force: true });
  await server.stop();
});

function givenWorker(t: TestContext, idleMs?: number) {
  const host = hostFor(server);
  /** Elements of the longest list in a message, and the number of messages with progress. */
  const seen = { longest: 0, progress: 0, ended: 0, started: 0 };
  const engine = new WorkerEngine({
    host,
    app: createApp(host),
    start: (data, onEnd) => {
      seen.started++;
      const worker = startEngineThread(script, data, (reason) => {
        seen.ended++;
        onEnd(reason);
      });
      worker.port.on('message', (message: object) => {
        seen.longest = Math.max(seen.longest, longestIn(message));
        if (/Progress/.test(String((message as { name?: string }).name))) seen.progress++;
      });
      return worker;
    },
    mayConnect: async () => true,
    ...(idleMs !== undefined && { idleMs }),
  });
  t.after(() => engine.close());
  return { engine, seen };
}

function longestIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? value.length : 0;
  return Math.max(own, ...Object.values(value).map((field) => (own > 10 ? 0 : longestIn(field))));
}

/** Milliseconds of processor time of this thread, or of time where the system does not tell. */
function threadMs(): number {
  try {
    const [nanoseconds] = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return performance.now();
  }
}

/** Measures the turns of the event loop. `end` returns the longest one, in milliseconds of processor time. */
function watchTurns(): { end(): number } {
  let longest = 0;
  let at = threadMs();
  let stopped = false;
  const turn = () => {
    const now = threadMs();
    longest = Math.max(longest, now - at);
    at = now;
    if (!stopped) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    end() {
      stopped = true;
      return longest;
    },
  };
}

const request = {
  source: { kind: 'folder', path: '/a' },
  target: { kind: 'folder', path: '/b' },
  options: defaultPlanOptions,
} as const;

test('100,000 actions are planned and run, and the thread of the editor is never blocked', async (t) => {
  const { engine, seen } = givenWorker(t);
  await engine.explainFilter(request, 'x', calm);
  const turns = watchTurns();
  const began = performance.now();
  const plan = await engine.planSync(request, calm, () => {});
  let ended = 0;
  const observer = { started: () => {}, progressed: () => {}, ended: () => void ended++ };
  const report = await engine.runPlan(plan, calm, { observer });
  const longest = turns.end();
  const seconds = (performance.now() - began) / 1000;
  assert.equal(plan.actions.length, actions);
  assert.equal(report.results.length, actions);
  assert.ok(ended > 0);
  assert.ok(seen.longest <= 2000, `${seen.longest} elements in one message`);
  assert.ok(seen.progress <= 2 + 2 * 10 * seconds, `${seen.progress} messages in ${seconds} s`);
  t.diagnostic(`the longest turn took ${longest.toFixed(1)} ms, of ${seconds.toFixed(1)} s in all`);
  // The goal is 50 ms of a machine that does nothing else; other tests take memory and caches.
  assert.ok(longest < 150, `blocked for ${longest} ms`);
});

test('a worker ends when it has had nothing to do, and the next request starts another one', async (t) => {
  const { engine, seen } = givenWorker(t, 50);
  await engine.explainFilter(request, 'x', calm);
  while (seen.ended === 0) await sleep(10);
  await engine.explainFilter(request, 'x', calm);
  assert.equal(seen.started, 2);
});

test('a worker that throws fails its requests, and the next request starts another one', async (t) => {
  const { engine, seen } = givenWorker(t);
  await assert.rejects(engine.explainFilter(request, 'crash', calm), {
    kind: 'other',
    message: /background thread of Cloud Remotes ended unexpectedly \(out of luck\)/,
  });
  await engine.explainFilter(request, 'x', calm);
  assert.equal(seen.started, 2);
});

test('a worker without memory fails its requests, and the next request starts another one', async (t) => {
  const { engine, seen } = givenWorker(t);
  await assert.rejects(engine.explainFilter(request, 'exit', calm), { message: /\(code 7\)/ });
  await engine.explainFilter(request, 'x', calm);
  assert.equal(seen.started, 2);
});

test('closing cancels the work under way, which ends with its report, and the worker ends', async (t) => {
  const { engine, seen } = givenWorker(t);
  const waits = engine.explainFilter(request, 'wait', calm);
  const told = assert.rejects(waits, { name: 'AbortError' });
  await sleep(300);
  await engine.close();
  await told;
  assert.equal(seen.ended, 1);
  await engine.close();
});
