import type { Clock } from '../base/clock';
import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
import type { Action, CopyFile } from '../plan/model/plan';
import type { FileEntry } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { AdaptiveLimit } from './adaptiveLimit';
import { isCopiedInMemory } from './copyFile';
import type { RunEndpoints } from './runAction';

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

/** Threads beside this one for the small copies of a run. Each has remotes of its own for both sides. */
export interface CopyThreads {
  /**
   * Makes the copy in the least busy thread; if that is this one, by `here`. Rejects as `here` does, and with ThreadEnded when a thread ended
   * before it could say whether the copy is made.
   */
  share(action: CopyFile, here: () => Promise<FileEntry | undefined>): Promise<FileEntry | undefined>;
  /** Ends the threads, once all copies have ended. Never rejects. */
  close(): Promise<void>;
}

export class ThreadEnded extends Error {}

/** Whether any thread may do the action: the copy of a small file, between storages for many clients, that needs no other step. */
export function isShareable(action: Action, { source, target, backup }: RunEndpoints): action is CopyFile {
  return (
    action.kind === 'copyFile' &&
    !action.removesSource &&
    !(backup && action.before) &&
    isCopiedInMemory(source.remote, action.source.size) &&
    source.remote.capabilities.manyClients === true &&
    target.remote.capabilities.manyClients === true
  );
}

/** Bytes of content that an action sends through this process, for its weight; the larger of two transfers. */
export function transferredBytes(action: Action, { target, backup }: RunEndpoints): number {
  switch (action.kind) {
    case 'copyFile':
      return Math.max(action.source.size, backup && action.before ? action.before.size : 0);
    case 'deleteFile':
      return backup && backup.remote !== target.remote ? action.before.size : 0;
    case 'setTime':
      return target.remote.setModifiedTime ? 0 : action.source.size;
    default:
      return 0;
  }
}
