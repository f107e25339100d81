import { Readable } from 'node:stream';
import { isDirect, needsEditor, noteLookup } from './directConnection';
import {
  type AllowConnection,
  type HttpAgents,
  type HttpRequest,
  type HttpTarget,
  keepAliveAgents,
  sendRequest,
} from './httpClient';
import { BodyCut, type HttpResponse } from './httpResponse';
import { LeanClient, NotConnected } from './lean/leanClient';

export interface TransportOptions {
  /** Connections at once, to each service. */
  readonly maxConnections: number;
  /** Certificates that are trusted in place of Node's own, in PEM. */
  readonly ca?: string[] | undefined;
  /** Whether requests may leave the editor's client where that proved to connect directly. Read at every request. */
  readonly allowsDirect: () => boolean;
  readonly allowConnection?: AllowConnection | undefined;
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
    this.agents = keepAliveAgents(options.maxConnections, options);
  }

  /** As `sendRequest`. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const service = this.serviceOf(request);
    if (service.route !== 'direct' || !this.options.allowsDirect() || !hasKnownLength(request))
      return this.sendByEditor(request, service, signal);
    try {
      return await service.direct.send(request, signal);
    } catch (error) {
      if (error instanceof NotConnected) {
        service.route = needsEditor.test(error.code) ? 'editor' : 'unknown';
        return this.sendByEditor(request, service, signal);
      }
      const code = String((error as { code?: unknown } | null)?.code ?? '');
      if (lostWay.test(code)) service.route = 'unknown';
      if (!code.startsWith('HPE_')) throw error;
      if (isHarmless(request)) return this.sendByEditor(request, service, signal);
      // The service may have done what it was asked. A retry knows how to find out, and goes the editor's way.
      throw new BodyCut(0, error);
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
    const response = await sendRequest(request, this.agents, signal, noteLookup);
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
      const added: Service = {
        route: 'unknown',
        direct: new LeanClient(
          { protocol, hostname, port },
          {
            maxConnections,
            ca,
            onOddResponse: () => {
              added.route = 'editor';
            },
          },
        ),
      };
      service = added;
      this.services.set(key, added);
    }
    return service;
  }
}

/** Whether a request may be made twice. */
function isHarmless({ method, body }: HttpRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && body === undefined;
}

/** Our own client sends no chunks: few services accept them in a request. */
function hasKnownLength({ body, headers }: HttpRequest): boolean {
  if (!(body instanceof Readable)) return true;
  const names = Array.isArray(headers) ? headers.filter((_, index) => index % 2 === 0) : Object.keys(headers);
  return names.some((name) => name.toLowerCase() === 'content-length');
}
