import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { forgetAbort, hearAbort } from '../base/aborts';
import type { Clock } from '../base/clock';
import { RemoteError, type RemoteErrorKind } from '../remote/remoteError';
import type { TokenBlob } from './tokenBlob';

/** Who asks for tokens, and where. A public client has no secret: it proves itself by PKCE. */
export interface OAuthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** How long the token endpoint may take. */
const patienceMs = 30_000;
/** More than any token answer has. */
const mostBytes = 64 * 1024;

/** Exchanges the code that a browser came back with for tokens (API page §1.4). Throws as `refreshToken`. */
export async function exchangeCode(
  client: OAuthClient,
  answer: { readonly code: string; readonly redirectUri: string; readonly verifier: string },
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenBlob> {
  const { code, redirectUri, verifier } = answer;
  return tokensFrom(
    client,
    { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
    clock,
    signal,
  );
}

/**
 * New tokens for an old refresh token, which is kept when the answer has none (§1.5, §1.6). Throws RemoteError by §1.7: `unauthenticated`
 * when the refresh token is no longer good, `badSettings` when the client isn't, `unavailable` when the service or the way to it is in
 * trouble, `damaged` for an answer without a token, `other` for the rest. Tries once.
 */
export async function refreshToken(
  client: OAuthClient,
  refresh: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenBlob> {
  const fresh = await tokensFrom(
    client,
    { grant_type: 'refresh_token', refresh_token: refresh },
    clock,
    signal,
  );
  return fresh.refreshToken === undefined ? { ...fresh, refreshToken: refresh } : fresh;
}

async function tokensFrom(
  client: OAuthClient,
  fields: Readonly<Record<string, string>>,
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenBlob> {
  const { tokenUrl, clientId, clientSecret } = client;
  const form = new URLSearchParams({
    ...fields,
    client_id: clientId,
    ...(clientSecret && { client_secret: clientSecret }),
  });
  const asked = clock.now();
  let reply = await post(tokenUrl, form.toString(), undefined, clock, signal);
  if (clientSecret && refusesClient(reply)) {
    // Basic is what every service has to take, the body only what most do (RFC 6749 §2.3.1). A refused client has used up no code.
    const rest = new URLSearchParams(fields).toString();
    reply = await post(tokenUrl, rest, basic(clientId, clientSecret), clock, signal);
  }
  const { status, retryAfterMs, body } = reply;
  const answer = parsed(body);
  if (status < 200 || status > 299) throw refusal(client.tokenUrl, status, answer, retryAfterMs);
  const { access_token, refresh_token, expires_in } = answer;
  if (typeof access_token !== 'string' || access_token === '')
    throw new RemoteError(
      'corrupted',
      `${hostOf(client.tokenUrl)} answered without a token. Is "token_url" right?`,
    );
  const seconds = Number(expires_in);
  return {
    accessToken: access_token,
    ...(typeof refresh_token === 'string' && refresh_token !== '' && { refreshToken: refresh_token }),
    ...(Number.isFinite(seconds) && seconds > 0 && { expiresMs: asked + seconds * 1000 }),
  };
}

function refusesClient({ status, body }: Answer): boolean {
  return status === 401 || parsed(body)['error'] === 'invalid_client';
}

/** Each half is form-encoded first (RFC 6749 §2.3.1). */
function basic(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ '': text }).toString().slice(1),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Never quotes the answer's description: services have been seen to repeat what they were sent. */
function refusal(
  tokenUrl: string,
  status: number,
  answer: Readonly<Record<string, unknown>>,
  retryAfterMs: number | undefined,
): RemoteError {
  const host = hostOf(tokenUrl);
  const told = answer['error'];
  // A word of the protocol, or nothing: anything else could be what we sent.
  const error = typeof told === 'string' && /^[a-z_]{1,40}$/.test(told) ? told : undefined;
  const code = error === undefined ? `${status}` : `${error} (${status})`;
  const details = { code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  const fail = (kind: RemoteErrorKind, message: string) => new RemoteError(kind, message, details);
  if (status === 429 || status >= 500)
    return fail('unavailable', `${host} can't give tokens at the moment: ${code}. Try again later.`);
  switch (error) {
    case 'invalid_grant':
      return new RemoteError('unauthenticated', `${host} no longer accepts the sign-in. Sign in again.`, {
        ...details,
        signIn: true,
      });
    case 'invalid_client':
    case 'unauthorized_client':
      return fail(
        'badSettings',
        `${host} does not accept the client: ${code}. Check "client_id" and the client secret of the remote.`,
      );
    default:
      return fail('other', `${host} refused to give tokens: ${code}. Is "token_url" right?`);
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly body: string;
}

/** Through the editor's own http modules and without an agent, so that its proxy settings and certificates apply. */
function post(
  url: string,
  form: string,
  authorization: string | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    let late = false;
    const settled = () => {
      clearTimeout(patience);
      forgetAbort(signal, giveUp);
    };
    const fail = (cause: unknown) => {
      settled();
      if (signal.aborted) return reject(signal.reason);
      if (cause instanceof RemoteError) return reject(cause);
      const why = late ? 'did not answer in time' : `can't be reached (${codeOf(cause)})`;
      reject(new RemoteError('unavailable', `${hostOf(url)} ${why}. Try again later.`, { cause }));
    };
    const outgoing = request(
      url,
      {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': Buffer.byteLength(form),
          Accept: 'application/json',
          ...(authorization !== undefined && { Authorization: authorization }),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let length = 0;
        incoming.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > mostBytes) incoming.destroy(tooLong(url));
          else chunks.push(chunk);
        });
        incoming.on('error', fail);
        incoming.on('end', () => {
          settled();
          resolve({
            status: incoming.statusCode ?? 0,
            retryAfterMs: retryAfter(incoming.headers['retry-after'], clock.now()),
            body: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    // A request that has no socket yet tells nobody that it was destroyed, so the failure is told here as well.
    const giveUp = () => {
      fail(undefined);
      outgoing.destroy();
    };
    const patience = setTimeout(() => {
      late = true;
      giveUp();
    }, patienceMs);
    hearAbort(signal, giveUp);
    outgoing.on('error', fail);
    outgoing.end(form);
  });
}

/** Milliseconds from now that a Retry-After header, of seconds or a date, asks to wait. */
function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return ms > 0 ? ms : undefined;
}

function tooLong(url: string): RemoteError {
  return new RemoteError(
    'corrupted',
    `${hostOf(url)} answered with far more than a token. Is "token_url" right?`,
  );
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? (cause instanceof Error ? cause.message : String(cause));
}

function hostOf(url: string): string {
  return new URL(url).host;
}
