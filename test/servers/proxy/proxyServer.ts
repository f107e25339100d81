import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ProxyOptions {
  /** Host names that only this proxy can resolve → the port on this machine where they are. */
  readonly hosts: Readonly<Record<string, number>>;
  /** `user:password` that clients must send. */
  readonly login?: string;
}

/** One request that the proxy was asked to pass on. */
export interface ProxiedRequest {
  /** `CONNECT` for what is encrypted, else the method of the request itself. */
  readonly method: string;
  /** `host:port` as the client named it. */
  readonly to: string;
  readonly status: number;
}

export interface ProxyServer {
  /** `http://127.0.0.1:PORT`, with the login where one is needed. */
  readonly url: string;
  readonly port: number;
  /** What was asked, oldest first. */
  readonly requests: readonly ProxiedRequest[];
  stop(): Promise<void>;
}

/**
 * Starts a forward proxy (CONNECT and absolute addresses) on a free port of 127.0.0.1. It reaches nothing but `hosts`: what
 * succeeds for such a name has come through here. Other names are answered with 502, a missing login with 407.
 */
export async function startProxy({ hosts, login }: ProxyOptions): Promise<ProxyServer> {
  const requests: ProxiedRequest[] = [];
  const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const sockets = new Set<Duplex>();

  /** The port to pass on to, or the status of the refusal. */
  const decide = (message: IncomingMessage, method: string, to: URL): { port: number } | number => {
    const port = hosts[to.hostname];
    const status =
      expected !== undefined && message.headers['proxy-authorization'] !== expected
        ? 407
        : port === undefined
          ? 502
          : 200;
    requests.push({ method, to: to.host, status });
    return status === 200 && port !== undefined ? { port } : status;
  };

  const forward = (message: IncomingMessage, response: ServerResponse): void => {
    if (!URL.canParse(message.url ?? '')) {
      response.writeHead(400).end('This is a proxy.');
      return;
    }
    const to = new URL(message.url ?? '');
    const decision = decide(message, message.method ?? '', to);
    if (typeof decision === 'number') {
      response.writeHead(decision, decision === 407 ? { 'proxy-authenticate': 'Basic realm="proxy"' } : {});
      response.end();
      return;
    }
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = message.headers;
    const passedOn = httpRequest(
      {
        host: '127.0.0.1',
        port: decision.port,
        method: message.method,
        path: `${to.pathname}${to.search}`,
        headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    passedOn.on('error', () => response.destroy());
    message.pipe(passedOn);
  };

  const server = createServer(forward);
  server.on('connect', (message: IncomingMessage, client: Duplex, head: Buffer) => {
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    const decision = decide(message, 'CONNECT', new URL(`https://${message.url}`));
    if (typeof decision === 'number') {
      const challenge = decision === 407 ? 'Proxy-Authenticate: Basic realm="proxy"\r\n' : '';
      client.end(`HTTP/1.1 ${decision} Refused\r\n${challenge}Content-Length: 0\r\n\r\n`);
      return;
    }
    const target = connect(decision.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
    client.on('close', () => target.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${login === undefined ? '' : `${login}@`}127.0.0.1:${port}`,
    port,
    requests,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}
