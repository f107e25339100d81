import { matchKey } from '../../remote/capabilities';
import type { Entry, FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { isRemoteError } from '../../remote/remoteError';
import { parentPath, type RemotePath, relativePath } from '../../remote/remotePath';
import type { Conflict, PlanEndpoint } from '../model/plan';
import type { NameFolding } from './nameFolding';

/** No more folders are listed, because the names only make the report clearer and decide nothing. */
const maxFolders = 20;

/**
 * The conflicts with the other name filled in. The join keeps only hashes of matched names, so the folder of each `sameName` conflict is
 * listed again, up to 20 folders. A name that isn't found stays absent.
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
    const key = matchKey(file.path, folding);
    const duplicate = listed[name]
      .get(folder)
      ?.find(
        (entry): entry is FileEntry =>
          entry.kind === 'file' && entry.path !== file.path && matchKey(entry.path, folding) === key,
      );
    named.push(duplicate ? { ...conflict, with: relativePath(duplicate.path, side.root) } : conflict);
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
    // The plan is complete without this name.
    if (isRemoteError(error)) return [];
    throw error;
  }
}
