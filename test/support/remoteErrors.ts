import { isRemoteError, type RemoteErrorKind } from '../../src/remote/remoteError';

/** For `assert.throws` and `assert.rejects`: a RemoteError of this kind, with a message that matches. */
export function ofKind(kind: RemoteErrorKind, message = /./): (error: unknown) => boolean {
  return (error) => isRemoteError(error, kind) && message.test(error.message);
}
