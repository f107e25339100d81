import type { FileEntry } from '../../remote/entry';
import type { Instant } from '../../remote/modifiedTime';
import type { Guard } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { isSameFile } from '../../remote/sameFile';
import type { BackendHost } from '../backend';
import { base64OfHex } from './bodies';
import { attributesOfSettings, type ObjectAttributes, sameAttributes, taggingOf } from './s3Attributes';
import { checkGuard, conditionOf, guardedError } from './s3Guards';
import { copySourceOf, filePlaceOf } from './s3Keys';
import { archivedReason, entryOfFacts, md5OfFacts, type ObjectFacts, unquoted } from './s3Objects';
import { beginParts, completeParts, eachPart, endedOnFailure, partSizeFor } from './s3PartUpload';
import { aboutObject, type S3Requests } from './s3Requests';

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

/**
 * Copies an object within the service with all that it has. `source` is what was seen there: `changed` when it differs by now.
 * `modified` gives the copy another modified time; copying an object onto itself needs one (sync-semantics R7).
 * The answer is the entry as now stored.
 */
export async function copyObject(
  requests: S3Requests,
  host: BackendHost,
  source: FileEntry,
  to: RemotePath,
  guard: Guard,
  modified: Instant | undefined,
  signal: AbortSignal,
): Promise<Copied> {
  const from = filePlaceOf(source.path);
  const place = filePlaceOf(to);
  // Not every service checks the source's condition, so it is looked at; the condition closes the gap where it is checked.
  const before = await requests.head(from, signal);
  const seen = entryOfFacts(source.path, before);
  if (!isSameFile(source, seen))
    throw new RemoteError('changed', `"${source.path}" was changed by someone else in the meantime.`);
  const archived = archivedReason(before);
  if (archived) throw new RemoteError('archived', `"${source.path}": ${archived}`);
  if (guard.must !== 'anything') await checkGuard(requests, to, guard, signal);
  try {
    const stored =
      before.size >= requests.config.copyCutoff
        ? await copyInParts(requests, host, source, before, to, guard, modified, signal)
        : await copyWhole(requests, source, before, to, guard, modified, signal);
    return {
      entry: copiedEntry(seen, to, modified ?? storedTime(before, seen), stored.etag),
      lastModifiedMs: stored.lastModifiedMs,
    };
  } catch (error) {
    if (isRemoteError(error, 'changed')) throw await whoChanged(requests, error, source, to, guard, signal);
    throw guardedError(error, place.bucket ? to : source.path, guard);
  }
}

/** The source's time as its metadata keeps it; LastModified is not copied. */
function storedTime(before: ObjectFacts, seen: FileEntry): Instant | undefined {
  return before.metadata['mtime'] === undefined ? undefined : seen.modified;
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
  requests: S3Requests,
  error: RemoteError,
  source: FileEntry,
  to: RemotePath,
  guard: Guard,
  signal: AbortSignal,
): Promise<unknown> {
  const now = await requests.head(filePlaceOf(source.path), signal);
  if (!isSameFile(source, entryOfFacts(source.path, now)))
    return new RemoteError('changed', `"${source.path}" was changed by someone else in the meantime.`, {
      cause: error,
    });
  return guardedError(error, to, guard);
}

async function copyWhole(
  requests: S3Requests,
  source: FileEntry,
  before: ObjectFacts,
  to: RemotePath,
  guard: Guard,
  modified: Instant | undefined,
  signal: AbortSignal,
): Promise<Stored> {
  const place = filePlaceOf(to);
  const { config } = requests;
  const { Tagging: _, ...replaced } = sameAttributes(before, undefined, modified, config);
  const attributes =
    modified === undefined
      ? { ...attributesOfSettings(config), ...classOf(before), MetadataDirective: 'COPY' as const }
      : { ...replaced, MetadataDirective: 'REPLACE' as const };
  const answer = await requests.run(aboutObject(place), signal, ({ client, sdk }) =>
    client.send(
      new sdk.CopyObjectCommand({
        ...attributes,
        ...conditionOf(guard, config.conditionalWrites),
        TaggingDirective: 'COPY',
        Bucket: place.bucket,
        Key: place.key,
        CopySource: copySourceOf(filePlaceOf(source.path)),
        ...(before.etag === undefined ? {} : { CopySourceIfMatch: `"${before.etag}"` }),
      }),
      { abortSignal: signal },
    ),
  );
  const result = answer.CopyObjectResult;
  return { etag: unquoted(result?.ETag), lastModifiedMs: result?.LastModified?.getTime() };
}

/** The service puts a copy into the standard class unless told otherwise. */
function classOf({ storageClass }: ObjectFacts): Pick<ObjectAttributes, 'StorageClass'> {
  return storageClass === undefined
    ? {}
    : { StorageClass: storageClass as NonNullable<ObjectAttributes['StorageClass']> };
}

async function copyInParts(
  requests: S3Requests,
  host: BackendHost,
  source: FileEntry,
  before: ObjectFacts,
  to: RemotePath,
  guard: Guard,
  modified: Instant | undefined,
  signal: AbortSignal,
): Promise<Stored> {
  const from = filePlaceOf(source.path);
  const place = filePlaceOf(to);
  const { config } = requests;
  const tagging = await taggingOf(requests, from, before.tagCount, signal);
  const upload = { place, path: to, guard };
  const attributes = sameAttributes(before, tagging, modified, config);
  const md5 = md5OfFacts(before);
  // An object of parts has no MD5 as its ETag, so the metadata has to keep it.
  const Metadata = { ...attributes.Metadata, ...(md5 && { md5chksum: base64OfHex(md5) }) };
  const started = await beginParts(requests, upload, { ...attributes, Metadata }, false, signal);
  return endedOnFailure(requests, host, upload, started, async () => {
    const partSize = partSizeFor(before.size, Math.min(copyPartSize, config.copyCutoff));
    const count = Math.ceil(before.size / partSize);
    const parts = await eachPart(count, config.concurrency, signal, async (index, stop) => {
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
      return { PartNumber: index + 1, ETag: answer.CopyPartResult?.ETag ?? '' };
    });
    const { etag } = await completeParts(requests, host, upload, started, parts, undefined, signal);
    return { etag, lastModifiedMs: undefined };
  });
}
