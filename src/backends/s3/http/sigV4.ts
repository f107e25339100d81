import { createHash, createHmac } from 'node:crypto';
import { percentEncode } from '../../../base/encoding';
import type { AwsKeys } from '../credentials/awsCredentials';

/** The region and service that a signature is valid for. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

/** Header names are in lower case, each character of a value is one byte, and `path` is percent-encoded. */
export interface RequestToSign {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

export const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** Headers that proxies or Node add or change. */
const unsigned = new Set(['user-agent', 'connection', 'content-length', 'transfer-encoding', 'expect']);

/** Services decode values that aren't ASCII differently, so such a header is signed only where S3 requires it, as the bytes that are sent. */
function isSigned(name: string, value: string): boolean {
  if (unsigned.has(name)) return false;
  return name === 'host' || name.startsWith('x-amz-') || /^[\t\x20-\x7e]*$/.test(value);
}

/** The last signing key, which is valid for one secret, day and scope. */
let cachedKey: { readonly id: string; readonly key: Buffer } | undefined;

/**
 * The headers of `request` and those of AWS Signature Version 4 (S3's variant: the path is encoded once). `atMs`: milliseconds since the
 * epoch by the service's clock.
 */
export function signedHeaders(
  request: RequestToSign,
  keys: AwsKeys,
  scope: SigningScope,
  atMs: number,
): Record<string, string> {
  const timestamp = `${new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const day = timestamp.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': timestamp,
    'x-amz-content-sha256': request.payloadHash,
    ...(keys.sessionToken && { 'x-amz-security-token': keys.sessionToken }),
  };
  const names = Object.keys(headers)
    .filter((name) => isSigned(name, headers[name] ?? ''))
    .sort();
  let canonicalHeaders = '';
  for (const name of names) canonicalHeaders += `${name}:${oneSpaced(headers[name] ?? '')}\n`;
  const signed = names.join(';');
  const canonical = `${request.method}\n${request.path}\n${queryText(request.query)}\n${canonicalHeaders}\n${signed}\n${request.payloadHash}`;
  const scopeText = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scopeText}\n${createHash('sha256').update(canonical, 'latin1').digest('hex')}`;
  const signature = createHmac('sha256', signingKey(keys.secretAccessKey, day, scope))
    .update(toSign)
    .digest('hex');
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scopeText}, SignedHeaders=${signed}, Signature=${signature}`;
  return headers;
}

/** Replaces spaces and tabs only: the bytes of other characters may look like Unicode white space. */
function oneSpaced(value: string): string {
  return value.replace(/[\t ]+/g, ' ').replace(/^ | $/g, '');
}

/** The query as it is signed and sent: encoded and sorted. */
export function queryText(query: RequestToSign['query']): string {
  return query
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
}

function signingKey(secret: string, day: string, { region, service }: SigningScope): Buffer {
  const id = `${secret}\n${day}\n${region}\n${service}`;
  if (cachedKey?.id === id) return cachedKey.key;
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = mac(mac(mac(mac(`AWS4${secret}`, day), region), service), 'aws4_request');
  cachedKey = { id, key };
  return key;
}
