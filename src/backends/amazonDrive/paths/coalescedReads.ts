import { addAbortListener, removeAbortListener } from '../../../base/aborts';

/** A read that has not begun, and the callers that wait for it. */
interface PendingRead<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiters: number;
}

/**
 * Reads that callers share. A call never gets the result of a read that began before the call: a state from before an upload proves
 * nothing about the moment after it. One read of a key runs at a time, and all calls in the meantime share the next one.
 */
export class CoalescedReads<T> {
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly pending = new Map<string, PendingRead<T>>();

  /** `gather` is awaited before a read begins, so that more calls may share the read. It must not reject. */
  constructor(
    private readonly read: (key: string, signal: AbortSignal) => Promise<T>,
    private readonly gather: () => Promise<void>,
  ) {}

  /** Throws the error of the read, or the reason of `signal`. The read continues while any other caller waits for it. */
  async get(key: string, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    let pending = this.pending.get(key);
    if (!pending) {
      const stop = new AbortController();
      pending = { result: this.begin(key, stop.signal), stop, waiters: 0 };
      this.pending.set(key, pending);
    }
    pending.waiters++;
    let leave = () => {};
    try {
      return await Promise.race([
        pending.result,
        new Promise<never>((_resolve, reject) => {
          leave = () => reject(signal.reason);
          addAbortListener(signal, leave);
        }),
      ]);
    } finally {
      removeAbortListener(signal, leave);
      if (--pending.waiters === 0) pending.stop.abort();
    }
  }

  private async begin(key: string, signal: AbortSignal): Promise<T> {
    await this.running.get(key)?.catch(() => {});
    await this.gather();
    this.pending.delete(key);
    const result = this.read(key, signal);
    this.running.set(key, result);
    try {
      return await result;
    } finally {
      if (this.running.get(key) === result) this.running.delete(key);
    }
  }
}
