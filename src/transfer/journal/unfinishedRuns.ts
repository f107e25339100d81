import path from 'node:path';
import type { Log } from '../../base/log';
import { type Place, samePlace } from '../../plan/model/plan';
import type { Endpoint } from '../../remote/endpoint';
import { targetOf } from '../runAction';
import { endRun, isRunId, unfinishedFile, unfinishedIds } from './journalFiles';
import type { RunPlaces } from './journalLines';
import { idsToContinue, type RecordedRun, readPlaces, readRun } from './recordedRun';

/** Milliseconds for removing what an unfinished write left. */
const discardMs = 30_000;

/** The folder of the journals. */
export function runsFolder(storageFolder: string): string {
  return path.join(storageFolder, 'runs');
}

/**
 * The runs that can be continued, newest first: neither complete nor among the ids of `inProgress`, of all processes. With `places` only
 * those between these. A journal that can't be read is left out.
 */
export async function unfinishedRuns(
  storageFolder: string | undefined,
  inProgress: () => Promise<ReadonlySet<string> | undefined>,
  places?: { readonly source: Place; readonly target: Place },
): Promise<readonly RecordedRun[]> {
  if (storageFolder === undefined) return [];
  const folder = runsFolder(storageFolder);
  const ids = await unfinishedIds(folder);
  if (ids.length === 0) return [];
  const running = await inProgress();
  const found: RecordedRun[] = [];
  for (const id of ids) {
    if (running?.has(id)) continue;
    const run = await readRun(unfinishedFile(folder, id)).catch(() => undefined);
    if (!run?.continuable || run.run !== id || idsToContinue(run).length === 0) continue;
    const { source, target } = run.plan;
    if (!places || (samePlace(source, places.source) && samePlace(target, places.target))) found.push(run);
  }
  return found;
}

/** Ends the unfinished run `id` and removes what its writes left on the target, which `open` opens. Throws errors of `node:fs`. */
export async function discardRun(
  storageFolder: string | undefined,
  id: string,
  open: (target: Place) => Promise<Endpoint>,
  log: Log,
): Promise<void> {
  if (storageFolder === undefined || !isRunId(id)) return;
  const folder = runsFolder(storageFolder);
  const run = await readRun(unfinishedFile(folder, id));
  await endRun(folder, id);
  if (run && run.facts.size > 0)
    await open(run.plan.target).then(
      (target) => discardWrites(run, target, log),
      (error: Error) => log.write('info', 'copy', `What an unfinished run left stays: ${error.message}`),
    );
}

/** Discards the unfinished runs that the new run `id` replaces: those of the same places, which its lock keeps out. Never rejects. */
export async function discardReplaced(
  folder: string,
  id: string,
  places: RunPlaces,
  target: Endpoint,
  log: Log,
): Promise<void> {
  for (const other of await unfinishedIds(folder)) {
    if (other === id) continue;
    const file = unfinishedFile(folder, other);
    const theirs = await readPlaces(file).catch(() => undefined);
    if (theirs?.source !== places.source || theirs.target !== places.target) continue;
    const run = await readRun(file).catch(() => undefined);
    await endRun(folder, other).catch(() => {});
    if (run) await discardWrites(run, target, log);
  }
}

/** Removes what the unfinished writes of a run left. Never rejects. */
async function discardWrites({ plan, facts }: RecordedRun, target: Endpoint, log: Log): Promise<void> {
  const { remote } = target;
  if (!remote.discardWrite) return;
  const limit = AbortSignal.timeout(discardMs);
  for (const action of plan.actions) {
    const recorded = facts.get(action.id);
    if (!recorded || (action.kind !== 'copyFile' && action.kind !== 'setTime')) continue;
    await remote.discardWrite(targetOf(action, target), recorded, limit).catch((error: unknown) => {
      log.write('info', 'copy', `What an unfinished write of ${action.path} left stays: ${String(error)}`);
    });
  }
}
