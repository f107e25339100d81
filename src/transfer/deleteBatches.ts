import type { DeleteFile } from '../plan/plan';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { parentPath, type RemotePath } from '../remote/remotePath';
import { isSameFile } from '../remote/sameFile';
import { eachInSlots, Slots } from '../remote/slots';
import { removeSeen } from './runAction';

/** From so many deletes in one folder on, its listing is cheaper than two requests for each. */
const worthListing = 50;

/** Deletes of what a listing didn't show, at once. */
const unlistedAtOnce = 4;

/** Deletes to be made one by one under their own guards, and those of folders where so many go that they go in batches. */
export interface SortedDeletes {
  readonly single: readonly DeleteFile[];
  readonly byFolder: ReadonlyMap<RemotePath, readonly DeleteFile[]>;
}

/** Sorts deletes by how they are to be made. `listedFiles` is how many files the target has in all, which bounds what a folder's listing may cost. */
export function sortDeletes(
  deletes: readonly DeleteFile[],
  remote: Remote,
  listedFiles: number,
): SortedDeletes {
  const byFolder = new Map<RemotePath, DeleteFile[]>();
  for (const action of deletes) {
    const folder = parentPath(action.before.path);
    const siblings = byFolder.get(folder);
    if (siblings) siblings.push(action);
    else byFolder.set(folder, [action]);
  }
  const single: DeleteFile[] = [];
  for (const [folder, siblings] of byFolder)
    if (!remote.removeFiles || siblings.length < Math.max(worthListing, listedFiles / 1000)) {
      single.push(...siblings);
      byFolder.delete(folder);
    }
  return { single, byFolder };
}

/**
 * Deletes many files of one folder: its listing is read once more, and of each page those files go at once that are still
 * what was seen; those that it doesn't show go one by one. Between that look and the request there is no more time than between a look and a delete of one file. `ended` hears of each
 * action once, with its error or none. Rejects only when aborted; actions not told of are then cancelled.
 */
export async function deleteInFolder(
  folder: RemotePath,
  deletes: readonly DeleteFile[],
  remote: Remote,
  ended: (action: DeleteFile, error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const left = new Map(deletes.map((action) => [action.before.path, action]));
  try {
    for await (const page of remote.list(folder, {}, signal)) {
      const batch: DeleteFile[] = [];
      for (const entry of page) {
        const action = entry.kind === 'file' ? left.get(entry.path) : undefined;
        if (!action || entry.kind !== 'file') continue;
        left.delete(entry.path);
        if (isSameFile(action.before, entry)) batch.push(action);
        else ended(action, new RemoteError('changed', `"${entry.path}" was changed by someone else.`));
      }
      await deleteBatch(batch, remote, ended, signal);
      if (left.size === 0) return;
    }
  } catch (error) {
    signal.throwIfAborted();
    for (const action of left.values()) ended(action, error);
    return;
  }
  await deleteUnlisted([...left.values()], remote, ended, signal);
}

/**
 * What a listing doesn't show need not be gone: MinIO hides all below `name/` while there is an object `name`, and it would come back with
 * that object's end. So each is deleted by itself, under its own guard.
 */
async function deleteUnlisted(
  deletes: readonly DeleteFile[],
  remote: Remote,
  ended: (action: DeleteFile, error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const removeOne = async (action: DeleteFile) => {
    const error = await removeSeen(remote, action.before, signal).catch((cause: unknown) => cause);
    // What was aborted under way is no answer.
    if (error === undefined || isRemoteError(error) || !signal.aborted) ended(action, error);
  };
  await eachInSlots(deletes, new Slots(unlistedAtOnce), () => 1, removeOne, signal);
  signal.throwIfAborted();
}

async function deleteBatch(
  batch: readonly DeleteFile[],
  remote: Remote,
  ended: (action: DeleteFile, error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  if (batch.length === 0) return;
  let failures: ReadonlyMap<RemotePath, unknown>;
  try {
    failures = (await remote.removeFiles?.(
      batch.map((action) => action.before.path),
      signal,
    )) as ReadonlyMap<RemotePath, unknown>;
  } catch (error) {
    signal.throwIfAborted();
    failures = new Map(batch.map((action) => [action.before.path, error]));
  }
  for (const action of batch) ended(action, failures.get(action.before.path));
}
