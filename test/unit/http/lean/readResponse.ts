import http from 'node:http';
import { Duplex } from 'node:stream';
import { ResponseParser } from '../../../../src/http/lean/responseParser';

/** A response as a client understood it. */
export interface Read {
  readonly statusCode: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  readonly isComplete: boolean;
}

/** Feeds the pieces to a parser. Throws what the parser throws for bytes before the end of the response. */
export function parse(
  pieces: readonly Buffer[],
  method: string,
): Read & { readonly canReuse: boolean; readonly hasMore: boolean } {
  let read: Read = { statusCode: 0, headers: {}, body: '', isComplete: false };
  const parser = new ResponseParser({
    onHead: ({ statusCode, headers }) => {
      read = { ...read, statusCode, headers: { ...headers } };
    },
    onBody: (bytes) => {
      read = { ...read, body: read.body + bytes.toString('latin1') };
    },
    onEnd: () => {
      read = { ...read, isComplete: true };
    },
  });
  parser.expect(method);
  let canReuse = false;
  let hasMore = false;
  try {
    for (const piece of pieces) parser.feed(Buffer.from(piece));
    canReuse = parser.canReuse;
    parser.close();
  } catch (error) {
    if (!read.isComplete) throw error;
    hasMore = true;
  }
  return { ...read, canReuse, hasMore };
}

export function parseText(text: string, method = 'GET') {
  return parse([Buffer.from(text, 'latin1')], method);
}

export const ok = 'HTTP/1.1 200 OK\r\n';

/** Reads the same bytes by `node:http`, over a connection in memory. */
export function readByNode(pieces: readonly Buffer[], method: string): Promise<Read> {
  return new Promise((resolve, reject) => {
    const connection = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done();
      },
    });
    // A connection of memory answers at once, so the request must be complete first.
    setImmediate(() => {
      for (const piece of pieces) connection.push(piece);
      connection.push(null);
    });
    const request = http.request({ method, createConnection: () => connection, headers: { host: 'x' } });
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString('latin1');
      });
      response.on('error', reject);
      response.on('close', () =>
        resolve({
          statusCode: response.statusCode ?? 0,
          headers: { ...response.headers },
          body,
          isComplete: response.complete,
        }),
      );
    });
    request.end();
  });
}
