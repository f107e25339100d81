import type { Action } from '../plan/model/plan';
import type { ActionResult } from './runReport';

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
