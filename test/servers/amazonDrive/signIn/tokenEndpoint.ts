import { createHash, timingSafeEqual } from 'node:crypto';
import { DriveError } from '../requests/driveError';
import type { Accounts, Client, CodeGrant } from './accounts';

/** The response of the token endpoint. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'bearer';
  readonly expires_in: number;
  readonly refresh_token: string;
}

/**
 * Answers a token request. Throws DriveError.
 * @param form the request's body, form-encoded
 * @param basic the Authorization header
 */
export function exchangeToken(
  accounts: Accounts,
  clients: ReadonlyMap<string, Client>,
  form: URLSearchParams,
  basic: string | undefined,
): TokenAnswer {
  for (const name of new Set(form.keys()))
    if (form.getAll(name).length > 1)
      throw invalid('invalid_request', `The request has a repeated parameter : ${name}`);
  const type = needed(form, 'grant_type');
  if (type !== 'authorization_code' && type !== 'refresh_token')
    throw invalid('unsupported_grant_type', `The authorization grant type is not supported : ${type}`);
  const client = authenticated(clients, form, basic);
  if (type === 'authorization_code') {
    const code = needed(form, 'code');
    const redirectUri = needed(form, 'redirect_uri');
    const grant = accounts.codeGrant(code);
    if (grant === undefined || grant.clientId !== client.id) throw invalidGrant('code');
    if (grant.redirectUri !== redirectUri)
      throw invalid('invalid_request', 'The request has an invalid parameter : redirect_uri');
    checkVerifier(grant, form.get('code_verifier'));
    accounts.useCode(code);
    return answer(accounts, accounts.issue(grant));
  }
  const token = needed(form, 'refresh_token');
  const grant = accounts.refreshGrant(token);
  if (grant === undefined || (grant.clientId !== undefined && grant.clientId !== client.id))
    throw invalidGrant('refresh_token');
  return answer(accounts, accounts.issue(grant, token));
}

function answer(accounts: Accounts, { access, refresh }: { access: string; refresh: string }): TokenAnswer {
  return {
    access_token: access,
    token_type: 'bearer',
    expires_in: accounts.lifeSeconds,
    refresh_token: refresh,
  };
}

/** The client of the request, authenticated by Basic or by fields of the body. */
function authenticated(
  clients: ReadonlyMap<string, Client>,
  form: URLSearchParams,
  basic: string | undefined,
): Client {
  let id = form.get('client_id') ?? '';
  let secret = form.get('client_secret') ?? '';
  const encoded = /^Basic\s+(\S+)$/i.exec(basic ?? '')?.[1];
  if (encoded !== undefined) {
    const text = Buffer.from(encoded, 'base64').toString();
    const colon = text.indexOf(':');
    id = formDecoded(colon < 0 ? text : text.slice(0, colon));
    secret = colon < 0 ? '' : formDecoded(text.slice(colon + 1));
  }
  if (id === '') throw invalid('invalid_request', 'The request is missing a required parameter : client_id');
  const client = clients.get(id);
  if (client === undefined || !same(secret, client.secret ?? ''))
    throw new DriveError(
      401,
      { error: 'invalid_client', error_description: 'Client authentication failed' },
      encoded === undefined ? {} : { 'WWW-Authenticate': 'Basic realm="token"' },
    );
  return client;
}

/** A challenge needs its verifier; without a challenge, a verifier is ignored. */
function checkVerifier(grant: CodeGrant, verifier: string | null): void {
  if (grant.challenge === undefined) return;
  if (verifier === null || !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) throw invalidGrant('code_verifier');
  const proof =
    grant.challengeMethod === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;
  if (!same(proof, grant.challenge)) throw invalidGrant('code_verifier');
}

function needed(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '')
    throw invalid('invalid_request', `The request is missing a required parameter : ${name}`);
  return value;
}

function invalidGrant(parameter: string): DriveError {
  return invalid('invalid_grant', `The request has an invalid grant parameter : ${parameter}`);
}

function invalid(error: string, description: string): DriveError {
  return new DriveError(400, { error, error_description: description });
}

function formDecoded(text: string): string {
  return new URLSearchParams(`x=${text}`).get('x') ?? '';
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
