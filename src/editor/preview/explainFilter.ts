import * as vscode from 'vscode';
import type { App, SyncRequest } from '../../app';
import { isRemoteError } from '../../remote/remoteError';
import { formatPlace } from '../platform/places';
import { presentError } from '../window/errorMessages';
import * as window from '../window/window';

/** Milliseconds without typing before a path is explained, because that may read ignore files. */
const typingPauseMs = 150;

/**
 * Lets the user type paths, and shows for each whether it takes part in the plan and which rule decides. Starts with `path`.
 * Resolves when the box closes.
 */
export async function explainPath(
  app: Pick<App, 'explainFilter'>,
  request: SyncRequest,
  path = '',
): Promise<void> {
  const box = new window.InputBox();
  box.title = `Which Rule Decides? ${formatPlace(request.source, 'short')} → ${formatPlace(request.target, 'short')}`;
  box.prompt = 'The path of a file, relative to both sides. The file need not exist.';
  box.placeholder = 'src/app/main.ts';
  box.value = path;
  let asking = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows the explanation of the text, unless the text has changed meanwhile. */
  const answer = async (text: string) => {
    asking.abort(new Error('Another path was typed.'));
    const mine = new AbortController();
    asking = mine;
    if (text === '') {
      box.validationMessage = undefined;
      return;
    }
    const told = await app.explainFilter(request, text, mine.signal).then(
      ({ sentence }) => ({ message: sentence, severity: vscode.InputBoxValidationSeverity.Info }),
      (error: unknown) =>
        isRemoteError(error) ? error.message : presentError(error, 'The rule can’t be explained').text,
    );
    if (!mine.signal.aborted) box.validationMessage = told;
  };

  box.onDidChangeValue((text) => {
    clearTimeout(timer);
    timer = setTimeout(() => void answer(text.trim()), typingPauseMs);
  });
  const closed = box.ask(() => true);
  void answer(path);
  await closed;
  clearTimeout(timer);
  asking.abort(new Error('The box was closed.'));
}
