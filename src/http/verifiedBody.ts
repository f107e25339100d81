import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { addAbortListener, removeAbortListener } from '../base/aborts';
import { RemoteError } from '../remote/remoteError';
import { BodyCut, type HttpBody } from './httpResponse';

/** Computes the checksum of one body and compares it with the expected one. */
export interface Checksum {
  update(chunk: Uint8Array): void;
  matches(): boolean;
}

/** The expected body, and its name in errors. */
export interface ExpectedBody {
  /** The file, for sentences. */
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  readonly checksum?: Checksum | undefined;
  /** Whether a stream that ends early, but in good order, is worth another request (`unavailable`) or is final (`corrupted`). */
  readonly retriesShortStream: boolean;
  /** The error for a failed connection. */
  connectionError(error: unknown): Error;
}

/** `hex` is lower-case. */
export function md5Checksum(hex: string): Checksum {
  const hash = createHash('md5');
  return { update: (chunk) => hash.update(chunk), matches: () => hash.digest('hex') === hex };
}

/**
 * Reads a whole body into memory. Rejects with RemoteError `corrupted` when it has another length or checksum, `unavailable` when the connection
 * ends early, and with the signal's reason.
 */
export async function readVerified(
  body: HttpBody,
  expected: ExpectedBody,
  signal: AbortSignal,
): Promise<Buffer> {
  const { length, checksum } = expected;
  const content = await body
    // Never hold more than was announced.
    .whole(length, (received) => lengthMismatch(received, expected))
    .catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw failureOf(error, error instanceof BodyCut ? error.received : 0, expected);
    });
  signal.throwIfAborted();
  if (content.length !== length) throw lengthMismatch(content.length, expected);
  checksum?.update(content);
  if (checksum?.matches() === false) throw checksumMismatch(expected);
  return content;
}

/** Reads a body into `into`, which it must fill. Rejects as `readVerified`. `onFilled` receives the number of bytes so far. */
export async function readVerifiedInto(
  body: HttpBody,
  into: Buffer,
  expected: ExpectedBody,
  onFilled: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let received = 0;
  const take = (bytes: Buffer) => {
    if (received + bytes.length > into.length) throw lengthMismatch(received + bytes.length, expected);
    bytes.copy(into, received);
    received += bytes.length;
    onFilled(received);
  };
  try {
    await body.pour(take);
  } catch (error) {
    throw signal.aborted ? signal.reason : failureOf(error, received, expected);
  }
  signal.throwIfAborted();
  if (received !== into.length) throw lengthMismatch(received, expected);
  expected.checksum?.update(into);
  if (expected.checksum?.matches() === false) throw checksumMismatch(expected);
}

/** The body as a stream that fails as `readVerified` does, and never just ends. Destroying it destroys the source. */
export function verifyStream(source: Readable, expected: ExpectedBody, signal: AbortSignal): Readable {
  const { length, checksum } = expected;
  let received = 0;
  const verifier = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.length;
      // Checked before the chunk is passed on, so that no reader stores more than the file has.
      if (received > length) return done(lengthMismatch(received, expected));
      checksum?.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      if (received !== length)
        done((expected.retriesShortStream ? connectionEnded : lengthMismatch)(received, expected));
      else done(checksum?.matches() === false ? checksumMismatch(expected) : null);
    },
  });
  // Without a listener an `error` event would crash the process. A reader still receives it.
  verifier.on('error', () => {});
  const onAbort = () => verifier.destroy(signal.reason);
  addAbortListener(signal, onAbort);
  source.once('error', (error) =>
    verifier.destroy(signal.aborted ? signal.reason : expected.connectionError(error)),
  );
  // A connection that ends early may close without an error.
  source.once('close', () => {
    if (!source.readableEnded) verifier.destroy(connectionEnded(received, expected));
  });
  verifier.once('close', () => {
    removeAbortListener(signal, onAbort);
    source.destroy();
  });
  return source.pipe(verifier);
}

/** For a body, or an announced one, of another length than expected. */
export function lengthMismatch(
  received: number,
  { path, length }: Pick<ExpectedBody, 'path' | 'length'>,
): RemoteError {
  return new RemoteError('corrupted', `Received ${received} bytes of "${path}" instead of ${length}.`);
}

/** The error for a body that failed after `received` bytes. */
function failureOf(error: unknown, received: number, expected: ExpectedBody): Error {
  if (error instanceof BodyCut) return connectionEnded(received, expected);
  return error instanceof RemoteError ? error : expected.connectionError(error);
}

function checksumMismatch({ path }: ExpectedBody): RemoteError {
  return new RemoteError('corrupted', `"${path}" arrived corrupted: its checksum does not match.`);
}

function connectionEnded(received: number, { path, length }: ExpectedBody): RemoteError {
  return new RemoteError(
    'unavailable',
    `The connection ended after ${received} of the ${length} bytes of "${path}".`,
  );
}
