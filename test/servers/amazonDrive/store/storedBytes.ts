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

/** In a store without a folder, contents up to this size stay in memory. */
const IN_MEMORY = 4 << 20;
/** The maximum of all contents in memory; more contents go to the disk. */
const ALL_IN_MEMORY = 512 << 20;

/** The content of one file. */
export interface StoredBytes {
  readonly size: number;
  /** 32 lower-case hex digits. */
  readonly md5: string;
  /** The name of the file with the content; undefined in memory. */
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
  /** Drops the bytes written so far. */
  abandon(): void;
}

/** Stores contents: small ones in memory, others in files of a folder. */
export class ContentStore {
  private spool: string | undefined;
  private inMemory = 0;

  /** @param folder keeps all contents for the next run; without a folder, large contents go to a temporary folder */
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
        // A copy: the pieces are views that would keep the whole buffers of the sockets in memory.
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

  /** Removes the temporary folder; a folder of the caller stays. */
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
        // In slices, so that a fault can slow down or cut the response.
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
