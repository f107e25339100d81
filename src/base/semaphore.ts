import { addAbortListener, removeAbortListener } from './aborts';

interface Waiter {
  readonly weight: number;
  readonly start: (taken: number) => void;
}

/** A semaphore with weights, first come first served. An aborted waiter leaves the queue at once. */
export class WeightedSemaphore {
  private size: number;
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
    const wanted = Math.max(1, weight);
    let taken = Math.min(wanted, this.size);
    if (this.queue.length === 0 && this.free >= taken) this.free -= taken;
    else taken = await this.wait(wanted, signal);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.free += taken;
      this.startWaiters();
    };
  }

  /** Changes the total weight. Until enough is released, more than the new size may be held. */
  resize(size: number): void {
    const now = Math.max(1, size);
    if (now === this.size) return;
    this.free += now - this.size;
    this.size = now;
    this.startWaiters();
  }

  /** Resolves when nothing is held and nothing waits. */
  async onIdle(): Promise<void> {
    if (this.free < this.size || this.queue.length > 0)
      await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** Resolves to the weight that was taken. */
  private wait(weight: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.queue.splice(this.queue.indexOf(waiter), 1);
        reject(signal.reason);
        this.startWaiters();
      };
      const start = (taken: number) => {
        removeAbortListener(signal, onAbort);
        resolve(taken);
      };
      const waiter: Waiter = { weight, start };
      addAbortListener(signal, onAbort);
      this.queue.push(waiter);
    });
  }

  private startWaiters(): void {
    for (let [first] = this.queue; first; [first] = this.queue) {
      const taken = Math.min(first.weight, this.size);
      if (this.free < taken) break;
      this.queue.shift();
      this.free -= taken;
      first.start(taken);
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

/**
 * Calls `work` for 0…count−1, at most `concurrency` at once, and returns the results in order. After a failure no further call starts,
 * running calls are stopped and awaited, and the first error is thrown; or the signal's reason.
 */
export async function mapConcurrent<T>(
  count: number,
  concurrency: number,
  signal: AbortSignal,
  work: (index: number, stop: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const results: T[] = [];
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    while (next < count && !stop.aborted) {
      const index = next++;
      try {
        results[index] = await work(index, stop);
      } catch (error) {
        failure ??= { error };
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  signal.throwIfAborted();
  if (failure) throw failure.error;
  return results;
}
