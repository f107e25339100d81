import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** The whole response to one request. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
  /** The body as JSON; throws when the body is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of many shapes, and fail on an unexpected shape.
  readonly json: any;
}

/**
 * Sends one request over a new connection. Rejects when the connection breaks and after 20 seconds of silence.
 * @param origin such as `http://127.0.0.1:9000`
 * @param path path and query, sent as given
 */
export function call(
  origin: string | URL,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: Buffer | string,
): Promise<Answer> {
  const url = new URL(origin);
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(
      { host: url.hostname, port: url.port, method, path, headers, agent: false, timeout: 20_000 },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(pieces);
          const text = whole.toString();
          resolve({
            status: response.statusCode ?? 0,
            statusText: response.statusMessage ?? '',
            headers: response.headers,
            body: whole,
            text,
            get json() {
              return JSON.parse(text);
            },
          });
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer within 20 seconds')));
    request.on('error', reject);
    request.end(body);
  });
}
