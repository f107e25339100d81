import type { Clock } from '../../../base/clock';
import type { VersionKeeping } from '../../../remote/remote';
import { isRemoteError } from '../../../remote/remoteError';
import type { S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';

/** In milliseconds. Another client may switch versioning off, and files deleted in the belief that versions are kept would be lost. */
const cacheTtlMs = 10 * 60_000;

/** Whether buckets keep versions, cached for ten minutes. */
export class BucketVersioning {
  private readonly cached = new Map<string, { readonly keeping: VersionKeeping; readonly until: number }>();

  constructor(
    private readonly requests: S3Api,
    private readonly clock: Clock,
  ) {}

  /** `unknown` where the service doesn't say. Throws only the signal's reason. */
  async of(bucket: string, signal: AbortSignal): Promise<VersionKeeping> {
    if (bucket === '') return 'unknown';
    if (isDirectoryBucket(bucket)) return 'notKept';
    const cached = this.cached.get(bucket);
    if (cached && this.clock.now() < cached.until) return cached.keeping;
    let keeping: VersionKeeping = 'unknown';
    try {
      keeping = (await fetchVersioning(this.requests, bucket, signal)).keeping;
    } catch (error) {
      signal.throwIfAborted();
      // A refusal is cached, since it lasts; a failed request is repeated by the next call.
      if (!isRemoteError(error, 'forbidden', 'unsupported')) return 'unknown';
    }
    this.cached.set(bucket, { keeping, until: this.clock.now() + cacheTtlMs });
    return keeping;
  }

  /** To be called when a bucket was created or removed. */
  forget(bucket: string): void {
    this.cached.delete(bucket);
  }
}

/** `mfaDelete`: removing a version needs the code of an MFA device. Throws RemoteError. */
export async function fetchVersioning(
  requests: S3Api,
  bucket: string,
  signal: AbortSignal,
): Promise<{ readonly keeping: VersionKeeping; readonly mfaDelete: boolean }> {
  const { Status, MFADelete } = await requests.sendCommand(
    { bucket },
    (sdk) => new sdk.GetBucketVersioningCommand({ Bucket: bucket }),
    signal,
  );
  return {
    keeping: Status === 'Enabled' ? 'kept' : Status === 'Suspended' ? 'suspended' : 'notKept',
    mfaDelete: MFADelete === 'Enabled',
  };
}
