import type * as vscode from 'vscode';
import type { App } from '../../app';
import { fileIfExists } from '../../remote/endpoint';
import { type FileEntry, isSameFile } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';
import { neverAborted } from '../platform/cancellation';
import { addressOfUri } from '../platform/places';
import type { OpenDocuments } from './openDocuments';

/** An open document whose file is about to be moved. */
interface Moving {
  readonly from: vscode.Uri;
  readonly to: vscode.Uri;
  /** The version that the text is based on. */
  readonly base: FileEntry;
}

/** Carries the bases of open documents along when their files are moved. */
export class MovedDocuments {
  constructor(
    private readonly app: Pick<App, 'openRemote' | 'remotes'>,
    private readonly documents: OpenDocuments,
  ) {}

  /**
   * Call before the move of `from`, and the returned function after it. A text based on an older version stays so: its next save is a
   * conflict, as without the move. During a move the editor reports unsaved documents as saved, and documents without a tab as closed.
   */
  async prepare(from: vscode.Uri, to: vscode.Uri): Promise<() => Promise<void>> {
    const moving: Moving[] = [];
    for (const uri of this.documents.openBelow(from)) {
      const base = this.documents.lastBaseOf(uri);
      if (typeof base !== 'object') continue;
      const moved = to.with({ path: to.path + uri.path.slice(from.path.length) });
      // Without a checksum, only a stat right before the move tells the moved file from a later write.
      const current = base.md5 === undefined ? await this.find(uri) : base;
      const known = current && isSameFile(base, current) ? { ...current, ...base } : base;
      moving.push({ from: uri, to: moved, base: known });
    }
    return async () => {
      for (const { from, to, base } of moving) {
        const current = await this.find(to);
        this.documents.recordMove(from, to, current && hasContentOf(base, current) ? current : base);
      }
    };
  }

  private async find(uri: vscode.Uri): Promise<FileEntry | undefined> {
    const { remote, path } = addressOfUri(uri, this.app);
    return fileIfExists(await this.app.openRemote(remote), path, neverAborted());
  }
}

/** Whether a moved file, which is a new file to the service, has the content of `before`. */
function hasContentOf(before: FileEntry, moved: FileEntry): boolean {
  if (before.size !== moved.size) return false;
  if (before.md5 !== undefined && moved.md5 !== undefined) return before.md5 === moved.md5;
  if (before.version !== undefined && before.version === moved.version) return true;
  const [a, b] = [before.modified, moved.modified];
  // A move keeps the mtime.
  return a !== undefined && b !== undefined && instantToMs(a) === instantToMs(b);
}
