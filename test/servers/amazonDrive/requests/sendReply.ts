import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { damaged } from '../operations/contentOperations';
import type { Reply } from './exchange';
import type { DriveFault } from './faults';

/**
 * Sends an answer, spoilt as the fault says.
 * @param sent told the bytes of the body as they go out
 */
export async function sendReply(
  message: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  fault: DriveFault | undefined,
  sent: (bytes: number) => void,
): Promise<void> {
  const { body } = reply;
  const whole = typeof body === 'string' || Buffer.isBuffer(body);
  const length = whole ? Buffer.byteLength(body) : reply.length;
  const headers: Record<string, string | number> = { 'x-amzn-RequestId': randomUUID(), ...reply.headers };
  if (length !== undefined && reply.status !== 204) headers['Content-Length'] = length;
  if (reply.statusText === undefined) response.writeHead(reply.status, headers);
  else response.writeHead(reply.status, reply.statusText, headers);
  const limit = fault?.cutResponseAfterBytes;
  if (limit !== undefined) response.flushHeaders();
  let done = 0;
  for await (const piece of pieces(whole ? [body] : body, fault, length)) {
    const part = limit === undefined ? piece : piece.subarray(0, limit - done);
    done += part.length;
    sent(part.length);
    if (part.length > 0 && !response.write(part)) await drained(response);
    if (response.destroyed || (limit !== undefined && done >= limit)) break;
  }
  if (limit === undefined) response.end();
  // The head and what was written must still go out.
  else message.socket.destroySoon();
}

/** The body in pieces, damaged or slowed down as the fault says. */
async function* pieces(
  body: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
  fault: DriveFault | undefined,
  length: number | undefined,
): AsyncGenerator<Buffer> {
  const { damageResponse, responseBytesPerSecond: rate } = fault ?? {};
  // Of a body whose length isn't known, the first piece is damaged.
  const at = damageResponse ? Math.floor((length ?? 0) / 2) : Number.POSITIVE_INFINITY;
  let done = 0;
  let pending = damageResponse === true;
  for await (const some of body) {
    let piece = typeof some === 'string' ? Buffer.from(some) : some;
    if (pending && piece.length > 0 && done + piece.length > at) {
      piece = damaged(piece);
      pending = false;
    }
    done += piece.length;
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
