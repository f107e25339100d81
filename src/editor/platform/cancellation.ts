import * as vscode from 'vscode';

/** The AbortSignal that stands for the editor's token. The reason is the editor's own CancellationError. */
export function abortSignalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort(new vscode.CancellationError());
  else token.onCancellationRequested(() => controller.abort(new vscode.CancellationError()));
  return controller.signal;
}

/** Whether `error` only says that somebody cancelled. */
export function isCancellation(error: unknown): boolean {
  return (
    error instanceof vscode.CancellationError ||
    (error instanceof Error && (error.name === 'AbortError' || error.name === 'Canceled'))
  );
}

/** A signal that nobody aborts, for short work that the user can't cancel. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
