import { percentEncode } from '../../../base/encoding';
import type { Entry, UnsupportedReason } from '../../../remote/entry';
import { RemoteError } from '../../../remote/remoteError';
import { pathProblem, type RemotePath } from '../../../remote/remotePath';
import { bucketLength } from './bucketNames';

/** The bucket (or access point ARN) and the key of an object. */
export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
}

/** S3's limit for a key. */
const maxKeyBytes = 1024;

/** Bucket and key of `path`. The key is empty for a bucket, and both are empty for the list of buckets. */
export function parseObjectPath(path: RemotePath): ObjectLocation {
  const length = bucketLength(path);
  return { bucket: path.slice(0, length), key: path.slice(length + 1) };
}

/** As `parseObjectPath`, for a file. Throws `isAFolder` for a bucket or the list of buckets, `badName` for a key that is too long. */
export function parseFilePath(path: RemotePath): ObjectLocation {
  const place = parseObjectPath(path);
  if (place.key === '')
    throw new RemoteError(
      'isAFolder',
      path === '' ? 'The list of buckets is not a file.' : `"${path}" is a bucket, not a file.`,
    );
  checkKeyLength(place.key);
  return place;
}

/** Throws `badName` when `key` is longer than S3 allows. */
export function checkKeyLength(key: string): void {
  if (key.length * 3 > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes)
    throw new RemoteError(
      'badName',
      `The key "${shorten(key)}" is longer than the ${maxKeyBytes} bytes that S3 allows.`,
    );
}

/** The bucket, and the prefix of the keys below `folder`: empty for a bucket, else the folder's key and a slash. */
export function prefixOf(folder: RemotePath): ObjectLocation {
  const place = parseObjectPath(folder);
  return place.key === '' ? place : { bucket: place.bucket, key: `${place.key}/` };
}

/** The path of a key, or the reason why it has none. */
export function pathOfKey(bucket: string, key: string): RemotePath | UnsupportedReason {
  const text = `${bucket}/${key}`;
  if (pathProblem(text) === undefined) return text as RemotePath;
  return unusableReason(key);
}

function unusableReason(key: string): UnsupportedReason {
  if (key.includes('\0')) return 'invalidText';
  const parts = key.split('/');
  if (parts.slice(0, -1).includes('') || key === '/' || key === '') return 'emptyPart';
  if (parts.includes('.') || parts.includes('..')) return 'dotPart';
  return 'nonEmptyFolderMarker';
}

const reasons = new Set<string>([
  'emptyPart',
  'dotPart',
  'nonEmptyFolderMarker',
  'invalidText',
] satisfies UnsupportedReason[]);

/** Distinguishes the results of `pathOfKey`: a path has a slash, a reason has none. */
export function isUnsupportedReason(found: RemotePath | UnsupportedReason): found is UnsupportedReason {
  return reasons.has(found);
}

/** The entry of a key without a path, found while listing `folder`. */
export function unusableKey(
  bucket: string,
  key: string,
  folder: RemotePath,
  reason: UnsupportedReason,
  size?: number,
): Entry {
  return {
    kind: 'unusable',
    folder,
    name: key,
    reason,
    protects: cleanPath(bucket, key),
    ...(size !== undefined && { size }),
  };
}

/** `key` as tools that clean paths see it: without empty parts and ".", with ".." resolved within the bucket (sync-semantics §1.5). */
function cleanPath(bucket: string, key: string): RemotePath {
  const parts: string[] = [];
  for (const part of key.replaceAll('\0', '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return (parts.length === 0 ? bucket : `${bucket}/${parts.join('/')}`) as RemotePath;
}

/** Decodes the keys of a listing; undefined for a key that is not valid UTF-8. Some services ignore the requested encoding. */
export function keyDecoder(encoding: string | undefined): (text: string) => string | undefined {
  return encoding === 'url' ? decodeUrl : (text) => text;
}

/** Decodes a key with `encoding-type=url`, where a plus is a space. Call it exactly once (H18). */
function decodeUrl(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text);
  } catch {
    return undefined;
  }
}

/** The value of x-amz-copy-source: bucket and key, each part percent-encoded. Access points have a form of their own. */
export function copySourceOf(place: ObjectLocation): string {
  const key = place.key.split('/').map(percentEncode).join('/');
  const accessPoint = /^(arn:.*:accesspoint)[:/](.+)$/.exec(place.bucket);
  return accessPoint
    ? `${encodeURIComponent(`${accessPoint[1]}/${accessPoint[2]}`)}/object/${key}`
    : `${place.bucket}/${key}`;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 60)}…${text.slice(-15)}` : text;
}

/** The names and actions for the error of a request. */
export interface About {
  readonly bucket?: string;
  /** `bucket/key` */
  readonly path?: string;
  /** S3's name of the operation, such as `PutObject`. Errors of the SDK have it already. */
  readonly operation?: string | undefined;
  /** Actions that a policy must allow besides those of the operation: `s3:PutObjectTagging` for an upload with tags. */
  readonly moreActions?: readonly string[] | undefined;
}

/** The names for errors of a request about an object. */
export function aboutObject(
  place: ObjectLocation,
  operation?: string,
  moreActions?: readonly string[],
): About & { readonly bucket: string; readonly path: string } {
  return { bucket: place.bucket, path: `${place.bucket}/${place.key}`, operation, moreActions };
}
