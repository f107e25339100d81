import * as vscode from 'vscode';
import type { App } from '../app';
import type { FileEntry } from '../remote/entry';
import { isSameFile } from '../remote/sameFile';
import { findFile } from '../usecases/browseRemote';
import { neverAborted } from './cancellation';
import type { OpenDocuments } from './openDocuments';
import { fromUri } from './remoteUri';

/** Lets documents go on when their files are moved: what their texts are based on has to move along. */
export class MovedDocuments {
  constructor(
    private readonly app: Pick<App, 'openRemote' | 'remotes'>,
    private readonly documents: OpenDocuments,
  ) {}

  /**
   * Looks at the open documents at and below `from`, before the move. The answer is to be called after it. A text that was
   * behind its file before the move stays so: its next save is a conflict, as it would have been.
   */
  async prepare(from: vscode.Uri, to: vscode.Uri): Promise<() => Promise<void>> {
    const moving: { readonly was: vscode.Uri; readonly is: vscode.Uri; readonly current: boolean }[] = [];
    // At this moment the editor holds unsaved texts itself, and says of their documents that they are saved.
    for (const { uri } of vscode.workspace.textDocuments) {
      const rest = below(uri, from);
      const base = rest === undefined ? undefined : this.documents.baseOf(uri);
      if (typeof base !== 'object') continue;
      const there = await this.find(uri);
      const current = there !== undefined && isSameFile(base, there);
      moving.push({ was: uri, is: to.with({ path: to.path + rest }), current });
    }
    return async () => {
      for (const { was, is, current } of moving) {
        const there = current ? await this.find(is) : this.documents.baseOf(was);
        if (typeof there === 'object') this.documents.wasMoved(was, is, there);
      }
    };
  }

  private async find(uri: vscode.Uri): Promise<FileEntry | undefined> {
    const names = this.app.remotes().map(({ settings }) => settings.name);
    const { remote, path } = fromUri(uri, names);
    return findFile(await this.app.openRemote(remote), path, neverAborted());
  }
}

/** What `uri` has behind `folder`: "" for itself, "/x" below it, undefined elsewhere. */
function below(uri: vscode.Uri, folder: vscode.Uri): string | undefined {
  if (uri.scheme !== folder.scheme || uri.authority !== folder.authority) return undefined;
  const rest = uri.path.startsWith(folder.path) ? uri.path.slice(folder.path.length) : undefined;
  return rest === '' || rest?.startsWith('/') ? rest : undefined;
}
