import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
import type { FileEntry } from '../remote/entry';
import { isSameFile } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { parentPath, type RemotePath } from '../remote/remotePath';

/** Deletes of what a listing didn't show, at once. */
const maxUnlistedConcurrency = 4;

/** A file to be deleted, as it was seen. */
export interface FileToDelete {
  readonly before: FileEntry;
}

/** Deletes to be made one by one under their own preconditions, and those of folders where so many go that they go in batches. */
export interface PartitionedDeletes<T> {
  readonly single: readonly T[];
  readonly byFolder: ReadonlyMap<RemotePath, readonly T[]>;
}

/** Sorts deletes by how they are to be made: in batches where so many of one folder go as make its listing (all its pages) worth while. */
export function partitionDeletes<T extends FileToDelete>(
  deletes: readonly T[],
  remote: Remote,
  batchThreshold: number,
): PartitionedDeletes<T> {
  const byFolder = new Map<RemotePath, T[]>();
  for (const item of deletes) {
    const folder = parentPath(item.before.path);
    const siblings = byFolder.get(folder);
    if (siblings) siblings.push(item);
    else byFolder.set(folder, [item]);
  }
  const single: T[] = [];
  for (const [folder, siblings] of byFolder)
    if (!remote.removeFiles || siblings.length < batchThreshold) {
      single.push(...siblings);
      byFolder.delete(folder);
    }
  return { single, byFolder };
}

/**
 * Deletes many files of one folder: its listing is read once more, and of each page those files go at once that are still
 * what was seen; those that it doesn't show go one by one. Between that look and the request there is no more time than between a look and a delete of one file. `ended` hears of each
 * file once, with its error or none: `notFound` when it was gone already, `changed` when it is no longer what was seen. Rejects only when
 * aborted; files not told of are then cancelled.
 */
export async function deleteInFolder<T extends FileToDelete>(
  folder: RemotePath,
  deletes: readonly T[],
  remote: Remote,
  ended: (item: T, error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const left = new Map(deletes.map((item) => [item.before.path, item]));
  try {
    for await (const page of remote.list(folder, {}, signal)) {
      const batch: T[] = [];
      for (const entry of page) {
        const item = entry.kind === 'file' ? left.get(entry.path) : undefined;
        if (!item || entry.kind !== 'file') continue;
        left.delete(entry.path);
        if (isSameFile(item.before, entry)) batch.push(item);
        else ended(item, new RemoteError('changed', `"${entry.path}" was changed by someone else.`));
      }
      await deleteBatch(batch, remote, ended, signal);
      if (left.size === 0) return;
    }
  } catch (error) {
    signal.throwIfAborted();
    // A folder that is gone has nothing left; that, too, is asked of each.
    if (!isRemoteError(error, 'notFound')) {
      for (const item of left.values()) ended(item, error);
      return;
    }
  }
  await deleteUnlisted([...left.values()], remote, ended, signal);
}

/**
 * What a listing doesn't show need not be gone: MinIO hides all below `name/` while there is an object `name`, and it would come back with
 * that object's end. So each is deleted by itself, under its own precondition.
 */
async function deleteUnlisted<T extends FileToDelete>(
  deletes: readonly T[],
  remote: Remote,
  ended: (item: T, error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const removeOne = async (item: T) => {
    const { before } = item;
    const error = await remote
      .removeFile(before.path, { kind: 'ifMatch', entry: before }, signal)
      .catch((cause: unknown) => cause);
    // What was aborted under way is no answer.
    if (error === undefined || isRemoteError(error) || !signal.aborted) ended(item, error);
  };
  await forEachConcurrent(deletes, new WeightedSemaphore(maxUnlistedConcurrency), () => 1, removeOne, signal);
  signal.throwIfAborted();
}

async function deleteBatch<T extends FileToDelete>(
  batch: readonly T[],
  remote: Remote,
  ended: (item: T, error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  if (batch.length === 0) return;
  let failures: ReadonlyMap<RemotePath, unknown>;
  try {
    failures = (await remote.removeFiles?.(
      batch.map((item) => item.before.path),
      signal,
    )) as ReadonlyMap<RemotePath, unknown>;
  } catch (error) {
    signal.throwIfAborted();
    failures = new Map(batch.map((item) => [item.before.path, error]));
  }
  for (const item of batch) ended(item, failures.get(item.before.path));
}
