import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import { addAbortListener, removeAbortListener } from '../../../base/aborts';
import type { Checksum } from '../../../http/verifiedBody';
import type { ByteRange, ByteSource } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';

/** The digests of an upload's content. */
export interface Digests {
  /** Lower-case hex. */
  readonly md5: string;
  /** Base64 of the big-endian CRC32, as S3 spells it. */
  readonly crc32: string;
}

/** Both digests of bytes in memory. */
export function digestsOf(bytes: Uint8Array): Digests {
  return { md5: md5Of(bytes), crc32: crc32Text(crc32(bytes)) };
}

/** Lower-case hex. */
export function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
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

/** The digests of a body that will be read a second time and sent in parts. */
export interface WholeDigests {
  /** Of the whole, lower-case hex. */
  readonly md5: string;
  /** Of each piece, as `Digests.crc32`. */
  readonly crc32s: readonly string[];
}

/** Reads the whole source for its digests. Pieces have `pieceSize` bytes, the last one may have fewer. Throws `changed` for another length than `size`. */
export async function readDigests(
  body: ByteSource,
  pieceSize: number,
  signal: AbortSignal,
): Promise<WholeDigests> {
  const md5 = createHash('md5');
  const crc32s: string[] = [];
  let crc = 0;
  let length = 0;
  for await (const chunk of (await body.open(undefined, signal)) as AsyncIterable<Uint8Array>) {
    md5.update(chunk);
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + pieceSize - (length % pieceSize));
      crc = crc32(piece, crc);
      at += piece.length;
      length += piece.length;
      if (length % pieceSize !== 0) continue;
      crc32s.push(crc32Text(crc));
      crc = 0;
    }
  }
  if (length !== body.size) throw lengthChanged(body.size, length);
  if (length % pieceSize !== 0) crc32s.push(crc32Text(crc));
  return { md5: md5.digest('hex'), crc32s };
}

/** Reads `range` into memory and computes its digests as chunks arrive, which overlaps hashing with reading. */
export async function readWithDigests(
  body: ByteSource,
  range: ByteRange,
  length: number,
  signal: AbortSignal,
): Promise<{ readonly bytes: Buffer; readonly digests: Digests }> {
  const md5 = createHash('md5');
  let crc = 0;
  const bytes = await readInto(body, range, length, signal, (chunk) => {
    md5.update(chunk);
    crc = crc32(chunk, crc);
  });
  return { bytes, digests: { md5: md5.digest('hex'), crc32: crc32Text(crc) } };
}

/** Reads `range` into memory. Throws `changed` for another length. `onChunk` receives the chunks of a stream. */
export async function readInto(
  body: ByteSource,
  range: ByteRange | undefined,
  length: number,
  signal: AbortSignal,
  onChunk: (chunk: Uint8Array) => void = () => {},
): Promise<Buffer> {
  if (range === undefined && body.bytes) {
    const bytes = await body.bytes(signal);
    if (bytes.length !== length) throw lengthChanged(length, bytes.length);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  const buffer = Buffer.allocUnsafe(length);
  let at = 0;
  for await (const chunk of await body.open(range, signal)) {
    if (at + chunk.length > length) throw lengthChanged(length, at + chunk.length);
    buffer.set(chunk, at);
    onChunk(chunk);
    at += chunk.length;
  }
  if (at !== length) throw lengthChanged(length, at);
  return buffer;
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

/** Computes the MD5 of a body whose parts arrive in any order. */
export class WholeMd5 {
  private readonly hash = createHash('md5');
  private before: Promise<void> = Promise.resolve();

  /**
   * Reserves the place of the next part, in the order of the body. Call the returned function with the bytes of the part: it resolves when
   * this part and all before it are hashed, and rejects with the reason of `stop`, since an earlier part may never arrive.
   */
  next(): (bytes: Uint8Array, stop: AbortSignal) => Promise<void> {
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
