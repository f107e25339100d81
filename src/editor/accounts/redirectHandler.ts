import * as vscode from 'vscode';
import { hearAbort } from '../../base/aborts';

/** The extension's own id, under which the editor hands on addresses of its scheme. */
const extensionId = 'cloud-remotes.cloud-remotes';
const callbackPath = '/signed-in';

/**
 * Hears of the browser's return by an address of the editor's own scheme. Several sign-ins may wait at once; what none of them waits for
 * is ignored.
 */
export class RedirectHandler implements vscode.UriHandler {
  private readonly waiting = new Map<string, (query: URLSearchParams) => void>();

  /** The address that brings the browser back here; asked anew for every sign-in, as the editor demands, and never altered. */
  async callbackUrl(): Promise<string> {
    const own = vscode.Uri.parse(`${vscode.env.uriScheme}://${extensionId}${callbackPath}`);
    return (await vscode.env.asExternalUri(own)).toString(true);
  }

  /** The query that the browser came back with, for the sign-in that sent `state` along. Rejects with the signal's reason. */
  waitForRedirect(state: string, signal: AbortSignal): Promise<URLSearchParams> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const give = () => this.waiting.delete(state);
      hearAbort(signal, () => {
        give();
        reject(signal.reason);
      });
      this.waiting.set(state, (query) => {
        give();
        resolve(query);
      });
    });
  }

  handleUri(uri: vscode.Uri): void {
    if (uri.path !== callbackPath) return;
    const query = new URLSearchParams(uri.query);
    this.waiting.get(query.get('state') ?? '')?.(query);
  }
}

/** Opens a page in the user's browser. Throws when the user would not have it opened. */
export async function openInBrowser(url: string): Promise<void> {
  // As text: a Uri would have every "%" of the query encoded once more. The editor takes both, though its types say otherwise.
  const opened = await vscode.env.openExternal(url as unknown as vscode.Uri);
  if (!opened) throw new vscode.CancellationError();
}

/** Whether the browser that opens pages runs on the same machine as this code, so that it can come back to a listener here. */
export function browserIsHere(): boolean {
  const { remoteName } = vscode.env;
  return remoteName === undefined || /^(localhost|127\.0\.0\.1)(:|$)/.test(remoteName);
}
