import { lookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  type HttpAgents,
  type HttpRequest,
  type HttpResponse,
  type HttpTarget,
  keepAliveAgents,
  sendRequest,
} from './httpClient';
import { LeanClient } from './lean/leanClient';

export interface TransportOptions {
  /** Connections at once, to each service. */
  readonly maxConnections: number;
  /** Certificates that are trusted in place of Node's own, in PEM. */
  readonly ca?: string[] | undefined;
  /** Whether requests may leave the editor's client where that proved to connect directly. Read at every request. */
  readonly allowsDirect: () => boolean;
}

/**
 * How requests to one service are sent. `unknown`: by the editor's client, and the next response decides. `direct`: by our own. `editor`: by the
 * editor's client from now on, because a proxy, a certificate or a response needs it.
 */
type Route = 'unknown' | 'direct' | 'editor';

interface Service {
  route: Route;
  readonly direct: LeanClient;
}

/** Errors before anything was sent, which the editor's client may not have: it trusts more certificates, and knows proxies. */
const needsEditor = /^(CERT_|ERR_TLS|ERR_SSL|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** Errors that say that the way to the service has changed. */
const lostWay = /^(ECONNREFUSED|ENOTFOUND|EAI_|ENETUNREACH|EHOSTUNREACH|ENETDOWN|EADDRNOTAVAIL|ETIMEDOUT)/;

/**
 * Sends requests by the editor's client (`node:http`, which the editor patches for its proxies and certificates) until a response shows that its
 * connection led to the service itself, and by our own client from then on. Both follow no redirects and repeat nothing.
 */
export class HttpTransport {
  /** For clients that bring their own requests, such as an SDK. */
  readonly agents: HttpAgents;
  private readonly services = new Map<string, Service>();

  constructor(private readonly options: TransportOptions) {
    this.agents = keepAliveAgents(options.maxConnections, options.ca);
  }

  /** As `sendRequest`. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const service = this.serviceOf(request);
    if (service.route !== 'direct' || !this.options.allowsDirect() || !hasKnownLength(request))
      return this.sendByEditor(request, service, signal);
    try {
      return await service.direct.send(request, signal);
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? '');
      if (signal.aborted) throw error;
      if (code.startsWith('HPE_')) service.route = 'editor';
      else if (needsEditor.test(code)) {
        service.route = 'editor';
        // A handshake that failed has sent nothing, so the request is still whole.
        return this.sendByEditor(request, service, signal);
      } else if (lostWay.test(code)) service.route = 'unknown';
      throw error;
    }
  }

  /** Ends all idle connections. */
  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
    for (const { direct } of this.services.values()) direct.close();
  }

  private async sendByEditor(
    request: HttpRequest,
    service: Service,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const response = await sendRequest(request, this.agents, signal);
    if (service.route === 'unknown' && this.options.allowsDirect())
      service.route = (await isDirect(response.socket, request)) ? 'direct' : 'editor';
    return response;
  }

  private serviceOf(target: HttpTarget): Service {
    const key = `${target.protocol}//${target.hostname}:${target.port ?? ''}`;
    let service = this.services.get(key);
    if (!service) {
      const { maxConnections, ca } = this.options;
      const { protocol, hostname, port } = target;
      service = {
        route: 'unknown',
        direct: new LeanClient({ protocol, hostname, port }, { maxConnections, ca }),
      };
      this.services.set(key, service);
    }
    return service;
  }
}

/** Our own client sends no chunks: few services accept them in a request. */
function hasKnownLength({ body, headers }: HttpRequest): boolean {
  if (body === undefined || Buffer.isBuffer(body)) return true;
  const names = Array.isArray(headers) ? headers.filter((_, index) => index % 2 === 0) : Object.keys(headers);
  return names.some((name) => name.toLowerCase() === 'content-length');
}

/** Whether a connection leads to the service itself: to its port at one of its addresses, and where TLS is due, with the service's name. */
async function isDirect(
  socket: Socket | undefined,
  { protocol, hostname, port }: HttpTarget,
): Promise<boolean> {
  const isSecure = protocol === 'https:';
  if (!socket || socket.remotePort !== Number(port ?? (isSecure ? 443 : 80))) return false;
  if (isSecure && !(socket instanceof TLSSocket && socket.authorized)) return false;
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return false;
  if (isIP(hostname) !== 0) return sameAddress(remoteAddress, hostname);
  const addresses = await lookup(hostname, { all: true }).catch(() => []);
  return addresses.some(({ address }) => sameAddress(address, remoteAddress));
}

/** An IPv4 address may be written as IPv6. */
function sameAddress(a: string, b: string): boolean {
  return a.replace(/^::ffff:/i, '').toLowerCase() === b.replace(/^::ffff:/i, '').toLowerCase();
}
