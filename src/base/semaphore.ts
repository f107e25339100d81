import { forgetAbort, hearAbort } from './aborts';

/**
 * Limited parallelism by weight, first come first served. Whoever waits leaves the queue at once when aborted.
 */
export class WeightedSemaphore {
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
  async acquire(weight: number, signal: AbortSignal): Promise<() => void> {
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
  async onIdle(): Promise<void> {
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
          forgetAbort(signal, onAbort);
          resolve();
        },
      };
      hearAbort(signal, onAbort);
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

/**
 * Runs `run` for each item, several at once as `slots` allow, starting them in order and none before there is a place for it. Resolves
 * when all have ended. No more are started once `signal` is aborted or `stop` says so; items not started are left out silently, so the
 * caller counts. `run` must not reject: what becomes of an item is its caller's to keep.
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
    // Only an abort ends the waiting.
    const give = await slots.acquire(weightOf(item), signal).catch(() => undefined);
    if (!give) break;
    if (stop()) {
      give();
      break;
    }
    void run(item).finally(give);
  }
  await slots.onIdle();
}

interface Waiting {
  readonly wanted: number;
  readonly go: () => void;
}

/** Milliseconds that a piece of work may go on while others wait: what is asked of the editor meanwhile is not to stutter. */
const longestTurnMs = 20;

/** Steps of a piece of work after which it may pause, and its outcome. */
export type Steps<T> = Generator<unknown, T, void>;

/** Does the work, and lets others have a turn whenever it has gone on for 20 ms. Rejects with what the work throws. */
export async function inTurns<T>(
  work: Steps<T>,
  pause: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve)),
  now: () => number = () => performance.now(),
): Promise<T> {
  let began = now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (now() - began < longestTurnMs) continue;
    await pause();
    began = now();
  }
}
