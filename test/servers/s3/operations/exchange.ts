import { createHash } from 'node:crypto';
import type { Reply } from '../../http/reply';
import type { ListFault } from '../requests/faults';
import type { ReceivedBody } from '../requests/receivedBody';
import { S3Error } from '../requests/s3Error';
import type { S3Request } from '../requests/s3Request';
import { parseXml, type XmlElement } from '../requests/xml';
import type { Bucket, ObjectStore } from '../store/objectStore';
import type { Uploads } from '../store/uploads';

/** The settings that operations read. */
export interface ServerSettings {
  /** Smallest size of every part except the last, in bytes; 5 MiB in S3. */
  minPartSize: number;
  /** Whether LastModified is in whole seconds, as in S3, or in milliseconds, as in some other servers. */
  lastModifiedPrecision: 's' | 'ms';
  /** How long the restore of an archived object takes, in milliseconds. */
  restoreTakesMs: number;
  /** The bucket behind each access point, by ARN with a slash before the name. */
  accessPoints: Readonly<Record<string, string>>;
}

/** One request, with everything that its handler needs. */
export interface Exchange {
  readonly request: S3Request;
  readonly body: ReceivedBody;
  readonly store: ObjectStore;
  readonly settings: ServerSettings;
  readonly uploads: Uploads;
  /** Milliseconds since 1970, in the precision of LastModified. */
  readonly now: number;
  /** How to spoil the answer to a listing. */
  readonly listFault: ListFault | undefined;
}

/** Answers one operation; throws S3Error to refuse. */
export type Handler = (exchange: Exchange) => Reply;

/** The bucket that the request names; throws S3Error NoSuchBucket. */
export function bucketOf(exchange: Exchange): Bucket {
  return exchange.store.bucket(exchange.request.bucket ?? '');
}

/** The key that the request names; throws S3Error KeyTooLongError above S3's 1024 bytes. */
export function keyOf(exchange: Exchange): string {
  const key = exchange.request.key ?? '';
  checkKeyLength(key);
  return key;
}

/** Throws S3Error KeyTooLongError above S3's 1024 bytes. */
export function checkKeyLength(key: string): void {
  const size = Buffer.byteLength(key);
  if (size <= 1024) return;
  throw new S3Error('KeyTooLongError', 'The key is too long.', {
    Size: String(size),
    MaxSizeAllowed: '1024',
  });
}

/** The XML document of the request's body; throws S3Error MalformedXML. */
export function documentOf({ body }: Exchange): XmlElement {
  return parseXml(Buffer.concat(body.chunks).toString('utf8'));
}

/** An answer without a body. */
export function emptyReply(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: '' };
}

/** An answer with an XML document. */
export function xmlReply(xml: string, headers: Record<string, string> = {}, status = 200): Reply {
  return { status, headers: { ...headers, 'Content-Type': 'application/xml' }, body: xml };
}

/** The id of the owner of all objects. */
export const OWNER_ID = createHash('sha256').update('cloud remotes test server').digest('hex');

/** The owner of all objects, in documents. */
export const OWNER = `<Owner><ID>${OWNER_ID}</ID></Owner>`;

let isoFor = Number.NaN;
let isoText = '';

/** ISO 8601 with milliseconds, as in S3's documents. Caches the last time, because listings repeat times. */
export function isoTime(milliseconds: number): string {
  if (milliseconds !== isoFor) {
    isoFor = milliseconds;
    isoText = new Date(milliseconds).toISOString();
  }
  return isoText;
}
