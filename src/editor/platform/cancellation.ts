import * as vscode from 'vscode';

/** An AbortSignal that follows the editor's token; its reason is a CancellationError. */
export function abortSignalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort(new vscode.CancellationError());
  else token.onCancellationRequested(() => controller.abort(new vscode.CancellationError()));
  return controller.signal;
}

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
