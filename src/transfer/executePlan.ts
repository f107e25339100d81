import { setMaxListeners } from 'node:events';
import type { Clock } from '../base/clock';
import { deepestFirst } from '../base/groupBy';
import type { Log } from '../base/log';
import { runInTimeSlices } from '../base/timeSlices';
import { firstProblem } from '../plan/build/planInvariants';
import { type Action, type DeleteFile, type Plan, placeText, type RemoveFolder } from '../plan/model/plan';
import { wantsDeletes } from '../plan/model/planOptions';
import type { Endpoint } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { ancestorsOf, joinPath, type RemotePath } from '../remote/remotePath';
import { findBlockedCopies } from './blockedCopies';
import { CircuitBreaker } from './circuitBreaker';
import { deleteInFolder, partitionDeletes } from './deleteBatches';
import { findEarlierResult } from './earlierAttempt';
import type { Journal } from './journal/journal';
import { type ActionRun, asChangedIfGone, type RunEndpoints, runAction } from './runAction';
import { RunLedger } from './runLedger';
import { type RunObserver, type RunReport, silentObserver } from './runReport';
import { SourceRecheck } from './sourceRecheck';
import {
  type CopyThreads,
  defaultTransfers,
  isShareable,
  largeBytes,
  ThreadEnded,
  TransferSlots,
  transferredBytes,
} from './transferSlots';

export interface ExecuteOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly observer?: RunObserver;
  /** Maximum number of concurrent files; default `defaultTransfers`. See TransferSlots. */
  readonly transfers?: number;
  readonly journal?: Journal;
  /** Other threads for small copies; absent = this thread makes all copies. */
  readonly threads?: CopyThreads | undefined;
  /** The plan's `backup`, opened; required where the backup is a folder of this machine. */
  readonly backup?: Endpoint | undefined;
  /** Called before each action: why the run must end, as a sentence. Never rejects. */
  readonly reasonToStop?: () => Promise<string | undefined>;
}

/** A service counts as down after twice this many consecutive failures at most. */
const maxOutages = 16;

/** Copies of more bytes record their progress, so that they can be continued. */
const resumableBytes = 8 * 1024 * 1024;

/** Deletes in one folder that make its listing cheaper than two requests for each file, and the part of all listed files that they must be. */
const batchThreshold = 50;
const batchShare = 1 / 1000;

/**
 * Executes a plan and reports the outcome of each action, also when the run is aborted or every action fails. Copies run
 * concurrently, large and small ones started in the plan's order each. `options.deletes` decides when deletes run:
 * - `after` (the safe way): after all copies, and only if every copy and every listing was complete (sync-semantics R20, R21, H26);
 * - `before`: before all copies, whatever the outcome of each delete;
 * - `during`: among the copies, in the plan's order (A26).
 *
 * Invariants:
 * 1. Deletes that make room for a copy (`DeleteFile.makesRoomFor`) run before all copies, if every listing was complete.
 * 2. Emptied folders of the target are removed last, only while they are empty, and never when deletes were withheld.
 * 3. Source files that are removed because the target already has them go after all copies; a moved file's source goes after its copy.
 * 4. With a backup, an overwritten or deleted file is in the backup before it is overwritten or deleted (R23).
 *
 * Throws a plain Error, before any change, for a plan that breaks its invariants, whose backup isn't open, or that is a check.
 */
export async function executePlan(
  plan: Plan,
  source: Endpoint,
  target: Endpoint,
  options: ExecuteOptions,
  signal: AbortSignal,
): Promise<RunReport> {
  if (plan.options.verb === 'check') throw new Error("A check can't be run: it only compares.");
  const problem = await runInTimeSlices(firstProblem(plan));
  if (problem !== undefined) throw new Error(`This plan can't be run. ${problem}`);
  const backup = openedBackup(plan, target, options);
  return new Run(plan, { source, target, backup }, options, signal).execute();
}

function openedBackup(plan: Plan, target: Endpoint, { backup }: ExecuteOptions): Endpoint | undefined {
  if (plan.backup === undefined) return undefined;
  if (backup) return backup;
  const { kind } = plan.backup;
  const isOnTarget =
    kind === 'remote' && plan.target.kind === 'remote' && plan.backup.remote === plan.target.remote;
  if (!isOnTarget)
    throw new Error(`This plan can't be run: its backup ${placeText(plan.backup)} is not open.`);
  return { remote: target.remote, root: plan.backup.path };
}

class Run {
  private readonly slots: TransferSlots;
  private readonly breaker: CircuitBreaker;
  private readonly ledger: RunLedger;
  private readonly sourceRecheck: SourceRecheck;

  constructor(
    private readonly plan: Plan,
    private readonly sides: RunEndpoints,
    private readonly options: ExecuteOptions,
    private readonly signal: AbortSignal,
  ) {
    const { clock, log, journal, observer = silentObserver } = options;
    const transfers = Math.max(1, options.transfers ?? defaultTransfers);
    const used = [sides.source, sides.target, ...(sides.backup ? [sides.backup] : [])];
    this.slots = new TransferSlots(
      transfers,
      clock,
      used.map(({ remote }) => remote),
    );
    this.breaker = new CircuitBreaker(2 * Math.min(transfers, maxOutages));
    this.ledger = new RunLedger(plan, this.breaker, observer, journal, log, signal);
    this.sourceRecheck = new SourceRecheck(sides.source, sides.target, plan, clock);
    // Every running transfer listens to the signal.
    setMaxListeners(0, signal);
  }

  async execute(): Promise<RunReport> {
    const { clock } = this.options;
    const startedAt = clock.now();
    const withheld = await this.runPhases().finally(() => this.slots.close());
    return this.ledger.report(startedAt, clock.now(), this.sides.backup !== undefined, withheld);
  }

  /** Runs all actions in the order of the options. Returns why deletes were withheld, if they were. */
  private async runPhases(): Promise<string | undefined> {
    const { actions, options } = this.plan;
    const sourceRemovals = actions.filter(({ kind }) => kind === 'removeSource');
    const folders = actions.filter((action) => action.kind === 'removeFolder');
    const rest = actions.filter(
      (action) => action.kind !== 'removeSource' && action.kind !== 'removeFolder' && !makesRoom(action),
    );
    const copies = rest.filter(({ kind }) => kind !== 'deleteFile');
    const deletes = rest.filter((action) => action.kind === 'deleteFile');
    let withheld = await this.makeRoom(actions);
    switch (options.deletes) {
      case 'before':
        withheld ??= await this.reasonInSource(deletes.length);
        if (withheld === undefined) await this.runDeletes(deletes);
        await this.runAll(copies);
        break;
      case 'during':
        withheld ??= await this.reasonInSource(deletes.length);
        await this.runAll(withheld === undefined ? rest : copies);
        break;
      default: {
        await this.runAll(copies);
        const left = withheld === undefined ? await this.makeRoomLate(copies, deletes) : deletes;
        withheld ??= this.reasonToWithholdDeletes(left.length) ?? (await this.reasonInSource(left.length));
        if (withheld === undefined) await this.runDeletes(left);
      }
    }
    await this.runAll(sourceRemovals);
    if (withheld === undefined) await this.removeFolders(folders);
    return withheld;
  }

  /** Without room, the copies fail by themselves. */
  private async makeRoom(actions: readonly Action[]): Promise<string | undefined> {
    const deletes = actions.filter((action) => action.kind === 'deleteFile');
    const room = deletes.filter(makesRoom);
    if (room.length === 0) return undefined;
    const { length } = deletes;
    const withheld = this.reasonToWithholdDeletes(length) ?? (await this.reasonInSource(length));
    if (withheld === undefined) await this.runDeletes(room);
    return withheld;
  }

  /**
   * A store may prove to be on a file system only during the run. Then the files that block its copies are deleted, if everything
   * else succeeded, and the copies run again. Returns the remaining deletes.
   */
  private async makeRoomLate(
    copies: readonly Action[],
    deletes: readonly DeleteFile[],
  ): Promise<readonly DeleteFile[]> {
    if (!this.isStoreOnFileSystem() || this.plan.problems.length > 0 || this.breaker.reason !== undefined)
      return deletes;
    const blocked = findBlockedCopies(copies, deletes, this.ledger.results);
    if (!blocked || (await this.reasonInSource(deletes.length)) !== undefined) return deletes;
    await this.runDeletes(blocked.deletes);
    await this.runAll(blocked.copies);
    const gone = new Set(blocked.deletes);
    return deletes.filter((action) => !gone.has(action));
  }

  private isStoreOnFileSystem(): boolean {
    const { hasDirectories, oneKindPerName } = this.sides.target.remote.capabilities;
    return !hasDirectories && oneKindPerName === true;
  }

  /** Deepest folders first; folders of one depth run concurrently. */
  private async removeFolders(folders: readonly RemoveFolder[]): Promise<void> {
    const occupied = this.occupiedFolders();
    // An occupied folder stays `notStarted`, so that a retry of the action in it removes the folder too.
    const free = folders.filter(({ path }) => !occupied.has(path));
    for (const level of deepestFirst(free, ({ path }) => path)) await this.runAll(level);
  }

  /** Folders of the target that still hold a file whose delete or move was not done. */
  private occupiedFolders(): ReadonlySet<RemotePath> {
    const undone = this.plan.actions.filter(({ id }) => this.ledger.results.get(id)?.outcome !== 'done');
    return ancestorsOf(
      undone.flatMap((action) => {
        if (action.kind === 'moveFile') return action.from;
        return action.kind === 'deleteFile' ? action.path : [];
      }),
    );
  }

  private runAll(actions: readonly Action[]): Promise<void> {
    return this.concurrently(
      actions,
      (action) => transferredBytes(action, this.sides),
      (action) => this.runOne(action),
    );
  }

  private concurrently<T>(
    items: readonly T[],
    bytesOf: (item: T) => number,
    run: (item: T) => Promise<void>,
  ): Promise<void> {
    return this.slots.forEach(items, bytesOf, run, this.signal, () => this.breaker.reason !== undefined);
  }

  private async runDeletes(deletes: readonly DeleteFile[]): Promise<void> {
    const { target, backup } = this.sides;
    // With a backup folder each file is moved instead of deleted, and a batch request cannot move.
    if (backup) return this.runAll(deletes);
    const threshold = Math.max(batchThreshold, this.plan.listed.target.files * batchShare);
    const { single, byFolder } = partitionDeletes(deletes, target.remote, threshold);
    await this.runAll(single);
    await this.concurrently(
      [...byFolder],
      // A batch of deletes uses a service as a large file does.
      () => largeBytes,
      ([folder, siblings]) => this.deleteSiblings(folder, siblings),
    );
  }

  /** Never rejects. */
  private async deleteSiblings(folder: RemotePath, siblings: readonly DeleteFile[]): Promise<void> {
    if (await this.mustStop()) return;
    const deletes = await this.recheckDeletes(siblings);
    if (deletes.length === 0) return;
    for (const action of deletes) this.ledger.begin(action);
    const open = new Set(deletes);
    const ended = (action: DeleteFile, error: unknown) => {
      open.delete(action);
      if (error === undefined) this.ledger.succeed(action);
      else this.ledger.fail(action, asChangedIfGone(error, action.before));
    };
    try {
      await deleteInFolder(folder, deletes, this.sides.target.remote, ended, this.signal);
    } catch (error) {
      for (const action of open) this.ledger.fail(action, error);
    }
  }

  /** The deletes whose file the source still lacks. The others end as failed, with the reason. */
  private async recheckDeletes(deletes: readonly DeleteFile[]): Promise<readonly DeleteFile[]> {
    const confirmed: DeleteFile[] = [];
    for (const action of deletes) {
      const reason = await this.reasonToKeep(action).catch((error: unknown) => error);
      if (reason === undefined) confirmed.push(action);
      else {
        this.ledger.begin(action);
        this.ledger.fail(action, reason);
      }
    }
    return confirmed;
  }

  /** Why the target file that `action` deletes or moves must stay, by a fresh check of the source. */
  private async reasonToKeep(action: Action): Promise<unknown> {
    const { sourceRecheck, signal } = this;
    if (action.kind === 'moveFile') return sourceRecheck.recheckSourceAbsent(action.from, signal);
    if (action.kind !== 'deleteFile') return undefined;
    // The source may hold an excluded file: `deleteExcluded` deletes it from the target anyway.
    if (action.because !== 'excluded') return sourceRecheck.recheckSourceAbsent(action.path, signal);
    const reason = await sourceRecheck.reasonSourceIsUnusable(signal);
    return reason && new RemoteError('changed', `"${action.path}" was kept, because ${reason}.`);
  }

  /** Never rejects. */
  private async runOne(action: Action): Promise<void> {
    if (await this.mustStop()) return;
    this.ledger.begin(action);
    const { source, target, backup } = this.sides;
    const isResumable = transferredBytes(action, this.sides) > resumableBytes;
    const run: ActionRun = {
      source,
      target,
      backup,
      signal: this.signal,
      progressed: (bytes) => this.ledger.progressed(action, bytes),
      backedUp: (path) => this.ledger.recordBackup(action, path),
      resume: isResumable ? this.options.journal?.resumable(action) : undefined,
    };
    try {
      if (action.kind === 'deleteFile' || action.kind === 'moveFile') {
        const reason = await this.reasonToKeep(action);
        if (reason !== undefined) throw reason;
      }
      this.ledger.succeed(action, await this.attempt(action, run));
    } catch (error) {
      this.ledger.fail(action, error);
    }
  }

  /** Does the action, unless an earlier process or thread of this run has done it. Resolves to the file that it made. */
  private async attempt(
    action: Action,
    run: ActionRun,
    mayBeDone = this.options.journal?.mayBeDone(action) ?? false,
  ): Promise<FileEntry | undefined> {
    const { journal, threads } = this.options;
    const earlier = mayBeDone ? await findEarlierResult(action, run) : undefined;
    if (earlier) return earlier.made;
    const here = () => runAction(action, run);
    try {
      return await (threads && !mayBeDone && isShareable(action, run) ? threads.share(action, here) : here());
    } catch (error) {
      if (error instanceof ThreadEnded) return this.attempt(action, run, true);
      if (await this.removedBlockingFolder(action, error)) return here();
      // A power cut may take the line that an action was begun, and a request outlives its thread; then its own earlier result refuses it.
      const mayBeOwn = (mayBeDone || journal?.earlier !== undefined) && isRemoteError(error, 'changed');
      const done = mayBeOwn ? await findEarlierResult(action, run) : undefined;
      if (!done) throw error;
      return done.made;
    }
  }

  private async mustStop(): Promise<boolean> {
    if (this.breaker.reason === undefined) {
      const reason = await this.options.reasonToStop?.();
      if (reason !== undefined) this.breaker.open(reason);
    }
    return this.breaker.reason !== undefined;
  }

  /**
   * On a store on a file system an empty folder may block a file of its name: the files in it made room, but no listing shows the
   * folder that is left. It is removed only where deletes are allowed.
   */
  private async removedBlockingFolder(action: Action, error: unknown): Promise<boolean> {
    const { remote, root } = this.sides.target;
    if (action.kind !== 'copyFile' || action.before || !isRemoteError(error, 'isAFolder')) return false;
    if (!this.isStoreOnFileSystem() || !wantsDeletes(this.plan.options)) return false;
    return remote.removeFolder(joinPath(root, action.path), this.signal).then(
      () => true,
      () => false,
    );
  }

  /** Why deletes must not run, as a sentence (H28); undefined when they may, or when there are none. */
  private reasonToWithholdDeletes(deletes: number): string | undefined {
    const { copied, failed, changed, cancelled } = this.ledger.totals();
    const reasons = [
      ...(failed > 0 ? [`${files(failed)} could not be copied`] : []),
      ...(copied > 0 ? [`${files(copied)} could not be removed after the copy`] : []),
      ...(changed > 0 ? [`${files(changed)} changed since the plan was made`] : []),
      ...(this.plan.problems.length > 0 ? ['not everything could be listed'] : []),
      ...(this.signal.aborted || cancelled > 0 ? ['the run was cancelled'] : []),
      ...(this.breaker.reason !== undefined ? ['the run was stopped'] : []),
    ];
    if (deletes === 0 || reasons.length === 0) return undefined;
    return withheldBecause(deletes, reasons.join(' and '));
  }

  /** As `reasonToWithholdDeletes`, by a fresh check of the source. */
  private async reasonInSource(deletes: number): Promise<string | undefined> {
    if (deletes === 0 || this.signal.aborted) return undefined;
    // The check rejects only when aborted.
    const check = this.sourceRecheck.reasonSourceIsUnusable(this.signal);
    const reason = await check.catch(() => 'the run was cancelled');
    return reason && withheldBecause(deletes, reason);
  }
}

function makesRoom(action: Action): boolean {
  return action.kind === 'deleteFile' && action.makesRoomFor !== undefined;
}

function withheldBecause(deletes: number, reason: string): string {
  const what = deletes === 1 ? 'The file to be deleted was' : `The ${deletes} files to be deleted were`;
  return `${what} kept, because ${reason.replace(/\.$/, '')}.`;
}

function files(n: number): string {
  return n === 1 ? '1 file' : `${n} files`;
}
