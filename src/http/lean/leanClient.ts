import type { HttpRequest, HttpTarget } from '../httpClient';
import { Connection, type ConnectionEvents, type FailurePoint } from './connection';
import { Exchange } from './exchange';
import type { LeanResponse } from './leanResponse';
import { requestHead } from './requestHead';

export interface LeanClientOptions {
  /** Connections at once; at least 1. */
  readonly maxConnections: number;
  /** Certificates that are trusted in place of Node's own, in PEM. */
  readonly ca?: readonly string[] | undefined;
  /** Milliseconds in which a connection must be made, TLS included. */
  readonly connectTimeoutMs?: number;
  /** Called when the service sends something that this client refuses. */
  readonly onOddResponse?: () => void;
}

/** No connection could be made, so nothing of the request was sent and its body is untouched. Has the code of its cause. */
export class NotConnected extends Error {
  readonly code: string;

  constructor(override readonly cause: Error) {
    super(cause.message, { cause });
    this.code = String((cause as NodeJS.ErrnoException).code ?? '');
  }
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
  private readonly queue: Exchange[] = [];
  private session: Buffer | undefined;
  /** Whether the service answers `Expect: 100-continue`. */
  private answersExpect = true;

  constructor(
    private readonly target: HttpTarget,
    private readonly options: LeanClientOptions,
  ) {}

  private readonly events: ConnectionEvents = {
    onFree: (connection) => {
      const next = this.nextWaiting();
      if (next) connection.run(next);
      else {
        this.idle.push(connection);
        connection.idle();
      }
    },
    onClosed: (connection) => {
      this.open--;
      const at = this.idle.indexOf(connection);
      if (at >= 0) this.idle.splice(at, 1);
      const next = this.nextWaiting();
      if (next) this.connect().run(next);
    },
    onSession: (session) => {
      this.session = session;
    },
    onFailed: (exchange, error, at) => {
      if (this.mayRepeat(exchange, at)) this.start(exchange);
      else if (at === 'connecting' && error instanceof Error && !exchange.wasStopped)
        exchange.reject(new NotConnected(error));
      else exchange.reject(error);
    },
    onNoContinue: () => {
      this.answersExpect = false;
    },
    onOddResponse: () => this.options.onOddResponse?.(),
  };

  /**
   * Sends one request and resolves to its response, whatever its status, with the body still to be read. Follows no redirects. Repeats a GET or
   * HEAD once when the service closed an idle connection at the same moment, and a request whose `Expect` it refused. Rejects with the signal's
   * reason, with NotConnected, with the errors of `node:net` and `node:tls`, with `ETIMEDOUT` and `ECONNRESET`, with codes `HPE_…` for a response
   * that is no HTTP, and with a TypeError for a request that would not be read as it is meant.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<LeanResponse> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const { text, bodyLength } = requestHead(request, this.target);
      const exchange = new Exchange(request, text, bodyLength, signal, resolve, reject);
      if (!this.answersExpect) exchange.asksFirst = false;
      this.start(exchange);
    });
  }

  /** Ends the idle connections. Requests under way go on. */
  close(): void {
    for (const connection of [...this.idle]) connection.destroy();
  }

  private start(exchange: Exchange): void {
    const idle = this.idle.pop();
    if (idle) idle.run(exchange);
    else if (this.open < this.options.maxConnections) this.connect().run(exchange);
    else this.queue.push(exchange);
  }

  /** The first request of the queue that was not cancelled meanwhile. */
  private nextWaiting(): Exchange | undefined {
    let next = this.queue.shift();
    while (next?.isSettled) next = this.queue.shift();
    return next;
  }

  private mayRepeat(exchange: Exchange, at: FailurePoint): boolean {
    if (exchange.isRepeated || exchange.wasStopped) return false;
    const reads = (exchange.method === 'GET' || exchange.method === 'HEAD') && exchange.body === undefined;
    if (at !== 'asking' && !(at === 'reused' && reads)) return false;
    exchange.isRepeated = true;
    // The other idle connections are as old.
    this.close();
    return true;
  }

  private connect(): Connection {
    this.open++;
    const { ca, connectTimeoutMs } = this.options;
    return new Connection(this.target, { ca, connectTimeoutMs, session: this.session }, this.events);
  }
}
