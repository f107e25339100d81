import type { Readable } from 'node:stream';
import type { Clock } from '../../../base/clock';
import type { WeightedSemaphore } from '../../../base/semaphore';
import { type AllowConnection, silenceTimeoutMs, targetOf } from '../../../http/httpClient';
import { type HttpResponse, readText } from '../../../http/httpResponse';
import { HttpTransport } from '../../../http/httpTransport';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { TokenSource } from '../../../remote/tokenSource';
import { driveConnectionError, toDriveApiError } from './driveErrors';
import type { PacedRequest, Pacer } from './pacer';

/** Connections per host, more than concurrent requests and downloads need. */
const maxConnections = 128;
/** After a large upload the service may be silent for minutes while it processes the content (docs/amazon-drive-api.md §5). */
const uploadSilenceTimeoutMs = 300_000;
/** Read at most this much of an error response. */
const maxErrorBytes = 64 * 1024;
/** A page of 200 nodes has about 200 KB. */
const maxJsonBytes = 64 * 1024 * 1024;
const maxRedirects = 5;
/** How often a rejected token is renewed for one request. */
const maxRenewals = 5;
/** Before the second renewal, in milliseconds; doubled each time. */
const renewalDelayMs = 250;

/** A body that can be opened again, since a request with a rejected token is repeated. */
export interface RequestBody {
  readonly contentType: string;
  /** The exact number of bytes. */
  readonly length: number;
  /** Pieces in memory, or a stream of `length` bytes. */
  open(signal: AbortSignal): Promise<readonly Uint8Array[] | Readable>;
  /** Called once the whole body was handed to the network. */
  readonly onSent?: () => void;
}

export interface DriveRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** The object of the request, for error messages: `"docs/a.txt"`. */
  readonly about: string;
  readonly body?: RequestBody | undefined;
  /** The header Range. */
  readonly range?: string | undefined;
  /** The URL must not receive our token: temporary links and redirects (docs/amazon-drive-api.md §5). */
  readonly isPublic?: boolean;
  /** Follows redirects, without the token. */
  readonly followsRedirects?: boolean;
}

export interface HttpOptions {
  readonly tokens: TokenSource;
  readonly pacer: Pacer;
  /** Limits concurrent requests. Each counts until its response headers arrive: a download may be read while others are written. */
  readonly slots: WeightedSemaphore;
  readonly clock: Clock;
  /** Whether requests may leave the editor's client; read at every request. Absent = yes. */
  readonly directConnections?: (() => boolean) | undefined;
  readonly allowConnection?: AllowConnection | undefined;
}

/** Sends the requests of one account. Repeats a request only with a new token, after the service rejected the old one. */
export class DriveHttp {
  private readonly transport: HttpTransport;
  /** The date of the last response by the clock of the service, and when it arrived by ours, in milliseconds since 1970. */
  lastResponse: { readonly date: number; readonly at: number } | undefined;

  constructor(private readonly options: HttpOptions) {
    const allowsDirect = () => options.directConnections?.() ?? true;
    this.transport = new HttpTransport({
      maxConnections,
      allowsDirect,
      allowConnection: options.allowConnection,
    });
  }

  /** A successful response with an unread body. Throws RemoteErrors and the signal's reason. */
  async send(request: DriveRequest, signal: AbortSignal): Promise<HttpResponse> {
    signal.throwIfAborted();
    if (request.isPublic) return this.sendFollowingRedirects(request, undefined, signal);
    const { tokens, clock } = this.options;
    let token = await tokens.token(signal);
    for (let rejections = 1; ; rejections++)
      try {
        return await this.sendFollowingRedirects(request, token, signal);
      } catch (error) {
        // A revoked sign-in fails in `renewed`. The service rejects a valid token now and then, which only ends here.
        if (!isRemoteError(error, 'unauthenticated') || rejections > maxRenewals) throw error;
        if (rejections > 1) await clock.wait(renewalDelayMs * 2 ** (rejections - 2), signal);
        token = await tokens.renewed(token, signal);
      }
  }

  /** The JSON of a successful response; undefined for an empty body. Throws `corrupted` for any other body. */
  async json(request: DriveRequest, signal: AbortSignal): Promise<unknown> {
    const { url, about } = request;
    const response = await this.send(request, signal);
    const endless = () => new RemoteError('corrupted', `The response for ${about} has no end.`);
    const text = await readText(response, maxJsonBytes, endless).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw driveConnectionError(error, new URL(url).host);
    });
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new RemoteError(
        'corrupted',
        `The response for ${about} is not JSON. Is "endpoint" right, and does the network require a login page?`,
        { cause },
      );
    }
  }

  close(): void {
    this.transport.close();
  }

  private async sendFollowingRedirects(
    request: DriveRequest,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    let response = await this.sendOnce(request, token, signal);
    let from = new URL(request.url);
    for (let hops = 0; isRedirect(response); hops++) {
      const location = response.headers.location ?? '';
      response.discard();
      const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
      if (hops >= maxRedirects || !to || !/^https?:$/.test(to.protocol))
        throw new RemoteError(
          'corrupted',
          `The redirects of Amazon Drive for ${request.about} lead nowhere.`,
        );
      if (from.protocol === 'https:' && to.protocol === 'http:') throw unencrypted(request.about);
      from = to;
      response = await this.sendOnce({ ...request, url: to.href, isPublic: true }, undefined, signal);
    }
    return response;
  }

  /** Sends a request when the pacer allows it, and reports the result to the pacer. Resolves to a success or a redirect to follow. */
  private async sendOnce(
    request: DriveRequest,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const { slots, pacer, clock } = this.options;
    // Opened before the slot is taken: the source may be a request to the same remote, which must not wait for this slot.
    const body = await request.body?.open(signal);
    const url = new URL(request.url);
    let paced: PacedRequest | undefined;
    let response: HttpResponse;
    let release: (() => void) | undefined;
    try {
      release = await slots.acquire(1, signal);
      paced = await pacer.start(signal);
      response = await this.transport.send(
        {
          ...targetOf(url),
          method: request.method,
          path: url.pathname + url.search,
          headers: headersOf(request, token),
          body,
          silenceTimeoutMs: request.body ? uploadSilenceTimeoutMs : silenceTimeoutMs,
          onSent: request.body?.onSent,
        },
        signal,
      );
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure = driveConnectionError(error, url.host);
      if (failure !== error) paced?.failed();
      throw failure;
    } finally {
      release?.();
      if (body && 'destroy' in body) body.destroy();
    }
    const date = Date.parse(response.headers.date ?? '');
    if (Number.isFinite(date)) this.lastResponse = { date, at: clock.now() };
    const status = response.statusCode;
    const isExpected = (status >= 200 && status < 300) || (request.followsRedirects && isRedirect(response));
    if (!isExpected) throw await this.responseError(request, response, paced, signal);
    paced.succeeded();
    return response;
  }

  private async responseError(
    { about, isPublic }: DriveRequest,
    response: HttpResponse,
    paced: PacedRequest,
    signal: AbortSignal,
  ): Promise<RemoteError> {
    const text = await readText(response, maxErrorBytes).catch(() => '');
    signal.throwIfAborted();
    const { statusCode, headers } = response;
    const error = toDriveApiError(statusCode, headers, text, about, this.options.clock.now());
    if (error.kind === 'unavailable' || error.kind === 'rateLimited') paced.failed(error.retryAfterMs);
    else paced.succeeded();
    // A public URL says nothing about our sign-in: the link has expired, and a retry requests a new one.
    if (isPublic && (statusCode === 401 || statusCode === 403))
      return new RemoteError('unavailable', `The link to ${about} is no longer valid.`, {
        code: `(${statusCode})`,
      });
    return error;
  }
}

function headersOf(
  { method, range, body }: DriveRequest,
  token: string | undefined,
): Readonly<Record<string, string>> {
  return {
    accept: 'application/json, */*',
    'user-agent': 'cloud-remotes',
    ...(range !== undefined && { range }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body && { 'content-type': body.contentType, 'content-length': String(body.length) }),
    ...(!body && /^P/.test(method) && { 'content-length': '0' }),
  };
}

function isRedirect({ statusCode }: HttpResponse): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode);
}

/** For a URL where others could read the content on its way. */
export function unencrypted(about: string): RemoteError {
  return new RemoteError(
    'forbidden',
    `Amazon Drive would send ${about} over an unencrypted connection. Nothing was read.`,
  );
}
