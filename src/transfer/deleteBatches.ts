import { groupBy } from '../base/groupBy';
import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
import { type FileEntry, isSameFile } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { parentPath, type RemotePath } from '../remote/remotePath';

/** Concurrent deletes of files that a listing didn't show. */
const maxUnlistedConcurrency = 4;

/** A file to delete, as it was listed. */
export interface FileToDelete {
  readonly before: FileEntry;
}

/**
 * Separates the folders with at least `batchThreshold` deletes, where a listing pays off, from single deletes with a request and a
 * precondition each.
 */
export function partitionDeletes<T extends FileToDelete>(
  deletes: readonly T[],
  remote: Remote,
  batchThreshold: number,
): { readonly single: readonly T[]; readonly byFolder: ReadonlyMap<RemotePath, readonly T[]> } {
  const byFolder = groupBy(deletes, ({ before }) => parentPath(before.path));
  const single: T[] = [];
  for (const [folder, siblings] of byFolder)
    if (!remote.removeFiles || siblings.length < batchThreshold) {
      single.push(...siblings);
      byFolder.delete(folder);
    }
  return { single, byFolder };
}

/**
 * Deletes many files of one folder: lists it again and removes the unchanged files of each page by one request, as soon after the
 * check as a single delete would be. Files that the listing doesn't show are deleted one by one. `ended` receives each file once,
 * with its error or undefined: `notFound` when it was gone, `changed` when it differs. Rejects only when aborted; the files that
 * `ended` has not received are cancelled then.
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
    // In a missing folder, each file is checked by its own delete.
    if (!isRemoteError(error, 'notFound')) {
      for (const item of left.values()) ended(item, error);
      return;
    }
  }
  await deleteUnlisted([...left.values()], remote, ended, signal);
}

/**
 * A file that a listing doesn't show may exist: MinIO hides everything below `name/` while an object `name` exists. So each file is
 * deleted by itself, under its precondition.
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
    // After an abort the outcome is unknown.
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
  const paths = batch.map(({ before }) => before.path);
  try {
    const failures = (await remote.removeFiles?.(paths, signal)) as ReadonlyMap<RemotePath, unknown>;
    for (const item of batch) ended(item, failures.get(item.before.path));
  } catch (error) {
    signal.throwIfAborted();
    for (const item of batch) ended(item, error);
  }
}
