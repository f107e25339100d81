import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addAbortListener, removeAbortListener } from '../base/aborts';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { readRedirect } from './authorizationResponse';

export interface RedirectListener {
  /** Where the browser is to come back to. */
  readonly redirectUri: string;
  /** The code it came back with. Rejects as `readRedirect` does, or with the signal's reason. */
  readonly code: Promise<string>;
  /** Frees the port. `code` then stays open if nothing came yet. */
  close(): void;
}

/** The page that was asked for last gets its answer before the listener is gone. */
const lingerMs = 500;

/**
 * Waits on this machine for the browser to come back with the answer to `state`. Listens on 127.0.0.1 only, at the port of `redirectUri`
 * (any free one when it names none). What isn't the answer to this question is turned away and waited on. Rejects with RemoteError
 * `unavailable` when the port is taken.
 */
export async function listenForRedirect(
  redirectUri: string,
  state: string,
  signal: AbortSignal,
): Promise<RedirectListener> {
  signal.throwIfAborted();
  const wanted = new URL(redirectUri);
  let settle: { resolve: (code: string) => void; reject: (error: unknown) => void } | undefined;
  const code = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever asked may be busy opening the browser when it is refused already.
  code.catch(() => {});

  const server = createServer((request, response) => {
    // Not `new URL`, which throws for a stray "//".
    const [path = '', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
    const answered = new URLSearchParams(query);
    const answer = (status: number, title: string, text: string) => {
      response.writeHead(status, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
        'Cache-Control': 'no-store',
        Connection: 'close',
      });
      response.end(page(title, text));
    };
    if (request.method !== 'GET' || path !== wanted.pathname)
      return answer(404, 'Nothing here', 'This address only waits for a sign-in to come back.');
    if (answered.get('state') !== state)
      return answer(400, 'Not expected', 'This is the answer to another sign-in. Start again in the editor.');
    try {
      const found = readRedirect(answered, state);
      answer(200, 'You are signed in', 'You can close this page and go back to the editor.');
      settle?.resolve(found);
    } catch (error) {
      const why = isRemoteError(error) ? error.message : 'The answer could not be read.';
      answer(200, 'You are not signed in', `${why} You can close this page and go back to the editor.`);
      settle?.reject(error);
    }
    setTimeout(close, lingerMs);
  });
  const aborted = () => {
    settle?.reject(signal.reason);
    close();
  };
  const close = () => {
    removeAbortListener(signal, aborted);
    server.close();
    server.closeAllConnections();
  };
  await listen(server, Number(wanted.port));
  // Not before: a server that is closed while it opens its port never tells that it did.
  addAbortListener(signal, aborted);
  if (signal.aborted) {
    close();
    throw signal.reason;
  }
  wanted.port = String((server.address() as AddressInfo).port);
  return { redirectUri: wanted.port === new URL(redirectUri).port ? redirectUri : wanted.href, code, close };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? `Port ${port} of this machine is taken by another program, perhaps another sign-in.`
          : `Port ${port} of this machine can't be listened on (${cause.code ?? cause.message}).`;
      reject(new RemoteError('unavailable', why, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

function page(title: string, text: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}</style>
</head><body><h1>${escaped(title)}</h1><p>${escaped(text)}</p></body></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
