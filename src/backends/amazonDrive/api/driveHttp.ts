import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '../../../base/clock';
import type { WeightedSemaphore } from '../../../base/semaphore';
import { keepAliveAgents, readText, sendRequest, silenceTimeoutMs, targetOf } from '../../../http/httpClient';
import { RemoteError } from '../../../remote/remoteError';
import type { TokenSource } from '../../../remote/tokenSource';
import { driveConnectionError, toDriveApiError } from './driveErrors';
import type { PacedRequest, Pacer } from './pacer';

/** Sockets kept per host: more than requests and downloads that may be under way at once. */
const maxSockets = 128;
/** After a large upload the service may say nothing for minutes, while it looks at what it got (API page §5.6). */
const uploadSilenceTimeoutMs = 300_000;
/** Read at most this much of an error response. */
const maxErrorBytes = 64 * 1024;
/** A page of 200 nodes has some 200 KB. */
const maxJsonBytes = 64 * 1024 * 1024;
const maxRedirects = 5;
/** How often a request is sent again with a new token, and the wait before the second time, in milliseconds; doubled each time. */
const mostRenewals = 5;
const renewalWaitMs = 250;

/** A body that can be opened again, for a request that was refused because its token was too old. */
export interface RequestBody {
  readonly contentType: string;
  /** Bytes, exactly. */
  readonly length: number;
  /** Pieces that are in memory, or a stream of `length` bytes. */
  open(signal: AbortSignal): Promise<readonly Uint8Array[] | Readable>;
  /** All of it was handed to the network. */
  readonly onSent?: () => void;
}

export interface DriveRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** What it is about, for sentences: `"docs/a.txt"`. */
  readonly about: string;
  readonly body?: RequestBody;
  readonly headers?: Readonly<Record<string, string>>;
  /** For addresses that must be asked without our token: temporary links (§5.4). */
  readonly isPublic?: boolean;
  /** Follows redirects, without the token (§5.3). */
  readonly followsRedirects?: boolean;
}

export interface HttpOptions {
  readonly tokens: TokenSource;
  readonly pacer: Pacer;
  /** Requests at once. Each counts until the answer's headers are there: a download's body may be read while others are written. */
  readonly slots: WeightedSemaphore;
  readonly clock: Clock;
}

/** Requests of one account by Node's own client. Sends none again, but with a new token when the old one was refused. */
export class DriveHttp {
  private readonly agents = keepAliveAgents(maxSockets);
  /** When the service says that it answered last, and when that came, in milliseconds since 1970. */
  answered: { readonly date: number; readonly at: number } | undefined;

  constructor(private readonly options: HttpOptions) {}

  /** A successful answer whose body is still to be read. Throws RemoteErrors and the signal's reason. */
  async send(request: DriveRequest, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const { tokens } = this.options;
    if (request.isPublic) return this.sendFollowingRedirects(request, undefined, signal);
    let token = await tokens.token(signal);
    for (let refusals = 1; ; refusals++)
      try {
        return await this.sendFollowingRedirects(request, token, signal);
      } catch (error) {
        // A sign-in that is over shows when the token is renewed; that a good one is refused now and then shows here.
        if (!(error instanceof RemoteError) || error.kind !== 'unauthenticated' || refusals > mostRenewals)
          throw error;
        if (refusals > 1) await this.options.clock.wait(renewalWaitMs * 2 ** (refusals - 2), signal);
        token = await tokens.renewed(token, signal);
      }
  }

  /** The JSON of a successful answer, undefined for an empty one. Throws `damaged` for what is no JSON. */
  async json(request: DriveRequest, signal: AbortSignal): Promise<unknown> {
    const text = await wholeText(await this.send(request, signal), request, signal);
    return text === '' ? undefined : parsedJson(text, request);
  }

  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  private async sendFollowingRedirects(
    request: DriveRequest,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    let answer = await this.exchange(request, token, signal);
    let from = new URL(request.url);
    for (let hops = 0; isRedirect(answer) && request.followsRedirects; hops++) {
      const location = answer.headers.location ?? '';
      answer.resume();
      const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
      if (hops >= maxRedirects || !to || !/^https?:$/.test(to.protocol))
        throw new RemoteError('corrupted', `Amazon Drive sends ${request.about} around in circles.`);
      if (from.protocol === 'https:' && to.protocol === 'http:') throw unencrypted(request.about);
      from = to;
      answer = await this.exchange({ ...request, url: to.href, isPublic: true }, undefined, signal);
    }
    return this.checked(request, answer, signal);
  }

  /** Sends it at its time, and tells the pacer what came of it. */
  private async exchange(
    request: DriveRequest,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    // Opened first: its source may be another request to this very remote, which must not wait for the place of this one.
    const content = await request.body?.open(signal);
    let paced: PacedRequest | undefined;
    let answer: IncomingMessage;
    let leave: (() => void) | undefined;
    try {
      leave = await this.options.slots.acquire(1, signal);
      paced = await this.options.pacer.start(signal);
      const url = new URL(request.url);
      answer = await sendRequest(
        {
          ...targetOf(url),
          method: request.method,
          path: url.pathname + url.search,
          headers: this.headersOf(request, token),
          body: content,
          silenceTimeoutMs: request.body ? uploadSilenceTimeoutMs : silenceTimeoutMs,
          onSent: request.body?.onSent,
        },
        this.agents,
        signal,
      );
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure = driveConnectionError(error, new URL(request.url).host);
      if (failure !== error) paced?.failed();
      throw failure;
    } finally {
      leave?.();
      if (content && 'destroy' in content) content.destroy();
    }
    const date = Date.parse(answer.headers.date ?? '');
    if (Number.isFinite(date)) this.answered = { date, at: this.options.clock.now() };
    const status = answer.statusCode ?? 0;
    if (status < 400) paced.succeeded();
    else throw await this.refusal(request, answer, paced, signal);
    return answer;
  }

  private async refusal(
    request: DriveRequest,
    answer: IncomingMessage,
    paced: PacedRequest,
    signal: AbortSignal,
  ): Promise<RemoteError> {
    const text = await readText(answer, maxErrorBytes).catch(() => '');
    signal.throwIfAborted();
    const { clock } = this.options;
    const refusal = toDriveApiError(answer.statusCode ?? 0, answer.headers, text, request.about, clock.now());
    if (refusal.kind === 'unavailable' || refusal.kind === 'rateLimited') paced.failed(refusal.retryAfterMs);
    else paced.succeeded();
    // What a public address refuses says nothing about our sign-in: the link is too old, and a new one helps.
    if (request.isPublic && (refusal.status === 401 || refusal.status === 403))
      return new RemoteError('unavailable', `The link to ${request.about} is no longer valid.`, {
        code: `(${refusal.status})`,
      });
    return refusal;
  }

  private async checked(
    request: DriveRequest,
    answer: IncomingMessage,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    const text = await readText(answer, maxErrorBytes).catch(() => '');
    signal.throwIfAborted();
    throw toDriveApiError(status, answer.headers, text, request.about, this.options.clock.now());
  }

  private headersOf(
    { method, headers, body }: DriveRequest,
    token: string | undefined,
  ): Readonly<Record<string, string>> {
    return {
      accept: 'application/json, */*',
      'user-agent': 'cloud-remotes',
      ...headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': body.contentType, 'content-length': String(body.length) }),
      ...(!body && /^P/.test(method) && { 'content-length': '0' }),
    };
  }
}

function isRedirect(answer: IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0);
}

/** The JSON of a text. Throws `damaged`. */
export function parsedJson(text: string, { about }: Pick<DriveRequest, 'about'>): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RemoteError(
      'corrupted',
      `The answer about ${about} is not what Amazon Drive answers. Is "endpoint" right, and is there a login page in the way?`,
      { cause },
    );
  }
}

async function wholeText(
  answer: IncomingMessage,
  { url, about }: DriveRequest,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await readText(
      answer,
      maxJsonBytes,
      () => new RemoteError('corrupted', `The response for ${about} has no end.`),
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw driveConnectionError(error, new URL(url).host);
  }
}

/** For content that would come from a place where others can read it on its way. */
export function unencrypted(about: string): RemoteError {
  return new RemoteError(
    'forbidden',
    `Amazon Drive would send ${about} over an unencrypted connection. Nothing was read.`,
  );
}
