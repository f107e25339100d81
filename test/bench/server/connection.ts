import type { Socket } from 'node:net';
import { ChunkedReader } from './chunked';

/** A request whose body has arrived. */
export interface BenchRequest {
  readonly method: string;
  /** Percent-encoded, from the slash on. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: ReceivedBody;
}

export interface ReceivedBody {
  /** Bytes, without the frames of chunks. */
  readonly size: number;
  /** In the order of arrival, parts of buffers of the socket; undefined when the body is larger than the server takes. */
  readonly pieces: readonly Buffer[] | undefined;
}

export interface BenchAnswer {
  /** The status line and the headers, each line with its end, without Content-Length. */
  readonly head: string;
  readonly body: readonly Buffer[];
  /** The Content-Length of an answer to HEAD, which has no body. */
  readonly length?: number;
}

/** Bytes of small bodies are copied together; larger pieces are written as they are. */
const togetherLimit = 512 * 1024;

/**
 * Serves one connection: one request after another, each answered by `answer` after its body. A broken request ends the connection.
 *
 * @param takeUpTo bodies of more bytes are only counted
 */
export function serveConnection(
  socket: Socket,
  takeUpTo: number,
  answer: (request: BenchRequest) => BenchAnswer | Promise<BenchAnswer>,
): void {
  let waiting: Buffer | undefined;
  let incoming: Incoming | undefined;
  let busy = false;

  const take = (bytes: Buffer): void => {
    let rest: Buffer | undefined = waiting ? Buffer.concat([waiting, bytes]) : bytes;
    waiting = undefined;
    while (rest && rest.length > 0) {
      if (busy) {
        waiting = rest;
        socket.pause();
        return;
      }
      if (!incoming) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) {
          waiting = rest;
          return;
        }
        incoming = new Incoming(rest.toString('latin1', 0, end), takeUpTo);
        if (incoming.expectsContinue) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        rest = rest.subarray(end + 4);
      }
      rest = rest.subarray(incoming.push(rest));
      if (incoming.done) finish();
    }
  };
  const finish = (): void => {
    const request = incoming as Incoming;
    incoming = undefined;
    busy = true;
    const given = answer(request.request());
    if (given instanceof Promise) given.then((later) => write(later, resume), fail);
    else write(given, resume);
  };
  const resume = (): void => {
    busy = false;
    if (!waiting) return;
    const rest = waiting;
    waiting = undefined;
    socket.resume();
    setImmediate(() => guarded(rest));
  };
  const write = ({ head, body, length }: BenchAnswer, then: () => void): void => {
    if (socket.destroyed) return;
    const size = body.reduce((sum, { length: bytes }) => sum + bytes, 0);
    // An answer without content must not have a length (RFC 9110, 8.6).
    const text = head.startsWith('HTTP/1.1 204')
      ? `${head}\r\n`
      : `${head}Content-Length: ${length ?? size}\r\n\r\n`;
    if (size === 0) socket.write(text, 'latin1');
    else if (size <= togetherLimit) socket.write(Buffer.concat([Buffer.from(text, 'latin1'), ...body]));
    else {
      socket.write(text, 'latin1');
      writeAll(socket, body, then);
      return;
    }
    then();
  };
  const fail = (): void => {
    socket.destroy();
  };
  const guarded = (bytes: Buffer): void => {
    try {
      take(bytes);
    } catch {
      fail();
    }
  };
  socket.setNoDelay(true);
  socket.on('data', guarded);
  socket.on('error', fail);
}

/** Writes pieces one after another, each once the one before has left this process. */
function writeAll(socket: Socket, pieces: readonly Buffer[], then: () => void): void {
  let next = 0;
  const go = (): void => {
    while (next < pieces.length)
      if (!socket.write(pieces[next++] as Buffer)) {
        socket.once('drain', go);
        return;
      }
    then();
  };
  go();
}

/** First letters of the headers that the server reads: Content-*, Expect, If-*, Range, Transfer-Encoding, X-Amz-*. */
const readNames = /[ceirtx]/i;

/** A request that is arriving. */
class Incoming {
  private readonly method: string;
  private readonly target: string;
  private readonly headers = new Map<string, string>();
  private pieces: Buffer[] | undefined = [];
  private size = 0;
  /** Bytes that are still to come, where the length is known. */
  private left: number;
  private readonly transferred: ChunkedReader | undefined;
  private readonly sink: (bytes: Buffer) => void;

  constructor(
    head: string,
    private readonly takeUpTo: number,
  ) {
    const firstEnd = head.indexOf('\r\n');
    const [method = '', target = ''] = (firstEnd < 0 ? head : head.slice(0, firstEnd)).split(' ');
    this.method = method;
    this.target = target;
    for (let at = firstEnd; at >= 0; ) {
      const end = head.indexOf('\r\n', at + 2);
      const colon = head.indexOf(':', at);
      // Names that begin with other letters matter to no answer, and reading them would cost as much as the answer.
      if (readNames.test(head[at + 2] as string))
        this.headers.set(
          head.slice(at + 2, colon).toLowerCase(),
          head.slice(colon + 1, end < 0 ? undefined : end).trim(),
        );
      at = end;
    }
    const keep = (bytes: Buffer) => this.keep(bytes);
    const framed = this.headers.get('content-encoding')?.includes('aws-chunked') === true;
    const inner = framed ? new ChunkedReader(keep) : undefined;
    this.sink = inner ? (bytes) => void inner.push(bytes) : keep;
    if (this.headers.get('transfer-encoding') === 'chunked') this.transferred = new ChunkedReader(this.sink);
    this.left = Number(this.headers.get('content-length') ?? 0);
  }

  get expectsContinue(): boolean {
    return this.headers.has('expect');
  }

  get done(): boolean {
    return this.transferred ? this.transferred.done : this.left === 0;
  }

  /** Takes bytes up to the end of the body. Returns how many. */
  push(bytes: Buffer): number {
    if (this.transferred) return this.transferred.push(bytes);
    const count = Math.min(this.left, bytes.length);
    if (count > 0) this.sink(count === bytes.length ? bytes : bytes.subarray(0, count));
    this.left -= count;
    return count;
  }

  request(): BenchRequest {
    const { method, target, headers, size, pieces } = this;
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    return { method, path, query: mark < 0 ? '' : target.slice(mark + 1), headers, body: { size, pieces } };
  }

  private keep(bytes: Buffer): void {
    this.size += bytes.length;
    if (this.size > this.takeUpTo) this.pieces = undefined;
    else this.pieces?.push(bytes);
  }
}
