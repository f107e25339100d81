import type { Clock } from '../base/clock';
import type { Log } from '../base/log';
import type { ServiceAddress } from '../http/httpClient';
import type { Remote } from '../remote/remote';
import type { ServiceWaits } from '../remote/serviceWaits';
import type { TokenSource } from '../remote/tokenSource';
import type { SignInRequirement } from '../signIn/signInService';

/** A kind of storage. The tree, the wizard and the settings use it only through this interface. */
export interface Backend {
  /** The value of the setting `backend`: "s3". */
  readonly id: string;
  /** For the user: "S3". */
  readonly title: string;
  /** A few words for the list of kinds of storage. */
  readonly summary: string;
  /** Opens a remote without a request. Throws RemoteError `badSettings` that names the setting and the remedy. */
  open(settings: RemoteSettings, host: BackendHost): Promise<Remote>;
  /** The names of values in secret storage. */
  readonly secretFields: readonly string[];
  /** What the top level of a remote contains: only buckets, or files and folders. */
  readonly topLevel: 'buckets' | 'folder';
  /** One line about a remote for the tree ("s3 · eu-west-1"). Pure. */
  describe(settings: RemoteSettings): string;
  /** Why these settings can't work, one sentence per problem that names the setting; empty when they can. Pure. */
  check(settings: RemoteSettings): readonly string[];
  /** The steps of the wizard, given the answers so far. Pure. */
  wizardSteps(answers: RemoteSettings): readonly WizardStep[];
  /** Tests the connection step by step and yields each finding immediately. Throws only on cancellation. */
  testConnection(
    remote: Remote,
    settings: RemoteSettings,
    host: BackendHost,
    signal: AbortSignal,
  ): AsyncIterable<ConnectionFinding>;
  /** For backends that need an account: the editor signs in and provides `BackendHost.tokens`. */
  readonly signIn?: SignInRequirement;
  /** Maps such remotes to rclone's configuration file; absent if rclone has no such backend. */
  readonly rclone?: RcloneKind;
  /** Remotes from the files of other tools on this machine, to add in one step. Throws when a file can't be read. */
  suggest?(host: Pick<BackendHost, 'env'>): Promise<readonly SuggestedRemote[]>;
}

/** A kind of remote in the configuration file of rclone 1.60. All functions are pure. */
export interface RcloneKind {
  /** The value of `type`: "s3". */
  readonly type: string;
  /** Options that rclone obscures in the file; `read` and `write` use clear text. */
  readonly obscured?: readonly string[];
  /** Settings without an option in rclone. An import that replaces a remote keeps them. */
  readonly withoutOption: readonly string[];
  /**
   * The remote for the options of a section, starting at the path `root` (may be empty). Options without a setting are in `leftOut`;
   * an option that can't be ignored sets `refused`. Never throws; no sentence contains a secret.
   */
  read(options: ReadonlyMap<string, string>, root: string): RcloneReading;
  /** The options (without `type`) for a remote with valid settings. Contains no secret without `secrets`. */
  write(settings: RemoteSettings, secrets: RcloneSecrets | undefined): RcloneWriting;
}

export interface RcloneReading {
  /** Without `name` and `backend`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** For secret storage, by field. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A sign-in's tokens, in rclone's JSON. A secret. */
  readonly token?: string;
  readonly leftOut: readonly OmittedSetting[];
  /** Why the section can't be used, one sentence. */
  readonly refused?: string;
  /** Steps for values that rclone's file does not contain. */
  readonly asks?: readonly WizardStep[];
}

export interface RcloneSecrets {
  /** From secret storage, by field. */
  readonly values: Readonly<Record<string, string>>;
  /** A sign-in's tokens, in rclone's JSON. */
  readonly token?: string;
}

export interface RcloneWriting {
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly leftOut: readonly OmittedSetting[];
}

/** A setting or option that was omitted; the reason is the rest of a sentence. */
export interface OmittedSetting {
  readonly name: string;
  readonly because: string;
}

/** A remote to add in one step. */
export interface SuggestedRemote {
  /** Where it was found: "AWS profile". */
  readonly source: string;
  /** Its name there. */
  readonly label: string;
  /** A few words: "single sign-on · eu-west-1". */
  readonly description: string;
  /** A valid name for the remote; another remote may have it. */
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Settings there that have no counterpart here. */
  readonly leftOut?: readonly OmittedSetting[];
  /** Why it can't be used, one sentence. */
  readonly problem?: string;
  /** It may be incomplete, so it is listed but not selected. */
  readonly doubtful?: boolean;
}

/** One entry of `cloudRemotes.remotes`: name, backend, and the settings of the backend (never secrets). */
export interface RemoteSettings {
  readonly name: string;
  readonly backend: string;
  readonly [setting: string]: unknown;
}

/** Keys that sign requests. Secrets. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** The keys of a remote, for a second app with the same remote: one thread loads and renews them for all. */
export interface KeySource {
  /** Valid keys; others in place of `unwanted`, which expire soon or which the service refused. Rejects as loading the keys does. */
  keys(unwanted: Keys | undefined): Promise<Keys>;
}

/** The services that the application provides to a backend. */
export interface BackendHost {
  readonly log: Log;
  readonly clock: Clock;
  /** Environment variables, for the credential chain. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A secret of this remote, by its name in `secretFields`. */
  secret(field: string): Promise<string | undefined>;
  /** The tokens of the account in the settings, for backends with `signIn`. */
  readonly tokens?: TokenSource;
  /** Asks the user for a one-time code (MFA). Resolves to undefined when cancelled or without a user. */
  askCode?(prompt: string): Promise<string | undefined>;
  /** Whether programs named in settings (credential_process) may run: false in an untrusted workspace. */
  readonly mayRunPrograms: boolean;
  /** Whether requests may leave the editor's HTTP client where no proxy is in the way; read at every request. Absent = yes. */
  directConnections?(): boolean;
  /** Called with the remote's source of keys when the remote is opened, for an app in another thread. */
  offerKeys?(keys: KeySource): void;
  /** The keys that another thread has; the remote then loads none itself. */
  readonly keys?: KeySource;
  /** In a thread without the editor's HTTP client: called before each connection, and rejects where that client would not connect directly. */
  allowConnection?(service: ServiceAddress): Promise<void>;
  /** A folder for caches that the service can refill; undefined = no caches. */
  readonly cacheFolder?: string;
  /** Receives the waits that the service requests, for retries inside the backend. */
  readonly waits?: ServiceWaits | undefined;
}

export interface WizardStep {
  /** The setting or secret that stores the answer. */
  readonly field: string;
  /** "Endpoint": the step's title. */
  readonly title: string;
  /** A sentence on what to enter. */
  readonly prompt: string;
  /** `account`: chooses an account of the backend's `signIn` or signs in; the answer is the account's id. */
  readonly kind: 'choice' | 'text' | 'secret' | 'account';
  readonly choices?: readonly WizardChoice[];
  /** Further choices, loaded when the step is shown (profiles in a file). Never rejects. */
  loadChoices?(host: Pick<BackendHost, 'env'>): Promise<readonly WizardChoice[]>;
  /** With choices: whether the user may type another value. */
  readonly freeText?: boolean;
  readonly optional?: boolean;
  readonly initial?: string;
  /** For a text: a proposal, loaded when the step is shown without an answer. Never rejects. */
  loadInitial?(host: Pick<BackendHost, 'env'>): Promise<string | undefined>;
  /** Why the answer is invalid, as a sentence; undefined when it is valid. Pure. */
  problem?(answer: string): string | undefined;
}

export interface WizardChoice {
  readonly value: string;
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
}

export interface ConnectionFinding {
  /** "Reached", "Signed in", "Can list", "Addressing style", "Conditional writes", "Checksums", "Clock". */
  readonly title: string;
  readonly outcome: 'ok' | 'warning' | 'failed' | 'skipped';
  /** One sentence about the result, for a failure with a remedy. */
  readonly detail: string;
  /** Of a failure: the settings or secrets that are probably wrong, most likely first. May name fields that the wizard lacks. */
  readonly fields?: readonly string[];
  /** Settings that fix the problem; offered as one action. */
  readonly fix?: { readonly label: string; readonly settings: Readonly<Record<string, unknown>> };
}
