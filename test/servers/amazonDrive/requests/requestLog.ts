import type { IncomingHttpHeaders } from 'node:http';
import type { DriveOperation } from './driveRequest';

/** One answered (or broken) request. Holds no token, code or secret. */
export interface LoggedDriveRequest {
  operation: DriveOperation;
  method: string;
  /** Path and query as they came; tokens and signatures in the query are replaced by `…`. */
  url: string;
  /** The HTTP status; 0 while it isn't answered, or when the connection was broken without an answer. */
  status: number;
  /** Whose token came with it, also when it had expired. */
  account?: string;
  /** Bytes of the request's body that were read. */
  bodyBytes: number;
  /** Bytes of the answer's body that were sent. */
  responseBytes: number;
  /** Without cookies; of Authorization only the scheme, such as `Bearer`. */
  headers: IncomingHttpHeaders;
  /** The JSON body of metadata calls. */
  json?: unknown;
  /** The name of the node that was meant, where that is known: in the path, to be made, or the child that is moved. */
  node?: string;
  /** `grant_type` of a token request. */
  grantType?: string;
  /** Milliseconds since 1970 by the machine's own clock, whatever the server's clock is set to. */
  at: number;
}

/** The newest requests, oldest first. The array is always the same one, so it may be kept. */
export class DriveRequestLog {
  readonly requests: LoggedDriveRequest[] = [];

  /** @param limit how many requests are kept at least; 0 keeps none */
  constructor(private readonly limit: number) {}

  add(request: LoggedDriveRequest): void {
    if (this.limit === 0) return;
    this.requests.push(request);
    // Cut rarely and by much: shifting one by one would cost time on every request.
    if (this.requests.length > this.limit * 2) this.requests.splice(0, this.requests.length - this.limit);
  }

  clear(): void {
    this.requests.length = 0;
  }
}

/** The headers that may be kept. */
export function harmlessHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { authorization, cookie: _, 'proxy-authorization': __, ...kept } = headers;
  return authorization === undefined
    ? kept
    : { ...kept, authorization: authorization.split(' ', 1)[0] ?? '' };
}

/** The address with what is secret in its query replaced. */
export function harmlessUrl(url: string): string {
  return url.replace(/([?&](?:access_token|X-Amz-Signature|code)=)[^&]*/g, '$1…');
}
