import type { Log } from '../base/log';
import type { SignedInAccount, SignInService } from './signInService';
import type { TokenBlob } from './tokenBlob';

/** An account that is signed in to a service. Contains secrets: stored in secret storage only. */
export interface SessionRecord {
  readonly id: string;
  readonly account: SignedInAccount;
  readonly service: Pick<SignInService, 'authUrl' | 'tokenUrl' | 'clientId' | 'redirectUri'>;
  readonly scopes: readonly string[];
  readonly clientSecret?: string;
  readonly token: TokenBlob;
}

/** A session with a new id. */
export function newSession(
  { authUrl, tokenUrl, clientId, redirectUri, scopes }: SignInService,
  account: SignedInAccount,
  token: TokenBlob,
  clientSecret: string | undefined,
): SessionRecord {
  const service = { authUrl, tokenUrl, clientId, redirectUri };
  const id = crypto.randomUUID();
  return { id, account, service, scopes, ...(clientSecret !== undefined && { clientSecret }), token };
}

/** Holds the sessions of one provider as one text, which all windows share. */
export interface SessionStore {
  read(): Promise<string | undefined>;
  write(text: string | undefined): Promise<void>;
}

/** Whether a session works with a service: tokens belong to the client that requested them. */
export function isOfService({ service }: SessionRecord, { tokenUrl, clientId }: SignInService): boolean {
  return service.tokenUrl === tokenUrl && service.clientId === clientId;
}

/**
 * The sessions of one provider. Reads the store for every call, since other windows write to it too; serializes the changes of this window.
 * An unreadable store counts as signed out.
 */
export class SessionRecords {
  private lastChange: Promise<unknown> = Promise.resolve();
  private first: readonly SessionRecord[] | undefined;

  constructor(
    private readonly store: SessionStore,
    private readonly log: Log,
  ) {}

  /** The sessions of the first read in this window; undefined before. Every use of a session reads first. */
  get atFirst(): readonly SessionRecord[] | undefined {
    return this.first;
  }

  async all(): Promise<readonly SessionRecord[]> {
    const records = this.parse(await this.store.read());
    this.first ??= records;
    return records;
  }

  private parse(text: string | undefined): readonly SessionRecord[] {
    if (text === undefined) return [];
    try {
      const written: unknown = JSON.parse(text);
      if (Array.isArray(written) && written.every(isSessionRecord)) return written;
    } catch {
      // The warning below doesn't quote the text.
    }
    this.log.write('warn', 'signIn', 'The stored sessions are corrupted. Every account must sign in again.');
    return [];
  }

  /** The session of an account at a service, by its id or by a label that only one account has. Undefined takes the only account. */
  async find(service: SignInService, account: string | undefined): Promise<SessionRecord | undefined> {
    const records = (await this.all()).filter((record) => isOfService(record, service));
    const labelled = records.filter((record) => account === undefined || record.account.label === account);
    return (
      records.find((record) => record.account.id === account) ??
      (labelled.length === 1 ? labelled[0] : undefined)
    );
  }

  /**
   * Stores a session, and resolves to the stored one. Replaces an existing session of the same account and client, whose id it reuses, and
   * whose account label when the new label is made up.
   */
  put(record: SessionRecord): Promise<SessionRecord> {
    return this.change((records) => {
      const before = records.find((other) => isSameAccount(other, record));
      const account = before && record.account.isNameless ? before.account : record.account;
      const stored = before ? { ...record, id: before.id, account } : record;
      return {
        records: [...records.filter((other) => !isSameAccount(other, record)), stored],
        result: stored,
      };
    });
  }

  /** Stores new tokens of a session, unless it was removed meanwhile. */
  renew(id: string, token: TokenBlob): Promise<void> {
    return this.change((records) => {
      const exists = records.some((record) => record.id === id);
      const renewed = records.map((record) => (record.id === id ? { ...record, token } : record));
      return { records: exists ? renewed : undefined, result: undefined };
    });
  }

  /** Resolves to the removed session. */
  remove(id: string): Promise<SessionRecord | undefined> {
    return this.change((records) => {
      const removed = records.find((record) => record.id === id);
      return { records: removed && records.filter((record) => record !== removed), result: removed };
    });
  }

  /** Undefined `records` write nothing: a corrupted store, or one of a newer version, stays as it is. */
  private change<T>(
    work: (records: readonly SessionRecord[]) => {
      readonly records: readonly SessionRecord[] | undefined;
      readonly result: T;
    },
  ): Promise<T> {
    const done = this.lastChange.then(async () => {
      const { records, result } = work(await this.all());
      if (records) await this.store.write(records.length === 0 ? undefined : JSON.stringify(records));
      return result;
    });
    this.lastChange = done.catch(() => {});
    return done;
  }
}

/** Compares the sessions of two reads by id; a session with another token is `changed`. Pure. */
export function differences(before: readonly SessionRecord[], after: readonly SessionRecord[]) {
  const earlier = new Map(before.map((record) => [record.id, record]));
  const remaining = new Set(after.map(({ id }) => id));
  return {
    added: after.filter(({ id }) => !earlier.has(id)),
    removed: before.filter(({ id }) => !remaining.has(id)),
    changed: after.filter(({ id, token }) => {
      const old = earlier.get(id);
      return old !== undefined && old.token.accessToken !== token.accessToken;
    }),
  };
}

function isSameAccount(a: SessionRecord, b: SessionRecord): boolean {
  return (
    a.account.id === b.account.id &&
    a.service.tokenUrl === b.service.tokenUrl &&
    a.service.clientId === b.service.clientId
  );
}

function isSessionRecord(written: unknown): written is SessionRecord {
  const { id, account, service, scopes, token } = (written ?? {}) as Partial<SessionRecord>;
  return (
    typeof id === 'string' &&
    typeof account?.id === 'string' &&
    typeof account.label === 'string' &&
    Array.isArray(scopes) &&
    typeof service?.tokenUrl === 'string' &&
    typeof service.clientId === 'string' &&
    typeof token?.accessToken === 'string'
  );
}
