import type { Clock } from '../base/clock';
import { parseRecord } from '../base/encoding';
import { retryAfterMs, sendRequest, targetOf, timedOut } from '../http/httpClient';
import { readText } from '../http/httpResponse';
import { RemoteError, type RemoteErrorKind } from '../remote/remoteError';
import { type TokenBlob, tokenBlob } from './tokenBlob';

/** A registered client and its token endpoint. A public client has no secret and proves itself by PKCE. */
export interface OAuthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
}

/** For a whole request to the token endpoint, in milliseconds. */
const timeoutMs = 30_000;
/** More than any token response has. */
const maxResponseBytes = 64 * 1024;

/** Exchanges the code of a redirect for tokens (docs/amazon-drive-api.md §1). Throws like `refreshToken`. */
export function exchangeCode(
  client: OAuthClient,
  {
    code,
    redirectUri,
    verifier,
  }: { readonly code: string; readonly redirectUri: string; readonly verifier: string },
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenBlob> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
  return requestTokens(client, form, clock, signal);
}

/**
 * Requests new tokens with a refresh token, which stays valid when the response has none (docs/amazon-drive-api.md §1). Throws RemoteError:
 * `unauthenticated` for a revoked refresh token, `badSettings` for a rejected client, `unavailable` for an outage of the service or the
 * network, `corrupted` for a response without a token, `other` otherwise. Does not retry.
 */
export async function refreshToken(
  client: OAuthClient,
  refresh: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenBlob> {
  const form = { grant_type: 'refresh_token', refresh_token: refresh };
  return { refreshToken: refresh, ...(await requestTokens(client, form, clock, signal)) };
}

async function requestTokens(
  { tokenUrl, clientId, clientSecret }: OAuthClient,
  fields: Readonly<Record<string, string>>,
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenBlob> {
  const client = { client_id: clientId, ...(clientSecret && { client_secret: clientSecret }) };
  const requestedAt = clock.now();
  let response = await post(tokenUrl, { ...fields, ...client }, undefined, clock, signal);
  // Every service must accept Basic; most accept the body (RFC 6749 §2.3.1). A rejected client has not used up its code.
  if (clientSecret && rejectsClient(response))
    response = await post(tokenUrl, fields, basicAuthorization(clientId, clientSecret), clock, signal);
  const { status, body } = response;
  if (status < 200 || status > 299) throw tokenError(tokenUrl, response);
  const { access_token, refresh_token, expires_in } = body;
  const seconds = Number(expires_in);
  const expiresMs = Number.isFinite(seconds) && seconds > 0 ? requestedAt + seconds * 1000 : undefined;
  const token = tokenBlob(access_token, refresh_token, expiresMs);
  if (token) return token;
  const { host } = new URL(tokenUrl);
  throw new RemoteError('corrupted', `The response of ${host} contains no token. Is "token_url" right?`);
}

function rejectsClient({ status, body }: TokenResponse): boolean {
  return status === 401 || body['error'] === 'invalid_client';
}

/** Both halves are form-encoded (RFC 6749 §2.3.1). */
function basicAuthorization(clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((text) =>
    `${new URLSearchParams({ '': text })}`.slice(1),
  );
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** Never quotes the description in the response: services have been seen to repeat the request there. */
function tokenError(tokenUrl: string, { status, body, retryAfter }: TokenResponse): RemoteError {
  const { host } = new URL(tokenUrl);
  const reported = body['error'];
  // Only a word of the protocol is quoted: any other text could be part of the request.
  const error = typeof reported === 'string' && /^[a-z_]{1,40}$/.test(reported) ? reported : undefined;
  const code = error === undefined ? `${status}` : `${error} (${status})`;
  const fail = (kind: RemoteErrorKind, message: string) =>
    new RemoteError(kind, message, {
      code,
      ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
      ...(kind === 'unauthenticated' && { signIn: true as const }),
    });
  if (status === 429 || status >= 500)
    return fail('unavailable', `${host} can't issue tokens at the moment: ${code}. Try again later.`);
  if (error === 'invalid_grant')
    return fail('unauthenticated', `${host} no longer accepts the sign-in. Sign in again.`);
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return fail(
      'badSettings',
      `${host} does not accept the client: ${code}. Check "client_id" and the client secret of the remote.`,
    );
  return fail('other', `${host} refused to issue tokens: ${code}. Is "token_url" right?`);
}

interface TokenResponse {
  readonly status: number;
  /** Milliseconds. */
  readonly retryAfter: number | undefined;
  /** Empty when the body is not a JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Uses no agent, so that the editor's proxy settings apply even where it ignores requests with an agent. */
async function post(
  url: string,
  fields: Readonly<Record<string, string>>,
  authorization: string | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const target = new URL(url);
  const body = Buffer.from(new URLSearchParams(fields).toString());
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': String(body.length),
    Accept: 'application/json',
    ...(authorization !== undefined && { Authorization: authorization }),
  };
  const path = target.pathname + target.search;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(timedOut()), timeoutMs);
  try {
    const response = await sendRequest(
      { ...targetOf(target), method: 'POST', path, headers, body },
      undefined,
      AbortSignal.any([signal, deadline.signal]),
    );
    const tooLong = () =>
      new RemoteError(
        'corrupted',
        `The response of ${target.host} is far longer than a token. Is "token_url" right?`,
      );
    return {
      status: response.statusCode ?? 0,
      retryAfter: retryAfterMs(response.headers['retry-after'], clock.now()),
      body: parseRecord(await readText(response, maxResponseBytes, tooLong)) ?? {},
    };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof RemoteError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem =
      code === 'ETIMEDOUT' ? 'did not respond in time' : `can't be reached (${code ?? message})`;
    throw new RemoteError('unavailable', `${target.host} ${problem}. Try again later.`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
