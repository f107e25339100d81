import type { IncomingHttpHeaders } from 'node:http';

/** One answered (or broken) request. */
export interface LoggedRequest {
  /** S3's operation name, such as `ListObjectsV2`. */
  operation: string;
  method: string;
  bucket: string | undefined;
  key: string | undefined;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** The HTTP status; 0 when the connection was broken without an answer. */
  status: number;
  /** S3's error code when the request was refused. */
  code: string | undefined;
  /** Payload bytes received, chunk framing not counted. */
  bytesIn: number;
  /** Body bytes sent. */
  bytesOut: number;
  /** Milliseconds since 1970 by the machine's own clock, whatever the server's clock is set to. */
  at: number;
}

/** The newest requests, oldest first. The array is always the same one, so it may be kept. */
export class RequestLog {
  readonly requests: LoggedRequest[] = [];

  /** @param limit how many requests are kept at least; 0 keeps none */
  constructor(private readonly limit: number) {}

  add(request: LoggedRequest): void {
    if (this.limit === 0) return;
    this.requests.push(request);
    // Cut rarely and by much: shifting one by one would cost time on every request.
    if (this.requests.length > this.limit * 2) this.requests.splice(0, this.requests.length - this.limit);
  }

  clear(): void {
    this.requests.length = 0;
  }
}
