import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { digest } from '../../../base/digest';
import type { Writable } from '../../../base/writable';
import { transferBuffers } from '../../../remote/bufferPool';
import type { FileEntry } from '../../../remote/entry';
import type { ByteSource, ContentDigests, FileFacts, Precondition } from '../../../remote/remote';
import type { RemotePath } from '../../../remote/remotePath';
import type { BackendHost } from '../../backend';
import { maxPartsOf } from '../config/s3Config';
import type { WriteCondition } from '../http/requestTypes';
import type { S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import type { ObjectAttributes } from '../model/objectHeaders';
import { etagIsMd5 } from '../model/objectInfo';
import { parseFilePath } from '../model/objectKey';
import { keptAttributes, newAttributes, taggingOf } from './attributes';
import {
  base64OfHex,
  countBytes,
  crc32Text,
  type Digests,
  digestsOfBody,
  fillFrom,
  readBody,
} from './digests';
import { headIfThere } from './lookup';
import { partSizeFor, type Upload, uploadInParts } from './multipartUpload';
import {
  assertPrecondition,
  checkPrecondition,
  conditionOf,
  preconditionError,
  underCondition,
} from './preconditions';
import { checkStoredMd5, md5Mismatch, type StoredObject } from './storedObject';

/** In bytes. Smaller bodies are read into memory once and sent by one request, which can be retried. */
const inMemoryLimit = 8 * 1024 * 1024;
/** In bytes. Larger bodies are read into the memory that all transfers share, and hashed beside that if their source can. */
const lentFrom = 512 * 1024;
/** Tolerance, in milliseconds, for using the Date of a response as LastModified. */
const dateSlackMs = 2000;

/** The stored file, and when it was stored: a range in milliseconds by the clock of the service. */
export interface Uploaded {
  readonly entry: FileEntry;
  readonly storedFromMs: number | undefined;
  readonly storedToMs: number | undefined;
  readonly encryptedWithKms: boolean;
}

/**
 * Writes a whole file. Every request has a Content-MD5, so the service rejects corrupted content and no HEAD is needed afterwards.
 *
 * The MD5 must be known before the first byte: it is a header, and the `md5chksum` metadata of a multipart upload is set at its start (R4). So
 * a body that is not in memory is read twice, as in rclone. If every read is a download (`rereadIsExpensive`), the body goes in parts, each with
 * its own MD5; it has an MD5 of the whole only if the source announced one.
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
    return toUploaded(upload, attributes, await send(requests, host, upload, attributes, signal));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw preconditionError(error, path, precondition);
  }
}

/** Sends a HEAD if needed: to keep attributes, to check a precondition that the service doesn't enforce, or to avoid a futile long upload. */
async function attributesFor(
  requests: S3Api,
  upload: Upload,
  signal: AbortSignal,
): Promise<ObjectAttributes> {
  const { path, place, facts, precondition, body } = upload;
  const { config } = requests;
  const enforced = Object.keys(conditionOf(precondition, config.conditionalWrites)).length > 0;
  const mustCheck = precondition.kind !== 'none' && (!enforced || body.size > inMemoryLimit);
  const fresh = () => newAttributes(path, facts, config);
  if (!facts.keepAttributes || precondition.kind === 'ifAbsent') {
    if (mustCheck) await checkPrecondition(requests, path, precondition, signal);
    return fresh();
  }
  const before = await headIfThere(requests, place, signal);
  if (mustCheck) assertPrecondition(precondition, path, before);
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
): Promise<StoredObject> {
  const { body } = upload;
  const { uploadCutoff, chunkSize } = requests.config;
  // An empty body can't go in parts, even with a cutoff of 0.
  if (body.size === 0 || (body.size <= inMemoryLimit && body.size <= uploadCutoff)) {
    const sendBytes = (bytes: Buffer, digests?: ContentDigests) =>
      putBytes(requests, upload, attributes, bytes, digests, signal);
    if (body.bytes || body.size < lentFrom) return sendBytes(await readBody(body, signal));
    const asOnePiece = { size: body.size, withCrc32: sendsCrc(requests, upload) };
    return transferBuffers.lend(body.size, signal, async (buffer) => {
      const filling = fillFrom(body, 0, buffer, signal);
      const [digests] = await Promise.all([body.digests?.(asOnePiece, signal), filling]);
      return sendBytes(buffer, digests);
    });
  }
  const isSingle = body.size <= uploadCutoff;
  const pieceSize = isSingle ? body.size : partSizeFor(body.size, chunkSize, maxPartsOf(requests.config));
  // In parts, the CRC32 shows whether the second read brings the same bytes.
  const pieces = { size: pieceSize, withCrc32: !isSingle || sendsCrc(requests, upload) };
  // A source that hashes beside other work has the MD5 of each part sooner than the part is read.
  const isHashedFirst = body.digests !== undefined || (body.md5 === undefined && !body.rereadIsExpensive);
  const digests = isHashedFirst ? await digestsOfBody(body, pieces, signal) : undefined;
  if (digests && body.md5 !== undefined && body.md5 !== digests.md5) throw md5Mismatch(upload.path);
  const md5 = digests?.md5 ?? body.md5;
  if (isSingle && md5 !== undefined)
    return underCondition(requests, upload.path, upload.precondition, signal, (condition) =>
      putStream(requests, upload, attributes, condition, md5, digests?.pieces[0]?.crc32, signal),
    );
  const metadata = { ...attributes.Metadata, ...(md5 && { md5chksum: base64OfHex(md5) }) };
  return uploadInParts(requests, host, upload, { ...attributes, Metadata: metadata }, digests, signal);
}

async function putBytes(
  requests: S3Api,
  upload: Upload,
  attributes: ObjectAttributes,
  bytes: Buffer,
  known: ContentDigests | undefined,
  signal: AbortSignal,
): Promise<StoredObject> {
  const md5 = known?.md5 ?? digest('md5', bytes);
  const crc = sendsCrc(requests, upload) ? (known?.pieces[0]?.crc32 ?? crc32(bytes)) : undefined;
  const digests = { md5, ...(crc !== undefined && { crc32: crc32Text(crc) }) };
  if (upload.body.md5 !== undefined && upload.body.md5 !== digests.md5) throw md5Mismatch(upload.path);
  const response = await underCondition(requests, upload.path, upload.precondition, signal, (condition) =>
    put(requests, upload, attributes, condition, bytes, digests, signal),
  );
  upload.facts.onProgress?.(bytes.length);
  return response;
}

async function putStream(
  requests: S3Api,
  upload: Upload,
  attributes: ObjectAttributes,
  condition: WriteCondition,
  md5: string,
  crc32: number | undefined,
  signal: AbortSignal,
): Promise<StoredObject> {
  const { body, facts } = upload;
  const digests = { md5, ...(crc32 !== undefined && { crc32: crc32Text(crc32) }) };
  // The request would wait forever for the rest of a failed source.
  const sourceFailed = new AbortController();
  const both = AbortSignal.any([signal, sourceFailed.signal]);
  const source = await body.open(undefined, both);
  const stream = countBytes(source, body.size, (sent) => facts.onProgress?.(sent));
  stream.once('error', (error) => sourceFailed.abort(error));
  try {
    return await put(requests, upload, attributes, condition, stream, digests, both);
  } finally {
    stream.destroy();
  }
}

async function put(
  requests: S3Api,
  upload: Upload,
  attributes: ObjectAttributes,
  condition: WriteCondition,
  content: Buffer | Readable,
  digests: Pick<Digests, 'md5'> & Partial<Digests>,
  signal: AbortSignal,
): Promise<StoredObject> {
  const { place, body } = upload;
  const directory = isDirectoryBucket(place.bucket);
  const etagIsNotMd5 = directory || attributes.ServerSideEncryption?.startsWith('aws:kms') === true;
  const started = performance.now();
  const contentMd5 = base64OfHex(digests.md5);
  const { etag, serverSideEncryption, dateMs } = await requests.put(
    {
      place,
      // Where the ETag will not be the MD5, the metadata has it, also for small files (R4).
      attributes: etagIsNotMd5
        ? { ...attributes, Metadata: { ...attributes.Metadata, md5chksum: contentMd5 } }
        : attributes,
      condition,
      content,
      length: body.size,
      contentMd5: directory ? undefined : contentMd5,
      crc32: sendsCrc(requests, upload) ? digests.crc32 : undefined,
    },
    signal,
  );
  checkStoredMd5(upload, etag, digests.md5, serverSideEncryption);
  return {
    etag,
    md5: digests.md5,
    serverSideEncryption,
    fromMs: dateMs === undefined ? undefined : dateMs - (performance.now() - started),
    toMs: dateMs,
  };
}

function sendsCrc({ config }: S3Api, { place }: Upload): boolean {
  return config.checksums === 'whenSupported' || isDirectoryBucket(place.bucket);
}

function toUploaded(upload: Upload, attributes: ObjectAttributes, stored: StoredObject): Uploaded {
  const { path, body, facts } = upload;
  // Properties that are set one by one cost a fraction of spread ones.
  const entry: Writable<FileEntry> = { kind: 'file', path, size: body.size };
  if (facts.modified) entry.modified = facts.modified;
  if (stored.md5) entry.md5 = stored.md5;
  if (stored.etag !== undefined) entry.version = stored.etag;
  if (attributes.StorageClass) entry.storageClass = attributes.StorageClass;
  return {
    entry,
    storedFromMs: stored.fromMs === undefined ? undefined : stored.fromMs - dateSlackMs,
    storedToMs: stored.toMs === undefined ? undefined : stored.toMs + dateSlackMs,
    encryptedWithKms: !etagIsMd5({ serverSideEncryption: stored.serverSideEncryption, customerKey: false }),
  };
}
