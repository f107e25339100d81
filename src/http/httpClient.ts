import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { addAbortListener, removeAbortListener } from '../base/aborts';
import { announcedLength, type HttpResponse, StreamBody } from './httpResponse';

/** Milliseconds in which a socket must connect. */
export const connectTimeoutMs = 15_000;

/** Milliseconds without a byte on a socket. A server-side copy of a large object may send nothing for a minute. */
export const silenceTimeoutMs = 120_000;

/** A place that requests go to. */
export interface HttpTarget {
  readonly protocol: string;
  /** An IPv6 address has no brackets here. */
  readonly hostname: string;
  readonly port: string | undefined;
}

/** A service, and whom its connections trust. */
export interface ServiceAddress extends HttpTarget {
  /** Certificates that are trusted in place of Node's own, in PEM. */
  readonly ca?: readonly string[] | undefined;
}

export interface HttpRequest extends HttpTarget {
  readonly method: string;
  /** Percent-encoded, with the query. */
  readonly path: string;
  /** As pairs, or as the flat list of names and values that Node sends byte for byte. */
  readonly headers: Readonly<Record<string, string>> | readonly string[];
  readonly body?: Buffer | readonly Uint8Array[] | Readable | undefined;
  readonly silenceTimeoutMs?: number;
  /** Called once the whole body was handed to the network. */
  readonly onSent?: (() => void) | undefined;
}

export interface HttpAgents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** Called before each connection; the request rejects as this does. */
export type AllowConnection = (service: ServiceAddress) => Promise<void>;

export interface AgentOptions {
  /** Certificates that are trusted in place of Node's own, in PEM. */
  readonly ca?: string[] | undefined;
  readonly allowConnection?: AllowConnection | undefined;
}

/**
 * Agents that keep up to `maxSockets` connections per host open. They are Node's own: the editor patches `node:http` and `node:https`, so
 * its proxy settings and certificates apply to them.
 */
export function keepAliveAgents(maxSockets: number, { ca, allowConnection }: AgentOptions = {}): HttpAgents {
  const agents = {
    http: new http.Agent({ keepAlive: true, maxSockets }),
    https: new https.Agent({ keepAlive: true, maxSockets, ...(ca && { ca }) }),
  };
  if (allowConnection) {
    askBefore(agents.http, (to) => allowConnection({ protocol: 'http:', ...to }));
    askBefore(agents.https, (to) => allowConnection({ protocol: 'https:', ...to, ca }));
  }
  return agents;
}

type ConnectionOptions = Parameters<http.Agent['createConnection']>[0];

function askBefore(
  agent: http.Agent,
  allow: (service: { readonly hostname: string; readonly port: string | undefined }) => Promise<void>,
): void {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options: ConnectionOptions, done) => {
    const port = options.port ? String(options.port) : undefined;
    allow({ hostname: options.host ?? 'localhost', port }).then(
      () => done?.(null, connect(options) as Duplex),
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  };
}

export function targetOf({ protocol, hostname, port }: URL): HttpTarget {
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port: port || undefined };
}

/**
 * Sends one request and resolves to its response, whatever its status, with the body still to be read. Follows no redirects and retries
 * nothing. Rejects with the signal's reason, with Node's errors, and with the code `ETIMEDOUT`. An abort later on destroys the response.
 * `onSocket` is called once, with a socket that may not be connected yet.
 */
export function sendRequest(
  request: HttpRequest,
  agents: HttpAgents | undefined,
  signal: AbortSignal,
  onSocket?: (socket: Socket) => void,
): Promise<EditorResponse> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const { body, silenceTimeoutMs: timeout = silenceTimeoutMs } = request;
    const isSecure = request.protocol === 'https:';
    // Looked up at every call: the editor replaces these functions to apply its proxy settings.
    const sent = (isSecure ? https : http).request({
      agent: isSecure ? agents?.https : agents?.http,
      host: request.hostname,
      port: request.port,
      method: request.method,
      path: request.path,
      headers: headersForNode(request.headers),
      timeout,
    });
    let connecting: NodeJS.Timeout | undefined;
    const settle = () => {
      clearTimeout(waiting);
      clearTimeout(connecting);
      removeAbortListener(signal, onAbort);
    };
    // A request without a socket emits nothing when it is destroyed, so this rejects by itself.
    const fail = (error: unknown) => {
      settle();
      reject(error);
      sent.destroy(error instanceof Error ? error : undefined);
    };
    const onAbort = () => fail(signal.reason);
    // No other limit holds until there is a socket: a proxy may never respond to the request for a tunnel.
    const waiting = setTimeout(() => fail(timedOut()), timeout);
    addAbortListener(signal, onAbort);
    sent.once('socket', (socket) => {
      clearTimeout(waiting);
      onSocket?.(socket);
      if (!socket.connecting) return;
      connecting = setTimeout(() => fail(timedOut()), connectTimeoutMs);
      socket.once('connect', () => clearTimeout(connecting));
    });
    sent.once('timeout', () => fail(timedOut()));
    if (request.onSent) sent.once('finish', request.onSent);
    sent.once('response', (response) => {
      settle();
      // The service may refuse a request before it has the whole body, and ignores the rest.
      if (!sent.writableEnded) response.once('end', () => sent.destroy());
      const breakOff = () => response.destroy(signal.reason instanceof Error ? signal.reason : undefined);
      addAbortListener(signal, breakOff);
      response.once('close', () => removeAbortListener(signal, breakOff));
      // Without a listener an `error` event would crash the process. A reader still receives it.
      response.on('error', () => {});
      resolve(new EditorResponse(response));
    });
    sent.on('error', fail);
    if (body === undefined || Buffer.isBuffer(body)) sent.end(body);
    else if (isPieces(body)) {
      sent.cork();
      for (const piece of body) sent.write(piece);
      sent.end();
      sent.uncork();
    } else {
      body.once('error', fail);
      body.pipe(sent);
    }
  });
}

/** A response of Node's client, which may be the editor's. */
class EditorResponse extends StreamBody implements HttpResponse {
  readonly statusCode: number;
  readonly headers: HttpResponse['headers'];
  readonly socket: Socket;

  constructor(private readonly message: IncomingMessage) {
    super(message, announcedLength(message.headers));
    this.statusCode = message.statusCode ?? 0;
    this.headers = message.headers;
    this.socket = message.socket;
  }

  discard(): void {
    this.message.resume();
  }
}

/**
 * The editor's patches expect an object. Node sends only a flat list byte for byte: of an object it encodes a Content-Disposition that is not
 * ASCII as UTF-8.
 */
function headersForNode(headers: HttpRequest['headers']): Record<string, string> | string[] {
  if (!isFlat(headers)) return { ...headers };
  const object: Record<string, string> = {};
  for (let at = 0; at + 1 < headers.length; at += 2)
    object[headers[at] as string] = headers[at + 1] as string;
  return /^[\t\x20-\x7e]*$/.test(object['content-disposition'] ?? '') ? object : [...headers];
}

/** Whether headers are a list of names and values in turn. */
export function isFlat(headers: HttpRequest['headers']): headers is readonly string[] {
  return Array.isArray(headers);
}

function isPieces(body: readonly Uint8Array[] | Readable): body is readonly Uint8Array[] {
  return Array.isArray(body);
}

export function timedOut(): Error {
  return Object.assign(new Error('no response in time'), { code: 'ETIMEDOUT' });
}

/** Milliseconds that a Retry-After header, in seconds or as a date, asks to wait after `now`; undefined when it says neither. Pure. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  const ms = /^\d+(\.\d*)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
