/** Bytes of lines, by position. */
export interface LineBytes {
  /** Where `load` has put the bytes, until the next call. */
  readonly loaded: Buffer;
  /** Loads the bytes between two positions. Returns the index of the first in `loaded`, or -1 when they are lost. */
  load(begin: number, end: number): number;
}

/** What became of a line. `mark` = it says that its key was deleted. */
export const LineState = { live: 0, removed: 1, mark: 2 } as const;
export type LineState = (typeof LineState)[keyof typeof LineState];

export const [tab, lineBreak] = [9, 10];

/** The hash of a key. Pure. */
export function hashOf(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = addToHash(hash, key.charCodeAt(at));
  return hash;
}

/** The hash of a longer key, by the character or byte that follows. Pure. */
export function addToHash(hash: number, character: number): number {
  return (Math.imul(hash, 31) + character) | 0;
}

/**
 * Finds lines `key<tab>value` by their keys. Takes about 20 bytes for each line, and leaves the lines as bytes, because a million strings in
 * a map take a second to make and 250 MB. Keys are Latin-1 without tabs and line breaks. A line whose bytes are lost counts as absent.
 */
export class LineIndex {
  /** The begin of each line, and the end of the last. */
  private starts: Uint32Array;
  private hashes: Int32Array;
  private states: Uint8Array;
  /** Line number + 1 by hash, 0 = free; lines of one hash lie in the following slots. */
  private slots: Int32Array;
  /** Lines that were added; the next line has this number. */
  count = 0;
  /** Lines that were neither removed nor mark deleted keys. */
  live = 0;
  /** The line that a listing in the order of the lines asks for next. */
  private next = 0;
  private oldest = 0;

  /** `begin` = the position of the first line, `capacity` = the number of lines that are expected. */
  constructor(
    private readonly bytes: LineBytes,
    begin = 0,
    capacity = 16,
  ) {
    const lines = Math.max(1, capacity);
    this.starts = new Uint32Array(lines + 1);
    this.hashes = new Int32Array(lines);
    this.states = new Uint8Array(lines);
    this.slots = new Int32Array(slotsFor(lines));
    this.starts[0] = begin;
  }

  /** Where the next line begins. */
  get end(): number {
    return this.starts[this.count] as number;
  }

  /** Adds the line that begins where the last one ended. */
  add(hash: number, end: number, state: LineState = LineState.live): void {
    if (this.count === this.hashes.length) this.grow();
    const line = this.count++;
    this.starts[line + 1] = end;
    this.hashes[line] = hash;
    this.states[line] = state;
    if (state === LineState.live) this.live++;
    this.insert(line);
  }

  /** The value of a key. `hash` is the key's. */
  get(key: string, hash: number): string | undefined {
    const line = this.find(key, hash);
    if (line < 0) return undefined;
    const [begin, end] = [this.starts[line] as number, this.starts[line + 1] as number];
    const at = this.bytes.load(begin, end);
    return this.bytes.loaded.toString('latin1', at + key.length + 1, at + end - begin - 1);
  }

  /** Removes the line of a key. Returns whether there was one. */
  delete(key: string, hash: number): boolean {
    const line = this.find(key, hash);
    if (line >= 0) this.remove(line);
    return line >= 0;
  }

  /** Removes the first live line. */
  deleteOldest(): void {
    while (this.oldest < this.count && this.states[this.oldest] !== LineState.live) this.oldest++;
    if (this.oldest < this.count) this.remove(this.oldest);
  }

  /** The positions of all live lines, in order, as begins and ends of parts without gaps. */
  parts(): [begin: number, end: number][] {
    const parts: [number, number][] = [];
    for (let line = 0; line < this.count; ) {
      const first = line;
      while (line < this.count && this.states[line] === LineState.live) line++;
      if (line > first) parts.push([this.starts[first] as number, this.starts[line] as number]);
      else line++;
    }
    return parts;
  }

  /** Calls `visit` for each line from number `first` on that was not removed. */
  forEach(first: number, visit: (begin: number, end: number, hash: number, state: LineState) => void): void {
    for (let line = first; line < this.count; line++) {
      const state = this.states[line] as LineState;
      if (state === LineState.removed) continue;
      visit(this.starts[line] as number, this.starts[line + 1] as number, this.hashes[line] as number, state);
    }
  }

  private remove(line: number): void {
    if (this.states[line] === LineState.live) this.live--;
    this.states[line] = LineState.removed;
  }

  private find(key: string, hash: number): number {
    const { slots, next } = this;
    if (next < this.count && this.isAt(next, key, hash)) return this.found(next);
    for (let slot = spread(hash) & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const line = (slots[slot] as number) - 1;
      if (line < 0) return -1;
      if (this.isAt(line, key, hash)) return this.found(line);
    }
  }

  private found(line: number): number {
    this.next = line + 1;
    return line;
  }

  private isAt(line: number, key: string, hash: number): boolean {
    if (this.hashes[line] !== hash || this.states[line] === LineState.removed) return false;
    const at = this.bytes.load(this.starts[line] as number, this.starts[line + 1] as number);
    if (at < 0) return false;
    const { loaded } = this.bytes;
    if (loaded[at + key.length] !== tab) return false;
    // From the end, where the names of one folder differ.
    for (let i = key.length - 1; i >= 0; i--) if (loaded[at + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  private insert(line: number): void {
    const { slots } = this;
    let slot = spread(this.hashes[line] as number) & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = line + 1;
  }

  private grow(): void {
    const capacity = 2 * this.hashes.length;
    const { starts, hashes, states } = this;
    this.starts = new Uint32Array(capacity + 1);
    this.starts.set(starts);
    this.hashes = new Int32Array(capacity);
    this.hashes.set(hashes);
    this.states = new Uint8Array(capacity);
    this.states.set(states);
    this.slots = new Int32Array(slotsFor(capacity));
    for (let line = 0; line < this.count; line++) if (states[line] !== LineState.removed) this.insert(line);
  }
}

/** The slots of a hash table of which at most half are used: a power of two. */
function slotsFor(lines: number): number {
  return 2 ** Math.ceil(Math.log2(2 * lines));
}

/** Mixes all bits into the low ones, which select the slot. */
function spread(hash: number): number {
  return (hash ^ (hash >>> 15) ^ (hash >>> 7)) >>> 0;
}
