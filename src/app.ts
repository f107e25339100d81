import type { Backend, ConnectionFinding, RemoteSettings } from './backends/backend';
import type { Place, Plan, PlanProgress } from './plan/plan';
import type { PlanOptions } from './plan/planOptions';
import type { Remote } from './remote/remote';
import type { RemotePath } from './remote/remotePath';
import type { RunObserver } from './transfer/progress';
import type { RunReport } from './transfer/runReport';

/** Everything the editor (or a terminal) can ask for. Made by `createApp(host)`; holds no reference to any editor. */
export interface App {
  readonly backends: readonly Backend[];
  /** The checked remotes, in the order of the settings; a remote with bad settings carries its problems. */
  remotes(): readonly ConfiguredRemote[];
  /** The opened remote; the same object until its settings change. Throws RemoteError `badSettings` or `notFound` with the way out. */
  openRemote(name: string): Promise<Remote>;
  /** The remote and the path in it that a place stands for. A folder is opened as a local remote of its own. */
  openPlace(place: Place): Promise<{ readonly remote: Remote; readonly root: RemotePath }>;
  /** Lists both sides and decides. Writes nothing: it is handed remotes that refuse to write. */
  planSync(
    request: SyncRequest,
    signal: AbortSignal,
    onProgress?: (progress: PlanProgress) => void,
  ): Promise<Plan>;
  /** Does what the plan says, rechecking each action. `transfers` = how many files at once. */
  runPlan(plan: Plan, signal: AbortSignal, options?: RunOptions): Promise<RunReport>;
  /** Tries settings that need not be saved yet. `secrets` stand in for those in secret storage. */
  testConnection(
    settings: RemoteSettings,
    secrets: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncIterable<ConnectionFinding>;
  /** Closes remotes whose settings changed or went away; call it when settings or secrets change. */
  settingsChanged(): void;
  close(): Promise<void>;
}

export interface ConfiguredRemote {
  readonly settings: RemoteSettings;
  /** Undefined when `settings.backend` is unknown. */
  readonly backend: Backend | undefined;
  /** Sentences; empty when the remote can be opened. */
  readonly problems: readonly string[];
}

export interface SyncRequest {
  readonly source: Place;
  readonly target: Place;
  readonly options: PlanOptions;
}

export interface RunOptions {
  readonly observer?: RunObserver;
  /** Files at once; default 4… see executePlan. */
  readonly transfers?: number;
}
