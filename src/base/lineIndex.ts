/** Lines per entry of the hash table, at most: half of its slots are used. */
const slotsPerLine = 2;
const [tab, lineBreak] = [9, 10];

/**
 * The lines `key<tab>value` of a file, found by their keys. The text stays one block of bytes, because a million strings in a map take a
 * second to make and 250 MB. Keys must be Latin-1 without tabs and line breaks (see `escapeKey`).
 */
export class LineIndex {
  /** The begin of each line in `bytes`, and the end of the last. */
  private readonly starts: Int32Array;
  /** Line number + 1 by hash, 0 = free; lines of one hash lie in the following slots. */
  private readonly slots: Int32Array;
  private readonly removed: Uint8Array;
  /** The line that a listing in the order of the file asks for next. */
  private next = 0;
  private oldest = 0;
  private live: number;

  private constructor(
    private readonly bytes: Buffer,
    starts: readonly number[],
  ) {
    const count = starts.length - 1;
    this.starts = Int32Array.from(starts);
    this.removed = new Uint8Array(count);
    this.live = count;
    this.slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(1, count) * slotsPerLine)));
    for (let line = 0; line < count; line++) this.insert(line);
  }

  /** The lines between a header and `end<tab>COUNT`; undefined unless the text is complete. */
  static parse(bytes: Buffer, header: string): LineIndex | undefined {
    const begin = header.length + 1;
    if (bytes.toString('latin1', 0, begin) !== `${header}\n`) return undefined;
    const starts = [begin];
    for (let end = bytes.indexOf(lineBreak, begin); end >= 0; end = bytes.indexOf(lineBreak, end + 1))
      starts.push(end + 1);
    if (starts.pop() !== bytes.length) return undefined;
    const last = bytes.toString('latin1', starts.at(-1));
    return last === `end\t${starts.length - 1}\n` ? new LineIndex(bytes, starts) : undefined;
  }

  static readonly empty = () => new LineIndex(Buffer.alloc(0), [0]);

  get size(): number {
    return this.live;
  }

  get(key: string): string | undefined {
    const line = this.find(key);
    if (line < 0) return undefined;
    const begin = this.starts[line] as number;
    return this.bytes.toString('latin1', begin + key.length + 1, (this.starts[line + 1] as number) - 1);
  }

  delete(key: string): boolean {
    const line = this.find(key);
    if (line < 0) return false;
    this.remove(line);
    return true;
  }

  /** Deletes the first line. */
  deleteOldest(): void {
    while (this.removed[this.oldest] === 1) this.oldest++;
    if (this.oldest < this.removed.length) this.remove(this.oldest);
  }

  /** The text of all lines, in order, without copying it. */
  *parts(): Generator<Buffer> {
    for (let line = 0; line < this.removed.length; ) {
      const first = line;
      while (line < this.removed.length && this.removed[line] === 0) line++;
      if (line > first) yield this.bytes.subarray(this.starts[first], this.starts[line]);
      else line++;
    }
  }

  private remove(line: number): void {
    this.removed[line] = 1;
    this.live--;
  }

  private insert(line: number): void {
    const { bytes, slots } = this;
    let hash = 0;
    for (let at = this.starts[line] as number; bytes[at] !== tab && at < bytes.length; at++)
      hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    let slot = spread(hash) & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = line + 1;
  }

  private find(key: string): number {
    const { slots, next } = this;
    if (this.isAt(next, key)) return this.found(next);
    let hash = 0;
    for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
    for (let slot = spread(hash) & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const line = (slots[slot] as number) - 1;
      if (line < 0) return -1;
      if (this.isAt(line, key)) return this.found(line);
    }
  }

  private found(line: number): number {
    this.next = line + 1;
    return line;
  }

  private isAt(line: number, key: string): boolean {
    if (this.removed[line] !== 0) return false;
    const begin = this.starts[line] as number;
    const end = begin + key.length;
    return this.bytes[end] === tab && this.bytes.toString('latin1', begin, end) === key;
  }
}

/** Mixes all bits into the low ones, which select the slot. */
function spread(hash: number): number {
  return (hash ^ (hash >>> 15) ^ (hash >>> 7)) >>> 0;
}
