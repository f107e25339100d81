import type { IncomingHttpHeaders } from 'node:http';
import type { CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3';
import { type UnsizedFacts, unquotedEtag } from './objectInfo';

const metadataPrefix = 'x-amz-meta-';

/** The HTTP headers that an object carries: the attribute in the SDK, the header, the field of ObjectFacts. */
export const contentHeaders = [
  ['ContentType', 'content-type', 'contentType'],
  ['CacheControl', 'cache-control', 'cacheControl'],
  ['ContentEncoding', 'content-encoding', 'contentEncoding'],
  ['ContentDisposition', 'content-disposition', 'contentDisposition'],
  ['ContentLanguage', 'content-language', 'contentLanguage'],
  ['Expires', 'expires', 'expires'],
] as const;

const attributeHeaders = [
  ...contentHeaders.map(([attribute, header]) => [attribute, header] as const),
  ['WebsiteRedirectLocation', 'x-amz-website-redirect-location'],
  ['StorageClass', 'x-amz-storage-class'],
  ['ServerSideEncryption', 'x-amz-server-side-encryption'],
  ['SSEKMSKeyId', 'x-amz-server-side-encryption-aws-kms-key-id'],
  ['ACL', 'x-amz-acl'],
  ['Tagging', 'x-amz-tagging'],
] as const;

/** The facts in the headers of a HEAD or GET. */
export function factsOfHeaders(headers: IncomingHttpHeaders): UnsizedFacts {
  const metadata: Record<string, string> = {};
  for (const name in headers)
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = String(headers[name]);
  const modified = Date.parse(headers['last-modified'] ?? '');
  return {
    size: wholeSize(headers['content-range'], headers['content-length']),
    etag: unquotedEtag(headers.etag),
    lastModifiedMs: Number.isNaN(modified) ? undefined : modified,
    storageClass: text(headers, 'x-amz-storage-class'),
    metadata,
    contentType: headers['content-type'],
    cacheControl: headers['cache-control'],
    contentEncoding: text(headers, 'content-encoding'),
    contentDisposition: headers['content-disposition'],
    contentLanguage: headers['content-language'],
    expires: headers.expires,
    websiteRedirect: text(headers, 'x-amz-website-redirect-location'),
    serverSideEncryption: text(headers, 'x-amz-server-side-encryption'),
    sseKmsKeyId: text(headers, 'x-amz-server-side-encryption-aws-kms-key-id'),
    customerKey: headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined,
    tagCount: Number(headers['x-amz-tagging-count'] ?? 0),
    versionId: text(headers, 'x-amz-version-id'),
    restore: text(headers, 'x-amz-restore'),
    archiveStatus: text(headers, 'x-amz-archive-status'),
  };
}

/**
 * Bytes of the whole object, also from the response to a range request; undefined when the headers don't say. A partial response's
 * Content-Length is the length of the part. Pure.
 */
export function wholeSize(
  contentRange: string | undefined,
  contentLength: string | number | undefined,
): number | undefined {
  const text =
    contentRange === undefined ? contentLength : /^bytes .*\/(\d+)$/i.exec(contentRange.trim())?.[1];
  const size = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

function text(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** The names and values, in turn, of the request headers that set these attributes. Pure. */
export function headersOf(attributes: ObjectAttributes): string[] {
  const headers: string[] = [];
  for (const [attribute, header] of attributeHeaders) {
    const value = attributes[attribute];
    if (value !== undefined) headers.push(header, asBytes(value));
  }
  const metadata = inLowerCase(attributes.Metadata ?? {});
  for (const name in metadata) headers.push(`${metadataPrefix}${name}`, asBytes(metadata[name] ?? ''));
  return headers;
}

/** Of names that differ only in case, the last one counts. */
function inLowerCase(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const name in metadata)
    if (name !== name.toLowerCase())
      return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), value]));
  return metadata;
}

/** Node writes one byte per character. A value from a response goes back unchanged; characters above U+00FF are encoded as UTF-8. */
function asBytes(value: string): string {
  return /[^\u0000-\u00ff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
}

/** The attributes of an object besides its content, in the names that PutObject, CopyObject and CreateMultipartUpload share. */
export type ObjectAttributes = Pick<
  CreateMultipartUploadCommandInput,
  | 'ContentType'
  | 'CacheControl'
  | 'ContentEncoding'
  | 'ContentDisposition'
  | 'ContentLanguage'
  | 'WebsiteRedirectLocation'
  | 'Metadata'
  | 'StorageClass'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'ACL'
  | 'Tagging'
> & {
  /** Unparsed, since a value that is no date is kept as well (`Expires: 0`). */
  readonly Expires?: string;
};
