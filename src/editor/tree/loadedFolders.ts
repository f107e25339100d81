import { CancellationError } from 'vscode';
import type { Entry } from '../../remote/entry';
import type { Pager } from '../../usecases/browseRemote';

/** Pages that a refresh asks for again at most, so that refreshing a folder of which much was loaded stays quick. */
export const mostPagesAgain = 5;

/** What is loaded of one folder. */
export interface LoadedFolder {
  pages: Pager<Entry> | undefined;
  /** Set when the last request failed; the row that says so stays until somebody tries again. */
  error: unknown;
  /** What names have to start with. */
  filter: string | undefined;
  /** The remote's settings, as JSON, that the pages were loaded with. */
  settings: string | undefined;
}

/** What is loaded of the tree's folders, by the ids of their rows. */
export class LoadedFolders {
  private readonly folders = new Map<string, LoadedFolder>();

  /** The folder's record, made when there is none. */
  of(id: string): LoadedFolder {
    let folder = this.folders.get(id);
    if (!folder) {
      folder = { pages: undefined, error: undefined, filter: undefined, settings: undefined };
      this.folders.set(id, folder);
    }
    return folder;
  }

  find(id: string): LoadedFolder | undefined {
    return this.folders.get(id);
  }

  all(): readonly (readonly [string, LoadedFolder])[] {
    return [...this.folders];
  }

  /** Ends what is under way, so that the folder is listed again when it is next looked at. Its filter stays. */
  forgetPages(id: string): void {
    const folder = this.folders.get(id);
    if (!folder) return;
    const { pages } = folder;
    folder.pages = undefined;
    folder.error = undefined;
    pages?.cancel(new CancellationError());
  }

  /** Forgets the folder wholly; answers whether it was filtered. */
  forget(id: string): boolean {
    const filtered = this.folders.get(id)?.filter !== undefined;
    this.forgetPages(id);
    this.folders.delete(id);
    return filtered;
  }
}
