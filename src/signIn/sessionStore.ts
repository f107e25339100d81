import type { Log } from '../base/log';
import type { SignedInAccount, SignInService } from './signInService';
import type { TokenBlob } from './tokenBlob';

/** One account that is signed in to one service. Holds secrets: stored in secret storage only. */
export interface SessionRecord {
  readonly id: string;
  readonly account: SignedInAccount;
  readonly service: Pick<SignInService, 'authUrl' | 'tokenUrl' | 'clientId' | 'redirectUri'>;
  readonly scopes: readonly string[];
  readonly clientSecret?: string;
  readonly token: TokenBlob;
}

/** Where the sessions of one provider are kept, as one text; shared by all windows. */
export interface SessionStore {
  read(): Promise<string | undefined>;
  write(text: string | undefined): Promise<void>;
}

/** Whether a session is good for a service: tokens belong to the client that asked for them. */
export function isOfService({ service }: SessionRecord, { tokenUrl, clientId }: SignInService): boolean {
  return service.tokenUrl === tokenUrl && service.clientId === clientId;
}

/**
 * The sessions of one provider. Reads the store at every question, since other windows write it too; changes of this window come one after
 * the other. What can't be read counts as signed out.
 */
export class SessionRecords {
  private last: Promise<unknown> = Promise.resolve();
  private first: readonly SessionRecord[] | undefined;

  constructor(
    private readonly store: SessionStore,
    private readonly log: Log,
  ) {}

  /** What this window saw when it first looked; undefined before. Whoever uses a session has looked. */
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
      if (Array.isArray(written) && written.every(isRecord)) return written;
    } catch {
      // Told below, without the text.
    }
    this.log.write('warn', 'signIn', 'The stored sessions are damaged; everybody has to sign in again.');
    return [];
  }

  /** The session of an account (by id, or by a label that only one has) of a service; without an account the only one there is. */
  async find(service: SignInService, account: string | undefined): Promise<SessionRecord | undefined> {
    const records = (await this.all()).filter((record) => isOfService(record, service));
    if (account === undefined) return records.length === 1 ? records[0] : undefined;
    const named = records.filter((record) => record.account.label === account);
    return (
      records.find((record) => record.account.id === account) ?? (named.length === 1 ? named[0] : undefined)
    );
  }

  /** Keeps a session, under the name that was known of its account; that of the same account and client gives way to it, and passes on its id. Resolves to what is kept. */
  async put(record: SessionRecord): Promise<SessionRecord> {
    return this.change((records) => {
      const before = records.find((other) => isSame(other, record));
      const account = before && record.account.isNameless ? before.account : record.account;
      const kept = before ? { ...record, id: before.id, account } : record;
      return { records: [...records.filter((other) => !isSame(other, record)), kept], answer: kept };
    });
  }

  /** Keeps newer tokens of a session; nothing when it was ended meanwhile. */
  async renew(id: string, token: TokenBlob): Promise<void> {
    await this.change((records) => {
      const isThere = records.some((record) => record.id === id);
      const renewed = records.map((record) => (record.id === id ? { ...record, token } : record));
      return { records: isThere ? renewed : undefined, answer: undefined };
    });
  }

  /** Ends a session; resolves to what it was. */
  async remove(id: string): Promise<SessionRecord | undefined> {
    return this.change((records) => {
      const ended = records.find((record) => record.id === id);
      return { records: ended && records.filter((record) => record !== ended), answer: ended };
    });
  }

  private change<T>(
    work: (records: readonly SessionRecord[]) => {
      /** Undefined when nothing is to be written: what is damaged, or from a newer version, is left as it is. */
      readonly records: readonly SessionRecord[] | undefined;
      readonly answer: T;
    },
  ): Promise<T> {
    const done = this.last.then(async () => {
      const { records, answer } = work(await this.all());
      if (records) await this.store.write(records.length === 0 ? undefined : JSON.stringify(records));
      return answer;
    });
    this.last = done.catch(() => {});
    return done;
  }
}

export interface SessionDifferences {
  readonly added: readonly SessionRecord[];
  readonly removed: readonly SessionRecord[];
  /** Of the same id, with other tokens. */
  readonly changed: readonly SessionRecord[];
}

/** What became of the sessions between two looks. Pure. */
export function differences(
  before: readonly SessionRecord[],
  after: readonly SessionRecord[],
): SessionDifferences {
  const known = new Map(before.map((record) => [record.id, record]));
  const still = new Set(after.map(({ id }) => id));
  return {
    added: after.filter(({ id }) => !known.has(id)),
    removed: before.filter(({ id }) => !still.has(id)),
    changed: after.filter((record) => {
      const old = known.get(record.id);
      return old !== undefined && old.token.accessToken !== record.token.accessToken;
    }),
  };
}

function isSame(some: SessionRecord, other: SessionRecord): boolean {
  return (
    some.account.id === other.account.id &&
    some.service.tokenUrl === other.service.tokenUrl &&
    some.service.clientId === other.service.clientId
  );
}

function isRecord(written: unknown): written is SessionRecord {
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
