import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A server that listens on 127.0.0.1. */
export interface Listening {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly origin: string;
  /** Closes all connections and frees the port. */
  stop(): Promise<void>;
}

/**
 * Lets an HTTP, TLS or TCP server listen on 127.0.0.1; rejects when the port is taken.
 * @param port 0 takes any free port
 */
export async function listen(server: Server, port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const given = (server.address() as AddressInfo).port;
  return {
    port: given,
    origin: `http://127.0.0.1:${given}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Joins a connection with a new one to `port` on 127.0.0.1; each ends with the other. */
export function joinTo(port: number, client: Duplex): void {
  const target = connect(port, '127.0.0.1');
  target.on('error', () => client.destroy());
  client.on('error', () => target.destroy());
  client.on('close', () => target.destroy());
  client.pipe(target).pipe(client);
}
