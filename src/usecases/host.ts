import type { RemoteSettings } from '../backends/backend';
import type { Clock } from '../base/clock';
import type { Log } from '../base/log';
import type { FolderFileSystem } from '../remote/folderFileSystem';
import type { TokenSource } from '../remote/tokenSource';
import type { SignInRequirement } from '../signIn/signInService';

/** What the surroundings (the editor, or a terminal) provide to the app. */
export interface Host {
  readonly log: Log;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `cloudRemotes.remotes` as it is now, unchecked. */
  remoteSettings(): readonly RemoteSettings[];
  secret(remote: string, field: string): Promise<string | undefined>;
  /** The tokens of the account that the settings name; `clientSecret` is the remote's own. Reads nothing before a token is asked for. */
  tokens?(
    requirement: SignInRequirement,
    settings: RemoteSettings,
    clientSecret: () => Promise<string | undefined>,
  ): TokenSource;
  askCode?(prompt: string): Promise<string | undefined>;
  /** The folder of a virtual workspace that `uri` names. Absent where there are none. */
  openFolder?(uri: string): FolderFileSystem;
  /** Whether all that is written to disks is made durable, not only what is moved there. Absent = no. */
  forceToDisk?(): boolean;
  mayRunPrograms(): boolean;
  /** Folder for caches and run journals; made when needed. Undefined = keep none. */
  readonly storageFolder: string | undefined;
  /** Where runs of all windows and terminals put their locks (`sharedLockFolder`). Absent = runs don't look for each other. */
  readonly lockFolder?: string;
}
