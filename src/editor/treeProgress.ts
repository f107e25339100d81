import { neverAborted } from './cancellation';
import { type TellProgress, withLateProgress } from './lateProgress';
import { remotesViewId } from './remotesView';
import * as window from './window';

/**
 * Runs work that a command of the tree began: the line over the tree moves at once, and work that takes longer gets a
 * notification with Cancel. Settles as `work` does; cancelling aborts its signal with the editor's CancellationError.
 */
export async function withTreeProgress<T>(
  title: string,
  work: (signal: AbortSignal, tell: TellProgress) => Promise<T>,
): Promise<T> {
  return window.withProgress({ location: { viewId: remotesViewId } }, () =>
    withLateProgress(title, neverAborted(), work),
  );
}
