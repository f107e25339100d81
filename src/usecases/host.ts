import type { KeySource, RemoteSettings } from '../backends/backend';
import type { Clock } from '../base/clock';
import type { Log } from '../base/log';
import type { ServiceAddress } from '../http/httpClient';
import type { Plan } from '../plan/model/plan';
import type { FolderFileSystem } from '../remote/folderFileSystem';
import type { TokenSource } from '../remote/tokenSource';
import type { SignInRequirement } from '../signIn/signInService';
import type { RunEndpoints } from '../transfer/runAction';
import type { CopyThreads } from '../transfer/transferSlots';

/** The ports that the editor or a terminal provides to the app. */
export interface Host {
  readonly log: Log;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `cloudRemotes.remotes` as it is now, unchecked. */
  remoteSettings(): readonly RemoteSettings[];
  secret(remote: string, field: string): Promise<string | undefined>;
  /** The tokens of the account in the settings; `clientSecret` is the remote's own. Reads nothing before a token is requested. */
  tokens?(
    requirement: SignInRequirement,
    settings: RemoteSettings,
    clientSecret: () => Promise<string | undefined>,
  ): TokenSource;
  /** The keys of a remote that another thread has. Absent = remotes load their own. */
  keys?(remote: string): KeySource;
  /** In a thread without the editor's HTTP client: whether a remote may connect; rejects where that client would not connect directly. */
  allowConnection?(remote: string, service: ServiceAddress): Promise<void>;
  /** Whether requests may leave the editor's HTTP client where no proxy is in the way. Absent = yes. */
  directConnections?(): boolean;
  askCode?(prompt: string): Promise<string | undefined>;
  /** Opens a folder of a virtual workspace. Absent where there are no virtual workspaces. */
  openFolder?(uri: string): FolderFileSystem;
  /** Whether every file written to a disk is made durable, not only moved files. Absent = no. */
  forceToDisk?(): boolean;
  /** Whether the app runs in a thread of its own, which may wait for disks. Absent = no. */
  readonly ownThread?: boolean;
  /** How many threads share the small copies of a run; 0 = as many as suit this machine. Absent = 1. */
  transferThreads?(): number;
  /** Starts the other threads for the small copies of a run; undefined where they don't pay. Absent = this thread makes all copies. */
  copyThreads?(plan: Plan, sides: RunEndpoints, signal: AbortSignal): Promise<CopyThreads | undefined>;
  mayRunPrograms(): boolean;
  /** Folder for caches and run journals, created on demand. Undefined = no caches and journals. */
  readonly storageFolder: string | undefined;
  /** Folder for the locks of all windows and terminals (`sharedLockFolder`). Absent = no locks. */
  readonly lockFolder?: string;
}
