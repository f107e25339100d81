import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { connectTimeoutMs, type HttpTarget, timedOut } from '../httpClient';
import { BodyCut } from '../httpResponse';
import { type WriterEvents, writePieces, writeStream } from './bodyWriter';
import type { Exchange } from './exchange';
import { LeanResponse } from './leanResponse';
import { type ConnectionOptions, openSocket } from './openSocket';
import { ResponseParser } from './responseParser';

/** A body up to this length, in bytes, is copied behind the head, so that both leave in one write. */
const maxJoinedBytes = 64 * 1024;

/** Milliseconds after which an idle connection ends: many services end theirs after 5 s without a word, which loses a request sent meanwhile. */
const idleTimeoutMs = 4_000;

/** Milliseconds for the answer to `Expect: 100-continue`, after which the body is sent anyway (RFC 9110, 10.1.1). */
const continueTimeoutMs = 1_000;

/** What a connection tells its pool. */
export interface ConnectionEvents {
  /** The connection can take another request. */
  onFree(connection: Connection): void;
  /** The connection has ended. Called once, before `onFailed`. */
  onClosed(connection: Connection): void;
  /** A TLS session that the next connection may resume. */
  onSession(session: Buffer): void;
  /** A request failed before its response began. */
  onFailed(exchange: Exchange, error: unknown, at: FailurePoint): void;
  /** The service accepts no `Expect`, or leaves it unanswered. */
  onNoContinue(): void;
  /** The service sent something that is no HTTP, or has two readings. */
  onOddResponse(): void;
}

/**
 * Where a request failed. `connecting`: nothing was sent, and its body is untouched. `reused`: the connection had served before and ended without
 * a byte of the response, as when the service closed it at the same moment. `asking`: the service refused the `Expect`, and the body is untouched.
 */
export type FailurePoint = 'connecting' | 'reused' | 'asking' | 'later';

/** One HTTP/1.1 connection, which makes one request at a time. */
export class Connection {
  private readonly socket: Socket;
  private readonly parser = new ResponseParser({
    onInterim: (statusCode) => {
      if (statusCode === 100 && this.isAsking) this.sendBody();
    },
    onHead: (head) => {
      const { exchange } = this;
      if (!exchange) return;
      if (this.isAsking && head.statusCode === 417) return this.expectationFailed(exchange);
      // A response without a 100 before it is a refusal, and the body stays here.
      this.stopAsking();
      this.response = new LeanResponse(head, this.bodySource);
      this.keepMs = keptFor(head.headers['keep-alive']);
      exchange.resolve(this.response);
    },
    onBody: (bytes) => {
      if (this.response?.push(bytes)) this.keptBytes = true;
    },
    onEnd: () => {
      this.isEnded = true;
      this.response?.complete();
    },
  });
  private readonly bodySource = {
    resume: () => this.socket.resume(),
    pause: () => this.socket.pause(),
    destroy: () => this.finish(false),
  };
  private exchange: Exchange | undefined;
  private response: LeanResponse | undefined;
  /** Whether the response of the exchange is complete. */
  private isEnded = false;
  private isSent = false;
  /** Whether the body waits until the service wants it. */
  private isAsking = false;
  private asking: NodeJS.Timeout | undefined;
  private writeBuffer = Buffer.alloc(0);
  private isConnected = false;
  private readonly connectMs: number;
  private isClosed = false;
  private isIdle = false;
  /** Whether the connection has served a request before this one. */
  private hasServed = false;
  private hasBytes = false;
  private keptBytes = false;
  /** When a head began to arrive that is not complete, in milliseconds. */
  private headSince: number | undefined;
  /** Milliseconds for which the connection may be idle. */
  private keepMs = idleTimeoutMs;
  /** Milliseconds after which the socket reports silence, and the silence that it has reported for the exchange. */
  private reportMs = 0;
  private silentMs = 0;

  constructor(
    target: HttpTarget,
    options: ConnectionOptions,
    private readonly events: ConnectionEvents,
  ) {
    const isSecure = target.protocol === 'https:';
    this.socket = openSocket(target, options, (bytes) => this.receive(bytes));
    if (isSecure) this.socket.on('session', events.onSession);
    this.connectMs = options.connectTimeoutMs ?? connectTimeoutMs;
    this.reportAfter(this.connectMs / 2);
    this.socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      this.isConnected = true;
      const { exchange } = this;
      if (exchange) this.write(exchange);
    });
    this.socket.on('timeout', () => this.onSilence());
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('end', () => this.closedByService());
    this.socket.on('close', () => this.closedByService());
  }

  /** Makes one request. Before the connection is made nothing of the request is touched, so that another client can still send it. */
  run(exchange: Exchange): void {
    if (this.isIdle) this.socket.ref();
    this.isIdle = false;
    this.exchange = exchange;
    exchange.place = this;
    this.response = undefined;
    this.isEnded = this.isSent = this.hasBytes = false;
    this.headSince = undefined;
    this.parser.expect(exchange.method);
    if (this.isConnected) this.write(exchange);
  }

  /** Waits for the next request, without keeping the process alive. */
  idle(): void {
    this.isIdle = true;
    this.socket.unref();
    this.reportAfter(this.keepMs);
  }

  fail(error: unknown): void {
    const { exchange, response, isEnded } = this;
    const at = this.pointOf(error);
    this.finish(false);
    // A complete response stays valid, whatever becomes of its connection.
    if (!exchange || isEnded) return;
    const code = String((error as NodeJS.ErrnoException | null)?.code);
    if (code.startsWith('HPE_')) this.events.onOddResponse();
    if (!response) this.events.onFailed(exchange, error, at);
    else if (error instanceof Error && !/^(HPE_|ECONNRESET$)/.test(code)) response.fail(error);
    else response.fail(new BodyCut(0, error));
  }

  destroy(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket.destroy();
    this.events.onClosed(this);
  }

  private write(exchange: Exchange): void {
    this.silentMs = 0;
    this.reportAfter(Math.min(exchange.silenceMs / 2, idleTimeoutMs));
    const { socket } = this;
    const { head, body } = exchange;
    const pieces = body === undefined ? [] : piecesOf(body);
    if (exchange.asksFirst) {
      this.isAsking = true;
      socket.write(`${head}expect: 100-continue\r\n\r\n`, 'latin1');
      this.asking = setTimeout(() => {
        this.events.onNoContinue();
        this.sendBody();
      }, continueTimeoutMs);
    } else if (pieces && exchange.bodyLength <= maxJoinedBytes) {
      socket.write(this.joined(head, pieces, exchange.bodyLength));
      this.sent(exchange);
    } else {
      socket.cork();
      socket.write(`${head}\r\n`, 'latin1');
      this.sendBody();
      socket.uncork();
    }
  }

  /** The buffer is free again when the next request comes: until then all of this request has left. */
  private joined(head: string, pieces: readonly Uint8Array[], bodyLength: number): Buffer {
    const length = head.length + 2 + bodyLength;
    if (this.writeBuffer.length < length)
      this.writeBuffer = Buffer.allocUnsafeSlow(Math.min(2 * length, maxJoinedBytes + length - bodyLength));
    const bytes = this.writeBuffer.subarray(0, length);
    bytes.write(head, 'latin1');
    bytes[head.length] = 13;
    bytes[head.length + 1] = 10;
    let at = head.length + 2;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  private stopAsking(): void {
    clearTimeout(this.asking);
    this.isAsking = false;
  }

  private sendBody(): void {
    const { exchange, socket } = this;
    this.stopAsking();
    if (!exchange?.body) return;
    const events: WriterEvents = {
      isWanted: () => this.exchange === exchange && !socket.destroyed,
      onProgress: () => {
        this.silentMs = 0;
      },
      onSent: () => this.sent(exchange),
      onFailure: (error) => this.fail(error),
    };
    const pieces = piecesOf(exchange.body);
    if (pieces) writePieces(socket, pieces, events);
    else writeStream(socket, exchange.body as Readable, exchange.bodyLength, events);
  }

  private sent(exchange: Exchange): void {
    this.isSent = true;
    exchange.onSent?.();
  }

  /** Returns whether somebody keeps the bytes. */
  private receive(bytes: Buffer): boolean {
    this.silentMs = 0;
    this.hasBytes = true;
    this.keptBytes = false;
    try {
      this.parser.feed(bytes);
    } catch (error) {
      this.fail(error);
      return this.keptBytes;
    }
    const { keptBytes } = this;
    // Only now may the next request follow: bytes behind the end of a response would be taken for the next response.
    if (this.isEnded && this.exchange) this.finish(this.isSent && this.socket.writableLength === 0);
    else if (this.parser.isWithinHead) this.limitHead();
    return keptBytes;
  }

  /** A head that arrives drop by drop is never silent, and never complete. */
  private limitHead(): void {
    const now = performance.now();
    this.headSince ??= now;
    if (this.exchange && now - this.headSince > this.exchange.silenceMs) this.fail(timedOut());
  }

  private onSilence(): void {
    const { exchange, socket } = this;
    if (!exchange) {
      this.destroy();
      return;
    }
    // A reader that is slow keeps the connection silent.
    if (!socket.isPaused()) this.silentMs += this.reportMs;
    // Two reports at least: the first one may come from a process that slept, with bytes still to be read.
    if (this.silentMs >= (this.isConnected ? exchange.silenceMs : this.connectMs)) this.fail(timedOut());
    else socket.setTimeout(this.reportMs);
  }

  /** Sets the one timer of the connection, which every byte starts again. */
  private reportAfter(ms: number): void {
    if (ms === this.reportMs) return;
    this.reportMs = ms;
    this.socket.setTimeout(ms);
  }

  private pointOf(error: unknown): FailurePoint {
    if (!this.isConnected) return 'connecting';
    if (this.isAsking && error === expectationFailed) return 'asking';
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    const isClosed = code === 'ECONNRESET' || code === 'EPIPE';
    return isClosed && this.hasServed && !this.hasBytes ? 'reused' : 'later';
  }

  private expectationFailed(exchange: Exchange): void {
    this.events.onNoContinue();
    exchange.asksFirst = false;
    this.fail(expectationFailed);
  }

  private closedByService(): void {
    try {
      this.parser.close();
      this.finish(false);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends the exchange, and the connection too unless it can be used again. */
  private finish(canReuse: boolean): void {
    const { exchange } = this;
    this.exchange = undefined;
    this.stopAsking();
    exchange?.leave();
    if (canReuse && this.parser.canReuse && this.keepMs > 0 && !this.socket.destroyed) {
      this.hasServed = true;
      // The last bytes may have filled the stream of the response.
      if (this.socket.isPaused()) this.socket.resume();
      this.events.onFree(this);
    } else this.destroy();
  }
}

const expectationFailed = new Error('the service does not accept the header Expect');

/** Undefined for a stream. */
function piecesOf(body: NonNullable<Exchange['body']>): readonly Uint8Array[] | undefined {
  if (Buffer.isBuffer(body)) return [body];
  return Array.isArray(body) ? (body as readonly Uint8Array[]) : undefined;
}

/** Milliseconds for which a connection may be idle: less than the service's own limit, when it names one. */
function keptFor(header: string | undefined): number {
  const seconds = header === undefined ? undefined : /(?:^|[,\s])timeout=(\d{1,9})/i.exec(header)?.[1];
  return seconds === undefined ? idleTimeoutMs : Math.min(idleTimeoutMs, (Number(seconds) - 1) * 1000);
}
