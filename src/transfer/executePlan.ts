import { setMaxListeners } from 'node:events';
import type { Action, DeleteFile, Plan } from '../plan/plan';
import { checkPlan } from '../plan/planInvariants';
import type { Clock } from '../remote/clock';
import type { Log } from '../remote/log';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError, type RemoteErrorKind } from '../remote/remoteError';
import { joinPath, type RemotePath } from '../remote/remotePath';
import { eachInSlots, Slots } from '../remote/slots';
import { deleteInFolder, sortDeletes } from './deleteBatches';
import type { Journal } from './journal';
import { type RunObserver, silentObserver } from './progress';
import { type RunSide, type RunSides, runAction } from './runAction';
import type { ActionOutcome, ActionResult, RunReport } from './runReport';
import { defaultTransfers, transferWeight } from './transferWeight';

export interface ExecuteOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly observer?: RunObserver;
  /** Small files at once; default `defaultTransfers`. Large files take a quarter of the places each. */
  readonly transfers?: number;
  readonly journal?: Journal;
}

/** Failures that no further action could escape. */
const hopeless: ReadonlySet<RemoteErrorKind> = new Set(['signInNeeded', 'badSettings']);
/** Failures that, many in a row, say that the service (or the disk) is out of reach. */
const wearing: ReadonlySet<RemoteErrorKind> = new Set(['unavailable', 'tooMany', 'full']);

/**
 * Does what a plan says and reports what became of each action; the report comes even when the run is aborted or fails
 * in every file. Copies go first, several at once, in the plan's order. Deletes follow, and only when every copy and every
 * listing was whole (sync-semantics R20, R21, H26). Throws a plain Error, before anything is done, for a plan that breaks its invariants.
 */
export async function executePlan(
  plan: Plan,
  source: RunSide,
  target: RunSide,
  options: ExecuteOptions,
  signal: AbortSignal,
): Promise<RunReport> {
  const [problem] = checkPlan(plan);
  if (problem !== undefined) throw new Error(`This plan can't be run. ${problem}`);
  return new Run(plan, { source, target }, options, signal).report();
}

class Run {
  private readonly plan: Plan;
  private readonly sides: RunSides;
  private readonly options: ExecuteOptions;
  private readonly signal: AbortSignal;
  private readonly observer: RunObserver;
  private readonly transfers: number;
  private readonly slots: Slots;
  private readonly results = new Map<string, ActionResult>();
  private bytes = 0;
  private wornBy = 0;
  private stopped: string | undefined;

  constructor(plan: Plan, sides: RunSides, options: ExecuteOptions, signal: AbortSignal) {
    this.plan = plan;
    this.sides = sides;
    this.options = options;
    this.signal = signal;
    this.observer = options.observer ?? silentObserver;
    this.transfers = Math.max(1, options.transfers ?? defaultTransfers);
    this.slots = new Slots(this.transfers);
    // Every file that is under way listens to it.
    setMaxListeners(0, signal);
  }

  async report(): Promise<RunReport> {
    const startedAt = this.options.clock.now();
    const copies = this.plan.actions.filter((action) => action.kind !== 'deleteFile');
    const deletes = this.plan.actions.filter((action) => action.kind === 'deleteFile');
    await this.runAll(copies);
    const deletesWithheld = deletes.length > 0 ? this.whyNotDelete(deletes.length) : undefined;
    if (deletesWithheld === undefined) await this.runDeletes(deletes);
    const results = this.plan.actions.map(
      (action) => this.results.get(action.id) ?? result(action, 'notStarted'),
    );
    return {
      version: 1,
      startedAt,
      endedAt: this.options.clock.now(),
      results,
      totals: count(results),
      bytes: this.bytes,
      ...(this.stopped !== undefined && { stopped: this.stopped }),
      ...(deletesWithheld !== undefined && { deletesWithheld }),
    };
  }

  private runAll(actions: readonly Action[]): Promise<void> {
    return eachInSlots(
      actions,
      this.slots,
      (action) => (action.kind === 'copyFile' ? transferWeight(action.source.size, this.transfers) : 1),
      (action) => this.runOne(action),
      this.signal,
      () => this.stopped !== undefined,
    );
  }

  private async runDeletes(deletes: readonly DeleteFile[]): Promise<void> {
    const { remote } = this.sides.target;
    const due = await this.stillExtra(deletes);
    const { single, byFolder } = sortDeletes(due, remote, this.plan.listed.target.files);
    await this.runAll(single);
    const inFolder = async ([folder, actions]: readonly [RemotePath, readonly DeleteFile[]]) => {
      for (const action of actions) this.begin(action);
      const open = new Set(actions);
      const ended = (action: DeleteFile, error: unknown) => {
        open.delete(action);
        this.end(action, error === undefined ? this.success(action) : this.failure(action, error));
      };
      try {
        await deleteInFolder(folder, actions, remote, ended, this.signal);
      } catch (error) {
        for (const action of open) this.end(action, this.failure(action, error));
      }
    };
    const weight = () => Math.ceil(this.transfers / 4);
    await eachInSlots(byFolder, this.slots, weight, inFolder, this.signal, () => this.stopped !== undefined);
  }

  /**
   * The deletes whose file is still missing on the source, as far as that is a disk here and so can be asked for nothing: a preview may
   * be looked at for hours, and a file that came back meanwhile keeps its copy.
   */
  private async stillExtra(deletes: readonly DeleteFile[]): Promise<readonly DeleteFile[]> {
    const { remote, root } = this.sides.source;
    if (!remote.capabilities.cheapReads) return deletes;
    const kept = new Set<DeleteFile>();
    const look = async (action: DeleteFile) => {
      const reason = await whyNotExtra(remote, joinPath(root, action.path), this.signal);
      if (reason === undefined) return;
      kept.add(action);
      this.begin(action);
      this.end(action, this.failure(action, reason));
    };
    await eachInSlots(deletes, this.slots, () => 1, look, this.signal);
    return deletes.filter((action) => !kept.has(action));
  }

  /** Never rejects. */
  private async runOne(action: Action): Promise<void> {
    this.begin(action);
    try {
      const onProgress = (bytes: number) => this.tell(() => this.observer.progressed(action, bytes));
      await runAction(action, this.sides, onProgress, this.signal);
      this.end(action, this.success(action));
    } catch (error) {
      this.end(action, this.failure(action, error));
    }
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
    this.wornBy = 0;
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
    if (hopeless.has(kind)) this.stopped = message;
    if (wearing.has(kind) && ++this.wornBy >= 2 * this.transfers)
      this.stopped = `${this.wornBy} files in a row failed. The last one: ${message}`;
    return { ...result(action, kind === 'changed' ? 'changed' : 'failed'), error: { kind, message } };
  }

  /** Why the deletes must not be run, as a sentence (H28); undefined when they may. */
  private whyNotDelete(deletes: number): string | undefined {
    const { failed, changed, cancelled } = count([...this.results.values()]);
    const reasons = [
      ...(failed > 0 ? [`${files(failed)} could not be copied`] : []),
      ...(changed > 0 ? [`${files(changed)} changed since the plan was made`] : []),
      ...(this.plan.problems.length > 0 ? ['not everything could be listed'] : []),
      ...(this.signal.aborted || cancelled > 0 ? ['the run was cancelled'] : []),
      ...(this.stopped !== undefined ? ['the run was stopped'] : []),
    ];
    if (reasons.length === 0) return undefined;
    const what = deletes === 1 ? 'The file to be deleted was' : `The ${deletes} files to be deleted were`;
    return `${what} kept, because ${reasons.join(' and ')}.`;
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

/** Why the target's file must stay: `path` is (or may be) there again on the source. Undefined when it isn't. */
async function whyNotExtra(source: Remote, path: RemotePath, signal: AbortSignal): Promise<unknown> {
  try {
    // A folder is no twin of the target's file.
    if ((await source.stat(path, signal)).kind === 'folder') return undefined;
    return new RemoteError('changed', `"${path}" is there again on the source.`);
  } catch (error) {
    return isRemoteError(error, 'notFound', 'badName') ? undefined : error;
  }
}

function result(action: Action, outcome: ActionOutcome): ActionResult {
  return { id: action.id, kind: action.kind, path: action.path, outcome };
}

function count(results: readonly ActionResult[]): Record<ActionOutcome, number> {
  const totals = { done: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0 };
  for (const { outcome } of results) totals[outcome]++;
  return totals;
}

function files(n: number): string {
  return n === 1 ? '1 file' : `${n} files`;
}
