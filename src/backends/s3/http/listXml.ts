import { RemoteError } from '../../../remote/remoteError';
import { unescaped } from '../errors/errorXml';
import { type ListedObject, type ListPage, unquotedEtag } from '../model/objectInfo';
import { keyDecoder } from '../model/objectKey';

/**
 * Reads a response to ListObjectsV2 ten times as fast as a general XML parser: listings are most of the bytes that a sync reads. Returns
 * undefined for XML that only a general parser can read. Throws `corrupted` for an incomplete or contradictory document.
 */
export function parseListing(xml: string, bucket: string): ListPage | undefined {
  const start = xml.indexOf('<ListBucketResult');
  if (start < 0 || xml.includes('<![CDATA[') || xml.includes('<!--')) return undefined;
  if (!xml.endsWith('</ListBucketResult>') && !xml.trimEnd().endsWith('</ListBucketResult>'))
    throw corrupted(bucket, 'is cut off');
  const decode = keyDecoder(element(xml, 'EncodingType', start, xml.length));
  const undecodable: string[] = [];
  const objects: ListedObject[] = [];
  let rest = '';
  let at = start;
  for (;;) {
    const open = xml.indexOf('<Contents>', at);
    if (open < 0) break;
    const close = xml.indexOf('</Contents>', open);
    if (close < 0) throw corrupted(bucket, 'is cut off');
    rest += xml.slice(at, open);
    at = close + 11;
    const text = element(xml, 'Key', open, close) ?? '';
    const key = decode(text);
    const size = Number(element(xml, 'Size', open, close) || Number.NaN);
    if (!Number.isSafeInteger(size) || size < 0) throw corrupted(bucket, `has no size for "${text}"`);
    if (key === undefined) {
      undecodable.push(text);
      continue;
    }
    const modified = Date.parse(element(xml, 'LastModified', open, close) ?? '');
    objects.push({
      key,
      size,
      etag: unquotedEtag(element(xml, 'ETag', open, close)),
      lastModifiedMs: Number.isNaN(modified) ? undefined : modified,
      storageClass: element(xml, 'StorageClass', open, close),
    });
  }
  rest += xml.slice(at);
  if (/<(Contents|CommonPrefixes)[\s/]/.test(rest)) return undefined;
  const prefixes: string[] = [];
  at = 0;
  for (;;) {
    const open = rest.indexOf('<CommonPrefixes>', at);
    if (open < 0) break;
    at = rest.indexOf('</CommonPrefixes>', open);
    if (at < 0) throw corrupted(bucket, 'is cut off');
    const text = element(rest, 'Prefix', open, at) ?? '';
    const prefix = decode(text);
    if (prefix === undefined) undecodable.push(text);
    else prefixes.push(prefix);
  }
  // KeyCount is ignored: SeaweedFS and moto count other things, or leave it out.
  const isTruncated = element(rest, 'IsTruncated', 0, rest.length)?.trim().toLowerCase();
  const nextToken = element(rest, 'NextContinuationToken', 0, rest.length);
  return {
    objects,
    prefixes,
    undecodable,
    // A service that sends a token without IsTruncated has more pages.
    truncated: isTruncated === undefined ? Boolean(nextToken) : isTruncated === 'true',
    nextToken,
  };
}

function corrupted(bucket: string, problem: string): RemoteError {
  return new RemoteError('corrupted', `The service's list of the bucket "${bucket}" ${problem}.`);
}

/** The text of the first element `name` between `from` and `to`; undefined when absent. */
function element(xml: string, name: string, from: number, to: number): string | undefined {
  const open = xml.indexOf(`<${name}>`, from);
  if (open < 0 || open >= to) return undefined;
  const start = open + name.length + 2;
  const end = xml.indexOf('<', start);
  return end < 0 || end > to ? undefined : unescaped(xml.slice(start, end));
}
