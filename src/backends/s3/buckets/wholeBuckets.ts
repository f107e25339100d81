import type { BucketContent, WholeBuckets } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { parseObjectPath } from '../model/objectKey';
import { abortUploads, listUploads, type UnfinishedUpload } from './bucketUploads';
import {
  assertNoNewVersions,
  type ListedVersions,
  listVersions,
  nothingRemoved,
  removeVersions,
  type Version,
} from './bucketVersions';
import { assertRemovable } from './objectLock';
import type { BucketVersioning } from './versioning';

interface CountedBucket extends ListedVersions {
  readonly uploads: readonly UnfinishedUpload[];
}

/**
 * Buckets with all their content: older versions, delete markers and unfinished uploads, which no listing of current objects shows and
 * which keep a bucket from being deleted.
 */
export class S3WholeBuckets implements WholeBuckets {
  private readonly counted = new WeakMap<BucketContent, CountedBucket>();

  constructor(
    private readonly requests: S3Api,
    private readonly versioning: BucketVersioning,
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
    const hasVersioning = keeping === 'kept' || keeping === 'suspended';
    let listed: ListedVersions;
    try {
      listed = await listVersions(this.requests, bucket, signal, onFound);
    } catch (error) {
      if (!hasVersioning && isRemoteError(error, 'unsupported')) return undefined;
      if (keeping === 'notKept' && isRemoteError(error, 'forbidden')) return undefined;
      if (!isRemoteError(error, 'forbidden')) throw error;
      throw new RemoteError(
        'forbidden',
        `The older versions in "${bucket}", which would be deleted with it, can't be listed. ${error.message}`,
        { cause: error },
      );
    }
    // A service without versions may return an empty list instead of an error.
    if (listed.versions.length === 0 && !hasVersioning) return undefined;
    const counted = { ...listed, uploads };
    const content = summarize(counted);
    this.counted.set(content, counted);
    return content;
  }

  async remove(
    path: RemotePath,
    content: BucketContent,
    onProgress: (removed: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { bucket } = parseObjectPath(path);
    const { requests } = this;
    const counted = this.counted.get(content);
    if (!counted) throw new Error('Only a bucket that was counted here can be removed');
    if (counted.unusable > 0)
      throw nothingRemoved(
        'unsupported',
        `"${bucket}" holds ${counted.unusable} versions with keys that are not valid text, which can't be removed from here.`,
      );
    await assertNoNewVersions(requests, bucket, counted.versions, signal);
    // Fails without effect unless the bucket is empty, and so shows whether the credentials may delete it.
    const wasEmpty = await deleteIfEmpty(requests, bucket, signal).catch((error: unknown) => {
      throw isRemoteError(error) && !signal.aborted
        ? nothingRemoved(error.kind, error.message, error)
        : error;
    });
    if (!wasEmpty) {
      await assertRemovable(requests, bucket, counted.versions, signal);
      await removeVersions(requests, bucket, counted.versions, onProgress, signal);
      await abortUploads(requests, bucket, counted.uploads, signal);
      if (!(await deleteIfEmpty(requests, bucket, signal)))
        throw new RemoteError(
          'notEmpty',
          `Everything that was counted in "${bucket}" was removed, but new content arrived meanwhile, so the bucket was kept.`,
        );
    }
    this.versioning.forget(bucket);
  }
}

function summarize({ versions, uploads, unusable }: CountedBucket): BucketContent {
  const files = versions.filter(({ isLatest, isMarker }) => isLatest && !isMarker);
  const older = versions.filter(({ isLatest, isMarker }) => !isLatest && !isMarker);
  const bytesOf = (some: readonly Version[]) => some.reduce((sum, { size }) => sum + size, 0);
  return {
    files: files.length,
    bytes: bytesOf(files),
    olderVersions: older.length,
    olderBytes: bytesOf(older),
    deleteMarkers: versions.length - files.length - older.length,
    unfinishedUploads: uploads.length,
    total: versions.length,
    unusable,
  };
}

/** Deletes the bucket and returns true, or returns false when it isn't empty. */
async function deleteIfEmpty(requests: S3Api, bucket: string, signal: AbortSignal): Promise<boolean> {
  try {
    await requests.sendCommand({ bucket }, (sdk) => new sdk.DeleteBucketCommand({ Bucket: bucket }), signal);
    return true;
  } catch (error) {
    if (isRemoteError(error, 'notEmpty')) return false;
    throw error;
  }
}
