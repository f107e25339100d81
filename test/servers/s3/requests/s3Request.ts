import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './s3Error';

/** A parsed request. `bucket` and `key` are decoded and otherwise unchanged. */
export interface S3Request {
  readonly method: string;
  /** The path exactly as sent, still percent-encoded, without the query. */
  readonly rawPath: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** S3's name of the operation, such as `PutObject`, or `Unknown`. */
  readonly operation: string;
}

/**
 * Parses the request line without `URL`, which would fold `//`, `.` and `..` in keys.
 * @param hostSuffixes host names below which the first label is a bucket (virtual-host style)
 * Throws S3Error InvalidURI for a broken percent-encoding.
 */
export function parseRequest(
  method: string,
  url: string,
  headers: IncomingHttpHeaders,
  hostSuffixes: readonly string[],
): S3Request {
  const absolute = /^https?:\/\/[^/?]*/i.exec(url);
  const target = absolute ? url.slice(absolute[0].length) || '/' : url;
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const query = parseQuery(mark < 0 ? '' : target.slice(mark + 1));

  let bucket = bucketOfHost(headers.host ?? '', hostSuffixes);
  let rest = rawPath.slice(1);
  if (bucket === undefined) {
    const slash = rest.indexOf('/');
    bucket = decode(slash < 0 ? rest : rest.slice(0, slash)) || undefined;
    rest = slash < 0 ? '' : rest.slice(slash + 1);
  }
  const key = decode(rest) || undefined;
  return {
    method,
    rawPath,
    query,
    headers,
    bucket,
    key,
    operation: operationOf(method, bucket, key, query, headers),
  };
}

/** The header's value; several values are joined by commas. */
export function headerOf(request: { headers: IncomingHttpHeaders }, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** Percent-decodes UTF-8; raw bytes above 127 are taken as UTF-8 as well. */
export function decode(text: string): string {
  if (!text.includes('%') && !/[^\x00-\x7f]/.test(text)) return text;
  try {
    return decodeURIComponent(Buffer.from(text, 'latin1').toString('utf8'));
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.", { URI: text });
  }
}

function parseQuery(raw: string): Map<string, string> {
  const query = new Map<string, string>();
  if (raw === '') return query;
  for (const pair of raw.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    query.set(decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' ')));
  }
  return query;
}

function bucketOfHost(host: string, suffixes: readonly string[]): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (suffixes.includes(name)) return undefined;
  for (const suffix of suffixes) {
    if (name.endsWith(`.${suffix}`)) return name.slice(0, -suffix.length - 1);
  }
  return undefined;
}

// A query with one of S3's sub-resources is never the plain operation.
const SUBRESOURCES = (
  'accelerate acl analytics attributes cors encryption intelligent-tiering inventory legal-hold ' +
  'lifecycle location logging metrics notification object-lock ownershipControls policy policyStatus ' +
  'publicAccessBlock renameObject replication requestPayment restore retention select session tagging ' +
  'torrent versioning versions website'
).split(' ');

const BUCKET_SUBRESOURCES: Record<string, string> = {
  'GET session': 'CreateSession',
  'GET location': 'GetBucketLocation',
  'GET versioning': 'GetBucketVersioning',
  'PUT versioning': 'PutBucketVersioning',
  'GET versions': 'ListObjectVersions',
  'GET acl': 'GetBucketAcl',
  'PUT acl': 'PutBucketAcl',
};

const OBJECT_SUBRESOURCES: Record<string, string> = {
  'GET tagging': 'GetObjectTagging',
  'PUT tagging': 'PutObjectTagging',
  'DELETE tagging': 'DeleteObjectTagging',
  'GET acl': 'GetObjectAcl',
  'PUT acl': 'PutObjectAcl',
  'POST restore': 'RestoreObject',
};

function operationOf(
  method: string,
  bucket: string | undefined,
  key: string | undefined,
  query: ReadonlyMap<string, string>,
  headers: IncomingHttpHeaders,
): string {
  if (bucket === undefined) return method === 'GET' ? 'ListBuckets' : 'Unknown';
  const special = query.size === 0 ? undefined : SUBRESOURCES.find((name) => query.has(name));
  if (special !== undefined) {
    const table = key === undefined ? BUCKET_SUBRESOURCES : OBJECT_SUBRESOURCES;
    return table[`${method} ${special}`] ?? 'Unknown';
  }
  if (key === undefined) {
    if (method === 'GET' && query.has('uploads')) return 'ListMultipartUploads';
    if (method === 'GET') return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    if (method === 'POST') return query.has('delete') ? 'DeleteObjects' : 'Unknown';
    return { PUT: 'CreateBucket', HEAD: 'HeadBucket', DELETE: 'DeleteBucket' }[method] ?? 'Unknown';
  }
  const copies = headers['x-amz-copy-source'] !== undefined;
  if (query.has('uploadId')) {
    if (method === 'PUT') return copies ? 'UploadPartCopy' : 'UploadPart';
    return (
      { GET: 'ListParts', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }[method] ??
      'Unknown'
    );
  }
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'Unknown';
  if (method === 'PUT') return copies ? 'CopyObject' : 'PutObject';
  return { GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method] ?? 'Unknown';
}
