import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { makeCertificates } from './certificate';

/** The only address that can be reached, because clients have it built in (9.1). */
const HOST = 'drive.amazonaws.com';

export interface RcloneDoor {
  /** `http://127.0.0.1:PORT`, for HTTPS_PROXY. */
  readonly proxy: string;
  /** The authority to trust, in PEM, for SSL_CERT_FILE. */
  readonly caFile: string;
  /** What else was asked for, as `host:port`; all of it was refused. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

/**
 * Opens the way by which a client with a built-in address comes to the test server (section 9.2): a proxy that answers CONNECT
 * to that address with TLS of its own making and refuses everything else, so that nothing leaves the machine.
 */
export async function startRcloneDoor(server: { readonly port: number }): Promise<RcloneDoor> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'amazon-drive-door-'));
  const caFile = path.join(folder, 'authority.pem');
  const made = makeCertificates(HOST);
  writeFileSync(caFile, made.authority);
  const sockets = new Set<Duplex>();
  const refused: string[] = [];

  const tls = createTlsServer({ cert: made.server.certificate, key: made.server.key }, (client) => {
    const target = connect(server.port, '127.0.0.1');
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
    client.on('close', () => target.destroy());
    client.pipe(target).pipe(client);
  });
  // A client that refuses the certificate ends the handshake; it says so itself.
  tls.on('tlsClientError', () => {});

  const proxy = createServer((_, response) => response.writeHead(403).end('Only CONNECT is served here.'));
  proxy.on('connect', (message: IncomingMessage, client: Duplex, head: Buffer) => {
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    if (message.url !== `${HOST}:443`) {
      refused.push(message.url ?? '');
      client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) client.unshift(head);
    tls.emit('connection', client);
  });
  await new Promise<void>((resolve, reject) => {
    proxy.once('error', reject);
    proxy.listen(0, '127.0.0.1', resolve);
  });
  return {
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    caFile,
    refused,
    stop: () =>
      new Promise<void>((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
        for (const socket of sockets) socket.destroy();
        rmSync(folder, { recursive: true, force: true });
      }),
  };
}
