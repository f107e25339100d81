import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, systemClock } from '../base/clock';
import { backupPlace } from '../plan/build/backupPlace';
import { emptiedFolders } from '../plan/build/emptiedFolders';
import { backupProblem, overlapProblem } from '../plan/build/overlap';
import { PlanBuilder } from '../plan/build/planBuilder';
import type { ListingOutcome } from '../plan/build/planDraft';
import { executionOrder } from '../plan/build/planOrder';
import { planTotals } from '../plan/build/planTotals';
import { findRenames, type Rename } from '../plan/build/renames';
import { type ComparisonRules, comparesBySize, comparisonRules } from '../plan/compare/comparison';
import { type FactCounts, resolveComparisons } from '../plan/compare/resolveComparisons';
import { FileFolderConflicts } from '../plan/match/fileFolderConflicts';
import { findConflictingNames } from '../plan/match/nameConflicts';
import {
  type Action,
  type CopyFile,
  type DeleteFile,
  type Place,
  type Plan,
  type PlanEndpoint,
  type PlanProgress,
  placeText,
} from '../plan/model/plan';
import { type PlanOptions, wantsDeletes } from '../plan/model/planOptions';
import type { Endpoint } from '../remote/endpoint';
import { RemoteError } from '../remote/remoteError';
import { rootPath } from '../remote/remotePath';
import { listSides } from './listSides';

export interface PlanSyncRequest {
  readonly source: PlanEndpoint;
  readonly target: PlanEndpoint;
  readonly options: PlanOptions;
  readonly clock?: Clock;
  /** Opens the backup folder where the target is a folder of this machine, so that symlinks in its path are resolved. */
  readonly openPlace?: (place: Place) => Promise<Endpoint>;
}

/** Milliseconds between two progress reports. */
const progressIntervalMs = 50;
/** Milliseconds after which other tasks of the process get a turn. */
const maxTurnMs = 20;

/**
 * Lists both sides, compares them, and builds the plan. Writes nothing. Of unchanged files the plan keeps only their count, except in a
 * check. `onProgress` is called at most every 50 ms and once at the end. When aborted, rejects with the signal's reason.
 *
 * Throws RemoteError: `badSettings` when the places overlap (except in a check), when the target is a list of buckets, when the backup
 * folder is invalid or overlaps a side, and for a bad filter pattern; and every error of a listing, because an incomplete listing must
 * never become a plan.
 */
export async function planSync(
  request: PlanSyncRequest,
  signal: AbortSignal,
  onProgress: (progress: PlanProgress) => void = () => {},
): Promise<Plan> {
  const { source, target, options, clock = systemClock } = request;
  signal.throwIfAborted();
  const isCheck = options.verb === 'check';
  const overlap = isCheck ? undefined : overlapProblem(source, target);
  if (overlap !== undefined) throw new RemoteError('badSettings', overlap);
  const kinds = [source.place.kind, target.place.kind];
  // A virtual folder may be a folder of this machine under another name, which can't be detected.
  if (options.verb === 'move' && kinds.includes('uri') && kinds.includes('folder'))
    throw new RemoteError(
      'badSettings',
      "Files can't be moved between a virtual folder and a folder on this machine: both may be the same. Copy them, and delete the source yourself.",
    );
  const backup = isCheck ? undefined : await backupOf(request, clock.now());
  if (!isCheck) await rejectListOfBuckets(target, signal);

  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // A check writes nothing, so its names can't conflict.
  const { hasDirectories, oneKindPerName } = target.remote.capabilities;
  const clashes =
    (hasDirectories || oneKindPerName) && !isCheck
      ? new FileFolderConflicts(!hasDirectories && wantsDeletes(options))
      : undefined;
  const sides = await listSides(source, target, options, clashes, either, clock.now());
  const rules = rulesOf(request, options);
  const builder = new PlanBuilder({ source, target, options, folding: sides.folding, backup });
  const facts: FactCounts = { requested: 0, completed: 0 };
  const reportProgress = () =>
    onProgress({
      listed: { source: sides.source.files.files, target: sides.target.files.files },
      compared: { ...facts },
      actions: builder.actionCount,
    });

  let plan: Plan;
  let reportedAt = clock.now();
  let turnAt = reportedAt;
  try {
    const resolved = resolveComparisons(
      sides.matches,
      { source: source.remote, target: target.remote, rules, forCopying: !isCheck },
      facts,
      either,
    );
    for await (const batch of resolved) {
      for (const match of batch) builder.add(match);
      if (clock.now() - turnAt < maxTurnMs) continue;
      if (clock.now() - reportedAt >= progressIntervalMs) {
        reportProgress();
        reportedAt = clock.now();
      }
      await nextTurn();
      signal.throwIfAborted();
      turnAt = clock.now();
    }
    const outcome: ListingOutcome = {
      source: sides.source,
      target: sides.target,
      refused: clashes?.refused ?? new Map(),
      room: clashes?.room ?? new Map(),
    };
    // Each of these steps visits all actions.
    await nextTurn();
    const draft = builder.resolve(outcome);
    await nextTurn();
    const renames = await renamesOf(request, rules, draft.copies, draft.deletes, either);
    signal.throwIfAborted();
    plan = draft.build(renames);
    await nextTurn();
  } finally {
    // After an error, ends the listings and requests that are still running.
    stop.abort(new Error('The plan is finished.'));
  }
  reportProgress();
  const withoutTimes = (['source', 'target'] as const).filter(
    (side) => comparesBySize(rules) && request[side].remote.capabilities.timePrecisionNs === 'none',
  );
  const folders = await emptiedFolders(plan, source, target, sides.folding, signal);
  return {
    ...withActions(plan, folders),
    conflicts: await findConflictingNames(plan.conflicts, source, target, sides.folding, signal),
    ...(withoutTimes.length > 0 && { withoutTimes }),
  };
}

/** The plan with `more` actions. */
function withActions(plan: Plan, more: readonly Action[]): Plan {
  if (more.length === 0) return plan;
  const actions = executionOrder([...plan.actions, ...more], plan.options.deletes);
  return { ...plan, actions, totals: planTotals(actions, plan.conflicts, plan.skipped) };
}

function rulesOf({ source, target }: PlanSyncRequest, options: PlanOptions): ComparisonRules {
  return comparisonRules(
    options,
    { place: source.place, capabilities: source.remote.capabilities },
    { place: target.place, capabilities: target.remote.capabilities },
  );
}

/** The source files that the target has under another name, if the options track renames (R24). */
async function renamesOf(
  request: PlanSyncRequest,
  rules: ComparisonRules,
  copies: readonly CopyFile[],
  deletes: readonly DeleteFile[],
  signal: AbortSignal,
): Promise<readonly Rename[]> {
  const { source, target, options } = request;
  const { verb, trackRenames = 'none' } = options;
  if (verb !== 'sync' || trackRenames === 'none' || deletes.length === 0) return [];
  return findRenames(
    copies,
    deletes,
    {
      source: source.remote,
      target: target.remote,
      rules,
      times: rulesOf(request, { ...options, compare: 'rclone' }),
      tracking: trackRenames,
    },
    signal,
  );
}

/** The backup of overwritten and deleted files, checked; undefined without one (R23). */
async function backupOf(
  { source, target, options, openPlace }: PlanSyncRequest,
  nowMs: number,
): Promise<Place | undefined> {
  if (options.backupFolder === undefined) return undefined;
  const place = backupPlace(options.backupFolder, target.place, nowMs);
  const { names } = target.remote.capabilities;
  const unopened = { remote: { capabilities: { names } }, root: rootPath };
  const endpoint =
    place.kind === 'remote'
      ? { remote: target.remote, root: place.path }
      : ((await openPlace?.(place)) ?? unopened);
  const problem = backupProblem({ place, ...endpoint }, source, target);
  if (problem !== undefined) throw new RemoteError('badSettings', problem);
  return place;
}

/** Files can't be stored beside buckets. One error before the plan replaces an error for every file. */
async function rejectListOfBuckets(
  { remote, root, place }: PlanEndpoint,
  signal: AbortSignal,
): Promise<void> {
  if (place.kind !== 'remote' || root !== '') return;
  for await (const page of remote.list(root, { pageSize: 1 }, signal))
    for (const entry of page)
      if (entry.kind === 'folder' && entry.role === 'bucket')
        throw new RemoteError(
          'badSettings',
          `The target ${placeText(place)} is a list of buckets. Choose one of them, as in ${placeText(place)}${entry.path}.`,
        );
}
