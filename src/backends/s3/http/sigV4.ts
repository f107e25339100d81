import { createHmac } from 'node:crypto';
import { digest } from '../../../base/digest';
import { percentEncode } from '../../../base/encoding';
import type { AwsKeys } from '../credentials/awsCredentials';

/** The region and service that a signature is valid for. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

/** Names, in lower case, and values in turn; each character of a value is one byte. No name occurs twice. */
export type HeaderList = string[];

export interface RequestToSign {
  readonly method: string;
  /** Percent-encoded. */
  readonly path: string;
  /** Of `queryText`. */
  readonly query: string;
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
  | (SigningScope & { readonly secret: string; readonly day: string; readonly key: SigningKey })
  | undefined;

/** The two blocks of a key for HMAC-SHA256 (RFC 2104), as Latin-1: two hashes cost half of what Node's HMAC costs. */
interface SigningKey {
  readonly inner: string;
  readonly outer: string;
}

/** The last time stamp, which is valid for one second since the epoch. */
let cachedStamp = { second: Number.NaN, text: '' };

/** The headers that a request signs. */
interface SignedHeaders {
  /** Their positions in the list of headers, in the order of the signature. */
  readonly positions: readonly number[];
  /** Their names as the signature lists them. */
  readonly names: string;
}

/** By the names of all headers of a request, joined. A sync sends the same headers again and again. */
const cachedHeaders = new Map<string, SignedHeaders>();
const maxCachedHeaders = 200;

/**
 * Adds the headers of AWS Signature Version 4 to those of the request (S3's variant: the path is encoded once). `atMs`: milliseconds since
 * the epoch by the service's clock.
 */
export function sign(
  { method, path, query, payloadHash }: RequestToSign,
  headers: HeaderList,
  keys: AwsKeys,
  scope: SigningScope,
  atMs: number,
): void {
  const timestamp = timestampOf(atMs);
  const day = timestamp.slice(0, 8);
  headers.push('x-amz-date', timestamp, 'x-amz-content-sha256', payloadHash);
  if (keys.sessionToken) headers.push('x-amz-security-token', keys.sessionToken);
  let id = '';
  let values = '';
  for (let at = 0; at < headers.length; at += 2) {
    id += `${headers[at]},`;
    values += `${headers[at + 1]}\n`;
  }
  // Checked together: each check costs more than the characters.
  const isPlain = !/[^\n\x20-\x7e]| {2}|^ | $/m.test(values);
  const { positions, names } = (isPlain && cachedHeaders.get(id)) || signedHeaders(headers);
  if (isPlain && cachedHeaders.size < maxCachedHeaders) cachedHeaders.set(id, { positions, names });
  let canonical = `${method}\n${path}\n${query}\n`;
  for (const at of positions) {
    const value = headers[at + 1] ?? '';
    canonical += `${headers[at]}:${isPlain ? value : oneSpaced(value)}\n`;
  }
  canonical += `\n${names}\n${payloadHash}`;
  const scopeText = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scopeText}\n${sha256(canonical, 'hex')}`;
  const { inner, outer } = signingKey(keys.secretAccessKey, day, scope);
  const signature = sha256(outer + sha256(inner + toSign, 'binary'), 'hex');
  headers.push(
    'authorization',
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scopeText}, SignedHeaders=${names}, Signature=${signature}`,
  );
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

function signedHeaders(headers: HeaderList): SignedHeaders {
  const nameAt = (at: number) => headers[at] ?? '';
  const positions = headers
    .flatMap((name, at) => (at % 2 === 0 && isSigned(name, headers[at + 1] ?? '') ? at : []))
    .sort((a, b) => (nameAt(a) < nameAt(b) ? -1 : 1));
  return { positions, names: positions.map(nameAt).join(';') };
}

/** Replaces spaces and tabs only: the bytes of other characters may look like Unicode white space. */
function oneSpaced(value: string): string {
  if (!/\t| {2}|^ | $/.test(value)) return value;
  return value.replace(/[\t ]+/g, ' ').replace(/^ | $/g, '');
}

/** The query as it is signed and sent: encoded and sorted. */
export function queryText(query: readonly (readonly [string, string])[]): string {
  if (query.length === 0) return '';
  return query
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
}

function sha256(latin1: string, as: 'hex' | 'binary'): string {
  return digest('sha256', Buffer.from(latin1, 'latin1'), as);
}

function signingKey(secret: string, day: string, { region, service }: SigningScope): SigningKey {
  const last = cachedKey;
  if (last?.secret === secret && last.day === day && last.region === region && last.service === service)
    return last.key;
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const bytes = mac(mac(mac(mac(`AWS4${secret}`, day), region), service), 'aws4_request');
  const block = (pad: number) =>
    Buffer.from(Array.from({ length: 64 }, (_, at) => (bytes[at] ?? 0) ^ pad)).toString('latin1');
  const key = { inner: block(0x36), outer: block(0x5c) };
  cachedKey = { secret, day, region, service, key };
  return key;
}
