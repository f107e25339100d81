import type { LeftAlone } from '../plan/build/leftAlone';
import type { Action } from '../plan/model/plan';
import type { RemoteErrorKind } from '../remote/remoteError';

/** The outcome of a run. JSON-safe. */
export interface RunReport {
  readonly version: 1;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** One per action of the plan, in the plan's order. */
  readonly results: readonly ActionResult[];
  readonly totals: Readonly<Record<ActionOutcome, number>>;
  /** Bytes of copied content. */
  readonly bytes: number;
  /** How many overwritten and deleted files are in the backup; absent when the plan had none. */
  readonly kept?: number;
  /** Why the run ended early by itself, as a sentence: the remaining actions would have failed too. */
  readonly stopped?: string;
  /** Why deletes were withheld, as a sentence; absent when they ran or there were none. */
  readonly deletesWithheld?: string;
  /** Everything that the plan left alone, which has no results; absent when there is nothing, and in reports of older versions. */
  readonly leftAlone?: LeftAlone;
}

/** Whether the request was fulfilled completely, including what could not be planned. */
export function isWhole({ results, totals, stopped, deletesWithheld, leftAlone }: RunReport): boolean {
  const nothingLeft = (leftAlone?.undone ?? 0) === 0;
  return (
    totals.done === results.length && nothingLeft && stopped === undefined && deletesWithheld === undefined
  );
}

/**
 * copied: the copy is made and verified, but its original stays (`error` says why): the source of a move, the old name of a rename,
 * a deleted file that is in the backup.
 * changed: the files no longer match the plan; nothing was done, except that the copy of a moved file may be on the target.
 */
export type ActionOutcome = 'done' | 'copied' | 'failed' | 'changed' | 'cancelled' | 'notStarted';

export interface ActionResult {
  readonly id: string;
  readonly kind: Action['kind'];
  readonly path: string;
  readonly outcome: ActionOutcome;
  /** For copied, failed and changed. */
  readonly error?: { readonly kind: RemoteErrorKind; readonly message: string };
}

/** Receives every event of a run at once; displays throttle them. Must not throw. */
export interface RunObserver {
  started(action: Action): void;
  /** Bytes transferred by this action so far; the number decreases when a part is sent again. */
  progressed(action: Action, bytes: number): void;
  ended(action: Action, result: ActionResult): void;
  /** The run has a journal under this id, by which it can be continued. */
  recorded?(run: string): void;
  /** A service asks to wait until `until`, in milliseconds since the epoch; undefined when requests succeed again. */
  waiting?(until: number | undefined): void;
}

export const silentObserver: RunObserver = { started: () => {}, progressed: () => {}, ended: () => {} };
