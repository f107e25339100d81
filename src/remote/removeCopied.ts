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
    const { kind, message, retryAfterMs, code, command, signIn } = error;
    if (kind === 'notFound' || kind === 'changed' || kind === 'isAFolder') {
      const reason = kind === 'notFound' ? 'but is gone now' : 'but has changed since then, so it stays';
      throw new RemoteError('changed', `"${path}" was copied, ${reason}.`, { cause: error });
    }
    throw new RemoteError(kind, `"${path}" was copied; the source could not be removed: ${message}`, {
      cause: error,
      copied: true,
      retryAfterMs,
      code,
      command,
      signIn,
    });
  }
}
