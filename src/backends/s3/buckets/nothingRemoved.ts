import { RemoteError } from '../../../remote/remoteError';

/** The error of a removal that ended before anything was removed. */
export function nothingRemoved(kind: RemoteError['kind'], reason: string, cause?: unknown): RemoteError {
  return new RemoteError(kind, `${reason} Nothing was removed.`, { cause });
}
