import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { sendCommand } from '../http/sendCommand';
import {
  aboutObject,
  checkKeyLength,
  type ObjectLocation,
  parseObjectPath,
  prefixOf,
} from '../model/objectKey';
import { headIfThere, isImpliedFolder, lookIntoBucket } from './lookup';

/** Throws `notFound` or `forbidden` unless the bucket is there and may be used. */
export async function checkBucket(requests: S3Api, bucket: string, signal: AbortSignal): Promise<void> {
  try {
    await sendCommand(requests, { bucket }, (sdk) => new sdk.HeadBucketCommand({ Bucket: bucket }), signal);
  } catch (error) {
    // A HEAD's answer has no body, so it can't say what is missing; here it can only be the bucket.
    if (isRemoteError(error, 'notFound')) throw noBucket(requests, bucket, error);
    if (!isRemoteError(error, 'forbidden')) throw error;
    await lookIntoBucket(requests, bucket, error, signal);
  }
}

function noBucket(requests: S3Api, bucket: string, cause?: unknown): RemoteError {
  const where = requests.config.endpoint === undefined ? 'AWS S3' : new URL(requests.config.endpoint).host;
  return new RemoteError('notFound', `There is no bucket "${bucket}" at ${where}.`, {
    cause,
    code: 'NoSuchBucket (404)',
  });
}

/** Makes the marker of a folder, an empty object whose key ends in a slash. A bucket is never made by this. */
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
        `There is no bucket "${bucket}". Make it with the command New Bucket.`,
        { cause: error },
      );
    }
  }
  checkKeyLength(`${key}/`);
  const isNew = await isRoomForFolder(requests, path, signal);
  if (isNew === 'no') return;
  try {
    await putMarker(requests, { bucket, key: `${key}/` }, path, isNew === 'unknown', signal);
  } catch (error) {
    if (!(isNew === 'unknown' && isRemoteError(error, 'changed'))) throw error;
  }
}

/** Whether there is neither folder nor file. Where looking isn't allowed, the marker's own condition has to do. Throws `alreadyExists`. */
async function isRoomForFolder(
  requests: S3Api,
  path: RemotePath,
  signal: AbortSignal,
): Promise<'yes' | 'no' | 'unknown'> {
  try {
    if (await headIfThere(requests, parseObjectPath(path), signal))
      throw new RemoteError('alreadyExists', `There is a file "${path}" already.`);
    // Also spares a marker that has content: it would be overwritten.
    return (await isImpliedFolder(requests, path, signal)) ? 'no' : 'yes';
  } catch (error) {
    const isEnforced = requests.config.conditionalWrites === 'enforced';
    if (isRemoteError(error, 'forbidden') && isEnforced) return 'unknown';
    throw error;
  }
}

async function putMarker(
  requests: S3Api,
  { bucket, key }: ObjectLocation,
  path: RemotePath,
  onlyNew: boolean,
  signal: AbortSignal,
): Promise<void> {
  await sendCommand(
    requests,
    { bucket, path },
    (sdk) =>
      new sdk.PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: '',
        ContentLength: 0,
        ContentType: 'application/x-directory',
        ...(onlyNew && { IfNoneMatch: '*' }),
      }),
    signal,
  );
}

/**
 * Removes a folder's marker, or an empty bucket. Throws `notEmpty` when something else is below, `notFound` when nothing is there.
 */
export async function removeFolder(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { bucket, key } = prefixOf(path);
  if (path === '') throw new RemoteError('unsupported', "The list of buckets can't be removed.");
  if (key === '') {
    await sendCommand(requests, { bucket }, (sdk) => new sdk.DeleteBucketCommand({ Bucket: bucket }), signal);
    return;
  }
  const { objects, undecodable } = await requests.list({ bucket, prefix: key, maxKeys: 2 }, signal);
  const marker = objects.find((object) => object.key === key);
  if (objects.length + undecodable.length === 0)
    throw new RemoteError('notFound', `There is no folder "${path}".`);
  if (!marker || marker.size > 0 || objects.length + undecodable.length > 1)
    throw new RemoteError('notEmpty', `The folder "${path}" is not empty.`);
  await sendCommand(
    requests,
    aboutObject({ bucket, key }),
    (sdk) => new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }),
    signal,
  );
}

/** Removes the marker of a folder and nothing else; one that has content stays. */
export async function removeMarker(requests: S3Api, path: RemotePath, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const marker = prefixOf(path);
  if (marker.key === '' || (await headIfThere(requests, marker, signal))?.size !== 0) return;
  await sendCommand(
    requests,
    aboutObject(marker),
    (sdk) => new sdk.DeleteObjectCommand({ Bucket: marker.bucket, Key: marker.key }),
    signal,
  );
}
