/** The tokens of one account, as a service gave them. Secrets: stored in secret storage only. */
export interface TokenBlob {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Milliseconds since 1970; absent = never. */
  readonly expiresMs?: number;
}

/**
 * The tokens in rclone's JSON (`token` in its config file, API page §1.9), also with the lines around it that `rclone authorize` prints.
 * Undefined when there is no such JSON in `text`.
 */
export function parseTokenBlob(text: string): TokenBlob | undefined {
  const json = /\{[\s\S]*\}/.exec(text)?.[0];
  if (json === undefined) return undefined;
  let written: unknown;
  try {
    written = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof written !== 'object' || written === null) return undefined;
  const { access_token, refresh_token, expiry } = written as Record<string, unknown>;
  if (typeof access_token !== 'string' || access_token === '') return undefined;
  const expiresMs = typeof expiry === 'string' ? expiryOf(expiry) : undefined;
  return {
    accessToken: access_token,
    ...(typeof refresh_token === 'string' && refresh_token !== '' && { refreshToken: refresh_token }),
    ...(expiresMs !== undefined && { expiresMs }),
  };
}

/** rclone's JSON of the tokens, on one line. */
export function printTokenBlob({ accessToken, refreshToken, expiresMs }: TokenBlob): string {
  return JSON.stringify({
    access_token: accessToken,
    token_type: 'bearer',
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    expiry: expiresMs === undefined ? '0001-01-01T00:00:00Z' : new Date(expiresMs).toISOString(),
  });
}

/** The beginning of Go's time, as any offset writes it. */
const zeroTimeMs = Date.parse('0001-01-02T00:00:00Z');

/** RFC 3339 with up to nine digits of a second; Go's zero time means never, and so does what is no time. */
function expiryOf(text: string): number | undefined {
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(ms) || ms <= zeroTimeMs ? undefined : ms;
}
