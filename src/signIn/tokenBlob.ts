import { parseRecord } from '../base/encoding';

/** The tokens of one account. Secrets: stored in secret storage only. */
export interface TokenBlob {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Milliseconds since 1970; absent = never. */
  readonly expiresMs?: number;
}

/**
 * The tokens in rclone's JSON (`token` in its configuration, docs/amazon-drive-api.md §1). Ignores the lines that `rclone authorize` prints
 * around it. Undefined for a text without such JSON.
 */
export function parseTokenBlob(text: string): TokenBlob | undefined {
  const { access_token, refresh_token, expiry } = parseRecord(/\{[\s\S]*\}/.exec(text)?.[0] ?? '') ?? {};
  const expiresMs = typeof expiry === 'string' ? parseExpiry(expiry) : undefined;
  return tokenBlob(access_token, refresh_token, expiresMs);
}

/** The tokens of JSON fields; undefined without an access token. */
export function tokenBlob(access: unknown, refresh: unknown, expiresMs?: number): TokenBlob | undefined {
  if (typeof access !== 'string' || access === '') return undefined;
  return {
    accessToken: access,
    ...(typeof refresh === 'string' && refresh !== '' && { refreshToken: refresh }),
    ...(expiresMs !== undefined && { expiresMs }),
  };
}

/** The tokens as one line of rclone's JSON. */
export function printTokenBlob({ accessToken, refreshToken, expiresMs }: TokenBlob): string {
  return JSON.stringify({
    access_token: accessToken,
    token_type: 'bearer',
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    expiry: expiresMs === undefined ? '0001-01-01T00:00:00Z' : new Date(expiresMs).toISOString(),
  });
}

/** Later than Go's zero time, whatever its offset. */
const zeroTimeMs = Date.parse('0001-01-02T00:00:00Z');

/** Parses RFC 3339, also with nanoseconds. Undefined (never) for Go's zero time, and for a text that is no time. */
function parseExpiry(text: string): number | undefined {
  const ms = Date.parse(text);
  return ms > zeroTimeMs ? ms : undefined;
}
