import * as vscode from 'vscode';
import { neverAborted } from '../platform/cancellation';
import { remotesViewId } from '../platform/remoteUri';
import * as window from './window';

/** `message` is the end of a sentence ("12 of 300 files"), `fraction` a number from 0 to 1. */
export type ReportProgress = (message: string, fraction: number) => void;

/** Milliseconds before the notification appears. */
const delayMs = 1500;

/**
 * Runs `work` and, when it takes long, shows its progress with a Cancel button. For work that the editor itself shows no progress for.
 * Settles as `work` does; the signal's reason is that of `signal`, or a CancellationError.
 */
export async function withDelayedProgress<T>(
  title: string,
  signal: AbortSignal,
  work: (signal: AbortSignal, report: ReportProgress) => Promise<T>,
): Promise<T> {
  const cancelled = new AbortController();
  let report: ReportProgress = () => {};
  let shownPercent = 0;
  const done = work(AbortSignal.any([signal, cancelled.signal]), (message, fraction) =>
    report(message, fraction),
  );
  const timer = setTimeout(() => {
    void window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (progress, token) => {
        token.onCancellationRequested(() => cancelled.abort(new vscode.CancellationError()));
        report = (message, fraction) => {
          const percent = Math.floor(fraction * 100);
          progress.report({ message, increment: Math.max(0, percent - shownPercent) });
          shownPercent = Math.max(shownPercent, percent);
        };
        await done.catch(() => {}); // the caller gets the error
      },
    );
  }, delayMs);
  try {
    return await done;
  } finally {
    clearTimeout(timer);
  }
}

/** As `withDelayedProgress`, and the tree shows its progress bar at once. For commands of the tree. */
export async function withTreeProgress<T>(
  title: string,
  work: (signal: AbortSignal, report: ReportProgress) => Promise<T>,
): Promise<T> {
  return withProgressBar(() => withDelayedProgress(title, neverAborted(), work));
}

/** Shows the progress bar of the tree during `work`. */
export async function withProgressBar<T>(work: () => Promise<T>): Promise<T> {
  return window.withProgress({ location: { viewId: remotesViewId } }, work);
}
