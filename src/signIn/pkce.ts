import { createHash, randomBytes } from 'node:crypto';

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
