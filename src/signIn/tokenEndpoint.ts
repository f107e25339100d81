import type { Clock } from '../base/clock';
import { parseRecord } from '../base/encoding';
import { readText, retryAfterMs, sendRequest, targetOf, timedOut } from '../http/httpClient';
import { RemoteError, type RemoteErrorKind } from '../remote/remoteError';
import type { TokenBlob } from './tokenBlob';

/** Who asks for tokens, and where. A public client has no secret: it proves itself by PKCE. */
export interface OAuthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** Milliseconds that the token endpoint may take in all. */
const timeoutMs = 30_000;
/** More than any token response has. */
const maxBytes = 64 * 1024;

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
  const answer = parseRecord(body) ?? {};
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

function refusesClient({ status, body }: TokenResponse): boolean {
  return status === 401 || parseRecord(body)?.['error'] === 'invalid_client';
}

/** Each half is form-encoded first (RFC 6749 §2.3.1). */
function basic(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ '': text }).toString().slice(1),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
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

interface TokenResponse {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly body: string;
}

/** Without an agent, so that the editor's proxy settings apply even where it leaves requests with an agent alone. */
async function post(
  url: string,
  form: string,
  authorization: string | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const target = new URL(url);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(timedOut()), timeoutMs);
  try {
    const response = await sendRequest(
      {
        ...targetOf(target),
        method: 'POST',
        path: target.pathname + target.search,
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': String(Buffer.byteLength(form)),
          Accept: 'application/json',
          ...(authorization !== undefined && { Authorization: authorization }),
        },
        body: Buffer.from(form),
      },
      undefined,
      AbortSignal.any([signal, deadline.signal]),
    );
    return {
      status: response.statusCode ?? 0,
      retryAfterMs: retryAfterMs(response.headers['retry-after'], clock.now()),
      body: await readText(response, maxBytes, () => tooLong(url)),
    };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof RemoteError) throw cause;
    const code = codeOf(cause);
    const problem = code === 'ETIMEDOUT' ? 'did not respond in time' : `can't be reached (${code})`;
    throw new RemoteError('unavailable', `${hostOf(url)} ${problem}. Try again later.`, { cause });
  } finally {
    clearTimeout(timer);
  }
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
