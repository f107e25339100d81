import { forEachConcurrent, WeightedSemaphore } from '../../../base/semaphore';
import type { BucketContent, WholeBuckets } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { toRemoteError } from '../errors/s3Errors';
import type { S3Api } from '../http/s3Api';
import { unquoted } from '../model/objectInfo';
import { aboutObject, parseObjectPath } from '../model/objectKey';
import { addContentMd5, cannotStandInXml, maxBatch } from '../objects/deleting';
import { askVersioning, type BucketVersioning } from './versioning';

/** One version of an object, or a marker that hides those before it. */
interface Version {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isMarker: boolean;
  readonly size: number;
  /** Tells apart what came to be under the version `null`, which can be overwritten. */
  readonly mark: string;
}

interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

interface Found {
  readonly versions: readonly Version[];
  readonly uploads: readonly Upload[];
  /** Objects with keys that are no text. */
  readonly unusable: number;
}

/** How many versions are asked at once whether they are locked. */
const lookedAtAtOnce = 32;

/**
 * Buckets with all that is in them: older versions, delete markers and unfinished uploads, which no listing of current objects shows
 * and which keep a bucket from being deleted.
 */
export class S3WholeBuckets implements WholeBuckets {
  private readonly found = new WeakMap<BucketContent, Found>();

  constructor(
    private readonly requests: S3Api,
    private readonly versioning: BucketVersioning,
    /** Called when a bucket is gone. */
    private readonly onRemoved: (bucket: string) => void,
  ) {}

  async count(
    path: RemotePath,
    signal: AbortSignal,
    onFound: (versions: number) => void = () => {},
  ): Promise<BucketContent | undefined> {
    const { bucket } = parseObjectPath(path);
    const keeping = await this.versioning.of(bucket, signal);
    const uploads = await listUploads(this.requests, bucket, signal);
    if (keeping === 'notKept' && uploads.length === 0) return undefined;
    const mayHave = keeping === 'kept' || keeping === 'suspended';
    let listed: Omit<Found, 'uploads'>;
    try {
      listed = await listVersions(this.requests, bucket, signal, onFound);
    } catch (error) {
      if (!mayHave && isRemoteError(error, 'unsupported')) return undefined;
      if (keeping === 'notKept' && isRemoteError(error, 'forbidden')) return undefined;
      if (!isRemoteError(error, 'forbidden')) throw error;
      throw new RemoteError(
        'forbidden',
        `It can't be told which older versions are in "${bucket}" and would go with it. ${error.message}`,
        { cause: error },
      );
    }
    // Services that know no versions may answer with something else, as if there were none.
    if (listed.versions.length === 0 && !mayHave) return undefined;
    const found = { ...listed, uploads };
    const content = contentOf(found);
    this.found.set(content, found);
    return content;
  }

  async remove(
    path: RemotePath,
    content: BucketContent,
    onProgress: (removed: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { bucket } = parseObjectPath(path);
    const counted = this.found.get(content);
    if (!counted) throw new Error('Only what was counted here can be removed');
    const { requests } = this;
    if (counted.unusable > 0)
      throw nothingRemoved(
        'unsupported',
        `"${bucket}" holds ${counted.unusable} versions with keys that are no text, which can't be removed from here.`,
      );
    await mustBeAsCounted(requests, bucket, counted, signal);
    // A bucket that isn't empty can't be deleted; whether the credentials may is found out before anything else goes.
    const empty = await deletedWhenEmpty(requests, bucket, signal).catch((error: unknown) => {
      throw isRemoteError(error) && !signal.aborted
        ? nothingRemoved(error.kind, error.message, error)
        : error;
    });
    if (empty) return this.onRemoved(bucket);
    await mustBeRemovable(requests, bucket, counted.versions, signal);
    await removeVersions(requests, bucket, counted.versions, onProgress, signal);
    await abortUploads(requests, bucket, counted.uploads, signal);
    if (!(await deletedWhenEmpty(requests, bucket, signal)))
      throw new RemoteError(
        'notEmpty',
        `All that was counted in "${bucket}" is removed, but something came to be in it meanwhile, so the bucket stays.`,
      );
    this.onRemoved(bucket);
  }
}

function contentOf({ versions, uploads, unusable }: Found): BucketContent {
  const current = versions.filter(({ isLatest, isMarker }) => isLatest && !isMarker);
  const older = versions.filter(({ isLatest, isMarker }) => !isLatest && !isMarker);
  const bytes = (some: readonly Version[]) => some.reduce((sum, { size }) => sum + size, 0);
  return {
    files: current.length,
    bytes: bytes(current),
    olderVersions: older.length,
    olderBytes: bytes(older),
    deleteMarkers: versions.filter(({ isMarker }) => isMarker).length,
    unfinishedUploads: uploads.length,
    total: versions.length,
    unusable,
  };
}

function nothingRemoved(kind: RemoteError['kind'], why: string, cause?: unknown): RemoteError {
  return new RemoteError(kind, `${why} Nothing was removed.`, { cause });
}

async function mustBeAsCounted(
  requests: S3Api,
  bucket: string,
  counted: Found,
  signal: AbortSignal,
): Promise<void> {
  const known = new Map(counted.versions.map((version) => [idOf(version), version.mark]));
  const now = await listVersions(requests, bucket, signal, () => {});
  const news = now.versions.find((version) => known.get(idOf(version)) !== version.mark);
  if (news)
    throw nothingRemoved(
      'changed',
      `"${news.key}" in "${bucket}" was written or deleted after the bucket was counted. Count again.`,
    );
}

function idOf({ key, versionId }: Version): string {
  return `${versionId}\n${key}`;
}

/** Deletes the bucket if it is empty. Throws what else is in the way. */
async function deletedWhenEmpty(requests: S3Api, bucket: string, signal: AbortSignal): Promise<boolean> {
  try {
    await requests.run({ bucket }, signal, ({ client, sdk }) =>
      client.send(new sdk.DeleteBucketCommand({ Bucket: bucket }), { abortSignal: signal }),
    );
    return true;
  } catch (error) {
    if (isRemoteError(error, 'notEmpty')) return false;
    throw error;
  }
}

/** Throws when some version is surely protected, so that not half of them go. */
async function mustBeRemovable(
  requests: S3Api,
  bucket: string,
  versions: readonly Version[],
  signal: AbortSignal,
): Promise<void> {
  const { mfaDelete } = await known(askVersioning(requests, bucket, signal), { mfaDelete: false });
  if (mfaDelete)
    throw nothingRemoved(
      'forbidden',
      `The versions in "${bucket}" can be removed only with the code of an MFA device ("MFA delete"), which can't be given here.`,
    );
  const lock = await known(
    requests.run({ bucket }, signal, ({ client, sdk }) =>
      client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket: bucket }), { abortSignal: signal }),
    ),
    undefined,
  );
  if (lock?.ObjectLockConfiguration?.ObjectLockEnabled !== 'Enabled') return;
  const locked: { readonly key: string; readonly why: string }[] = [];
  await forEachConcurrent(
    versions.filter(({ isMarker }) => !isMarker),
    new WeightedSemaphore(lookedAtAtOnce),
    () => 1,
    async ({ key, versionId }) => {
      const why = await lockOf(requests, bucket, key, versionId, signal);
      if (why !== undefined) locked.push({ key, why });
    },
    signal,
  );
  signal.throwIfAborted();
  const [first] = locked;
  if (first)
    throw nothingRemoved(
      'forbidden',
      `${locked.length === 1 ? 'A version is' : `${locked.length} versions are`} protected by object lock, for example "${first.key}" (${first.why}), so "${bucket}" can't be deleted.`,
    );
}

async function lockOf(
  requests: S3Api,
  bucket: string,
  key: string,
  versionId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const head = await known(
    requests.run(aboutObject({ bucket, key }), signal, ({ client, sdk }) =>
      client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }), {
        abortSignal: signal,
      }),
    ),
    undefined,
  );
  if (head?.ObjectLockLegalHoldStatus === 'ON') return 'legal hold';
  const until = head?.ObjectLockRetainUntilDate;
  return until && until.getTime() > Date.now() ? `until ${until.toISOString().slice(0, 10)}` : undefined;
}

/** What the service doesn't tell is found out by the removal itself. */
async function known<T, U>(answer: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await answer;
  } catch (error) {
    if (isRemoteError(error, 'forbidden', 'unsupported', 'notFound', 'other')) return otherwise;
    throw error;
  }
}

/**
 * Older versions first, so that what is current stays visible until the end; the very first by itself, which shows whether versions may
 * be removed at all.
 */
async function removeVersions(
  requests: S3Api,
  bucket: string,
  versions: readonly Version[],
  onProgress: (removed: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const ordered = [...versions.filter((one) => !one.isLatest), ...versions.filter((one) => one.isLatest)];
  let removed = 0;
  for (let start = 0, size = 1; start < ordered.length; start += size, size = maxBatch) {
    const batch = ordered.slice(start, start + size);
    const failure = await removeBatch(requests, bucket, batch, signal);
    removed += batch.length - failure.count;
    onProgress(removed);
    const { first } = failure;
    if (first === undefined) continue;
    if (removed === 0) throw nothingRemoved(first.kind, first.message, first);
    throw new RemoteError(
      first.kind,
      `${removed} of ${ordered.length} versions in "${bucket}" were removed; the others stay. ${first.message}`,
      { cause: first },
    );
  }
}

async function removeBatch(
  requests: S3Api,
  bucket: string,
  batch: readonly Version[],
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly first?: RemoteError }> {
  const failures: RemoteError[] = [];
  const inList = batch.filter(({ key }) => !cannotStandInXml(key));
  try {
    if (inList.length > 0) {
      const about = { bucket, moreActions: ['s3:DeleteObjectVersion'] };
      const answer = await requests.run(about, signal, ({ client, sdk }) => {
        const command = new sdk.DeleteObjectsCommand({
          Bucket: bucket,
          Delete: {
            Quiet: true,
            Objects: inList.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })),
          },
        });
        addContentMd5(command);
        return client.send(command, { abortSignal: signal });
      });
      for (const { Key = '', Code = '', Message } of answer.Errors ?? []) {
        if (Code === 'NoSuchKey' || Code === 'NoSuchVersion') continue;
        const failure = Object.assign(new Error(Message ?? Code), {
          name: Code,
          operation: 'DeleteObjects',
          $metadata: {},
        });
        failures.push(
          toRemoteError(failure, requests.context({ ...about, path: `${bucket}/${Key}` })) as RemoteError,
        );
      }
    }
    for (const { key, versionId } of batch.filter((one) => cannotStandInXml(one.key)))
      await requests.run(aboutObject({ bucket, key }), signal, ({ client, sdk }) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }), {
          abortSignal: signal,
        }),
      );
  } catch (error) {
    if (signal.aborted || !isRemoteError(error)) throw error;
    return { count: batch.length, first: error };
  }
  const [first] = failures;
  return { count: failures.length, ...(first && { first }) };
}

async function abortUploads(
  requests: S3Api,
  bucket: string,
  uploads: readonly Upload[],
  signal: AbortSignal,
): Promise<void> {
  for (const { key, uploadId } of uploads)
    try {
      await requests.run(aboutObject({ bucket, key }), signal, ({ client, sdk }) =>
        client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }), {
          abortSignal: signal,
        }),
      );
    } catch (error) {
      signal.throwIfAborted();
      // It ended by itself, or goes with the bucket: most services let a bucket go that has only these.
      if (!isRemoteError(error, 'notFound', 'forbidden', 'unsupported')) throw error;
    }
}

async function listVersions(
  requests: S3Api,
  bucket: string,
  signal: AbortSignal,
  onFound: (versions: number) => void,
): Promise<Omit<Found, 'uploads'>> {
  const versions: Version[] = [];
  let unusable = 0;
  let at: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } = {};
  for (;;) {
    const page = await requests.run({ bucket }, signal, ({ client, sdk }) =>
      client.send(new sdk.ListObjectVersionsCommand({ Bucket: bucket, EncodingType: 'url', ...at }), {
        abortSignal: signal,
      }),
    );
    const decode = decoderOf(page.EncodingType);
    const take = (
      { Key = '', VersionId = 'null', IsLatest = false, LastModified }: ListedVersion,
      more: { readonly isMarker: boolean; readonly size: number; readonly etag: string | undefined },
    ) => {
      const key = decode(Key);
      if (key === undefined) unusable++;
      else
        versions.push({
          key,
          versionId: VersionId,
          isLatest: IsLatest,
          isMarker: more.isMarker,
          size: more.size,
          mark: `${more.isMarker} ${more.etag ?? ''} ${LastModified?.getTime() ?? ''}`,
        });
    };
    for (const one of page.Versions ?? [])
      take(one, { isMarker: false, size: one.Size ?? 0, etag: unquoted(one.ETag) });
    for (const one of page.DeleteMarkers ?? []) take(one, { isMarker: true, size: 0, etag: undefined });
    onFound(versions.length);
    if (!page.IsTruncated) return { versions, unusable };
    const key = page.NextKeyMarker === undefined ? undefined : decode(page.NextKeyMarker);
    const next = {
      ...(key !== undefined && { KeyMarker: key }),
      ...(page.NextVersionIdMarker !== undefined && { VersionIdMarker: page.NextVersionIdMarker }),
    };
    if (key === undefined || (key === at.KeyMarker && next.VersionIdMarker === at.VersionIdMarker))
      throw new RemoteError('corrupted', `The service lists the versions in "${bucket}" in a circle.`);
    at = next;
  }
}

interface ListedVersion {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly IsLatest?: boolean | undefined;
  readonly LastModified?: Date | undefined;
}

/** Unfinished uploads; none where the service doesn't tell, since these rarely keep a bucket from being deleted. */
async function listUploads(requests: S3Api, bucket: string, signal: AbortSignal): Promise<readonly Upload[]> {
  const uploads: Upload[] = [];
  let at: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {};
  try {
    for (;;) {
      const page = await requests.run({ bucket }, signal, ({ client, sdk }) =>
        client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket, EncodingType: 'url', ...at }), {
          abortSignal: signal,
        }),
      );
      const decode = decoderOf(page.EncodingType);
      for (const { Key = '', UploadId } of page.Uploads ?? []) {
        const key = decode(Key);
        if (key !== undefined && UploadId !== undefined) uploads.push({ key, uploadId: UploadId });
      }
      const key = decode(page.NextKeyMarker ?? '');
      if (
        !page.IsTruncated ||
        !key ||
        (key === at.KeyMarker && page.NextUploadIdMarker === at.UploadIdMarker)
      )
        return uploads;
      at = {
        KeyMarker: key,
        ...(page.NextUploadIdMarker !== undefined && { UploadIdMarker: page.NextUploadIdMarker }),
      };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isRemoteError(error, 'forbidden', 'unsupported')) return uploads;
    throw error;
  }
}

/** Reads keys as a listing spells them; undefined for one that is no text. Some services ignore that an encoding was asked for. */
function decoderOf(encoding: string | undefined): (text: string) => string | undefined {
  if (encoding !== 'url') return (text) => text;
  return (text) => {
    try {
      return decodeURIComponent(text.replaceAll('+', ' '));
    } catch {
      return undefined;
    }
  };
}
