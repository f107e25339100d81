import { RemoteError } from '../../../remote/remoteError';
import { unescaped } from '../errors/errorXml';
import { type ListedObject, type ListPage as ListResponse, unquotedEtag } from '../model/objectInfo';
import { decodeListedKey } from '../model/objectKey';

/**
 * Reads the answer of ListObjectsV2, ten times as fast as a general XML reader: listings are the bulk of what a sync reads.
 * Undefined when the document uses XML in a way that this doesn't know, so that a general reader has to be asked. Throws
 * `damaged` when the document isn't whole or contradicts itself.
 */
export function parseListing(xml: string, bucket: string): ListResponse | undefined {
  const start = xml.indexOf('<ListBucketResult');
  if (start < 0 || xml.includes('<![CDATA[') || xml.includes('<!--')) return undefined;
  if (!xml.endsWith('</ListBucketResult>') && !xml.trimEnd().endsWith('</ListBucketResult>'))
    throw damaged(bucket, 'is cut off');
  const encoded = element(xml, 'EncodingType', start, xml.length) === 'url';
  const decode = encoded ? decodeListedKey : (text: string) => text;
  const undecodable: string[] = [];
  const objects: ListedObject[] = [];
  let rest = '';
  let at = start;
  for (;;) {
    const open = xml.indexOf('<Contents>', at);
    if (open < 0) break;
    const close = xml.indexOf('</Contents>', open);
    if (close < 0) throw damaged(bucket, 'is cut off');
    rest += xml.slice(at, open);
    at = close + 11;
    const text = element(xml, 'Key', open, close) ?? '';
    const key = decode(text);
    const size = Number(element(xml, 'Size', open, close) || Number.NaN);
    if (!Number.isSafeInteger(size) || size < 0) throw damaged(bucket, `tells no size of "${text}"`);
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
  for (
    let from = rest.indexOf('<CommonPrefixes>');
    from >= 0;
    from = rest.indexOf('<CommonPrefixes>', from + 1)
  ) {
    const end = rest.indexOf('</CommonPrefixes>', from);
    if (end < 0) throw damaged(bucket, 'is cut off');
    const text = element(rest, 'Prefix', from, end) ?? '';
    const prefix = decode(text);
    if (prefix === undefined) undecodable.push(text);
    else prefixes.push(prefix);
  }
  // KeyCount is not looked at: SeaweedFS and moto count other things, or leave it out. IsTruncated tells whether more follows.
  const isTruncated = element(rest, 'IsTruncated', 0, rest.length)?.trim().toLowerCase();
  const nextToken = element(rest, 'NextContinuationToken', 0, rest.length);
  return {
    objects,
    prefixes,
    undecodable,
    // A service that tells where it goes on, and not that it does, has more.
    truncated: isTruncated === undefined ? Boolean(nextToken) : isTruncated === 'true',
    nextToken,
  };
}

function damaged(bucket: string, how: string): RemoteError {
  return new RemoteError('corrupted', `The service's list of the bucket "${bucket}" ${how}.`);
}

/** The text of the first element `name` between `from` and `to`; undefined when absent. */
function element(xml: string, name: string, from: number, to: number): string | undefined {
  const open = xml.indexOf(`<${name}>`, from);
  if (open < 0 || open >= to) return undefined;
  const start = open + name.length + 2;
  const end = xml.indexOf('<', start);
  return end < 0 || end > to ? undefined : unescaped(xml.slice(start, end));
}
