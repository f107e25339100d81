import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { isWithin, type RemotePath, rootPath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import { factsOfListed, type ObjectFacts } from '../model/objectInfo';
import { type ObjectLocation, parseObjectPath, prefixOf } from '../model/objectKey';

/**
 * A HEAD is answered "access denied" for what may not be read, and, where the policy allows no listing of the whole bucket, for what isn't
 * there as well. A listing of just that may be allowed (a policy with a condition on `s3:prefix`), and tells which it is.
 */

/** Whether some key begins with `path/`: then it is a folder, whether or not it has a marker. Throws `notFound` for a missing bucket. */
export async function isImpliedFolder(
  requests: S3Api,
  path: RemotePath,
  signal: AbortSignal,
): Promise<boolean> {
  const { bucket, key } = prefixOf(path);
  const answer = await requests.list({ bucket, prefix: key, maxKeys: 1 }, signal);
  return answer.objects.length + answer.undecodable.length > 0;
}

/** What is at `place`, undefined when nothing is. Throws `forbidden` where neither a HEAD nor a listing is allowed. */
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
    const listed = await allowed(error, () => requests.listed(place, signal));
    return listed && factsOfListed(listed, error);
  }
}

/** What a HEAD that was refused leaves open: a file, as a listing shows it, or a folder. Throws `notFound`, or `forbidden` with what is known of the reason. */
export async function lookByListing(
  requests: S3Api,
  path: RemotePath,
  denied: RemoteError,
  signal: AbortSignal,
): Promise<ObjectFacts | 'folder'> {
  const place = parseObjectPath(path);
  const isFolder = await unlessDenied(() => isImpliedFolder(requests, path, signal));
  if (isFolder === true) return 'folder';
  const listed = isDirectoryBucket(place.bucket)
    ? denied
    : await unlessDenied(() => requests.listed(place, signal));
  if (listed instanceof RemoteError) {
    // What may be listed below this name, and not the name itself, is the folder that a policy is about, empty or not.
    if (isFolder === false || (await leadsToRoot(requests, path, signal))) return 'folder';
    throw withWordsOf(denied, isFolder);
  }
  if (listed) return factsOfListed(listed, denied);
  throw new RemoteError('notFound', `"${path}" does not exist.`, { cause: denied });
}

/** Throws `forbidden` unless something of the bucket may be listed: all of it, or what the remote is confined to. */
export async function lookIntoBucket(
  requests: S3Api,
  bucket: string,
  denied: RemoteError,
  signal: AbortSignal,
): Promise<void> {
  const path = bucket as RemotePath;
  const found = await unlessDenied(() => isImpliedFolder(requests, path, signal));
  if (!(found instanceof RemoteError) || (await leadsToRoot(requests, path, signal))) return;
  throw withWordsOf(denied, found);
}

/** Whether `path` is on the way to the root of the remote, or that itself, and that may be listed. */
async function leadsToRoot(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<boolean> {
  const { root } = requests.config;
  if (root === rootPath || !isWithin(root, path) || parseObjectPath(root).key === '') return false;
  return !((await unlessDenied(() => isImpliedFolder(requests, root, signal))) instanceof RemoteError);
}

/** The answer, or the refusal where asking isn't allowed either. */
async function unlessDenied<T>(ask: () => Promise<T>): Promise<T | RemoteError> {
  try {
    return await ask();
  } catch (error) {
    if (isRemoteError(error, 'forbidden', 'unsupported')) return error;
    throw error;
  }
}

async function allowed<T>(denied: RemoteError, ask: () => Promise<T>): Promise<T> {
  const answer = await unlessDenied(ask);
  if (answer instanceof RemoteError) throw withWordsOf(denied, answer);
  return answer;
}

/** The answer to a HEAD has no words; those to the listing that followed are the next best. */
function withWordsOf(denied: RemoteError, listing: unknown): RemoteError {
  const words = listing instanceof RemoteError ? / \S+ says: .*$/s.exec(listing.message)?.[0] : undefined;
  if (words === undefined || denied.message.includes(' says: ')) return denied;
  const { code } = denied;
  return new RemoteError('forbidden', `${denied.message}${words}`, {
    cause: denied,
    ...(code !== undefined && { code }),
  });
}

/**
 * Whether there is a folder at `path` and no object, as far as looking tells. A store on a file system may show an empty folder that has
 * no marker only to a HEAD of `path/`.
 */
export async function isFolderOnly(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<boolean> {
  if (await headIfThere(requests, parseObjectPath(path), signal)) return false;
  return (
    (await headIfThere(requests, prefixOf(path), signal)) !== undefined ||
    isImpliedFolder(requests, path, signal)
  );
}
