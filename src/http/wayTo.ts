import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import tls, { TLSSocket } from 'node:tls';
import { isDirect, needsEditor, noteLookup } from './directConnection';
import { connectTimeoutMs, type ServiceAddress } from './httpClient';

/** How a connection reaches a service: without a detour, by a proxy or with a certificate that only the editor trusts, or not at all. */
export type WayTo = 'direct' | 'indirect' | 'unreachable';

/** How this thread's HTTP client, which the editor may have patched, reaches a service. Connects and sends nothing. Never rejects. */
export function wayTo(service: ServiceAddress): Promise<WayTo> {
  const { protocol, hostname, port, ca } = service;
  const isSecure = protocol === 'https:';
  return new Promise((resolve) => {
    const options = { host: hostname, port, method: 'HEAD', path: '/', timeout: connectTimeoutMs };
    // Looked up at every call: the editor replaces these functions to apply its proxy settings.
    const request = isSecure
      ? https.request({ ...options, agent: new https.Agent(ca && { ca: [...ca] }) })
      : http.request({ ...options, agent: new http.Agent() });
    const settle = (way: WayTo) => {
      clearTimeout(late);
      resolve(way);
      request.destroy();
    };
    const late = setTimeout(() => settle('unreachable'), connectTimeoutMs);
    request.on('error', () => settle('unreachable'));
    request.once('socket', (socket) => {
      noteLookup(socket);
      const connected = async () => settle((await isDirect(socket, service)) ? 'direct' : 'indirect');
      if (socket.connecting || (isSecure && isHandshaking(socket)))
        socket.once(isSecure ? 'secureConnect' : 'connect', () => void connected());
      else void connected();
    });
  });
}

function isHandshaking(socket: Socket): boolean {
  return socket instanceof TLSSocket && socket.getProtocol() === null;
}

/** Whether Node's own TLS trusts a service. Other failures count as trust: they say nothing about certificates. Connects and sends nothing. */
export function trusts({ protocol, hostname, port, ca }: ServiceAddress): Promise<boolean> {
  if (protocol !== 'https:') return Promise.resolve(true);
  return new Promise((resolve) => {
    const socket = tls.connect({
      host: hostname,
      port: Number(port ?? 443),
      ...(isIP(hostname) === 0 && { servername: hostname }),
      ...(ca && { ca: [...ca] }),
      timeout: connectTimeoutMs,
    });
    const answer = (isTrusted: boolean) => {
      resolve(isTrusted);
      socket.destroy();
    };
    socket.once('secureConnect', () => answer(true));
    socket.once('timeout', () => answer(true));
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => answer(!needsEditor.test(code)));
  });
}
