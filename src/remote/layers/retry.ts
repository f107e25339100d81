import { allowManyListeners } from '../../base/aborts';
import type { Clock } from '../../base/clock';
import type { Log } from '../../base/log';
import { isRemoteError, type RemoteError } from '../remoteError';
import { minReportedWaitMs, type ServiceWaits } from '../serviceWaits';

/** How many attempts are made, and the delays between them. */
export interface RetryPolicy {
  readonly clock: Clock;
  readonly log: Log;
  /** Maximum attempts, the first included. Default 5; 10 where the service asks to wait, as in rclone. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt; doubled each time. Default 200. */
  readonly initialDelayMs?: number;
  /** Maximum delay in milliseconds, unless the service asks for more. Default 20,000. */
  readonly maxDelayMs?: number;
  /** 0 ≤ x < 1; replaced in tests. Default Math.random. */
  readonly random?: () => number;
  /** Receives the waits that a service asks for, unless they are short. */
  readonly waits?: ServiceWaits | undefined;
}

/** Whether a retry may help: the service or the network failed, not the request. */
export function isTransient(error: unknown): error is RemoteError {
  return isRemoteError(error, 'unavailable', 'rateLimited', 'corrupted');
}

/** Whether the request may have taken effect although it failed, because only its response was lost. */
export function mayHaveSucceeded(error: unknown): boolean {
  return isRemoteError(error, 'unavailable', 'corrupted');
}

/**
 * Milliseconds to wait after the `failures`-th consecutive failure: exponential, with up to half removed at random so that clients
 * don't retry in step, and at least as long as the service asks for.
 */
export function backoffDelay(error: RemoteError, failures: number, policy: RetryPolicy): number {
  const full = Math.min(policy.maxDelayMs ?? 20_000, (policy.initialDelayMs ?? 200) * 2 ** (failures - 1));
  const jittered = full * (0.5 + 0.5 * (policy.random ?? Math.random)());
  return Math.round(Math.max(jittered, Math.min(error.retryAfterMs ?? 0, maxRequestedDelayMs)));
}

/** The longest wait that a service can request, in milliseconds, as in rclone. */
const maxRequestedDelayMs = 256_000;

/** Whether the service asks to wait. */
function asksToWait(error: RemoteError): boolean {
  return error.kind === 'rateLimited' || error.retryAfterMs !== undefined;
}

/** The maximum number of attempts when they fail with `error`. */
export function maxAttempts(error: RemoteError, policy: RetryPolicy): number {
  return policy.attempts ?? (asksToWait(error) ? 10 : 5);
}

/**
 * The result of `operation`, which is repeated while it fails with a transient error. `failed` is the error of the previous attempt,
 * for operations that check whether it took effect. `what` names the operation in the log. Backends use this for the parts of a
 * long call (multipart uploads). Throws the last error, or the signal's reason.
 */
export async function withRetries<T>(
  what: string | (() => string),
  operation: (failed: RemoteError | undefined) => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  allowManyListeners(signal);
  let failed: RemoteError | undefined;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      const result = await operation(failed);
      policy.waits?.requestSucceeded();
      return result;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof NonRetryableError) throw error.lastError;
      if (!isTransient(error)) throw error;
      const attempts = maxAttempts(error, policy);
      if (attempt >= attempts) throw error;
      failed = error;
      const wait = backoffDelay(error, attempt, policy);
      const failure = `${typeof what === 'string' ? what : what()}: try ${attempt} of ${attempts} failed (${error.kind}: ${error.message})`;
      policy.log.write('info', 'http', `${failure}; again in ${wait} ms`);
      await waitBeforeRetry(error, wait, policy, signal);
    }
  }
}

/** Waits `ms` milliseconds after `error`, and reports the wait if the service asked for it. */
export async function waitBeforeRetry(
  error: RemoteError,
  ms: number,
  { clock, waits }: RetryPolicy,
  signal: AbortSignal,
): Promise<void> {
  if (error.kind !== 'corrupted') waits?.requestRefused();
  const ended = ms >= minReportedWaitMs && asksToWait(error) ? waits?.begin(clock.now() + ms) : undefined;
  try {
    await clock.wait(ms, signal);
  } finally {
    ended?.();
  }
}

/** Wraps an error that must not be retried. */
export class NonRetryableError extends Error {
  constructor(readonly lastError: unknown) {
    super('This error is not retried.');
  }
}
