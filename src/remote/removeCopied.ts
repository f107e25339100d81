import { isRemoteError, RemoteError } from './remoteError';
import type { RemotePath } from './remotePath';

/**
 * The second half of a move: `remove` removes the file at `path`, which has a verified copy, under the precondition that it is
 * unchanged. Throws `changed` with a message about the copy when the file changed or is gone; every other error carries `copied`.
 */
export async function removingCopied<T>(path: RemotePath, remove: () => Promise<T>): Promise<T> {
  try {
    return await remove();
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    const { kind, retryAfterMs, code, command } = error;
    if (kind === 'notFound')
      throw new RemoteError('changed', `"${path}" was copied, and already gone afterwards.`, {
        cause: error,
      });
    if (kind === 'changed' || kind === 'isAFolder')
      throw new RemoteError('changed', `"${path}" was copied, but has changed since then, so it stays.`, {
        cause: error,
      });
    throw new RemoteError(kind, `"${path}" was copied; the source could not be removed: ${error.message}`, {
      cause: error,
      copied: true,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(code !== undefined && { code }),
      ...(command !== undefined && { command }),
      ...(error.signIn && { signIn: true }),
    });
  }
}
