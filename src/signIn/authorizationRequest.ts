import { createHash, randomBytes } from 'node:crypto';
import type { SignInService } from './signInService';

/**
 * Proves that the program that exchanges a code is the one that requested it (RFC 7636). The request carries the challenge, the exchange
 * the verifier (43 characters).
 */
export function newPkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: challengeOf(verifier) };
}

/** S256 (RFC 7636 §4.2). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}

/** Identifies the response to one sign-in: 22 characters, 128 bits. */
export function newState(): string {
  return randomBytes(16).toString('base64url');
}

/** The URL of the page where the user grants access (docs/amazon-drive-api.md §1). Keeps the query of the service's own URL. */
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
