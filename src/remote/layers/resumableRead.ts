import { Readable } from 'node:stream';
import type { FileEntry } from '../entry';
import type { ReadOptions, ReadResult, Remote } from '../remote';
import { isRemoteError, RemoteError } from '../remoteError';
import type { RemotePath } from '../remotePath';
import {
  backoffDelay,
  isTransient,
  maxAttempts,
  type RetryPolicy,
  waitBeforeRetry,
  withRetries,
} from './retry';

/**
 * A read that resumes after an interruption, by requesting the rest of the same version. Fails after the policy's number of
 * consecutive failures without a byte between them, and at once for an error after the last byte (a wrong checksum).
 */
export async function resumableRead(
  inner: Remote,
  path: RemotePath,
  options: ReadOptions,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<ReadResult> {
  const first = await withRetries(`read ${path}`, () => inner.read(path, options, signal), policy, signal);
  return { ...first, stream: new ResumedStream(inner, first, options, policy, signal) };
}

/**
 * `Remote.readInto`, which goes on at the byte where it was interrupted. Fails after the policy's number of attempts that brought no byte, and as
 * other calls do.
 */
export async function resumableFill(
  inner: Remote,
  policy: RetryPolicy,
  file: FileEntry,
  start: number,
  into: Buffer,
  onFilled: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let filled = 0;
  const attempt = async (failed: RemoteError | undefined) => {
    // Bytes of a response that was wrong may be wrong too.
    if (failed?.kind === 'corrupted') filled = 0;
    const before = filled;
    const onMore = (bytes: number) => {
      filled = before + bytes;
      onFilled(filled);
    };
    await inner.readInto?.(file, start + before, into.subarray(before), onMore, signal);
  };
  for (;;) {
    const before = filled;
    try {
      return await withRetries(`read ${file.path}`, attempt, policy, signal);
    } catch (error) {
      if (!isRemoteError(error, 'unavailable') || filled <= before) throw error;
    }
  }
}

class ResumedStream extends Readable {
  private readonly entry: FileEntry;
  private readonly end: number;
  private position: number;
  private failures = 0;
  private current: Readable | undefined;

  constructor(
    private readonly inner: Remote,
    { stream, entry }: ReadResult,
    { range }: ReadOptions,
    private readonly policy: RetryPolicy,
    private readonly signal: AbortSignal,
  ) {
    super();
    this.entry = entry;
    this.position = range?.start ?? 0;
    this.end = Math.min(range?.end ?? entry.size, entry.size);
    // Without a listener an `error` event would crash the process. An attached reader still receives the error.
    this.on('error', () => {});
    this.attach(stream);
  }

  private attach(stream: Readable): void {
    this.current = stream;
    let settled = false;
    const settle = (error: unknown) => {
      if (settled) return;
      settled = true;
      this.current = undefined;
      if (this.destroyed) return;
      if (error === undefined && this.position >= this.end) this.push(null);
      else this.recover(error ?? truncatedBody(this.entry, 'corrupted'));
    };
    stream.on('data', (chunk: Buffer) => {
      this.failures = 0;
      this.position += chunk.length;
      if (!this.push(chunk)) stream.pause();
    });
    stream.on('end', () => settle(undefined));
    stream.on('error', settle);
    stream.on('close', () => settle(truncatedBody(this.entry, 'unavailable')));
    stream.pause();
  }

  override _read(): void {
    this.current?.resume();
  }

  private recover(error: unknown): void {
    this.failures++;
    const fatal =
      this.signal.aborted ||
      !isTransient(error) ||
      this.position >= this.end ||
      this.failures >= maxAttempts(error, this.policy);
    if (fatal) {
      this.destroy(this.signal.aborted ? this.signal.reason : (error as Error));
      return;
    }
    const wait = backoffDelay(error, this.failures, this.policy);
    const interruption = `interrupted at byte ${this.position} (${error.kind}: ${error.message})`;
    this.policy.log.write('info', 'http', `read ${this.entry.path}: ${interruption}; resumes in ${wait} ms`);
    this.reopen(error, wait).catch((failure) => {
      if (!this.destroyed) this.recover(failure);
    });
  }

  private async reopen(error: RemoteError, wait: number): Promise<void> {
    await waitBeforeRetry(error, wait, this.policy, this.signal);
    const range = { start: this.position, end: this.end };
    const { stream } = await this.inner.read(this.entry.path, { range, expected: this.entry }, this.signal);
    if (this.destroyed) {
      stream.destroy();
      return;
    }
    this.policy.waits?.requestSucceeded();
    this.attach(stream);
    stream.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.current?.destroy();
    done(error);
  }
}

function truncatedBody(entry: FileEntry, kind: 'corrupted' | 'unavailable'): RemoteError {
  return new RemoteError(kind, `The content of "${entry.path}" ended early.`);
}
