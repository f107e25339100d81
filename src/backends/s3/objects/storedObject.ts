import { createHash } from 'node:crypto';
import type { Precondition } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { isDirectoryBucket } from '../model/bucketNames';
import { etagIsMd5, md5OfEtag, unquotedEtag } from '../model/objectInfo';
import type { ObjectLocation } from '../model/objectKey';

/** Where an object is written, and under which condition. */
export interface WriteTarget {
  readonly path: RemotePath;
  readonly place: ObjectLocation;
  readonly precondition: Precondition;
}

/** A stored object, from the response to its write. */
export interface StoredObject {
  /** Without quotes. */
  readonly etag: string | undefined;
  /** Lower-case hex, of the sent content. */
  readonly md5: string | undefined;
  readonly serverSideEncryption: string | undefined;
  /** The object was stored between these times, in milliseconds by the clock of the service. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** The error for content that differs from the MD5 that the source announced. */
export function md5Mismatch(path: RemotePath): RemoteError {
  return new RemoteError(
    'corrupted',
    `The content for "${path}" was corrupted when it was read: its MD5 differs. Nothing was stored.`,
  );
}

/** Throws `corrupted` when the ETag shows that other content was stored, because the store ignores Content-MD5. */
export function checkStoredMd5(
  { path, place }: WriteTarget,
  etag: string | undefined,
  md5: string,
  serverSideEncryption: string | undefined,
): void {
  if (!etagIsMd5({ serverSideEncryption, customerKey: false }) || isDirectoryBucket(place.bucket)) return;
  const stored = md5OfEtag(etag);
  if (stored !== undefined && stored !== md5)
    throw new RemoteError('corrupted', `The service stored other content at "${path}" than was sent.`);
}

/** Throws `corrupted` for a wrong ETag of a multipart object. Only ETags in the form of S3's can be wrong; other stores have their own (H25). */
export function checkMultipartEtag(
  { path, place }: WriteTarget,
  { etag, serverSideEncryption }: Pick<StoredObject, 'etag' | 'serverSideEncryption'>,
  expected: string | undefined,
): void {
  if (expected === undefined || etag === undefined || serverSideEncryption?.startsWith('aws:kms')) return;
  if (isDirectoryBucket(place.bucket)) return;
  if (/^[0-9a-f]{32}-\d+$/.test(etag) && etag !== expected)
    throw new RemoteError('corrupted', `The service assembled the parts of "${path}" incorrectly.`);
}

/** The ETag that S3 gives to an object of parts with these MD5s (hex). Pure. */
export function multipartEtag(md5s: readonly string[]): string {
  const whole = createHash('md5');
  for (const md5 of md5s) whole.update(md5, 'hex');
  return `${whole.digest('hex')}-${md5s.length}`;
}

/**
 * The ETag of a part for CompleteMultipartUpload, with quotes; undefined when the response had none. A service or proxy that marks ETags as weak
 * (`W/"…"`) doesn't accept the mark. Pure.
 */
export function etagOfPart(header: string | undefined): string | undefined {
  const etag = unquotedEtag(header?.trim());
  return etag ? `"${etag}"` : undefined;
}
