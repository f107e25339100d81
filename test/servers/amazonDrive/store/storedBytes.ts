import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Bodies up to this many bytes stay in memory when no folder is given. */
const IN_MEMORY = 4 << 20;
/** All bodies in memory together; beyond that, small ones go to the disk too. */
const ALL_IN_MEMORY = 512 << 20;

/** The content of one file. */
export interface StoredBytes {
  readonly size: number;
  /** 32 lower-case hex digits. */
  readonly md5: string;
  /** The name of the file that holds it, undefined in memory. */
  readonly file: string | undefined;
  /** The bytes from `start` to `end`, `end` not included. */
  read(start: number, end: number): AsyncIterable<Buffer>;
  all(): Buffer;
  /** Frees memory or disk. */
  release(): void;
}

/** Takes one content piece by piece. */
export interface ContentWriter {
  write(piece: Buffer): void;
  finish(): StoredBytes;
  /** Throws away what was written. */
  abandon(): void;
}

/** Where contents are: in memory while they are small, else in files of a folder. */
export class ContentStore {
  private spool: string | undefined;
  private inMemory = 0;

  /** @param folder where all contents are kept and found again; without it, large ones go to a temporary folder */
  constructor(private readonly folder?: string) {}

  writer(): ContentWriter {
    const hash = createHash('md5');
    let pieces: Buffer[] = [];
    let size = 0;
    let open: { name: string; file: number } | undefined;
    const toDisk = (): void => {
      const name = randomUUID();
      open = { name, file: openSync(path.join(this.place(), name), 'w') };
      for (const piece of pieces) writeAll(open.file, piece);
      pieces = [];
    };
    return {
      write: (piece) => {
        hash.update(piece);
        size += piece.length;
        if (open !== undefined) return writeAll(open.file, piece);
        pieces.push(piece);
        if (size > IN_MEMORY || this.inMemory + size > ALL_IN_MEMORY) toDisk();
      },
      finish: () => {
        if (this.folder !== undefined && open === undefined) toDisk();
        const md5 = hash.digest('hex');
        if (open !== undefined) {
          closeSync(open.file);
          return this.onDisk(open.name, size, md5);
        }
        this.inMemory += size;
        // Pieces are views of the sockets' buffers, which would be kept alive as a whole.
        return this.held(Buffer.concat(pieces), md5);
      },
      abandon: () => {
        pieces = [];
        if (open === undefined) return;
        closeSync(open.file);
        rmSync(path.join(this.place(), open.name), { force: true });
      },
    };
  }

  put(content: Buffer): StoredBytes {
    const writer = this.writer();
    writer.write(content);
    return writer.finish();
  }

  /** A content that an earlier run left in the folder. */
  onDisk(name: string, size: number, md5: string): StoredBytes {
    const file = path.join(this.place(), name);
    return {
      size,
      md5,
      file: name,
      read: (start, end) =>
        start < end ? (createReadStream(file, { start, end: end - 1 }) as AsyncIterable<Buffer>) : nothing(),
      all: () => readFileSync(file),
      release: () => rmSync(file, { force: true }),
    };
  }

  /** Removes the temporary folder; a given one stays. */
  close(): void {
    if (this.spool !== undefined) rmSync(this.spool, { recursive: true, force: true });
    this.spool = undefined;
  }

  private held(content: Buffer, md5: string): StoredBytes {
    return {
      size: content.length,
      md5,
      file: undefined,
      read: async function* (start, end) {
        // In slices, so that a slow or cut answer is slow or cut in the middle.
        for (let at = start; at < end; at += 64 << 10)
          yield content.subarray(at, Math.min(end, at + (64 << 10)));
      },
      all: () => content,
      release: () => {
        this.inMemory -= content.length;
      },
    };
  }

  private place(): string {
    if (this.folder !== undefined) {
      mkdirSync(this.folder, { recursive: true });
      return this.folder;
    }
    this.spool ??= mkdtempSync(path.join(os.tmpdir(), 'amazon-drive-'));
    return this.spool;
  }
}

function writeAll(file: number, piece: Buffer): void {
  for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
}

async function* nothing(): AsyncGenerator<Buffer> {}
