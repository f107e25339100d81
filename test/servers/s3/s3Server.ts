import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../http/loopback';
import { checkDirectoryRequest, createSession, isDirectory } from './operations/directoryBuckets';
import { HANDLERS } from './operations/handlers';
import { httpDate } from './operations/objectHeaders';
import {
  type Exchange,
  emptyReply,
  type Reply,
  type ServerSettings,
  type Uploads,
  xmlReply,
} from './requests/exchange';
import { type ActiveFault, type Fault, Faults } from './requests/faults';
import { type ReceivedBody, receiveBody } from './requests/receivedBody';
import { type LoggedRequest, RequestLog } from './requests/requestLog';
import { S3Error } from './requests/s3Error';
import { headerOf, parseRequest, type S3Request } from './requests/s3Request';
import { element, escapeXml } from './requests/xml';
import { type Credentials, type Identity, SignatureCheck } from './signIn/signatureCheck';
import { ObjectStore } from './store/objectStore';

/** How to start the server; everything has a default. */
export interface S3ServerOptions extends Partial<ServerSettings> {
  /** Default 0: any free port. Always on 127.0.0.1. */
  port?: number;
  /** Buckets to make at once. */
  buckets?: readonly string[];
  /** Milliseconds since 1970; default the machine's clock. `setClock` goes before it. */
  clock?: () => number;
  credentials?: Credentials;
  /** The region for which requests must be signed; default us-east-1. */
  region?: string;
  /** Accept unsigned requests. Signed ones are checked all the same. */
  anonymous?: boolean;
  /** How many requests the log keeps at least; false keeps none. Default 50,000. */
  log?: number | false;
  /**
   * Behave like S3's many regions under one address: requests for a bucket must be signed for the bucket's own
   * region, and are otherwise refused with the right one.
   */
  strictRegions?: boolean;
  /** Host names below which the first label is a bucket. */
  hostSuffixes?: readonly string[];
}

/** A running server. */
export interface S3TestServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly endpoint: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** What was asked, oldest first; always the same array. */
  readonly requests: readonly LoggedRequest[];
  readonly store: ObjectStore;
  /** Multipart uploads that are neither completed nor aborted. */
  readonly uploads: Uploads;
  clearRequests(): void;
  /** @returns the fault, whose `hits` tell how often it struck */
  addFault(fault: Fault): ActiveFault;
  clearFaults(): void;
  /** Sets the server's clock to a fixed moment (milliseconds since 1970), or lets it run again. */
  setClock(milliseconds: number | undefined): void;
  /** Accepts one more key pair, or replaces the one of the same access key id. */
  addCredentials(credentials: Credentials): void;
  /** Closes all connections and frees the port. */
  stop(): Promise<void>;
}

/** Starts an S3 server in this process. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3TestServer> {
  const own = options.credentials ?? {
    accessKeyId: 'CLOUDREMOTESTEST',
    secretAccessKey: 'cloud-remotes-secret',
  };
  const region = options.region ?? 'us-east-1';
  const credentials = new Map([[own.accessKeyId, own]]);
  const service = new S3Service(options, credentials, region);
  for (const name of options.buckets ?? []) service.store.createBucket(name);

  const server = createServer(
    { maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000, requestTimeout: 0 },
    (req, res) => {
      void service.answer(req, res);
    },
  );
  const { port, origin, stop } = await listen(server, options.port);
  return {
    endpoint: origin,
    port,
    accessKeyId: own.accessKeyId,
    secretAccessKey: own.secretAccessKey,
    region,
    requests: service.log.requests,
    store: service.store,
    uploads: service.uploads,
    clearRequests: () => service.log.clear(),
    addFault: (fault) => service.faults.add(fault),
    clearFaults: () => service.faults.clear(),
    setClock: (milliseconds) => {
      service.fixedClock = milliseconds;
    },
    addCredentials: (more) => void credentials.set(more.accessKeyId, more),
    stop,
  };
}

/** The way of every request: parse, fault, signature, body, handler, answer, log. */
class S3Service {
  readonly store: ObjectStore;
  readonly uploads: Uploads = new Map();
  readonly faults = new Faults();
  readonly log: RequestLog;
  fixedClock: number | undefined;
  private readonly settings: ServerSettings;
  private readonly signatures: SignatureCheck;
  private readonly hostSuffixes: readonly string[];
  private requestCount = 0;

  constructor(
    private readonly options: S3ServerOptions,
    private readonly credentials: Map<string, Credentials>,
    region: string,
  ) {
    this.settings = {
      minPartSize: options.minPartSize ?? 5 * 1024 * 1024,
      lastModifiedPrecision: options.lastModifiedPrecision ?? 's',
      restoreTakesMs: options.restoreTakesMs ?? 0,
      accessPoints: options.accessPoints ?? {},
    };
    this.store = new ObjectStore(() => this.storedTime());
    this.log = new RequestLog(options.log === false ? 0 : (options.log ?? 50_000));
    this.hostSuffixes = options.hostSuffixes ?? ['localhost', '127.0.0.1', 's3.test'];
    this.signatures = new SignatureCheck(
      credentials,
      region,
      (signed) => signed === region || options.strictRegions === true,
      () => this.now(),
    );
  }

  /** Answers one request; never throws. */
  async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = (++this.requestCount).toString(16).toUpperCase().padStart(16, '0');
    const entry: LoggedRequest = {
      operation: 'Unknown',
      method: message.method ?? '',
      bucket: undefined,
      key: undefined,
      query: {},
      headers: message.headers,
      status: 0,
      code: undefined,
      bytesIn: 0,
      bytesOut: 0,
      at: Date.now(),
    };
    this.log.add(entry);
    let fault: ActiveFault | undefined;
    let reply: Reply;
    try {
      const request = this.behindAccessPoint(
        parseRequest(entry.method, message.url ?? '/', message.headers, this.hostSuffixes),
      );
      entry.operation = request.operation;
      entry.bucket = request.bucket;
      entry.key = request.key;
      if (request.query.size > 0) entry.query = Object.fromEntries(request.query);
      fault = this.faults.take(request);
      if (fault?.delayMs !== undefined && !(await this.wait(fault.delayMs, message))) return;
      if (fault?.resetRequestAfterBytes !== undefined) {
        await breakAfter(message, fault.resetRequestAfterBytes);
        return;
      }
      reply =
        otherReply(fault, request) ??
        faultReply(fault, requestId, message) ??
        (await this.handle(message, request, fault, entry));
    } catch (error) {
      if (message.destroyed && !message.complete) return; // nobody is left to be answered
      const refusal =
        error instanceof S3Error
          ? error
          : new S3Error('InternalError', String((error as Error).stack ?? error));
      entry.code = refusal.code;
      reply = errorReply(refusal, message.url ?? '/', requestId);
    }
    if (reply.status >= 400 && entry.code === undefined) entry.code = fault?.code ?? 'InternalError';
    if (fault?.loseResponse) {
      message.socket.destroy();
      return;
    }
    entry.status = reply.status;
    message.resume(); // a body that nobody has read must not block the connection
    await send(message, response, reply, requestId, this.now(), fault, entry);
  }

  /** Requests to an access point have its name and its account's number before the host's own name. */
  private behindAccessPoint(request: S3Request): S3Request {
    for (const [arn, bucket] of Object.entries(this.settings.accessPoints)) {
      const [, account, name] = /:(\d+):accesspoint\/(.+)$/.exec(arn) ?? [];
      if (request.bucket === `${name}-${account}`) return { ...request, bucket };
    }
    return request;
  }

  private async handle(
    message: IncomingMessage,
    request: S3Request,
    fault: ActiveFault | undefined,
    entry: LoggedRequest,
  ): Promise<Reply> {
    const identity = this.authenticate(request);
    const body = hasBody(message) ? await this.readBody(message, request, identity) : EMPTY_BODY;
    entry.bytesIn = body.size;
    if (isDirectory(request.bucket)) checkDirectoryRequest(request);
    if (request.operation === 'CreateSession')
      return createSession(this.now(), (session) => this.credentials.set(session.accessKeyId, session));
    const handler = HANDLERS[request.operation];
    if (handler === undefined) {
      throw new S3Error(
        'NotImplemented',
        'A header or query you provided requests functionality that is not implemented.',
      );
    }
    const exchange: Exchange = {
      request,
      body,
      store: this.store,
      settings: this.settings,
      uploads: this.uploads,
      now: this.storedTime(),
      listFault: fault?.list ?? (isDirectory(request.bucket) ? 'outOfOrder' : undefined),
    };
    return handler(exchange);
  }

  private authenticate(request: S3Request): Identity | undefined {
    const identity = this.signatures.check(request);
    if (identity === undefined) {
      if (this.options.anonymous) return undefined;
      throw new S3Error('AccessDenied', 'Access Denied');
    }
    const bucket = request.bucket === undefined ? undefined : this.store.findBucket(request.bucket);
    const right = bucket && (bucket.location || 'us-east-1');
    if (this.options.strictRegions && right !== undefined && right !== identity.region) {
      throw new S3Error(
        request.method === 'HEAD' ? 'PermanentRedirect' : 'AuthorizationHeaderMalformed',
        `The authorization header is malformed; the region '${identity.region}' is wrong; expecting '${right}'`,
        { Region: right },
        { 'x-amz-bucket-region': right },
      );
    }
    return identity;
  }

  private async readBody(
    message: IncomingMessage,
    request: S3Request,
    identity: Identity | undefined,
  ): Promise<ReceivedBody> {
    const known = headerOf(request, 'content-length') ?? headerOf(request, 'x-amz-decoded-content-length');
    if (known === undefined && (request.operation === 'PutObject' || request.operation === 'UploadPart')) {
      throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
    }
    if (Number(known) > 5 * 1024 ** 3) {
      throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
    }
    return receiveBody(message, request, identity);
  }

  private now(): number {
    return this.fixedClock ?? this.options.clock?.() ?? Date.now();
  }

  private storedTime(): number {
    const now = this.now();
    return this.settings.lastModifiedPrecision === 'ms' ? Math.floor(now) : Math.floor(now / 1000) * 1000;
  }

  /** False when the client or the server went away meanwhile. */
  private wait(milliseconds: number, message: IncomingMessage): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(milliseconds) ? setTimeout(() => done(true), milliseconds) : undefined;
      const closed = (): void => done(false);
      const done = (alive: boolean): void => {
        clearTimeout(timer);
        message.socket.off('close', closed);
        resolve(alive);
      };
      message.socket.once('close', closed);
    });
  }
}

const EMPTY_BODY: ReceivedBody = {
  chunks: [],
  size: 0,
  md5: Buffer.from('d41d8cd98f00b204e9800998ecf8427e', 'hex'),
  checksum: undefined,
  vouched: false,
};

function hasBody(message: IncomingMessage): boolean {
  if (message.method === 'GET' || message.method === 'HEAD') return false;
  // An empty PUT goes this way too: its Content-MD5 and checksums are claims to be checked like any other.
  return (
    message.method === 'PUT' ||
    message.method === 'POST' ||
    message.headers['transfer-encoding'] !== undefined
  );
}

/** Reads so many bytes of the request's body, then breaks the connection. */
function breakAfter(message: IncomingMessage, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let read = 0;
    const stop = (): void => {
      message.socket.destroy();
      resolve();
    };
    if (bytes <= 0) return stop();
    message.on('data', (piece: Buffer) => {
      read += piece.length;
      if (read >= bytes) stop();
    });
    message.on('end', stop);
    message.on('error', stop);
  });
}

/** An answer of the fault's own, to the word: without S3's headers. */
function otherReply(fault: ActiveFault | undefined, request: S3Request): Reply | undefined {
  if (fault?.body === undefined) return undefined;
  const body = typeof fault.body === 'function' ? fault.body(request) : fault.body;
  return { status: fault.status ?? 200, headers: { ...fault.headers }, chunks: [Buffer.from(body)] };
}

function faultReply(
  fault: ActiveFault | undefined,
  requestId: string,
  message: IncomingMessage,
): Reply | undefined {
  if (fault === undefined || (fault.status === undefined && fault.code === undefined)) return undefined;
  const headers: Record<string, string> = {
    ...fault.headers,
    ...(fault.redirectTo && { location: fault.redirectTo(message.url ?? '/') }),
    ...(fault.retryAfter === undefined ? {} : { 'Retry-After': String(fault.retryAfter) }),
  };
  const code = fault.code ?? 'InternalError';
  const error = new S3Error(code, fault.message ?? code, {}, headers, fault.status);
  return errorReply(error, message.url ?? '/', requestId);
}

function errorReply(error: S3Error, url: string, requestId: string): Reply {
  if (error.status === 304) return emptyReply(304, error.headers);
  const resource = url.split('?', 1)[0] ?? '';
  const details = Object.entries(error.details)
    .map(([name, text]) => element(name, text))
    .join('');
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${element('Code', error.code)}${element('Message', error.message)}${details}<Resource>${escapeXml(resource)}</Resource><RequestId>${requestId}</RequestId><HostId>${HOST_ID}</HostId></Error>`;
  return xmlReply(xml, error.headers, error.status);
}

const HOST_ID = randomBytes(16).toString('base64');

async function send(
  message: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  requestId: string,
  now: number,
  fault: ActiveFault | undefined,
  entry: LoggedRequest,
): Promise<void> {
  const withBody = message.method !== 'HEAD' && reply.status !== 304 && reply.status !== 204;
  let chunks = reply.chunks;
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (fault?.corruptBody && length > 0) chunks = [corrupted(Buffer.concat(chunks))];
  if (fault?.fillerBytes !== undefined) chunks = filler(fault.fillerBytes);
  response.sendDate = false;
  const headers: Record<string, string | number> = {
    ...(fault?.body === undefined && { 'x-amz-request-id': requestId, 'x-amz-id-2': HOST_ID }),
    Date: httpDate(now),
    ...reply.headers,
  };
  const hasLength = fault?.chunked !== true && fault?.fillerBytes === undefined;
  if (hasLength && reply.status !== 204 && reply.status !== 304) headers['Content-Length'] = length;
  for (const [name, value] of Object.entries(fault?.answerHeaders ?? {})) {
    for (const old of Object.keys(headers)) if (old.toLowerCase() === name) delete headers[old];
    if (value !== undefined) headers[name] = value;
  }
  response.writeHead(reply.status, headers);
  if (!hasLength) response.flushHeaders();
  const limit = fault?.resetAfterBytes ?? Number.POSITIVE_INFINITY;
  const broken = limit < Number.POSITIVE_INFINITY;
  if (!withBody || (chunks.length <= 1 && !broken)) {
    entry.bytesOut = withBody ? length : 0;
    response.end(withBody ? chunks[0] : undefined);
    return;
  }
  if (broken) response.flushHeaders();
  for (const chunk of chunks) {
    const part = chunk.subarray(0, Math.max(0, limit - entry.bytesOut));
    entry.bytesOut += part.length;
    if (part.length > 0 && !response.write(part)) await drained(response);
    if (response.destroyed || entry.bytesOut >= limit) break;
  }
  if (!broken) response.end();
  else message.socket.destroySoon();
}

/** One piece, again and again: it takes no room, however long the whole is. */
function filler(bytes: number): readonly Buffer[] {
  const piece = Buffer.alloc(1024 * 1024, 0x20);
  const chunks = Array.from({ length: Math.floor(bytes / piece.length) }, () => piece);
  return [...chunks, piece.subarray(0, bytes % piece.length)];
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}

function corrupted(body: Buffer): Buffer {
  const middle = body.length >>> 1;
  body[middle] = (body[middle] ?? 0) ^ 0x01;
  return body;
}
