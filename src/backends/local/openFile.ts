import fs, { type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import type { ContentDigests, Pieces } from '../../remote/remote';
import { digestPieces, FileHash } from './content/fileHash';
import { forceToDisk } from './durableFolders';
import { pathOfDescriptor } from './pathHandle';
import { directCalls, waitingCalls } from './syncFileCalls';

const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat: (descriptor: number, options: { bigint: true }) => Promise<BigIntStats> = promisify(fs.fstat);
const fchmod = promisify(fs.fchmod);
const futimes = promisify(fs.futimes);
const read = promisify(fs.read);
const write = promisify(fs.write);
const ftruncate = promisify(fs.ftruncate);

/** Larger transfers use the thread pool, because copying the bytes takes time. */
const directBytes = 128 * 1024;

/** An open file whose calls take the faster way (see AdaptiveFsCalls). Throws errors of `node:fs`. */
export class OpenFile {
  private constructor(private readonly descriptor: number) {}

  /**
   * Opens in the thread pool, because this call meets a busy or missing disk; with `ownThread` in this thread. `mode` applies to a new file.
   */
  static async open(
    absolute: string,
    flags: string | number,
    ownThread: boolean,
    mode = 0o666,
  ): Promise<OpenFile> {
    const inPool = () => open(absolute, flags, mode);
    const direct = () => fs.openSync(absolute, flags, mode);
    return new OpenFile(await (ownThread ? waitingCalls.call(direct, inPool) : inPool()));
  }

  /** The current real path; undefined where the system can't tell. */
  place(): string | undefined {
    return pathOfDescriptor(this.descriptor);
  }

  stat(): Promise<BigIntStats> {
    return directCalls.call(
      () => fs.fstatSync(this.descriptor, { bigint: true }),
      () => fstat(this.descriptor, { bigint: true }),
    );
  }

  setMode(mode: number): Promise<void> {
    return directCalls.call(
      () => fs.fchmodSync(this.descriptor, mode),
      () => fchmod(this.descriptor, mode),
    );
  }

  /** Access and modified time, as `utimesText` spells it. */
  setTime(text: string): Promise<void> {
    return directCalls.call(
      () => fs.futimesSync(this.descriptor, text, text),
      () => futimes(this.descriptor, text, text),
    );
  }

  /** Forces content and metadata to the disk. */
  toDisk(): Promise<void> {
    return forceToDisk(this.descriptor);
  }

  /** Reads into `buffer` from `position` on. Resolves to the number of bytes; 0 at the end of the file. */
  read(buffer: Buffer, position: number): Promise<number> {
    const inPool = async () => (await read(this.descriptor, buffer, 0, buffer.length, position)).bytesRead;
    if (buffer.length > directBytes) return inPool();
    return directCalls.call(() => fs.readSync(this.descriptor, buffer, 0, buffer.length, position), inPool);
  }

  /** Fills `buffer` from `position` on; false when the file ends before. */
  async fill(buffer: Buffer, position: number): Promise<boolean> {
    for (let at = 0; at < buffer.length; ) {
      const bytesRead = await this.read(buffer.subarray(at), position + at);
      if (bytesRead === 0) return false;
      at += bytesRead;
    }
    return true;
  }

  /** A hash of this file, which must end before the file is closed. */
  hash(wanted: ConstructorParameters<typeof FileHash>[1]): FileHash {
    return new FileHash(this.descriptor, wanted);
  }

  /** See `digestPieces`. */
  digests(size: number, pieces: Pieces, signal: AbortSignal): Promise<ContentDigests> {
    return digestPieces(this.descriptor, size, pieces, signal);
  }

  /** Appends all of `content`. */
  async write(content: Uint8Array): Promise<void> {
    for (let at = 0; at < content.byteLength; ) {
      const from = at;
      const length = content.byteLength - at;
      const inPool = async () => (await write(this.descriptor, content, from, length)).bytesWritten;
      at +=
        length > directBytes
          ? await inPool()
          : await directCalls.call(() => fs.writeSync(this.descriptor, content, from, length), inPool);
    }
  }

  /** Writes all of `content` at `position`, in the thread pool. */
  async writeAt(content: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < content.byteLength; )
      at += (await write(this.descriptor, content, at, content.byteLength - at, position + at)).bytesWritten;
  }

  /** Makes the file `size` bytes long; new bytes are zeros. */
  resize(size: number): Promise<void> {
    return ftruncate(this.descriptor, size);
  }

  close(): Promise<void> {
    return directCalls.call(
      () => fs.closeSync(this.descriptor),
      () => close(this.descriptor),
    );
  }
}
