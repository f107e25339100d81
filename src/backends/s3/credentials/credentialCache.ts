import type { Clock } from '../../../base/clock';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { AwsKeys, CredentialsProvider } from './awsCredentials';

/** Keys are renewed when less than this is left of them. */
const renewBeforeMs = 5 * 60_000;

/** Keys that were made for a session are not asked for again within this time (it may mean a question to a person), nor any on suspicion. */
const restMs = 60_000;

/** Refusals that other keys would have spared. */
const refusedKeys = /^(ExpiredToken|TokenRefreshRequired|InvalidToken|InvalidAccessKeyId)/;
/** Refusals that other keys might have spared; a HEAD has no document that could name an expired token. */
const maybeRefusedKeys = /^(SignatureDoesNotMatch|\(40[013]\))/;

/**
 * Credentials that are asked for once and kept until they are about to expire or a service refuses them. What failed is not
 * kept: after `aws sso login`, or when another tool wrote new keys into a file, the next request finds them.
 */
export class CredentialCache {
  private kept: AwsKeys | undefined;
  private pending: Promise<AwsKeys> | undefined;
  private count = 0;
  private loadedAt = 0;
  private earlyRefreshTriedFor: AwsKeys | undefined;

  constructor(
    private readonly load: CredentialsProvider,
    private readonly clock: Clock,
  ) {}

  /** Grows by one whenever keys were loaded that differ from those before. */
  get generation(): number {
    return this.count;
  }

  /** Throws what loading them throws; while the keys at hand are still valid, these are given instead. */
  async get(): Promise<AwsKeys> {
    const { kept } = this;
    if (!kept) return this.renewed();
    const left = kept.expiration ? kept.expiration.getTime() - this.clock.now() : Number.POSITIVE_INFINITY;
    if (left <= 0) return this.renewed();
    if (left > renewBeforeMs || this.earlyRefreshTriedFor === kept) return kept;
    this.earlyRefreshTriedFor = kept;
    return this.renewed().catch(() => kept);
  }

  /**
   * Whether there are other keys than those of `generation`, with which a request was refused by `failure`; they are
   * loaded again to find out. False for failures that have nothing to do with keys. Throws what loading them throws.
   */
  async renewedSince(generation: number, failure: unknown): Promise<boolean> {
    if (!isRemoteError(failure) || failure.code === undefined) return false;
    const surely = refusedKeys.test(failure.code);
    if (!surely && !maybeRefusedKeys.test(failure.code)) return false;
    // A request that began before there were any keys was signed with the first.
    const used = Math.max(1, generation);
    if (used !== this.count) return true;
    const costly = !surely || this.kept?.expiration !== undefined;
    if (costly && this.clock.now() - this.loadedAt < restMs) return false;
    await this.renewed();
    return used !== this.count;
  }

  private renewed(): Promise<AwsKeys> {
    this.pending ??= this.loadOnce();
    return this.pending;
  }

  private async loadOnce(): Promise<AwsKeys> {
    try {
      const loaded = await this.load();
      if (!sameKeys(this.kept, loaded)) this.count++;
      this.kept = loaded;
      this.loadedAt = this.clock.now();
      return loaded;
    } finally {
      this.pending = undefined;
    }
  }
}

/** What a request is told that was refused with keys that have been renewed meanwhile: trying again will do. */
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
