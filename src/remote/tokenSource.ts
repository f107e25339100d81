/**
 * The access tokens of one account, for a backend. Tokens are secrets: they only go into the `Authorization` header.
 * Both calls reject with RemoteError `unauthenticated` when the account is signed out, revoked or unknown, with `unavailable` when the
 * sign-in service can't be reached, and with the signal's reason when that is aborted.
 */
export interface TokenSource {
  /** The current token. Renews it first when it expires soon; concurrent callers share one renewal. */
  token(signal: AbortSignal): Promise<string>;
  /** A token to replace `token`, which the service refused (401): renewed once for all callers, or taken from another window. */
  renewed(token: string, signal: AbortSignal): Promise<string>;
}
