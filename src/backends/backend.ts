import type { Clock } from '../base/clock';
import type { Log } from '../base/log';
import type { Remote } from '../remote/remote';
import type { ServiceWaits } from '../remote/serviceWaits';
import type { TokenSource } from '../remote/tokenSource';
import type { SignInRequirement } from '../signIn/signInService';

/** What one kind of storage declares of itself. The tree, the wizard and the settings learn of it only through this. */
export interface Backend {
  /** Stands in settings as `backend`: "s3". */
  readonly id: string;
  /** Shown to people: "S3". */
  readonly title: string;
  /** What it is good for, in a few words, where people choose a kind of storage. */
  readonly summary: string;
  /** Makes one remote from its settings. Does no request. Throws RemoteError `badSettings` naming the setting and the way out. */
  open(settings: RemoteSettings, host: BackendHost): Promise<Remote>;
  /** The names of settings whose values are secrets and so live in secret storage. */
  readonly secretFields: readonly string[];
  /** What lies at the top of a remote: buckets, which alone can hold files, or files and folders like anywhere. */
  readonly topLevel: 'buckets' | 'folder';
  /** One line about a remote for the tree ("s3 · eu-west-1"). Pure. */
  describe(settings: RemoteSettings): string;
  /** Why these settings can't work, one sentence a problem, naming the setting; empty when they can. Pure. */
  check(settings: RemoteSettings): readonly string[];
  /** The steps the wizard asks, given what is answered so far. Pure. */
  wizardSteps(answers: RemoteSettings): readonly WizardStep[];
  /** Tries the connection step by step; each finding is told as soon as it is known. Never throws but for cancellation. */
  testConnection(
    remote: Remote,
    settings: RemoteSettings,
    host: BackendHost,
    signal: AbortSignal,
  ): AsyncIterable<ConnectionFinding>;
  /** For backends whose remotes need an account: the editor signs in, and `BackendHost.tokens` is there. */
  readonly signIn?: SignInRequirement;
  /** How such remotes stand in rclone's configuration file; absent where rclone knows no such storage. */
  readonly rclone?: RcloneKind;
  /** Remotes that files of other tools on this machine name, to be added in one step. Reads these files. Throws when one can't be read. */
  suggest?(host: Pick<BackendHost, 'env'>): Promise<readonly SuggestedRemote[]>;
}

/** A kind of remote as rclone 1.60 writes it to its configuration file. All of it is pure. */
export interface RcloneKind {
  /** What stands as `type`: "s3". */
  readonly type: string;
  /** Options whose values rclone obscures in the file; `read` and `write` have them in the clear. */
  readonly obscured?: readonly string[];
  /** Settings that no option of rclone stands for. A remote keeps them when a section of such a file takes its place. */
  readonly withoutOption: readonly string[];
  /**
   * The remote that a section's options make, to start at `root` (a path, may be empty). What has no setting here comes out in `deselected`;
   * what can't be left out makes it refused. Never throws; no sentence holds a secret.
   */
  read(options: ReadonlyMap<string, string>, root: string): RcloneReading;
  /** The options (without `type`) for a remote whose settings are good. Without `secrets` nothing secret is among them. */
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
  /** What must be asked because rclone's file can't say it. */
  readonly asks?: readonly WizardStep[];
}

export interface RcloneSecrets {
  /** From secret storage, by field. */
  readonly values: Readonly<Record<string, string>>;
  /** A sign-in's tokens, in rclone's JSON. */
  readonly token?: string;
}

export interface RcloneWriting {
  /** In the order in which they are written. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly leftOut: readonly OmittedSetting[];
}

/** A setting or option that could not be taken over, and why: the rest of a sentence. */
export interface OmittedSetting {
  readonly name: string;
  readonly because: string;
}

/** A remote that can be added without any question. */
export interface SuggestedRemote {
  /** Where it was found: "AWS profile". */
  readonly source: string;
  /** What it is called there. */
  readonly label: string;
  /** What it is, in a few words: "single sign-on · eu-west-1". */
  readonly description: string;
  /** A name for the remote that is well-formed, though maybe taken. */
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What is set there and can't be had here. */
  readonly leftOut?: readonly OmittedSetting[];
  /** Why it is of no use, one sentence. */
  readonly problem?: string;
  /** It seems to lack something, so it is shown but not proposed. */
  readonly doubtful?: boolean;
}

/** One remote as written in `cloudRemotes.remotes`: name, backend, and the backend's own settings (never secrets). */
export interface RemoteSettings {
  readonly name: string;
  readonly backend: string;
  readonly [setting: string]: unknown;
}

/** What a backend may ask of its surroundings. */
export interface BackendHost {
  readonly log: Log;
  readonly clock: Clock;
  /** Environment variables, as credentials chains read them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A secret of this remote, by the field's name (one of `secretFields`). */
  secret(field: string): Promise<string | undefined>;
  /** The tokens of the account that the settings name; there for backends that declare `signIn`. */
  readonly tokens?: TokenSource;
  /** Asks the user for a one-time code (MFA). Undefined when cancelled or when nobody can be asked. */
  askCode?(prompt: string): Promise<string | undefined>;
  /** Whether programs named in settings may be run (credential_process): false in an untrusted workspace. */
  readonly mayRunPrograms: boolean;
  /** A folder for caches of facts that can be read again from the service; undefined = keep none. */
  readonly cacheFolder?: string;
  /** Told when the service asks to wait, by what a backend tries again itself. */
  readonly waits?: ServiceWaits | undefined;
}

export interface WizardStep {
  /** The setting (or secret) that the answer is stored under. */
  readonly field: string;
  /** "Endpoint": the step's title. */
  readonly title: string;
  /** A sentence on what to enter. */
  readonly prompt: string;
  /** `account`: the accounts of the backend's `signIn`, and signing in with another; the answer is an account's id. */
  readonly kind: 'choice' | 'text' | 'secret' | 'account';
  readonly choices?: readonly WizardChoice[];
  /** More choices, which have to be looked up (profiles in a file). Never rejects. Asked for when the step is shown. */
  loadChoices?(host: Pick<BackendHost, 'env'>): Promise<readonly WizardChoice[]>;
  /** With choices: whether another text may be typed. */
  readonly freeText?: boolean;
  readonly optional?: boolean;
  readonly initial?: string;
  /** For a text: what to propose, where that has to be looked up. Never rejects. Asked for when the step is shown and nothing was answered. */
  loadInitial?(host: Pick<BackendHost, 'env'>): Promise<string | undefined>;
  /** A sentence about what is wrong with this answer, or undefined. Pure. */
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
  /** One sentence: what was seen; for a failure also what to try. */
  readonly detail: string;
  /** Of a failure: the settings or secrets that are probably at fault, the likeliest first. Those that the wizard doesn't ask for are passed over. */
  readonly fields?: readonly string[];
  /** Settings that would mend it; offered as one action. */
  readonly fix?: { readonly label: string; readonly settings: Readonly<Record<string, unknown>> };
}
