import { createHash, randomBytes } from 'node:crypto';
import type { SignInService } from './signInService';

/** A proof that who exchanges a code is who asked for it (RFC 7636). */
export interface Pkce {
  /** Kept here until the exchange; 43 characters. */
  readonly verifier: string;
  /** Sent along when asking: S256 of the verifier. */
  readonly challenge: string;
}

export function newPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: challengeOf(verifier) };
}

/** S256 (RFC 7636 §4.2). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}

/** Something to recognise an answer by: 22 characters, 128 bits. */
export function newState(): string {
  return randomBytes(16).toString('base64url');
}

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
