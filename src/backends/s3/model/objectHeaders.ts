import type { IncomingHttpHeaders } from 'node:http';
import type { CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3';
import { type UnsizedFacts, unquoted } from './objectInfo';

const metadataPrefix = 'x-amz-meta-';

/** What the headers of a HEAD or GET tell of an object. */
export function factsOfHeaders(headers: IncomingHttpHeaders): UnsizedFacts {
  const metadata: Record<string, string> = {};
  for (const name in headers)
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = String(headers[name]);
  const modified = Date.parse(headers['last-modified'] ?? '');
  return {
    size: wholeSize(headers['content-range'], headers['content-length']),
    etag: unquoted(headers.etag),
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
 * Bytes of the whole object, also in the answer to a range; undefined where the answer doesn't tell them. The length of a range's body is
 * none of the whole. Pure.
 */
export function wholeSize(
  contentRange: string | undefined,
  contentLength: string | number | undefined,
): number | undefined {
  const told =
    contentRange === undefined ? contentLength : /^bytes .*\/(\d+)$/i.exec(contentRange.trim())?.[1];
  const size = told === undefined || told === '' ? Number.NaN : Number(told);
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

function text(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** The headers that give an object these attributes, byte for byte. Pure. */
export function headersOf(attributes: ObjectAttributes): Record<string, string> {
  const headers: Record<string, string> = {};
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined) headers[name] = asBytes(value);
  };
  set('content-type', attributes.ContentType);
  set('cache-control', attributes.CacheControl);
  set('content-encoding', attributes.ContentEncoding);
  set('content-disposition', attributes.ContentDisposition);
  set('content-language', attributes.ContentLanguage);
  set('expires', attributes.Expires);
  set('x-amz-website-redirect-location', attributes.WebsiteRedirectLocation);
  set('x-amz-storage-class', attributes.StorageClass);
  set('x-amz-server-side-encryption', attributes.ServerSideEncryption);
  set('x-amz-server-side-encryption-aws-kms-key-id', attributes.SSEKMSKeyId);
  set('x-amz-acl', attributes.ACL);
  set('x-amz-tagging', attributes.Tagging);
  for (const [name, value] of Object.entries(attributes.Metadata ?? {}))
    set(`${metadataPrefix}${name.toLowerCase()}`, value);
  return headers;
}

/** Headers are bytes, one a character: those of an answer go back as they came, and what can't be one of them is spelled in UTF-8. */
function asBytes(value: string): string {
  return /[^\u0000-\u00ff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
}

/** What an object has besides its content, in the names that PutObject, CopyObject and CreateMultipartUpload share. */
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
  /** As the service spells it: what is no date goes through as well (`Expires: 0`). */
  readonly Expires?: string;
};
