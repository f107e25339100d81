import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { LineBytes } from './lineIndex';

/** How much of a file of lines stays in memory. */
export interface LineMemory {
  /** A file of up to this many bytes stays whole. */
  readonly wholeBytes: number;
  /** Of a larger file the blocks that were used last, this many. */
  readonly blocks: number;
  readonly blockBytes: number;
}

/** The bytes of a file that others may replace as a whole. */
export interface FileBytes extends LineBytes {
  /** Whether bytes were asked for that can't be read any more. */
  readonly isLost: boolean;
  /** The bytes between these positions, each buffer until the next. Rejects when the file was replaced or can't be read. */
  pieces(parts: readonly (readonly [begin: number, end: number])[]): AsyncIterable<Buffer>;
  /** The file has another path now. */
  movedTo(file: string): void;
}

/** Bytes that are read at once where a large part of a file is wanted. */
export const windowBytes = 1 << 20;

/** Differs for each file that replaces another. */
export function versionText({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs}`;
}

/** Fills `buffer` with the bytes from `position` on. Resolves to false when the file ends before. */
export async function readFully(handle: FileHandle, buffer: Buffer, position: number): Promise<boolean> {
  for (let filled = 0; filled < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
}

/** A file that is in memory. */
export class WholeFile implements FileBytes {
  readonly isLost = false;

  constructor(readonly loaded: Buffer) {}

  load(begin: number): number {
    return begin;
  }

  async *pieces(parts: Parameters<FileBytes['pieces']>[0]): AsyncGenerator<Buffer> {
    for (const [begin, end] of parts) yield this.loaded.subarray(begin, end);
  }

  movedTo(): void {}
}

/**
 * A file that is read by blocks when they are wanted. It is open only during a read, because no open file can be replaced on Windows.
 * Once another file is in its place, only the blocks in memory remain.
 */
export class FileBlocks implements FileBytes {
  loaded: Buffer = Buffer.alloc(0);
  isLost = false;
  /** The block that is loaded; -1 for a line of several blocks. */
  private current = -1;
  /** Those that were used last are last. */
  private readonly blocks = new Map<number, Buffer>();

  constructor(
    private file: string,
    private readonly version: string,
    /** Bytes of the file. */
    private readonly size: number,
    private readonly memory: LineMemory,
  ) {}

  load(begin: number, end: number): number {
    const { blockBytes } = this.memory;
    const number = Math.floor(begin / blockBytes);
    const at = begin - number * blockBytes;
    if (number !== this.current && !this.use(number)) return -1;
    return at + end - begin <= blockBytes ? at : this.join(number, at, end - begin);
  }

  async *pieces(parts: Parameters<FileBytes['pieces']>[0]): AsyncGenerator<Buffer> {
    const handle = await open(this.file, 'r');
    try {
      if (versionText(await handle.stat({ bigint: true })) !== this.version)
        throw new Error('the file was replaced meanwhile');
      const window = Buffer.allocUnsafeSlow(Math.min(windowBytes, this.size));
      let [from, to] = [0, 0];
      for (const [begin, end] of parts)
        for (let at = begin; at < end; ) {
          if (at < from || at >= to) {
            from = at;
            to = Math.min(this.size, at + window.length);
            if (!(await readFully(handle, window.subarray(0, to - from), from)))
              throw new Error('the file was cut meanwhile');
          }
          const stop = Math.min(end, to);
          yield window.subarray(at - from, stop - from);
          at = stop;
        }
    } finally {
      await handle.close();
    }
  }

  movedTo(file: string): void {
    this.file = file;
  }

  /** Loads a line that begins at `at` in a block and reaches into the following ones. */
  private join(number: number, at: number, length: number): number {
    const joined = Buffer.allocUnsafe(length);
    let filled = this.loaded.copy(joined, 0, at);
    for (let next = number + 1; filled < length; next++) {
      if (!this.use(next)) return -1;
      filled += this.loaded.copy(joined, filled);
    }
    this.loaded = joined;
    this.current = -1;
    return 0;
  }

  /** Loads a whole block. Returns false when it is lost. */
  private use(number: number): boolean {
    const block = this.blocks.get(number) ?? this.read(number);
    if (!block) return false;
    this.blocks.delete(number);
    this.blocks.set(number, block);
    this.loaded = block;
    this.current = number;
    return true;
  }

  private read(number: number): Buffer | undefined {
    const { blockBytes } = this.memory;
    const begin = number * blockBytes;
    const length = Math.min(blockBytes, this.size - begin);
    if (this.isLost || length <= 0) return undefined;
    const block = this.freeBlock();
    if (this.readNow(block, begin, length)) return block;
    this.isLost = true;
    return undefined;
  }

  /** A new buffer, or that of the block that was not used for longest. */
  private freeBlock(): Buffer {
    const { blocks, blockBytes } = this.memory;
    if (this.blocks.size < blocks) return Buffer.allocUnsafeSlow(blockBytes);
    const [[oldest, buffer] = []] = this.blocks;
    if (oldest === this.current) this.current = -1;
    if (oldest !== undefined) this.blocks.delete(oldest);
    return buffer ?? Buffer.allocUnsafeSlow(blockBytes);
  }

  private readNow(block: Buffer, position: number, length: number): boolean {
    try {
      const descriptor = openSync(this.file, 'r');
      try {
        if (versionText(fstatSync(descriptor, { bigint: true })) !== this.version) return false;
        for (let filled = 0; filled < length; ) {
          const read = readSync(descriptor, block, filled, length - filled, position + filled);
          if (read === 0) return false;
          filled += read;
        }
        return true;
      } finally {
        closeSync(descriptor);
      }
    } catch {
      return false;
    }
  }
}
