import { type FileHandle, open } from 'node:fs/promises';
import {
  FileBlocks,
  type FileBytes,
  type LineMemory,
  readFully,
  versionText,
  WholeFile,
  windowBytes,
} from './fileBytes';
import { addToHash, LineIndex, lineBreak, tab } from './lineIndex';

/** About 100,000 lines; a block has some 200. Blocks beside each other serve a listing, and many serve lines that were learnt at many times. */
export const defaultLineMemory: LineMemory = {
  wholeBytes: 16 << 20,
  blocks: 512,
  blockBytes: 32 << 10,
};

/** Positions in a file are 32-bit numbers. */
const maxFileBytes = 2 ** 32 - 1;
/** Of `end<tab>COUNT<line break>`. */
const maxEndingBytes = 24;

/**
 * The lines of a file between a header and `end<tab>COUNT`, found by their keys. The lines themselves stay in the file when it is large:
 * then a million lines take 40 MB of memory, whatever their length.
 */
export class StoredLines {
  private constructor(
    private readonly bytes: FileBytes,
    private readonly index: LineIndex,
    /** Of the file; empty without one. See `versionText`. */
    readonly version: string,
  ) {}

  static readonly empty = () => {
    const bytes = new WholeFile(Buffer.alloc(0));
    return new StoredLines(bytes, new LineIndex(bytes, 0, 1), '');
  };

  /** Resolves to undefined unless the file has the header and is complete. Rejects when it can't be read. */
  static async read(
    file: string,
    header: string,
    memory = defaultLineMemory,
  ): Promise<StoredLines | undefined> {
    const handle = await open(file, 'r');
    try {
      const stats = await handle.stat({ bigint: true });
      const size = Number(stats.size);
      const begin = header.length + 1;
      const ending = size > maxFileBytes ? undefined : await endingOf(handle, size);
      if (!ending || ending.begin < begin) return undefined;
      const version = versionText(stats);
      const whole = size <= memory.wholeBytes ? Buffer.allocUnsafeSlow(size) : undefined;
      const bytes = whole ? new WholeFile(whole) : new FileBlocks(file, version, size, memory);
      const reader = new LineReader(new LineIndex(bytes, begin, ending.lines));
      const window = whole ?? Buffer.allocUnsafeSlow(windowBytes);
      for (let at = 0; at < size; at += windowBytes) {
        const length = Math.min(windowBytes, size - at);
        const chunk = whole ? whole.subarray(at, at + length) : window.subarray(0, length);
        if (!(await readFully(handle, chunk, at))) return undefined;
        if (at === 0 && chunk.toString('latin1', 0, begin) !== `${header}\n`) return undefined;
        const from = at === 0 ? begin : 0;
        reader.take(chunk.subarray(from, Math.max(from, ending.begin - at)), at + from);
      }
      const { index } = reader;
      const isWhole = index.count === ending.lines && index.end === ending.begin;
      return isWhole ? new StoredLines(bytes, index, version) : undefined;
    } finally {
      await handle.close();
    }
  }

  get size(): number {
    return this.index.live;
  }

  /** Whether lines were asked for that can't be read any more. */
  get isLost(): boolean {
    return this.bytes.isLost;
  }

  /** Whether all lines remain when the file is replaced or removed. */
  get isInMemory(): boolean {
    return this.bytes instanceof WholeFile;
  }

  /** The value of a key. `hash` is the key's. */
  get(key: string, hash: number): string | undefined {
    return this.index.get(key, hash);
  }

  delete(key: string, hash: number): boolean {
    return this.index.delete(key, hash);
  }

  /** Deletes the first line. */
  deleteOldest(): void {
    this.index.deleteOldest();
  }

  /** The text of all lines of this moment, in pieces that are valid until the next. Rejects when the file was replaced or can't be read. */
  text(): AsyncIterable<Buffer> {
    return this.bytes.pieces(this.index.parts());
  }

  /** The file was renamed. */
  movedTo(file: string): void {
    this.bytes.movedTo(file);
  }
}

/** Adds the lines of a text to an index, chunk by chunk. */
class LineReader {
  private hash = 0;
  private isInKey = true;

  constructor(readonly index: LineIndex) {}

  /** `position` is that of the chunk in the file. */
  take(chunk: Buffer, position: number): void {
    const { length } = chunk;
    for (let at = 0; at < length; ) {
      if (this.isInKey) {
        let { hash } = this;
        let byte = chunk[at] as number;
        while (byte !== tab && byte !== lineBreak && at < length) {
          hash = addToHash(hash, byte);
          byte = chunk[++at] as number;
        }
        this.hash = hash;
        if (at >= length) return;
        this.isInKey = false;
      }
      const end = chunk.indexOf(lineBreak, at);
      if (end < 0) return;
      this.index.add(this.hash, position + end + 1);
      this.hash = 0;
      this.isInKey = true;
      at = end + 1;
    }
  }
}

interface Ending {
  /** The position of the last line. */
  readonly begin: number;
  /** The number of lines before it. */
  readonly lines: number;
}

/** The last line of a complete file. */
async function endingOf(handle: FileHandle, size: number): Promise<Ending | undefined> {
  const last = Buffer.alloc(Math.min(size, maxEndingBytes));
  if (!(await readFully(handle, last, size - last.length))) return undefined;
  const [found, number = ''] = /end\t(0|[1-9]\d*)\n$/.exec(last.toString('latin1')) ?? [];
  if (found === undefined) return undefined;
  const lines = Number(number);
  // A shorter text can't have that many lines, so nothing is reserved for them.
  return lines <= size / 2 ? { begin: size - found.length, lines } : undefined;
}
