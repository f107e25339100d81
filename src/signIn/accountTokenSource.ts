import { addAbortListener, removeAbortListener } from '../base/aborts';
import type { Clock } from '../base/clock';
import type { Log } from '../base/log';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { TokenSource } from '../remote/tokenSource';
import { isOfService, type SessionRecord, type SessionRecords } from './sessionStore';
import type { SignInService } from './signInService';
import type { TokenBlob } from './tokenBlob';
import { refreshToken } from './tokenEndpoint';

export interface SessionTokensParts {
  /** With `all`, several accounts of which none is named can be told from none. */
  readonly records: Pick<SessionRecords, 'find' | 'renew'> & Partial<Pick<SessionRecords, 'all'>>;
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
const initialDelayMs = 500;
/** Who is asked to wait longer is told so, and waits where it can be seen. */
const maxDelayMs = 10_000;
/** When to look what another window has stored once the service knows a refresh token no more: it may still be writing. */
const looksAgainMs = [0, 300, 1000];
/** How many refresh tokens of other windows are tried before the sign-in counts as ended. */
const mostRotations = 3;

/**
 * The tokens of one account. One renewal at a time serves all that ask, whoever of them gives up. Several windows share the sessions: what
 * another one renewed is taken from the store, so that a refresh token that may be used once only is never used twice.
 */
export class AccountTokenSource implements TokenSource {
  private renewing: Promise<string> | undefined;
  private known: SessionRecord | undefined;
  /** A refresh token that the service knows no more, and that nobody need ask about again. */
  private revokedRefreshToken: string | undefined;
  /**
   * What was renewed here last, and the access token in the store that it took the place of: seen there again, it could not be stored, or
   * another window wrote over it.
   */
  private lastRenewal: { readonly instead: string; readonly record: SessionRecord } | undefined;

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
  private async renewal(refused: string | undefined, signal: AbortSignal): Promise<string> {
    if (this.renewing !== undefined) {
      const token = await this.awaitShared(this.renewing, signal);
      // One that began before the refusal may have found the refused token still good.
      if (token !== refused) return token;
    }
    this.renewing ??= this.renew(refused).finally(() => {
      this.renewing = undefined;
    });
    return this.awaitShared(this.renewing, signal);
  }

  private awaitShared(shared: Promise<string>, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => reject(signal.reason);
      addAbortListener(signal, leave);
      shared.then(resolve, reject).finally(() => removeAbortListener(signal, leave));
    });
  }

  private async renew(refused: string | undefined): Promise<string> {
    let record = await this.stored();
    for (let rotations = 0; ; rotations++) {
      const { accessToken, refreshToken: refresh } = record.token;
      if (accessToken !== refused && this.isGood(record.token)) return this.keep(record);
      if (refresh === undefined || refresh === this.revokedRefreshToken) throw this.ended(record);
      let fresh: TokenBlob;
      try {
        fresh = await this.refresh(record, refresh);
      } catch (error) {
        if (!isRemoteError(error, 'unauthenticated')) throw error;
        const other = rotations < mostRotations ? await this.writtenElsewhere(refresh) : undefined;
        if (!other) {
          this.revokedRefreshToken = refresh;
          throw this.ended(record, error);
        }
        record = other;
        continue;
      }
      return this.store(record, fresh);
    }
  }

  /** The stored session when its refresh token is another than the one that was refused: another window was faster. */
  private async writtenElsewhere(refused: string): Promise<SessionRecord | undefined> {
    for (const ms of looksAgainMs) {
      if (ms > 0) await this.parts.clock.wait(ms, new AbortController().signal);
      const record = await this.stored();
      if (record.token.refreshToken !== refused) return record;
    }
    return undefined;
  }

  private async store(record: SessionRecord, token: TokenBlob): Promise<string> {
    const { records, log } = this.parts;
    const { label } = record.account;
    const renewed = { ...record, token };
    const instead = this.lastRenewal?.record === record ? this.lastRenewal.instead : record.token.accessToken;
    this.lastRenewal = { instead, record: renewed };
    try {
      await records.renew(record.id, token);
      log.write('debug', 'signIn', `${label}: the token was renewed`);
    } catch {
      // The new token is good even when it cannot be stored. The cause stays out of the log, because it may quote the token.
      log.write('warn', 'signIn', `${label}: the token was renewed, but could not be stored`);
    }
    // Who was signed out meanwhile must not go on.
    await this.stored();
    return this.keep(renewed);
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
        const wait = Math.max(error.retryAfterMs ?? 0, initialDelayMs * 2 ** (attempt - 1));
        if (wait > maxDelayMs) throw error;
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
    if (record)
      return this.lastRenewal?.instead === record.token.accessToken ? this.lastRenewal.record : record;
    this.known = undefined;
    const all = accountId === undefined ? ((await records.all?.()) ?? []) : [];
    const labels = all.filter((one) => isOfService(one, service)).map(({ account }) => account.label);
    if (labels.length > 1)
      throw new RemoteError(
        'unauthenticated',
        `Several accounts are signed in: ${labels.join(', ')}. Name one of them in the setting "account" of this remote.`,
      );
    throw new RemoteError(
      'unauthenticated',
      accountId === undefined
        ? 'Nobody is signed in. Sign in to use this remote.'
        : `${accountId} is not signed in. Sign in to use this remote.`,
      { signIn: true, code: 'signedOut' },
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
      'unauthenticated',
      `The sign-in of ${account.label} has expired or was taken back. Sign in again.`,
      { cause, signIn: true },
    );
  }
}
