import type { FileEntry } from '../../../remote/entry';
import { isSameFile } from '../../../remote/entry';
import type { Instant } from '../../../remote/modifiedTime';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { BackendHost } from '../../backend';
import { maxPartsOf } from '../config/s3Config';
import { actionsFor, type S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import type { ObjectAttributes } from '../model/objectHeaders';
import { archivedReason, entryOfFacts, md5OfFacts, type ObjectFacts, ownModified } from '../model/objectInfo';
import { aboutObject, copySourceOf, parseFilePath } from '../model/objectKey';
import { copiedAttributes, sameAttributes, taggingOf } from './attributes';
import { base64OfHex } from './digests';
import {
  abortOnFailure,
  beginParts,
  completeParts,
  etagOfPart,
  mapConcurrent,
  partSizeFor,
} from './multipartUpload';
import { checkGuard, guardedError, underCondition } from './preconditions';

/** Parts of a server-side copy; large, since no bytes pass through here. */
const copyPartSize = 512 * 1024 * 1024;

/** What a copy became. */
export interface Copied {
  readonly entry: FileEntry;
  /** By the service's clock; undefined where the answer didn't tell. */
  readonly lastModifiedMs: number | undefined;
}

interface Stored {
  readonly etag: string | undefined;
  readonly lastModifiedMs: number | undefined;
}

export interface CopyOptions {
  /** Another modified time for the copy; copying an object onto itself needs one (sync-semantics R7). */
  readonly modified?: Instant;
  /** Whether the settings' storage class goes before that of the source: so it does for what comes from another remote. */
  readonly ownClass?: boolean;
}

/** One copy under way. */
interface Copying {
  readonly source: FileEntry;
  readonly before: ObjectFacts;
  readonly to: RemotePath;
  readonly precondition: Precondition;
  /** The time to store; undefined where the metadata keeps it already. */
  readonly modified: Instant | undefined;
  readonly ownClass: boolean;
}

/**
 * Copies an object within the service with content type, headers, user metadata and tags (sync-semantics A12); the service's own
 * copying leaves its encryption to the bucket and the settings, so that is done here too. `source` is what was seen there: `changed` when it
 * differs by now. A copy of an object without an owner's time gets its LastModified (R1), so that both count as modified at the same time.
 * The answer is the entry as now stored.
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
  // Not every service checks the source's condition, so it is looked at; the condition closes the gap where it is checked.
  const before = await requests.head(from, signal);
  const seen = entryOfFacts(source.path, before);
  if (!isSameFile(source, seen))
    throw new RemoteError('changed', `"${source.path}" was changed by someone else in the meantime.`);
  const archived = archivedReason(before);
  if (archived) throw new RemoteError('archived', `"${source.path}": ${archived}`);
  if (precondition.kind !== 'none') await checkGuard(requests, to, precondition, signal);
  const modified = options.modified ?? (ownModified(before) ? undefined : seen.modified);
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
      throw await whoChanged(requests, error, source, to, precondition, signal);
    throw guardedError(error, place.bucket ? to : source.path, precondition);
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

/** A refused condition may be the source's or the target's; looking again tells which. */
async function whoChanged(
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
  return guardedError(error, to, precondition);
}

/** What the copy is to have; onto itself, all that the object has but its time. */
function attributesOf(
  { config }: S3Api,
  { source, before, to, modified, ownClass }: Copying,
  tagging?: string,
): ObjectAttributes {
  if (source.path === to) return sameAttributes(before, tagging, modified, config);
  const attributes = copiedAttributes(before, tagging, modified, config, ownClass);
  // Such buckets have one class, of which others know nothing.
  if (!isDirectoryBucket(parseFilePath(to).bucket)) return attributes;
  const { StorageClass: _, ...rest } = attributes;
  return rest;
}

async function copyWhole(requests: S3Api, copying: Copying, signal: AbortSignal): Promise<Stored> {
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

/** Only what is there: a header without a value would be one too. */
function definedOf(
  attributes: { [K in keyof ObjectAttributes]?: ObjectAttributes[K] | undefined },
): ObjectAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/** What is copied in parts takes nothing along by itself, so everything is given, tags too. */
async function copyInParts(
  requests: S3Api,
  host: BackendHost,
  copying: Copying,
  signal: AbortSignal,
): Promise<Stored> {
  const { source, before, to, precondition } = copying;
  const from = parseFilePath(source.path);
  const place = parseFilePath(to);
  const { config } = requests;
  const tagging = await taggingOf(requests, from, before.tagCount, signal);
  const upload = { place, path: to, precondition };
  const attributes = attributesOf(requests, copying, tagging);
  const md5 = md5OfFacts(before);
  // An object of parts has no MD5 as its ETag, so the metadata has to keep it.
  const Metadata = { ...attributes.Metadata, ...(md5 && { md5chksum: base64OfHex(md5) }) };
  const started = await beginParts(requests, upload, { ...attributes, Metadata }, false, signal);
  return abortOnFailure(requests, host, upload, started, async () => {
    const partSize = partSizeFor(before.size, Math.min(copyPartSize, config.copyCutoff), maxPartsOf(config));
    const count = Math.ceil(before.size / partSize);
    const parts = await mapConcurrent(count, config.concurrency, signal, async (index, stop) => {
      const start = index * partSize;
      const end = Math.min(start + partSize, before.size);
      const answer = await requests.run(aboutObject(place), stop, ({ client, sdk }) =>
        client.send(
          new sdk.UploadPartCopyCommand({
            Bucket: place.bucket,
            Key: place.key,
            UploadId: started.uploadId,
            PartNumber: index + 1,
            CopySource: copySourceOf(from),
            CopySourceRange: `bytes=${start}-${end - 1}`,
            ...(before.etag === undefined ? {} : { CopySourceIfMatch: `"${before.etag}"` }),
          }),
          { abortSignal: stop },
        ),
      );
      const etag = etagOfPart(answer.CopyPartResult?.ETag);
      if (etag === undefined)
        throw new RemoteError(
          'corrupted',
          `The service copied a part of "${source.path}" without naming it.`,
        );
      return { PartNumber: index + 1, ETag: etag };
    });
    const { etag } = await completeParts(requests, host, upload, started, parts, undefined, signal);
    return { etag, lastModifiedMs: undefined };
  });
}
