import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, type Visit } from '../http/answer';
import type { Active } from '../http/faults';
import type { Reply } from '../http/reply';
import { RequestBody } from '../http/requestBody';
import { RequestLog } from '../http/requestLog';
import { checkDirectoryRequest, createSession, isDirectory } from './operations/directoryBuckets';
import { type Exchange, emptyReply, type ServerSettings, xmlReply } from './operations/exchange';
import { HANDLERS } from './operations/handlers';
import { httpDate } from './operations/objectHeaders';
import { type S3Fault, s3Faults } from './requests/faults';
import { type ReceivedBody, receiveBody } from './requests/receivedBody';
import type { LoggedS3Request } from './requests/requestLog';
import { S3Error } from './requests/s3Error';
import { headerOf, parseRequest, type S3Request } from './requests/s3Request';
import { element, escapeXml } from './requests/xml';
import type { S3ServerOptions } from './s3Server';
import { type Credentials, type Identity, SignatureCheck } from './signIn/signatureCheck';
import { ObjectStore } from './store/objectStore';
import type { Uploads } from './store/uploads';

/** The state of one S3 server, shared by all its requests. */
export class S3Service {
  readonly store: ObjectStore;
  readonly uploads: Uploads = new Map();
  readonly faults = s3Faults();
  readonly log: RequestLog<LoggedS3Request>;
  fixedClock: number | undefined;
  readonly settings: ServerSettings;
  private readonly signatures: SignatureCheck;
  private readonly hostSuffixes: readonly string[];
  private requestCount = 0;

  constructor(
    private readonly options: S3ServerOptions,
    readonly credentials: Map<string, Credentials>,
    region: string,
  ) {
    this.settings = {
      minPartSize: options.minPartSize ?? 5 * 1024 * 1024,
      lastModifiedPrecision: options.lastModifiedPrecision ?? 's',
      restoreTakesMs: options.restoreTakesMs ?? 0,
      accessPoints: options.accessPoints ?? {},
    };
    this.store = new ObjectStore(() => this.storedTime());
    this.log = new RequestLog(options.log);
    this.hostSuffixes = options.hostSuffixes ?? ['localhost', '127.0.0.1', 's3.test'];
    this.signatures = new SignatureCheck(
      credentials,
      region,
      (signed) => signed === region || options.strictRegions === true,
      () => this.now(),
    );
  }

  /** Answers one request; never throws. */
  answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = (++this.requestCount).toString(16).toUpperCase().padStart(16, '0');
    const visit = new S3Visit(this, message, requestId);
    this.log.add(visit.entry);
    return answer(visit, this.faults, response);
  }

  /** Throws S3Error InvalidURI. */
  parse(message: IncomingMessage): S3Request {
    const request = parseRequest(
      message.method ?? '',
      message.url ?? '/',
      message.headers,
      this.hostSuffixes,
    );
    // Requests to an access point have its name and its account's number before the host's own name.
    for (const [arn, bucket] of Object.entries(this.settings.accessPoints)) {
      const [, account, name] = /:(\d+):accesspoint\/(.+)$/.exec(arn) ?? [];
      if (request.bucket === `${name}-${account}`) return { ...request, bucket };
    }
    return request;
  }

  /** Throws S3Error for a wrong signature, and for none unless the server takes anonymous requests. */
  authenticate(request: S3Request): Identity | undefined {
    const identity = this.signatures.check(request);
    if (identity === undefined) {
      if (this.options.anonymous) return undefined;
      throw new S3Error('AccessDenied', 'Access Denied');
    }
    const bucket = request.bucket === undefined ? undefined : this.store.findBucket(request.bucket);
    const right = bucket && (bucket.location || 'us-east-1');
    if (this.options.strictRegions && right !== undefined && right !== identity.region)
      throw new S3Error(
        request.method === 'HEAD' ? 'PermanentRedirect' : 'AuthorizationHeaderMalformed',
        `The authorization header is malformed; the region '${identity.region}' is wrong; expecting '${right}'`,
        { Region: right },
        { 'x-amz-bucket-region': right },
      );
    return identity;
  }

  now(): number {
    return this.fixedClock ?? this.options.clock?.() ?? Date.now();
  }

  /** The time now, with the precision of LastModified. */
  storedTime(): number {
    const now = this.now();
    return this.settings.lastModifiedPrecision === 'ms' ? Math.floor(now) : Math.floor(now / 1000) * 1000;
  }
}

/** One request to the S3 server. */
class S3Visit implements Visit<S3Request, S3Fault> {
  readonly body: RequestBody;
  readonly entry: LoggedS3Request;
  private request: S3Request | undefined;

  constructor(
    private readonly service: S3Service,
    readonly message: IncomingMessage,
    private readonly requestId: string,
  ) {
    this.body = new RequestBody(message);
    this.entry = {
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
  }

  begin(): S3Request {
    const request = this.service.parse(this.message);
    const { operation, bucket, key, query } = request;
    Object.assign(this.entry, { operation, bucket, key });
    if (query.size > 0) this.entry.query = Object.fromEntries(query);
    this.request = request;
    return request;
  }

  async reply(fault: Active<S3Fault> | undefined): Promise<Reply> {
    const { request, message } = this;
    if (request === undefined) throw new Error('The request has not been read');
    if (fault?.body !== undefined) {
      const body = typeof fault.body === 'function' ? fault.body(request) : fault.body;
      const { status = 200 } = fault;
      if (status >= 400) this.entry.code = fault.code ?? 'InternalError';
      return { status, headers: { Date: httpDate(this.service.now()), ...fault.headers }, body };
    }
    if (fault?.status !== undefined || fault?.code !== undefined) throw faultError(fault, message.url ?? '/');
    return this.stamped(await this.perform(request, fault));
  }

  refusal(error: unknown): Reply {
    const refused =
      error instanceof S3Error
        ? error
        : new S3Error('InternalError', String((error as Error).stack ?? error));
    this.entry.code = refused.code;
    return this.stamped(errorReply(refused, this.message.url ?? '/', this.requestId));
  }

  private async perform(request: S3Request, fault: S3Fault | undefined): Promise<Reply> {
    const { service } = this;
    const identity = service.authenticate(request);
    const body = mayHaveBody(request) ? await this.readBody(request, identity) : EMPTY_BODY;
    if (isDirectory(request.bucket)) checkDirectoryRequest(request);
    if (request.operation === 'CreateSession')
      return createSession(service.now(), (session) => service.credentials.set(session.accessKeyId, session));
    const handler = HANDLERS[request.operation];
    if (handler === undefined) throw new S3Error('NotImplemented', 'This operation is not implemented.');
    const exchange: Exchange = {
      request,
      body,
      store: service.store,
      settings: service.settings,
      uploads: service.uploads,
      now: service.storedTime(),
      listFault: fault?.list ?? (isDirectory(request.bucket) ? 'outOfOrder' : undefined),
    };
    return handler(exchange);
  }

  private readBody(request: S3Request, identity: Identity | undefined): Promise<ReceivedBody> {
    const known = headerOf(request, 'content-length') ?? headerOf(request, 'x-amz-decoded-content-length');
    if (known === undefined && (request.operation === 'PutObject' || request.operation === 'UploadPart'))
      throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
    if (Number(known) > 5 * 1024 ** 3)
      throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
    return receiveBody(this.body, request, identity);
  }

  /** The reply with the headers that S3 adds to all its replies. */
  private stamped(reply: Reply): Reply {
    return {
      ...reply,
      headers: {
        'x-amz-request-id': this.requestId,
        'x-amz-id-2': HOST_ID,
        Date: httpDate(this.service.now()),
        ...reply.headers,
      },
    };
  }
}

const HOST_ID = randomBytes(16).toString('base64');

const EMPTY_BODY: ReceivedBody = {
  chunks: [],
  size: 0,
  md5: Buffer.from('d41d8cd98f00b204e9800998ecf8427e', 'hex'),
  checksum: undefined,
  vouched: false,
};

function mayHaveBody({ method, headers }: S3Request): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  // The Content-MD5 and the checksums of an empty PUT are claims to be checked like any other.
  return method === 'PUT' || method === 'POST' || headers['transfer-encoding'] !== undefined;
}

function faultError(fault: S3Fault, url: string): S3Error {
  const { code = 'InternalError', message = code, headers, redirectTo, retryAfter, status } = fault;
  return new S3Error(
    code,
    message,
    {},
    {
      ...headers,
      ...(redirectTo && { location: redirectTo(url) }),
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    },
    status,
  );
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
