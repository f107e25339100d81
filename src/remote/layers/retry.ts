import { manyMayListen } from '../../base/aborts';
import type { Clock } from '../../base/clock';
import type { Log } from '../../base/log';
import { isRemoteError, type RemoteError } from '../remoteError';
import { minReportedWaitMs, type ServiceWaits } from '../serviceWaits';

/** How often and how patiently something is tried again. */
export interface RetryPolicy {
  readonly clock: Clock;
  readonly log: Log;
  /** Tries in all, the first included. Default 5, and 10 where the service asks to wait, as rclone does. */
  readonly attempts?: number;
  /** Milliseconds before the second try; doubled each time. Default 200. */
  readonly initialDelayMs?: number;
  /** The longest wait, but for what a service asks for. Default 20,000. */
  readonly maxDelayMs?: number;
  /** 0 ≤ x < 1; a port so that tests can set it. Default Math.random. */
  readonly random?: () => number;
  /** Told of the waits that a service asks for, unless they are short. */
  readonly waits?: ServiceWaits | undefined;
}

/** Whether trying again may help: the service or the network was in the way, not the request. */
export function isTransient(error: unknown): error is RemoteError {
  return isRemoteError(error, 'unavailable', 'rateLimited', 'corrupted');
}

/** Whether the request may have taken effect although it failed: only its answer is missing. */
export function mayHaveSucceeded(error: unknown): boolean {
  return isRemoteError(error, 'unavailable', 'corrupted');
}

/**
 * Milliseconds to wait after the `failures`-th failure in a row: doubled each time, of which a random half is dropped so that
 * many clients don't come back at once; never less than the service asked for.
 */
export function backoffDelay(error: RemoteError, failures: number, policy: RetryPolicy): number {
  const longest = policy.maxDelayMs ?? 20_000;
  const full = Math.min(longest, (policy.initialDelayMs ?? 200) * 2 ** (failures - 1));
  const jittered = full * (0.5 + 0.5 * (policy.random ?? Math.random)());
  return Math.round(Math.max(jittered, Math.min(error.retryAfterMs ?? 0, maxRequestedDelayMs)));
}

/** The longest wait that a service can ask for, in milliseconds, as rclone waits at most. */
const maxRequestedDelayMs = 256_000;

/** Whether the service itself asks to come back later. */
export function asksToWait(error: RemoteError): boolean {
  return error.kind === 'rateLimited' || error.retryAfterMs !== undefined;
}

/** How many tries there are in all when they fail with `error`. */
export function maxAttempts(error: RemoteError, policy: RetryPolicy): number {
  return policy.attempts ?? (asksToWait(error) ? 10 : 5);
}

/**
 * The answer of `operation`, which is called again while it fails with `unavailable`, `rateLimited` or `damaged`. `failed` is what
 * the try before failed with, for operations that have to find out whether it took effect after all. `what` names it in the log.
 * Backends use this for the parts of a long call (the parts of a multipart upload). Throws the last error, or the signal's reason.
 */
export async function withRetries<T>(
  what: string,
  operation: (failed: RemoteError | undefined) => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  manyMayListen(signal);
  let failed: RemoteError | undefined;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      const answer = await operation(failed);
      policy.waits?.requestSucceeded();
      return answer;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof NonRetryableError) throw error.lastError;
      if (!isTransient(error)) throw error;
      const attempts = maxAttempts(error, policy);
      if (attempt >= attempts) throw error;
      failed = error;
      const wait = backoffDelay(error, attempt, policy);
      policy.log.write(
        'info',
        'http',
        `${what}: try ${attempt} of ${attempts} failed (${error.kind}: ${error.message}); again in ${wait} ms`,
      );
      await waitBeforeRetry(error, wait, policy, signal);
    }
  }
}

/** Waits so many milliseconds after `error`, and tells of it when the service asked for that. */
export async function waitBeforeRetry(
  error: RemoteError,
  ms: number,
  { clock, waits }: RetryPolicy,
  signal: AbortSignal,
): Promise<void> {
  const ended = ms >= minReportedWaitMs && asksToWait(error) ? waits?.begin(clock.now() + ms) : undefined;
  try {
    await clock.wait(ms, signal);
  } finally {
    ended?.();
  }
}

/** Carries an error past the retries. */
export class NonRetryableError extends Error {
  readonly lastError: unknown;

  constructor(carried: unknown) {
    super('This failure is not to be retried.');
    this.lastError = carried;
  }
}
