import type { SyncRequest } from '../app';
import type { Keys, RemoteSettings } from '../backends/backend';
import type { LogLevel, LogTag } from '../base/log';
import type { ServiceAddress } from '../http/httpClient';
import type { CopyFile, Place, Plan, PlanProgress, SideName } from '../plan/model/plan';
import type { FileEntry } from '../remote/entry';
import type { ActionResult, RunReport } from '../transfer/runReport';
import type { PathExplanation } from '../usecases/explainPath';
import type { ErrorMessage } from './errorMessages';
import type { Outline, PieceOf } from './pieces';

// What crosses between the editor's thread and the worker, and between the worker and threads that share its copies.

/** What the worker must know of the editor at every request: a `Host` has these as functions that answer at once. */
export interface HostState {
  readonly remoteSettings: readonly RemoteSettings[];
  readonly mayRunPrograms: boolean;
  readonly forceToDisk: boolean;
  readonly directConnections: boolean;
  readonly transferThreads: number;
  /** The levels of log lines that are kept. */
  readonly logLevels: readonly LogLevel[];
}

/** What the worker is started with. */
export interface WorkerStart {
  readonly storageFolder: string | undefined;
  readonly lockFolder: string | undefined;
  readonly state: HostState;
  /** For a thread that only makes copies: whether it gets the keys of remotes, and asks before it connects to a service. */
  readonly copies?: { readonly asksKeys: boolean; readonly asksToConnect: boolean };
}

/** A long list of the plan or report of `work` in pieces. */
interface PieceCall {
  readonly args: PieceOf & { readonly work: number };
  readonly result: readonly unknown[];
}

/** Calls that the worker serves. The editor's thread gives each plan and run a number, `work`. */
export type WorkerCalls = {
  readonly planSync: {
    readonly args: { readonly work: number; readonly state: HostState; readonly request: SyncRequest };
    readonly result: Outline<Plan>;
  };
  readonly explainFilter: {
    readonly args: { readonly state: HostState; readonly request: SyncRequest; readonly path: string };
    readonly result: PathExplanation;
  };
  readonly runPlan: {
    readonly args: {
      readonly work: number;
      readonly state: HostState;
      readonly plan: Outline<Plan>;
      readonly transfers: number | undefined;
      /** As in RunOptions. */
      readonly continues: string | undefined;
      /** Whether the progress is wanted. */
      readonly observed: boolean;
    };
    readonly result: Outline<RunReport>;
  };
  readonly piece: PieceCall;
  /** The result of `work` is complete in the editor's thread, or no longer wanted. */
  readonly release: { readonly args: { readonly work: number }; readonly result: undefined };
  readonly settingsChanged: {
    readonly args: { readonly state: HostState; readonly name: string | undefined };
    readonly result: undefined;
  };
  /** Cancels all work and writes the caches. */
  readonly close: { readonly args: undefined; readonly result: undefined };
};

/** Calls that the editor's thread serves. */
export type HostCalls = {
  readonly piece: PieceCall;
  readonly log: { readonly args: readonly LogLine[]; readonly result: undefined };
  readonly secret: {
    readonly args: { readonly remote: string; readonly field: string };
    readonly result: string | undefined;
  };
  /** Keys of a remote that sign requests; others in place of `unwanted`. */
  readonly keys: {
    readonly args: { readonly remote: string; readonly unwanted: Keys | undefined };
    readonly result: Keys;
  };
  /** A token of the account of a remote; another one in place of `refused`. */
  readonly token: {
    readonly args: { readonly settings: RemoteSettings; readonly refused: string | undefined };
    readonly result: string;
  };
  /** Whether the worker may connect to a service: it trusts the service, and the editor's client connects directly too. */
  readonly mayConnect: {
    readonly args: {
      readonly remote: string;
      readonly service: ServiceAddress;
      readonly isTrusted: boolean;
    };
    readonly result: boolean;
  };
  readonly planProgress: {
    readonly args: { readonly work: number; readonly progress: PlanProgress };
    readonly result: undefined;
  };
  readonly runProgress: {
    readonly args: { readonly work: number; readonly progress: RunProgress };
    readonly result: undefined;
  };
};

export interface LogLine {
  readonly level: LogLevel;
  readonly tag: LogTag;
  readonly text: string;
}

/** What happened in a run since the last message. */
export interface RunProgress {
  /** In order: the id of an action that started, or the result of one that ended. */
  readonly events: readonly (string | ActionResult)[];
  /** Bytes of actions so far, by their ids. */
  readonly bytes: ReadonlyMap<string, number>;
  /** The latest wait that a service asks for, in milliseconds since the epoch; null when it is over, undefined when nothing changed. */
  readonly waiting: number | null | undefined;
  /** The id of the run's journal, once. */
  readonly recorded?: string | undefined;
}

/** Calls that a thread serves that only makes copies. */
export type CopyCalls = {
  /** Opens both places. Rejects where one leads to another storage than in the thread of the run. */
  readonly open: {
    readonly args: {
      readonly source: Place;
      readonly target: Place;
      readonly followSymlinks: boolean;
      /** As in Capabilities, of both places. */
      readonly storageIds: readonly (string | undefined)[];
    };
    readonly result: undefined;
  };
  /** Copies to begin at once. */
  readonly copy: { readonly args: readonly CopyFile[]; readonly result: undefined };
  /** The run is cancelled for this reason. */
  readonly cancel: { readonly args: ErrorMessage; readonly result: undefined };
  /** Writes the caches. */
  readonly close: { readonly args: undefined; readonly result: undefined };
};

/** Calls that the thread of the run serves. */
export type RunCalls = Pick<HostCalls, 'log' | 'secret' | 'keys' | 'mayConnect'> & {
  readonly copied: { readonly args: CopyProgress; readonly result: undefined };
};

/** What happened in a thread since its last message. */
export interface CopyProgress {
  readonly ended: readonly EndedCopy[];
  /** How often the service of a side refused a request. */
  readonly refused: Readonly<Record<SideName, number>>;
  /** As `RunProgress.waiting`, of the service of a side. */
  readonly waiting: { readonly [Side in SideName]?: number | null };
}

/** A copy that ended, by the id of its action: with the file or the error. */
export interface EndedCopy {
  readonly id: string;
  readonly made?: FileEntry | undefined;
  readonly error?: ErrorMessage;
}
