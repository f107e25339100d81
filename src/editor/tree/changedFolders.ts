import type { RemoteAddress } from '../../remote/remoteAddress';
import { parentPath } from '../../remote/remotePath';
import type { RemoteChange } from '../platform/remoteChangeEvents';
import { folderId } from './treeNode';

/** What some changes mean for the folders of a tree, each folder once however many files were changed in it. */
export interface ChangedFolders {
  /** Ids of what is gone, as far as it was a folder. */
  readonly gone: ReadonlySet<string>;
  /** Ids of folders in which something was changed that isn't told. */
  readonly within: ReadonlySet<string>;
  /** Folders that hold something that was made, changed or removed. */
  readonly parents: readonly RemoteAddress[];
}

/** `isShown` tells whether the id is of a folder with a row. */
export function changedFolders(
  changes: readonly RemoteChange[],
  isShown: (id: string) => boolean,
): ChangedFolders {
  const gone = new Set<string>();
  const within = new Set<string>();
  const parents = new Map<string, RemoteAddress>();
  for (const { remote, path, kind } of changes) {
    const id = folderId({ remote, path });
    if (kind === 'deleted') gone.add(id);
    if (kind === 'changed' && isShown(id)) within.add(id);
    else {
      const folder = { remote, path: parentPath(path) };
      parents.set(folderId(folder), folder);
    }
  }
  return { gone, within, parents: [...parents.values()] };
}

/** Whether a row's id is that of one of the folders with these ids, or of something below one. */
export function isInOneOf(id: string, folders: ReadonlySet<string>): boolean {
  for (let at = id.indexOf('/'); at >= 0; at = id.indexOf('/', at + 1))
    if (folders.has(id.slice(0, at + 1))) return true;
  return false;
}
