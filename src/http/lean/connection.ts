import net from 'node:net';
import type { Readable } from 'node:stream';
import tls from 'node:tls';
import { addAbortListener, removeAbortListener } from '../../base/aborts';
import { connectionLost, connectTimeoutMs, type HttpTarget, silenceTimeoutMs, timedOut } from '../httpClient';
import { LeanResponse } from './leanResponse';
import { ResponseParser } from './responseParser';

/** Bytes that one read of a socket brings at most. Every read of a connection fills the same buffer. */
const readBufferBytes = 64 * 1024;

/** A body up to this length, in bytes, is copied behind the head, so that both leave in one write. */
const maxJoinedBytes = 64 * 1024;

/** Milliseconds after which an idle connection ends: many services end theirs after 5 s without a word, which loses a request sent meanwhile. */
const idleTimeoutMs = 4_000;

export interface ConnectionRequest {
  readonly method: string;
  /** The request line and headers, with the empty line; each character is one byte. */
  readonly head: string;
  readonly body?: Buffer | readonly Uint8Array[] | Readable | undefined;
  readonly silenceTimeoutMs?: number | undefined;
  /** Called once the whole body was handed to the network. */
  readonly onSent?: (() => void) | undefined;
}

/** What a connection tells its pool. */
export interface ConnectionEvents {
  /** The connection can take another request. */
  onFree(connection: Connection): void;
  /** The connection has ended. Called once. */
  onClosed(connection: Connection): void;
  /** A TLS session that the next connection may resume. */
  onSession(session: Buffer): void;
}

export interface TlsOptions {
  readonly ca?: readonly string[] | undefined;
  readonly session?: Buffer | undefined;
}

/** One request and its response. */
interface Exchange {
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
  readonly resolve: (response: LeanResponse) => void;
  readonly reject: (error: unknown) => void;
  readonly silenceMs: number;
  response?: LeanResponse;
  isSent: boolean;
}

/**
 * One HTTP/1.1 connection, which makes one request at a time. It never sends a request twice: whether a request whose response was lost may be
 * repeated is decided by the retries above.
 */
export class Connection {
  private readonly socket: net.Socket;
  private readonly parser = new ResponseParser({
    onHead: (head) => {
      const exchange = this.exchange;
      if (!exchange) return;
      exchange.response = new LeanResponse(head, {
        resume: () => this.socket.resume(),
        destroy: () => this.finish(false),
      });
      exchange.resolve(exchange.response);
    },
    onBody: (bytes) => {
      // The bytes stand in the buffer of the next read, so the stream gets a copy.
      if (this.exchange?.response?.push(Buffer.from(bytes)) === false) this.socket.pause();
    },
    onEnd: () => {
      this.isEnded = true;
      this.exchange?.response?.complete();
    },
  });
  private exchange: Exchange | undefined;
  /** Whether the response of the exchange is complete. */
  private isEnded = false;
  private isConnected = false;
  /** Sends the first request. */
  private start: (() => void) | undefined;
  private isClosed = false;

  constructor(
    target: HttpTarget,
    options: TlsOptions,
    private readonly events: ConnectionEvents,
  ) {
    const isSecure = target.protocol === 'https:';
    const common = {
      host: target.hostname,
      port: Number(target.port ?? (isSecure ? 443 : 80)),
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(readBufferBytes),
        callback: (length: number, buffer: Uint8Array) => {
          this.receive((buffer as Buffer).subarray(0, length));
          return true;
        },
      },
    };
    if (isSecure) {
      const socket = tls.connect({
        ...common,
        ALPNProtocols: ['http/1.1'],
        ...(net.isIP(target.hostname) === 0 && { servername: target.hostname }),
        ...(options.ca && { ca: [...options.ca] }),
        ...(options.session && { session: options.session }),
      });
      socket.on('session', events.onSession);
      this.socket = socket;
    } else this.socket = net.connect(common);
    this.socket.setTimeout(connectTimeoutMs);
    this.socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      this.isConnected = true;
      this.socket.setTimeout(this.exchange?.silenceMs ?? silenceTimeoutMs);
      this.start?.();
      this.start = undefined;
    });
    this.socket.on('timeout', () => {
      // A reader that is slow keeps the connection silent.
      if (!this.exchange || !this.socket.isPaused()) this.fail(timedOut());
    });
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('end', () => this.closedByService());
    this.socket.on('close', () => this.closedByService());
  }

  /** Resolves to the response as soon as its head has arrived. Rejects with the signal's reason or with the error of the network. */
  send(request: ConnectionRequest, signal: AbortSignal): Promise<LeanResponse> {
    return new Promise((resolve, reject) => {
      const onAbort = () => this.fail(signal.reason);
      const { silenceTimeoutMs: silenceMs = silenceTimeoutMs } = request;
      const exchange = { signal, onAbort, resolve, reject, silenceMs, isSent: false };
      this.exchange = exchange;
      this.isEnded = false;
      addAbortListener(signal, onAbort);
      this.parser.expect(request.method);
      // Before the connection is made nothing of the request is touched, so that another client can still send it.
      if (!this.isConnected) this.start = () => this.write(request, exchange);
      else {
        this.socket.setTimeout(silenceMs);
        this.write(request, exchange);
      }
    });
  }

  /** Waits for the next request, without keeping the process alive. */
  idle(): void {
    this.socket.unref();
    this.socket.setTimeout(idleTimeoutMs);
  }

  wake(): void {
    this.socket.ref();
  }

  private write({ head, body, onSent }: ConnectionRequest, exchange: Exchange): void {
    const { socket } = this;
    if (this.exchange !== exchange) return;
    const sent = () => {
      exchange.isSent = true;
      onSent?.();
    };
    if (body === undefined || (Buffer.isBuffer(body) && body.length <= maxJoinedBytes)) {
      const bytes = Buffer.allocUnsafe(head.length + (body?.length ?? 0));
      bytes.write(head, 'latin1');
      body?.copy(bytes, head.length);
      socket.write(bytes);
      sent();
      return;
    }
    socket.cork();
    socket.write(head, 'latin1');
    if (Buffer.isBuffer(body)) socket.write(body, sent);
    else if (isPieces(body)) {
      for (const piece of body) socket.write(piece);
      socket.write('', sent);
    } else this.writeStream(body, exchange, sent);
    socket.uncork();
  }

  private writeStream(body: Readable, exchange: Exchange, sent: () => void): void {
    const { socket } = this;
    const onDrain = () => body.resume();
    const stop = () => {
      socket.off('drain', onDrain);
      body.off('data', onData);
    };
    const onData = (chunk: Buffer) => {
      if (this.exchange !== exchange) {
        stop();
        body.destroy();
      } else if (!socket.write(chunk)) body.pause();
    };
    socket.on('drain', onDrain);
    body.on('data', onData);
    body.once('end', () => {
      stop();
      sent();
    });
    body.once('error', (error) => {
      stop();
      if (this.exchange === exchange) this.fail(error);
    });
  }

  private receive(bytes: Buffer): void {
    try {
      this.parser.feed(bytes);
    } catch (error) {
      this.fail(error);
      return;
    }
    // Only now may the next request follow: bytes behind the end of a response would be taken for the next response.
    if (this.isEnded && this.exchange) this.finish(this.exchange.isSent && this.socket.writableLength === 0);
  }

  private closedByService(): void {
    try {
      this.parser.close();
      this.finish(false);
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    const { exchange, isEnded } = this;
    this.finish(false);
    // A complete response stays valid, whatever becomes of its connection.
    if (!exchange || isEnded) return;
    exchange.reject(error);
    exchange.response?.destroy(error instanceof Error ? error : connectionLost());
  }

  /** Ends the exchange, and the connection too unless it can be used again. */
  private finish(canReuse: boolean): void {
    const { exchange } = this;
    this.exchange = undefined;
    if (exchange) removeAbortListener(exchange.signal, exchange.onAbort);
    if (canReuse && this.parser.canReuse && !this.socket.destroyed) {
      // The last bytes may have filled the stream of the response.
      if (this.socket.isPaused()) this.socket.resume();
      this.events.onFree(this);
    } else this.destroy();
  }

  destroy(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket.destroy();
    this.events.onClosed(this);
  }
}

function isPieces(body: readonly Uint8Array[] | Readable): body is readonly Uint8Array[] {
  return Array.isArray(body);
}
