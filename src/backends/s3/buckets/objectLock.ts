import { mapConcurrent } from '../../../base/semaphore';
import { isRemoteError } from '../../../remote/remoteError';
import type { S3Api } from '../http/s3Api';
import { aboutObject } from '../model/objectKey';
import type { Version } from './bucketVersions';
import { nothingRemoved } from './bucketVersions';
import { fetchVersioning } from './versioning';

const maxHeadConcurrency = 32;

/** Throws `forbidden` when MFA delete or an object lock protects a version, before half of the versions are removed. */
export async function assertRemovable(
  requests: S3Api,
  bucket: string,
  versions: readonly Version[],
  signal: AbortSignal,
): Promise<void> {
  const versioning = await ifReported(fetchVersioning(requests, bucket, signal));
  if (versioning?.mfaDelete)
    throw nothingRemoved(
      'forbidden',
      `The versions in "${bucket}" can be removed only with the code of an MFA device ("MFA delete"), which can't be given here.`,
    );
  const input = { Bucket: bucket };
  const lock = await ifReported(
    requests.sendCommand({ bucket }, (sdk) => new sdk.GetObjectLockConfigurationCommand(input), signal),
  );
  if (lock?.ObjectLockConfiguration?.ObjectLockEnabled !== 'Enabled') return;
  const objects = versions.filter(({ isMarker }) => !isMarker);
  const reasons = await mapConcurrent(objects.length, maxHeadConcurrency, signal, async (i, stop) => {
    const object = objects[i] as Version;
    const reason = await lockOf(requests, bucket, object, stop);
    return reason === undefined ? [] : [{ key: object.key, reason }];
  });
  const locked = reasons.flat();
  const [first] = locked;
  if (first)
    throw nothingRemoved(
      'forbidden',
      `${locked.length === 1 ? 'A version is' : `${locked.length} versions are`} protected by object lock, for example "${first.key}" (${first.reason}), so "${bucket}" can't be deleted.`,
    );
}

/** Why a version is locked, undefined when it isn't. */
async function lockOf(
  requests: S3Api,
  bucket: string,
  { key, versionId }: Version,
  signal: AbortSignal,
): Promise<string | undefined> {
  const input = { Bucket: bucket, Key: key, VersionId: versionId };
  const about = aboutObject({ bucket, key });
  const head = await ifReported(
    requests.sendCommand(about, (sdk) => new sdk.HeadObjectCommand(input), signal),
  );
  if (head?.ObjectLockLegalHoldStatus === 'ON') return 'legal hold';
  const until = head?.ObjectLockRetainUntilDate;
  return until && until.getTime() > Date.now() ? `until ${until.toISOString().slice(0, 10)}` : undefined;
}

/** Undefined where the service doesn't say: the removal itself then finds out. */
async function ifReported<T>(response: Promise<T>): Promise<T | undefined> {
  try {
    return await response;
  } catch (error) {
    if (isRemoteError(error, 'forbidden', 'unsupported', 'notFound', 'other')) return undefined;
    throw error;
  }
}
