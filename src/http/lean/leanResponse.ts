import { Readable } from 'node:stream';
import type { ResponseHead } from './responseParser';

/** How a response controls its connection while its body arrives. */
export interface BodySource {
  resume(): void;
  /** Ends the connection: the rest of the body is not wanted. */
  destroy(): void;
}

/** A response as the stream of its body, with the same fields and the same behaviour as an IncomingMessage. */
export class LeanResponse extends Readable {
  readonly statusCode: number;
  readonly headers: ResponseHead['headers'];
  /** Undefined once the whole body has arrived and the connection serves others. */
  private source: BodySource | undefined;

  constructor(head: ResponseHead, source: BodySource) {
    super({ highWaterMark: 256 * 1024 });
    this.statusCode = head.statusCode;
    this.headers = head.headers;
    this.source = source;
    // Without a listener an `error` event would crash the process. A reader still receives it.
    this.on('error', () => {});
  }

  /** Called by the connection. No more bytes follow. */
  complete(): void {
    this.source = undefined;
    this.push(null);
  }

  /** The body when all of it has arrived and nobody has read it, so that a small one needs no event; undefined otherwise. */
  takeWhole(): Buffer | undefined {
    if (this.source || this.destroyed || this.readableFlowing !== null) return undefined;
    const body: Buffer | null = this.read();
    // Reading to the end lets the stream end and close.
    this.resume();
    return body ?? Buffer.alloc(0);
  }

  override _read(): void {
    this.source?.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.source?.destroy();
    this.source = undefined;
    callback(error);
  }
}
