import { setMaxListeners } from 'node:events';
import type { Clock } from '../base/clock';
import type { Log } from '../base/log';
import { forEachConcurrent, inTurns, WeightedSemaphore } from '../base/semaphore';
import { leftAloneBy } from '../plan/build/leftAlone';
import { firstProblem } from '../plan/build/planInvariants';
import { formatPlace } from '../plan/model/place';
import type { Action, DeleteFile, Plan, RemoveFolder } from '../plan/model/plan';
import { wantsDeletes } from '../plan/model/planOptions';
import type { Endpoint } from '../remote/endpoint';
import { fatalErrorKinds, isRemoteError, outageErrorKinds, RemoteError } from '../remote/remoteError';
import { joinPath, parentPath, type RemotePath } from '../remote/remotePath';
import { deleteInFolder, partitionDeletes } from './deleteBatches';
import type { Journal } from './journal';
import { refusedForRoom } from './outOfSpace';
import { goneAlready, type RunEndpoints, runAction } from './runAction';
import type { ActionOutcome, ActionResult, RunReport } from './runReport';
import { type RunObserver, silentObserver } from './runReport';
import { SourceAgain } from './sourceRecheck';
import { defaultTransfers, transferWeight } from './transferWeight';

export interface ExecuteOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly observer?: RunObserver;
  /** Small files at once; default `defaultTransfers`. Large files take a quarter of the places each. */
  readonly transfers?: number;
  readonly journal?: Journal;
  /** The plan's `backup`, opened; needed where that is a folder of this machine. */
  readonly backup?: Endpoint | undefined;
  /** Asked before each action: why the run must not go on, as a sentence. Never rejects. */
  readonly whyNotGoOn?: () => Promise<string | undefined>;
}

/** From so many deletes in one folder on, its listing is cheaper than two requests for each; a thousandth of all bounds what it may cost. */
const batchThreshold = 50;

/**
 * Does what a plan says and reports what became of each action; the report comes even when the run is aborted or fails
 * in every file. Copies and the like go several at once, started in the plan's order. Deletes go where the plan's options say:
 * - `after` (the safe way): when every copy and every listing was whole, else not at all (sync-semantics R20, R21, H26);
 * - `before`: all of them first, whatever becomes of each; then the copies;
 * - `during`: in the plan's order among the copies (A26).
 * Those that make room for a copy (`DeleteFile.makesRoomFor`) go first in any case, when all listings were whole.
 *
 * Emptied folders of the target go at the very end, each if it is empty then, and none when the deletes were withheld.
 * Source files that are the same on the target already go last; those that are copied go after their own copy. Overwritten and deleted
 * files are in the backup before anything is overwritten or deleted, where the plan has one (R23).
 *
 * Throws a plain Error, before anything is done, for a plan that breaks its invariants, for one whose backup isn't open, and for a check,
 * which is only to be read.
 */
export async function executePlan(
  plan: Plan,
  source: Endpoint,
  target: Endpoint,
  options: ExecuteOptions,
  signal: AbortSignal,
): Promise<RunReport> {
  if (plan.options.verb === 'check') throw new Error("A check can't be run: it only compares.");
  const problem = await inTurns(firstProblem(plan));
  if (problem !== undefined) throw new Error(`This plan can't be run. ${problem}`);
  const backup = backupOf(plan, target, options);
  return new Run(plan, { source, target, backup }, options, signal).report();
}

/** Without a place to keep them nothing may be overwritten or deleted, so that is found out before anything is done. */
function backupOf(plan: Plan, target: Endpoint, { backup }: ExecuteOptions): Endpoint | undefined {
  if (plan.backup === undefined) return undefined;
  if (backup) return backup;
  const { kind } = plan.backup;
  const sameRemote =
    kind === 'remote' && plan.target.kind === 'remote' && plan.backup.remote === plan.target.remote;
  if (!sameRemote)
    throw new Error(`This plan can't be run: its backup ${formatPlace(plan.backup)} is not open.`);
  return { remote: target.remote, root: plan.backup.path };
}

class Run {
  private readonly plan: Plan;
  private readonly sides: RunEndpoints;
  private readonly options: ExecuteOptions;
  private readonly signal: AbortSignal;
  private readonly observer: RunObserver;
  private readonly transfers: number;
  private readonly slots: WeightedSemaphore;
  private readonly sourceAgain: SourceAgain;
  private readonly results = new Map<string, ActionResult>();
  private bytes = 0;
  private kept = 0;
  private consecutiveOutages = 0;
  private stopped: string | undefined;

  constructor(plan: Plan, sides: RunEndpoints, options: ExecuteOptions, signal: AbortSignal) {
    this.plan = plan;
    this.sides = sides;
    this.options = options;
    this.signal = signal;
    this.observer = options.observer ?? silentObserver;
    this.transfers = Math.max(1, options.transfers ?? defaultTransfers);
    this.slots = new WeightedSemaphore(this.transfers);
    this.sourceAgain = new SourceAgain(sides.source, sides.target, plan, options.clock);
    // Every file that is under way listens to it.
    setMaxListeners(0, signal);
  }

  async report(): Promise<RunReport> {
    const startedAt = this.options.clock.now();
    const deletesWithheld = await this.runInTurn();
    const results = this.plan.actions.map(
      (action) => this.results.get(action.id) ?? result(action, 'notStarted'),
    );
    const leftAlone = leftAloneBy(this.plan);
    return {
      version: 1,
      startedAt,
      endedAt: this.options.clock.now(),
      results,
      totals: count(results),
      bytes: this.bytes,
      ...(this.sides.backup && { kept: this.kept }),
      ...(this.stopped !== undefined && { stopped: this.stopped }),
      ...(deletesWithheld !== undefined && { deletesWithheld }),
      ...(leftAlone && { leftAlone }),
    };
  }

  /** Runs everything in the order that the options want. Gives why deletes were withheld, if so. */
  private async runInTurn(): Promise<string | undefined> {
    const { actions, options } = this.plan;
    const last = actions.filter((action) => action.kind === 'removeSource');
    const folders = actions.filter((action) => action.kind === 'removeFolder');
    const rest = actions.filter(({ kind }) => kind !== 'removeSource' && kind !== 'removeFolder');
    const all = rest.filter((action) => action.kind === 'deleteFile');
    const others = rest.filter((action) => action.kind !== 'deleteFile');
    let withheld: string | undefined;
    const room = all.filter(isRoom);
    if (room.length > 0) {
      withheld = this.reasonToWithholdDeletes(all.length) ?? (await this.whySourceKeeps(all.length));
      // Without room the copies fail by themselves.
      if (withheld === undefined) await this.runDeletes(room);
    }
    let deletes = all.filter((action) => !isRoom(action));
    switch (options.deletes) {
      case 'before':
        withheld ??= await this.whySourceKeeps(deletes.length);
        if (withheld === undefined) await this.runDeletes(deletes);
        await this.runAll(others);
        break;
      case 'during':
        withheld ??= await this.whySourceKeeps(deletes.length);
        await this.runAll(withheld === undefined ? rest.filter((action) => !isRoom(action)) : others);
        break;
      default:
        await this.runAll(others);
        if (withheld === undefined) deletes = await this.madeRoomLate(others, deletes);
        withheld ??=
          this.reasonToWithholdDeletes(deletes.length) ?? (await this.whySourceKeeps(deletes.length));
        if (withheld === undefined) await this.runDeletes(deletes);
    }
    await this.runAll(last);
    if (withheld === undefined) await this.removeFolders(folders);
    return withheld;
  }

  /**
   * A store may turn out only now to be on a file system: then what is in the way of its copies goes, if all else went well, and they
   * are tried once more. Gives the deletes that are left.
   */
  private async madeRoomLate(
    others: readonly Action[],
    deletes: readonly DeleteFile[],
  ): Promise<DeleteFile[]> {
    const { hasDirectories, oneKindPerName } = this.sides.target.remote.capabilities;
    const refused =
      hasDirectories || !oneKindPerName || this.plan.problems.length > 0 || this.stopped !== undefined
        ? undefined
        : refusedForRoom(others, deletes, this.results);
    if (!refused || (await this.whySourceKeeps(deletes.length)) !== undefined) return [...deletes];
    await this.runDeletes(refused.deletes);
    await this.runAll(refused.copies);
    const gone = new Set(refused.deletes);
    return deletes.filter((action) => !gone.has(action));
  }

  /** Those within others first; those of one depth together. */
  private async removeFolders(folders: readonly RemoveFolder[]): Promise<void> {
    const byDepth = new Map<number, RemoveFolder[]>();
    const stay = this.foldersThatStay();
    for (const folder of folders) {
      // Not begun, it is removed when what stays in it is tried again.
      if (stay.has(folder.path)) continue;
      const depth = folder.path.split('/').length;
      const level = byDepth.get(depth);
      if (level) level.push(folder);
      else byDepth.set(depth, [folder]);
    }
    for (const depth of [...byDepth.keys()].sort((a, b) => b - a))
      await this.runAll(byDepth.get(depth) ?? []);
  }

  /** Folders of the target that hold what was to leave them and didn't. */
  private foldersThatStay(): ReadonlySet<RemotePath> {
    const folders = new Set<RemotePath>();
    for (const action of this.plan.actions) {
      const path =
        action.kind === 'deleteFile' ? action.path : action.kind === 'moveFile' ? action.from : undefined;
      if (path === undefined || this.results.get(action.id)?.outcome === 'done') continue;
      for (let at = parentPath(path); at !== '' && !folders.has(at); at = parentPath(at)) folders.add(at);
    }
    return folders;
  }

  private runAll(actions: readonly Action[]): Promise<void> {
    return forEachConcurrent(
      actions,
      this.slots,
      (action) => transferWeight(bytesToMove(action, this.sides), this.transfers),
      (action) => this.runOne(action),
      this.signal,
      () => this.stopped !== undefined,
    );
  }

  private async runDeletes(deletes: readonly DeleteFile[]): Promise<void> {
    const { target, backup } = this.sides;
    const { remote } = target;
    // What is to be kept is moved, which no batch can do.
    if (backup) return this.runAll(deletes);
    const { single, byFolder } = partitionDeletes(
      deletes,
      remote,
      Math.max(batchThreshold, this.plan.listed.target.files / 1000),
    );
    await this.runAll(single);
    const inFolder = async ([folder, all]: readonly [RemotePath, readonly DeleteFile[]]) => {
      if (await this.mustStop()) return;
      const actions = await this.recheckDeletes(all);
      if (actions.length === 0) return;
      for (const action of actions) this.begin(action);
      const open = new Set(actions);
      const ended = (action: DeleteFile, error: unknown) => {
        open.delete(action);
        const outcome =
          error === undefined
            ? this.success(action)
            : this.failure(action, goneAlready(error, action.before));
        this.end(action, outcome);
      };
      try {
        await deleteInFolder(folder, actions, remote, ended, this.signal);
      } catch (error) {
        for (const action of open) this.end(action, this.failure(action, error));
      }
    };
    const weight = () => Math.ceil(this.transfers / 4);
    await forEachConcurrent(
      byFolder,
      this.slots,
      weight,
      inFolder,
      this.signal,
      () => this.stopped !== undefined,
    );
  }

  /** Those of the deletes of one folder whose file is still missing on the source; of the others it is told why they stay. */
  private async recheckDeletes(deletes: readonly DeleteFile[]): Promise<readonly DeleteFile[]> {
    const extra: DeleteFile[] = [];
    for (const action of deletes) {
      const reason = await this.whyNotExtra(action).catch((error: unknown) => error);
      if (reason === undefined) extra.push(action);
      else {
        this.begin(action);
        this.end(action, this.failure(action, reason));
      }
    }
    return extra;
  }

  /** Why what this action takes from the target must stay there, asked of the source at this moment. */
  private async whyNotExtra(action: Action): Promise<unknown> {
    if (action.kind === 'moveFile') return this.sourceAgain.recheckSourceAbsent(action.from, this.signal);
    if (action.kind !== 'deleteFile') return undefined;
    // What the filters hide may well be on the source.
    if (action.because !== 'excluded') return this.sourceAgain.recheckSourceAbsent(action.path, this.signal);
    const nothing = await this.sourceAgain.whyNothing(this.signal);
    return nothing && new RemoteError('changed', `"${action.path}" was kept, because ${nothing}.`);
  }

  /** Never rejects. */
  private async runOne(action: Action): Promise<void> {
    if (await this.mustStop()) return;
    this.begin(action);
    try {
      const reason = await this.whyNotExtra(action);
      if (reason !== undefined) throw reason;
      const observer = {
        progressed: (bytes: number) => this.tell(() => this.observer.progressed(action, bytes)),
        kept: (path: RemotePath) => {
          this.kept++;
          this.options.journal?.kept(action, path);
        },
      };
      try {
        await runAction(action, this.sides, observer, this.signal);
      } catch (error) {
        if (!(await this.removedEmptyFolder(action, error))) throw error;
        await runAction(action, this.sides, observer, this.signal);
      }
      this.end(action, this.success(action));
    } catch (error) {
      this.end(action, this.failure(action, error));
    }
  }

  private async mustStop(): Promise<boolean> {
    this.stopped ??= await this.options.whyNotGoOn?.();
    return this.stopped !== undefined;
  }

  /**
   * A store on a file system may still have an empty folder in the place of a file: what was in it made room, but the folder stands by
   * itself. No listing of files shows it. It goes where deletes are wanted.
   */
  private async removedEmptyFolder(action: Action, error: unknown): Promise<boolean> {
    const { remote, root } = this.sides.target;
    const { hasDirectories, oneKindPerName } = remote.capabilities;
    if (action.kind !== 'copyFile' || action.before || !isRemoteError(error, 'isAFolder')) return false;
    if (hasDirectories || !oneKindPerName || !wantsDeletes(this.plan.options)) return false;
    return remote.removeFolder(joinPath(root, action.path), this.signal).then(
      () => true,
      () => false,
    );
  }

  private begin(action: Action): void {
    this.options.journal?.begun(action);
    this.tell(() => this.observer.started(action));
  }

  private end(action: Action, outcome: ActionResult): void {
    this.results.set(action.id, outcome);
    this.options.journal?.ended(outcome);
    this.tell(() => this.observer.ended(action, outcome));
  }

  private success(action: Action): ActionResult {
    if (action.kind === 'copyFile') this.bytes += action.source.size;
    this.consecutiveOutages = 0;
    return result(action, 'done');
  }

  private failure(action: Action, error: unknown): ActionResult {
    if (this.signal.aborted && !isRemoteError(error)) return result(action, 'cancelled');
    const { kind, message } = isRemoteError(error)
      ? error
      : new RemoteError(
          'other',
          `"${action.path}": ${error instanceof Error ? error.message : String(error)}`,
        );
    if (!isRemoteError(error))
      this.log('error', `${action.path}: ${(error as Error)?.stack ?? String(error)}`);
    if (fatalErrorKinds.has(kind)) this.stopped = message;
    if (outageErrorKinds.has(kind) && ++this.consecutiveOutages >= 2 * this.transfers)
      this.stopped = `${this.consecutiveOutages} files in a row failed. The last one: ${message}`;
    const outcome =
      isRemoteError(error) && error.copied ? 'copied' : kind === 'changed' ? 'changed' : 'failed';
    if (outcome === 'copied' && action.kind === 'copyFile') this.bytes += action.source.size;
    return { ...result(action, outcome), error: { kind, message } };
  }

  /** Why the deletes must not be run, as a sentence (H28); undefined when they may, or there are none. */
  private reasonToWithholdDeletes(deletes: number): string | undefined {
    const { copied, failed, changed, cancelled } = count([...this.results.values()]);
    const reasons = [
      ...(failed > 0 ? [`${files(failed)} could not be copied`] : []),
      ...(copied > 0 ? [`${files(copied)} could not be removed after the copy`] : []),
      ...(changed > 0 ? [`${files(changed)} changed since the plan was made`] : []),
      ...(this.plan.problems.length > 0 ? ['not everything could be listed'] : []),
      ...(this.signal.aborted || cancelled > 0 ? ['the run was cancelled'] : []),
      ...(this.stopped !== undefined ? ['the run was stopped'] : []),
    ];
    return deletes === 0 || reasons.length === 0
      ? undefined
      : withheldBecause(deletes, reasons.join(' and '));
  }

  /** As `reasonToWithholdDeletes`, by what the source is at this moment. */
  private async whySourceKeeps(deletes: number): Promise<string | undefined> {
    if (deletes === 0 || this.signal.aborted) return undefined;
    try {
      const reason = await this.sourceAgain.whyNothing(this.signal);
      return reason && withheldBecause(deletes, reason);
    } catch {
      // Only an abort ends the looking.
      return withheldBecause(deletes, 'the run was cancelled');
    }
  }

  private tell(event: () => void): void {
    try {
      event();
    } catch (error) {
      this.log('error', `Someone who watches the run failed: ${(error as Error)?.stack ?? String(error)}`);
    }
  }

  private log(level: 'error', text: string): void {
    this.options.log.write(level, 'copy', text);
  }
}

function isRoom(action: Action): boolean {
  return action.kind === 'deleteFile' && action.makesRoomFor !== undefined;
}

/** Bytes of content that go through here, for how many places an action takes; the larger one of two. */
function bytesToMove(action: Action, { target, backup }: RunEndpoints): number {
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

function result(action: Action, outcome: ActionOutcome): ActionResult {
  return { id: action.id, kind: action.kind, path: action.path, outcome };
}

function count(results: readonly ActionResult[]): Record<ActionOutcome, number> {
  const totals = { done: 0, copied: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0 };
  for (const { outcome } of results) totals[outcome]++;
  return totals;
}

function withheldBecause(deletes: number, reason: string): string {
  const what = deletes === 1 ? 'The file to be deleted was' : `The ${deletes} files to be deleted were`;
  return `${what} kept, because ${reason.replace(/\.$/, '')}.`;
}

function files(n: number): string {
  return n === 1 ? '1 file' : `${n} files`;
}
