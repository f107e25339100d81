import type { Reply } from '../../http/reply';
import { checksumOf } from '../requests/checksums';
import { invalidArgument, S3Error } from '../requests/s3Error';
import { decode, headerOf, type S3Request } from '../requests/s3Request';
import { element, xmlDocument } from '../requests/xml';
import { md5, type StoredChecksum, StoredObject } from '../store/objectStore';
import { checkCopySourceConditions, checkWriteConditions } from './conditions';
import { EXPRESS_CLASS } from './directoryBuckets';
import { bucketOf, checkKeyLength, type Exchange, isoTime, keyOf, xmlReply } from './exchange';
import { checksumElements, factsOf, namedAlgorithm, requireReadable } from './objectHeaders';
import { etagOf, findObject, writtenHeaders } from './objectOperations';

/** The object that `x-amz-copy-source` names, with the headers for its version. */
export interface CopySource {
  object: StoredObject;
  bucket: string;
  headers: Record<string, string>;
}

/** Finds the source of a copy and checks `x-amz-copy-source-if-*`. Throws S3Error. */
export function copySourceOf(exchange: Exchange): CopySource {
  const { request, store, now, settings } = exchange;
  const raw = headerOf(request, 'x-amz-copy-source') ?? '';
  const mark = /\?versionId=([^&]*)$/.exec(raw);
  const named = decode((mark ? raw.slice(0, mark.index) : raw).replace(/^\//, ''));
  // The name of an object behind an access point is `ARN/object/key`.
  const path = named.replace(
    /^(arn:[^/]*:accesspoint\/[^/]+)\/object\//,
    (_all, arn: string) => `${settings.accessPoints[arn] ?? 'no-such-access-point'}/`,
  );
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1) throw invalidArgument('x-amz-copy-source', raw);
  const name = path.slice(0, slash);
  const key = path.slice(slash + 1);
  checkKeyLength(key);
  const bucket = store.bucket(name);
  const object = findObject(bucket, key, mark ? decode(mark[1] ?? '') : undefined);
  checkCopySourceConditions(request, object);
  requireReadable(object, now, 'ObjectNotInActiveTierError');
  const headers: Record<string, string> =
    bucket.versioning === undefined ? {} : { 'x-amz-copy-source-version-id': object.versionId };
  return { object, bucket: name, headers };
}

/** CopyObject. Storage class and encryption come from the request, never from the source, as in S3. */
export function copyObject(exchange: Exchange): Reply {
  const { request } = exchange;
  const bucket = bucketOf(exchange);
  const key = keyOf(exchange);
  const { object: source, bucket: sourceBucket, headers } = copySourceOf(exchange);
  const asked = factsOf(request, bucket);
  const replaceMetadata = directive(request, 'x-amz-metadata-directive') === 'REPLACE';
  const replaceTags = directive(request, 'x-amz-tagging-directive') === 'REPLACE';
  const onItself = source === bucket.current(key) && sourceBucket === bucket.name;
  const changes =
    replaceMetadata ||
    asked.storageClass !== source.storageClass ||
    headerOf(request, 'x-amz-server-side-encryption') !== undefined ||
    asked.headers['x-amz-website-redirect-location'] !== undefined;
  if (onItself && !changes)
    throw new S3Error('InvalidRequest', 'A copy of an object to itself must change attributes.');
  checkWriteConditions(request, bucket.current(key) ?? bucket.folder(key));
  const object = new StoredObject(key, {
    body: source.chunks,
    etag: etagOf(plainDigest(source), asked.encryption, bucket.name),
    lastModified: exchange.now,
    headers: replaceMetadata ? asked.headers : source.headers,
    metadata: replaceMetadata ? asked.metadata : source.metadata,
    tags: replaceTags ? asked.tags : source.tags,
    storageClass: asked.storageClass,
    encryption: asked.encryption,
    checksum: copiedChecksum(source, request),
  });
  bucket.put(object);
  const inner =
    element('ETag', `"${object.etag}"`) +
    element('LastModified', isoTime(object.lastModified)) +
    checksumElements(object.checksum);
  const { ETag: _inTheDocument, ...written } = writtenHeaders(bucket, object);
  return xmlReply(xmlDocument('CopyObjectResult', inner), { ...written, ...headers });
}

function directive(request: S3Request, header: string): 'COPY' | 'REPLACE' {
  const value = headerOf(request, header) ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw invalidArgument(header, value);
}

/** The MD5 of the content, which is not the ETag of multipart and encrypted objects. */
function plainDigest(source: StoredObject): Buffer {
  const isMd5 =
    source.partSizes === undefined &&
    Object.keys(source.encryption).length === 0 &&
    source.storageClass !== EXPRESS_CLASS;
  return isMd5 ? Buffer.from(source.etag, 'hex') : md5(source.chunks);
}

/** A copy is one piece, so a checksum of checksums becomes a checksum of the whole content. */
function copiedChecksum(source: StoredObject, request: S3Request): StoredChecksum | undefined {
  const algorithm = namedAlgorithm(request) ?? source.checksum?.algorithm;
  if (algorithm === undefined) return undefined;
  if (source.checksum?.algorithm === algorithm && source.checksum.type === 'FULL_OBJECT')
    return source.checksum;
  return { algorithm, value: checksumOf(algorithm, source.chunks), type: 'FULL_OBJECT' };
}
