import type { ByteSource, FileFacts, Guard } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { isDirectoryBucket } from './bucketNames';
import { type ObjectPlace, placeOf } from './s3Keys';
import { etagIsMd5, md5OfEtag } from './s3Objects';

/** One file on its way up. */
export interface Upload {
  readonly path: RemotePath;
  readonly place: ObjectPlace;
  readonly body: ByteSource;
  readonly facts: FileFacts;
  readonly guard: Guard;
}

/** What a finished request told. */
export interface StoredAnswer {
  readonly etag: string | undefined;
  readonly md5: string | undefined;
  readonly serverSideEncryption: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** The source isn't what its MD5 says it is. */
export function notItsMd5(path: RemotePath): RemoteError {
  return new RemoteError(
    'damaged',
    `The content for "${path}" was read damaged: its MD5 is another. Nothing was stored.`,
  );
}

/** Throws `damaged` when the service says that it stored something else: a store that ignores Content-MD5. */
export function checkStoredMd5(
  path: RemotePath,
  etag: string | undefined,
  md5: string,
  serverSideEncryption: string | undefined,
): void {
  if (!etagIsMd5({ serverSideEncryption, customerKey: false }) || isDirectoryBucket(placeOf(path).bucket))
    return;
  const stored = md5OfEtag(etag);
  if (stored !== undefined && stored !== md5)
    throw new RemoteError('damaged', `The service stored other content at "${path}" than was sent.`);
}
