import { createHash, createHmac } from 'node:crypto';
import { type Answer, call } from '../../http/call';
import { encode } from '../signIn/signatureCheck';

/** Where to send a request, and with which keys. */
export interface Target {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

/** A request of which the caller controls every part, unlike with the SDK. */
export interface RawRequest {
  method: string;
  /** The path as sent, percent-encoded: `/bucket/key`. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer | string;
  /** Value of x-amz-content-sha256; default the SHA-256 of the body. */
  payloadHash?: string;
  /** Milliseconds since 1970; default now. */
  signedAt?: number;
  /** `header` (default), `query` for a presigned request, `none`. */
  signature?: 'header' | 'query' | 'none';
  /** Seconds until a presigned request expires. */
  expires?: number;
  /** Makes a body of signed chunks. */
  signedChunks?: { make: (signer: ChunkSigner) => Buffer };
  /** Leave out Content-Length and send with Transfer-Encoding: chunked. */
  withoutLength?: boolean;
}

export interface RawResponse extends Answer {
  /** The text of the Code element, for an error document. */
  code: string | undefined;
}

/** Signs the chunks of a STREAMING-AWS4-HMAC-SHA256-PAYLOAD body, one after the other. */
export interface ChunkSigner {
  chunk(data: Buffer): string;
  trailer(text: string): string;
}

/** Signs a request with AWS Signature Version 4 and sends it. The code does not use the SDK, so that a check can sign wrongly. */
export async function sendSigned(target: Target, raw: RawRequest): Promise<RawResponse> {
  const timestamp = new Date(raw.signedAt ?? Date.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${timestamp.slice(0, 8)}/${target.region}/s3/aws4_request`;
  const url = new URL(target.endpoint);
  const plainBody = Buffer.isBuffer(raw.body) ? raw.body : Buffer.from(raw.body ?? '');
  const presigned = raw.signature === 'query';
  const payloadHash = raw.payloadHash ?? (presigned ? 'UNSIGNED-PAYLOAD' : sha256(plainBody));
  const headers: Record<string, string> = { host: url.host };
  for (const [name, value] of Object.entries(raw.headers ?? {})) headers[name.toLowerCase()] = value;
  const query: Record<string, string> = { ...raw.query };
  let seed = '';
  const signingKey = ['s3', 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    hmac(hmac(`AWS4${target.secretAccessKey}`, timestamp.slice(0, 8)), target.region),
  );
  if (raw.signature !== 'none') {
    if (!presigned) {
      headers['x-amz-date'] = timestamp;
      headers['x-amz-content-sha256'] = payloadHash;
    }
    const signedHeaders = Object.keys(headers).sort();
    if (presigned) {
      query['X-Amz-Algorithm'] = 'AWS4-HMAC-SHA256';
      query['X-Amz-Credential'] = `${target.accessKeyId}/${scope}`;
      query['X-Amz-Date'] = timestamp;
      query['X-Amz-Expires'] = String(raw.expires ?? 300);
      query['X-Amz-SignedHeaders'] = signedHeaders.join(';');
    }
    const canonical = [
      raw.method,
      raw.path,
      queryText(query),
      ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
      '',
      signedHeaders.join(';'),
      payloadHash,
    ].join('\n');
    const text = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`;
    seed = hmac(signingKey, text).toString('hex');
    if (presigned) query['X-Amz-Signature'] = seed;
    else {
      headers['authorization'] =
        `AWS4-HMAC-SHA256 Credential=${target.accessKeyId}/${scope},SignedHeaders=${signedHeaders.join(';')},Signature=${seed}`;
    }
  }
  const body = raw.signedChunks
    ? raw.signedChunks.make(chunkSigner(signingKey, timestamp, scope, seed))
    : plainBody;
  const mayHaveBody = raw.method === 'PUT' || raw.method === 'POST';
  if (mayHaveBody) {
    if (raw.withoutLength) headers['transfer-encoding'] = 'chunked';
    else headers['content-length'] ??= String(body.length);
  }
  const search = queryText(query);
  const answer = await call(
    url,
    raw.method,
    raw.path + (search === '' ? '' : `?${search}`),
    headers,
    mayHaveBody ? body : undefined,
  );
  return Object.assign(answer, { code: /<Code>([^<]*)<\/Code>/.exec(answer.text)?.[1] });
}

/** `a/b c` → `a/b%20c`: the key in a path. */
export function encodeKey(key: string): string {
  return key.split('/').map(encode).join('/');
}

/** One chunk of aws-chunked framing; with a signer, signed. An empty chunk ends the data. */
export function frameChunk(data: Buffer, signer?: ChunkSigner): Buffer {
  const signature = signer ? `;chunk-signature=${signer.chunk(data)}` : '';
  const end = data.length === 0 ? '' : '\r\n';
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}${signature}\r\n`), data, Buffer.from(end)]);
}

function chunkSigner(key: Buffer, timestamp: string, scope: string, seed: string): ChunkSigner {
  let previous = seed;
  const next = (text: string): string => {
    previous = hmac(key, text).toString('hex');
    return previous;
  };
  return {
    chunk: (data) =>
      next(`AWS4-HMAC-SHA256-PAYLOAD\n${timestamp}\n${scope}\n${previous}\n${sha256('')}\n${sha256(data)}`),
    trailer: (text) => next(`AWS4-HMAC-SHA256-TRAILER\n${timestamp}\n${scope}\n${previous}\n${sha256(text)}`),
  };
}

function queryText(query: Record<string, string>): string {
  return Object.entries(query)
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
