import { createHash } from 'node:crypto';
import type { Reply } from '../../http/reply';
import type { ListFault } from '../requests/faults';
import type { ReceivedBody } from '../requests/receivedBody';
import { S3Error } from '../requests/s3Error';
import type { S3Request } from '../requests/s3Request';
import type { Bucket, ObjectStore } from '../store/objectStore';
import type { Uploads } from '../store/uploads';

/** How this server differs from the default one. */
export interface ServerSettings {
  /** Smallest part but the last, in bytes; 5 MiB in S3. */
  minPartSize: number;
  /** Whether times are kept in whole seconds, as S3 does, or in milliseconds as some others do. */
  lastModifiedPrecision: 's' | 'ms';
  /** How long restoring an archived object takes, in milliseconds. */
  restoreTakesMs: number;
  /** Access points, by ARN with a slash before the name, and the bucket of each. */
  accessPoints: Readonly<Record<string, string>>;
}

/** One request with all that is needed to answer it. */
export interface Exchange {
  readonly request: S3Request;
  readonly body: ReceivedBody;
  readonly store: ObjectStore;
  readonly settings: ServerSettings;
  readonly uploads: Uploads;
  /** Milliseconds since 1970, already cut to the precision of LastModified. */
  readonly now: number;
  /** How the answer to a listing is to be spoilt. */
  readonly listFault: ListFault | undefined;
}

/** Answers one kind of operation; throws S3Error to refuse. */
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
  throw new S3Error('KeyTooLongError', 'Your key is too long', {
    Size: String(size),
    MaxSizeAllowed: '1024',
  });
}

/** An answer without a body. */
export function emptyReply(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: '' };
}

/** An answer with an XML document. */
export function xmlReply(xml: string, headers: Record<string, string> = {}, status = 200): Reply {
  return { status, headers: { ...headers, 'Content-Type': 'application/xml' }, body: xml };
}

/** The name under which all objects are owned. */
export const OWNER_ID = createHash('sha256').update('cloud remotes test server').digest('hex');

let isoFor = Number.NaN;
let isoText = '';

/** ISO 8601 with milliseconds, as in S3's documents. Remembers the last one: listings repeat times. */
export function isoTime(milliseconds: number): string {
  if (milliseconds !== isoFor) {
    isoFor = milliseconds;
    isoText = new Date(milliseconds).toISOString();
  }
  return isoText;
}
