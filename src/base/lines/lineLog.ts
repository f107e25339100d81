import { type LineBytes, LineIndex, LineState, tab } from './lineIndex';

const firstBytes = 4096;

/** Lines `key<tab>value` in memory, in the order of their last changes, with marks for deleted keys. Keys and values are Latin-1. */
export class LineLog implements LineBytes {
  loaded: Buffer = Buffer.alloc(0);
  private end = 0;
  private marks = 0;
  private readonly index = new LineIndex(this);

  /** Lines so far, replaced ones too. */
  get count(): number {
    return this.index.count;
  }

  /** Lines without the replaced ones and the marks. */
  get size(): number {
    return this.index.live;
  }

  /** Replaced lines, which still take memory. */
  get replaced(): number {
    return this.count - this.size - this.marks;
  }

  /** Whether there is neither a line nor a mark. */
  get isEmpty(): boolean {
    return this.size + this.marks === 0;
  }

  load(begin: number): number {
    return begin;
  }

  /** The value of a key; empty for a key that is marked as deleted. `hash` is the key's. */
  get(key: string, hash: number): string | undefined {
    return this.index.get(key, hash);
  }

  set(key: string, hash: number, value: string): void {
    this.delete(key, hash);
    this.append(key, hash, value, LineState.live);
  }

  /** Marks a key as deleted. */
  mark(key: string, hash: number): void {
    this.delete(key, hash);
    this.append(key, hash, '', LineState.mark);
    this.marks++;
  }

  /** Removes the line or mark of a key. */
  delete(key: string, hash: number): void {
    const { live } = this.index;
    if (this.index.delete(key, hash) && this.index.live === live) this.marks--;
  }

  /** Removes the line that was set first. */
  deleteOldest(): void {
    this.index.deleteOldest();
  }

  /** The text of all lines without marks, which stays as it is whatever happens to the log. */
  text(): Buffer[] {
    return this.index.parts().map(([begin, end]) => this.loaded.subarray(begin, end));
  }

  /** A log of the lines and marks with the numbers from `first` on. */
  since(first: number): LineLog {
    const log = new LineLog();
    this.index.forEach(first, (begin, end, hash, state) => {
      log.reserve(end - begin);
      this.loaded.copy(log.loaded, log.end, begin, end);
      log.added(end - begin, hash, state);
      if (state === LineState.mark) log.marks++;
    });
    return log;
  }

  /** The keys of all lines and marks, with their hashes. */
  forEachKey(visit: (key: string, hash: number) => void): void {
    this.index.forEach(0, (begin, _end, hash) =>
      visit(this.loaded.toString('latin1', begin, this.loaded.indexOf(tab, begin)), hash),
    );
  }

  private append(key: string, hash: number, value: string, state: LineState): void {
    const text = `${key}\t${value}\n`;
    this.reserve(text.length);
    this.loaded.write(text, this.end, 'latin1');
    this.added(text.length, hash, state);
  }

  private added(length: number, hash: number, state: LineState): void {
    this.end += length;
    this.index.add(hash, this.end, state);
  }

  private reserve(length: number): void {
    if (this.end + length <= this.loaded.length) return;
    const longer = Buffer.allocUnsafeSlow(Math.max(firstBytes, 2 * (this.end + length)));
    this.loaded.copy(longer, 0, 0, this.end);
    this.loaded = longer;
  }
}
