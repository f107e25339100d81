import { addAbortListener, removeAbortListener } from '../base/aborts';
import type { Clock } from '../base/clock';
import type { Log } from '../base/log';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { TokenSource } from '../remote/tokenSource';
import { isOfService, type SessionRecord, type SessionRecords } from './sessionStore';
import type { SignInService } from './signInService';
import type { TokenBlob } from './tokenBlob';
import { refreshToken } from './tokenEndpoint';

export interface AccountTokenOptions {
  readonly records: Pick<SessionRecords, 'all' | 'find' | 'renew'>;
  readonly service: SignInService;
  /** The id or label of the account; undefined takes the only one. */
  readonly accountId: string | undefined;
  /** The client secret of the remote. Without one, the secret of the session is used. */
  readonly clientSecret?: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A token that expires within this time, in milliseconds, is renewed before it is used. */
export const expiryMarginMs = 60_000;
const maxAttempts = 3;
const initialDelayMs = 500;
/** A service that requests a longer delay fails the renewal: the retry layer of the remote shows the user long waits. */
const maxDelayMs = 10_000;
/** Waits before the store is read after a refused refresh token, in milliseconds: another window may still be writing. */
const storeReadDelaysMs = [0, 300, 1000];
/** How many refresh tokens of other windows are tried. */
const maxRotations = 3;

/**
 * The access tokens of one account. All windows share the stored sessions, and a service may accept a refresh token only once.
 *
 * 1. One renewal runs at a time, for all callers. A caller that aborts leaves it running for the others.
 * 2. A renewal starts with the stored session, so a token that another window renewed is used as it is.
 * 3. When the service refuses a refresh token, another window may have used it a moment before. The renewal waits for that window to store
 *    the next one, and only then counts the session as ended.
 * 4. A refresh token of an ended session is not sent again.
 * 5. A renewed token stays in use here when it can't be stored, or when another window overwrites it.
 * 6. A session that is removed during its renewal stays removed.
 */
export class AccountTokenSource implements TokenSource {
  private renewing: Promise<string> | undefined;
  private current: SessionRecord | undefined;
  private revokedRefreshToken: string | undefined;
  /** The last renewal here (5): while the store shows the access token `replaced`, `record` counts instead. */
  private lastRenewal: { readonly replaced: string; readonly record: SessionRecord } | undefined;

  constructor(private readonly options: AccountTokenOptions) {}

  async token(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (this.current && this.isUsable(this.current.token)) return this.current.token.accessToken;
    return this.shareRenewal(undefined, signal);
  }

  async renewed(token: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const current = this.current?.token;
    // The refused token may be older than the current one.
    if (current && current.accessToken !== token && this.isUsable(current)) return current.accessToken;
    return this.shareRenewal(token, signal);
  }

  private async shareRenewal(refused: string | undefined, signal: AbortSignal): Promise<string> {
    if (this.renewing !== undefined) {
      const token = await this.awaitShared(this.renewing, signal);
      // A renewal that began before the refusal may return the refused token.
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
      const onAbort = () => reject(signal.reason);
      addAbortListener(signal, onAbort);
      shared.then(resolve, reject).finally(() => removeAbortListener(signal, onAbort));
    });
  }

  private async renew(refused: string | undefined): Promise<string> {
    let record = await this.storedRecord();
    for (let rotations = 0; ; rotations++) {
      const { accessToken, refreshToken: refresh } = record.token;
      if (accessToken !== refused && this.isUsable(record.token)) return this.use(record);
      if (refresh === undefined || refresh === this.revokedRefreshToken) throw this.sessionEnded(record);
      let token: TokenBlob;
      try {
        token = await this.requestToken(record, refresh);
      } catch (error) {
        if (!isRemoteError(error, 'unauthenticated')) throw error;
        const rotated = rotations < maxRotations ? await this.rotatedElsewhere(refresh) : undefined;
        if (!rotated) {
          this.revokedRefreshToken = refresh;
          throw this.sessionEnded(record, error);
        }
        record = rotated;
        continue;
      }
      return this.store(record, token);
    }
  }

  /** Renews at the service, with retries. No caller can abort it; the token endpoint has its own timeout. */
  private async requestToken({ clientSecret }: SessionRecord, refresh: string): Promise<TokenBlob> {
    const { clock, log, service } = this.options;
    const { tokenUrl, clientId } = service;
    const secret = (await this.options.clientSecret?.()) ?? clientSecret;
    const never = new AbortController().signal;
    for (let attempt = 1; ; attempt++)
      try {
        return await refreshToken({ tokenUrl, clientId, clientSecret: secret }, refresh, clock, never);
      } catch (error) {
        if (attempt >= maxAttempts || !isRemoteError(error, 'unavailable')) throw error;
        const wait = Math.max(error.retryAfterMs ?? 0, initialDelayMs * 2 ** (attempt - 1));
        if (wait > maxDelayMs) throw error;
        const reason = error.code ?? error.kind;
        log.write('info', 'signIn', `renewing the token failed (${reason}); next attempt in ${wait} ms`);
        await clock.wait(wait, never);
      }
  }

  /** The stored session once it has another refresh token than `refused` (3); undefined when it keeps that one. */
  private async rotatedElsewhere(refused: string): Promise<SessionRecord | undefined> {
    for (const ms of storeReadDelaysMs) {
      if (ms > 0) await this.options.clock.wait(ms, new AbortController().signal);
      const record = await this.storedRecord();
      if (record.token.refreshToken !== refused) return record;
    }
    return undefined;
  }

  private async store(record: SessionRecord, token: TokenBlob): Promise<string> {
    const { records, log } = this.options;
    const { label } = record.account;
    const renewed = { ...record, token };
    // A record that was never stored replaces the same stored token as before.
    const replaced =
      this.lastRenewal?.record === record ? this.lastRenewal.replaced : record.token.accessToken;
    this.lastRenewal = { replaced, record: renewed };
    try {
      await records.renew(record.id, token);
      log.write('debug', 'signIn', `${label}: the token was renewed`);
    } catch {
      // The error stays out of the log, because it may quote the token.
      log.write('warn', 'signIn', `${label}: the token was renewed, but could not be stored`);
    }
    // Throws when the session was removed meanwhile (6).
    await this.storedRecord();
    return this.use(renewed);
  }

  /** The stored session, or the last renewal that the store doesn't show (5). Throws `unauthenticated` without a session. */
  private async storedRecord(): Promise<SessionRecord> {
    const { records, service, accountId } = this.options;
    const record = await records.find(service, accountId);
    if (record)
      return this.lastRenewal?.replaced === record.token.accessToken ? this.lastRenewal.record : record;
    this.current = undefined;
    const all = accountId === undefined ? await records.all() : [];
    const labels = all.filter((one) => isOfService(one, service)).map(({ account }) => account.label);
    if (labels.length > 1)
      throw new RemoteError(
        'unauthenticated',
        `Several accounts are signed in: ${labels.join(', ')}. Name one of them in the setting "account" of this remote.`,
      );
    const who = accountId === undefined ? 'Nobody is' : `${accountId} is not`;
    throw new RemoteError('unauthenticated', `${who} signed in. Sign in to use this remote.`, {
      signIn: true,
      code: 'signedOut',
    });
  }

  private use(record: SessionRecord): string {
    this.current = record;
    return record.token.accessToken;
  }

  private isUsable({ expiresMs }: TokenBlob): boolean {
    return expiresMs === undefined || expiresMs - expiryMarginMs > this.options.clock.now();
  }

  private sessionEnded({ account }: SessionRecord, cause?: unknown): RemoteError {
    this.current = undefined;
    return new RemoteError(
      'unauthenticated',
      `The sign-in of ${account.label} has expired or was revoked. Sign in again.`,
      { cause, signIn: true },
    );
  }
}
