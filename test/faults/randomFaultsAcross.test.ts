import { describe, test } from 'node:test';
import { createApp } from '../../src/app';
import type { Engine } from '../../src/engine/engine';
import type { ServedEngine } from '../../src/engine/engineServer';
import { WorkerEngine } from '../../src/engine/workerEngine';
import type { Host } from '../../src/usecases/host';
import { startHere } from '../support/engineThread';
import { createFakeClock } from '../support/fakeClock';
import { randomRun } from './randomRun';

// The syncs of randomFaults.test.ts with plans, runs, cancellations and reports that cross to a worker and back. RANDOM_SEEDS=FROM-TO sets the seeds.

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
