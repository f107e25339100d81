import { Readable } from 'node:stream';
import { BodyCut, type HttpResponse } from '../httpResponse';
import type { ResponseHead } from './responseParser';

/** How a response controls its connection while its body arrives. */
export interface BodySource {
  /** The body is taken faster than it arrives. */
  resume(): void;
  pause(): void;
  /** Ends the connection: the rest of the body is not wanted. */
  destroy(): void;
}

/** Bytes that wait for their reader at most, about. */
const maxWaitingBytes = 256 * 1024;

/** Bytes that are kept where they are: a copy of fewer costs less than another buffer for the next read. */
const keptFromBytes = 32 * 1024;

/** A body up to this length, in bytes, is read into one buffer of its announced length. */
const maxAnnouncedBytes = 64 * 1024 * 1024;

/** Bytes of one slab, and of the longest piece that is copied into one. A buffer of its own for each small body costs more than the copy. */
const slabBytes = 64 * 1024;
const maxSlabPiece = 8 * 1024;

let slab = Buffer.alloc(0);
let slabUsed = 0;

function copyOf(bytes: Buffer): Buffer {
  if (bytes.length > maxSlabPiece) return Buffer.from(bytes);
  if (slab.length - slabUsed < bytes.length) {
    slab = Buffer.allocUnsafeSlow(slabBytes);
    slabUsed = 0;
  }
  const copy = slab.subarray(slabUsed, slabUsed + bytes.length);
  copy.set(bytes);
  slabUsed += bytes.length;
  return copy;
}

/** Takes a body as it arrives. */
interface BodyReader {
  /** Returns whether it keeps the bytes; otherwise they may change after the call. */
  onBytes(bytes: Buffer): boolean;
  onEnd(): void;
  onFailure(error: Error): void;
}

/** A response on one of our own connections. A small one has arrived before anyone reads, and then costs no stream and no event. */
export class LeanResponse implements HttpResponse {
  readonly statusCode: number;
  readonly headers: ResponseHead['headers'];
  /** Bytes that arrived before a reader. */
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private reader: BodyReader | undefined;
  private failure: Error | undefined;
  /** Undefined once the body has ended and the connection serves others. */
  private source: BodySource | undefined;

  constructor({ statusCode, headers }: ResponseHead, source: BodySource) {
    this.statusCode = statusCode;
    this.headers = headers;
    this.source = source;
  }

  /** Called by the connection, as the other two. Returns whether it keeps the bytes; otherwise they may change after the call. */
  push(bytes: Buffer): boolean {
    if (this.reader) return this.reader.onBytes(bytes);
    const isLarge = bytes.length >= keptFromBytes;
    this.waiting.push(isLarge ? bytes : copyOf(bytes));
    this.waitingBytes += bytes.length;
    if (this.waitingBytes > maxWaitingBytes) this.source?.pause();
    return isLarge;
  }

  /** No more bytes follow. */
  complete(): void {
    this.source = undefined;
    this.reader?.onEnd();
  }

  fail(error: Error): void {
    if (!this.source) return;
    this.source = undefined;
    this.failure = error;
    this.reader?.onFailure(error);
  }

  stream(): Readable {
    const stream = new Readable({
      highWaterMark: maxWaitingBytes,
      read: () => this.source?.resume(),
      destroy: (error, done) => {
        this.destroy();
        done(error);
      },
    });
    // Without a listener an `error` event would crash the process. A reader still receives it.
    stream.on('error', () => {});
    this.read({
      onBytes: (bytes) => {
        const isLarge = bytes.length >= keptFromBytes;
        if (!stream.push(isLarge ? bytes : copyOf(bytes))) this.source?.pause();
        return isLarge;
      },
      onEnd: () => stream.push(null),
      onFailure: (error) => stream.destroy(error),
    });
    return stream;
  }

  whole(maxBytes: number, tooLong?: (received: number) => Error): Promise<Buffer> {
    const { waiting, waitingBytes } = this;
    const announced = Number(this.headers['content-length'] ?? Number.NaN);
    if (!this.source && !this.failure && waitingBytes <= maxBytes)
      return Promise.resolve(waiting.length === 1 ? (waiting[0] as Buffer) : Buffer.concat(waiting));
    return new Promise((resolve, reject) => {
      if (tooLong && announced > maxBytes) {
        reject(tooLong(announced));
        return this.destroy();
      }
      const bytes = new Gathered(announced <= maxAnnouncedBytes ? announced : undefined);
      this.read({
        onBytes: (piece) => {
          if (bytes.length + piece.length <= maxBytes) bytes.add(piece);
          else {
            if (tooLong) reject(tooLong(bytes.length + piece.length));
            else resolve(bytes.all());
            this.destroy();
          }
          return false;
        },
        onEnd: () => resolve(bytes.all()),
        onFailure: (error) =>
          reject(error instanceof BodyCut ? new BodyCut(bytes.length, error.cause) : error),
      });
      this.source?.resume();
    });
  }

  pour(take: (bytes: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.read({
        onBytes: (bytes) => {
          try {
            take(bytes);
          } catch (error) {
            reject(error);
            this.destroy();
          }
          return false;
        },
        onEnd: resolve,
        onFailure: reject,
      });
      this.source?.resume();
    });
  }

  discard(): void {
    this.read({ onBytes: () => false, onEnd() {}, onFailure() {} });
    this.source?.resume();
  }

  destroy(): void {
    const { source } = this;
    if (!source) return;
    this.source = undefined;
    this.failure = new BodyCut(this.waitingBytes);
    source.destroy();
  }

  /** Hands over the bytes that wait and all that follow. */
  private read(reader: BodyReader): void {
    const { waiting } = this;
    this.waiting = [];
    this.reader = reader;
    for (const bytes of waiting) reader.onBytes(bytes);
    if (this.failure) reader.onFailure(this.failure);
    else if (!this.source) reader.onEnd();
  }
}

/** Bytes that arrive piece by piece: in one buffer where their number is known, which they then never exceed. */
class Gathered {
  length = 0;
  private readonly known: Buffer | undefined;
  private readonly pieces: Buffer[] = [];

  constructor(announced: number | undefined) {
    this.known = announced === undefined ? undefined : Buffer.allocUnsafe(announced);
  }

  add(piece: Buffer): void {
    if (this.known) piece.copy(this.known, this.length);
    else this.pieces.push(copyOf(piece));
    this.length += piece.length;
  }

  all(): Buffer {
    return this.known?.subarray(0, this.length) ?? Buffer.concat(this.pieces);
  }
}
