import type { Clock } from '../../src/base/clock';

/** A clock that stands still. A wait advances it at once and is recorded. */
export interface FakeClock extends Clock {
  /** Milliseconds of every wait so far. */
  readonly waits: readonly number[];
  advance(ms: number): void;
}

export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    async wait(ms, signal) {
      signal.throwIfAborted();
      waits.push(ms);
      now += ms;
    },
    advance(ms) {
      now += ms;
    },
  };
}
