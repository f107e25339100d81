import type { PropertyGroup } from '../../../remote/remote';
import { isRemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { md5OfFacts } from '../model/objectInfo';
import { parseObjectPath } from '../model/objectKey';
import { tagsOf } from './attributes';

/** The metadata of a bucket or object. Throws `notFound`. */
export async function propertiesOf(
  requests: S3Api,
  path: RemotePath,
  signal: AbortSignal,
): Promise<readonly PropertyGroup[]> {
  const { bucket, key } = parseObjectPath(path);
  if (bucket === '') return [];
  return key === '' ? bucketProperties(requests, bucket, signal) : objectProperties(requests, path, signal);
}

async function objectProperties(
  requests: S3Api,
  path: RemotePath,
  signal: AbortSignal,
): Promise<readonly PropertyGroup[]> {
  const place = parseObjectPath(path);
  const facts = await requests.head(place, signal);
  const groups: PropertyGroup[] = [
    group('Object', {
      Bucket: place.bucket,
      Key: place.key,
      Size: `${facts.size.toLocaleString('en')} bytes`,
      'Last modified':
        facts.lastModifiedMs === undefined ? undefined : new Date(facts.lastModifiedMs).toISOString(),
      ETag: facts.etag,
      MD5: md5OfFacts(facts),
      'Storage class': facts.storageClass ?? 'STANDARD',
      Version: facts.versionId,
      Encryption: facts.serverSideEncryption,
      'KMS key': facts.sseKmsKeyId,
      Restore: facts.restore,
      Archive: facts.archiveStatus,
    }),
    group('Headers', {
      'Content-Type': facts.contentType,
      'Cache-Control': facts.cacheControl,
      'Content-Encoding': facts.contentEncoding,
      'Content-Disposition': facts.contentDisposition,
      'Content-Language': facts.contentLanguage,
      Expires: facts.expires,
      'Website redirect': facts.websiteRedirect,
    }),
    group('Metadata', facts.metadata),
  ];
  if (facts.tagCount > 0) {
    const tags = async () => Object.fromEntries(await tagsOf(requests, place, signal));
    groups.push(group('Tags', await ifAllowed(tags)));
  }
  return groups.filter(({ properties }) => properties.length > 0);
}

async function bucketProperties(
  requests: S3Api,
  bucket: string,
  signal: AbortSignal,
): Promise<readonly PropertyGroup[]> {
  const about = { bucket };
  const input = { Bucket: bucket };
  const location = await ifAllowed(async () => {
    const { LocationConstraint } = await requests.sendCommand(
      about,
      (sdk) => new sdk.GetBucketLocationCommand(input),
      signal,
    );
    // AWS returns no constraint for its oldest region.
    const unnamed = requests.config.endpoint === undefined ? 'us-east-1' : 'default';
    return { Location: LocationConstraint || unnamed };
  });
  const versioning = await ifAllowed(async () => {
    const { Status, MFADelete } = await requests.sendCommand(
      about,
      (sdk) => new sdk.GetBucketVersioningCommand(input),
      signal,
    );
    return { Versioning: Status ?? 'Off', 'MFA delete': MFADelete };
  });
  return [group('Bucket', { Name: bucket, ...location, ...versioning })];
}

type Values = Readonly<Record<string, string | undefined>>;

/** Shows an error when the request is not allowed or not supported. Throws other errors. */
async function ifAllowed(request: () => Promise<Values>): Promise<Values> {
  try {
    return await request();
  } catch (error) {
    if (isRemoteError(error, 'forbidden', 'unsupported')) return { 'Not shown': error.message };
    throw error;
  }
}

function group(title: string, values: Values): PropertyGroup {
  const properties = Object.entries(values).flatMap(([name, value]) => (value ? [{ name, value }] : []));
  return { title, properties };
}

/** A presigned URL, valid for `seconds` (at most a week, S3's limit). Makes no request. */
export async function shareLink(
  requests: S3Api,
  path: RemotePath,
  seconds: number,
  signal: AbortSignal,
): Promise<string> {
  const { bucket, key } = parseObjectPath(path);
  return requests.run({ bucket, path }, signal, async (loadSdk) => {
    const { client, sdk } = await loadSdk();
    return sdk.getSignedUrl(client, new sdk.GetObjectCommand({ Bucket: bucket, Key: key }), {
      expiresIn: Math.min(Math.max(1, Math.floor(seconds)), 7 * 24 * 3600),
    });
  });
}
