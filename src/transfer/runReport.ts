import type { LeftAlone } from '../plan/build/leftAlone';
import type { Action } from '../plan/model/plan';
import type { RemoteErrorKind } from '../remote/remoteError';

/** What became of a plan. JSON-safe. */
export interface RunReport {
  readonly version: 1;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** One per action of the plan, in the plan's order. */
  readonly results: readonly ActionResult[];
  readonly totals: Readonly<Record<ActionOutcome, number>>;
  /** Bytes of content moved. */
  readonly bytes: number;
  /** How many overwritten and deleted files are in the backup; absent when the plan had none. */
  readonly kept?: number;
  /** Why the run ended before its last action, as a sentence, where neither the user nor the plan ended it: nothing would have gone any better. */
  readonly stopped?: string;
  /** Why the deletes were not run, as a sentence; absent when they were or there were none. */
  readonly deletesWithheld?: string;
  /** What the plan left alone, so that none of the results is about it; absent when nothing, and in reports of older versions. */
  readonly leftAlone?: LeftAlone;
}

/** Whether everything was done that the plan was asked for: also what it could not plan. */
export function isWhole({ results, totals, stopped, deletesWithheld, leftAlone }: RunReport): boolean {
  const nothingLeft = (leftAlone?.undone ?? 0) === 0;
  return (
    totals.done === results.length && nothingLeft && stopped === undefined && deletesWithheld === undefined
  );
}

/**
 * copied: the copy is made and verified, but what was to be removed after that stays (`error` says why): the source of a move, the old name
 * of a rename, a deleted file that is in the backup.
 * changed: what the plan was decided on is no longer so; nothing was done, save that the copy of a source file that was to be moved may be
 * on the target.
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

/** Told of everything that happens in a run, as it happens; slowed down only where it is shown. Must not throw. */
export interface RunObserver {
  started(action: Action): void;
  /** Bytes of this action moved so far; may go back when a part is sent again. */
  progressed(action: Action, bytes: number): void;
  ended(action: Action, result: ActionResult): void;
  /** A service asks to wait until then, in milliseconds since the epoch; undefined once requests go through again. */
  waiting?(until: number | undefined): void;
}

export const silentObserver: RunObserver = { started: () => {}, progressed: () => {}, ended: () => {} };
