import type { Clock } from '../../../base/clock';
import { WeightedSemaphore } from '../../../base/semaphore';

/** A longer wait is cut in pieces of this, in milliseconds, so that a success meanwhile ends it. */
const pieceMs = 1000;
/** The longest wait after failures, and for what a `Retry-After` asks, in milliseconds. */
const maxDelayMs = 256_000;

export interface PacerOptions {
  readonly clock: Clock;
  /** Milliseconds between the starts of two requests. */
  readonly minSleepMs: number;
  /** 0 ≤ x < 1; a port so that tests can set it. */
  readonly random?: () => number;
}

/** A request that was let go; one of the two is to be told when it ended. */
export interface PacedRequest {
  succeeded(): void;
  /** It failed in a way that passes. `retryAfterMs` is what the service asked to wait. */
  failed(retryAfterMs?: number): void;
}

/**
 * Lets the requests of one remote start one after the other (API page §6.4): at rest `minSleepMs` apart, after n failures in a row a fully
 * random time of up to 2^(n−1) seconds apart, 256 at most, until one succeeds. A `Retry-After` holds back all of them.
 *
 * It only says when; whether a failed request is sent again is decided elsewhere (see driveRemote.ts). Failures of requests that were already
 * under way when the first of them failed are one failure: they tell nothing new.
 */
export class Pacer {
  private readonly door = new WeightedSemaphore(1);
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
    const leave = await this.door.acquire(1, signal);
    try {
      // Looked at again after each wait: a failure meanwhile makes it longer, a success shorter.
      for (let left = this.timeLeft(); left > 0; left = this.timeLeft())
        await clock.wait(Math.min(left, pieceMs), signal);
      this.lastStart = clock.now();
      this.delayFrom = this.lastStart;
    } finally {
      leave();
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
        const most = Math.min(1000 * 2 ** (this.failures - 1), maxDelayMs);
        this.delayMs = Math.max(this.options.minSleepMs, (this.options.random ?? Math.random)() * most);
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
