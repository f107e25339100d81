import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { isWithin, type RemotePath, rootPath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import { factsOfListed, type ObjectFacts } from '../model/objectInfo';
import { type ObjectLocation, parseObjectPath, prefixOf } from '../model/objectKey';

/*
 * A HEAD of a missing object returns 403 unless the policy allows listing the whole bucket. A policy with a condition on `s3:prefix` may still
 * allow a listing of the key alone, which shows whether the object exists.
 */

/** Whether any key begins with `path/`, so that it is a folder with or without a marker. Throws `notFound` for a missing bucket. */
export async function isImpliedFolder(
  requests: S3Api,
  path: RemotePath,
  signal: AbortSignal,
): Promise<boolean> {
  const { bucket, key } = prefixOf(path);
  const { objects, undecodable } = await requests.list({ bucket, prefix: key, maxKeys: 1 }, signal);
  return objects.length + undecodable.length > 0;
}

/** The object at `place`; undefined when absent. Throws `forbidden` where neither a HEAD nor a listing is allowed. */
export async function headIfThere(
  requests: S3Api,
  place: ObjectLocation,
  signal: AbortSignal,
): Promise<ObjectFacts | undefined> {
  try {
    return await requests.head(place, signal);
  } catch (error) {
    if (isRemoteError(error, 'notFound')) return undefined;
    if (!isRemoteError(error, 'forbidden') || isDirectoryBucket(place.bucket)) throw error;
    const listed = await orDenial(() => requests.listed(place, signal));
    if (listed instanceof RemoteError) throw withReasonOf(error, listed);
    return listed && factsOfListed(listed, error);
  }
}

/** The file (as a listing shows it) or folder at a path whose HEAD was denied. Throws `notFound`, or `forbidden` with the reason of the listing. */
export async function statByListing(
  requests: S3Api,
  path: RemotePath,
  denied: RemoteError,
  signal: AbortSignal,
): Promise<ObjectFacts | 'folder'> {
  const place = parseObjectPath(path);
  const isFolder = await orDenial(() => isImpliedFolder(requests, path, signal));
  if (isFolder === true) return 'folder';
  const listed = isDirectoryBucket(place.bucket)
    ? denied
    : await orDenial(() => requests.listed(place, signal));
  if (listed instanceof RemoteError) {
    // A policy that allows listing below this name, but not the name itself, describes a folder, which may be empty.
    if (isFolder === false || (await isListableRoot(requests, path, signal))) return 'folder';
    throw withReasonOf(denied, isFolder);
  }
  if (listed) return factsOfListed(listed, denied);
  throw new RemoteError('notFound', `"${path}" does not exist.`, { cause: denied });
}

/** Throws `forbidden` unless the bucket or the root of the remote in it may be listed. */
export async function assertListable(
  requests: S3Api,
  bucket: string,
  denied: RemoteError,
  signal: AbortSignal,
): Promise<void> {
  const path = bucket as RemotePath;
  const found = await orDenial(() => isImpliedFolder(requests, path, signal));
  if (!(found instanceof RemoteError) || (await isListableRoot(requests, path, signal))) return;
  throw withReasonOf(denied, found);
}

/** Whether `path` is the root of the remote or above it, and the root may be listed. */
async function isListableRoot(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<boolean> {
  const { root } = requests.config;
  if (root === rootPath || !isWithin(root, path) || parseObjectPath(root).key === '') return false;
  return !((await orDenial(() => isImpliedFolder(requests, root, signal))) instanceof RemoteError);
}

/** The result, or the error when the request is not allowed. */
async function orDenial<T>(send: () => Promise<T>): Promise<T | RemoteError> {
  try {
    return await send();
  } catch (error) {
    if (isRemoteError(error, 'forbidden', 'unsupported')) return error;
    throw error;
  }
}

/** Adds the service's message for the listing, since the response to a HEAD has none. */
function withReasonOf(denied: RemoteError, listing: unknown): RemoteError {
  const reason = listing instanceof RemoteError ? / \S+ says: .*$/s.exec(listing.message)?.[0] : undefined;
  if (reason === undefined || denied.message.includes(' says: ')) return denied;
  const { code } = denied;
  const details = { cause: denied, ...(code !== undefined && { code }) };
  return new RemoteError('forbidden', `${denied.message}${reason}`, details);
}

/** Whether there is a folder and no object at `path`. A store on a file system shows an empty folder without a marker only to a HEAD of `path/`. */
export async function isFolderOnly(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<boolean> {
  if (await headIfThere(requests, parseObjectPath(path), signal)) return false;
  return (
    (await headIfThere(requests, prefixOf(path), signal)) !== undefined ||
    isImpliedFolder(requests, path, signal)
  );
}
