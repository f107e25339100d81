import { type Accounts, type Client, KNOWN_SCOPES } from './accounts';

/** What an app asks for at the authorize page (1.2). */
export interface AuthorizeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | undefined;
  readonly challenge: string | undefined;
  readonly challengeMethod: string | undefined;
}

/** Where return addresses may lead, by their beginning. */
const RETURN_ADDRESSES =
  /^(?:http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?(?:[/?]|$)|code-oss:\/\/|vscode:\/\/)/;

/**
 * Reads the query of an authorize request.
 * @returns what is asked for; `page` with a text for an error that is shown to the person because the return address can't be
 * trusted; or `redirect` with the address to which an error is reported
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

/** The return address with a code for what `account` allowed. */
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

/** What stands in the return address's own query stays. */
function address(
  { redirectUri, state }: Pick<AuthorizeRequest, 'redirectUri' | 'state'>,
  facts: Record<string, string>,
): string {
  const query = new URLSearchParams(facts);
  if (state !== undefined) query.set('state', state);
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`;
}
