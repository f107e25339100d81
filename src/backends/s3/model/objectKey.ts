import { percentEncode } from '../../../base/encoding';
import type { Entry, UnsupportedReason } from '../../../remote/entry';
import { RemoteError } from '../../../remote/remoteError';
import { pathProblem, type RemotePath, rootPath } from '../../../remote/remotePath';
import { bucketLength } from './bucketNames';

/** An object's place: the bucket (or access point ARN) and the key in it. */
export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
}

/** S3's limit for a key. */
const maxKeyBytes = 1024;

/** Bucket and key of `path`; the key is empty for a bucket itself, the bucket for the top. */
export function parseObjectPath(path: RemotePath): ObjectLocation {
  const length = bucketLength(path);
  return { bucket: path.slice(0, length), key: path.slice(length + 1) };
}

/** As `parseObjectPath`, for a file. Throws RemoteError `isAFolder` for the top or a bucket, `badName` for a key S3 can't hold. */
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

/** Throws RemoteError `badName` when `key` is longer than S3 allows. */
export function checkKeyLength(key: string): void {
  if (key.length * 3 > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes)
    throw new RemoteError(
      'badName',
      `The key "${shorten(key)}" is longer than the ${maxKeyBytes} bytes that S3 allows.`,
    );
}

/** What keys below `folder` begin with: empty for a bucket, else the folder's key and a slash. */
export function prefixOf(folder: RemotePath): ObjectLocation {
  const place = parseObjectPath(folder);
  return place.key === '' ? place : { bucket: place.bucket, key: `${place.key}/` };
}

/** The path that `key` of `bucket` has, or why it has none. */
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

/** Tells the two answers of `pathOfKey` apart: a path always holds a slash, a reason never does. */
export function isReason(answer: RemotePath | UnsupportedReason): answer is UnsupportedReason {
  return reasons.has(answer);
}

/** The entry for a key that is no path, found while listing `folder`. */
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
    protects: cleanedPath(bucket, key),
    ...(size === undefined ? {} : { size }),
  };
}

/**
 * What a tool that cleans paths makes of `key`: empty parts and "." dropped, ".." resolved and held within the bucket
 * (sync-semantics §1.5). Never outside the bucket.
 */
function cleanedPath(bucket: string, key: string): RemotePath {
  const parts: string[] = [];
  for (const part of key.replaceAll('\0', '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return (parts.length === 0 ? bucket : `${bucket}/${parts.join('/')}`) as RemotePath;
}

/**
 * The key that a listing with `encoding-type=url` spells; a plus is a space there. To be called exactly once
 * (sync-semantics H18). Undefined when what is spelled isn't valid UTF-8.
 */
export function decodeListedKey(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text);
  } catch {
    // decodeURIComponent says "URIError" for malformed text only; the caller reports the key as unusable.
    return undefined;
  }
}

/** The value of x-amz-copy-source: bucket and key, each part percent-encoded; an access point gets its own form. */
export function copySourceOf(place: ObjectLocation): string {
  const key = place.key.split('/').map(percentEncode).join('/');
  const accessPoint = /^(arn:.*:accesspoint)[:/](.+)$/.exec(place.bucket);
  return accessPoint
    ? `${encodeURIComponent(`${accessPoint[1]}/${accessPoint[2]}`)}/object/${key}`
    : `${place.bucket}/${key}`;
}

/** The folder that a listing of `bucket` below `prefix` shows; a path already checked. */
export function folderOfPrefix(bucket: string, prefix: string): RemotePath {
  const key = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
  if (bucket === '') return rootPath;
  return (key === '' ? bucket : `${bucket}/${key}`) as RemotePath;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 60)}…${text.slice(-15)}` : text;
}

/** What the sentence of a request's error shall name. */
export interface About {
  readonly bucket?: string;
  readonly path?: string;
  /** Where the SDK isn't sure to be asked, which names it by itself. */
  readonly operation?: string;
  readonly moreActions?: readonly string[];
}

/** What errors of a request about `place` name. */
export function aboutObject(
  place: ObjectLocation,
  operation?: string,
  moreActions?: readonly string[],
): About & { readonly bucket: string; readonly path: string } {
  return {
    bucket: place.bucket,
    path: `${place.bucket}/${place.key}`,
    ...(operation !== undefined && { operation }),
    ...(moreActions !== undefined && { moreActions }),
  };
}
