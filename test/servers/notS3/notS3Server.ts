import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:net';
import { listen } from '../http/loopback';

const page = '<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in.</body></html>';
const html = { 'content-type': 'text/html; charset=utf-8' };

const answers = {
  webPage: (_, response) => response.writeHead(200, html).end(page),
  loginPage: (_, response) =>
    response.writeHead(302, { ...html, location: 'https://login.test/sign-in?secret=1' }).end(page),
  missingPage: (_, response) => response.writeHead(404, html).end(page),
  forbiddenPage: (_, response) => response.writeHead(403, html).end(page),
  empty: (_, response) => response.writeHead(200).end(),
  json: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'),
} satisfies Record<string, RequestListener>;

/** The kinds of servers that respond in place of an S3 service. */
export type NotS3 = keyof typeof answers | 'otherText';

export interface NotS3Server {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1 that responds the same to every request. `otherText` does not speak HTTP. */
export async function startNotS3(what: NotS3 | RequestListener): Promise<NotS3Server> {
  const server: Server =
    what === 'otherText'
      ? createServer((socket) => {
          socket.on('error', () => {});
          socket.once('data', () => socket.end('220 mail.test ESMTP\r\n'));
        })
      : createHttpServer((message, response) => {
          message.resume();
          message.on('end', () => (typeof what === 'string' ? answers[what] : what)(message, response));
        });
  const { origin, stop } = await listen(server);
  return { endpoint: origin, stop };
}
