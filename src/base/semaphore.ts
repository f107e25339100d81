import { addAbortListener, removeAbortListener } from './aborts';

interface Waiter {
  readonly weight: number;
  readonly start: () => void;
}

/** A semaphore with weights, first come first served. An aborted waiter leaves the queue at once. */
export class WeightedSemaphore {
  private readonly size: number;
  private free: number;
  private readonly queue: Waiter[] = [];
  private readonly idle: (() => void)[] = [];

  /** `size` is the total weight that may be held at once; at least 1. */
  constructor(size: number) {
    this.size = Math.max(1, size);
    this.free = this.size;
  }

  /**
   * Waits until `weight`, limited to the semaphore's size, is free, and takes it. Returns a function that releases it; a second call
   * has no effect. Rejects with the signal's reason when aborted.
   */
  async acquire(weight: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const taken = Math.min(Math.max(1, weight), this.size);
    if (this.queue.length === 0 && this.free >= taken) this.free -= taken;
    else await this.wait(taken, signal);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.free += taken;
      this.startWaiters();
    };
  }

  /** Resolves when nothing is held and nothing waits. */
  async onIdle(): Promise<void> {
    if (this.free < this.size || this.queue.length > 0)
      await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private wait(weight: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.queue.splice(this.queue.indexOf(waiter), 1);
        reject(signal.reason);
        this.startWaiters();
      };
      const start = () => {
        removeAbortListener(signal, onAbort);
        resolve();
      };
      const waiter: Waiter = { weight, start };
      addAbortListener(signal, onAbort);
      this.queue.push(waiter);
    });
  }

  private startWaiters(): void {
    for (let first = this.queue[0]; first && this.free >= first.weight; first = this.queue[0]) {
      this.queue.shift();
      this.free -= first.weight;
      first.start();
    }
    if (this.free === this.size && this.queue.length === 0)
      for (const resolve of this.idle.splice(0)) resolve();
  }
}

/**
 * Runs `run` for each item, as many at once as `slots` allows, in the order of the items; an item is taken only when there is a slot for
 * it. Resolves when all started items have ended. After an abort or once `stop` returns true no further item starts, without an error.
 * `run` must not reject.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  slots: WeightedSemaphore,
  weightOf: (item: T) => number,
  run: (item: T) => Promise<void>,
  signal: AbortSignal,
  stop: () => boolean = () => false,
): Promise<void> {
  for (const item of items) {
    if (signal.aborted || stop()) break;
    // Only an abort rejects.
    const release = await slots.acquire(weightOf(item), signal).catch(() => undefined);
    if (!release) break;
    if (stop()) {
      release();
      break;
    }
    void run(item).finally(release);
  }
  await slots.onIdle();
}
