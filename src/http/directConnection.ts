import { lookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpTarget } from './httpClient';

/** Errors of a handshake, which the editor's client may not have: it trusts more certificates, and knows proxies. */
export const needsEditor = /^(CERT_|ERR_TLS|ERR_SSL|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** The host that each socket looked up to connect to. */
const lookedUp = new WeakMap<Socket, string>();

/** Call before the socket of a request connects: a service may have other addresses a second later, and `isDirect` then needs to know its host. */
export function noteLookup(socket: Socket): void {
  if (!socket.connecting) return;
  socket.once('lookup', (_error: Error | null, _address: string, _family: string | number, host: string) =>
    lookedUp.set(socket, host),
  );
}

/** Whether a connection leads to the service itself: to its port at one of its addresses, and where TLS is due, with the service's name. */
export async function isDirect(
  socket: Socket | undefined,
  { protocol, hostname, port }: HttpTarget,
): Promise<boolean> {
  const isSecure = protocol === 'https:';
  if (!socket || socket.remotePort !== Number(port ?? (isSecure ? 443 : 80))) return false;
  if (isSecure && !(socket instanceof TLSSocket && socket.authorized)) return false;
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return false;
  if (isIP(hostname) !== 0) return sameAddress(remoteAddress, hostname);
  const host = lookedUp.get(socket);
  if (host !== undefined) return host.toLowerCase() === hostname.toLowerCase();
  const addresses = await lookup(hostname, { all: true }).catch(() => []);
  return addresses.some(({ address }) => sameAddress(address, remoteAddress));
}

/** An IPv4 address may be written as IPv6. */
function sameAddress(a: string, b: string): boolean {
  return a.replace(/^::ffff:/i, '').toLowerCase() === b.replace(/^::ffff:/i, '').toLowerCase();
}
