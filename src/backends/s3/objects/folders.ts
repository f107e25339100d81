import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { serviceName } from '../errors/errorText';
import type { S3Api } from '../http/s3Api';
import { checkKeyLength, parseObjectPath, prefixOf } from '../model/objectKey';
import { deleteKey } from './deleting';
import { assertListable, headIfThere, isImpliedFolder } from './lookup';
import { alreadyThere } from './preconditions';

/** Throws `notFound` or `forbidden` unless the bucket exists and may be used. */
export async function checkBucket(requests: S3Api, bucket: string, signal: AbortSignal): Promise<void> {
  try {
    await requests.sendCommand({ bucket }, (sdk) => new sdk.HeadBucketCommand({ Bucket: bucket }), signal);
  } catch (error) {
    // The response to a HEAD has no body; here only the bucket can be missing.
    if (isRemoteError(error, 'notFound'))
      throw new RemoteError(
        'notFound',
        `There is no bucket "${bucket}" at ${serviceName(requests.config)}.`,
        {
          cause: error,
          code: 'NoSuchBucket (404)',
        },
      );
    if (!isRemoteError(error, 'forbidden')) throw error;
    await assertListable(requests, bucket, error, signal);
  }
}

/** Creates the marker of a folder: an empty object whose key ends in a slash. Never creates a bucket. */
export async function makeFolder(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (path === '') return;
  const { bucket, key } = parseObjectPath(path);
  if (key === '') {
    try {
      return await checkBucket(requests, bucket, signal);
    } catch (error) {
      if (!isRemoteError(error, 'notFound')) throw error;
      throw new RemoteError(
        'unsupported',
        `There is no bucket "${bucket}". Create it with the command New Bucket.`,
        { cause: error },
      );
    }
  }
  checkKeyLength(`${key}/`);
  const exists = await folderExists(requests, path, signal);
  if (exists) return;
  const marker = { Key: `${key}/`, Body: '', ContentLength: 0, ContentType: 'application/x-directory' };
  const input = { Bucket: bucket, ...marker, ...(exists === undefined && { IfNoneMatch: '*' }) };
  try {
    await requests.sendCommand({ bucket, path }, (sdk) => new sdk.PutObjectCommand(input), signal);
  } catch (error) {
    if (!(exists === undefined && isRemoteError(error, 'changed'))) throw error;
  }
}

/** Undefined where neither HEAD nor listing is allowed: then only the condition of the marker's PUT applies. Throws `alreadyExists` for a file. */
async function folderExists(
  requests: S3Api,
  path: RemotePath,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  try {
    if (await headIfThere(requests, parseObjectPath(path), signal)) throw alreadyThere(path);
    // Finds a marker with content as well, which must not be overwritten.
    return await isImpliedFolder(requests, path, signal);
  } catch (error) {
    const isEnforced = requests.config.conditionalWrites === 'enforced';
    if (isRemoteError(error, 'forbidden') && isEnforced) return undefined;
    throw error;
  }
}

/** Removes the marker of an empty folder, or an empty bucket. Throws `notEmpty` and `notFound`. */
export async function removeFolder(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { bucket, key } = prefixOf(path);
  if (path === '') throw new RemoteError('unsupported', "The list of buckets can't be removed.");
  if (key === '') {
    await requests.sendCommand({ bucket }, (sdk) => new sdk.DeleteBucketCommand({ Bucket: bucket }), signal);
    return;
  }
  const { objects, undecodable } = await requests.list({ bucket, prefix: key, maxKeys: 2 }, signal);
  const marker = objects.find((object) => object.key === key);
  if (objects.length + undecodable.length === 0)
    throw new RemoteError('notFound', `There is no folder "${path}".`);
  if (!marker || marker.size > 0 || objects.length + undecodable.length > 1)
    throw new RemoteError('notEmpty', `The folder "${path}" is not empty.`);
  await deleteKey(requests, { bucket, key }, signal);
}

/** Removes the marker of a folder, unless the marker has content. */
export async function removeMarker(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const marker = prefixOf(path);
  if (marker.key === '' || (await headIfThere(requests, marker, signal))?.size !== 0) return;
  await deleteKey(requests, marker, signal);
}
