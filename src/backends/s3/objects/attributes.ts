import { formatRcloneTime, type Instant } from '../../../remote/modifiedTime';
import type { FileAttributes, FileFacts } from '../../../remote/remote';
import { baseName, type RemotePath } from '../../../remote/remotePath';
import type { S3Config } from '../config/s3Config';
import type { S3Api } from '../http/s3Api';
import { sendCommand } from '../http/sendCommand';
import { contentTypeOf } from '../model/contentTypes';
import type { ObjectAttributes } from '../model/objectHeaders';
import { expressClass, type ObjectFacts } from '../model/objectInfo';
import type { ObjectLocation } from '../model/objectKey';
import { aboutObject } from '../model/objectKey';

/** The attributes of a file written anew: what it is a copy of, the remote's settings and the file's name tell them. Pure. */
export function newAttributes(path: RemotePath, facts: FileFacts, config: S3Config): ObjectAttributes {
  const { headers = {}, metadata = {} } = facts.attributes ?? {};
  return {
    ...attributesOfSettings(config),
    ContentType: facts.contentType ?? headers['content-type'] ?? contentTypeOf(baseName(path)),
    ...given('CacheControl', headers['cache-control']),
    ...given('ContentEncoding', headers['content-encoding']),
    ...given('ContentDisposition', headers['content-disposition']),
    ...given('ContentLanguage', headers['content-language']),
    ...given('Expires', headers['expires']),
    Metadata: withModified(metadata, facts.modified),
  };
}

/**
 * What a copy in another store takes along. Not the storage class, encryption, access list and tags: those belong to the store, and its
 * own settings tell them. Pure.
 */
export function fileAttributesOf(facts: ObjectFacts): FileAttributes {
  const { md5chksum: _, mtime: __, ...metadata } = facts.metadata;
  return {
    headers: {
      ...given('content-type', facts.contentType),
      ...given('cache-control', facts.cacheControl),
      ...given('content-encoding', storedEncoding(facts.contentEncoding)),
      ...given('content-disposition', facts.contentDisposition),
      ...given('content-language', facts.contentLanguage),
      ...given('expires', facts.expires),
    },
    metadata,
  };
}

/** Some stores keep `aws-chunked`, which was an encoding of the upload and is none of the content. */
function storedEncoding(text: string | undefined): string | undefined {
  const kept = text?.split(',').filter((part) => part.trim().toLowerCase() !== 'aws-chunked');
  return kept?.join(',').trim() || undefined;
}

/**
 * The attributes of a file that replaces `before` and keeps what it has: headers, user metadata, storage class,
 * encryption and tags. Its checksum and modified time are of the old content and are not kept.
 */
export function keptAttributes(
  before: ObjectFacts,
  tagging: string | undefined,
  modified: Instant | undefined,
  config: S3Config,
): ObjectAttributes {
  const { md5chksum: _, mtime: __, ...metadata } = before.metadata;
  return {
    ...attributesOfFacts(before, config),
    Metadata: withModified(metadata, modified),
    ...given('Tagging', tagging),
  };
}

/** The attributes of `before`, its metadata included, as a copy of the same content has them. */
export function sameAttributes(
  before: ObjectFacts,
  tagging: string | undefined,
  modified: Instant | undefined,
  config: S3Config,
): ObjectAttributes {
  const metadata = modified ? withModified(before.metadata, modified) : { ...before.metadata };
  return { ...attributesOfFacts(before, config), Metadata: metadata, ...given('Tagging', tagging) };
}

/**
 * As `sameAttributes`, for a copy elsewhere: encryption and access list are what the settings say, else the bucket's own. The storage
 * class stays, as the service would put every copy into the standard one; with `ownClass` the settings' goes before it. Pure.
 */
export function copiedAttributes(
  before: ObjectFacts,
  tagging: string | undefined,
  modified: Instant | undefined,
  config: S3Config,
  ownClass: boolean,
): ObjectAttributes {
  const {
    ServerSideEncryption: _,
    SSEKMSKeyId: __,
    StorageClass,
    ...same
  } = sameAttributes(before, tagging, modified, config);
  const settings = attributesOfSettings(config);
  const kept = StorageClass === expressClass ? undefined : StorageClass;
  return {
    ...same,
    ...settings,
    ...given('StorageClass', ownClass ? (settings.StorageClass ?? kept) : (kept ?? settings.StorageClass)),
  };
}

/** What the remote's settings say of every object written. Pure. */
export function attributesOfSettings(config: S3Config): ObjectAttributes {
  return {
    ...given('StorageClass', config.storageClass as ObjectAttributes['StorageClass']),
    ...given('ServerSideEncryption', config.serverSideEncryption as ObjectAttributes['ServerSideEncryption']),
    ...given('SSEKMSKeyId', config.sseKmsKeyId),
    ...given('ACL', config.acl as ObjectAttributes['ACL']),
  };
}

function attributesOfFacts(before: ObjectFacts, config: S3Config): ObjectAttributes {
  return {
    ...given('ContentType', before.contentType),
    ...given('CacheControl', before.cacheControl),
    ...given('ContentEncoding', before.contentEncoding),
    ...given('ContentDisposition', before.contentDisposition),
    ...given('ContentLanguage', before.contentLanguage),
    ...given('Expires', before.expires),
    ...given('WebsiteRedirectLocation', before.websiteRedirect),
    ...given('StorageClass', before.storageClass as ObjectAttributes['StorageClass']),
    ...given('ServerSideEncryption', before.serverSideEncryption as ObjectAttributes['ServerSideEncryption']),
    ...given('SSEKMSKeyId', before.sseKmsKeyId),
    ...given('ACL', config.acl as ObjectAttributes['ACL']),
  };
}

/** The tags of an object in the form of a query (`a=1&b=2`); undefined when it has none. */
export async function taggingOf(
  requests: S3Api,
  place: ObjectLocation,
  tagCount: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (tagCount === 0) return undefined;
  const answer = await sendCommand(
    requests,
    aboutObject(place),
    (sdk) => new sdk.GetObjectTaggingCommand({ Bucket: place.bucket, Key: place.key }),
    signal,
  );
  const query = new URLSearchParams();
  for (const { Key, Value } of answer.TagSet ?? []) query.append(Key ?? '', Value ?? '');
  return query.toString().replaceAll('+', '%20');
}

function withModified(
  metadata: Readonly<Record<string, string>>,
  modified: Instant | undefined,
): Record<string, string> {
  return { ...metadata, ...(modified && { mtime: formatRcloneTime(modified) }) };
}

function given<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: V });
}
