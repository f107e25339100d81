import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addAbortListener, removeAbortListener } from '../base/aborts';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { readRedirect } from './authorizationResponse';

export interface RedirectListener {
  readonly redirectUri: string;
  /** Rejects like `readRedirect`, or with the signal's reason. */
  readonly code: Promise<string>;
  /** Frees the port. A pending `code` stays pending. */
  close(): void;
}

/** The server stays open this long after the redirect, in milliseconds, so that the browser receives its page. */
const lingerMs = 500;

/**
 * Waits on this machine for the redirect that carries `state`. Listens on 127.0.0.1 only, at the port of `redirectUri` (without a port, at
 * any free one). Rejects other requests and continues to wait. Rejects with RemoteError `unavailable` when the port is in use.
 */
export async function listenForRedirect(
  redirectUri: string,
  state: string,
  signal: AbortSignal,
): Promise<RedirectListener> {
  signal.throwIfAborted();
  const expected = new URL(redirectUri);
  let settle: { resolve: (code: string) => void; reject: (error: unknown) => void } | undefined;
  const code = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // The caller may still be opening the browser when the code is rejected.
  code.catch(() => {});

  const server = createServer((request, response) => {
    // `new URL` would throw for a stray "//".
    const [path = '', search = ''] = (request.url ?? '/').split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const respond = (status: number, title: string, text: string) => {
      response.writeHead(status, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
        'Cache-Control': 'no-store',
        Connection: 'close',
      });
      response.end(page(title, text));
    };
    if (request.method !== 'GET' || path !== expected.pathname)
      return respond(404, 'Not found', 'This address only receives the redirect of a sign-in.');
    if (query.get('state') !== state)
      return respond(
        400,
        'Unexpected response',
        'This response belongs to another sign-in. Start again in the editor.',
      );
    try {
      settle?.resolve(readRedirect(query, state));
      respond(200, 'You are signed in', 'You can close this page and return to the editor.');
    } catch (error) {
      const reason = isRemoteError(error) ? error.message : "The response can't be read.";
      respond(200, 'You are not signed in', `${reason} You can close this page and return to the editor.`);
      settle?.reject(error);
    }
    setTimeout(close, lingerMs);
  });
  const onAbort = () => {
    settle?.reject(signal.reason);
    close();
  };
  const close = () => {
    removeAbortListener(signal, onAbort);
    server.close();
    server.closeAllConnections();
  };
  await listen(server, Number(expected.port));
  // Not earlier: a server that is closed while it opens its port never emits "listening".
  addAbortListener(signal, onAbort);
  if (signal.aborted) {
    close();
    throw signal.reason;
  }
  if (Number(expected.port) > 0) return { redirectUri, code, close };
  expected.port = String((server.address() as AddressInfo).port);
  return { redirectUri: expected.href, code, close };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `Port ${port} of this machine is used by another program, perhaps by another sign-in.`
          : `Port ${port} of this machine can't be opened (${cause.code ?? cause.message}).`;
      reject(new RemoteError('unavailable', message, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

function page(title: string, text: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}</style>
</head><body><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
