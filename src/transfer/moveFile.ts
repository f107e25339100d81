import type { FileEntry } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { RemotePath } from '../remote/remotePath';
import { removingCopied } from '../remote/removeCopied';
import { classifyNotFound, copyFile } from './copyFile';

/**
 * Moves one file to a free path: on the server where possible, else by a copy that is verified and durable before the unchanged
 * source is removed. Returns the file at its new path. Throws `changed` when the source differs from `file`, and `alreadyExists` when
 * `target` is taken; then nothing was done, except that the copy may exist.
 */
export async function moveFile(
  from: Remote,
  file: FileEntry,
  to: Remote,
  target: RemotePath,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void,
): Promise<FileEntry> {
  const precondition = { kind: 'ifAbsent' } as const;
  if (from === to && to.serverSideMove) {
    try {
      const moved = await to.serverSideMove(file, target, precondition, signal);
      onProgress?.(file.size);
      return verifySize(moved, file);
    } catch (error) {
      // The service may be unable to move this file (too large, another region).
      if (!isRemoteError(error, 'unsupported') || error.copied)
        throw await classifyNotFound(error, from, file, signal);
    }
  }
  const request = { from, source: file, to, target, precondition, durable: true };
  const { entry } = await copyFile({ ...request, ...(onProgress && { onProgress }) }, signal);
  await removeCopied(from, file, signal);
  return entry;
}

/** Removes a file that has a verified copy, if it is unchanged. Throws as `removingCopied`. */
export function removeCopied(remote: Remote, entry: FileEntry, signal: AbortSignal): Promise<void> {
  const { path } = entry;
  return removingCopied(path, () => remote.removeFile(path, { kind: 'ifMatch', entry }, signal));
}

function verifySize(moved: FileEntry, file: FileEntry): FileEntry {
  if (moved.size === file.size) return moved;
  throw new RemoteError(
    'corrupted',
    `"${moved.path}" has ${moved.size} bytes after it was moved, where "${file.path}" had ${file.size}. Don't rely on it.`,
  );
}
