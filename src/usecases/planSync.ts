import { setImmediate as nextTurn } from 'node:timers/promises';
import { PlanBuilder } from '../plan/buildPlan';
import { comparesBySize, comparisonRules } from '../plan/comparison';
import { FolderClashes } from '../plan/folderClashes';
import { nameTwins } from '../plan/nameTwins';
import type { Plan, PlanProgress } from '../plan/plan';
import type { PlanOptions } from '../plan/planOptions';
import { type FactCounts, resolveFacts } from '../plan/resolveFacts';
import { overlapProblem, placeText } from '../plan/safety';
import type { Side } from '../plan/side';
import { type Clock, systemClock } from '../remote/clock';
import { RemoteError } from '../remote/remoteError';
import { listSides } from './listSides';

export interface PlanSyncRequest {
  readonly source: Side;
  readonly target: Side;
  readonly options: PlanOptions;
  readonly clock?: Clock;
}

/** Milliseconds between two reports of progress, and the longest that others wait for a turn. */
const progressEveryMs = 50;

/**
 * Lists both sides, decides, and gives the Plan. Writes nothing; holds of unchanged files only a tally.
 *
 * Throws RemoteError: `badSettings` when the places overlap (naming both), the target is no bucket, or a
 * filter pattern is bad; whatever a listing throws, so that a failed or cut listing never becomes a plan.
 * When cancelled it rejects with the signal's reason. `onProgress` is called at most every 50 ms and once at
 * the end.
 */
export async function planSync(
  request: PlanSyncRequest,
  signal: AbortSignal,
  onProgress: (progress: PlanProgress) => void = () => {},
): Promise<Plan> {
  const { source, target, options, clock = systemClock } = request;
  signal.throwIfAborted();
  const overlap = overlapProblem(source, target);
  if (overlap !== undefined) throw new RemoteError('badSettings', overlap);

  await refuseListOfBuckets(target, signal);

  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const clashes = target.remote.capabilities.realFolders ? new FolderClashes() : undefined;
  const sides = listSides(source, target, options, clashes, either);
  const rules = comparisonRules(
    options.compare,
    { place: source.place, capabilities: source.remote.capabilities },
    { place: target.place, capabilities: target.remote.capabilities },
  );
  const builder = new PlanBuilder({ source, target, options, folding: sides.folding });
  const facts: FactCounts = { asked: 0, answered: 0 };
  const tell = () =>
    onProgress({
      listed: { source: sides.source.files.files, target: sides.target.files.files },
      compared: { ...facts },
      actions: builder.actionCount,
    });

  let toldAt = clock.now();
  try {
    const judged = resolveFacts(
      sides.matches,
      { source: source.remote, target: target.remote, rules, forCopying: true },
      facts,
      either,
    );
    for await (const batch of judged) {
      for (const one of batch) builder.add(one);
      if (clock.now() - toldAt < progressEveryMs) continue;
      tell();
      await nextTurn();
      signal.throwIfAborted();
      toldAt = clock.now();
    }
  } finally {
    // Whatever is still listing or asking on the other side ends with this.
    stop.abort(new Error('The plan is finished.'));
  }
  tell();
  const plan = builder.finish({
    source: sides.source,
    target: sides.target,
    refused: clashes?.refused ?? new Map(),
  });
  const withoutTimes = comparesBySize(rules)
    ? (['source', 'target'] as const).filter(
        (side) => request[side].remote.capabilities.timePrecisionNs === 'none',
      )
    : [];
  return {
    ...plan,
    conflicts: await nameTwins(plan.conflicts, source, target, sides.folding, signal),
    ...(withoutTimes.length > 0 && { withoutTimes }),
  };
}

/** Files can't lie beside buckets; found out now, every single one of them needn't fail later. */
async function refuseListOfBuckets({ remote, root, place }: Side, signal: AbortSignal): Promise<void> {
  if (place.kind !== 'remote' || root !== '') return;
  for await (const page of remote.list(root, { pageSize: 1 }, signal))
    for (const entry of page)
      if (entry.kind === 'folder' && entry.role === 'bucket')
        throw new RemoteError(
          'badSettings',
          `The target ${placeText(place)} is a list of buckets. Choose one of them, as in ${placeText(place)}${entry.path}.`,
        );
}
