import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
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
let cachedKey:
  | (SigningScope & { readonly secret: string; readonly day: string; readonly key: KeyObject })
  | undefined;

/** The last time stamp, which is valid for one second since the epoch. */
let cachedStamp = { second: Number.NaN, text: '' };

/** The headers that a request signs, in their order, and their names as the signature lists them. */
interface SignedNames {
  readonly names: readonly string[];
  readonly list: string;
}

/** By the names of all headers of a request, joined. A sync sends the same headers again and again. */
const cachedNames = new Map<string, SignedNames>();
const maxCachedNames = 200;

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
  const timestamp = timestampOf(atMs);
  const day = timestamp.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': timestamp,
    'x-amz-content-sha256': request.payloadHash,
  };
  if (keys.sessionToken) headers['x-amz-security-token'] = keys.sessionToken;
  const { names, list: signed } = signedNames(headers);
  let canonicalHeaders = '';
  for (const name of names) canonicalHeaders += `${name}:${oneSpaced(headers[name] ?? '')}\n`;
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

/** As ISO 8601 in its basic form, which AWS requires. */
function timestampOf(atMs: number): string {
  const second = Math.floor(atMs / 1000);
  if (cachedStamp.second !== second) {
    const text = `${new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    cachedStamp = { second, text };
  }
  return cachedStamp.text;
}

function signedNames(headers: Readonly<Record<string, string>>): SignedNames {
  let id = '';
  let values = '';
  for (const name in headers) {
    id += `${name},`;
    values += headers[name];
  }
  const cached = cachedNames.get(id);
  const isPlain = /^[\t\x20-\x7e]*$/.test(values);
  if (cached && isPlain) return cached;
  const names = Object.keys(headers)
    .filter((name) => isSigned(name, headers[name] ?? ''))
    .sort();
  const found = { names, list: names.join(';') };
  if (isPlain && cachedNames.size < maxCachedNames) cachedNames.set(id, found);
  return found;
}

/** Replaces spaces and tabs only: the bytes of other characters may look like Unicode white space. */
function oneSpaced(value: string): string {
  if (!/\t| {2}|^ | $/.test(value)) return value;
  return value.replace(/[\t ]+/g, ' ').replace(/^ | $/g, '');
}

/** The query as it is signed and sent: encoded and sorted. */
export function queryText(query: RequestToSign['query']): string {
  if (query.length === 0) return '';
  return query
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
}

function signingKey(secret: string, day: string, { region, service }: SigningScope): KeyObject {
  const last = cachedKey;
  if (last?.secret === secret && last.day === day && last.region === region && last.service === service)
    return last.key;
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = createSecretKey(mac(mac(mac(mac(`AWS4${secret}`, day), region), service), 'aws4_request'));
  cachedKey = { secret, day, region, service, key };
  return key;
}
