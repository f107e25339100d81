import { createHash, createHmac } from 'node:crypto';
import { percentEncode } from '../../../base/encoding';
import type { AwsKeys } from '../credentials/awsCredentials';

/** What a signature is valid for besides the request itself. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

/** A request to be signed. Header names are lower case, each character of a value is one byte; `path` is already percent-encoded. */
export interface RequestToSign {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

export const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** Headers that proxies and Node itself add or change. */
const unsigned = new Set(['user-agent', 'connection', 'content-length', 'transfer-encoding', 'expect']);

/**
 * Services differ in which bytes they take a value for that isn't ASCII, so such a value is signed only where it has to be: as the bytes
 * that are sent.
 */
function isSigned(name: string, value: string): boolean {
  if (unsigned.has(name)) return false;
  return name === 'host' || name.startsWith('x-amz-') || /^[\t\x20-\x7e]*$/.test(value);
}

/** Signing keys are good for a day; one is kept per secret, day and scope. */
let lastKey: { readonly of: string; readonly key: Buffer } | undefined;

/**
 * The headers of `request` with those of AWS Signature Version 4 added (S3's variant: the path is encoded once). `atMs` is the
 * time by the service's clock.
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

/** Only what ASCII calls white space: the other characters are bytes of something else. */
function oneSpaced(value: string): string {
  return value.replace(/[\t ]+/g, ' ').replace(/^ | $/g, '');
}

/** A query in the order and spelling that signatures need; also what is sent. */
export function queryText(query: RequestToSign['query']): string {
  return query
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
}

function signingKey(secret: string, day: string, { region, service }: SigningScope): Buffer {
  const of = `${secret}\n${day}\n${region}\n${service}`;
  if (lastKey?.of === of) return lastKey.key;
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = mac(mac(mac(mac(`AWS4${secret}`, day), region), service), 'aws4_request');
  lastKey = { of, key };
  return key;
}
