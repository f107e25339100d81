import * as vscode from 'vscode';
import { RemoteError } from '../../remote/remoteError';
import {
  differences,
  isOfService,
  newSession,
  type SessionRecord,
  type SessionRecords,
} from '../../signIn/sessionStore';
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
  /** Fires when the records change, in any window. */
  readonly onRecordsChanged: vscode.Event<void>;
  /** The settings of some remote of this service, for requests of other extensions. */
  readonly anyRemote: () => SignInSettings | undefined;
  readonly clientSecret: (settings: SignInSettings) => Promise<string | undefined>;
  readonly promptSignIn: (service: SignInService, clientSecret: string | undefined) => Promise<TokenBlob>;
  readonly output: OutputLog;
}

/** The accounts of one service in the editor's Accounts menu. Reads the store on the first request; prompts only in `createSession`. */
export class SignInProvider implements vscode.AuthenticationProvider, vscode.Disposable {
  private readonly changed =
    new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  readonly onDidChangeSessions = this.changed.event;
  private readonly signedInAgain = new vscode.EventEmitter<SignedInAccount>();
  /** A signed-in account signed in again, so requests that failed with its old token can be retried. */
  readonly onDidSignInAgain = this.signedInAgain.event;
  /** The records at the last event; before the first event, `records.atFirst` counts. */
  private reported: readonly SessionRecord[] | undefined;
  private reporting: Promise<unknown> = Promise.resolve();
  private readonly subscription: vscode.Disposable;

  constructor(private readonly options: SignInProviderOptions) {
    this.subscription = options.onRecordsChanged(() => void this.reportChanges());
  }

  async getSessions(
    scopes: readonly string[] | undefined,
    { account }: vscode.AuthenticationProviderSessionOptions = {},
  ): Promise<vscode.AuthenticationSession[]> {
    const records = await this.options.records.all();
    const requested = scopes && readScopes(scopes);
    const service = requested?.settings && this.options.requirement.service(requested.settings);
    if (requested?.another) return [];
    return records
      .filter((record) => !service || isOfService(record, service))
      .filter((record) => !requested || sameScopes(record.scopes, requested.scopes))
      .filter((record) => !account || record.account.id === account.id)
      .map((record) => sessionOf(record, scopes));
  }

  async createSession(scopes: readonly string[]): Promise<vscode.AuthenticationSession> {
    const { requirement, records, clientSecret, promptSignIn, output } = this.options;
    try {
      const settings = readScopes(scopes).settings ?? this.options.anyRemote();
      if (!settings)
        throw new RemoteError(
          'badSettings',
          `Add a ${requirement.title} remote first: its settings say where to sign in.`,
        );
      const service = requirement.service(settings);
      const secret = await clientSecret(settings);
      const token = await promptSignIn(service, secret);
      const account = await requirement.identify(settings, token.accessToken, AbortSignal.timeout(60_000));
      const session = newSession(service, account, token, secret);
      const record = await records.put(session);
      await this.reportChanges();
      if (record.id !== session.id) this.signedInAgain.fire(record.account);
      return sessionOf(record, scopes);
    } catch (error) {
      if (error instanceof RemoteError) {
        const { text } = presentError(error, `Can't sign in to ${requirement.title}`);
        output.error(`[signIn] ${text}`);
        throw new Error(inertLine(text), { cause: error });
      }
      throw error;
    }
  }

  async removeSession(id: string): Promise<void> {
    await this.options.records.remove(id);
    await this.reportChanges();
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
    this.signedInAgain.dispose();
  }

  /** Serialized, since the store also fires for our own changes and each change is reported once. */
  private reportChanges(): Promise<void> {
    const done = this.reporting.then(() => this.reportNow());
    this.reporting = done.catch(() => {});
    return done;
  }

  private async reportNow(): Promise<void> {
    const before = this.reported ?? this.options.records.atFirst;
    if (!before) return;
    const after = await this.options.records.all();
    this.reported = after;
    const { added, removed, changed } = differences(before, after);
    if (added.length + removed.length + changed.length === 0) return;
    const sessions = (records: readonly SessionRecord[]) =>
      records.map((record) => sessionOf(record, undefined));
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

/** Whether both lists have the same scopes in any order. */
function sameScopes(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join(' ') === [...b].sort().join(' ');
}
