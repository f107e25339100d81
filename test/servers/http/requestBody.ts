import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that arrive piece by piece. */
export interface ByteSource {
  /** The next piece, undefined at the end. */
  read(): Promise<Buffer | undefined>;
}

/** The body of a request, read piece by piece, so that the sender waits while nobody reads. */
export class RequestBody implements ByteSource {
  /** Bytes read so far. */
  received = 0;
  private bytesPerSecond: number | undefined;
  private pieces: AsyncIterator<Buffer> | undefined;

  constructor(private readonly message: IncomingMessage) {}

  /** The next piece, undefined at the end; throws when the sender goes away. */
  async read(): Promise<Buffer | undefined> {
    this.pieces ??= this.message[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const { done, value } = await this.pieces.next();
    if (done) return undefined;
    this.received += value.length;
    if (this.bytesPerSecond !== undefined) await sleep((value.length / this.bytesPerSecond) * 1000);
    return value;
  }

  /** Reads no more than so many bytes a second from now on, and waits for the time of the bytes that came faster. */
  async slowDown(bytesPerSecond: number): Promise<void> {
    this.bytesPerSecond = bytesPerSecond;
    await sleep((this.received / bytesPerSecond) * 1000);
  }

  /** Reads and drops the rest, or as much as brings `received` to `bytes`. */
  async drain(bytes = Number.POSITIVE_INFINITY): Promise<void> {
    // Most requests have no body, or a body that has been read: an iterator would only cost time.
    if (this.message.complete && this.message.readableLength === 0) return;
    while (this.received < bytes && (await this.read()) !== undefined);
  }

  /** Whether the sender broke off before the end. */
  get broken(): boolean {
    return this.message.destroyed && !this.message.complete;
  }
}

/** The whole source; undefined when it holds more than `limit` bytes. */
export async function wholeOf(
  source: ByteSource,
  limit = Number.POSITIVE_INFINITY,
): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for (let piece = await source.read(); piece !== undefined; piece = await source.read()) {
    size += piece.length;
    if (size > limit) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}
