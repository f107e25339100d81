import * as vscode from 'vscode';
import { addAbortListener } from '../../base/aborts';

/** The extension's own id; the editor routes Uris with this authority to the handler below. */
const extensionId = 'cloud-remotes.cloud-remotes';
const callbackPath = '/signed-in';

/** Receives OAuth redirects through the editor's Uri scheme. Several sign-ins can wait; a redirect of no sign-in is ignored. */
export class RedirectHandler implements vscode.UriHandler {
  private readonly waiting = new Map<string, (query: URLSearchParams) => void>();

  /** The redirect URI. The editor requires a new one per sign-in, and an unmodified one. */
  async callbackUrl(): Promise<string> {
    const own = vscode.Uri.parse(`${vscode.env.uriScheme}://${extensionId}${callbackPath}`);
    return (await vscode.env.asExternalUri(own)).toString(true);
  }

  /** The query of the redirect that carries `state`. Rejects with the signal's reason. */
  waitForRedirect(state: string, signal: AbortSignal): Promise<URLSearchParams> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      addAbortListener(signal, () => {
        this.waiting.delete(state);
        reject(signal.reason);
      });
      this.waiting.set(state, (query) => {
        this.waiting.delete(state);
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

/** Opens a page in the user's browser. Throws CancellationError when the user declines. */
export async function openInBrowser(url: string): Promise<void> {
  // A Uri would encode each "%" of the query again. `openExternal` also accepts a string, although its types don't say so.
  const opened = await vscode.env.openExternal(url as unknown as vscode.Uri);
  if (!opened) throw new vscode.CancellationError();
}

/** Whether the user's browser runs on the machine of the extension, so that it can reach a loopback listener. */
export function browserIsHere(): boolean {
  const { remoteName } = vscode.env;
  return remoteName === undefined || /^(localhost|127\.0\.0\.1)(:|$)/.test(remoteName);
}
