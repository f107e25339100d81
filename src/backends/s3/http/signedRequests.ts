import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { digest } from '../../../base/digest';
import { percentEncode } from '../../../base/encoding';
import { type HttpResponse, readText } from '../../../http/httpResponse';
import { S3ServiceError } from '../errors/serviceRefusal';
import type { BucketAddress, S3Connection } from './connection';
import { type HeaderList, queryText, sign, unsignedPayload } from './sigV4';

/** At most this much of an error document is read. */
const maxErrorBytes = 64 * 1024;

/** In milliseconds. A larger difference of the clocks explains a 403. */
const skewMs = 4 * 60_000;

export interface PlainRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly key: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<HeaderList>;
  readonly body?: Buffer | Readable;
  /** Bytes of a streamed body. */
  readonly bodyLength?: number;
  /** Whether the signature covers the body by its Content-MD5 header, which saves a second hash of a large body. */
  readonly signedByMd5?: boolean;
}

/**
 * Whether `error`, of either client, is a response that only an S3 service sends: a document with the root `Error` and a code. Any web server
 * sends the same statuses, and a proxy may add headers. Pure.
 */
export function isS3ErrorResponse(error: unknown): boolean {
  const { $response, Code } = (error ?? {}) as Partial<S3ServiceError>;
  const { headers = {}, root = 'Error' } = ($response ?? {}) as {
    headers?: IncomingHttpHeaders;
    root?: string;
  };
  // Azure's documents look the same.
  return typeof Code === 'string' && root === 'Error' && headers['x-ms-request-id'] === undefined;
}

/**
 * Sends one signed request with Node's client, at a fifth of the cost of the SDK. Resolves to a successful response with the body still to be
 * read. Throws errors in the shape of the SDK's.
 */
export async function sendSigned(
  connection: S3Connection,
  address: BucketAddress,
  request: PlainRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { clock, credentials } = connection;
  const { method, key, body } = request;
  const path = `${address.basePath}/${encodedKey(key)}`;
  const query = request.query ? queryText(request.query) : '';
  const headers: HeaderList = ['host', address.host];
  if (request.headers) headers.push(...request.headers);
  // After the Content-Disposition, which Node would otherwise encode as UTF-8.
  if (method.startsWith('P')) headers.push('content-length', String(lengthOf(request)));
  const signedAt = Date.now() + clock.offset;
  if (credentials) {
    const payload = request.signedByMd5 ? unsignedPayload : payloadHash(body);
    const keys = await credentials.get();
    sign({ method, path, query, payloadHash: payload }, headers, keys, address.scope, signedAt);
  }
  headers.push('user-agent', 'cloud-remotes');
  const response = await connection.transport.send(
    {
      protocol: address.protocol,
      hostname: address.hostname,
      port: address.port,
      method,
      path: query === '' ? path : `${path}?${query}`,
      headers,
      body,
    },
    signal,
  );
  const status = response.statusCode;
  if (status >= 200 && status < 300) return response;
  const refusal = new S3ServiceError(status, response.headers, await readText(response, maxErrorBytes));
  const now = Date.parse(response.headers.date ?? '');
  if (status === 403 && Math.abs(now - signedAt) > skewMs) {
    // Later requests are signed by the service's clock (sync-semantics H10). The response to a HEAD can't name the reason.
    clock.offset = now - Date.now();
    refusal.name = 'RequestTimeTooSkewed';
  }
  throw refusal;
}

/** Whether every header can be signed and sent as it is, without the SDK. */
export function arePlain(headers: Readonly<HeaderList>): boolean {
  // Checked together: each check costs more than the characters.
  let names = '';
  let values = '';
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === '') return false;
    names += headers[at];
    values += headers[at + 1];
  }
  return /^[!#$%&'*+.^_`|~0-9a-z-]*$/.test(names) && /^[\t\x20-\x7e\x80-\xff]*$/.test(values);
}

function encodedKey(key: string): string {
  return /^[A-Za-z0-9._~/-]*$/.test(key) ? key : key.split('/').map(percentEncode).join('/');
}

function lengthOf(request: PlainRequest): number {
  return Buffer.isBuffer(request.body) ? request.body.length : (request.bodyLength ?? 0);
}

const emptyHash = digest('sha256', Buffer.alloc(0));

function payloadHash(body: PlainRequest['body']): string {
  if (body === undefined) return emptyHash;
  return Buffer.isBuffer(body) ? digest('sha256', body) : unsignedPayload;
}
