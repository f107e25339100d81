import type { ObjectVersion } from '@aws-sdk/client-s3';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { Sdk } from '../http/connection';
import type { S3Api } from '../http/s3Api';
import { unquotedEtag } from '../model/objectInfo';
import { keyDecoder } from '../model/objectKey';
import { deleteBatch, maxBatch } from '../objects/deleting';

/** One version of an object, or a delete marker. */
export interface Version {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isMarker: boolean;
  /** Bytes; 0 for a marker. */
  readonly size: number;
  /** Changes when the content does: the version `null` can be overwritten under the same id. */
  readonly fingerprint: string;
}

export interface ListedVersions {
  readonly versions: readonly Version[];
  /** Versions whose keys are not valid text. */
  readonly unusable: number;
}

/** All versions and delete markers of a bucket. Throws `corrupted` when the service repeats a page. */
export async function listVersions(
  requests: S3Api,
  bucket: string,
  signal: AbortSignal,
  onFound: (versions: number) => void = () => {},
): Promise<ListedVersions> {
  const versions: Version[] = [];
  let unusable = 0;
  let at: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } = {};
  for (;;) {
    const input = { Bucket: bucket, EncodingType: 'url' as const, ...at };
    const create = (sdk: Sdk) => new sdk.ListObjectVersionsCommand(input);
    const page = await requests.sendCommand({ bucket }, create, signal);
    const decode = keyDecoder(page.EncodingType);
    const add = (listed: ObjectVersion, isMarker: boolean) => {
      const { Key = '', VersionId = 'null', IsLatest = false, Size = 0, ETag, LastModified } = listed;
      const key = decode(Key);
      if (key === undefined) unusable++;
      else
        versions.push({
          key,
          versionId: VersionId,
          isLatest: IsLatest,
          isMarker,
          size: Size,
          fingerprint: `${isMarker} ${unquotedEtag(ETag) ?? ''} ${LastModified?.getTime() ?? ''}`,
        });
    };
    for (const version of page.Versions ?? []) add(version, false);
    for (const marker of page.DeleteMarkers ?? []) add(marker, true);
    onFound(versions.length);
    if (!page.IsTruncated) return { versions, unusable };
    const key = decode(page.NextKeyMarker ?? '');
    const { NextVersionIdMarker } = page;
    if (!key || (key === at.KeyMarker && NextVersionIdMarker === at.VersionIdMarker))
      throw new RemoteError('corrupted', `The service lists the versions in "${bucket}" in a circle.`);
    at = {
      KeyMarker: key,
      ...(NextVersionIdMarker !== undefined && { VersionIdMarker: NextVersionIdMarker }),
    };
  }
}

/** Throws `changed` when the bucket has a version that is not in `counted`. */
export async function assertNoNewVersions(
  requests: S3Api,
  bucket: string,
  counted: readonly Version[],
  signal: AbortSignal,
): Promise<void> {
  const idOf = ({ key, versionId }: Version) => `${versionId}\n${key}`;
  const fingerprints = new Map(counted.map((version) => [idOf(version), version.fingerprint]));
  const { versions } = await listVersions(requests, bucket, signal);
  const added = versions.find((version) => fingerprints.get(idOf(version)) !== version.fingerprint);
  if (added)
    throw nothingRemoved(
      'changed',
      `"${added.key}" in "${bucket}" was written or deleted after the bucket was counted. Count again.`,
    );
}

/**
 * Deletes versions, older ones first, so that the current ones stay visible until the end. The first one goes alone: it shows whether the
 * credentials may delete versions.
 */
export async function removeVersions(
  requests: S3Api,
  bucket: string,
  versions: readonly Version[],
  onProgress: (removed: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const ordered = [
    ...versions.filter(({ isLatest }) => !isLatest),
    ...versions.filter(({ isLatest }) => isLatest),
  ];
  let removed = 0;
  for (let start = 0, size = 1; start < ordered.length; start += size, size = maxBatch) {
    const batch = ordered.slice(start, start + size);
    const failures = await removeBatch(requests, bucket, batch, signal);
    removed += batch.length - failures.length;
    onProgress(removed);
    const [first] = failures;
    if (!first) continue;
    if (removed === 0) throw nothingRemoved(first.kind, first.message, first);
    throw new RemoteError(
      first.kind,
      `${removed} of ${ordered.length} versions in "${bucket}" were removed; the others stay. ${first.message}`,
      { cause: first },
    );
  }
}

/** The errors, one for each version that was not deleted. */
async function removeBatch(
  requests: S3Api,
  bucket: string,
  batch: readonly Version[],
  signal: AbortSignal,
): Promise<readonly RemoteError[]> {
  const about = { bucket, moreActions: ['s3:DeleteObjectVersion'] };
  const keys = batch.map(({ key, versionId }) => ({ key, versionId }));
  try {
    return (await deleteBatch(requests, about, keys, signal)).map(({ error }) => error);
  } catch (error) {
    if (signal.aborted || !isRemoteError(error)) throw error;
    return batch.map(() => error);
  }
}

/** The error of a removal that ended before anything was removed. */
export function nothingRemoved(kind: RemoteError['kind'], reason: string, cause?: unknown): RemoteError {
  return new RemoteError(kind, `${reason} Nothing was removed.`, { cause });
}
