import { allowManyListeners } from './aborts';
import { WeightedSemaphore } from './semaphore';

interface BatchMapping<In, Out> {
  /** The result where it needs no request, else undefined. Called in order, so most items cost no promise. */
  readonly immediate: (item: In) => Out | undefined;
  /** The result of an item without an immediate one. A rejection ends the whole stream. */
  readonly fetch: (item: In, signal: AbortSignal) => Promise<Out>;
  /** Calls of `fetch` that run at once, over all batches. */
  readonly concurrency: number;
}

/** Batches that may wait for a fetched result of an earlier batch. */
const maxPendingBatches = 64;

/**
 * Maps a stream of batches. Batches and items keep their order; a batch is yielded as soon as its results and those of all earlier batches
 * are there, even while the next input batch is awaited. Rejects with the first failure of `fetch` or of the input, or with the reason of
 * `signal`. On every end, running fetches are aborted and awaited.
 */
export async function* orderedBatchMap<In, Out>(
  batches: AsyncIterable<readonly In[]>,
  { immediate, fetch, concurrency }: BatchMapping<In, Out>,
  signal: AbortSignal,
): AsyncGenerator<readonly Out[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  allowManyListeners(either);
  const slots = new WeightedSemaphore(concurrency);
  const failures: unknown[] = [];

  async function fetchOne(item: In, release: () => void): Promise<Out> {
    try {
      return await fetch(item, either);
    } catch (error) {
      failures.push(error);
      throw error;
    } finally {
      release();
    }
  }

  async function start(items: readonly In[]): Promise<PendingBatch<Out>> {
    const batch = new PendingBatch<Out>(items.length);
    // An index loop, because iterators of entries cost a third more on hundreds of thousands of items.
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as In;
      const result = immediate(item);
      if (result !== undefined) {
        batch.results[i] = result;
        continue;
      }
      const release = await slots.acquire(1, either);
      if (failures.length > 0) {
        release();
        throw failures[0];
      }
      batch.add(i, fetchOne(item, release));
    }
    return batch;
  }

  const pending: PendingBatch<Out>[] = [];
  const iterator = batches[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<readonly In[]>> | undefined;
  try {
    for (;;) {
      let [head] = pending;
      while (head && (head.isComplete || pending.length > maxPendingBatches)) {
        pending.shift();
        yield await head.complete();
        [head] = pending;
      }
      next ??= handledLater(iterator.next());
      const result = await (head ? Promise.race([next, head.complete().then(() => undefined)]) : next);
      // The first pending batch is complete before the next input arrived.
      if (!result) continue;
      if (result.done) break;
      next = undefined;
      pending.push(await start(result.value));
    }
    for (const batch of pending) yield await batch.complete();
  } finally {
    stop.abort(new Error('No more results are needed.'));
    // Not awaited: the caller's signal ends a running request.
    iterator.return?.()?.catch(() => {});
    await slots.onIdle();
  }
}

class PendingBatch<Out> {
  readonly results: Out[];
  private readonly fetches: Promise<void>[] = [];
  private open = 0;

  constructor(length: number) {
    this.results = new Array<Out>(length);
  }

  get isComplete(): boolean {
    return this.open === 0;
  }

  add(index: number, fetched: Promise<Out>): void {
    this.open++;
    const stored = fetched.then((result) => {
      this.results[index] = result;
      this.open--;
    });
    this.fetches.push(handledLater(stored));
  }

  async complete(): Promise<readonly Out[]> {
    if (this.fetches.length > 0) await Promise.all(this.fetches);
    return this.results;
  }
}

/** Keeps a rejection from counting as unhandled until the promise is awaited. */
function handledLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
