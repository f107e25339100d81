/** A call that takes so many milliseconds is slow; that many slow ones in a row are no accident of scheduling. */
const slowMs = 1;
const maxConsecutiveSlow = 3;
/** One call that takes so long is enough. */
const verySlowMs = 20;
/** For so long after that no call is made directly. */
const poolOnlyMs = 2000;

/**
 * Decides whether a call of the file system is made directly, in this thread, or handed to Node's pool of threads. What is asked of an
 * open file, or of a name just looked at, is answered from memory within microseconds; the hand-over costs ten to fifty times
 * that, which is most of the work of writing a small file. On a disk that is slow to answer (a network's, say) the pool
 * takes all calls, so that nobody else waits for the disk: at most a few calls every two seconds find out whether it still is.
 */
export class AdaptiveFsCalls {
  private readonly now: () => number;
  private slow = 0;
  private poolOnlyUntil = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** The answer of `direct`, or of `inPool` while the disk is slow; both must do the same. */
  async call<T>(direct: () => T, inPool: () => Promise<T>): Promise<T> {
    const start = this.now();
    if (start < this.poolOnlyUntil) return inPool();
    try {
      return direct();
    } finally {
      this.record(this.now() - start);
    }
  }

  private record(ms: number): void {
    this.slow = ms < slowMs ? 0 : this.slow + 1;
    if (ms < verySlowMs && this.slow < maxConsecutiveSlow) return;
    this.slow = 0;
    this.poolOnlyUntil = this.now() + poolOnlyMs;
  }
}

/** Of all disks: while one is slow, the pool serves the others well too. */
export const directCalls = new AdaptiveFsCalls();
