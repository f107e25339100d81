import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createServer } from 'node:tls';
import { joinTo, type Listening, listen } from '../http/loopback';

/**
 * Certificates that one authority signed, valid from 2020 to 2126; the authority's key no longer exists. `server` is for
 * s3.test, *.s3.test, localhost and 127.0.0.1; `otherHost` is for elsewhere.test; `expired` ended in February 2020;
 * `amazonDrive` is for drive.amazonaws.com.
 */
export type TestCertificate = 'server' | 'otherHost' | 'expired' | 'amazonDrive';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

/** The file of a certificate, or of the `authority` that signed them all. */
export function certificateFile(name: TestCertificate | 'authority'): string {
  return path.join(root, 'test/servers/tls/certificates', `${name}.pem`);
}

/** Accepts TLS on a free port of 127.0.0.1 and passes the decrypted bytes on to the plain server at `port`. */
export async function startTlsFront(
  port: number,
  certificate: TestCertificate = 'server',
): Promise<Listening> {
  const server = createServer(
    {
      cert: readFileSync(certificateFile(certificate)),
      key: readFileSync(path.join(root, 'test/servers/tls/certificates/server.key')),
    },
    (client) => joinTo(port, client),
  );
  // A client that refuses the certificate ends the handshake; some tests provoke that.
  server.on('tlsClientError', () => {});
  return listen(server);
}
