/** A call of this many milliseconds is slow. */
const slowMs = 1;

/** When the disk counts as slow. */
interface Patience {
  /** This many slow calls in a row are no accident of scheduling. */
  readonly inARow: number;
  /** One call of this many milliseconds is enough. */
  readonly atOnceMs: number;
}

/** All calls then use the pool for this many milliseconds. */
const poolOnlyMs = 2000;

const impatient: Patience = { inARow: 3, atOnceMs: 20 };

/**
 * Decides whether a file system call runs synchronously in this thread or in Node's thread pool. Calls on an open or cached file take
 * microseconds; the hand-over to the pool costs ten to fifty times as much, which is most of the time of writing a small file. On a
 * slow disk (a network's, say) all calls use the pool, so that the thread is not blocked; a few calls every two seconds test the disk.
 */
export class AdaptiveFsCalls {
  private slow = 0;
  private poolOnlyUntil = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds. */
  constructor(
    private readonly patience: Patience = impatient,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The result of `direct`, or of `inPool` while the disk is slow; both must do the same. */
  async call<T>(direct: () => T, inPool: () => Promise<T>): Promise<T> {
    return this.isSlow ? inPool() : this.measure(direct);
  }

  /** Whether calls use the pool for now. */
  get isSlow(): boolean {
    return this.now() < this.poolOnlyUntil;
  }

  /** The result of `direct`, which makes about `calls` calls. Their mean time decides about later calls. */
  measure<T>(direct: () => T, calls = 1): T {
    const start = this.now();
    try {
      return direct();
    } finally {
      this.record((this.now() - start) / calls);
    }
  }

  private record(ms: number): void {
    this.slow = ms < slowMs ? 0 : this.slow + 1;
    if (ms < this.patience.atOnceMs && this.slow < this.patience.inARow) return;
    this.slow = 0;
    this.poolOnlyUntil = this.now() + poolOnlyMs;
  }
}

/** Shared by all disks: while one is slow, the pool serves the others well enough. */
export const directCalls = new AdaptiveFsCalls();

/** For a thread that may wait, where the pool only helps a disk that is always slow: on a busy machine many single calls are. */
export const waitingCalls = new AdaptiveFsCalls({ inARow: 16, atOnceMs: Number.POSITIVE_INFINITY });
