import { printable } from '../base/printable';
import { describeLeftAlone } from '../plan/build/describePlan';
import { selectActions } from '../plan/build/selectActions';
import { type Action, type Place, type Plan, placeText } from '../plan/model/plan';
import { storagePath } from '../remote/capabilities';
import type { Endpoint } from '../remote/endpoint';
import { isRemoteError } from '../remote/remoteError';
import { type RemotePath, rootPath } from '../remote/remotePath';
import { listenToAll } from '../remote/serviceWaits';
import { executePlan } from '../transfer/executePlan';
import { type Journal, openJournal, reopenJournal } from '../transfer/journal/journal';
import { isRunId, newRunId } from '../transfer/journal/journalFiles';
import type { RunPlaces } from '../transfer/journal/journalLines';
import type { RecordedRun } from '../transfer/journal/recordedRun';
import { discardReplaced, runsFolder } from '../transfer/journal/unfinishedRuns';
import { type ActionOutcome, isWhole, type RunObserver, type RunReport } from '../transfer/runReport';
import { type CopyThreads, defaultTransfers } from '../transfer/transferSlots';
import type { Host } from './host';
import type { HeldLock, PlaceLocks } from './placeLocks';

export interface RunPlanOptions {
  readonly host: Pick<Host, 'log' | 'clock' | 'storageFolder' | 'copyThreads'>;
  readonly observer?: RunObserver;
  /** Concurrent small files. */
  readonly transfers?: number;
  /** The plan's `backup`, opened; required where the backup is a folder of this machine. */
  readonly backup?: Endpoint | undefined;
  /** Keeps other runs out of the plan's places. */
  readonly locks?: PlaceLocks | undefined;
  /** The run that the plan is a part of; its journal tells what is done already. Without a journal it is a new run. */
  readonly continues?: string | undefined;
}

/**
 * Executes the plan (see executePlan), writes a journal, and logs the report. Throws PlaceOccupied, before anything is done, while other
 * work occupies one of the plan's places; and RemoteError `changed` when a run is continued whose places lead elsewhere now.
 */
export async function runPlan(
  plan: Plan,
  source: Endpoint,
  target: Endpoint,
  options: RunPlanOptions,
  signal: AbortSignal,
): Promise<RunReport> {
  const { locks, backup, continues, host } = options;
  const run = continues !== undefined && isRunId(continues) ? continues : newRunId(host.clock.now());
  if (!locks || plan.actions.length === 0)
    return runLocked(run, plan, source, target, options, undefined, signal);
  const { verb } = plan.options;
  const place = (side: Endpoint, at: Place, writes: boolean) => ({ ...side, shown: placeText(at), writes });
  const lock = await locks.acquire(
    {
      kind: 'run',
      run,
      what: `${verb} ${placeText(plan.source)} → ${placeText(plan.target)}`,
      places: [
        place(target, plan.target, true),
        place(source, plan.source, verb === 'move'),
        ...(plan.backup
          ? [place(backup ?? { remote: target.remote, root: backupRoot(plan.backup) }, plan.backup, true)]
          : []),
      ],
    },
    signal,
  );
  try {
    return await runLocked(run, plan, source, target, options, lock, signal);
  } finally {
    await lock.release();
  }
}

/** The root of a backup in the target's remote. */
function backupRoot(place: Place): RemotePath {
  return place.kind === 'remote' ? place.path : rootPath;
}

async function runLocked(
  run: string,
  plan: Plan,
  source: Endpoint,
  target: Endpoint,
  options: RunPlanOptions,
  lock: HeldLock | undefined,
  signal: AbortSignal,
): Promise<RunReport> {
  const { host, observer, transfers, backup } = options;
  const places = placesOf(plan, source, target, backup);
  const journal = await journalOf(run, plan, places, options);
  const { earlier } = journal ?? {};
  const rest = earlier ? withoutDone(plan, earlier) : plan;
  const of = earlier ? ` of ${earlier.plan.actions.length} left` : '';
  host.log.write(
    'info',
    'copy',
    `${plan.options.verb} ${placeText(plan.source)} → ${placeText(plan.target)}: ${rest.actions.length} actions${of}`,
  );
  if (journal) observer?.recorded?.(journal.run);
  if (journal && !earlier && host.storageFolder !== undefined)
    await discardReplaced(runsFolder(host.storageFolder), run, places, target, host.log);
  const stopListening = observer?.waiting
    ? listenToAll([source.remote.waits, target.remote.waits, backup?.remote.waits], (until) =>
        observer.waiting?.(until),
      )
    : undefined;
  let threads: CopyThreads | undefined;
  let report: RunReport | undefined;
  try {
    threads = await host.copyThreads?.(rest, { source, target, backup }, signal);
    report = await executePlan(
      rest,
      source,
      target,
      {
        clock: host.clock,
        log: host.log,
        ...(observer && { observer }),
        transfers: transfersAfter(earlier?.crashes ?? 0, transfers),
        ...(journal && { journal }),
        threads,
        ...(lock && { reasonToStop: () => lock.whyLost() }),
        backup,
      },
      signal,
    );
  } finally {
    stopListening?.();
    await threads?.close();
    await journal?.close(report, signal.aborted);
  }
  const level = isWhole(report) ? 'info' : 'warn';
  for (const line of describeReport(report)) host.log.write(level, 'copy', line);
  return rest === plan ? report : withDone(report, plan);
}

/** Each crash halves the concurrency of a run, because everything in flight is lost at the next one. */
function transfersAfter(crashes: number, transfers = defaultTransfers): number {
  return Math.max(Math.min(transfers, 4), Math.floor(transfers / 2 ** crashes));
}

/** The storages behind a plan's places, by identity. */
function placesOf(plan: Plan, source: Endpoint, target: Endpoint, backup: Endpoint | undefined): RunPlaces {
  const identity = ({ remote, root }: Endpoint, place: Place) =>
    storagePath(remote.capabilities, root) ?? placeText(place);
  return {
    source: identity(source, plan.source),
    target: identity(target, plan.target),
    ...(plan.backup && { backup: backup ? identity(backup, plan.backup) : placeText(plan.backup) }),
  };
}

/** Undefined where no journal can be written: a run without a journal is better than no run. */
async function journalOf(
  run: string,
  plan: Plan,
  places: RunPlaces,
  { host, continues }: RunPlanOptions,
): Promise<Journal | undefined> {
  if (host.storageFolder === undefined || plan.actions.length === 0) return undefined;
  const onError = (error: unknown) =>
    host.log.write('warn', 'copy', `The journal of this run can't be written: ${(error as Error).message}`);
  const folder = runsFolder(host.storageFolder);
  const options = { folder, run, plan, places, clock: host.clock, onError };
  try {
    const journal = run === continues ? await reopenJournal(options) : undefined;
    return journal ?? (await openJournal(options));
  } catch (error) {
    if (isRemoteError(error)) throw error;
    onError(error);
    return undefined;
  }
}

/** The plan without the actions that are done, in another window perhaps. */
function withoutDone(plan: Plan, { results }: RecordedRun): Plan {
  const isDone = ({ id }: Action) => results.get(id)?.outcome === 'done';
  return plan.actions.some(isDone)
    ? selectActions(
        plan,
        plan.actions.filter((action) => !isDone(action)).map(({ id }) => id),
      )
    : plan;
}

/** The report for all actions of `plan`; those that it lacks were done earlier. */
function withDone(report: RunReport, plan: Plan): RunReport {
  const results = new Map(report.results.map((result) => [result.id, result]));
  const all = plan.actions.map(
    ({ id, kind, path: at }) => results.get(id) ?? { id, kind, path: at, outcome: 'done' as const },
  );
  const done = report.totals.done + all.length - report.results.length;
  return { ...report, results: all, totals: { ...report.totals, done } };
}

/**
 * The actions of a plan to retry after `report`: those that failed or only made their copy, and the deletes that were withheld for that
 * reason alone. Changed files need a new plan. A retried move continues after its copy (see runAction).
 */
export function retryFailed(report: RunReport, plan: Plan): Plan {
  const onlyFailures =
    report.totals.changed === 0 && report.totals.cancelled === 0 && report.stopped === undefined;
  const retried = report.results.filter(({ outcome, kind }) => {
    if (outcome !== 'notStarted') return outcome === 'failed' || outcome === 'copied';
    return onlyFailures && (kind === 'deleteFile' || kind === 'removeFolder');
  });
  return selectActions(
    plan,
    retried.map(({ id }) => id),
  );
}

const words: Readonly<Record<ActionOutcome, string>> = {
  done: 'done',
  copied: 'copied, but the source could not be removed',
  failed: 'failed',
  changed: 'changed since the plan was made',
  cancelled: 'cancelled',
  notStarted: 'not started',
};

/** The report as lines of text: each action that was not done, with its reason, everything that the plan left alone, and the totals. */
export function* describeReport(report: RunReport): Generator<string> {
  for (const { path: file, kind, outcome, error } of report.results) {
    if (outcome === 'done' || outcome === 'notStarted') continue;
    yield printable(`${outcome.padEnd(9)}  ${kind} ${file}${error ? `: ${error.message}` : ''}`);
  }
  if (report.stopped !== undefined) yield printable(`The run was stopped. ${report.stopped}`);
  if (report.deletesWithheld !== undefined) yield printable(report.deletesWithheld);
  const { leftAlone } = report;
  if (leftAlone) {
    yield* describeLeftAlone(leftAlone);
    for (const sentence of leftAlone.deletes) yield printable(sentence);
  }
  const totals = (Object.keys(words) as ActionOutcome[])
    .filter((outcome) => outcome === 'done' || report.totals[outcome] > 0)
    .map((outcome) => `${report.totals[outcome]} ${words[outcome]}`);
  const { conflicts = [], skipped = [], problems = [] } = leftAlone ?? {};
  if (conflicts.length > 0)
    totals.push(`${conflicts.length} ${conflicts.length === 1 ? 'conflict' : 'conflicts'}`);
  if (skipped.length > 0) totals.push(`${skipped.length} skipped`);
  if (problems.length > 0) totals.push(`${problems.length} could not be listed`);
  const seconds = ((report.endedAt - report.startedAt) / 1000).toFixed(1);
  yield `${totals.join(', ')}; ${report.bytes} bytes in ${seconds} s`;
  if (report.kept)
    yield `${report.kept === 1 ? '1 old file is' : `${report.kept} old files are`} in the backup`;
}
