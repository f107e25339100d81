import * as vscode from 'vscode';
import { RemoteError } from '../../remote/remoteError';
import { differences, isOfService, type SessionRecord, type SessionRecords } from '../../signIn/sessionStore';
import type {
  SignedInAccount,
  SignInRequirement,
  SignInService,
  SignInSettings,
} from '../../signIn/signInService';
import type { TokenBlob } from '../../signIn/tokenBlob';
import { presentError } from '../window/errorMessages';
import { inertLabel, inertLine } from '../window/inertText';
import type { OutputLog } from '../window/outputLog';
import { readScopes } from './signInScopes';

export interface SignInProviderOptions {
  readonly requirement: SignInRequirement;
  readonly records: SessionRecords;
  /** Told when the records were changed, in this window or another. */
  readonly onRecordsChanged: vscode.Event<void>;
  /** The settings of a remote of this service, for extensions that name none. */
  readonly anyRemote: () => SignInSettings | undefined;
  readonly clientSecret: (settings: SignInSettings) => Promise<string | undefined>;
  readonly promptSignIn: (service: SignInService, clientSecret: string | undefined) => Promise<TokenBlob>;
  readonly output: OutputLog;
}

/**
 * The accounts of one sign-in service, as the editor's Accounts menu shows them. Reads what is stored when it is first asked; never
 * prompts but in `createSession`.
 */
export class SignInProvider implements vscode.AuthenticationProvider, vscode.Disposable {
  private readonly changed =
    new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  readonly onDidChangeSessions = this.changed.event;
  private readonly anew = new vscode.EventEmitter<SignedInAccount>();
  /** An account that was signed in already did so again: what was refused its old tokens can go on. */
  readonly onDidSignInAgain = this.anew.event;
  /** What was told of so far; before, it is what this window saw first, be it for a remote's tokens. */
  private told: readonly SessionRecord[] | undefined;
  private telling: Promise<unknown> = Promise.resolve();
  private readonly listening: vscode.Disposable;

  constructor(private readonly parts: SignInProviderOptions) {
    this.listening = parts.onRecordsChanged(() => void this.tellChanges());
  }

  async getSessions(
    scopes: readonly string[] | undefined,
    options: vscode.AuthenticationProviderSessionOptions = {},
  ): Promise<vscode.AuthenticationSession[]> {
    const records = await this.parts.records.all();
    const asked = scopes && readScopes(scopes);
    const service = asked?.settings && this.parts.requirement.service(asked.settings);
    if (asked?.another) return [];
    return records
      .filter((record) => !service || isOfService(record, service))
      .filter((record) => !asked || sameScopes(record.scopes, asked.scopes))
      .filter((record) => !options.account || record.account.id === options.account.id)
      .map((record) => sessionOf(record, scopes));
  }

  async createSession(scopes: readonly string[]): Promise<vscode.AuthenticationSession> {
    const { requirement, records, clientSecret, promptSignIn, output } = this.parts;
    try {
      const settings = readScopes(scopes).settings ?? this.parts.anyRemote();
      if (!settings)
        throw new RemoteError(
          'badSettings',
          `There is no ${requirement.title} remote yet. Add one first: it says where to sign in.`,
        );
      const service = requirement.service(settings);
      const secret = await clientSecret(settings);
      const token = await promptSignIn(service, secret);
      const account = await requirement.identify(settings, token.accessToken, AbortSignal.timeout(60_000));
      const { authUrl, tokenUrl, clientId, redirectUri } = service;
      const id = crypto.randomUUID();
      const record = await records.put({
        id,
        account,
        service: { authUrl, tokenUrl, clientId, redirectUri },
        scopes: service.scopes,
        ...(secret !== undefined && { clientSecret: secret }),
        token,
      });
      await this.tellChanges();
      if (record.id !== id) this.anew.fire(record.account);
      return sessionOf(record, scopes);
    } catch (error) {
      if (error instanceof RemoteError) {
        const { text } = presentError(error, `You are not signed in to ${requirement.title}`);
        output.error(`[signIn] ${text}`);
        throw new Error(inertLine(text), { cause: error });
      }
      throw error;
    }
  }

  async removeSession(id: string): Promise<void> {
    await this.parts.records.remove(id);
    await this.tellChanges();
  }

  dispose(): void {
    this.listening.dispose();
    this.changed.dispose();
    this.anew.dispose();
  }

  /** One after the other: the store tells of our own changes too, and each is to be told once. */
  private tellChanges(): Promise<void> {
    const turn = this.telling.then(() => this.tellNow());
    this.telling = turn.catch(() => {});
    return turn;
  }

  private async tellNow(): Promise<void> {
    const before = this.told ?? this.parts.records.atFirst;
    if (!before) return;
    const after = await this.parts.records.all();
    this.told = after;
    const { added, removed, changed } = differences(before, after);
    if (added.length + removed.length + changed.length === 0) return;
    const sessions = (some: readonly SessionRecord[]) => some.map((record) => sessionOf(record, undefined));
    this.changed.fire({ added: sessions(added), removed: sessions(removed), changed: sessions(changed) });
  }
}

function sessionOf(
  record: SessionRecord,
  scopes: readonly string[] | undefined,
): vscode.AuthenticationSession {
  return {
    id: record.id,
    accessToken: record.token.accessToken,
    account: { id: record.account.id, label: inertLabel(record.account.label) },
    scopes: [...(scopes ?? record.scopes)],
  };
}

/** Exactly these scopes, in any order; those of our making were taken out before. */
function sameScopes(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join(' ') === [...others].sort().join(' ');
}
