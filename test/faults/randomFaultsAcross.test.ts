import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApp } from '../../src/app';
import type { Engine } from '../../src/engine/engine';
import type { ServedEngine } from '../../src/engine/engineServer';
import { WorkerEngine } from '../../src/engine/workerEngine';
import type { Host } from '../../src/usecases/host';
import { nearThreads, startedThreads, startHere } from '../support/engineThread';
import { createFakeClock } from '../support/fakeClock';
import { random } from '../support/random';
import { randomRun } from './randomRun';

// The syncs of randomFaults.test.ts with plans, runs, cancellations and reports that cross to a worker and back, and with copies that other threads
// make, of which some get lost. RANDOM_SEEDS=FROM-TO sets the seeds.

const [first = 1, last = 200] = (process.env['RANDOM_SEEDS'] ?? '').split('-').map(Number).filter(Boolean);
const perTest = 50;

const host: Host = {
  log: { write: () => {} },
  clock: createFakeClock(),
  env: {},
  remoteSettings: () => [],
  secret: async () => undefined,
  mayRunPrograms: () => false,
  storageFolder: undefined,
};

function across(served: Pick<Engine, 'planSync' | 'runPlan'>, engines: WorkerEngine[]): Engine {
  const whole: ServedEngine = {
    ...served,
    explainFilter: async () => ({ included: true, sentence: '' }),
    settingsChanged: () => {},
    close: async () => {},
  };
  const app = createApp(host);
  const engine = new WorkerEngine({ host, app, start: startHere(() => whole), mayConnect: async () => true });
  engines.push(engine);
  return engine;
}

describe('random faults in a worker', () => {
  for (let from = first; from <= last; from += perTest)
    test(`seeds ${from} to ${Math.min(last, from + perTest - 1)}`, async () => {
      for (let seed = from; seed <= Math.min(last, from + perTest - 1); seed++) {
        const engines: WorkerEngine[] = [];
        try {
          await randomRun(seed, (served) => across(served, engines));
        } catch (error) {
          if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
          throw error;
        } finally {
          for (const engine of engines) await engine.close();
        }
      }
    });
});

/** Two more threads for the copies of each run. In every second run one of them gets lost. */
function threadsFor(
  seed: number,
  counts: { shared: number; lost: number },
): NonNullable<Host['copyThreads']> {
  const r = random(seed);
  return async (plan, sides, signal) => {
    const near = nearThreads(() => ({
      openPlace: async (_place, side) => (side === 'target' ? sides.target : sides.source),
      close: async () => {},
    }));
    const threads = await startedThreads({ ...host, transferThreads: () => 3 }, near.start)(
      plan,
      sides,
      signal,
    );
    if (!threads) return undefined;
    const loseAt = r.chance(0.5) ? r.whole(12) : Number.POSITIVE_INFINITY;
    let copies = 0;
    return {
      share(action, here) {
        counts.shared++;
        if (copies++ === loseAt)
          setImmediate(() => {
            counts.lost++;
            near.lose();
          });
        return threads.share(action, here);
      },
      close: () => threads.close(),
    };
  };
}

describe('random faults in several threads', () => {
  for (let from = first; from <= last; from += perTest)
    test(`seeds ${from} to ${Math.min(last, from + perTest - 1)}`, async () => {
      const counts = { shared: 0, lost: 0 };
      for (let seed = from; seed <= Math.min(last, from + perTest - 1); seed++)
        try {
          await randomRun(seed, undefined, threadsFor(seed, counts));
        } catch (error) {
          if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
          throw error;
        }
      assert.ok(counts.shared > 0 && counts.lost > 0, JSON.stringify(counts));
    });
});
