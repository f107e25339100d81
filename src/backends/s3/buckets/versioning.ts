import type { Clock } from '../../../base/clock';
import type { VersionKeeping } from '../../../remote/remote';
import { isRemoteError } from '../../../remote/remoteError';
import type { S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';

/** Somebody may switch versioning on or off meanwhile, and a wrong "can be brought back" costs a file. */
const rememberedMs = 10 * 60_000;

/** Whether buckets keep versions: each is asked once, and again after a while. */
export class BucketVersioning {
  private readonly known = new Map<string, { readonly keeping: VersionKeeping; readonly until: number }>();

  constructor(
    private readonly requests: S3Api,
    private readonly clock: Clock,
  ) {}

  /** `unknown` where the service doesn't tell. Throws only the signal's reason. */
  async of(bucket: string, signal: AbortSignal): Promise<VersionKeeping> {
    if (bucket === '') return 'unknown';
    if (isDirectoryBucket(bucket)) return 'notKept';
    const known = this.known.get(bucket);
    if (known && this.clock.now() < known.until) return known.keeping;
    let keeping: VersionKeeping = 'unknown';
    try {
      keeping = (await askVersioning(this.requests, bucket, signal)).keeping;
    } catch (error) {
      signal.throwIfAborted();
      // What was refused will be refused again; what could not be asked is asked the next time.
      if (!isRemoteError(error, 'forbidden', 'unsupported')) return 'unknown';
    }
    this.known.set(bucket, { keeping, until: this.clock.now() + rememberedMs });
    return keeping;
  }

  /** To be called when a bucket was made or removed. */
  forget(bucket: string): void {
    this.known.delete(bucket);
  }
}

/** Asks the service. `mfaDelete`: versions are removed only with the code of a device. Throws RemoteError. */
export async function askVersioning(
  requests: S3Api,
  bucket: string,
  signal: AbortSignal,
): Promise<{ readonly keeping: VersionKeeping; readonly mfaDelete: boolean }> {
  const { Status, MFADelete } = await requests.run({ bucket }, signal, ({ client, sdk }) =>
    client.send(new sdk.GetBucketVersioningCommand({ Bucket: bucket }), { abortSignal: signal }),
  );
  return {
    keeping: Status === 'Enabled' ? 'kept' : Status === 'Suspended' ? 'suspended' : 'notKept',
    mfaDelete: MFADelete === 'Enabled',
  };
}
