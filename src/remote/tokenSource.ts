/**
 * Where a backend gets the access tokens of one account from. Tokens are secrets: they go into the `Authorization` header and nowhere
 * else. Both calls reject with RemoteError `unauthenticated` when the account is signed out, revoked or unknown, with `unavailable` when the
 * sign-in service can't be reached, and with the signal's reason when that is aborted.
 */
export interface TokenSource {
  /** The token to use now; one that ends soon is renewed first, once for all that ask meanwhile. */
  token(signal: AbortSignal): Promise<string>;
  /** The service refused `token` (401): another one, renewed once for all that were refused, or known from another window. */
  renewed(token: string, signal: AbortSignal): Promise<string>;
}
