import { type Accounts, type Client, KNOWN_SCOPES } from './accounts';

/** An app's request at the authorize page. */
export interface AuthorizeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | undefined;
  readonly challenge: string | undefined;
  readonly challengeMethod: string | undefined;
}

/** The beginnings of the allowed return addresses. */
const RETURN_ADDRESSES =
  /^(?:http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?(?:[/?]|$)|code-oss:\/\/|vscode:\/\/)/;

/**
 * Reads the query of an authorize request.
 * @returns `ask`; or `page`, the text of an error to show because the return address is not trusted; or `redirect`, the
 * return address with an error
 */
export function readAuthorizeRequest(
  query: URLSearchParams,
  clients: ReadonlyMap<string, Client>,
): { ask: AuthorizeRequest } | { page: string } | { redirect: string } {
  const clientId = query.get('client_id') ?? '';
  const redirectUri = query.get('redirect_uri') ?? '';
  const client = clients.get(clientId);
  if (client === undefined) return { page: 'An unknown client was specified' };
  if (!RETURN_ADDRESSES.test(redirectUri))
    return { page: 'The redirect URI you provided has not been whitelisted for your application' };
  const state = query.get('state') ?? undefined;
  const refuse = (error: string, description: string): { redirect: string } => ({
    redirect: errorAddress({ redirectUri, state }, error, description),
  });
  if (query.get('response_type') !== 'code')
    return refuse('unsupported_response_type', 'The response type is not supported');
  const scopes = (query.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  const unknown = scopes.find((scope) => !KNOWN_SCOPES.has(scope));
  if (scopes.length === 0 || unknown !== undefined)
    return refuse('invalid_scope', `An unknown scope was requested : ${unknown ?? ''}`);
  const challenge = query.get('code_challenge') ?? undefined;
  const challengeMethod = query.get('code_challenge_method') ?? (challenge && 'plain');
  if (challengeMethod !== undefined && challengeMethod !== 'S256' && challengeMethod !== 'plain')
    return refuse('invalid_request', 'The request has an invalid parameter : code_challenge_method');
  if (challenge === undefined && client.secret === undefined)
    return refuse('invalid_request', 'The request is missing a required parameter : code_challenge');
  return { ask: { clientId, redirectUri, scopes, state, challenge, challengeMethod } };
}

/** The return address with a code for the grant of `account`. */
export function allowedAddress(accounts: Accounts, ask: AuthorizeRequest, account: string): string {
  const { clientId, redirectUri, scopes, challenge, challengeMethod } = ask;
  const code = accounts.makeCode({ account, clientId, redirectUri, scopes, challenge, challengeMethod });
  return address(ask, { code, scope: scopes.join(' ') });
}

/** The return address with an error. */
export function errorAddress(
  ask: Pick<AuthorizeRequest, 'redirectUri' | 'state'>,
  error: string,
  description: string,
): string {
  return address(ask, { error, error_description: description });
}

/** Adds to the query of the return address. */
function address(
  { redirectUri, state }: Pick<AuthorizeRequest, 'redirectUri' | 'state'>,
  facts: Record<string, string>,
): string {
  const query = new URLSearchParams(facts);
  if (state !== undefined) query.set('state', state);
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`;
}
