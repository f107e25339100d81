import { Readable } from 'node:stream';
import { addAbortListener, removeAbortListener } from '../../base/aborts';
import { type HttpRequest, silenceTimeoutMs } from '../httpClient';
import { BodyCut } from '../httpResponse';
import type { LeanResponse } from './leanResponse';

/** Bytes of a body from which on the service is asked first (`Expect: 100-continue`): a refusal must not cost a transfer of minutes. */
const asksFromBytes = 32 * 1024 * 1024;

/** The connection that makes a request. */
interface Place {
  fail(error: unknown): void;
}

/** One request, from the call to its response, on whichever connection it goes. */
export class Exchange {
  readonly method: string;
  readonly body: HttpRequest['body'];
  /** Milliseconds without a byte. */
  readonly silenceMs: number;
  readonly onSent: (() => void) | undefined;
  /** Undefined while the request waits for a connection. */
  place: Place | undefined;
  /** Whether the service is asked before the body is sent. */
  asksFirst: boolean;
  isRepeated = false;
  isSettled = false;
  /** Whether the caller or the source of the body ended it. */
  wasStopped = false;

  constructor(
    request: HttpRequest,
    /** The request line and headers, each with its line end and without the empty line; each character is one byte. */
    readonly head: string,
    /** Bytes of the body. */
    readonly bodyLength: number,
    private readonly signal: AbortSignal,
    private readonly onResponse: (response: LeanResponse) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.method = request.method;
    this.body = request.body;
    this.silenceMs = request.silenceTimeoutMs ?? silenceTimeoutMs;
    this.onSent = request.onSent;
    this.asksFirst = bodyLength >= asksFromBytes;
    const { body } = this;
    if (body instanceof Readable && body.destroyed) throw body.errored ?? new BodyCut(0);
    addAbortListener(signal, this.onAbort);
    if (body instanceof Readable) this.watch(body);
  }

  resolve(response: LeanResponse): void {
    this.isSettled = true;
    this.onResponse(response);
  }

  reject(error: unknown): void {
    this.isSettled = true;
    this.end();
    this.onFailure(error);
  }

  /** Call when no connection works on the request any longer. Without a response it may start on another. */
  leave(): void {
    this.place = undefined;
    if (this.isSettled) this.end();
  }

  private end(): void {
    removeAbortListener(this.signal, this.onAbort);
  }

  private readonly onAbort = (): void => this.fail(this.signal.reason);

  /** The listeners stay: an error without one would crash the process. Behind a response a failed source no longer matters. */
  private watch(body: Readable): void {
    body.on('error', (error) => {
      if (!this.isSettled) this.fail(error);
    });
    body.once('close', () => {
      if (!body.readableEnded && !body.errored && !this.isSettled) this.fail(new BodyCut(0));
    });
  }

  private fail(error: unknown): void {
    this.wasStopped = true;
    if (this.place) this.place.fail(error);
    else this.reject(error);
  }
}
