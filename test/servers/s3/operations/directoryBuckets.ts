import { randomBytes } from 'node:crypto';
import type { Reply } from '../../http/reply';
import { S3Error } from '../requests/s3Error';
import { headerOf, type S3Request } from '../requests/s3Request';
import { element, xmlDocument } from '../requests/xml';
import type { Credentials } from '../signIn/signatureCheck';
import { xmlReply } from './exchange';

/** The only storage class of directory buckets. */
export const EXPRESS_CLASS = 'EXPRESS_ONEZONE';

const SESSION_MS = 5 * 60_000;

/** Whether the name is that of a directory bucket. */
export function isDirectory(bucket: string | undefined): boolean {
  return bucket?.endsWith('--x-s3') ?? false;
}

/** Throws S3Error for a request that directory buckets do not support. */
export function checkDirectoryRequest(request: S3Request): void {
  const { operation, query } = request;
  const writes = operation === 'PutObject' || operation === 'UploadPart';
  if (writes && headerOf(request, 'content-md5') !== undefined)
    throw new S3Error('InvalidRequest', 'Content-MD5 is not supported by this bucket type.');
  if (
    operation.endsWith('Tagging') ||
    headerOf(request, 'x-amz-tagging') ||
    headerOf(request, 'x-amz-tagging-directive')
  )
    throw new S3Error('NotImplemented', 'Tagging is not supported by this bucket type.');
  if (operation === 'ListObjectsV2' && !/(^|\/)$/.test(query.get('prefix') ?? ''))
    throw new S3Error('InvalidRequest', 'This bucket type only supports prefixes that end in a delimiter.');
  if (operation === 'ListObjects' || operation === 'ListObjectVersions')
    throw new S3Error('NotImplemented', 'This bucket type can only be listed by ListObjectsV2.');
}

/** CreateSession: keys for one bucket, valid for five minutes. */
export function createSession(now: number, accept: (session: Credentials) => void): Reply {
  const session = {
    accessKeyId: `SESSION${randomBytes(6).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('base64url'),
    sessionToken: randomBytes(40).toString('base64url'),
    expiresAt: now + SESSION_MS,
  };
  accept(session);
  const inner =
    element('SessionToken', session.sessionToken) +
    element('SecretAccessKey', session.secretAccessKey) +
    element('AccessKeyId', session.accessKeyId) +
    element('Expiration', new Date(session.expiresAt).toISOString());
  return xmlReply(xmlDocument('CreateSessionResult', `<Credentials>${inner}</Credentials>`));
}
