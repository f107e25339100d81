/** A small seeded generator: the same seed gives the same case on every machine. */
export interface Random {
  /** 0 … below − 1. */
  whole(below: number): number;
  pick<T>(from: readonly T[]): T;
  chance(share: number): boolean;
}

export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
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
