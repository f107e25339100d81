import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { forgetAbort, hearAbort } from '../../../base/aborts';
import type { Clock } from '../../../base/clock';
import type { WeightedSemaphore } from '../../../base/semaphore';
import { RemoteError } from '../../../remote/remoteError';
import type { TokenSource } from '../../../remote/tokenSource';
import { toDriveApiError } from './driveErrors';
import { networkError } from './driveNetworkErrors';
import type { PacedRequest, Pacer } from './pacer';

/** Sockets kept per host: more than requests and downloads that may be under way at once. */
const maxSockets = 128;
const connectTimeoutMs = 15_000;
/** Silence on a socket. */
const silenceTimeoutMs = 120_000;
/** After a large upload the service may say nothing for minutes, while it looks at what it got (API page §5.6). */
const uploadSilenceTimeoutMs = 300_000;
/** An error body is small; what is longer is none. */
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
  // Plain agents: the editor patches node:http and node:https, so its proxy settings and certificates apply to them.
  private readonly httpAgent = new http.Agent({ keepAlive: true, maxSockets });
  private readonly httpsAgent = new https.Agent({ keepAlive: true, maxSockets });
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
    this.httpAgent.destroy();
    this.httpsAgent.destroy();
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
      answer = await this.sendOnce(request, this.headersOf(request, token), content, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure = networkError(error, new URL(request.url).host);
      if (failure !== error) paced?.failed();
      throw failure;
    } finally {
      leave?.();
      if (content && !isPieces(content)) content.destroy();
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
    const text = await errorText(answer);
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
    const text = await errorText(answer);
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

  private sendOnce(
    request: DriveRequest,
    headers: Readonly<Record<string, string>>,
    content: readonly Uint8Array[] | Readable | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { protocol, hostname, port, pathname, search } = new URL(request.url);
    const secure = protocol === 'https:';
    const silence = request.body ? uploadSilenceTimeoutMs : silenceTimeoutMs;
    return new Promise((resolve, reject) => {
      // Looked up at every call: the editor replaces these functions to apply its proxy settings.
      const sent = (secure ? https : http).request({
        agent: secure ? this.httpsAgent : this.httpAgent,
        host: hostname.replace(/^\[|\]$/g, ''),
        port,
        method: request.method,
        path: pathname + search,
        headers,
        timeout: silence,
      });
      let connecting: NodeJS.Timeout | undefined;
      // A request that has no socket yet tells nobody that it was destroyed, so the failure is told here as well.
      const giveUp = (error: unknown) => {
        settled();
        reject(error);
        sent.destroy(error instanceof Error ? error : undefined);
      };
      const onAbort = () => giveUp(signal.reason);
      // Until there is a socket no other limit holds: a proxy that is asked for a tunnel first may never answer.
      const waiting = setTimeout(() => giveUp(timedOut()), silence);
      const settled = () => {
        clearTimeout(waiting);
        clearTimeout(connecting);
        forgetAbort(signal, onAbort);
      };
      hearAbort(signal, onAbort);
      sent.once('socket', (socket) => {
        clearTimeout(waiting);
        if (!socket.connecting) return;
        connecting = setTimeout(() => giveUp(timedOut()), connectTimeoutMs);
        socket.once('connect', () => clearTimeout(connecting));
      });
      sent.once('timeout', () => giveUp(timedOut()));
      sent.once('finish', () => request.body?.onSent?.());
      sent.once('response', (answer) => {
        settled();
        // A refusal may come while the body is still being sent; the rest is then of no use.
        if (!sent.writableEnded) answer.once('end', () => sent.destroy());
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
      if (content && !isPieces(content)) {
        content.once('error', giveUp);
        content.pipe(sent);
      } else {
        sent.cork();
        for (const piece of content ?? []) sent.write(piece);
        sent.end();
        sent.uncork();
      }
    });
  }
}

function isPieces(content: readonly Uint8Array[] | Readable): content is readonly Uint8Array[] {
  return Array.isArray(content);
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
    return await textOf(answer, maxJsonBytes, about);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw networkError(error, new URL(url).host);
  }
}

function textOf(answer: IncomingMessage, limit: number, about: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    answer.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit)
        answer.destroy(new RemoteError('corrupted', `The answer about ${about} has no end.`));
      else chunks.push(chunk);
    });
    answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    answer.once('error', reject);
    answer.once('close', () => reject(Object.assign(new Error('cut'), { code: 'ECONNRESET' })));
  });
}

/** The text of an error body, as far as it came. */
async function errorText(answer: IncomingMessage): Promise<string> {
  return textOf(answer, maxErrorBytes, 'an error').catch(() => '');
}

/** For content that would come from a place where others can read it on its way. */
export function unencrypted(about: string): RemoteError {
  return new RemoteError(
    'forbidden',
    `Amazon Drive would send ${about} over an unencrypted connection. Nothing was read.`,
  );
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
}
