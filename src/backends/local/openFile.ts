import fs, { type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import { forceToDisk } from './durableFolders';
import { pathOfDescriptor } from './pathHandle';
import { directCalls } from './syncFileCalls';

const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat: (descriptor: number, options: { bigint: true }) => Promise<BigIntStats> = promisify(fs.fstat);
const fchmod = promisify(fs.fchmod);
const futimes = promisify(fs.futimes);
const read = promisify(fs.read);
const write = promisify(fs.write);

/** More bytes than these are moved by the pool: copying them takes time by itself. */
const directBytes = 128 * 1024;

/** An open file, each of whose calls goes the quicker way (see AdaptiveFsCalls). Errors are those of `node:fs`. */
export class OpenFile {
  private constructor(private readonly descriptor: number) {}

  /** Always by the pool: this is the call that finds the disk busy or away. `mode` is that of a file which is made by this. */
  static async open(absolute: string, flags: string | number, mode = 0o666): Promise<OpenFile> {
    return new OpenFile(await open(absolute, flags, mode));
  }

  /** Where it is by now, without links; undefined where the system can't tell. */
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

  /** Forces the content and all facts to the disk. */
  toDisk(): Promise<void> {
    return forceToDisk(this.descriptor);
  }

  /** How many bytes from `position` on were read into `buffer`; 0 at the end of the file. */
  read(buffer: Buffer, position: number): Promise<number> {
    const inPool = async () => (await read(this.descriptor, buffer, 0, buffer.length, position)).bytesRead;
    if (buffer.length > directBytes) return inPool();
    return directCalls.call(() => fs.readSync(this.descriptor, buffer, 0, buffer.length, position), inPool);
  }

  /** Writes all of `content` after what was written before. */
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

  close(): Promise<void> {
    return directCalls.call(
      () => fs.closeSync(this.descriptor),
      () => close(this.descriptor),
    );
  }
}
