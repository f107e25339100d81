import type { Entry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { isRemoteError } from '../../remote/remoteError';
import { parentPath, type RemotePath } from '../../remote/remotePath';
import type { Conflict, PlanEndpoint } from '../model/plan';
import { foldedKey, type NameFolding } from './nameFolding';

/**
 * More folders than this are not looked at again: the names are a kindness to the reader, no part of the
 * decision.
 */
const maxFolders = 20;

/**
 * The conflicts, with the other name where it wasn't kept: of matched files only hashes of names are, so the
 * folder of each such conflict is listed once more. What can't be found that way stays unnamed.
 */
export async function findConflictingNames(
  conflicts: readonly Conflict[],
  source: PlanEndpoint,
  target: PlanEndpoint,
  folding: NameFolding,
  signal: AbortSignal,
): Promise<readonly Conflict[]> {
  const listed = {
    source: new Map<RemotePath, readonly Entry[]>(),
    target: new Map<RemotePath, readonly Entry[]>(),
  };
  const named: Conflict[] = [];
  for (const conflict of conflicts) {
    const file = conflict.source ?? conflict.target;
    if (conflict.because !== 'sameName' || conflict.with !== undefined || !file) {
      named.push(conflict);
      continue;
    }
    const name = conflict.source ? 'source' : 'target';
    const side = conflict.source ? source : target;
    const folder = parentPath(file.path);
    if (!listed[name].has(folder) && listed[name].size < maxFolders)
      listed[name].set(folder, await listEntries(side.remote, folder, signal));
    const key = foldedKey(file.path, folding);
    const twin = listed[name]
      .get(folder)
      ?.find(
        (entry) =>
          entry.kind === 'file' && entry.path !== file.path && foldedKey(entry.path, folding) === key,
      );
    const cut = side.root === '' ? 0 : side.root.length + 1;
    named.push(twin?.kind === 'file' ? { ...conflict, with: twin.path.slice(cut) } : conflict);
  }
  return named;
}

async function listEntries(
  remote: Remote,
  folder: RemotePath,
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const page of remote.list(folder, {}, signal)) entries.push(...page);
    return entries;
  } catch (error) {
    signal.throwIfAborted();
    // The plan is complete without this answer.
    if (isRemoteError(error)) return [];
    throw error;
  }
}
