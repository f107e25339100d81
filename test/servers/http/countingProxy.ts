import net from 'node:net';

/** A relay that counts the bytes of all connections, also of those that break. */
export interface CountingProxy {
  readonly endpoint: string;
  /** Bytes from clients (`in`), and bytes for clients (`out`). */
  readonly counts: { in: number; out: number };
  stop(): Promise<void>;
}

/** Relays connections from a free port of 127.0.0.1 to `port`. */
export async function startCountingProxy(port: number): Promise<CountingProxy> {
  const counts = { in: 0, out: 0 };
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const service = net.connect(port, '127.0.0.1');
    client.on('data', (chunk) => {
      counts.in += chunk.length;
    });
    service.on('data', (chunk) => {
      counts.out += chunk.length;
    });
    for (const [one, other] of [
      [client, service],
      [service, client],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as net.AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${own}`,
    counts,
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
