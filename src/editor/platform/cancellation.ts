import * as vscode from 'vscode';

/** Whether `error` reports a cancellation and no failure. */
export function isCancellation(error: unknown): boolean {
  return (
    error instanceof vscode.CancellationError ||
    (error instanceof Error && (error.name === 'AbortError' || error.name === 'Canceled'))
  );
}

/** A signal for short work that the user can't cancel. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
