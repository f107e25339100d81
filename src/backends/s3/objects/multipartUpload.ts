import { crc32 } from 'node:zlib';
import { digest } from '../../../base/digest';
import { mapConcurrent } from '../../../base/semaphore';
import { transferBuffers } from '../../../remote/bufferPool';
import { withRetries } from '../../../remote/layers/retry';
import type { ByteSource, ContentDigests, FileFacts, ResumableWrite } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { BackendHost } from '../../backend';
import { maxPartsOf, storageIdOf } from '../config/s3Config';
import type { BegunUpload, WriteCondition } from '../http/requestTypes';
import type { S3Api } from '../http/s3Api';
import { responseDateMs } from '../http/sdkResponses';
import { isDirectoryBucket } from '../model/bucketNames';
import type { ObjectAttributes } from '../model/objectHeaders';
import { unquotedEtag } from '../model/objectInfo';
import { aboutObject, type ObjectLocation } from '../model/objectKey';
import { type AddToWhole, base64OfHex, crc32Text, fillFrom, WholeMd5 } from './digests';
import { headIfThere } from './lookup';
import { MultipartUploadJournal } from './multipart/multipartJournal';
import { findUpload, recordBegun, recordedUpload, SentBefore, uploadMark } from './multipart/openUpload';
import { underCondition } from './preconditions';
import {
  checkMultipartEtag,
  checkStoredMd5,
  etagOfPart,
  md5Mismatch,
  multipartEtag,
  type StoredObject,
  type WriteTarget,
} from './storedObject';

const mebi = 1024 * 1024;

/** Time for aborting a failed upload, in milliseconds; after that the bucket's lifecycle rules must remove the parts. */
const abortTimeoutMs = 30_000;

/** A file to be uploaded. */
export interface Upload extends WriteTarget {
  readonly body: ByteSource;
  readonly facts: FileFacts;
}

/** A part as CompleteMultipartUpload names it. */
interface SentPart {
  readonly PartNumber: number;
  readonly ETag: string;
  readonly ChecksumCRC32?: string;
}

/** The parts of an object, all sent. */
interface SentParts {
  readonly parts: readonly SentPart[];
  /** The ETag that S3 gives to the object; undefined when it can't be computed. */
  readonly expectedEtag?: string;
  /** Lower-case hex, of the whole content. */
  readonly md5?: string | undefined;
}

/** Bytes of each part but the last: `chunkSize`, grown in whole MiB until at most `maxParts` are needed. Pure. */
export function partSizeFor(size: number, chunkSize: number, maxParts = 10_000): number {
  if (size <= chunkSize * maxParts) return chunkSize;
  return Math.ceil(size / maxParts / mebi) * mebi;
}

/**
 * Sends a file in parts, `concurrency` at once, within the memory of `transferBuffers`. A failed part is retried alone.
 *
 * With the `digests` of an earlier read only the CRC32 of each part is compared, which is cheaper than another MD5. Without them the MD5 of each
 * part and of the whole is computed here, and must equal `body.md5` if the body announces one.
 */
export function uploadInParts(
  requests: S3Api,
  host: BackendHost,
  upload: Upload,
  attributes: ObjectAttributes,
  digests: ContentDigests | undefined,
  signal: AbortSignal,
): Promise<StoredObject> {
  const { config } = requests;
  const { body, facts, path, place } = upload;
  const isDirectory = isDirectoryBucket(place.bucket);
  const withCrc = isDirectory || config.checksums === 'whenSupported';
  const partSize = partSizeFor(body.size, config.chunkSize, maxPartsOf(config));
  const count = Math.ceil(body.size / partSize);
  const mark = uploadMark(storageIdOf(config), place, body.size, partSize, withCrc, attributes);
  const resumable = facts.resume && { resume: facts.resume, mark };
  const sendParts: SendParts = async (begun, sentBefore) => {
    let sent = 0;
    // What is in flight is lost at the next crash.
    const atOnce = Math.max(1, Math.floor(config.concurrency / 2 ** sentBefore.crashes));
    const md5s: string[] = [];
    const whole = digests ? undefined : new WholeMd5();
    const ended = (index: number, length: number, ETag: string, md5: string, crc: number): SentPart => {
      md5s[index] = md5;
      sent += length;
      facts.onProgress?.(sent);
      return { PartNumber: index + 1, ETag, ...(withCrc && { ChecksumCRC32: crc32Text(crc) }) };
    };
    const sendPart = async (
      index: number,
      content: Buffer,
      addToWhole: AddToWhole | undefined,
      stop: AbortSignal,
    ): Promise<SentPart> => {
      const known = digests?.pieces[index];
      await fillFrom(body, index * partSize, content, stop);
      const crc = crc32(content);
      // The metadata already names the MD5 of the earlier read, so other content must not become visible.
      if (digests && known?.crc32 !== crc) throw md5Mismatch(path);
      const md5 = known?.md5 ?? digest('md5', content);
      await addToWhole?.(content, stop);
      const again = sentBefore.etagOf(index + 1, content.length, md5);
      if (again !== undefined) return ended(index, content.length, again, md5, crc);
      const request = {
        place,
        uploadId: begun.uploadId,
        number: index + 1,
        content,
        contentMd5: isDirectory ? undefined : base64OfHex(md5),
        crc32: withCrc ? crc32Text(crc) : undefined,
      };
      const send = async () => {
        const etag = await requests.putPart(request, stop);
        checkStoredMd5(upload, unquotedEtag(etag), md5, begun.serverSideEncryption);
        return etagOfPart(etag) ?? `"${md5}"`;
      };
      const ETag = await withRetries(`part ${index + 1} of ${path}`, send, retryPolicy(host), stop);
      sentBefore.sent(index + 1, ETag, md5);
      return ended(index, content.length, ETag, md5, crc);
    };
    const parts = await mapConcurrent(count, atOnce, signal, async (index, stop) => {
      const addToWhole = whole?.next();
      const length = Math.min(partSize, body.size - index * partSize);
      const known = digests?.pieces[index];
      const held = known && sentBefore.etagOf(index + 1, length, known.md5);
      if (known && held !== undefined) return ended(index, length, held, known.md5, known.crc32 ?? 0);
      return transferBuffers.lend(length, stop, (part) => sendPart(index, part, addToWhole, stop));
    });
    const md5 = digests?.md5 ?? whole?.digest();
    if (body.md5 !== undefined && body.md5 !== md5) throw md5Mismatch(path);
    return { parts, expectedEtag: multipartEtag(md5s), md5 };
  };
  return withMultipartUpload(requests, host, upload, attributes, withCrc, signal, sendParts, resumable);
}

/** Sends the parts that `sentBefore` lacks. */
type SendParts = (begun: BegunUpload, sentBefore: SentBefore) => Promise<SentParts>;

/** The record of an upload that may be continued, and what identifies it (`uploadMark`). */
interface Resumable {
  readonly resume: ResumableWrite;
  readonly mark: string;
}

/**
 * Starts a multipart upload, sends the parts with `sendParts`, and completes the upload. Invariants:
 *
 * 1. A running upload is recorded on disk, so the next session can abort it after a crash (H23).
 * 2. A failed or cancelled upload is aborted: its parts would cost money. Only a cancelled one that is `resumable` stays open.
 * 3. An object becomes visible only by the completion, which enforces the precondition.
 * 4. A completion with a lost response is recognised by the ETag of the object.
 */
export async function withMultipartUpload(
  requests: S3Api,
  host: BackendHost,
  target: WriteTarget,
  attributes: ObjectAttributes,
  withCrc: boolean,
  signal: AbortSignal,
  sendParts: SendParts,
  resumable?: Resumable,
): Promise<StoredObject> {
  const { path, place } = target;
  const { resume, mark = '' } = resumable ?? {};
  const journal = new MultipartUploadJournal(host.cacheFolder, host.log);
  const location = storageIdOf(requests.config);
  const found = resume && (await findUpload(requests, place, resume, mark, signal));
  const begun = found?.begun ?? (await requests.beginUpload(place, attributes, withCrc, signal));
  const { uploadId } = begun;
  if (!uploadId)
    throw new RemoteError('corrupted', 'The service started a multipart upload without an upload ID.');
  const replaced = resume && !found ? recordedUpload(resume) : undefined;
  if (resume && !found) recordBegun(resume, mark, begun);
  const keptWhile = resume && { keptWhile: resume.keptWhile };
  const forget = await journal.record({ location, ...place, uploadId, ...keptWhile });
  if (replaced !== undefined) await discardUpload(requests, host, place, replaced);
  await abortOrphans(requests, host, journal);
  const sentBefore = found?.sentBefore ?? new SentBefore(resume);
  try {
    const parts = await sendParts(begun, sentBefore);
    const stored = await complete(requests, host, target, begun, parts, signal);
    await forget();
    return stored;
  } catch (error) {
    if (resume && signal.aborted) {
      sentBefore.cancelled();
      throw error;
    }
    try {
      await abortMultipartUpload(requests, host, place, uploadId, AbortSignal.timeout(abortTimeoutMs));
      await forget();
    } catch (abortError) {
      const message = `The failed upload of ${path} could not be aborted; its parts stay: ${String(abortError)}`;
      host.log.write('warn', 'copy', message);
    }
    throw error;
  }
}

/** Completes the upload. The first attempt may have succeeded if its response was lost. */
function complete(
  requests: S3Api,
  host: BackendHost,
  target: WriteTarget,
  begun: BegunUpload,
  { parts, expectedEtag, md5 }: SentParts,
  signal: AbortSignal,
): Promise<StoredObject> {
  const { place, path, precondition } = target;
  const send = (condition: WriteCondition) =>
    requests.sendCommand(
      aboutObject(place),
      (sdk) =>
        new sdk.CompleteMultipartUploadCommand({
          ...condition,
          Bucket: place.bucket,
          Key: place.key,
          UploadId: begun.uploadId,
          MultipartUpload: { Parts: [...parts] },
        }),
      signal,
    );
  const attempt = async (failed: RemoteError | undefined): Promise<StoredObject> => {
    try {
      const response = await underCondition(requests, path, precondition, signal, send);
      const stored = {
        etag: unquotedEtag(response.ETag),
        md5,
        serverSideEncryption: response.ServerSideEncryption ?? begun.serverSideEncryption,
        fromMs: begun.dateMs,
        toMs: responseDateMs(response),
      };
      checkMultipartEtag(target, stored, expectedEtag);
      return stored;
    } catch (error) {
      const completed = failed && isNoSuchUpload(error) ? await findCompleted() : undefined;
      if (!completed) throw error;
      return completed;
    }
  };
  const findCompleted = async (): Promise<StoredObject | undefined> => {
    const now = await headIfThere(requests, place, signal).catch((cause: unknown) => {
      if (isRemoteError(cause)) return undefined; // the error of the completion is more useful
      throw cause;
    });
    if (now?.etag === undefined || now.etag !== expectedEtag) return undefined;
    const { etag, serverSideEncryption, lastModifiedMs } = now;
    return { etag, md5, serverSideEncryption, fromMs: lastModifiedMs, toMs: lastModifiedMs };
  };
  return withRetries(`finish the upload of ${path}`, attempt, retryPolicy(host), signal);
}

/** Aborts an upload, which removes its parts. Ignores a missing upload. */
async function abortMultipartUpload(
  requests: S3Api,
  host: BackendHost,
  place: ObjectLocation,
  uploadId: string,
  limit: AbortSignal,
): Promise<void> {
  const { bucket, key } = place;
  const input = { Bucket: bucket, Key: key, UploadId: uploadId };
  const abort = () =>
    requests.sendCommand(aboutObject(place), (sdk) => new sdk.AbortMultipartUploadCommand(input), limit);
  const policy = { clock: host.clock, log: host.log, attempts: 3 };
  try {
    await withRetries(`abort the upload of ${bucket}/${key}`, abort, policy, limit);
  } catch (error) {
    if (!isNoSuchUpload(error)) throw error;
  }
}

/** Aborts an upload that will not be continued. Never fails. */
export async function discardUpload(
  requests: S3Api,
  host: BackendHost,
  place: ObjectLocation,
  uploadId: string,
): Promise<void> {
  try {
    await abortMultipartUpload(requests, host, place, uploadId, AbortSignal.timeout(abortTimeoutMs));
    const journal = new MultipartUploadJournal(host.cacheFolder, host.log);
    await journal.forget({ location: storageIdOf(requests.config), uploadId });
  } catch (error) {
    host.log.write('info', 'copy', `An upload that was interrupted can't be aborted: ${String(error)}`);
  }
}

/** The remotes that have looked for orphans. */
const orphansChecked = new WeakSet<S3Api>();

/** Aborts the orphans of crashed processes, once per remote. Never fails: the next session retries. */
async function abortOrphans(
  requests: S3Api,
  host: BackendHost,
  journal: MultipartUploadJournal,
): Promise<void> {
  if (orphansChecked.has(requests)) return;
  orphansChecked.add(requests);
  const limit = AbortSignal.timeout(abortTimeoutMs);
  for (const { bucket, key, uploadId, forget } of await journal.findOrphans(storageIdOf(requests.config)))
    try {
      await abortMultipartUpload(requests, host, { bucket, key }, uploadId, limit);
      await forget();
      host.log.write('info', 'copy', `Aborted an upload of ${bucket}/${key} that a crash had left open.`);
    } catch (error) {
      host.log.write('info', 'copy', `An orphaned upload can't be aborted: ${String(error)}`);
    }
}

function isNoSuchUpload(error: unknown): boolean {
  return isRemoteError(error) && error.code?.startsWith('NoSuchUpload') === true;
}

function retryPolicy({ clock, log, waits }: BackendHost) {
  return { clock, log, waits };
}
