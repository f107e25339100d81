import type { Entry, FileEntry } from './entry';
import type { Remote } from './remote';
import { isRemoteError, type RemoteErrorKind } from './remoteError';
import type { RemotePath } from './remotePath';

/** A folder of a remote. Paths in plans, listings and runs are relative to `root`. */
export interface Endpoint {
  readonly remote: Remote;
  readonly root: RemotePath;
}

/**
 * The entry at `path`, or undefined when nothing is there. Errors of the kinds in `alsoAbsent` count as absence too; every other
 * error of `stat` is thrown.
 */
export async function statIfExists(
  remote: Pick<Remote, 'stat'>,
  path: RemotePath,
  signal: AbortSignal,
  ...alsoAbsent: RemoteErrorKind[]
): Promise<Entry | undefined> {
  try {
    return await remote.stat(path, signal);
  } catch (error) {
    if (isRemoteError(error, 'notFound', ...alsoAbsent)) return undefined;
    throw error;
  }
}

/** As `statIfExists`, for files only: undefined for a folder or an unsupported entry. */
export async function fileIfExists(
  remote: Pick<Remote, 'stat'>,
  path: RemotePath,
  signal: AbortSignal,
  ...alsoAbsent: RemoteErrorKind[]
): Promise<FileEntry | undefined> {
  const entry = await statIfExists(remote, path, signal, ...alsoAbsent);
  return entry?.kind === 'file' ? entry : undefined;
}
