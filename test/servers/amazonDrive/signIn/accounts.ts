import { createHash, randomBytes } from 'node:crypto';

/** A token as rclone stores it. */
export interface IssuedToken {
  readonly access_token: string;
  readonly token_type: 'bearer';
  readonly refresh_token: string;
  /** RFC 3339, by the server's clock. */
  readonly expiry: string;
}

/** A registered app. */
export interface Client {
  readonly id: string;
  /** Undefined for a public client, which must use PKCE. */
  readonly secret: string | undefined;
}

/** The scopes that an account granted to an app. */
export interface Grant {
  readonly account: string;
  readonly scopes: readonly string[];
  /** Undefined for a token that was issued to a test, which any client can refresh. */
  readonly clientId: string | undefined;
}

/** The grant behind an authorization code. */
export interface CodeGrant extends Grant {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly challengeMethod: string | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

interface AccessGrant extends Grant {
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** The profile of an account. */
export interface Profile {
  readonly user_id: string;
  readonly name: string;
  readonly email: string;
}

export const DRIVE_SCOPES: readonly string[] = ['clouddrive:read_all', 'clouddrive:write'];
/** All scopes that an app can request. */
export const KNOWN_SCOPES: ReadonlySet<string> = new Set([
  ...DRIVE_SCOPES,
  'clouddrive:read_image',
  'clouddrive:read_video',
  'clouddrive:read_document',
  'clouddrive:read_other',
  'profile',
  'profile:user_id',
  'postal_code',
]);
/** The lifetime of an authorization code, in milliseconds. */
const CODE_LIFE_MS = 5 * 60_000;

/** The codes, access tokens and refresh tokens of all accounts. */
export class Accounts {
  private readonly codes = new Map<string, CodeGrant>();
  private readonly access = new Map<string, AccessGrant>();
  private refresh: Map<string, Grant>;

  /**
   * @param now milliseconds since 1970
   * @param lifeSeconds the lifetime of an access token
   * @param kept refresh tokens of an earlier run
   * @param keep called with all refresh tokens after each change
   */
  constructor(
    private readonly now: () => number,
    readonly lifeSeconds: number,
    private readonly rotate: boolean,
    kept: readonly [string, Grant][],
    private readonly keep: (all: readonly [string, Grant][]) => void,
  ) {
    this.refresh = new Map(kept);
  }

  /** A single-use code for the account's grant. */
  makeCode(grant: Omit<CodeGrant, 'expiresAt'>): string {
    const code = randomBytes(24).toString('base64url');
    this.codes.set(code, { ...grant, expiresAt: this.now() + CODE_LIFE_MS });
    return code;
  }

  /** The grant behind a code; undefined for an unknown, used or expired code. */
  codeGrant(code: string): CodeGrant | undefined {
    const grant = this.codes.get(code);
    return grant !== undefined && grant.expiresAt > this.now() ? grant : undefined;
  }

  useCode(code: string): void {
    this.codes.delete(code);
  }

  /** The grant behind a refresh token. */
  refreshGrant(token: string): Grant | undefined {
    return this.refresh.get(token);
  }

  /** A new access token with a refresh token: the given one, or a new one if tokens rotate or none is given. */
  issue(grant: Grant, refreshToken?: string): { access: string; refresh: string } {
    const { account, scopes, clientId } = grant;
    for (const [token, { expiresAt }] of this.access) {
      if (expiresAt > this.now()) break;
      this.access.delete(token);
    }
    const access = `Atza|${randomBytes(120).toString('base64url')}`;
    this.access.set(access, { account, scopes, clientId, expiresAt: this.now() + this.lifeSeconds * 1000 });
    let refresh = refreshToken;
    if (refresh !== undefined && this.rotate) this.refresh.delete(refresh);
    if (refresh === undefined || this.rotate) refresh = `Atzr|${randomBytes(120).toString('base64url')}`;
    if (!this.refresh.has(refresh)) {
      this.refresh.set(refresh, { account, scopes, clientId });
      this.keep([...this.refresh]);
    }
    return { access, refresh };
  }

  /** The grant behind an access token; undefined for an unknown or expired token. */
  accessGrant(token: string): AccessGrant | undefined {
    const grant = this.access.get(token);
    return grant !== undefined && grant.expiresAt > this.now() ? grant : undefined;
  }

  /** The account of an access token, expired or not; for the log. */
  ownerOf(token: string): string | undefined {
    return this.access.get(token)?.account;
  }

  /** Expires the access tokens of one account, or of all accounts. */
  expireAccess(account?: string): void {
    for (const grant of this.access.values())
      if (account === undefined || grant.account === account) grant.expiresAt = Number.NEGATIVE_INFINITY;
  }

  /** Revokes all tokens and codes of an account. */
  revoke(account: string): void {
    for (const tokens of [this.codes, this.access, this.refresh])
      for (const [token, grant] of tokens) if (grant.account === account) tokens.delete(token);
    this.keep([...this.refresh]);
  }
}

export function profileOf(account: string): Profile {
  const local = account.split('@', 1)[0] ?? account;
  const letters = createHash('sha256').update(account).digest('hex').toUpperCase();
  return {
    user_id: `amzn1.account.${letters.slice(0, 28)}`,
    name: `${local.slice(0, 1).toUpperCase()}${local.slice(1)}`,
    email: account.includes('@') ? account : `${account}@example.com`,
  };
}

/** The app's name in an account's drive: `createdBy`, and the owner of properties. */
export function appNameFor(account: string): string {
  return `CloudRemotesTest-${createHash('sha256').update(account).digest('hex').toUpperCase().slice(0, 8)}`;
}
