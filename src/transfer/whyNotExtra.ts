import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { joinPath, type RemotePath } from '../remote/remotePath';

/**
 * Why a file that only the target had when the plan was made must stay, as an error to report: `path` is (or may be) there again on the
 * source. Undefined when it isn't, or when the source is no disk here, so that it can't be asked for nothing. A preview may be looked at
 * for hours, and a file that came back meanwhile keeps its copy.
 */
export async function whyNotExtra(
  { remote, root }: { readonly remote: Remote; readonly root: RemotePath },
  path: RemotePath,
  signal: AbortSignal,
): Promise<unknown> {
  if (!remote.capabilities.cheapReads) return undefined;
  try {
    // A folder is no twin of the target's file.
    if ((await remote.stat(joinPath(root, path), signal)).kind === 'folder') return undefined;
    return new RemoteError('changed', `"${path}" is there again on the source.`);
  } catch (error) {
    return isRemoteError(error, 'notFound', 'badName') ? undefined : error;
  }
}
