import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** A body that is still to be read, by one of these methods and once. */
export interface HttpBody {
  /** The body piece by piece. The stream fails when the connection ends early; destroying it ends the connection. */
  stream(): Readable;
  /**
   * The whole body. Of a longer one than `maxBytes` no more is held and its connection ends: rejects with `tooLong`, given the bytes so far, or
   * without that resolves to the beginning. Rejects with BodyCut, with the errors of the network and with the reason of the request's signal.
   */
  whole(maxBytes: number, tooLong?: (received: number) => Error): Promise<Buffer>;
  /**
   * Gives the body piece by piece to `take`, without a copy: the bytes are valid only during the call. Resolves at the end. Rejects as `whole`,
   * and with what `take` throws, which ends the connection.
   */
  pour(take: (bytes: Buffer) => void): Promise<void>;
  /** The body is not wanted: ends its connection. */
  destroy(): void;
}

/** A response, whichever client received it. */
export interface HttpResponse extends HttpBody {
  readonly statusCode: number;
  /** Names are in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Reads the body to its end and drops it, so that the connection can serve again. */
  discard(): void;
}

/** The connection ended before the body was complete. */
export class BodyCut extends Error {
  readonly code = 'ECONNRESET';

  constructor(
    /** Bytes of the body. */
    readonly received: number,
    cause?: unknown,
  ) {
    super('the connection ended early', { cause });
  }
}

/** A stream, of any client, as a body. */
export class StreamBody implements HttpBody {
  /** `announced`: bytes that its response says it has, if that is known. */
  constructor(
    private readonly source: Readable,
    private readonly announced?: number,
  ) {}

  stream(): Readable {
    return this.source;
  }

  destroy(): void {
    this.source.on('error', () => {}).destroy();
  }

  whole(maxBytes: number, tooLong?: (received: number) => Error): Promise<Buffer> {
    const { source } = this;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let received = 0;
      const stop = (length: number) => {
        if (tooLong) reject(tooLong(length));
        else resolve(Buffer.concat(chunks));
        source.destroy();
      };
      if (source.destroyed && !source.readableEnded) return reject(source.errored ?? new BodyCut(0));
      if (tooLong && this.announced !== undefined && this.announced > maxBytes) return stop(this.announced);
      source.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > maxBytes) stop(received);
        else chunks.push(chunk);
      });
      source.once('error', reject);
      // Not at `end`: the socket is free for the next request only at `close`.
      source.once('close', () => {
        const [first] = chunks;
        if (!source.readableEnded) reject(new BodyCut(received));
        else resolve(first && chunks.length === 1 ? first : Buffer.concat(chunks));
      });
    });
  }

  pour(take: (bytes: Buffer) => void): Promise<void> {
    const { source } = this;
    return new Promise((resolve, reject) => {
      let received = 0;
      if (source.destroyed && !source.readableEnded) return reject(source.errored ?? new BodyCut(0));
      source.on('data', (chunk: Buffer) => {
        received += chunk.length;
        try {
          take(chunk);
        } catch (error) {
          reject(error);
          source.destroy();
        }
      });
      source.once('error', reject);
      source.once('close', () => (source.readableEnded ? resolve() : reject(new BodyCut(received))));
    });
  }
}

/** A whole body as text, with the limit and errors of `whole`. */
export async function readText(body: HttpBody, maxBytes: number, tooLong?: () => Error): Promise<string> {
  return (await body.whole(maxBytes, tooLong)).toString('utf8');
}

/** The length that a response announces, in bytes; undefined when it announces none. Pure. */
export function announcedLength(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}
