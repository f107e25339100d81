import { createServer, type Socket } from 'node:net';
import type { HttpRequest, HttpTarget } from '../../../../src/http/httpClient';
import { LeanClient, type LeanClientOptions } from '../../../../src/http/lean/leanClient';
import { listen } from '../../../servers/http/loopback';
import { startTlsFront, type TestCertificate } from '../../../servers/tls/tlsFront';
import { calm } from '../../../support/remoteCalls';

/** What a server saw on its connections. */
export interface Served {
  readonly connections: Socket[];
  /** Complete requests, as text, in the order in which they arrived. */
  readonly requests: string[];
}

export type Send = (more?: Partial<HttpRequest>, signal?: AbortSignal) => ReturnType<LeanClient['send']>;

/** Responds to each request (a head, and a body of its Content-Length) with what `respond` returns: bytes, or undefined for silence. */
export async function serving(
  respond: (request: string, socket: Socket, index: number) => string | Buffer | undefined,
  work: (send: Send, served: Served, client: LeanClient) => unknown,
  options: Partial<LeanClientOptions> & { certificate?: TestCertificate; hostname?: string } = {},
): Promise<void> {
  const served: Served = { connections: [], requests: [] };
  const server = createServer((socket) => {
    served.connections.push(socket);
    socket.on('error', () => {});
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      for (;;) {
        const head = received.indexOf('\r\n\r\n') + 4;
        if (head < 4) return;
        const length = Number(/content-length: (\d+)/i.exec(received.slice(0, head))?.[1] ?? 0);
        if (received.length < head + length) return;
        const request = received.slice(0, head + length);
        received = received.slice(head + length);
        const response = respond(request, socket, served.requests.push(request) - 1);
        if (response !== undefined) socket.write(response);
      }
    });
  });
  const listening = await listen(server);
  const front = options.certificate && (await startTlsFront(listening.port, options.certificate));
  const target: HttpTarget = {
    protocol: front ? 'https:' : 'http:',
    hostname: options.hostname ?? '127.0.0.1',
    port: String((front ?? listening).port),
  };
  const client = new LeanClient(target, { maxConnections: 4, ...options });
  try {
    await work(
      (more, signal = calm) =>
        client.send({ ...target, method: 'GET', path: '/', headers: { host: 's3.test' }, ...more }, signal),
      served,
      client,
    );
  } finally {
    client.close();
    await front?.stop();
    await listening.stop();
  }
}

/** Runs `work` with a client of a server that handles its sockets itself. */
export async function onSockets(
  handle: (socket: Socket, index: number) => void,
  work: (given: {
    send(more?: Partial<HttpRequest>, signal?: AbortSignal): ReturnType<LeanClient['send']>;
    sockets: Socket[];
    client: LeanClient;
  }) => Promise<unknown>,
  options: Partial<LeanClientOptions> & { readonly protocol?: string } = {},
): Promise<void> {
  const sockets: Socket[] = [];
  const { port, stop } = await listen(
    createServer((socket) => {
      socket.on('error', () => {});
      handle(socket, sockets.push(socket) - 1);
    }),
  );
  const target = { protocol: options.protocol ?? 'http:', hostname: '127.0.0.1', port: String(port) };
  const client = new LeanClient(target, { maxConnections: 2, ...options });
  const base = { ...target, method: 'GET', path: '/', headers: {} };
  try {
    await work({ client, sockets, send: (more, signal = calm) => client.send({ ...base, ...more }, signal) });
  } finally {
    client.close();
    await stop();
  }
}

/** A response with a body. */
export const okay = (body = '') => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
