import * as vscode from 'vscode';
import { neverAborted } from '../platform/cancellation';
import { remotesViewId } from '../platform/remoteUri';
import * as window from './window';

/** Told what is done so far: a sentence's end ("12 of 300 files") and the share, 0…1. */
export type ReportProgress = (message: string, share: number) => void;

/** Milliseconds after which work counts as long. */
const delayMs = 1500;

/**
 * Runs `work`, and when it takes long shows how far it is, with a way to cancel. For work that the editor starts without
 * showing anything itself. Rejects as `work` does, with the reason of `signal` or a CancellationError when it was stopped.
 */
export async function withDelayedProgress<T>(
  title: string,
  signal: AbortSignal,
  work: (signal: AbortSignal, tell: ReportProgress) => Promise<T>,
): Promise<T> {
  const cancelled = new AbortController();
  let report: ReportProgress = () => {};
  let shown = 0;
  const done = work(AbortSignal.any([signal, cancelled.signal]), (message, share) => report(message, share));
  const timer = setTimeout(() => {
    void window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (progress, token) => {
        token.onCancellationRequested(() => cancelled.abort(new vscode.CancellationError()));
        report = (message, share) => {
          const percent = Math.floor(share * 100);
          progress.report({ message, increment: Math.max(0, percent - shown) });
          shown = Math.max(shown, percent);
        };
        await done.catch(() => {}); // told to whoever asked for the work
      },
    );
  }, delayMs);
  try {
    return await done;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs work that a command of the tree began: the line over the tree moves at once, and work that takes longer gets a
 * notification with Cancel. Settles as `work` does; cancelling aborts its signal with the editor's CancellationError.
 */
export async function withTreeProgress<T>(
  title: string,
  work: (signal: AbortSignal, tell: ReportProgress) => Promise<T>,
): Promise<T> {
  return window.withProgress({ location: { viewId: remotesViewId } }, () =>
    withDelayedProgress(title, neverAborted(), work),
  );
}
