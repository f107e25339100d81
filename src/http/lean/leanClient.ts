import { addAbortListener, removeAbortListener } from '../../base/aborts';
import type { HttpRequest, HttpTarget } from '../httpClient';
import { Connection, type ConnectionEvents } from './connection';
import type { LeanResponse } from './leanResponse';

export interface LeanClientOptions {
  /** Connections at once; at least 1. */
  readonly maxConnections: number;
  /** Certificates that are trusted in place of Node's own, in PEM. */
  readonly ca?: readonly string[] | undefined;
}

interface Waiting {
  readonly start: (connection: Connection) => void;
}

/**
 * HTTP/1.1 to one service over `node:net` and `node:tls`, for the requests that a sync makes by the thousand: they cost a fraction of the
 * processor time that `node:http` needs. It knows no proxy and none of the editor's patches, so it serves only where the way to the service is
 * direct.
 */
export class LeanClient {
  /** The last one was used last and is taken first, so that connections nobody needs time out. */
  private readonly idle: Connection[] = [];
  private open = 0;
  private readonly queue: Waiting[] = [];
  private session: Buffer | undefined;

  constructor(
    private readonly target: HttpTarget,
    private readonly options: LeanClientOptions,
  ) {}

  private readonly events: ConnectionEvents = {
    onFree: (connection) => {
      const next = this.queue.shift();
      if (next) next.start(connection);
      else {
        connection.idle();
        this.idle.push(connection);
      }
    },
    onClosed: (connection) => {
      this.open--;
      const at = this.idle.indexOf(connection);
      if (at >= 0) this.idle.splice(at, 1);
      if (this.queue.length > 0) this.queue.shift()?.start(this.connect());
    },
    onSession: (session) => {
      this.session = session;
    },
  };

  /**
   * Sends one request and resolves to its response, whatever its status, with the body still to be read. Follows no redirects and repeats
   * nothing. Rejects with the signal's reason, with the errors of `node:net` and `node:tls`, with `ETIMEDOUT` and `ECONNRESET`, and with codes
   * `HPE_…` for a response that is no HTTP. Throws a TypeError for a request that would not be read as it is meant.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<LeanResponse> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const { method, body, silenceTimeoutMs, onSent } = request;
      const parts = { method, head: requestHead(request, this.target), body, silenceTimeoutMs, onSent };
      const connection = this.free();
      if (connection) return resolve(connection.send(parts, signal));
      const onAbort = () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        start: (free) => {
          removeAbortListener(signal, onAbort);
          resolve(free.send(parts, signal));
        },
      };
      addAbortListener(signal, onAbort);
      this.queue.push(waiting);
    });
  }

  /** Ends the idle connections. Requests under way go on. */
  close(): void {
    for (const connection of [...this.idle]) connection.destroy();
  }

  private free(): Connection | undefined {
    const idle = this.idle.pop();
    idle?.wake();
    return idle ?? (this.open < this.options.maxConnections ? this.connect() : undefined);
  }

  private connect(): Connection {
    this.open++;
    return new Connection(this.target, { ca: this.options.ca, session: this.session }, this.events);
  }
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The request line and headers. Nothing in a request can end a line, so no path and no header can add another header or request. */
function requestHead({ method, path, headers, body }: HttpRequest, target: HttpTarget): string {
  if (!token.test(method) || !/^[\x21-\x7e]+$/.test(path))
    throw new TypeError('a method or path that HTTP cannot carry');
  let head = `${method} ${path} HTTP/1.1\r\n`;
  let hasLength = false;
  let hasHost = false;
  const pairs = Array.isArray(headers) ? inPairs(headers) : Object.entries(headers);
  for (const [name, value] of pairs) {
    if (!token.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new TypeError(`a header that HTTP cannot carry: ${name}`);
    const lower = name.toLowerCase();
    hasLength ||= lower === 'content-length';
    hasHost ||= lower === 'host';
    head += `${name}: ${value}\r\n`;
  }
  if (!hasHost) head += `host: ${hostHeader(target)}\r\n`;
  if (body !== undefined && !hasLength) {
    if (!Buffer.isBuffer(body)) throw new TypeError('a streamed body without a length');
    head += `content-length: ${body.length}\r\n`;
  }
  return `${head}\r\n`;
}

function hostHeader({ hostname, port }: HttpTarget): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return port === undefined ? host : `${host}:${port}`;
}

function inPairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] ?? '',
    flat[2 * index + 1] ?? '',
  ]);
}
