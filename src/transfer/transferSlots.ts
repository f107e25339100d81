import type { Clock } from '../base/clock';
import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
import type { Remote } from '../remote/remote';
import { AdaptiveLimit } from './adaptiveLimit';

/** Maximum number of concurrent files where the user names none. */
export const defaultTransfers = 64;

/** From this size on, in bytes, a few concurrent files use the whole bandwidth and the memory for content in transit. */
export const largeBytes = 8 * 1024 * 1024;
const maxLargeFiles = 4;

/** The limits that earlier transfers found, by the service. */
const learnt = new Map<string, number>();

/**
 * How many files are in transit at once. Large files have a few places of their own, so that small ones fill the gaps that they leave; the
 * number of small files adapts to the service.
 */
export class TransferSlots {
  private readonly limit: AdaptiveLimit;
  private readonly all: WeightedSemaphore;
  private readonly large: WeightedSemaphore;
  private readonly service: string;
  private readonly stopListening: readonly (() => void)[];

  /** At most `max` files at once. `remotes` are those that the files go from and to. Call `close` at the end. */
  constructor(max: number, clock: Pick<Clock, 'now'>, remotes: readonly Remote[]) {
    const services = [...new Set(remotes)].filter(({ capabilities }) => !capabilities.isLocalDisk);
    this.service = services.flatMap(({ capabilities }) => capabilities.storageId ?? []).join(' ');
    this.limit = new AdaptiveLimit(clock, max, learnt.get(this.service));
    this.all = new WeightedSemaphore(this.limit.current);
    this.large = new WeightedSemaphore(Math.min(maxLargeFiles, max));
    const onRefusal = () => {
      this.limit.refused();
      this.all.resize(this.limit.current);
    };
    this.stopListening = services.flatMap(({ waits }) => waits?.listenToRefusals(onRefusal) ?? []);
  }

  /**
   * Runs `run`, which must not reject, for each item: large items in their order, and beside them small items in theirs. Ends as
   * `forEachConcurrent`.
   */
  async forEach<T>(
    items: readonly T[],
    bytesOf: (item: T) => number,
    run: (item: T) => Promise<void>,
    signal: AbortSignal,
    stop: () => boolean,
  ): Promise<void> {
    const isLarge = (item: T) => bytesOf(item) >= largeBytes;
    const runSmall = async (item: T) => {
      await run(item);
      this.limit.ended(bytesOf(item));
      this.all.resize(this.limit.current);
    };
    const runLarge = async (item: T) => {
      const release = await this.all.acquire(1, signal).catch(() => undefined);
      if (!release) return;
      if (!stop()) await run(item);
      release();
    };
    const small = items.filter((item) => !isLarge(item));
    const large = items.filter(isLarge);
    await Promise.all([
      forEachConcurrent(large, this.large, () => 1, runLarge, signal, stop),
      forEachConcurrent(small, this.all, () => 1, runSmall, signal, stop),
    ]);
  }

  close(): void {
    for (const stop of this.stopListening) stop();
    if (this.service !== '') learnt.set(this.service, this.limit.current);
  }
}
