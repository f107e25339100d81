import * as vscode from 'vscode';
import type { Backend, RemoteSettings } from '../../backends/backend';
import { systemClock } from '../../base/clock';
import type { Log } from '../../base/log';
import type { TokenSource } from '../../remote/tokenSource';
import { AccountTokenSource } from '../../signIn/accountTokenSource';
import { adoptToken } from '../../signIn/adoptToken';
import { isOfService, type SessionRecord, SessionRecords } from '../../signIn/sessionStore';
import type { SignInRequirement, SignInService, SignInSettings } from '../../signIn/signInService';
import type { TokenBlob } from '../../signIn/tokenBlob';
import type { OutputLog } from '../window/outputLog';
import { SignInProvider } from './authenticationProvider';
import { RedirectHandler } from './redirectHandler';
import { promptSignIn } from './signInPrompts';
import { scopesWith } from './signInScopes';

/** The accounts of a backend's service that signed in or out, or signed in again. */
export interface AccountsChange {
  readonly backend: string;
  readonly accounts: readonly { readonly id: string; readonly label: string }[];
}

type Secret = () => Promise<string | undefined>;

/** The accounts of remotes: one authentication provider per service, with its sessions in secret storage. */
export class Accounts {
  private readonly services = new Map<string, SessionRecords>();
  private readonly pages = new RedirectHandler();
  /** Client secrets of remotes that are being added, by client; they are stored with the remote. */
  private readonly unsavedSecrets = new Map<string, string>();

  constructor(
    private readonly storage: vscode.SecretStorage,
    private readonly log: Log,
  ) {}

  /** The tokens of the account in a remote's settings. Reads nothing until a token is requested. */
  tokens(requirement: SignInRequirement, settings: RemoteSettings, clientSecret: Secret): TokenSource {
    return new AccountTokenSource({
      records: this.recordsOf(requirement),
      service: requirement.service(settings),
      accountId: accountOf(requirement, settings),
      clientSecret,
      clock: systemClock,
      log: this.log,
    });
  }

  /** The sessions of the service in these settings. */
  async accounts(
    requirement: SignInRequirement,
    settings: SignInSettings,
  ): Promise<readonly SessionRecord[]> {
    const service = requirement.service(settings);
    return (await this.recordsOf(requirement).all()).filter((record) => isOfService(record, service));
  }

  /** The sessions of all services of this provider. */
  async all(requirement: SignInRequirement): Promise<readonly SessionRecord[]> {
    return this.recordsOf(requirement).all();
  }

  /** Lets the user sign in through the editor's authentication API. Rejects when the sign-in fails. */
  async signIn(
    requirement: SignInRequirement,
    settings: SignInSettings,
    clientSecret: string | undefined,
    who: 'anyone' | 'another',
  ): Promise<vscode.AuthenticationSessionAccountInformation> {
    const service = requirement.service(settings);
    const client = clientKey(service);
    if (clientSecret !== undefined) this.unsavedSecrets.set(client, clientSecret);
    try {
      const scopes = scopesWith(service.scopes, settings, who);
      const session = await vscode.authentication.getSession(requirement.providerId, scopes, {
        forceNewSession: true,
      });
      return session.account;
    } finally {
      this.unsavedSecrets.delete(client);
    }
  }

  /** Stores the token of another program as a session. Resolves to its account; throws RemoteError. */
  async adopt(
    requirement: SignInRequirement,
    settings: SignInSettings,
    token: TokenBlob,
    clientSecret: string | undefined,
    signal: AbortSignal,
  ): Promise<SessionRecord['account']> {
    const adoption = { requirement, settings, token, clientSecret, clock: systemClock };
    return (await this.recordsOf(requirement).put(await adoptToken(adoption, signal))).account;
  }

  /** The stored token of the account in a remote's settings; undefined when signed out. */
  async storedToken(
    requirement: SignInRequirement,
    settings: SignInSettings,
  ): Promise<TokenBlob | undefined> {
    const records = this.recordsOf(requirement);
    return (await records.find(requirement.service(settings), accountOf(requirement, settings)))?.token;
  }

  /** Registers the authentication providers of all backends that need one. Does no I/O. */
  register(
    backends: readonly Backend[],
    remotes: () => readonly RemoteSettings[],
    savedSecret: (remote: string, field: string) => Promise<string | undefined>,
    output: OutputLog,
  ): { readonly disposables: vscode.Disposable[]; readonly onDidChange: vscode.Event<AccountsChange> } {
    const changed = new vscode.EventEmitter<AccountsChange>();
    const disposables: vscode.Disposable[] = [changed, vscode.window.registerUriHandler(this.pages)];
    for (const { id: backend, signIn: requirement } of backends) {
      if (!requirement) continue;
      const own = () => remotes().filter((remote) => remote.backend === backend);
      const stored = new vscode.EventEmitter<void>();
      const provider = new SignInProvider({
        requirement,
        records: this.recordsOf(requirement),
        onRecordsChanged: stored.event,
        anyRemote: () => own()[0],
        clientSecret: (settings) => this.clientSecret(requirement, settings, own(), savedSecret),
        promptSignIn: (service, clientSecret) =>
          promptSignIn({
            title: requirement.title,
            service,
            clientSecret,
            clock: systemClock,
            redirects: this.pages,
          }),
        output,
      });
      disposables.push(
        stored,
        provider,
        this.storage.onDidChange(({ key }) => key === sessionsKey(requirement) && stored.fire()),
        provider.onDidChangeSessions(({ added = [], removed = [] }) => {
          const accounts = [...added, ...removed].map((session) => session.account);
          if (accounts.length > 0) changed.fire({ backend, accounts });
        }),
        provider.onDidSignInAgain((account) => changed.fire({ backend, accounts: [account] })),
        vscode.authentication.registerAuthenticationProvider(
          requirement.providerId,
          requirement.title,
          provider,
          { supportsMultipleAccounts: true },
        ),
      );
    }
    return { disposables, onDidChange: changed.event };
  }

  /** Removes a session, as the Accounts menu does. */
  async signOut(requirement: SignInRequirement, id: string): Promise<void> {
    await this.recordsOf(requirement).remove(id);
  }

  private async clientSecret(
    requirement: SignInRequirement,
    settings: SignInSettings,
    remotes: readonly RemoteSettings[],
    saved: (remote: string, field: string) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const service = requirement.service(settings);
    const unsaved = this.unsavedSecrets.get(clientKey(service));
    if (unsaved !== undefined) return unsaved;
    for (const remote of remotes) {
      if (!isSameClient(requirement, remote, service)) continue;
      const secret = await saved(remote.name, requirement.clientSecretField);
      if (secret !== undefined) return secret;
    }
    return undefined;
  }

  private recordsOf(requirement: SignInRequirement): SessionRecords {
    const key = sessionsKey(requirement);
    let records = this.services.get(key);
    if (!records) {
      const store = {
        read: async () => this.storage.get(key),
        write: async (text: string | undefined) =>
          text === undefined ? this.storage.delete(key) : this.storage.store(key, text),
      };
      records = new SessionRecords(store, this.log);
      this.services.set(key, records);
    }
    return records;
  }
}

function accountOf(requirement: SignInRequirement, settings: SignInSettings): string | undefined {
  const account = settings[requirement.accountField];
  return typeof account === 'string' && account !== '' ? account : undefined;
}

function clientKey({ tokenUrl, clientId }: SignInService): string {
  return `${tokenUrl} ${clientId}`;
}

function isSameClient(
  requirement: SignInRequirement,
  remote: RemoteSettings,
  service: SignInService,
): boolean {
  try {
    return clientKey(requirement.service(remote)) === clientKey(service);
  } catch {
    return false; // the remote's row in the tree reports invalid settings
  }
}

function sessionsKey({ providerId }: SignInRequirement): string {
  return `sessions/${providerId}`;
}
