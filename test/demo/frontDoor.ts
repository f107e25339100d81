import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy in front of the editor's server. */
export interface FrontDoor {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Forwards everything to the editor's server at 127.0.0.1:`target`, except one request that the bare server lacks: the key with which
 * the window encrypts secrets, without which secrets are lost in a reload. Forwards `/proxy/PORT/…`, where the window opens pages of this
 * machine, to the ports in `proxied`. `port` 0 is any free port. Throws when the port is taken.
 */
export async function openFrontDoor(
  target: number,
  port: number,
  secretsKey: Buffer,
  proxied: readonly number[] = [],
): Promise<FrontDoor> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'POST' && incoming.url?.split('?')[0]?.endsWith('/mint-key')) {
      incoming.resume();
      outgoing.end(secretsKey);
      return;
    }
    const [, named, below] = /^\/proxy\/(\d+)(\/.*)$/.exec(incoming.url ?? '') ?? [];
    const other = named !== undefined && proxied.includes(Number(named)) ? Number(named) : undefined;
    const passed = httpRequest(
      {
        host: '127.0.0.1',
        port: other ?? target,
        method: incoming.method,
        path: other === undefined ? incoming.url : below,
        headers: incoming.headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const passed = connect(target, '127.0.0.1', () => {
      const headers = incoming.rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`));
      passed.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers.join('')}\r\n`);
      passed.write(head);
      passed.pipe(socket);
      socket.pipe(passed);
    });
    sockets.add(passed);
    for (const [one, other] of [
      [socket, passed],
      [passed, socket],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
