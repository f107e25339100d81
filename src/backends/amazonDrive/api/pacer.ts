import type { Clock } from '../../../base/clock';
import { WeightedSemaphore } from '../../../base/semaphore';

/** Waits are split into pieces of this length, in milliseconds, so that a success in the meantime ends them. */
const maxPieceMs = 1000;
/** The maximum delay after failures, and for a `Retry-After`, in milliseconds. */
const maxDelayMs = 256_000;

export interface PacerOptions {
  readonly clock: Clock;
  /** Milliseconds between the starts of two requests. */
  readonly minSleepMs: number;
  /** 0 ≤ x < 1; replaced in tests. Default Math.random. */
  readonly random?: () => number;
}

/** A request that may start. The caller reports its end by one of the two. */
export interface PacedRequest {
  succeeded(): void;
  /** For a transient error. `retryAfterMs` is the delay that the service requests. */
  failed(retryAfterMs?: number): void;
}

/**
 * Delays the requests of one remote (docs/amazon-drive-api.md §6). They start at least `minSleepMs` apart; after n failures in a row a
 * random time of up to 2^(n−1) seconds apart, at most 256 seconds, until one succeeds. A `Retry-After` delays all of them.
 *
 * Retries nothing (see driveRemote.ts). Requests that had started before a failure count as the same failure when they fail too.
 */
export class Pacer {
  private readonly turn = new WeightedSemaphore(1);
  private lastStart = Number.NEGATIVE_INFINITY;
  private delayFrom = Number.NEGATIVE_INFINITY;
  private delayMs: number;
  private heldUntil = Number.NEGATIVE_INFINITY;
  private failures = 0;
  private round = 0;

  constructor(private readonly options: PacerOptions) {
    this.delayMs = options.minSleepMs;
  }

  /** Resolves when the next request may start. Rejects with the signal's reason. */
  async start(signal: AbortSignal): Promise<PacedRequest> {
    const { clock } = this.options;
    const release = await this.turn.acquire(1, signal);
    try {
      // Computed again after each wait: a failure in the meantime makes it longer, a success shorter.
      for (let left = this.timeLeft(); left > 0; left = this.timeLeft())
        await clock.wait(Math.min(left, maxPieceMs), signal);
      this.lastStart = clock.now();
      this.delayFrom = this.lastStart;
    } finally {
      release();
    }
    return this.request(this.round);
  }

  private request(round: number): PacedRequest {
    return {
      succeeded: () => {
        this.failures = 0;
        this.delayMs = this.options.minSleepMs;
      },
      failed: (retryAfterMs) => {
        const now = this.options.clock.now();
        if (retryAfterMs !== undefined)
          this.heldUntil = Math.max(this.heldUntil, now + Math.min(retryAfterMs, maxDelayMs));
        if (round !== this.round) return;
        this.round++;
        this.failures++;
        const max = Math.min(1000 * 2 ** (this.failures - 1), maxDelayMs);
        this.delayMs = Math.max(this.options.minSleepMs, (this.options.random ?? Math.random)() * max);
        this.delayFrom = now;
      },
    };
  }

  private timeLeft(): number {
    const earliest = Math.max(
      this.delayFrom + this.delayMs,
      this.lastStart + this.options.minSleepMs,
      this.heldUntil,
    );
    return Math.ceil(earliest - this.options.clock.now());
  }
}
