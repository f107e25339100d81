import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { forgetAbort, hearAbort } from '../../../base/aborts';
import type { AwsKeys } from '../credentials/awsCredentials';
import { maxAnswerBytes, S3ServiceError, tooLong } from '../errors/serviceRefusal';
import type { BucketAddress, S3Connection } from './connection';
import { encodePart, queryText, type RequestToSign, signedHeaders, unsignedPayload } from './sigV4';

const connectTimeoutMs = 15_000;
const silenceTimeoutMs = 120_000;

/** An error document is small; what is longer is no error document. */
export const maxErrorBytes = 64 * 1024;

/** Answers signed by a clock further off than this are why a request was refused. */
const skewMs = 4 * 60_000;

export interface PlainRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly key: string;
  readonly query?: RequestToSign['query'];
  /** Names in lower case; each character of a value is one byte. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | Readable;
  /** Bytes of a streamed body. */
  readonly bodyLength?: number;
  /** Whether the signature rests on the Content-MD5 among the headers, so that a large body isn't hashed twice. */
  readonly signedByMd5?: boolean;
}

/**
 * Whether `error`, of either client, is an answer that only an S3 service gives: a document whose root is `Error` and that has a code. A
 * status alone is anybody's, and headers can be put on by whatever stands in between. Pure.
 */
export function isAnswerOfS3(error: unknown): boolean {
  const { $response, Code } = (error ?? {}) as Partial<S3ServiceError>;
  const { headers = {}, root = 'Error' } = ($response ?? {}) as {
    headers?: http.IncomingHttpHeaders;
    root?: string;
  };
  // Azure's documents look the same.
  return typeof Code === 'string' && root === 'Error' && headers['x-ms-request-id'] === undefined;
}

/**
 * Sends one signed request by Node's own client, at a fifth of what the SDK's layers cost; for the requests that are made by the
 * thousand. Resolves to a successful answer whose body is still to be read. Throws what the SDK would throw.
 */
export async function sendSigned(
  connection: S3Connection,
  address: BucketAddress,
  request: PlainRequest,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const { config } = connection.client;
  const path = `${address.basePath}/${request.key.split('/').map(encodePart).join('/')}`;
  const query = request.query ?? [];
  const bodyHeaders: Record<string, string> = request.method.startsWith('P')
    ? { 'content-length': String(lengthOf(request)) }
    : {};
  const toSign: RequestToSign = {
    method: request.method,
    path,
    query,
    headers: { host: address.host, ...request.headers, ...bodyHeaders },
    payloadHash: request.signedByMd5 ? unsignedPayload : payloadHash(request.body),
  };
  const signedAt = Date.now() + config.systemClockOffset;
  const headers = connection.anonymous
    ? { ...toSign.headers }
    : signedHeaders(toSign, (await config.credentials()) as AwsKeys, address.scope, signedAt);
  headers['user-agent'] = 'cloud-remotes';
  signal.throwIfAborted();
  const answer = await exchange(
    connection,
    address,
    request,
    query.length > 0 ? `${path}?${queryText(query)}` : path,
    headers,
    signal,
  );
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return answer;
  const refusal = new S3ServiceError(status, answer.headers, await errorText(answer));
  const now = Date.parse(answer.headers.date ?? '');
  if (status === 403 && Math.abs(now - signedAt) > skewMs) {
    // From now on sign by the service's clock (sync-semantics H10); the answer to a HEAD can't name the reason.
    config.systemClockOffset = now - Date.now();
    refusal.name = 'RequestTimeTooSkewed';
  }
  throw refusal;
}

/** Whether every header can be signed and sent as it is; the SDK is asked otherwise. */
export function arePlain(headers: Readonly<Record<string, string>>): boolean {
  for (const [name, value] of Object.entries(headers))
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return false;
  return true;
}

/**
 * A whole body as text. Fails when the connection ends early, and with `damaged`, naming `operation`, when it is longer than an answer
 * can be.
 */
export async function textOf(answer: http.IncomingMessage, operation: string): Promise<string> {
  if (Number(answer.headers['content-length']) > maxAnswerBytes) {
    answer.destroy();
    throw tooLong(operation);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw tooLong(operation); // leaving the loop ends the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The beginning of an error document; its connection ends where it is longer than one can be. */
async function errorText(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxErrorBytes) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function lengthOf(request: PlainRequest): number {
  return Buffer.isBuffer(request.body) ? request.body.length : (request.bodyLength ?? 0);
}

const emptyHash = createHash('sha256').digest('hex');

function payloadHash(body: PlainRequest['body']): string {
  if (body === undefined) return emptyHash;
  return Buffer.isBuffer(body) ? createHash('sha256').update(body).digest('hex') : unsignedPayload;
}

function exchange(
  connection: S3Connection,
  address: BucketAddress,
  request: PlainRequest,
  path: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const secure = address.protocol === 'https:';
    // Looked up at every call: the editor replaces these functions to apply its proxy settings.
    const sent = (secure ? https : http).request({
      agent: secure ? connection.httpsAgent : connection.httpAgent,
      host: address.hostname,
      port: address.port,
      method: request.method,
      path,
      headers: asSent(headers),
      timeout: silenceTimeoutMs,
    });
    let connecting: NodeJS.Timeout | undefined;
    // A request that has no socket yet tells nobody that it was destroyed, so the failure is told here as well.
    const giveUp = (error: Error) => {
      sent.destroy(error);
      settled();
      reject(error);
    };
    const onAbort = () => giveUp(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    // Until there is a socket no other limit holds: a proxy that is asked for a tunnel first may never answer.
    const waiting = setTimeout(() => giveUp(timedOut()), silenceTimeoutMs);
    const settled = () => {
      clearTimeout(waiting);
      clearTimeout(connecting);
      forgetAbort(signal, onAbort);
    };
    hearAbort(signal, onAbort);
    sent.once('socket', (socket) => {
      clearTimeout(waiting);
      if (!socket.connecting) return;
      connecting = setTimeout(() => sent.destroy(timedOut()), connectTimeoutMs);
      socket.once('connect', () => clearTimeout(connecting));
    });
    sent.once('timeout', () => sent.destroy(timedOut()));
    sent.once('response', (answer) => {
      settled();
      // A refusal may come while the body is still being sent; the rest is then of no use.
      if ((answer.statusCode ?? 0) >= 300 && !sent.writableEnded) answer.once('end', () => sent.destroy());
      const breakOff = () => answer.destroy(signal.reason instanceof Error ? signal.reason : undefined);
      hearAbort(signal, breakOff);
      answer.once('close', () => forgetAbort(signal, breakOff));
      // Whoever reads the body hears of its failure; an answer that nobody reads must not bring the process down.
      answer.on('error', () => {});
      resolve(answer);
    });
    sent.on('error', (error) => {
      settled();
      reject(error);
    });
    if (request.body === undefined || Buffer.isBuffer(request.body)) sent.end(request.body);
    else request.body.pipe(sent);
  });
}

/**
 * The headers in the form that Node sends byte for byte. It takes a Content-Disposition that follows a known length for UTF-8 and writes
 * other bytes; in a list it comes before the length, and the list is written as soon as the request is made.
 */
function asSent(headers: Record<string, string>): Record<string, string> | string[] {
  if (/^[\t\x20-\x7e]*$/.test(headers['content-disposition'] ?? '')) return headers;
  const { 'content-length': length, ...rest } = headers;
  return [...Object.entries(rest).flat(), ...(length === undefined ? [] : ['content-length', length])];
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
}
