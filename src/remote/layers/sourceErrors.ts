import type { Readable } from 'node:stream';
import type { ByteRange, ByteSource } from '../remote';
import { isRemoteError } from '../remoteError';
import { NonRetryableError } from './retry';

/**
 * The body of a write that records the errors of its source. The source retries by itself, so a write that fails with one of them must
 * not be retried.
 */
export class SourceErrorTracker implements ByteSource {
  readonly size: number;
  readonly md5?: string;
  readonly rereadIsExpensive?: boolean;
  readonly rangesAtOnce?: number;
  readonly bytes?: NonNullable<ByteSource['bytes']>;
  readonly readInto?: NonNullable<ByteSource['readInto']>;
  readonly digests?: NonNullable<ByteSource['digests']>;
  private sourceErrors: unknown[] = [];

  constructor(private readonly inner: ByteSource) {
    this.size = inner.size;
    if (inner.md5 !== undefined) this.md5 = inner.md5;
    if (inner.rereadIsExpensive !== undefined) this.rereadIsExpensive = inner.rereadIsExpensive;
    if (inner.rangesAtOnce !== undefined) this.rangesAtOnce = inner.rangesAtOnce;
    const { bytes, readInto, digests } = inner;
    if (bytes) this.bytes = (...args) => this.recorded(() => bytes.apply(inner, args));
    if (readInto) this.readInto = (...args) => this.recorded(() => readInto.apply(inner, args));
    if (digests) this.digests = (...args) => this.recorded(() => digests.apply(inner, args));
  }

  async open(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable> {
    const stream = await this.recorded(() => this.inner.open(range, signal));
    stream.once('error', (error) => this.sourceErrors.push(error));
    return stream;
  }

  private async recorded<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      this.sourceErrors.push(error);
      throw error;
    }
  }

  /** Makes one attempt to write. Throws NonRetryableError when the source caused its failure. */
  async sending<T>(write: () => Promise<T>): Promise<T> {
    this.sourceErrors = [];
    try {
      return await write();
    } catch (error) {
      // A broken connection destroys the source's stream with a raw error, which is not an error of the source.
      for (let cause = error; cause instanceof Error; cause = cause.cause)
        if (isRemoteError(cause) && this.sourceErrors.includes(cause)) throw new NonRetryableError(error);
      throw error;
    }
  }
}
