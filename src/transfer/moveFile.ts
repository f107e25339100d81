import type { FileEntry } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { RemotePath } from '../remote/remotePath';
import { copyFile, missingWithin } from './copyFile';

/**
 * Moves one file to where nothing is: by the service itself where it can, else by a copy that is verified and durable before the file is removed
 * from its old place, and only if it still is what was copied. Gives the file at its new place. Throws `changed` when `file` is not, or no
 * longer, what was seen, and `alreadyExists` when something is at `to`; then nothing was done, save that the copy may be there.
 */
export async function moveFile(
  from: Remote,
  file: FileEntry,
  to: Remote,
  target: RemotePath,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void,
): Promise<FileEntry> {
  const guard = { must: 'beAbsent' } as const;
  if (from === to && to.moveWithin) {
    try {
      const moved = await to.moveWithin(file, target, guard, signal);
      onProgress?.(file.size);
      return checked(moved, file);
    } catch (error) {
      // The service may be unable to move this very file (too large, another region).
      if (!isRemoteError(error, 'unsupported')) throw await missingWithin(error, from, file, signal);
    }
  }
  const request = { from, source: file, to, target, guard, durable: true, ...(onProgress && { onProgress }) };
  const { entry } = await copyFile(request, signal);
  await removeCopied(from, file, signal);
  return entry;
}

/**
 * Removes a file of which there is a verified copy elsewhere, if it still is the one that was copied. Throws `changed`, in words that
 * tell of the copy, when it isn't.
 */
export async function removeCopied(remote: Remote, file: FileEntry, signal: AbortSignal): Promise<void> {
  try {
    await remote.removeFile(file.path, { must: 'beUnchanged', entry: file }, signal);
  } catch (error) {
    if (isRemoteError(error, 'notFound'))
      throw new RemoteError('changed', `"${file.path}" was copied, and already gone afterwards.`, {
        cause: error,
      });
    if (isRemoteError(error, 'changed', 'isAFolder'))
      throw new RemoteError(
        'changed',
        `"${file.path}" was copied, but has changed since then, so it stays.`,
        {
          cause: error,
        },
      );
    if (!isRemoteError(error)) throw error;
    const message = `"${file.path}" was copied, but could not be removed: ${error.message}`;
    throw new RemoteError(error.kind, message, { cause: error });
  }
}

function checked(moved: FileEntry, file: FileEntry): FileEntry {
  if (moved.size === file.size) return moved;
  throw new RemoteError(
    'damaged',
    `"${moved.path}" has ${moved.size} bytes after it was moved, where "${file.path}" had ${file.size}. Don't rely on it.`,
  );
}
