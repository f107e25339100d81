import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultEffects } from './faults';
import type { LoggedHttpRequest } from './requestLog';

/** The answer to one request. */
export interface Reply {
  readonly status: number;
  readonly statusText?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, one buffer, the buffers that form the body together, or pieces that are made while they go out. */
  readonly body: string | Buffer | readonly Buffer[] | Iterable<string> | AsyncIterable<Buffer>;
  /** Bytes of a body that is made while it goes out, if known. */
  readonly length?: number;
}

/** Sends a reply, spoilt as the fault says, and counts the sent bytes of the body in the log's entry. */
export async function sendReply(
  message: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  fault: FaultEffects | undefined,
  entry: LoggedHttpRequest,
): Promise<void> {
  const length = lengthOf(reply);
  writeHead(response, reply, length, fault);
  if (message.method === 'HEAD' || reply.status === 204 || reply.status === 304) {
    response.end();
    return;
  }
  if (fault === undefined && length !== undefined) {
    const whole = wholeBody(reply.body);
    if (whole !== undefined) {
      entry.bytesOut = length;
      response.end(whole);
      return;
    }
  }
  const limit = fault?.cutResponseAfterBytes ?? Number.POSITIVE_INFINITY;
  if (limit < Number.POSITIVE_INFINITY) response.flushHeaders();
  for await (const piece of spoiltPieces(reply.body, fault, length)) {
    const part = piece.subarray(0, limit - entry.bytesOut);
    entry.bytesOut += part.length;
    if (part.length > 0 && !response.write(part)) await drained(response);
    if (response.destroyed || entry.bytesOut >= limit) break;
  }
  if (limit === Number.POSITIVE_INFINITY) response.end();
  // The head and the bytes that were written must still go out.
  else message.socket.destroySoon();
}

/** The piece with one bit flipped. */
export function damaged(piece: Buffer): Buffer {
  const copy = Buffer.from(piece);
  const middle = copy.length >>> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0x01;
  return copy;
}

function writeHead(
  response: ServerResponse,
  reply: Reply,
  length: number | undefined,
  fault: FaultEffects | undefined,
): void {
  const headers: Record<string, string | number> = { ...reply.headers };
  const tellsLength = fault?.chunked !== true && fault?.fillerBytes === undefined;
  if (tellsLength && length !== undefined && reply.status !== 204 && reply.status !== 304)
    headers['Content-Length'] = length;
  for (const [name, value] of Object.entries(fault?.answerHeaders ?? {})) {
    for (const old of Object.keys(headers)) if (old.toLowerCase() === name) delete headers[old];
    if (value !== undefined) headers[name] = value;
  }
  response.sendDate = reply.headers['Date'] === undefined;
  if (reply.statusText === undefined) response.writeHead(reply.status, headers);
  else response.writeHead(reply.status, reply.statusText, headers);
  // Without this, Node would add the length of a body that it gets in one piece.
  if (!tellsLength) response.flushHeaders();
}

function lengthOf({ body, length }: Reply): number | undefined {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return Buffer.byteLength(body);
  if (Array.isArray(body)) return body.reduce((sum: number, piece: Buffer) => sum + piece.length, 0);
  return length;
}

/** A body that can go out in one write; undefined for a body in pieces. */
function wholeBody(body: Reply['body']): string | Buffer | undefined {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return Array.isArray(body) && body.length <= 1 ? (body[0] ?? '') : undefined;
}

/** The body in pieces, replaced, damaged or slowed down as the fault says. */
async function* spoiltPieces(
  body: Reply['body'],
  fault: FaultEffects | undefined,
  length: number | undefined,
): AsyncGenerator<Buffer> {
  const { damageResponse, fillerBytes, responseBytesPerSecond: rate } = fault ?? {};
  const pieces = typeof body === 'string' || Buffer.isBuffer(body) ? [body] : body;
  const source = fillerBytes === undefined ? pieces : filler(fillerBytes);
  const middle = Math.floor((length ?? 0) / 2);
  let done = 0;
  let damages = damageResponse === true;
  for await (const some of source) {
    let piece = typeof some === 'string' ? Buffer.from(some) : some;
    done += piece.length;
    if (damages && piece.length > 0 && done > middle) {
      piece = damaged(piece);
      damages = false;
    }
    if (rate === undefined) {
      yield piece;
      continue;
    }
    const step = Math.max(1, Math.ceil(rate / 20));
    for (let from = 0; from < piece.length; from += step) {
      yield piece.subarray(from, from + step);
      await sleep(50);
    }
  }
}

/** The same piece again and again: the filler takes no memory, however long it is. */
function* filler(bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(1024 * 1024, 0x20);
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, left);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}
