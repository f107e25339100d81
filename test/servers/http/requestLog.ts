import type { IncomingHttpHeaders } from 'node:http';

/** One answered or broken request, as every embedded server logs it. */
export interface LoggedHttpRequest {
  operation: string;
  method: string;
  headers: IncomingHttpHeaders;
  /** The HTTP status; 0 before the answer, and when the connection was broken without an answer. */
  status: number;
  /** Bytes of the request's body that were read. */
  bytesIn: number;
  /** Bytes of the response's body that were sent. */
  bytesOut: number;
  /** Milliseconds since 1970 by the machine's clock, whatever the server's clock is set to. */
  at: number;
}

/** The newest requests, oldest first. The array stays the same object, so a test may keep a reference. */
export class RequestLog<Entry extends LoggedHttpRequest> {
  readonly requests: Entry[] = [];

  /** @param limit how many requests the log keeps at least (default 50,000); false keeps nothing */
  constructor(private readonly limit: number | false = 50_000) {}

  add(request: Entry): void {
    if (this.limit === false) return;
    this.requests.push(request);
    // One large cut now and then is cheaper than a shift on every request.
    if (this.requests.length > this.limit * 2) this.requests.splice(0, this.requests.length - this.limit);
  }

  clear(): void {
    this.requests.length = 0;
  }
}
