import { createHash } from 'node:crypto';
import { withRetries } from '../../../remote/layers/retry';
import type { ByteSource, FileFacts, Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { BackendHost } from '../../backend';
import { maxPartsOf, storageIdOf } from '../config/s3Config';
import type { S3Api } from '../http/s3Api';
import { answerDate } from '../http/sdkResponses';
import { isDirectoryBucket } from '../model/bucketNames';
import type { ObjectAttributes } from '../model/objectHeaders';
import { etagIsMd5, md5OfEtag, unquoted } from '../model/objectInfo';
import { aboutObject, type ObjectLocation, parseObjectPath } from '../model/objectKey';
import { base64OfHex, readDigested, type WholeDigests, WholeMd5 } from './digests';
import { headIfThere } from './lookup';
import { MultipartUploadJournal } from './multipartJournal';
import { underCondition, type WriteCondition } from './preconditions';

const mebi = 1024 * 1024;

/** How long ending a failed upload may take before it is left to the bucket's own rules. */
const abortTimeoutMs = 30_000;

/** A part as CompleteMultipartUpload names it. */
export interface StoredPart {
  readonly PartNumber: number;
  readonly ETag: string;
  readonly ChecksumCRC32?: string;
}

/** Bytes of each part but the last: `chunkSize`, grown in whole MiB until no more than `maxParts` are needed. Pure. */
export function partSizeFor(size: number, chunkSize: number, maxParts = 10_000): number {
  if (size <= chunkSize * maxParts) return chunkSize;
  return Math.ceil(size / maxParts / mebi) * mebi;
}

/** An upload in parts that was begun, with what its end needs. */
export interface PartUpload {
  readonly uploadId: string;
  /** The service's clock at its begin: LastModified on AWS. */
  readonly startedMs: number | undefined;
  readonly serverSideEncryption: string | undefined;
}

/**
 * Sends a file in parts, `concurrency` at once; memory is bounded by part size × concurrency. A part that fails is sent again by
 * itself. When the whole fails or is cancelled, the upload is ended so that no parts stay behind (they cost money, H23).
 *
 * `known` is what an earlier reading found; then each part is only compared with that, which is cheaper than the MD5 of the
 * whole once more. Without it that MD5 is taken here, and has to be `body.md5` where the body tells one.
 */
export async function uploadInParts(
  requests: S3Api,
  host: BackendHost,
  upload: Upload,
  attributes: ObjectAttributes,
  known: WholeDigests | undefined,
  signal: AbortSignal,
): Promise<StoredAnswer> {
  const { config } = requests;
  const { body, facts, place } = upload;
  const directory = isDirectoryBucket(place.bucket);
  const withCrc = directory || config.checksums === 'whenSupported';
  const partSize = partSizeFor(body.size, config.chunkSize, maxPartsOf(config));
  const started = await beginParts(requests, upload, attributes, withCrc, signal);
  return abortOnFailure(requests, host, upload, started, async () => {
    let sent = 0;
    const md5s: string[] = [];
    const whole = known ? undefined : new WholeMd5();
    const parts = await mapConcurrent(
      Math.ceil(body.size / partSize),
      config.concurrency,
      signal,
      async (index, stop) => {
        const countIn = whole?.next();
        const start = index * partSize;
        const length = Math.min(partSize, body.size - start);
        const { bytes, digests } = await readDigested(body, { start, end: start + length }, length, stop);
        // The metadata has told the MD5 already, so what differs from it must not become visible.
        if (known && known.crc32s[index] !== digests.crc32) throw md5Mismatch(upload.path);
        await countIn?.(bytes, stop);
        md5s[index] = digests.md5;
        const etag = await withRetries(
          `part ${index + 1} of ${upload.path}`,
          async () => {
            const stored = await requests.putPart(
              {
                place,
                uploadId: started.uploadId,
                number: index + 1,
                content: bytes,
                contentMd5: directory ? undefined : base64OfHex(digests.md5),
                crc32: withCrc ? digests.crc32 : undefined,
              },
              stop,
            );
            checkStoredMd5(upload.path, unquoted(stored), digests.md5, started.serverSideEncryption);
            return etagOfPart(stored) ?? `"${digests.md5}"`;
          },
          { clock: host.clock, log: host.log, waits: host.waits },
          stop,
        );
        sent += length;
        facts.onProgress?.(sent);
        return { PartNumber: index + 1, ETag: etag, ...(withCrc && { ChecksumCRC32: digests.crc32 }) };
      },
    );
    const found = known?.md5 ?? whole?.digest();
    if (body.md5 !== undefined && body.md5 !== found) throw md5Mismatch(upload.path);
    const answer = await completeParts(requests, host, upload, started, parts, expectedEtag(md5s), signal);
    return { ...answer, md5: found };
  });
}

/**
 * A part's ETag as the request that puts the parts together spells it: a service or a proxy that calls it weak (`W/"…"`) doesn't know it by
 * that mark. Undefined when none was told; S3's own is the part's MD5. Pure.
 */
export function etagOfPart(told: string | undefined): string | undefined {
  const etag = unquoted(told?.trim());
  return etag ? `"${etag}"` : undefined;
}

/** The ETag that S3 gives to an object of parts with these MD5s. Pure. */
export function expectedEtag(md5s: readonly string[]): string {
  const whole = createHash('md5');
  for (const md5 of md5s) whole.update(md5, 'hex');
  return `${whole.digest('hex')}-${md5s.length}`;
}

export async function beginParts(
  requests: S3Api,
  { place }: Pick<Upload, 'place'>,
  attributes: ObjectAttributes,
  withCrc: boolean,
  signal: AbortSignal,
): Promise<PartUpload> {
  const { uploadId, serverSideEncryption, dateMs } = await requests.beginUpload(
    place,
    attributes,
    withCrc,
    signal,
  );
  if (!uploadId)
    throw new RemoteError('corrupted', 'The service began an upload in parts without naming it.');
  return { uploadId, startedMs: dateMs, serverSideEncryption };
}

/** Runs `work`; when it fails, ends the upload and passes the failure on. While it runs the upload is noted, lest a crash leave it open for ever. */
export async function abortOnFailure<T>(
  requests: S3Api,
  host: BackendHost,
  { place, path }: Pick<Upload, 'place' | 'path'>,
  { uploadId }: PartUpload,
  work: () => Promise<T>,
): Promise<T> {
  const open = new MultipartUploadJournal(host.cacheFolder, host.log);
  const forget = await open.record({ location: storageIdOf(requests.config), ...place, uploadId });
  await endLeftBehind(requests, host, open);
  try {
    const answer = await work();
    await forget();
    return answer;
  } catch (error) {
    try {
      await abortMultipartUpload(requests, host, place, uploadId, AbortSignal.timeout(abortTimeoutMs));
      await forget();
    } catch (abortError) {
      // What failed first is what the caller must hear; this only leaves parts behind.
      host.log.write(
        'warn',
        'copy',
        `The failed upload of ${path} could not be ended; its parts stay: ${String(abortError)}`,
      );
    }
    throw error;
  }
}

/** Ends an upload, so that its parts go. One that isn't there any more is fine. */
async function abortMultipartUpload(
  requests: S3Api,
  host: BackendHost,
  place: ObjectLocation,
  uploadId: string,
  limit: AbortSignal,
): Promise<void> {
  const input = { Bucket: place.bucket, Key: place.key, UploadId: uploadId };
  try {
    await withRetries(
      `end the upload of ${place.bucket}/${place.key}`,
      () =>
        requests.run(aboutObject(place), limit, ({ client, sdk }) =>
          client.send(new sdk.AbortMultipartUploadCommand(input), { abortSignal: limit }),
        ),
      { clock: host.clock, log: host.log, attempts: 3 },
      limit,
    );
  } catch (error) {
    if (!(isRemoteError(error) && error.code?.startsWith('NoSuchUpload'))) throw error;
  }
}

/** Connections that have looked for uploads left open. */
const orphansChecked = new WeakSet<S3Api>();

/** Ends, once per remote, what processes that crashed left open here. Never fails: what can't be ended is tried again by the next session. */
async function endLeftBehind(
  requests: S3Api,
  host: BackendHost,
  open: MultipartUploadJournal,
): Promise<void> {
  if (orphansChecked.has(requests)) return;
  orphansChecked.add(requests);
  const limit = AbortSignal.timeout(abortTimeoutMs);
  for (const { bucket, key, uploadId, forget } of await open.findOrphans(storageIdOf(requests.config))) {
    try {
      await abortMultipartUpload(requests, host, { bucket, key }, uploadId, limit);
      await forget();
      host.log.write('info', 'copy', `Ended an upload of ${bucket}/${key} that a crash had left open.`);
    } catch (error) {
      host.log.write('info', 'copy', `An upload left open can't be ended: ${String(error)}`);
    }
  }
}

/**
 * Calls `work` for 0…count−1, `concurrency` at once, and gives the answers in order. After a failure no call starts, those
 * under way are stopped and waited for, and the first failure is thrown.
 */
export async function mapConcurrent<T>(
  count: number,
  concurrency: number,
  signal: AbortSignal,
  work: (index: number, stop: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const answers: T[] = [];
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    while (next < count && !stop.aborted) {
      const index = next++;
      try {
        answers[index] = await work(index, stop);
      } catch (error) {
        failure ??= { error };
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  signal.throwIfAborted();
  if (failure) throw failure.error;
  return answers;
}

/** Puts the parts together. A lost answer is asked for again; an upload that is gone by then may be the finished object. */
export async function completeParts(
  requests: S3Api,
  host: BackendHost,
  upload: Pick<Upload, 'place' | 'path' | 'precondition'>,
  started: PartUpload,
  parts: readonly StoredPart[],
  expected: string | undefined,
  signal: AbortSignal,
): Promise<StoredAnswer> {
  const { place, path, precondition } = upload;
  const complete = (condition: WriteCondition) =>
    requests.run(aboutObject(place), signal, ({ client, sdk }) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({
          ...condition,
          Bucket: place.bucket,
          Key: place.key,
          UploadId: started.uploadId,
          MultipartUpload: { Parts: [...parts] },
        }),
        { abortSignal: signal },
      ),
    );
  return withRetries(
    `finish the upload of ${path}`,
    async (failed) => {
      try {
        const answer = await underCondition(requests, path, precondition, signal, complete);
        const etag = unquoted(answer.ETag);
        checkWholeEtag(path, etag, expected, answer.ServerSideEncryption ?? started.serverSideEncryption);
        return {
          etag,
          md5: undefined,
          serverSideEncryption: answer.ServerSideEncryption ?? started.serverSideEncryption,
          fromMs: started.startedMs,
          toMs: answerDate(answer),
        };
      } catch (error) {
        if (!failed || !isRemoteError(error) || !error.code?.startsWith('NoSuchUpload')) throw error;
        const now = await headIfThere(requests, place, signal).catch((cause: unknown) => {
          if (isRemoteError(cause)) return undefined; // what failed first says more
          throw cause;
        });
        if (now?.etag === undefined || now.etag !== expected) throw error;
        return {
          etag: now.etag,
          md5: undefined,
          serverSideEncryption: now.serverSideEncryption,
          fromMs: now.lastModifiedMs,
          toMs: now.lastModifiedMs,
        };
      }
    },
    { clock: host.clock, log: host.log, waits: host.waits },
    signal,
  );
}

/** Only an ETag that has the form of S3's can be wrong; other stores make up others (sync-semantics H25). */
function checkWholeEtag(
  path: RemotePath,
  etag: string | undefined,
  expected: string | undefined,
  encryption: string | undefined,
): void {
  if (expected === undefined || etag === undefined || encryption?.startsWith('aws:kms')) return;
  if (isDirectoryBucket(parseObjectPath(path).bucket)) return;
  if (/^[0-9a-f]{32}-\d+$/.test(etag) && etag !== expected)
    throw new RemoteError('corrupted', `The service put the parts of "${path}" together wrongly.`);
}

/** One file on its way up. */
export interface Upload {
  readonly path: RemotePath;
  readonly place: ObjectLocation;
  readonly body: ByteSource;
  readonly facts: FileFacts;
  readonly precondition: Precondition;
}

/** What a finished request told. */
export interface StoredAnswer {
  readonly etag: string | undefined;
  readonly md5: string | undefined;
  readonly serverSideEncryption: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** The source isn't what its MD5 says it is. */
export function md5Mismatch(path: RemotePath): RemoteError {
  return new RemoteError(
    'corrupted',
    `The content for "${path}" was read damaged: its MD5 is another. Nothing was stored.`,
  );
}

/** Throws `damaged` when the service says that it stored something else: a store that ignores Content-MD5. */
export function checkStoredMd5(
  path: RemotePath,
  etag: string | undefined,
  md5: string,
  serverSideEncryption: string | undefined,
): void {
  if (
    !etagIsMd5({ serverSideEncryption, customerKey: false }) ||
    isDirectoryBucket(parseObjectPath(path).bucket)
  )
    return;
  const stored = md5OfEtag(etag);
  if (stored !== undefined && stored !== md5)
    throw new RemoteError('corrupted', `The service stored other content at "${path}" than was sent.`);
}
