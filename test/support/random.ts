/** A small seeded generator: the same seed gives the same case on every machine. */
export interface Random {
  /** 0 … below − 1. */
  whole(below: number): number;
  pick<T>(from: readonly T[]): T;
  chance(share: number): boolean;
}

/** Random numbers from 0 to 1 that repeat for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function random(seed: number): Random {
  const next = randomNumbers(seed);
  const whole = (below: number) => Math.floor(next() * below);
  return {
    whole,
    pick: (from) => {
      const one = from[whole(from.length)];
      if (one === undefined) throw new Error('There is nothing to pick from.');
      return one;
    },
    chance: (share) => next() < share,
  };
}
