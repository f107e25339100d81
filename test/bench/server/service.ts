import type { StoredObject } from './bucket';
import { keyText } from './bucket';
import type { BenchAnswer, BenchRequest } from './connection';
import { md5Of, multipartEtag, type Store } from './store';

/** The kinds of requests that the bench counts. */
export type RequestKind =
  | 'list'
  | 'get'
  | 'head'
  | 'put'
  | 'part'
  | 'multipart'
  | 'copy'
  | 'delete'
  | 'bucket'
  | 'other';

/** What a request asks for: its kind, its bucket, and its key with one character for each byte. */
export interface Asked {
  readonly kind: RequestKind;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams | undefined;
}

/** Larger bodies without a Content-MD5 get an ETag that is no MD5, because only clients that announce one compare it. */
const hashLimit = 64 * 1024;

const ok = 'HTTP/1.1 200 OK\r\nServer: bench\r\n';
const xmlOk = `${ok}Content-Type: application/xml\r\n`;
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Reads a request in path style. Pure. */
export function understand({ method, path, query, headers }: BenchRequest): Asked {
  const slash = path.indexOf('/', 1);
  const bucket = decodeURIComponent(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = slash < 0 ? '' : keyOf(path.slice(slash + 1));
  const parameters = query === '' ? undefined : new URLSearchParams(query);
  const kind = bucket === '' ? 'bucket' : kindOf(method, key, parameters, headers);
  return { kind, bucket, key, query: parameters };
}

function kindOf(
  method: string,
  key: string,
  query: URLSearchParams | undefined,
  headers: ReadonlyMap<string, string>,
): RequestKind {
  if (key === '') {
    if (method === 'GET') return [...(query?.keys() ?? [])].some(isBucketQuestion) ? 'bucket' : 'list';
    if (method === 'POST' && query?.has('delete')) return 'delete';
    return 'bucket';
  }
  if (query?.has('uploadId') || query?.has('uploads')) return method === 'PUT' ? 'part' : 'multipart';
  if (headers.has('x-amz-copy-source')) return 'copy';
  if (query?.has('tagging') || query?.has('acl')) return 'other';
  if (method === 'GET' || method === 'HEAD' || method === 'PUT' || method === 'DELETE')
    return method.toLowerCase() as 'get' | 'head' | 'put' | 'delete';
  return 'other';
}

function isBucketQuestion(parameter: string): boolean {
  return ['location', 'versioning', 'uploads', 'object-lock', 'versions', 'policy', 'acl'].includes(
    parameter,
  );
}

/** The bytes of a percent-encoded key, one character each. */
function keyOf(encoded: string): string {
  if (!encoded.includes('%')) return encoded;
  return encoded.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Answers a request. Never throws: a request that it doesn't know gets 501. */
export function answerRequest(store: Store, asked: Asked, request: BenchRequest): BenchAnswer {
  const { method } = request;
  const { kind, query } = asked;
  if (asked.bucket === '') return xml(bucketsXml(store));
  if (kind === 'bucket') return bucketRequest(store, asked, method);
  if (!store.buckets.has(asked.bucket)) return refusal(404, 'NoSuchBucket');
  switch (kind) {
    case 'list':
      return listing(store, asked);
    case 'get':
    case 'head':
      return reading(store, asked, request);
    case 'put':
      return writing(store, asked, request);
    case 'copy':
      return copying(store, asked, request);
    case 'part':
      return writingPart(store, query as URLSearchParams, request);
    case 'multipart':
      return multipart(store, asked, request);
    case 'delete':
      return deleting(store, asked, request);
    default:
      return query?.has('tagging') && method === 'GET'
        ? xml('<Tagging><TagSet></TagSet></Tagging>')
        : refusal(501, 'NotImplemented');
  }
}

/** An error as S3 sends it. */
export function refusal(status: number, code: string, isHead = false): BenchAnswer {
  const body = `${declaration}<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  const head = `HTTP/1.1 ${status} ${code}\r\nServer: bench\r\nContent-Type: application/xml\r\n`;
  return { head, body: isHead ? [] : [Buffer.from(body)] };
}

function xml(text: string): BenchAnswer {
  return { head: xmlOk, body: [Buffer.from(declaration + text, 'latin1')] };
}

function bucketRequest(store: Store, { bucket, query }: Asked, method: string): BenchAnswer {
  if (method === 'PUT') store.bucket(bucket);
  else if (!store.buckets.has(bucket)) return refusal(404, 'NoSuchBucket', method === 'HEAD');
  if (method === 'DELETE') store.buckets.delete(bucket);
  if (method !== 'GET') return { head: ok, body: [] };
  if (query?.has('location')) return xml('<LocationConstraint></LocationConstraint>');
  if (query?.has('versioning')) return xml('<VersioningConfiguration></VersioningConfiguration>');
  if (query?.has('uploads'))
    return xml('<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>');
  return refusal(501, 'NotImplemented');
}

function bucketsXml(store: Store): string {
  const time = '<CreationDate>2024-01-01T00:00:00.000Z</CreationDate>';
  const all = [...store.buckets.keys()].map((name) => `<Bucket><Name>${name}</Name>${time}</Bucket>`);
  return `<ListAllMyBucketsResult><Buckets>${all.join('')}</Buckets></ListAllMyBucketsResult>`;
}

function listing(store: Store, { bucket, query }: Asked): BenchAnswer {
  const given = (name: string) => Buffer.from(query?.get(name) ?? '').toString('latin1');
  const isV2 = query?.get('list-type') === '2';
  const urlEncoded = query?.get('encoding-type') === 'url';
  const [prefix, delimiter, token] = [given('prefix'), given('delimiter'), query?.get('continuation-token')];
  const after = isV2
    ? token
      ? Buffer.from(token, 'base64url').toString('latin1')
      : given('start-after')
    : given('marker');
  const max = Math.min(1000, Number(query?.get('max-keys') || 1000));
  const page = store.bucket(bucket).list({ prefix, delimiter, after, max, urlEncoded });
  const text = (value: string) => keyText(value, urlEncoded);
  let head = `${declaration}<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name>`;
  head += `<Prefix>${text(prefix)}</Prefix><MaxKeys>${max}</MaxKeys><IsTruncated>${page.next !== undefined}</IsTruncated>`;
  if (urlEncoded) head += '<EncodingType>url</EncodingType>';
  if (delimiter !== '') head += `<Delimiter>${text(delimiter)}</Delimiter>`;
  if (isV2) head += `<KeyCount>${page.count}</KeyCount>`;
  if (page.next !== undefined)
    head += isV2
      ? `<NextContinuationToken>${Buffer.from(page.next, 'latin1').toString('base64url')}</NextContinuationToken>`
      : `<NextMarker>${text(page.next)}</NextMarker>`;
  return {
    head: xmlOk,
    body: [Buffer.from(head, 'latin1'), page.xml, Buffer.from('</ListBucketResult>')],
  };
}

function reading(store: Store, { bucket, key }: Asked, { method, headers }: BenchRequest): BenchAnswer {
  const isHead = method === 'HEAD';
  const object = store.bucket(bucket).get(key);
  if (!object) return refusal(404, 'NoSuchKey', isHead);
  const wanted = headers.get('if-match');
  if (wanted && wanted.replaceAll('"', '') !== object.etag) return refusal(412, 'PreconditionFailed', isHead);
  const { size, etag, modified } = object;
  const facts = `Server: bench\r\nAccept-Ranges: bytes\r\nETag: "${etag}"\r\nLast-Modified: ${httpTime(modified)}\r\n${object.headers}`;
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.get('range') ?? '');
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(size, Number(range[2]) + 1) : size;
  if (range && start >= size) return refusal(416, 'InvalidRange', isHead);
  const status = range
    ? `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${start}-${end - 1}/${size}\r\n`
    : 'HTTP/1.1 200 OK\r\n';
  if (isHead) return { head: status + facts, body: [], length: end - start };
  if (!object.content) return refusal(500, 'ContentNotKept');
  return { head: status + facts, body: range ? slices(object.content, start, end) : object.content };
}

function slices(pieces: readonly Buffer[], start: number, end: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (at + piece.length > start && at < end)
      found.push(piece.subarray(Math.max(0, start - at), Math.min(piece.length, end - at)));
    at += piece.length;
  }
  return found;
}

function writing(store: Store, { bucket, key }: Asked, request: BenchRequest): BenchAnswer {
  const objects = store.bucket(bucket);
  const refused = refusedByCondition(objects.get(key), request.headers);
  if (refused) return refused;
  const object = received(request, store.keeps);
  if (!object) return refusal(400, 'BadDigest');
  objects.set(key, object);
  return { head: `${ok}ETag: "${object.etag}"\r\n`, body: [] };
}

function writingPart(store: Store, query: URLSearchParams, request: BenchRequest): BenchAnswer {
  const parts = store.uploads.get(query.get('uploadId') ?? '');
  if (!parts) return refusal(404, 'NoSuchUpload');
  const part = received(request, store.keeps);
  if (!part) return refusal(400, 'BadDigest');
  parts.set(Number(query.get('partNumber')), part);
  return { head: `${ok}ETag: "${part.etag}"\r\n`, body: [] };
}

function refusedByCondition(
  object: StoredObject | undefined,
  headers: ReadonlyMap<string, string>,
): BenchAnswer | undefined {
  if (headers.get('if-none-match') === '*' && object) return refusal(412, 'PreconditionFailed');
  const wanted = headers.get('if-match');
  if (!wanted) return undefined;
  if (!object) return refusal(404, 'NoSuchKey');
  return wanted.replaceAll('"', '') === object.etag ? undefined : refusal(412, 'PreconditionFailed');
}

/** The object in the body of a request; undefined when a small body has another MD5 than the request says. */
function received({ headers, body }: BenchRequest, keeps: boolean): StoredObject | undefined {
  const announced = headers.get('content-md5');
  const stated = announced && Buffer.from(announced, 'base64').toString('hex');
  const md5 = body.pieces && body.size <= hashLimit ? md5Of(body.pieces) : stated;
  if (stated && md5 !== stated) return undefined;
  return {
    size: body.size,
    etag: md5 ?? `${String(body.size).padStart(32, '0')}-1`,
    modified: Date.now(),
    headers: keptHeaders(headers),
    // A piece is a part of a large buffer, which would stay in memory with it.
    content: keeps ? body.pieces?.map((piece) => Buffer.from(piece)) : undefined,
  };
}

function keptHeaders(headers: ReadonlyMap<string, string>): string {
  let kept = '';
  for (const [name, value] of headers)
    if (name.startsWith('x-amz-meta-') || name === 'content-type') kept += `${name}: ${value}\r\n`;
  return kept;
}

function copying(store: Store, { bucket, key }: Asked, { headers }: BenchRequest): BenchAnswer {
  const [, from = '', source = ''] = /^\/?([^/]+)\/(.*)$/.exec(headers.get('x-amz-copy-source') ?? '') ?? [];
  const object = store.buckets.get(from)?.get(keyOf(source));
  if (!object) return refusal(404, 'NoSuchKey');
  const replaced = headers.get('x-amz-metadata-directive') === 'REPLACE';
  const modified = Date.now();
  store.bucket(bucket).set(key, { ...object, modified, ...(replaced && { headers: keptHeaders(headers) }) });
  const time = new Date(modified).toISOString();
  return xml(
    `<CopyObjectResult><ETag>&quot;${object.etag}&quot;</ETag><LastModified>${time}</LastModified></CopyObjectResult>`,
  );
}

function multipart(store: Store, { bucket, key, query }: Asked, request: BenchRequest): BenchAnswer {
  const uploadId = query?.get('uploadId');
  if (!uploadId) {
    const id = `upload-${store.uploads.size}-${Date.now()}`;
    store.uploads.set(id, new Map());
    store.uploadHeaders.set(id, keptHeaders(request.headers));
    return xml(
      `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${keyText(key, false)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  }
  const parts = store.uploads.get(uploadId);
  if (!parts) return refusal(404, 'NoSuchUpload');
  if (request.method === 'GET') return refusal(501, 'NotImplemented');
  if (request.method === 'POST') {
    const refused = refusedByCondition(store.bucket(bucket).get(key), request.headers);
    if (refused) return refused;
    const object = joined(parts, store.uploadHeaders.get(uploadId) ?? '');
    store.bucket(bucket).set(key, object);
    forget(store, uploadId);
    return xml(
      `<CompleteMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${keyText(key, false)}</Key><ETag>&quot;${object.etag}&quot;</ETag></CompleteMultipartUploadResult>`,
    );
  }
  forget(store, uploadId);
  return { head: 'HTTP/1.1 204 No Content\r\n', body: [] };
}

function forget(store: Store, uploadId: string): void {
  store.uploads.delete(uploadId);
  store.uploadHeaders.delete(uploadId);
}

/** All parts as one object. The client names all parts that it has sent, so their list in the body is not read. */
function joined(parts: ReadonlyMap<number, StoredObject>, headers: string): StoredObject {
  const sorted = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  const isKept = sorted.every(({ content }) => content !== undefined);
  return {
    size: sorted.reduce((sum, { size }) => sum + size, 0),
    etag: multipartEtag(sorted.map(({ etag }) => etag.slice(0, 32))),
    modified: Date.now(),
    headers,
    content: isKept ? sorted.flatMap(({ content }) => content ?? []) : undefined,
  };
}

function deleting(store: Store, { bucket, key }: Asked, { body }: BenchRequest): BenchAnswer {
  if (key !== '') {
    store.bucket(bucket).delete(key);
    return { head: 'HTTP/1.1 204 No Content\r\nServer: bench\r\n', body: [] };
  }
  const text = Buffer.concat([...(body.pieces ?? [])]).toString('latin1');
  for (const [, name = ''] of text.matchAll(/<Key>([^<]*)<\/Key>/g))
    store.bucket(bucket).delete(unescaped(name));
  return xml('<DeleteResult></DeleteResult>');
}

function unescaped(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (all, decimal, hex, name) =>
    name ? (named[name] ?? all) : String.fromCharCode(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
  );
}

function httpTime(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}
