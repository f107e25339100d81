import type { SignInService } from './signInService';

/** The address of the page on which the user allows the access (API page §1.2). What the service's address asks already stays in it. */
export function authorizeUrl(
  service: SignInService,
  redirectUri: string,
  state: string,
  challenge: string,
): string {
  const url = new URL(service.authUrl);
  const query = {
    client_id: service.clientId,
    scope: service.scopes.join(' '),
    response_type: 'code',
    redirect_uri: redirectUri,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
