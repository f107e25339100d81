import { mapConcurrent } from '../../../base/semaphore';
import type { FileEntry } from '../../../remote/entry';
import type { Instant } from '../../../remote/modifiedTime';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { BackendHost } from '../../backend';
import { maxPartsOf } from '../config/s3Config';
import type { Sdk } from '../http/connection';
import type { CopyResponse } from '../http/requestTypes';
import { actionsFor, type S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import type { ObjectAttributes } from '../model/objectHeaders';
import { archivedReason, md5OfFacts, type ObjectFacts, storedModified } from '../model/objectInfo';
import { aboutObject, copySourceOf, parseFilePath } from '../model/objectKey';
import { copiedAttributes, sameAttributes, taggingOf } from './attributes';
import { base64OfHex } from './digests';
import { partSizeFor, withMultipartUpload } from './multipartUpload';
import { assertUnchanged, checkPrecondition, preconditionError, underCondition } from './preconditions';
import { etagOfPart } from './storedObject';

/** In bytes. Parts of a server-side copy are large, since no bytes pass through this computer. */
const copyPartSize = 512 * 1024 * 1024;

/** The copy as it was stored. */
export interface Copied {
  readonly entry: FileEntry;
  /** In milliseconds, by the clock of the service; undefined when the response had none. */
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
  parseFilePath(to); // rejects a bad name before any request
  // Some services ignore the condition on the source, so a HEAD checks it too.
  const before = await requests.head(from, signal);
  const seen = assertUnchanged(source, before);
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
    const entry = copiedEntry(seen, to, modified ?? seen.modified, stored.etag);
    return { entry, lastModifiedMs: stored.lastModifiedMs };
  } catch (error) {
    if (isRemoteError(error, 'changed'))
      throw await changedError(requests, error, source, to, precondition, signal);
    throw preconditionError(error, to, precondition);
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

/** The error for a failed condition on the target. Throws `changed` when a HEAD shows that the source changed instead. */
async function changedError(
  requests: S3Api,
  error: RemoteError,
  source: FileEntry,
  to: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<unknown> {
  assertUnchanged(source, await requests.head(parseFilePath(source.path), signal), error);
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

async function copyWhole(requests: S3Api, copying: Copying, signal: AbortSignal): Promise<CopyResponse> {
  const { source, before, to, precondition, modified } = copying;
  const place = parseFilePath(to);
  const attributes = attributesOf(requests, copying);
  const { StorageClass, ServerSideEncryption, SSEKMSKeyId, ACL } = attributes;
  const settable = Object.entries({ StorageClass, ServerSideEncryption, SSEKMSKeyId, ACL });
  const own: ObjectAttributes = Object.fromEntries(settable.filter(([, value]) => value !== undefined));
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

/** Copies by UploadPartCopy. Parts have no attributes, so the upload sets all of them, including tags. */
async function copyInParts(
  requests: S3Api,
  host: BackendHost,
  copying: Copying,
  signal: AbortSignal,
): Promise<CopyResponse> {
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
