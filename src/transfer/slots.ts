/**
 * Limited parallelism by weight, first come first served. Whoever waits leaves the queue at once when aborted.
 */
export class Slots {
  private readonly size: number;
  private free: number;
  private readonly queue: Waiting[] = [];
  private readonly idle: (() => void)[] = [];

  /** `size` is how much weight may be taken at once; at least 1. */
  constructor(size: number) {
    this.size = Math.max(1, size);
    this.free = this.size;
  }

  /**
   * Waits for `weight` (no more than there is in all is ever taken). The answer gives it back, once. Rejects with the
   * signal's reason when aborted, and then holds nothing.
   */
  async take(weight: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const wanted = Math.min(Math.max(1, weight), this.size);
    if (this.queue.length === 0 && this.free >= wanted) this.free -= wanted;
    else await this.wait(wanted, signal);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.free += wanted;
      this.serve();
    };
  }

  /** Resolves when nothing is taken and nobody waits. */
  async allGiven(): Promise<void> {
    if (this.free < this.size || this.queue.length > 0)
      await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private wait(wanted: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(signal.reason);
        this.serve();
      };
      const waiting: Waiting = {
        wanted,
        go: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.queue.push(waiting);
    });
  }

  private serve(): void {
    for (let first = this.queue[0]; first && this.free >= first.wanted; first = this.queue[0]) {
      this.queue.shift();
      this.free -= first.wanted;
      first.go();
    }
    if (this.free === this.size && this.queue.length === 0)
      for (const resolve of this.idle.splice(0)) resolve();
  }
}

interface Waiting {
  readonly wanted: number;
  readonly go: () => void;
}
