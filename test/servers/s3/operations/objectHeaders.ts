import { CHECKSUM_ALGORITHMS } from '../requests/checksums';
import { invalidArgument, S3Error } from '../requests/s3Error';
import { headerOf, type S3Request } from '../requests/s3Request';
import { element } from '../requests/xml';
import type { Bucket, FactsOfRequest, StoredChecksum, StoredObject } from '../store/objectStore';
import { EXPRESS_CLASS, isDirectory } from './directoryBuckets';

const SYSTEM_HEADERS = (
  'content-type cache-control content-disposition content-encoding content-language expires ' +
  'x-amz-website-redirect-location'
).split(' ');
const STORAGE_CLASSES = (
  'STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE GLACIER_IR ' +
  'EXPRESS_ONEZONE OUTPOSTS SNOW'
).split(' ');
const TAG_TEXT = /^[\p{L}\p{N}\s+\-=._:/@]*$/u;
const MAX_METADATA_BYTES = 2048;
const ENCRYPTION = 'x-amz-server-side-encryption';

/**
 * Reads system headers, user metadata, tags, storage class and encryption from a request for an object of `bucket`.
 * Throws S3Error for values that S3 refuses. ACL headers are accepted and have no effect.
 */
export function factsOf(request: S3Request, bucket: Bucket): FactsOfRequest {
  const headers: Record<string, string> = {};
  const metadata: Record<string, string> = {};
  let metadataBytes = 0;
  for (const name of SYSTEM_HEADERS) {
    const value = headerOf(request, name);
    if (value !== undefined) headers[name] = value;
  }
  const encoding = headers['content-encoding'];
  if (encoding?.includes('aws-chunked')) {
    const left = encoding
      .split(',')
      .map((e) => e.trim())
      .filter((e) => e !== 'aws-chunked' && e !== '');
    if (left.length > 0) headers['content-encoding'] = left.join(',');
    else delete headers['content-encoding'];
  }
  for (const header of Object.keys(request.headers)) {
    if (!header.startsWith('x-amz-meta-')) continue;
    const name = header.slice('x-amz-meta-'.length);
    const value = headerOf(request, header) ?? '';
    metadata[name] = value;
    metadataBytes += name.length + value.length;
  }
  if (metadataBytes > MAX_METADATA_BYTES)
    throw new S3Error('MetadataTooLarge', `The metadata has more than ${MAX_METADATA_BYTES} bytes.`);
  return {
    headers,
    metadata,
    tags: parseTagging(headerOf(request, 'x-amz-tagging')),
    storageClass: isDirectory(bucket.name) ? EXPRESS_CLASS : storageClassOf(request),
    encryption: encryptionOf(request, bucket.defaultEncryption),
  };
}

/** The response headers that describe an object, as GET and HEAD send them. */
export function headersFor(
  object: StoredObject,
  request: S3Request,
  versioned: boolean,
  now: number,
): Record<string, string> {
  const headers: Record<string, string> = {
    ETag: `"${object.etag}"`,
    'Last-Modified': httpDate(object.lastModified),
    'Accept-Ranges': 'bytes',
    'content-type': object.contentType,
    ...object.headers,
    ...object.encryption,
  };
  for (const name in object.metadata) headers[`x-amz-meta-${name}`] = headerSafe(object.metadata[name] ?? '');
  if (object.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = object.storageClass;
  const tagCount = Object.keys(object.tags).length;
  if (tagCount > 0) headers['x-amz-tagging-count'] = String(tagCount);
  if (versioned) headers['x-amz-version-id'] = object.versionId;
  if (object.restored !== undefined)
    headers['x-amz-restore'] =
      now < object.restored.from
        ? 'ongoing-request="true"'
        : `ongoing-request="false", expiry-date="${httpDate(object.restored.until)}"`;
  if (request.headers['x-amz-checksum-mode'] === 'ENABLED') Object.assign(headers, checksumHeaders(object));
  for (const [name, value] of request.query) {
    if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value;
  }
  return headers;
}

/** `x-amz-checksum-…` and its type, for an object that has one. */
export function checksumHeaders(object: StoredObject): Record<string, string> {
  if (object.checksum === undefined) return {};
  const { algorithm, value, type } = object.checksum;
  return { [`x-amz-checksum-${algorithm}`]: value, 'x-amz-checksum-type': type };
}

/** The checksum as an element such as `ChecksumCRC32`, with its type if it has one; empty without a checksum. */
export function checksumElements(
  checksum: (Omit<StoredChecksum, 'type'> & { type?: string }) | undefined,
): string {
  if (checksum === undefined) return '';
  const { algorithm, value, type } = checksum;
  return element(`Checksum${algorithm.toUpperCase()}`, value) + element('ChecksumType', type);
}

/** Throws S3Error InvalidObjectState for an archived object that is not restored. */
export function requireReadable(object: StoredObject, now: number, code = 'InvalidObjectState'): void {
  if (!isArchived(object)) return;
  if (object.restored && now >= object.restored.from && now < object.restored.until) return;
  throw new S3Error(code, 'The object is archived.', { StorageClass: object.storageClass });
}

/** Whether the object must be restored before it can be read. */
export function isArchived(object: StoredObject): boolean {
  return object.storageClass === 'GLACIER' || object.storageClass === 'DEEP_ARCHIVE';
}

/** Tags from their header form `a=1&b=2`. */
export function parseTagging(header: string | undefined): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(header ?? '')) tags[name] = value;
  checkTags(tags);
  return tags;
}

/** Throws S3Error for more than ten tags, and for names and values that are too long or have characters that S3 refuses. */
export function checkTags(tags: Record<string, string>): void {
  const entries = Object.entries(tags);
  if (entries.length > 10) throw new S3Error('BadRequest', 'Object tags cannot be greater than 10');
  for (const [name, value] of entries) {
    if (name.length === 0 || name.length > 128 || !TAG_TEXT.test(name))
      throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > 256 || !TAG_TEXT.test(value))
      throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid');
  }
}

/** The checksum algorithm that a request names; throws S3Error for an unknown one. */
export function namedAlgorithm(request: S3Request): (typeof CHECKSUM_ALGORITHMS)[number] | undefined {
  const name = headerOf(request, 'x-amz-checksum-algorithm')?.toLowerCase();
  if (name === undefined) return undefined;
  const known = CHECKSUM_ALGORITHMS.find((a) => a === name);
  if (known !== undefined) return known;
  throw new S3Error('InvalidRequest', 'The checksum algorithm is not supported.');
}

let dateFor = Number.NaN;
let dateText = '';

/** A date in HTTP's format, in whole seconds. */
export function httpDate(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds !== dateFor) {
    dateFor = seconds;
    dateText = new Date(seconds * 1000).toUTCString();
  }
  return dateText;
}

function storageClassOf(request: S3Request): string {
  const name = headerOf(request, 'x-amz-storage-class') ?? 'STANDARD';
  if (STORAGE_CLASSES.includes(name)) return name;
  throw new S3Error('InvalidStorageClass', `Invalid storage class ${name}.`);
}

function encryptionOf(request: S3Request, byDefault: string | undefined): Record<string, string> {
  const algorithm = headerOf(request, ENCRYPTION) ?? byDefault;
  if (algorithm === undefined) return {};
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse')
    throw invalidArgument(ENCRYPTION, algorithm);
  const kept: Record<string, string> = { [ENCRYPTION]: algorithm };
  for (const name of [`${ENCRYPTION}-aws-kms-key-id`, `${ENCRYPTION}-bucket-key-enabled`]) {
    const value = headerOf(request, name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Node refuses header characters above 255; S3 sends such metadata as an RFC 2047 word. */
function headerSafe(value: string): string {
  if (!/[^\u0020-\u00ff\t]/.test(value)) return value;
  return `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}
