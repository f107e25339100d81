import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import { addAbortListener, removeAbortListener } from '../../../base/aborts';
import { digest } from '../../../base/digest';
import type { Checksum } from '../../../http/verifiedBody';
import type { ByteSource, ContentDigests, Pieces } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';

/** The digests that a request sends with its content. */
export interface Digests {
  /** Lower-case hex. */
  readonly md5: string;
  /** Base64 of the big-endian CRC32, as S3 spells it. */
  readonly crc32: string;
}

/** Both digests of bytes in memory. */
export function digestsOf(bytes: Uint8Array): Digests {
  return { md5: digest('md5', bytes), crc32: crc32Text(crc32(bytes)) };
}

/** Base64 of a CRC32 as S3 spells it. */
export function crc32Text(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString('base64');
}

/** A running CRC32 against that of the service, in base64. */
export function crc32Checksum(expected: string): Checksum {
  let value = 0;
  return {
    update: (chunk) => {
      value = crc32(chunk, value);
    },
    matches: () => crc32Text(value) === expected,
  };
}

/** Base64 of a hex digest, as Content-MD5 and `md5chksum` spell it. */
export function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The digests of the whole body and its pieces, by the source itself if it can. Throws `changed` for another length than `size`. */
export function digestsOfBody(
  body: ByteSource,
  pieces: Pieces,
  signal: AbortSignal,
): Promise<ContentDigests> {
  return body.digests?.(pieces, signal) ?? readDigests(body, pieces, signal);
}

async function readDigests(
  body: ByteSource,
  { size: pieceSize, withCrc32 }: Pieces,
  signal: AbortSignal,
): Promise<ContentDigests> {
  const whole = createHash('md5');
  const pieces: ContentDigests['pieces'][number][] = [];
  let piece = new RunningDigests(withCrc32);
  let length = 0;
  for await (const chunk of (await body.open(undefined, signal)) as AsyncIterable<Uint8Array>) {
    whole.update(chunk);
    for (let at = 0; at < chunk.length; ) {
      const bytes = chunk.subarray(at, at + pieceSize - (length % pieceSize));
      piece.update(bytes);
      at += bytes.length;
      length += bytes.length;
      if (length % pieceSize !== 0) continue;
      pieces.push(piece.end());
      piece = new RunningDigests(withCrc32);
    }
  }
  if (length !== body.size) throw lengthChanged(body.size, length);
  if (length % pieceSize !== 0) pieces.push(piece.end());
  return { md5: whole.digest('hex'), pieces };
}

class RunningDigests {
  private readonly md5 = createHash('md5');
  private crc = 0;

  constructor(private readonly withCrc32: boolean) {}

  update(bytes: Uint8Array): void {
    this.md5.update(bytes);
    if (this.withCrc32) this.crc = crc32(bytes, this.crc);
  }

  end(): ContentDigests['pieces'][number] {
    return { md5: this.md5.digest('hex'), crc32: this.withCrc32 ? this.crc >>> 0 : undefined };
  }
}

/** Reads a whole body into memory. Throws `changed` for another length. */
export async function readBody(body: ByteSource, signal: AbortSignal): Promise<Buffer> {
  const { size } = body;
  if (body.bytes) {
    const bytes = await body.bytes(signal);
    if (bytes.length !== size) throw lengthChanged(size, bytes.length);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  const buffer = Buffer.allocUnsafe(size);
  await fillFrom(body, 0, buffer, signal);
  return buffer;
}

/** Fills `buffer` with the bytes of `body` from `start` on. Throws `changed` when there are fewer. */
export async function fillFrom(
  body: ByteSource,
  start: number,
  buffer: Buffer,
  signal: AbortSignal,
): Promise<void> {
  if (body.readInto) return body.readInto(start, buffer, () => {}, signal);
  const { length } = buffer;
  // Without a range a body that has become longer is noticed.
  const range = length === body.size ? undefined : { start, end: start + length };
  let at = 0;
  for await (const chunk of await body.open(range, signal)) {
    if (at + chunk.length > length) throw lengthChanged(length, at + chunk.length);
    buffer.set(chunk, at);
    at += chunk.length;
  }
  if (at !== length) throw lengthChanged(length, at);
}

/** Passes `source` through and reports the bytes so far. Fails with `changed` unless it has exactly `length` bytes. */
export function countBytes(source: Readable, length: number, onBytes: (sent: number) => void): Readable {
  let sent = 0;
  const counter = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      sent += chunk.length;
      if (sent > length) return done(lengthChanged(length, sent));
      onBytes(sent);
      done(null, chunk);
    },
    flush(done) {
      done(sent === length ? null : lengthChanged(length, sent));
    },
  });
  source.once('error', (error) => counter.destroy(error));
  counter.once('close', () => source.destroy());
  return source.pipe(counter);
}

/**
 * Adds the bytes of a part to the MD5 of the whole. Resolves when this part and all before it are hashed, and rejects with the reason of `stop`,
 * since an earlier part may never arrive.
 */
export type AddToWhole = (bytes: Uint8Array, stop: AbortSignal) => Promise<void>;

/** Computes the MD5 of a body whose parts arrive in any order. */
export class WholeMd5 {
  private readonly hash = createHash('md5');
  private before: Promise<void> = Promise.resolve();

  /** Reserves the place of the next part, in the order of the body. */
  next(): AddToWhole {
    const { before } = this;
    let markHashed: () => void = () => {};
    this.before = new Promise((resolve) => {
      markHashed = resolve;
    });
    return async (bytes, stop) => {
      await orStopped(before, stop);
      this.hash.update(bytes);
      markHashed();
    };
  }

  /** Lower-case hex. Call it once, after all parts are hashed. */
  digest(): string {
    return this.hash.digest('hex');
  }
}

function orStopped(promise: Promise<void>, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(stop.reason);
    const onAbort = () => reject(stop.reason);
    addAbortListener(stop, onAbort);
    promise.then(() => {
      removeAbortListener(stop, onAbort);
      resolve();
    }, reject);
  });
}

function lengthChanged(expected: number, found: number): RemoteError {
  return new RemoteError(
    'changed',
    `The source changed while it was being read: ${expected} bytes were expected, ${found}${found > expected ? ' or more' : ''} were read.`,
  );
}
