import { WeightedSemaphore } from '../base/semaphore';

/** Milliseconds after which unused buffers are dropped. */
const idleMs = 2000;

/**
 * Large buffers for content in transit, at most `maxBytes` at once, one after the other for many uses: new memory costs more processor time than
 * the reading that fills it. A larger buffer is lent too, while no other is.
 */
export class BufferPool {
  private readonly budget: WeightedSemaphore;
  private free: Buffer[] = [];
  private bytes = 0;
  private idle: NodeJS.Timeout | undefined;

  constructor(private readonly maxBytes: number) {
    this.budget = new WeightedSemaphore(maxBytes);
  }

  /**
   * Waits for `length` bytes, first come first served, and lends a buffer until `work` ends. Once `work` has rejected, something may still write
   * to the buffer, so nobody else gets it. Rejects with the signal's reason while it waits.
   */
  async lend<T>(length: number, signal: AbortSignal, work: (buffer: Buffer) => Promise<T>): Promise<T> {
    const release = await this.budget.acquire(length, signal);
    const buffer = this.take(length);
    try {
      const result = await work(buffer.subarray(0, length));
      this.keep(buffer);
      return result;
    } catch (error) {
      this.bytes -= buffer.length;
      throw error;
    } finally {
      release();
    }
  }

  private take(length: number): Buffer {
    clearTimeout(this.idle);
    const at = this.free.findLastIndex((buffer) => buffer.length >= length && buffer.length <= 2 * length);
    const [found] = at < 0 ? [] : this.free.splice(at, 1);
    if (found) return found;
    while (this.free.length > 0 && this.bytes + length > this.maxBytes) this.drop();
    this.bytes += length;
    return Buffer.allocUnsafeSlow(length);
  }

  private keep(buffer: Buffer): void {
    this.free.push(buffer);
    while (this.free.length > 0 && this.bytes > this.maxBytes) this.drop();
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      while (this.free.length > 0) this.drop();
    }, idleMs);
    this.idle.unref();
  }

  private drop(): void {
    this.bytes -= this.free.shift()?.length ?? 0;
  }
}

/** For all transfers of this thread together. */
export const transferBuffers = new BufferPool(64 * 1024 * 1024);
