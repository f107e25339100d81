import type { Entry } from '../../../remote/entry';
import { instantFromMs } from '../../../remote/modifiedTime';
import { pagesByCursor, type RetryablePages } from '../../../remote/pages';
import type { ListOptions } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';
import { comparePaths, type RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { parseObjectPath } from '../model/objectKey';

/** The buckets as folders; only the bucket of the remote's root, when there is one, since listing all may not be allowed. */
export function listBuckets(
  requests: S3Api,
  { namePrefix = '', pageSize }: ListOptions,
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const { config } = requests;
  const root = parseObjectPath(config.root).bucket;
  return pagesByCursor<readonly Entry[], string>(async (token) => {
    signal.throwIfAborted();
    if (root !== '') return { value: root.startsWith(namePrefix) ? [bucketEntry(root)] : [] };
    const input = {
      ...(token !== undefined && { ContinuationToken: token }),
      // Only AWS has pages here; other services return all buckets.
      ...(pageSize !== undefined && config.endpoint === undefined && { MaxBuckets: pageSize }),
    };
    const page = await requests.sendCommand({}, (sdk) => new sdk.ListBucketsCommand(input), signal);
    if (token !== undefined && page.ContinuationToken === token)
      throw new RemoteError('corrupted', 'The service lists its buckets in a circle.');
    const value: Entry[] = [];
    for (const { Name = '', CreationDate } of page.Buckets ?? [])
      if (Name !== '' && Name.startsWith(namePrefix)) value.push(bucketEntry(Name, CreationDate));
    return { value, next: page.ContinuationToken };
  });
}

function bucketEntry(name: string, created?: Date): Entry {
  const entry = { kind: 'folder', path: name as RemotePath, role: 'bucket' } as const;
  return created ? { ...entry, modified: instantFromMs(created.getTime()) } : entry;
}

/** The paths of all buckets in the order of whole paths, where a slash follows each name. */
export async function sortedBuckets(requests: S3Api, signal: AbortSignal): Promise<RemotePath[]> {
  const buckets: RemotePath[] = [];
  for await (const page of listBuckets(requests, {}, signal))
    for (const entry of page) if (entry.kind === 'folder') buckets.push(entry.path);
  return buckets.sort((a, b) => comparePaths(`${a}/`, `${b}/`));
}

/** `location` absent = the constraint of the settings, on AWS the region. Throws `alreadyExists`, `badName`. */
export async function createBucket(
  requests: S3Api,
  name: string,
  location: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { config, connection } = requests;
  const isAws = config.endpoint === undefined;
  const requested = location ?? config.locationConstraint ?? (isAws ? connection.region : undefined);
  // AWS rejects its oldest region as a constraint: it is the default.
  const constraint = requested === 'us-east-1' && isAws ? undefined : requested;
  const input = {
    Bucket: name,
    ...(constraint && { CreateBucketConfiguration: { LocationConstraint: constraint as 'eu-west-1' } }),
  };
  await requests.sendCommand({ bucket: name }, (sdk) => new sdk.CreateBucketCommand(input), signal);
}
