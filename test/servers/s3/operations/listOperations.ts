import type { Reply } from '../../http/reply';
import type { ListFault } from '../requests/faults';
import { invalidArgument, S3Error } from '../requests/s3Error';
import type { S3Request } from '../requests/s3Request';
import { element, xmlDocument } from '../requests/xml';
import type { Bucket, StoredObject } from '../store/objectStore';
import { compareUtf8, type SortedKeys } from '../store/sortedKeys';
import { bucketOf, type Exchange, isoTime, OWNER, xmlReply } from './exchange';

/** One row of a listing: an object's key or a common prefix. */
export type ListedItem = { key: string } | { prefix: string };

/** One page of a listing; the next page continues after `last`. */
export interface ListedPage {
  items: ListedItem[];
  truncated: boolean;
  last: string;
}

/**
 * One page of the keys, in UTF-8 byte order.
 * @param after the page begins after this key, or after all keys below it if it is a common prefix
 */
export function listPage(
  keys: SortedKeys,
  query: { prefix: string; delimiter: string; after: string; maxKeys: number },
): ListedPage {
  const { prefix, delimiter, after, maxKeys } = query;
  const afterWhole = delimiter !== '' && isCommonPrefix(after, prefix, delimiter);
  const reader = keys.seek(
    (key) =>
      compareUtf8(key, prefix) >= 0 &&
      (after === '' || (compareUtf8(key, after) > 0 && !(afterWhole && key.startsWith(after)))),
  );
  const items: ListedItem[] = [];
  let last = '';
  for (let key = reader.key; key?.startsWith(prefix); key = reader.key) {
    if (items.length >= maxKeys) return { items, truncated: maxKeys > 0, last };
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      items.push({ key });
      last = key;
      reader.next();
    } else {
      last = key.slice(0, cut + delimiter.length);
      items.push({ prefix: last });
      reader.skipPrefix(last);
    }
  }
  return { items, truncated: false, last };
}

/** ListObjectsV2. */
export function listObjectsV2(exchange: Exchange): Reply {
  const { request, listFault } = exchange;
  const bucket = bucketOf(exchange);
  const q = readListQuery(request, 'max-keys');
  const token = request.query.get('continuation-token');
  const startAfter = request.query.get('start-after') ?? '';
  const after = token === undefined ? startAfter : readToken(token);
  const found = listPage(bucket.keys, { ...q, after: listFault === 'repeatPage' ? startAfter : after });
  const page = spoil(repeatPrefix(found, after, q, listFault), listFault);
  const withToken = page.truncated && listFault !== 'noToken';
  const withOwner = request.query.get('fetch-owner') === 'true';
  const inner =
    element('Name', bucket.name) +
    element('Prefix', q.encode(q.prefix)) +
    element('Delimiter', request.query.has('delimiter') ? q.encode(q.delimiter) : undefined) +
    element('MaxKeys', q.maxKeys) +
    element('EncodingType', q.encodingType) +
    element('KeyCount', keyCount(page.items.length, listFault)) +
    element('IsTruncated', page.truncated) +
    element('ContinuationToken', token) +
    element('NextContinuationToken', withToken ? makeToken(page.last) : undefined) +
    element('StartAfter', startAfter === '' ? undefined : q.encode(startAfter)) +
    rows(bucket, page, q.encode, withOwner);
  return listReply(inner, listFault);
}

/** ListObjects, the first version of the call. */
export function listObjectsV1(exchange: Exchange): Reply {
  const { request, listFault } = exchange;
  const bucket = bucketOf(exchange);
  const q = readListQuery(request, 'max-keys');
  const marker = request.query.get('marker') ?? '';
  const found = listPage(bucket.keys, { ...q, after: listFault === 'repeatPage' ? '' : marker });
  const page = spoil(repeatPrefix(found, marker, q, listFault), listFault);
  const withMarker = page.truncated && q.delimiter !== '' && listFault !== 'noToken';
  const inner =
    element('Name', bucket.name) +
    element('Prefix', q.encode(q.prefix)) +
    element('Marker', q.encode(marker)) +
    element('NextMarker', withMarker ? q.encode(page.last) : undefined) +
    element('Delimiter', request.query.has('delimiter') ? q.encode(q.delimiter) : undefined) +
    element('MaxKeys', q.maxKeys) +
    element('EncodingType', q.encodingType) +
    element('IsTruncated', page.truncated) +
    rows(bucket, page, q.encode, true);
  return listReply(inner, listFault);
}

export function listVersions(exchange: Exchange): Reply {
  const { request } = exchange;
  const bucket = bucketOf(exchange);
  const q = readListQuery(request, 'max-keys');
  const keyMarker = request.query.get('key-marker') ?? '';
  const versionMarker = request.query.get('version-id-marker') ?? '';
  if (versionMarker !== '' && keyMarker === '')
    throw new S3Error('InvalidArgument', 'A version-id marker cannot be specified without a key marker.');
  const rest = (
    key: string,
  ): readonly (StoredObject | { deleteMarker: true; versionId: string; lastModified: number })[] => {
    const versions = bucket.versions(key);
    if (key !== keyMarker || versionMarker === '') return versions;
    return versions.slice(versions.findIndex((v) => v.versionId === versionMarker) + 1);
  };
  const keys = bucket.versioning === undefined ? bucket.keys : bucket.historyKeys;
  const afterWhole = q.delimiter !== '' && isCommonPrefix(keyMarker, q.prefix, q.delimiter);
  const reader = keys.seek((key) => {
    if (compareUtf8(key, q.prefix) < 0) return false;
    if (keyMarker === '' || (key === keyMarker && versionMarker !== '')) return true;
    return compareUtf8(key, keyMarker) > 0 && !(afterWhole && key.startsWith(keyMarker));
  });
  let out = '';
  let count = 0;
  let next: { key: string; versionId: string | undefined } | undefined;
  let last: { key: string; versionId: string | undefined } = { key: '', versionId: undefined };
  scan: for (let key = reader.key; key?.startsWith(q.prefix); key = reader.key) {
    const cut = q.delimiter === '' ? -1 : key.indexOf(q.delimiter, q.prefix.length);
    if (cut >= 0) {
      if (count >= q.maxKeys) {
        next = last;
        break;
      }
      const prefix = key.slice(0, cut + q.delimiter.length);
      out += `<CommonPrefixes>${element('Prefix', q.encode(prefix))}</CommonPrefixes>`;
      count++;
      last = { key: prefix, versionId: undefined };
      reader.skipPrefix(prefix);
      continue;
    }
    const newest = bucket.versions(key)[0];
    for (const version of rest(key)) {
      if (count >= q.maxKeys) {
        next = last;
        break scan;
      }
      const head =
        element('Key', q.encode(key)) +
        element('VersionId', version.versionId) +
        element('IsLatest', version === newest) +
        element('LastModified', isoTime(version.lastModified));
      out += version.deleteMarker
        ? `<DeleteMarker>${head}${OWNER}</DeleteMarker>`
        : `<Version>${head}${element('ETag', `"${version.etag}"`)}${element('Size', version.size)}${OWNER}${element('StorageClass', version.storageClass)}</Version>`;
      count++;
      last = { key, versionId: version.versionId };
    }
    reader.next();
  }
  const truncated = next !== undefined && q.maxKeys > 0;
  const inner =
    element('Name', bucket.name) +
    element('Prefix', q.encode(q.prefix)) +
    element('KeyMarker', q.encode(keyMarker)) +
    element('VersionIdMarker', versionMarker) +
    element('NextKeyMarker', truncated && next ? q.encode(next.key) : undefined) +
    element('NextVersionIdMarker', truncated ? next?.versionId : undefined) +
    element('Delimiter', request.query.has('delimiter') ? q.encode(q.delimiter) : undefined) +
    element('MaxKeys', q.maxKeys) +
    element('EncodingType', q.encodingType) +
    element('IsTruncated', truncated) +
    out;
  return xmlReply(xmlDocument('ListVersionsResult', inner));
}

/** The parameters that all listings share. Throws S3Error InvalidArgument. */
export function readListQuery(
  request: S3Request,
  maxName: string,
): {
  prefix: string;
  delimiter: string;
  maxKeys: number;
  encodingType: string | undefined;
  encode: (text: string) => string;
} {
  const encodingType = request.query.get('encoding-type');
  if (encodingType !== undefined && encodingType !== 'url')
    throw invalidArgument('encoding-type', encodingType);
  const given = request.query.get(maxName) ?? '1000';
  if (!/^\d+$/.test(given)) throw invalidArgument(maxName, given);
  return {
    prefix: request.query.get('prefix') ?? '',
    delimiter: request.query.get('delimiter') ?? '',
    maxKeys: Math.min(Number(given), 1000),
    encodingType,
    encode: encodingType === 'url' ? urlEncode : (text) => text,
  };
}

/** The form encoding of `encoding-type=url`: a slash stays, a space becomes `+`. */
function urlEncode(text: string): string {
  if (/^[A-Za-z0-9\-._*/]*$/.test(text)) return text;
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}

function rows(
  bucket: Bucket,
  page: ListedPage,
  encode: (text: string) => string,
  withOwner: boolean,
): string {
  let contents = '';
  let prefixes = '';
  const owned = withOwner ? OWNER : '';
  for (const item of page.items) {
    if ('prefix' in item) {
      prefixes += `<CommonPrefixes>${element('Prefix', encode(item.prefix))}</CommonPrefixes>`;
      continue;
    }
    const object = bucket.current(item.key);
    if (object === undefined) continue;
    const checksum = object.checksum
      ? element('ChecksumAlgorithm', object.checksum.algorithm.toUpperCase()) +
        element('ChecksumType', object.checksum.type)
      : '';
    contents += `<Contents>${element('Key', encode(item.key))}<LastModified>${isoTime(object.lastModified)}</LastModified><ETag>&quot;${object.etag}&quot;</ETag>${checksum}<Size>${object.size}</Size>${owned}<StorageClass>${object.storageClass}</StorageClass></Contents>`;
  }
  return contents + prefixes;
}

function isCommonPrefix(text: string, prefix: string, delimiter: string): boolean {
  if (!text.startsWith(prefix)) return false;
  const cut = text.indexOf(delimiter, prefix.length);
  return cut >= 0 && cut + delimiter.length === text.length;
}

function makeToken(last: string): string {
  return `1${Buffer.from(last).toString('base64')}`;
}

function readToken(token: string): string {
  const last = token.startsWith('1') ? Buffer.from(token.slice(1), 'base64').toString('utf8') : '';
  if (last !== '' && makeToken(last) === token) return last;
  throw new S3Error('InvalidArgument', 'The continuation token is incorrect.', {
    ArgumentName: 'continuation-token',
  });
}

function spoil(page: ListedPage, fault: ListFault | undefined): ListedPage {
  if (fault === 'outOfOrder') return { ...page, items: [...page.items].reverse() };
  if (fault === 'noToken') return { ...page, truncated: true };
  if (fault !== 'missingTail') return page;
  return { ...page, truncated: false, items: page.items.slice(0, Math.floor(page.items.length / 2)) };
}

function repeatPrefix(
  page: ListedPage,
  after: string,
  { prefix, delimiter }: { prefix: string; delimiter: string },
  fault: ListFault | undefined,
): ListedPage {
  if (fault !== 'repeatPrefix' || delimiter === '' || !isCommonPrefix(after, prefix, delimiter)) return page;
  return { ...page, items: [{ prefix: after }, ...page.items] };
}

function keyCount(items: number, fault: ListFault | undefined): number | undefined {
  if (fault === 'noKeyCount') return undefined;
  return fault === 'wrongKeyCount' ? items + 3 : items;
}

function listReply(inner: string, fault: ListFault | undefined): Reply {
  const document = xmlDocument('ListBucketResult', inner);
  return xmlReply(fault === 'cutXml' ? document.slice(0, Math.floor(document.length / 2)) : document);
}
