import type { FileEntry } from '../../../remote/entry';
import type { ByteSource, FileFacts, Precondition } from '../../../remote/remote';
import type { RemotePath } from '../../../remote/remotePath';
import type { BackendHost } from '../../backend';
import { maxPartsOf } from '../config/s3Config';
import type { S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import type { ObjectAttributes } from '../model/objectHeaders';
import { etagIsMd5 } from '../model/objectInfo';
import { parseFilePath } from '../model/objectKey';
import { keptAttributes, newAttributes, taggingOf } from './attributes';
import { base64OfHex, counted, type Digests, digestsOf, readDigests, readInto } from './digests';
import { headIfThere } from './lookup';
import {
  checkStoredMd5,
  md5Mismatch,
  partSizeFor,
  type StoredAnswer,
  type Upload,
  uploadInParts,
} from './multipartUpload';
import {
  checkGuard,
  conditionOf,
  guardedError,
  mustHold,
  underCondition,
  type WriteCondition,
} from './preconditions';

/** Bodies up to this are held in memory: one read, one request, and a failed request can be sent again. */
const inMemoryLimit = 8 * 1024 * 1024;
/** Slack for the service's clock when its answer's Date stands in for LastModified. */
const dateSlackMs = 2000;

/** What is now stored, and when the service says it was (ms, by its clock; from…to). */
export interface Uploaded {
  readonly entry: FileEntry;
  readonly storedFromMs: number | undefined;
  readonly storedToMs: number | undefined;
  readonly encryptedWithKms: boolean;
}

/**
 * Writes a whole file. Content-MD5 goes with every byte sent, so the service refuses what arrives damaged before it
 * becomes visible; no HEAD follows.
 *
 * The MD5 has to be known before the first byte: it is a header, and `md5chksum` belongs to the metadata that multipart
 * uploads fix at their start (sync-semantics R4). What isn't in memory is therefore read twice, as rclone does; the second read
 * usually comes from the disk's cache. A source whose every reading is a download of its own (`rereadIsExpensive`) is not: it
 * goes in parts, each checked by its own MD5, and has no MD5 of the whole unless it told one.
 */
export async function uploadFile(
  requests: S3Api,
  host: BackendHost,
  path: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<Uploaded> {
  signal.throwIfAborted();
  const upload: Upload = { path, place: parseFilePath(path), body, facts, precondition };
  const attributes = await attributesFor(requests, upload, signal);
  try {
    return uploaded(upload, attributes, await send(requests, host, upload, attributes, signal));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw guardedError(error, path, precondition);
  }
}

/** Asks the service first where that is needed: to keep attributes, to check a precondition that it won't enforce, or to spare a long upload. */
async function attributesFor(
  requests: S3Api,
  upload: Upload,
  signal: AbortSignal,
): Promise<ObjectAttributes> {
  const { path, place, facts, precondition, body } = upload;
  const { config } = requests;
  const enforced = Object.keys(conditionOf(precondition, config.conditionalWrites)).length > 0;
  const mustLook = precondition.kind !== 'none' && (!enforced || body.size > inMemoryLimit);
  const fresh = () => newAttributes(path, facts, config);
  // A new file has nothing to keep.
  if (!facts.keepAttributes || precondition.kind === 'ifAbsent') {
    if (mustLook) await checkGuard(requests, path, precondition, signal);
    return fresh();
  }
  const before = await headIfThere(requests, place, signal);
  if (mustLook) mustHold(precondition, path, before);
  if (!before) return fresh();
  if (before.denied) throw before.denied;
  const tagging = await taggingOf(requests, place, before.tagCount, signal);
  return keptAttributes(before, tagging, facts.modified, config);
}

async function send(
  requests: S3Api,
  host: BackendHost,
  upload: Upload,
  attributes: ObjectAttributes,
  signal: AbortSignal,
): Promise<StoredAnswer> {
  const { body } = upload;
  const { uploadCutoff } = requests.config;
  // Kept small even where the cutoff is 0: a body without bytes can't go in parts.
  if (body.size === 0 || (body.size <= inMemoryLimit && body.size <= uploadCutoff)) {
    const bytes = await readInto(body, undefined, body.size, signal);
    return putBytes(requests, upload, attributes, bytes, signal);
  }
  const atOnce = body.size <= uploadCutoff;
  const pieceSize = atOnce
    ? body.size
    : partSizeFor(body.size, requests.config.chunkSize, maxPartsOf(requests.config));
  const digests =
    body.md5 === undefined && !body.rereadIsExpensive
      ? await readDigests(body, pieceSize, signal)
      : undefined;
  const md5 = digests?.md5 ?? body.md5;
  if (atOnce && md5 !== undefined)
    return underCondition(requests, upload.path, upload.precondition, signal, (condition) =>
      putStream(requests, upload, attributes, condition, md5, digests?.crc32s[0], signal),
    );
  const metadata = { ...attributes.Metadata, ...(md5 && { md5chksum: base64OfHex(md5) }) };
  return uploadInParts(requests, host, upload, { ...attributes, Metadata: metadata }, digests, signal);
}

async function putBytes(
  requests: S3Api,
  upload: Upload,
  attributes: ObjectAttributes,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<StoredAnswer> {
  const digests = digestsOf(bytes);
  if (upload.body.md5 !== undefined && upload.body.md5 !== digests.md5) throw md5Mismatch(upload.path);
  const answer = await underCondition(requests, upload.path, upload.precondition, signal, (condition) =>
    put(requests, upload, attributes, condition, bytes, digests, signal),
  );
  upload.facts.onProgress?.(bytes.length);
  return answer;
}

async function putStream(
  requests: S3Api,
  upload: Upload,
  attributes: ObjectAttributes,
  condition: WriteCondition,
  md5: string,
  crc32: string | undefined,
  signal: AbortSignal,
): Promise<StoredAnswer> {
  const { body, facts } = upload;
  // A failing source doesn't end the request by itself: the request would wait for the rest for ever.
  const sourceFailed = new AbortController();
  const both = AbortSignal.any([signal, sourceFailed.signal]);
  const source = await body.open(undefined, both);
  const stream = counted(source, body.size, (sent) => facts.onProgress?.(sent));
  stream.once('error', (error) => sourceFailed.abort(error));
  try {
    return await put(requests, upload, attributes, condition, stream, { md5, ...(crc32 && { crc32 }) }, both);
  } finally {
    stream.destroy();
  }
}

async function put(
  requests: S3Api,
  upload: Upload,
  attributes: ObjectAttributes,
  condition: WriteCondition,
  content: Buffer | ReturnType<typeof counted>,
  digests: Pick<Digests, 'md5'> & Partial<Digests>,
  signal: AbortSignal,
): Promise<StoredAnswer> {
  const { place, body } = upload;
  const { config } = requests;
  const directory = isDirectoryBucket(place.bucket);
  const etagIsOther = directory || attributes.ServerSideEncryption?.startsWith('aws:kms') === true;
  const started = performance.now();
  const contentMd5 = base64OfHex(digests.md5);
  const answer = await requests.put(
    {
      place,
      // Where the ETag will be no MD5, the metadata tells it, for small files too (sync-semantics R4).
      attributes: etagIsOther
        ? { ...attributes, Metadata: { ...attributes.Metadata, md5chksum: contentMd5 } }
        : attributes,
      condition,
      content,
      length: body.size,
      contentMd5: directory ? undefined : contentMd5,
      crc32: directory || config.checksums === 'whenSupported' ? digests.crc32 : undefined,
    },
    signal,
  );
  checkStoredMd5(upload.path, answer.etag, digests.md5, answer.serverSideEncryption);
  const { dateMs } = answer;
  return {
    etag: answer.etag,
    md5: digests.md5,
    serverSideEncryption: answer.serverSideEncryption,
    fromMs: dateMs === undefined ? undefined : dateMs - (performance.now() - started),
    toMs: dateMs,
  };
}

function uploaded(upload: Upload, attributes: ObjectAttributes, answer: StoredAnswer): Uploaded {
  const { path, body, facts } = upload;
  const storageClass = attributes.StorageClass;
  return {
    entry: {
      kind: 'file',
      path,
      size: body.size,
      ...(facts.modified && { modified: facts.modified }),
      ...(answer.md5 && { md5: answer.md5 }),
      ...(answer.etag === undefined ? {} : { version: answer.etag }),
      ...(storageClass && { storageClass }),
    },
    storedFromMs: answer.fromMs === undefined ? undefined : answer.fromMs - dateSlackMs,
    storedToMs: answer.toMs === undefined ? undefined : answer.toMs + dateSlackMs,
    encryptedWithKms: !etagIsMd5({ serverSideEncryption: answer.serverSideEncryption, customerKey: false }),
  };
}
