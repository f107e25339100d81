import { describe, test } from 'node:test';
import { randomRun } from './randomRun';

// A thousand syncs with failures of any call (R20, R22–R24, R26): no file is lost or mixed, and the next run completes the sync.

const seeds = 1000;
const perTest = 50;

describe('random faults', () => {
  for (let first = 1; first <= seeds; first += perTest)
    test(`seeds ${first} to ${first + perTest - 1}: every file is old or new, whole, kept where it was to be, and running again ends well (R20, R23, R24, R26)`, async () => {
      for (let seed = first; seed < first + perTest; seed++)
        try {
          await randomRun(seed);
        } catch (error) {
          if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
          throw error;
        }
    });
});
