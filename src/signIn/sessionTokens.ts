import type { Clock } from '../remote/clock';
import type { Log } from '../remote/log';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { TokenSource } from '../remote/tokenSource';
import type { SessionRecord, SessionRecords } from './sessionRecords';
import type { SignInService } from './signInService';
import type { TokenBlob } from './tokenBlob';
import { refreshToken } from './tokenExchange';

export interface SessionTokensParts {
  readonly records: Pick<SessionRecords, 'find' | 'renew'>;
  readonly service: SignInService;
  /** The account's id or label; undefined takes the only one there is. */
  readonly accountId: string | undefined;
  /** The secret of the remote's own settings; that of the session otherwise. */
  readonly clientSecret?: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A token that ends within this time is renewed before it is used. */
const marginMs = 60_000;
/** Tries of the token endpoint, and the wait before the second; doubled for the third. */
const attempts = 3;
const firstWaitMs = 500;

/**
 * The tokens of one account. One renewal at a time serves all that ask, whoever of them gives up. Several windows share the sessions: what
 * another one renewed is taken from the store, so that a refresh token that may be used once only is never used twice.
 */
export class SessionTokens implements TokenSource {
  private renewing: Promise<string> | undefined;
  private known: SessionRecord | undefined;

  constructor(private readonly parts: SessionTokensParts) {}

  async token(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (this.known && this.isGood(this.known.token)) return this.known.token.accessToken;
    return this.renewal(undefined, signal);
  }

  async renewed(token: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const known = this.known?.token;
    // Refused was an older one; the newer may be good.
    if (known && known.accessToken !== token && this.isGood(known)) return known.accessToken;
    return this.renewal(token, signal);
  }

  /** Joins the renewal that is under way, or begins one; leaves it alone when `signal` is aborted. */
  private renewal(refused: string | undefined, signal: AbortSignal): Promise<string> {
    this.renewing ??= this.renew(refused).finally(() => {
      this.renewing = undefined;
    });
    const shared = this.renewing;
    return new Promise((resolve, reject) => {
      const leave = () => reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  private async renew(refused: string | undefined): Promise<string> {
    const stored = await this.stored();
    if (stored.token.accessToken !== refused && this.isGood(stored.token)) return this.keep(stored);
    const { refreshToken: refresh } = stored.token;
    if (refresh === undefined) throw this.ended(stored);
    let fresh: TokenBlob;
    try {
      fresh = await this.refresh(stored, refresh);
    } catch (error) {
      if (!isRemoteError(error, 'signInNeeded')) throw error;
      // Another window may have used the refresh token a moment before, and stored what it got.
      const now = await this.stored();
      if (now.token.refreshToken === refresh || !this.isGood(now.token)) throw this.ended(stored, error);
      return this.keep(now);
    }
    await this.parts.records.renew(stored.id, fresh);
    this.parts.log.write('debug', 'signIn', `${stored.account.label}: the token was renewed`);
    return this.keep({ ...stored, token: fresh });
  }

  private async refresh(stored: SessionRecord, refresh: string): Promise<TokenBlob> {
    const { clock, log, service, clientSecret } = this.parts;
    const secret = (await clientSecret?.()) ?? stored.clientSecret;
    const client = {
      tokenUrl: service.tokenUrl,
      clientId: service.clientId,
      ...(secret !== undefined && { clientSecret: secret }),
    };
    // Nobody's own signal: who gives up must not spoil it for the others. The exchange has a time limit of its own.
    const unhurried = new AbortController().signal;
    for (let attempt = 1; ; attempt++)
      try {
        return await refreshToken(client, refresh, clock, unhurried);
      } catch (error) {
        if (attempt >= attempts || !isRemoteError(error, 'unavailable')) throw error;
        const wait = Math.max(error.retryAfterMs ?? 0, firstWaitMs * 2 ** (attempt - 1));
        log.write(
          'info',
          'signIn',
          `renewing the token failed (${error.code ?? error.kind}); again in ${wait} ms`,
        );
        await clock.wait(wait, unhurried);
      }
  }

  private async stored(): Promise<SessionRecord> {
    const { records, service, accountId } = this.parts;
    const record = await records.find(service, accountId);
    if (record) return record;
    this.known = undefined;
    throw new RemoteError(
      'signInNeeded',
      accountId === undefined
        ? 'Nobody is signed in, or several accounts are and the setting "account" does not say which is meant. Sign in to use this remote.'
        : `${accountId} is not signed in. Sign in to use this remote.`,
      { signIn: true },
    );
  }

  private keep(record: SessionRecord): string {
    this.known = record;
    return record.token.accessToken;
  }

  private isGood({ expiresMs }: TokenBlob): boolean {
    return expiresMs === undefined || expiresMs - marginMs > this.parts.clock.now();
  }

  private ended({ account }: SessionRecord, cause?: unknown): RemoteError {
    this.known = undefined;
    return new RemoteError(
      'signInNeeded',
      `The sign-in of ${account.label} has expired or was taken back. Sign in again.`,
      { cause, signIn: true },
    );
  }
}
