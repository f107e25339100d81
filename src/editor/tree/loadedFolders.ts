import { CancellationError } from 'vscode';
import type { Entry } from '../../remote/entry';
import type { Pager } from '../../usecases/browseRemote';
import type { TreeNode } from './treeNode';

/** Pages that a refresh after a change loads again, so that it stays fast in a folder with many loaded pages. */
export const maxRefreshedPages = 5;

/** The loaded pages of a folder and the state of its listing. */
export interface LoadedFolder {
  pages: Pager<Entry> | undefined;
  /** The rows that the editor got last, without the trash. */
  drawn: readonly TreeNode[] | undefined;
  /** The error of the last request; its row stays until the user retries. */
  error: unknown;
  /** The prefix of the listed names. */
  filter: string | undefined;
  /** The settings of the remote that the pages were loaded with, as JSON. */
  settings: string | undefined;
}

/** The loaded folders of the tree by id. */
export class LoadedFolders {
  private readonly folders = new Map<string, LoadedFolder>();

  /** Creates the entry of the folder if it doesn't exist. */
  of(id: string): LoadedFolder {
    let folder = this.folders.get(id);
    if (!folder) {
      folder = {
        pages: undefined,
        drawn: undefined,
        error: undefined,
        filter: undefined,
        settings: undefined,
      };
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

  /** Cancels and drops the listing, so that the folder is listed again when it is shown. Keeps its filter. */
  forgetPages(id: string): void {
    const folder = this.folders.get(id);
    if (!folder) return;
    const { pages } = folder;
    folder.pages = undefined;
    folder.error = undefined;
    pages?.cancel(new CancellationError());
  }

  /** Forgets the folder with its filter; returns whether it was filtered. */
  forget(id: string): boolean {
    const filtered = this.folders.get(id)?.filter !== undefined;
    this.forgetPages(id);
    this.folders.delete(id);
    return filtered;
  }
}
