import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { joinTo, listen } from '../http/loopback';

export interface ProxyOptions {
  /** The host names (or `host:port`) that this proxy knows, and the port of each on this machine. */
  readonly hosts: Readonly<Record<string, number>>;
  /** `user:password` that clients must send. */
  readonly login?: string;
}

/** One request to the proxy. */
export interface ProxiedRequest {
  /** `CONNECT` for an encrypted connection, else the method of the request itself. */
  readonly method: string;
  /** `host:port` as the client named it. */
  readonly to: string;
  readonly status: number;
}

export interface ProxyServer {
  /** `http://127.0.0.1:PORT`, with the login where one is needed. */
  readonly url: string;
  readonly port: number;
  /** Oldest first. */
  readonly requests: readonly ProxiedRequest[];
  stop(): Promise<void>;
}

/**
 * Starts a forward proxy (CONNECT and absolute addresses) on a free port of 127.0.0.1. The proxy reaches only `hosts`; it
 * answers 502 for other names and 407 without the login.
 */
export async function startProxy({ hosts, login }: ProxyOptions): Promise<ProxyServer> {
  const requests: ProxiedRequest[] = [];
  const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;

  /** The port to pass on to, or the status of the refusal. */
  const decide = (message: IncomingMessage, method: string, to: string): { port: number } | number => {
    const port = hosts[to] ?? hosts[to.replace(/:\d+$/, '')];
    const loggedIn = expected === undefined || message.headers['proxy-authorization'] === expected;
    const status = !loggedIn ? 407 : port === undefined ? 502 : 200;
    requests.push({ method, to, status });
    return status === 200 && port !== undefined ? { port } : status;
  };

  const forward = (message: IncomingMessage, response: ServerResponse): void => {
    if (!URL.canParse(message.url ?? '')) {
      response.writeHead(400).end('This is a proxy.');
      return;
    }
    const to = new URL(message.url ?? '');
    const decision = decide(message, message.method ?? '', to.host);
    if (typeof decision === 'number') {
      response.writeHead(decision, decision === 407 ? { 'proxy-authenticate': 'Basic realm="proxy"' } : {});
      response.end();
      return;
    }
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = message.headers;
    const target = { host: '127.0.0.1', port: decision.port, path: `${to.pathname}${to.search}` };
    const passedOn = httpRequest({ ...target, method: message.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passedOn.on('error', () => response.destroy());
    message.pipe(passedOn);
  };

  const server = createServer(forward);
  server.on('connect', (message: IncomingMessage, client: Duplex, head: Buffer) => {
    const decision = decide(message, 'CONNECT', message.url ?? '');
    if (typeof decision === 'number') {
      const challenge = decision === 407 ? 'Proxy-Authenticate: Basic realm="proxy"\r\n' : '';
      client.end(`HTTP/1.1 ${decision} Refused\r\n${challenge}Content-Length: 0\r\n\r\n`);
      return;
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) client.unshift(head);
    joinTo(decision.port, client);
  });
  const { port, stop } = await listen(server);
  return { url: `http://${login === undefined ? '' : `${login}@`}127.0.0.1:${port}`, port, requests, stop };
}
