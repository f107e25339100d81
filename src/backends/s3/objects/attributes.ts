import type { Writable } from '../../../base/writable';
import { formatRcloneTime, type Instant } from '../../../remote/modifiedTime';
import type { FileAttributes, FileFacts } from '../../../remote/remote';
import { baseName, type RemotePath } from '../../../remote/remotePath';
import type { S3Config } from '../config/s3Config';
import type { S3Api } from '../http/s3Api';
import { contentTypeOf } from '../model/contentTypes';
import { contentHeaders, type ObjectAttributes } from '../model/objectHeaders';
import { expressClass, type ObjectFacts } from '../model/objectInfo';
import { aboutObject, type ObjectLocation } from '../model/objectKey';

/** The attributes of a new file: those of its source, the settings, and a content type by its name. Pure. */
export function newAttributes(path: RemotePath, facts: FileFacts, config: S3Config): ObjectAttributes {
  const attributes: Writable<ObjectAttributes> = { ...attributesOfSettings(config) };
  if (facts.attributes)
    for (const [attribute, header] of contentHeaders) {
      const value = facts.attributes.headers[header];
      if (value !== undefined) attributes[attribute] = value;
    }
  attributes.ContentType = facts.contentType ?? attributes.ContentType ?? contentTypeOf(baseName(path));
  attributes.Metadata = withModified(facts.attributes?.metadata ?? {}, facts.modified);
  return attributes;
}

/** The attributes for a copy in another store, whose settings define storage class, encryption, access list and tags. Pure. */
export function fileAttributesOf(facts: ObjectFacts): FileAttributes {
  const headers: Record<string, string> = {};
  for (const [, header, field] of contentHeaders) {
    const value = field === 'contentEncoding' ? storedEncoding(facts[field]) : facts[field];
    if (value !== undefined) headers[header] = value;
  }
  return { headers, metadata: metadataWithoutContent(facts) };
}

/** Some stores keep `aws-chunked`, which is the encoding of the upload request and not of the content. */
function storedEncoding(text: string | undefined): string | undefined {
  const encodings = text?.split(',').filter((part) => part.trim().toLowerCase() !== 'aws-chunked');
  return encodings?.join(',').trim() || undefined;
}

/** The user metadata without the checksum and modified time, which belong to the content. */
function metadataWithoutContent({ metadata }: ObjectFacts): Record<string, string> {
  const { md5chksum: _, mtime: __, ...rest } = metadata;
  return rest;
}

/** The attributes of a file that replaces `before` and keeps its headers, user metadata, storage class, encryption and tags. Pure. */
export function keptAttributes(
  before: ObjectFacts,
  tagging: string | undefined,
  modified: Instant | undefined,
  config: S3Config,
): ObjectAttributes {
  const Metadata = withModified(metadataWithoutContent(before), modified);
  return { ...attributesOfFacts(before, tagging, config), Metadata };
}

/** The attributes of a copy of `before` onto itself. Pure. */
export function sameAttributes(
  before: ObjectFacts,
  tagging: string | undefined,
  modified: Instant | undefined,
  config: S3Config,
): ObjectAttributes {
  const Metadata = withModified(before.metadata, modified);
  return { ...attributesOfFacts(before, tagging, config), Metadata };
}

/**
 * The attributes of a copy at another place: encryption and access list come from the settings, else from the bucket. The storage class
 * stays, since the service would choose the standard class; with `ownClass` the class of the settings replaces it. Pure.
 */
export function copiedAttributes(
  before: ObjectFacts,
  tagging: string | undefined,
  modified: Instant | undefined,
  config: S3Config,
  ownClass: boolean,
): ObjectAttributes {
  const same = sameAttributes(before, tagging, modified, config);
  const { ServerSideEncryption: _, SSEKMSKeyId: __, StorageClass, ...rest } = same;
  const settings = attributesOfSettings(config);
  const kept = StorageClass === expressClass ? undefined : StorageClass;
  const storageClass = ownClass ? (settings.StorageClass ?? kept) : (kept ?? settings.StorageClass);
  return { ...rest, ...settings, ...given('StorageClass', storageClass) };
}

/** The attributes that the settings give to every object. Pure. */
export function attributesOfSettings(config: S3Config): ObjectAttributes {
  let attributes = ofSettings.get(config);
  if (!attributes) {
    attributes = readAttributes(config);
    ofSettings.set(config, attributes);
  }
  return attributes;
}
const ofSettings = new WeakMap<S3Config, ObjectAttributes>();

function readAttributes(config: S3Config): ObjectAttributes {
  return {
    ...given('StorageClass', config.storageClass as ObjectAttributes['StorageClass']),
    ...given('ServerSideEncryption', config.serverSideEncryption as ObjectAttributes['ServerSideEncryption']),
    ...given('SSEKMSKeyId', config.sseKmsKeyId),
    ...given('ACL', config.acl as ObjectAttributes['ACL']),
  };
}

function attributesOfFacts(
  before: ObjectFacts,
  tagging: string | undefined,
  config: S3Config,
): ObjectAttributes {
  const attributes: Writable<ObjectAttributes> = {
    ...given('WebsiteRedirectLocation', before.websiteRedirect),
    ...given('StorageClass', before.storageClass as ObjectAttributes['StorageClass']),
    ...given('ServerSideEncryption', before.serverSideEncryption as ObjectAttributes['ServerSideEncryption']),
    ...given('SSEKMSKeyId', before.sseKmsKeyId),
    ...given('ACL', config.acl as ObjectAttributes['ACL']),
    ...given('Tagging', tagging),
  };
  for (const [attribute, , field] of contentHeaders) {
    const value = before[field];
    if (value !== undefined) attributes[attribute] = value;
  }
  return attributes;
}

/** The tags of an object as a query string (`a=1&b=2`); undefined when it has none. */
export async function taggingOf(
  requests: S3Api,
  place: ObjectLocation,
  tagCount: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (tagCount === 0) return undefined;
  return new URLSearchParams(await tagsOf(requests, place, signal)).toString().replaceAll('+', '%20');
}

/** The names and values of an object's tags. */
export async function tagsOf(
  requests: S3Api,
  place: ObjectLocation,
  signal: AbortSignal,
): Promise<[string, string][]> {
  const input = { Bucket: place.bucket, Key: place.key };
  const { TagSet = [] } = await requests.sendCommand(
    aboutObject(place),
    (sdk) => new sdk.GetObjectTaggingCommand(input),
    signal,
  );
  return TagSet.map(({ Key = '', Value = '' }) => [Key, Value]);
}

function withModified(
  metadata: Readonly<Record<string, string>>,
  modified: Instant | undefined,
): Record<string, string> {
  const changed = { ...metadata };
  if (modified) changed['mtime'] = formatRcloneTime(modified);
  return changed;
}

function given<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: V });
}
