const CHUNK = 512;
const SURROGATE = /[\ud800-\udfff]/;

/**
 * A set of keys in the order of their UTF-8 bytes, which is S3's order and not JavaScript's. A list of short sorted arrays
 * keeps changes and searches cheap with a million keys.
 */
export class SortedKeys {
  private chunks: string[][] = [];
  private count = 0;
  /** A comparison of code units is several times faster, and right as long as no key has a surrogate. */
  private compare = compareCodeUnits;

  get size(): number {
    return this.count;
  }

  /** Adds the key, unless the set has it. */
  add(key: string): void {
    if (SURROGATE.test(key)) this.compare = compareUtf8;
    const { compare } = this;
    const last = this.chunks.at(-1);
    if (last === undefined) {
      this.chunks.push([key]);
      this.count++;
      return;
    }
    // Keys mostly come in order; appending then leaves full chunks instead of half-full ones.
    const lastKey = last.at(-1);
    if (lastKey !== undefined && compare(lastKey, key) < 0) {
      if (last.length >= CHUNK) this.chunks.push([key]);
      else last.push(key);
      this.count++;
      return;
    }
    const { chunk, index } = this.find((k) => compare(k, key) >= 0);
    const found = this.chunks[chunk];
    if (found === undefined || found[index] === key) return;
    found.splice(index, 0, key);
    this.count++;
    if (found.length > CHUNK * 2) this.chunks.splice(chunk + 1, 0, found.splice(CHUNK));
  }

  /** Adds many keys in any order; much faster than one by one when they are scattered. */
  addMany(keys: readonly string[]): void {
    if (keys.some((key) => SURROGATE.test(key))) this.compare = compareUtf8;
    const all = [...new Set([...this.chunks.flat(), ...keys])].sort(this.compare);
    this.count = all.length;
    this.chunks = [];
    for (let from = 0; from < all.length; from += CHUNK) this.chunks.push(all.slice(from, from + CHUNK));
  }

  /** Removes the key, if the set has it. */
  delete(key: string): void {
    const { compare } = this;
    const { chunk, index } = this.find((k) => compare(k, key) >= 0);
    const found = this.chunks[chunk];
    if (found === undefined || found[index] !== key) return;
    found.splice(index, 1);
    this.count--;
    if (found.length === 0) this.chunks.splice(chunk, 1);
  }

  /**
   * A reader on the first key for which `reached` is true. `reached` must be false up to some key and true from there on.
   * A change of the set makes the reader invalid.
   */
  seek(reached: (key: string) => boolean): KeyReader {
    return new KeyReader(this.chunks, this.find(reached), (r) => this.find(r));
  }

  /** All keys in order. */
  *[Symbol.iterator](): Iterator<string> {
    for (const chunk of this.chunks) yield* chunk;
  }

  private find(reached: (key: string) => boolean): Position {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = this.chunks[middle]?.at(-1);
      if (last !== undefined && reached(last)) high = middle;
      else low = middle + 1;
    }
    const keys = this.chunks[low] ?? [];
    let from = 0;
    let to = keys.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const key = keys[middle];
      if (key !== undefined && reached(key)) to = middle;
      else from = middle + 1;
    }
    return { chunk: low, index: from };
  }
}

interface Position {
  chunk: number;
  index: number;
}

/** Walks forward over sorted keys; `key` is undefined at the end. */
export class KeyReader {
  constructor(
    private readonly chunks: string[][],
    private position: Position,
    private readonly find: (reached: (key: string) => boolean) => Position,
  ) {}

  get key(): string | undefined {
    return this.chunks[this.position.chunk]?.[this.position.index];
  }

  next(): void {
    this.position.index++;
    if (this.position.index >= (this.chunks[this.position.chunk]?.length ?? 0))
      this.position = { chunk: this.position.chunk + 1, index: 0 };
  }

  /** Skips all keys that start with `prefix`; the current key must be one of them. */
  skipPrefix(prefix: string): void {
    this.position = this.find((key) => compareUtf8(key, prefix) > 0 && !key.startsWith(prefix));
  }
}

function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a === b ? 0 : 1;
}

/** Negative, zero or positive, as the UTF-8 bytes of `a` sort before, with or after those of `b`. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // Surrogates stand for code points above U+FFFF, so they sort after U+E000…U+FFFF, unlike their code units.
      if (x >= 0xd800 && y >= 0xd800) {
        const xSurrogate = x < 0xe000;
        const ySurrogate = y < 0xe000;
        if (xSurrogate !== ySurrogate) return xSurrogate ? 1 : -1;
      }
      return x - y;
    }
  }
  return a.length - b.length;
}
