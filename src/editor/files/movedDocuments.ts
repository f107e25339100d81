import type * as vscode from 'vscode';
import type { App } from '../../app';
import { fileIfExists } from '../../remote/endpoint';
import type { FileEntry } from '../../remote/entry';
import { isSameFile } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';
import { neverAborted } from '../platform/cancellation';
import { fromUri } from '../platform/remoteUri';
import type { OpenDocuments } from './openDocuments';

/** A document whose file is about to be moved. */
interface Moving {
  readonly was: vscode.Uri;
  readonly is: vscode.Uri;
  /** What its text is based on. */
  readonly base: FileEntry;
}

/** Lets documents go on when their files are moved: what their texts are based on has to move along. */
export class MovedDocuments {
  constructor(
    private readonly app: Pick<App, 'openRemote' | 'remotes'>,
    private readonly documents: OpenDocuments,
  ) {}

  /**
   * Looks at the documents at and below `from`, before the move. The answer is to be called after it. A text that is behind the
   * file that was moved stays so: its next save is a conflict, as it would have been.
   *
   * At this moment the editor holds unsaved texts itself: it says of their documents that they are saved, and those that no tab shows
   * (an extension edits and renames a file in one go) it has closed.
   */
  async prepare(from: vscode.Uri, to: vscode.Uri): Promise<() => Promise<void>> {
    const moving: Moving[] = [];
    for (const was of this.documents.openBelow(from)) {
      const base = this.documents.lastBaseOf(was);
      if (typeof base !== 'object') continue;
      const is = to.with({ path: to.path + was.path.slice(from.path.length) });
      // Only as it stood right before the move can the file be told from one that was written since, where no checksum tells.
      const there = base.md5 === undefined ? await this.find(was) : base;
      moving.push({ was, is, base: there && isSameFile(base, there) ? { ...there, ...base } : base });
    }
    return async () => {
      for (const { was, is, base } of moving) {
        const there = await this.find(is);
        this.documents.recordMove(was, is, there && hasContentOf(base, there) ? there : base);
      }
    };
  }

  private async find(uri: vscode.Uri): Promise<FileEntry | undefined> {
    const names = this.app.remotes().map(({ settings }) => settings.name);
    const { remote, path } = fromUri(uri, names);
    return fileIfExists(await this.app.openRemote(remote), path, neverAborted());
  }
}

/** Whether a moved file, which is another one to the service, has the content that `before` had. */
function hasContentOf(before: FileEntry, moved: FileEntry): boolean {
  if (before.size !== moved.size) return false;
  if (before.md5 !== undefined && moved.md5 !== undefined) return before.md5 === moved.md5;
  if (before.version !== undefined && before.version === moved.version) return true;
  const [a, b] = [before.modified, moved.modified];
  // A move keeps the owner's time.
  return a !== undefined && b !== undefined && instantToMs(a) === instantToMs(b);
}
