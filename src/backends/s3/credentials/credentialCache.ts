import type { Clock } from '../../../base/clock';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { KeySource } from '../../backend';
import type { AwsKeys, CredentialsProvider } from './awsCredentials';

/** In milliseconds. Keys that expire sooner are renewed. */
const renewBeforeMs = 5 * 60_000;

/** In milliseconds. Limits renewals that may prompt the user or are only a guess. */
const minRenewalIntervalMs = 60_000;

/** Errors that only the keys can cause. */
const rejectedKeys = /^(ExpiredToken|TokenRefreshRequired|InvalidToken|InvalidAccessKeyId)/;
/** Errors that the keys may have caused: the response to a HEAD has no document that could name an expired token. */
const maybeRejectedKeys = /^(SignatureDoesNotMatch|\(40[013]\))/;

/**
 * Caches credentials until they are about to expire or a service rejects them. Failures are not cached: after `aws sso login`, or when another
 * tool wrote new keys into a file, the next request finds them.
 */
export class CredentialCache {
  private cached: AwsKeys | undefined;
  private pending: Promise<AwsKeys> | undefined;
  private count = 0;
  private loadedAt = 0;
  private earlyRefreshTriedFor: AwsKeys | undefined;

  constructor(
    private readonly load: CredentialsProvider,
    private readonly clock: Clock,
  ) {}

  /** Grows by one when loaded keys differ from the cached keys. */
  get generation(): number {
    return this.count;
  }

  /** Throws the error of a failed load, unless the cached keys are still valid. */
  async get(): Promise<AwsKeys> {
    const { cached } = this;
    const leftMs = cached?.expiration
      ? cached.expiration.getTime() - this.clock.now()
      : Number.POSITIVE_INFINITY;
    if (!cached || leftMs <= 0) return this.renew();
    if (leftMs > renewBeforeMs || this.earlyRefreshTriedFor === cached) return cached;
    this.earlyRefreshTriedFor = cached;
    return this.renew().catch(() => cached);
  }

  /**
   * Whether there are newer keys than those of `generation`, which signed a request that failed with `failure`. Loads the keys again to find
   * out, and throws if that fails. False for failures that are unrelated to keys.
   */
  async renewedSince(generation: number, failure: unknown): Promise<boolean> {
    if (!isRemoteError(failure) || failure.code === undefined) return false;
    const isCertain = rejectedKeys.test(failure.code);
    if (!isCertain && !maybeRejectedKeys.test(failure.code)) return false;
    // A request that started without keys was signed with the first ones.
    const used = Math.max(1, generation);
    if (used !== this.count) return true;
    const isLimited = !isCertain || this.cached?.expiration !== undefined;
    if (isLimited && this.clock.now() - this.loadedAt < minRenewalIntervalMs) return false;
    await this.renew();
    return used !== this.count;
  }

  /** As `get`, but other keys than `unwanted`: loads them again while the cached keys are the unwanted ones. */
  async replacing(unwanted: AwsKeys | undefined): Promise<AwsKeys> {
    const keys = await this.get();
    return unwanted && sameKeys(unwanted, keys) ? this.renew() : keys;
  }

  private renew(): Promise<AwsKeys> {
    this.pending ??= this.loadOnce();
    return this.pending;
  }

  private async loadOnce(): Promise<AwsKeys> {
    try {
      const loaded = await this.load();
      if (!sameKeys(this.cached, loaded)) this.count++;
      this.cached = loaded;
      this.loadedAt = this.clock.now();
      return loaded;
    } finally {
      this.pending = undefined;
    }
  }
}

/** Loads keys from another thread. Each load wants other keys than the last one: the cache loads again only to replace them. */
export function keysOf(source: KeySource): CredentialsProvider {
  let last: AwsKeys | undefined;
  return async () => {
    last = await source.keys(last);
    return last;
  };
}

/** The error of a request that failed with old keys; a retry uses the new ones. */
export function retryWithNewCredentials(cause: unknown): RemoteError {
  return new RemoteError('unavailable', 'The credentials have been renewed in the meantime.', { cause });
}

function sameKeys(a: AwsKeys | undefined, b: AwsKeys): boolean {
  return (
    a?.accessKeyId === b.accessKeyId &&
    a.secretAccessKey === b.secretAccessKey &&
    a.sessionToken === b.sessionToken
  );
}
