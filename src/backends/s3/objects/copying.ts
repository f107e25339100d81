import { mapConcurrent } from '../../../base/mapConcurrent';
import type { FileEntry } from '../../../remote/entry';
import { isSameFile } from '../../../remote/entry';
import type { Instant } from '../../../remote/modifiedTime';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { BackendHost } from '../../backend';
import { maxPartsOf } from '../config/s3Config';
import type { Sdk } from '../http/connection';
import { actionsFor, type S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import type { ObjectAttributes } from '../model/objectHeaders';
import {
  archivedReason,
  entryOfFacts,
  md5OfFacts,
  type ObjectFacts,
  storedModified,
} from '../model/objectInfo';
import { aboutObject, copySourceOf, parseFilePath } from '../model/objectKey';
import { copiedAttributes, sameAttributes, taggingOf } from './attributes';
import { base64OfHex } from './digests';
import { partSizeFor, withMultipartUpload } from './multipartUpload';
import { checkPrecondition, preconditionError, underCondition } from './preconditions';
import { etagOfPart } from './storedObject';

/** Parts of a server-side copy; large, since no bytes pass through here. */
const copyPartSize = 512 * 1024 * 1024;

/** The copy as it was stored. */
export interface Copied {
  readonly entry: FileEntry;
  /** In milliseconds, by the clock of the service; undefined when the response had none. */
  readonly lastModifiedMs: number | undefined;
}

interface StoredCopy {
  readonly etag: string | undefined;
  readonly lastModifiedMs: number | undefined;
}

export interface CopyOptions {
  /** Another modified time for the copy; a copy of an object onto itself needs one (R7). */
  readonly modified?: Instant;
  /** Whether the storage class of the settings replaces that of the source, as for a copy from another remote. */
  readonly ownClass?: boolean;
}

interface Copying {
  readonly source: FileEntry;
  readonly before: ObjectFacts;
  readonly to: RemotePath;
  readonly precondition: Precondition;
  /** The modified time to store; undefined when the metadata has it already. */
  readonly modified: Instant | undefined;
  readonly ownClass: boolean;
}

/**
 * Copies an object within the service with its content type, headers, user metadata and tags (A12), and with the encryption and access list
 * of the settings. `source` is the entry that was seen; throws `changed` when the object differs. A copy of an object without a stored
 * modified time stores its LastModified (R1), so that both have the same modified time.
 */
export async function copyObject(
  requests: S3Api,
  host: BackendHost,
  source: FileEntry,
  to: RemotePath,
  precondition: Precondition,
  options: CopyOptions,
  signal: AbortSignal,
): Promise<Copied> {
  const from = parseFilePath(source.path);
  const place = parseFilePath(to);
  // Some services ignore the condition on the source, so a HEAD checks it too.
  const before = await requests.head(from, signal);
  const seen = entryOfFacts(source.path, before);
  if (!isSameFile(source, seen))
    throw new RemoteError('changed', `"${source.path}" was changed by someone else in the meantime.`);
  const archived = archivedReason(before);
  if (archived) throw new RemoteError('archived', `"${source.path}": ${archived}`);
  if (precondition.kind !== 'none') await checkPrecondition(requests, to, precondition, signal);
  const modified = options.modified ?? (storedModified(before) ? undefined : seen.modified);
  const copying = { source, before, to, precondition, modified, ownClass: options.ownClass === true };
  try {
    const stored =
      before.size >= requests.config.copyCutoff
        ? await copyInParts(requests, host, copying, signal)
        : await copyWhole(requests, copying, signal);
    return {
      entry: copiedEntry(seen, to, modified ?? seen.modified, stored.etag),
      lastModifiedMs: stored.lastModifiedMs,
    };
  } catch (error) {
    if (isRemoteError(error, 'changed'))
      throw await changedError(requests, error, source, to, precondition, signal);
    throw preconditionError(error, place.bucket ? to : source.path, precondition);
  }
}

function copiedEntry(
  seen: FileEntry,
  to: RemotePath,
  modified: Instant | undefined,
  etag: string | undefined,
): FileEntry {
  const { version: _, serverModified: __, modified: ___, exact: ____, ...same } = seen;
  return {
    ...same,
    path: to,
    ...(modified && { modified }),
    ...(etag === undefined ? {} : { version: etag }),
  };
}

/** The error for a condition that failed: a HEAD shows whether the source or the target changed. */
async function changedError(
  requests: S3Api,
  error: RemoteError,
  source: FileEntry,
  to: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<unknown> {
  const now = await requests.head(parseFilePath(source.path), signal);
  if (!isSameFile(source, entryOfFacts(source.path, now)))
    return new RemoteError('changed', `"${source.path}" was changed by someone else in the meantime.`, {
      cause: error,
    });
  return preconditionError(error, to, precondition);
}

/** The attributes of the copy; a copy onto itself keeps all but the modified time. */
function attributesOf(
  { config }: S3Api,
  { source, before, to, modified, ownClass }: Copying,
  tagging?: string,
): ObjectAttributes {
  if (source.path === to) return sameAttributes(before, tagging, modified, config);
  const attributes = copiedAttributes(before, tagging, modified, config, ownClass);
  // Directory buckets have a storage class of their own.
  if (!isDirectoryBucket(parseFilePath(to).bucket)) return attributes;
  const { StorageClass: _, ...rest } = attributes;
  return rest;
}

async function copyWhole(requests: S3Api, copying: Copying, signal: AbortSignal): Promise<StoredCopy> {
  const { source, before, to, precondition, modified } = copying;
  const place = parseFilePath(to);
  const attributes = attributesOf(requests, copying);
  const { StorageClass, ServerSideEncryption, SSEKMSKeyId, ACL } = attributes;
  const own = definedOf({ StorageClass, ServerSideEncryption, SSEKMSKeyId, ACL });
  const tags = before.tagCount > 0 ? ['s3:GetObjectTagging', 's3:PutObjectTagging'] : [];
  return underCondition(requests, to, precondition, signal, (condition) =>
    requests.copy(
      {
        from: parseFilePath(source.path),
        sourceIs: before.etag,
        to: place,
        attributes: modified === undefined ? undefined : attributes,
        own,
        copiesTags: !isDirectoryBucket(place.bucket),
        condition,
      },
      aboutObject(place, 'CopyObject', [...tags, ...actionsFor(own)]),
      signal,
    ),
  );
}

/** Drops undefined values, which would be sent as headers. */
function definedOf(
  attributes: { [K in keyof ObjectAttributes]?: ObjectAttributes[K] | undefined },
): ObjectAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/** Copies by UploadPartCopy. The parts carry no attributes, so the upload sets all of them, tags included. */
async function copyInParts(
  requests: S3Api,
  host: BackendHost,
  copying: Copying,
  signal: AbortSignal,
): Promise<StoredCopy> {
  const { source, before, to, precondition } = copying;
  const from = parseFilePath(source.path);
  const place = parseFilePath(to);
  const { config } = requests;
  const tagging = await taggingOf(requests, from, before.tagCount, signal);
  const attributes = attributesOf(requests, copying, tagging);
  const md5 = md5OfFacts(before);
  // The ETag of a multipart object is no MD5, so the metadata keeps it.
  const Metadata = { ...attributes.Metadata, ...(md5 && { md5chksum: base64OfHex(md5) }) };
  const partSize = partSizeFor(before.size, Math.min(copyPartSize, config.copyCutoff), maxPartsOf(config));
  const count = Math.ceil(before.size / partSize);
  const copyParts = async ({ uploadId }: { readonly uploadId: string }) => ({
    parts: await mapConcurrent(count, config.concurrency, signal, async (index, stop) => {
      const start = index * partSize;
      const end = Math.min(start + partSize, before.size);
      const input = {
        Bucket: place.bucket,
        Key: place.key,
        UploadId: uploadId,
        PartNumber: index + 1,
        CopySource: copySourceOf(from),
        CopySourceRange: `bytes=${start}-${end - 1}`,
        ...(before.etag !== undefined && { CopySourceIfMatch: `"${before.etag}"` }),
      };
      const create = (sdk: Sdk) => new sdk.UploadPartCopyCommand(input);
      const { CopyPartResult } = await requests.sendCommand(aboutObject(place), create, stop);
      const ETag = etagOfPart(CopyPartResult?.ETag);
      if (ETag === undefined)
        throw new RemoteError('corrupted', `The service copied a part of "${source.path}" without an ETag.`);
      return { PartNumber: index + 1, ETag };
    }),
  });
  const target = { place, path: to, precondition };
  const withMd5 = { ...attributes, Metadata };
  const { etag } = await withMultipartUpload(requests, host, target, withMd5, false, signal, copyParts);
  return { etag, lastModifiedMs: undefined };
}
