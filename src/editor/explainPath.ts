import * as vscode from 'vscode';
import type { App, SyncRequest } from '../app';
import { isRemoteError } from '../remote/remoteError';
import { shortPlace } from './syncPlaces';

/** Milliseconds of no typing after which a path is asked about: ignore files may have to be read. */
const typingPauseMs = 150;

/** Lets the user type paths, and tells below each whether it takes part in the plan and which rule decides. `path` is there to begin with. */
export async function explainPath(
  app: Pick<App, 'explainFilter'>,
  request: SyncRequest,
  path = '',
): Promise<void> {
  const stop = new AbortController();
  let turn = 0;
  await vscode.window.showInputBox({
    title: `Which Rule Decides? ${shortPlace(request.source)} → ${shortPlace(request.target)}`,
    prompt: 'The path of a file, relative to both sides. It need not be there.',
    placeHolder: 'src/app/main.ts',
    value: path,
    validateInput: async (text) => {
      const mine = ++turn;
      if (text.trim() === '') return undefined;
      await new Promise((resolve) => setTimeout(resolve, typingPauseMs));
      if (mine !== turn) return undefined;
      try {
        const { sentence } = await app.explainFilter(request, text.trim(), stop.signal);
        return { message: sentence, severity: vscode.InputBoxValidationSeverity.Info };
      } catch (error) {
        if (isRemoteError(error)) return error.message;
        throw error;
      }
    },
  });
  stop.abort(new Error('The question was withdrawn.'));
}
