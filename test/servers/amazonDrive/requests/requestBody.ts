import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriveError } from './driveError';

/** The body of a request, read piece by piece, so that the sender waits while nobody reads. */
export class RequestBody {
  /** Bytes read so far. */
  received = 0;
  private bytesPerSecond: number | undefined;
  private readonly pieces: AsyncIterator<Buffer>;

  constructor(private readonly message: IncomingMessage) {
    this.pieces = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The next piece, undefined at the end; throws when the sender went away. */
  async read(): Promise<Buffer | undefined> {
    const { done, value } = await this.pieces.next();
    if (done) return undefined;
    this.received += value.length;
    if (this.bytesPerSecond !== undefined) await sleep((value.length / this.bytesPerSecond) * 1000);
    return value;
  }

  /** Reads no more than so many bytes a second from now on, and waits for what was read faster. */
  async slowDown(bytesPerSecond: number): Promise<void> {
    this.bytesPerSecond = bytesPerSecond;
    await sleep((this.received / bytesPerSecond) * 1000);
  }

  /** Reads and forgets the rest, or as much as makes `bytes` in all. */
  async drain(bytes = Number.POSITIVE_INFINITY): Promise<void> {
    while (this.received < bytes && (await this.read()) !== undefined);
  }

  /** The whole body as text; throws 413 when it is larger than `limit` bytes. */
  async text(limit: number): Promise<string> {
    const pieces: Buffer[] = [];
    for (let piece = await this.read(); piece !== undefined; piece = await this.read()) {
      if (this.received > limit) throw new DriveError(413, { message: 'Request entity too large' });
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  }

  /** Whether the sender broke off before the end. */
  get broken(): boolean {
    return this.message.destroyed && !this.message.complete;
  }
}
