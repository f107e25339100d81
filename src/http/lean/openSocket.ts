import net from 'node:net';
import tls from 'node:tls';
import type { HttpTarget } from '../httpClient';

/** Bytes that one read of a socket brings at most. */
const readBufferBytes = 64 * 1024;

export interface ConnectionOptions {
  readonly ca?: readonly string[] | undefined;
  readonly session?: Buffer | undefined;
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * A socket that connects, by TLS where that is due, with the certificate verified. The editor may replace `net.connect` and `tls.connect` by
 * functions that drop `onread`; the bytes then come as events.
 *
 * Every read fills the same buffer, unless `receive` says that it kept the bytes of the last one.
 */
export function openSocket(
  { protocol, hostname, port }: HttpTarget,
  { ca, session }: ConnectionOptions,
  receive: (bytes: Buffer) => boolean,
): net.Socket {
  const isSecure = protocol === 'https:';
  let buffer = Buffer.allocUnsafeSlow(readBufferBytes);
  const options = {
    host: hostname,
    port: Number(port ?? (isSecure ? 443 : 80)),
    noDelay: true,
    // Tries the other addresses of a host after 250 ms, whatever the process is set to.
    autoSelectFamily: true,
    onread: {
      buffer: () => buffer,
      callback: (length: number) => {
        if (receive(buffer.subarray(0, length))) buffer = Buffer.allocUnsafeSlow(readBufferBytes);
        return true;
      },
    },
  };
  const socket = isSecure
    ? tls.connect({
        ...options,
        rejectUnauthorized: true,
        ALPNProtocols: ['http/1.1'],
        ...(net.isIP(hostname) === 0 && { servername: hostname }),
        ...(ca && { ca: [...ca] }),
        ...(session && { session }),
      })
    : net.connect(options);
  return socket.on('data', (bytes: Buffer) => void receive(bytes));
}
