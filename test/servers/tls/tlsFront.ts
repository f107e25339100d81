import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import path from 'node:path';
import { createServer } from 'node:tls';

/**
 * Certificates made once for these tests, valid until 2126; nothing else trusts their authority, whose key was thrown away.
 * `server` is for s3.test, *.s3.test, localhost and 127.0.0.1; `otherHost` for elsewhere.test; `expired` ended in 2020.
 */
export type TestCertificate = 'server' | 'otherHost' | 'expired';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

/** The file of a certificate, or of the `authority` that signed them all. */
export function certificateFile(name: TestCertificate | 'authority'): string {
  return path.join(root, 'test/servers/tls/certificates', `${name}.pem`);
}

export interface TlsFront {
  readonly port: number;
  stop(): Promise<void>;
}

/** Speaks TLS on a free port of 127.0.0.1 and hands everything on to the plain server at `port`. */
export async function startTlsFront(
  port: number,
  certificate: TestCertificate = 'server',
): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const server = createServer(
    {
      cert: readFileSync(certificateFile(certificate)),
      key: readFileSync(path.join(root, 'test/servers/tls/certificates/server.key')),
    },
    (client) => {
      const target = connect(port, '127.0.0.1');
      target.on('error', () => client.destroy());
      client.on('error', () => target.destroy());
      client.on('close', () => target.destroy());
      client.pipe(target).pipe(client);
    },
  );
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // A client that refuses the certificate ends the handshake; that is what some tests are about.
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
