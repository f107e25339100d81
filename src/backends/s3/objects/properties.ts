import type { PropertyGroup } from '../../../remote/remote';
import { isRemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { sendCommand } from '../http/sendCommand';
import { md5OfFacts } from '../model/objectInfo';
import { aboutObject, parseObjectPath } from '../model/objectKey';

type Property = PropertyGroup['properties'][number];

/** Everything the service tells about a bucket or an object, for reading. Throws `notFound`. */
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
    const tags = await known(
      () =>
        sendCommand(
          requests,
          aboutObject(place),
          (sdk) => new sdk.GetObjectTaggingCommand({ Bucket: place.bucket, Key: place.key }),
          signal,
        ),
      (answer) => Object.fromEntries((answer.TagSet ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    );
    groups.push(group('Tags', tags));
  }
  return groups.filter(({ properties }) => properties.length > 0);
}

async function bucketProperties(
  requests: S3Api,
  bucket: string,
  signal: AbortSignal,
): Promise<readonly PropertyGroup[]> {
  const about = { bucket };
  const location = await known(
    () => sendCommand(requests, about, (sdk) => new sdk.GetBucketLocationCommand({ Bucket: bucket }), signal),
    // No constraint at all is AWS's oldest region.
    (answer) => ({
      Location:
        answer.LocationConstraint || (requests.config.endpoint === undefined ? 'us-east-1' : 'default'),
    }),
  );
  const versioning = await known(
    () =>
      sendCommand(requests, about, (sdk) => new sdk.GetBucketVersioningCommand({ Bucket: bucket }), signal),
    (answer) => ({ Versioning: answer.Status ?? 'Off', 'MFA delete': answer.MFADelete }),
  );
  return [group('Bucket', { Name: bucket, ...location, ...versioning })];
}

/** What can't be told (no permission, not supported) is shown as such; anything else fails. */
async function known<T>(
  ask: () => Promise<T>,
  show: (answer: T) => Record<string, string | undefined>,
): Promise<Record<string, string | undefined>> {
  try {
    return show(await ask());
  } catch (error) {
    if (isRemoteError(error, 'forbidden', 'unsupported')) return { 'Not shown': error.message };
    throw error;
  }
}

function group(title: string, values: Readonly<Record<string, string | undefined>>): PropertyGroup {
  const properties: Property[] = [];
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== '') properties.push({ name, value });
  return { title, properties };
}

/** A web address that gives the object to anyone for `seconds` (at most a week, S3's limit). Makes no request. */
export async function shareLink(
  requests: S3Api,
  path: RemotePath,
  seconds: number,
  signal: AbortSignal,
): Promise<string> {
  const { bucket, key } = parseObjectPath(path);
  return requests.run({ bucket, path }, signal, ({ client, sdk }) =>
    sdk.getSignedUrl(client, new sdk.GetObjectCommand({ Bucket: bucket, Key: key }), {
      expiresIn: Math.min(Math.max(1, Math.floor(seconds)), 7 * 24 * 3600),
    }),
  );
}
