import { availableParallelism } from 'node:os';
import { addAbortListener, removeAbortListener } from '../base/aborts';
import type { CopyFile, Plan, SideName } from '../plan/model/plan';
import type { FileEntry } from '../remote/entry';
import { isRemoteError, type RemoteErrorKind } from '../remote/remoteError';
import type { RunEndpoints } from '../transfer/runAction';
import { type CopyThreads, isShareable, ThreadEnded } from '../transfer/transferSlots';
import type { Host } from '../usecases/host';
import { errorOfMessage, messageOfError } from './errorMessages';
import { stateOf } from './hostAcross';
import { type Handlers, Peer } from './peer';
import type { CopyCalls, CopyProgress, RunCalls } from './protocol';
import { endWorker, type StartedWorker, type StartWorker } from './workerEngine';

/** Small copies that take longer than the start of a thread that shares them. */
const copiesPerThread = 1000;

/** How many threads share the small copies of a run: the setting, or for 0 one less than there are cores, at most four. */
export function threadCount(setting: number, cores = availableParallelism()): number {
  return setting > 0 ? setting : Math.max(1, Math.min(4, cores - 1));
}

/**
 * The `copyThreads` of a host with `transferThreads`.
 * @param start starts a worker that serves copies (`serveCopies`)
 * @param perThread small copies for which one more thread is started
 */
export function copyThreadsOf(
  host: Host,
  start: StartWorker,
  perThread = copiesPerThread,
): NonNullable<Host['copyThreads']> {
  return async (plan, sides, signal) => {
    const others = threadCount(host.transferThreads?.() ?? 1) - 1;
    if (others === 0) return undefined;
    const copies = plan.actions.filter((action) => isShareable(action, sides)).length;
    const count = Math.min(others, Math.floor(copies / perThread));
    return count > 0 ? new SharedCopies(host, start, count, plan, sides, signal) : undefined;
  };
}

interface Thread {
  readonly worker: StartedWorker;
  readonly peer: Peer<RunCalls, CopyCalls>;
  /** The copies that have not ended, by the ids of their actions. */
  readonly copies: Map<string, Pending>;
  /** Copies that the next message brings. */
  next: CopyFile[];
  /** Ends what a service asks to wait. */
  readonly waits: Map<SideName, () => void>;
  isOpen: boolean;
}

interface Pending {
  readonly resolve: (made: FileEntry | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Errors before anything is written that a thread may have alone, or from which the remotes of this thread must learn how the service works.
 * Such a copy is made again here.
 */
const repeatedKinds: readonly RemoteErrorKind[] = [
  'unauthenticated',
  'badSettings',
  'unsupported',
  'isAFolder',
  'notAFolder',
];

/** The copies of one run in this thread and `count` others. A thread that can't start, or ends, leaves its copies to the rest. */
export class SharedCopies implements CopyThreads {
  /** Resolves when each thread is ready or has failed. */
  readonly started: Promise<unknown>;
  private readonly threads = new Set<Thread>();
  /** How many copies this thread makes. */
  private here = 0;

  constructor(
    private readonly host: Host,
    private readonly start: StartWorker,
    count: number,
    private readonly plan: Plan,
    private readonly sides: RunEndpoints,
    private readonly signal: AbortSignal,
  ) {
    addAbortListener(signal, this.cancel);
    this.started = Promise.all(Array.from({ length: count }, () => this.startThread()));
  }

  async share(action: CopyFile, here: () => Promise<FileEntry | undefined>): Promise<FileEntry | undefined> {
    const thread = this.leastBusy();
    if (!thread || thread.copies.size > this.here) return this.copyHere(here);
    try {
      return await this.copyIn(thread, action);
    } catch (error) {
      if (isRemoteError(error, ...repeatedKinds)) return this.copyHere(here);
      throw error;
    }
  }

  async close(): Promise<void> {
    removeAbortListener(this.signal, this.cancel);
    const threads = [...this.threads];
    this.threads.clear();
    await Promise.all(threads.map(({ worker, peer }) => endWorker(worker, peer.call('close', undefined))));
    for (const { waits } of threads) endAll(waits);
  }

  private readonly cancel = () => {
    for (const { peer } of this.threads) peer.tell('cancel', messageOfError(this.signal.reason));
  };

  private leastBusy(): Thread | undefined {
    let found: Thread | undefined;
    for (const thread of this.threads)
      if (thread.isOpen && (!found || thread.copies.size < found.copies.size)) found = thread;
    return found;
  }

  private async copyHere(here: () => Promise<FileEntry | undefined>): Promise<FileEntry | undefined> {
    this.here++;
    try {
      return await here();
    } finally {
      this.here--;
    }
  }

  private copyIn(thread: Thread, action: CopyFile): Promise<FileEntry | undefined> {
    return new Promise((resolve, reject) => {
      thread.copies.set(action.id, { resolve, reject });
      // Copies that begin in one turn of the event loop share a message.
      if (thread.next.push(action) > 1) return;
      setImmediate(() => {
        thread.peer.tell('copy', thread.next);
        thread.next = [];
      });
    });
  }

  /** Never rejects. */
  private async startThread(): Promise<void> {
    const { host, plan, sides } = this;
    const onEnd = (reason: string) => {
      const error = new ThreadEnded(reason);
      thread.peer.fail(error);
      this.drop(thread, error);
    };
    const asks = { asksKeys: host.keys !== undefined, asksToConnect: host.allowConnection !== undefined };
    const data = {
      storageFolder: host.storageFolder,
      lockFolder: undefined,
      state: stateOf(host),
      copies: asks,
    };
    const worker = this.start(data, onEnd);
    const waits = new Map<SideName, () => void>();
    const peer = new Peer<RunCalls, CopyCalls>(
      worker.port,
      this.handlers((progress) => this.progressed(thread, progress)),
    );
    const thread: Thread = { worker, peer, copies: new Map(), next: [], waits, isOpen: false };
    this.threads.add(thread);
    const { source, target } = plan;
    const storageIds = [sides.source, sides.target].map(({ remote }) => remote.capabilities.storageId);
    const { followSymlinks } = plan.options;
    try {
      await peer.call('open', { source, target, followSymlinks, storageIds });
      thread.isOpen = true;
      host.log.write('debug', 'copy', 'One more thread shares the copies.');
    } catch (error) {
      this.drop(thread, error);
      await worker.terminate();
    }
  }

  /** Leaves the copies of a thread that is of no use to the other threads. */
  private drop(thread: Thread, error: unknown): void {
    const { copies, waits } = thread;
    if (!this.threads.delete(thread)) return;
    const { message } = error as Error;
    const text = `A thread that shares the copies is lost (${message}). The others make its copies.`;
    this.host.log.write('warn', 'copy', text);
    for (const { reject } of copies.values()) reject(error);
    copies.clear();
    endAll(waits);
  }

  private handlers(progressed: (progress: CopyProgress) => void): Handlers<RunCalls> {
    const { host } = this;
    return {
      async log(lines) {
        for (const { level, tag, text } of lines) host.log.write(level, tag, text);
      },
      secret: ({ remote, field }) => host.secret(remote, field),
      keys: async ({ remote, unwanted }) => {
        const source = host.keys?.(remote);
        if (!source) throw new Error(`There are no keys for "${remote}".`);
        return source.keys(unwanted);
      },
      mayConnect: async ({ remote, service, isTrusted }) => {
        if (!isTrusted || !host.allowConnection) return isTrusted;
        return host.allowConnection(remote, service).then(
          () => true,
          () => false,
        );
      },
      async copied(progress) {
        progressed(progress);
      },
    };
  }

  private progressed({ copies, waits }: Thread, { ended, refused, waiting }: CopyProgress): void {
    for (const side of ['source', 'target'] as const) {
      const service = this.sides[side].remote.waits;
      for (let n = 0; n < refused[side]; n++) service?.requestRefused();
      const until = waiting[side];
      if (until === undefined) continue;
      waits.get(side)?.();
      waits.delete(side);
      const over = until === null ? undefined : service?.begin(until);
      if (over) waits.set(side, over);
    }
    for (const { id, made, error } of ended) {
      const copy = copies.get(id);
      copies.delete(id);
      if (error) copy?.reject(errorOfMessage(error));
      else copy?.resolve(made);
    }
  }
}

function endAll(waits: ReadonlyMap<SideName, () => void>): void {
  for (const end of waits.values()) end();
}
