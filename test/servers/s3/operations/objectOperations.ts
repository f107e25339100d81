import type { Span } from '../../http/byteRange';
import type { Reply } from '../../http/reply';
import { S3Error } from '../requests/s3Error';
import { headerOf } from '../requests/s3Request';
import { child, childText, element, malformedXml, xmlDocument } from '../requests/xml';
import { type Bucket, md5, StoredObject } from '../store/objectStore';
import { checkDeleteCondition, checkReadConditions, checkWriteConditions } from './conditions';
import { isDirectory } from './directoryBuckets';
import { bucketOf, documentOf, type Exchange, emptyReply, keyOf, xmlReply } from './exchange';
import {
  checksumHeaders,
  checkTags,
  factsOf,
  headersFor,
  httpDate,
  isArchived,
  requireReadable,
} from './objectHeaders';
import { rangeOf, slice } from './ranges';

export function putObject(exchange: Exchange): Reply {
  const { request, body } = exchange;
  const bucket = bucketOf(exchange);
  const key = keyOf(exchange);
  const facts = factsOf(request, bucket);
  checkWriteConditions(request, bucket.current(key) ?? bucket.folder(key));
  const object = new StoredObject(key, {
    ...facts,
    body: body.chunks.length === 1 && body.chunks[0] ? body.chunks[0] : body.chunks,
    etag: etagOf(body.md5, facts.encryption, bucket.name),
    lastModified: exchange.now,
    checksum: body.checksum && { ...body.checksum, type: 'FULL_OBJECT' },
  });
  bucket.put(object);
  return emptyReply(200, writtenHeaders(bucket, object));
}

/** The headers of a successful write. */
export function writtenHeaders(bucket: Bucket, object: StoredObject): Record<string, string> {
  return {
    ETag: `"${object.etag}"`,
    ...object.encryption,
    ...checksumHeaders(object),
    ...(bucket.versioning === undefined ? {} : { 'x-amz-version-id': object.versionId }),
  };
}

/** The ETag of a body: its MD5, or another value of the same shape under a KMS key and in a directory bucket. */
export function etagOf(digest: Buffer, encryption: Readonly<Record<string, string>>, bucket: string): string {
  if (isDirectory(bucket)) return md5([digest, Buffer.from('express')]).toString('hex');
  const encrypted = encryption['x-amz-server-side-encryption']?.startsWith('aws:kms') ?? false;
  return (encrypted ? md5([digest, Buffer.from('kms')]) : digest).toString('hex');
}

/**
 * The object or the version that a request names. Throws S3Error NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete
 * marker that is named by its id.
 */
export function findObject(bucket: Bucket, key: string, versionId: string | undefined): StoredObject {
  if (versionId !== undefined) {
    const version = bucket.versions(key).find((v) => v.versionId === versionId);
    if (version === undefined)
      throw new S3Error('NoSuchVersion', 'The version does not exist.', { Key: key, VersionId: versionId });
    if (!version.deleteMarker) return version;
    throw new S3Error(
      'MethodNotAllowed',
      'The method is not allowed.',
      { Method: 'GET', ResourceType: 'DeleteMarker' },
      { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionId, Allow: 'DELETE' },
    );
  }
  const object = bucket.current(key) ?? (key.endsWith('/') ? bucket.folder(key) : undefined);
  if (object !== undefined) return object;
  const marker = bucket.versions(key)[0];
  throw new S3Error(
    'NoSuchKey',
    'The specified key does not exist.',
    { Key: key },
    marker?.deleteMarker ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId } : {},
  );
}

function objectOf(exchange: Exchange): StoredObject {
  return findObject(bucketOf(exchange), keyOf(exchange), exchange.request.query.get('versionId'));
}

/** GetObject and HeadObject; only GetObject sends the body. */
export function getObject(exchange: Exchange): Reply {
  const { request, now } = exchange;
  const bucket = bucketOf(exchange);
  const object = findObject(bucket, keyOf(exchange), request.query.get('versionId'));
  const versioned = bucket.versioning !== undefined;
  if (checkReadConditions(request, object) === 'notModified')
    return emptyReply(304, { ETag: `"${object.etag}"`, 'Last-Modified': httpDate(object.lastModified) });
  if (request.method === 'GET') requireReadable(object, now);
  const headers = headersFor(object, request, versioned, now);
  const range = partRange(exchange, object) ?? rangeOf(headerOf(request, 'range'), object.size);
  if (range === undefined) return { status: 200, headers, body: object.chunks };
  if (request.query.has('partNumber') && object.partSizes)
    headers['x-amz-mp-parts-count'] = String(object.partSizes.length);
  for (const name of Object.keys(headers)) if (name.startsWith('x-amz-checksum-')) delete headers[name];
  headers['Content-Range'] = `bytes ${range.start}-${range.end - 1}/${object.size}`;
  return { status: 206, headers, body: slice(object.chunks, range) };
}

/** DeleteObject, of the current object or of one version. */
export function deleteObject(exchange: Exchange): Reply {
  const { request, now } = exchange;
  const bucket = bucketOf(exchange);
  const outcome = removeObject(
    bucket,
    keyOf(exchange),
    request.query.get('versionId'),
    headerOf(request, 'if-match'),
    now,
  );
  const headers: Record<string, string> = {};
  if (outcome.versionId !== undefined) headers['x-amz-version-id'] = outcome.versionId;
  if (outcome.marker) headers['x-amz-delete-marker'] = 'true';
  return emptyReply(204, headers);
}

function removeObject(
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
  ifMatch: string | undefined,
  now: number,
): { versionId: string | undefined; marker: boolean } {
  checkDeleteCondition(ifMatch, bucket.current(key));
  if (versionId !== undefined) {
    const removed = bucket.deleteVersion(key, versionId);
    return { versionId, marker: removed?.deleteMarker === true };
  }
  const marker = bucket.delete(key, now);
  return { versionId: marker?.versionId, marker: marker !== undefined };
}

/** DeleteObjects: up to 1000 keys, each with its own outcome. */
export function deleteObjects(exchange: Exchange): Reply {
  const { body, now } = exchange;
  const bucket = bucketOf(exchange);
  if (!body.vouched)
    throw new S3Error('InvalidRequest', 'Missing required header: Content-MD5 or x-amz-checksum-*');
  const root = documentOf(exchange);
  const wanted = root.children.filter((c) => c.name === 'Object');
  if (root.name !== 'Delete' || wanted.length === 0 || wanted.length > 1000) throw malformedXml();
  const quiet = childText(root, 'Quiet') === 'true';
  let result = '';
  for (const item of wanted) {
    const key = childText(item, 'Key') ?? '';
    const versionId = childText(item, 'VersionId');
    try {
      const outcome = removeObject(bucket, key, versionId, childText(item, 'ETag'), now);
      if (quiet) continue;
      const marker = outcome.marker
        ? element('DeleteMarker', true) + element('DeleteMarkerVersionId', outcome.versionId)
        : '';
      result += `<Deleted>${element('Key', key)}${element('VersionId', versionId)}${marker}</Deleted>`;
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      result += `<Error>${element('Key', key)}${element('VersionId', versionId)}${element('Code', error.code)}${element('Message', error.message)}</Error>`;
    }
  }
  return xmlReply(xmlDocument('DeleteResult', result));
}

export function getTagging(exchange: Exchange): Reply {
  const object = objectOf(exchange);
  const tags = Object.entries(object.tags)
    .map(([name, value]) => `<Tag>${element('Key', name)}${element('Value', value)}</Tag>`)
    .join('');
  return xmlReply(xmlDocument('Tagging', `<TagSet>${tags}</TagSet>`));
}

/** PutObjectTagging: replaces all tags. */
export function putTagging(exchange: Exchange): Reply {
  const object = objectOf(exchange);
  const root = documentOf(exchange);
  const tags: Record<string, string> = {};
  for (const tag of child(root, 'TagSet')?.children ?? []) {
    const name = childText(tag, 'Key') ?? '';
    if (name in tags) throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key');
    tags[name] = childText(tag, 'Value') ?? '';
  }
  checkTags(tags);
  object.tags = tags;
  return emptyReply(200);
}

export function deleteTagging(exchange: Exchange): Reply {
  const object = objectOf(exchange);
  object.tags = {};
  return emptyReply(204);
}

/** RestoreObject: makes an archived object readable for the given days. */
export function restoreObject(exchange: Exchange): Reply {
  const { now, settings } = exchange;
  const object = objectOf(exchange);
  if (!isArchived(object))
    throw new S3Error('InvalidObjectState', 'The object is not archived.', {
      StorageClass: object.storageClass,
    });
  if (object.restored && now < object.restored.from)
    throw new S3Error('RestoreAlreadyInProgress', 'Object restore is already in progress');
  const days = Number(childText(documentOf(exchange), 'Days') ?? 1);
  const again = object.restored !== undefined && now < object.restored.until;
  const from = again ? now : now + settings.restoreTakesMs;
  object.restored = { from, until: from + days * 86_400_000 };
  return emptyReply(again ? 200 : 202);
}

function partRange(exchange: Exchange, object: StoredObject): Span | undefined {
  const wanted = exchange.request.query.get('partNumber');
  if (wanted === undefined) return undefined;
  const number = Number(wanted);
  const sizes = object.partSizes ?? [object.size];
  const size = sizes[number - 1];
  if (size === undefined) throw new S3Error('InvalidRange', 'The requested partnumber is not satisfiable');
  const start = sizes.slice(0, number - 1).reduce((sum, s) => sum + s, 0);
  return { start, end: start + size };
}
