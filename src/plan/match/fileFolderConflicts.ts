import type { FileEntry } from '../../remote/entry';
import type { RemotePath } from '../../remote/remotePath';

/** A file whose path is a prefix of the path visited last. */
interface OpenFile {
  readonly path: RemotePath;
  readonly onSource: boolean;
  readonly onTarget: boolean;
}

/**
 * Finds files that would have to be folders too, `a` beside `a/b` (H16, R14), in one pass over the sorted names of both sides. For targets
 * that can't hold both.
 *
 * 1. With `makesRoom`, a file that only the target has is deleted first for a file that only the source has, whichever is the longer name.
 * 2. Otherwise the target stays as it is: a source name that conflicts with a target file is blocked.
 * 3. Of two source names, the shorter one is refused (sync-semantics §1.5).
 */
export class FileFolderConflicts {
  /** Shorter names that can't be copied or deleted, each with a name below it or its own name with a slash. Complete after the last name. */
  readonly refused = new Map<RemotePath, string>();
  /** By source file: the files only on the target that must all be deleted before it can be copied. Complete when `refused` is. */
  readonly room = new Map<RemotePath, RemotePath[]>();
  /** Each is a prefix of the next. */
  private readonly open: OpenFile[] = [];

  /** `makesRoom`: whether files that only the target has are deleted, so that source files can take their place. */
  constructor(private readonly makesRoom = false) {}

  /** Takes the next name in order. Returns the file that keeps this one from being copied or deleted, if any. */
  visit(
    path: RemotePath,
    source: FileEntry | undefined,
    target: FileEntry | undefined,
  ): RemotePath | undefined {
    const { open } = this;
    for (let last = open.at(-1); last && !path.startsWith(last.path); last = open.at(-1)) open.pop();
    let blockedBy: RemotePath | undefined;
    for (let i = open.length - 1; i >= 0; i--) {
      const above = open[i];
      if (!above || path[above.path.length] !== '/') continue;
      if (this.canMakeRoom(above, path, source, target)) continue;
      if (above.onTarget) {
        // Such a target has nothing below its own file, so the longer name is only on the source.
        if (!above.onSource) this.refuse(above.path, path);
        blockedBy = above.path;
      } else {
        this.refuse(above.path, path);
        if (!source) blockedBy = above.path;
      }
    }
    open.push({ path, onSource: source !== undefined, onTarget: target !== undefined });
    return blockedBy;
  }

  /** Whether one of the two is only on the target and is deleted for the other. Records it in `room`. */
  private canMakeRoom(
    above: OpenFile,
    path: RemotePath,
    source: FileEntry | undefined,
    target: FileEntry | undefined,
  ): boolean {
    if (!this.makesRoom) return false;
    if (above.onTarget && !above.onSource && source && !target) this.addRoom(path, above.path);
    else if (above.onSource && !above.onTarget && target && !source) this.addRoom(above.path, path);
    else return false;
    return true;
  }

  private addRoom(copied: RemotePath, deleted: RemotePath): void {
    const needed = this.room.get(copied);
    if (needed) needed.push(deleted);
    else this.room.set(copied, [deleted]);
  }

  /** The file at `path` can't exist, because of the name `below` it. */
  refuse(path: RemotePath, below: string): void {
    if (!this.refused.has(path)) this.refused.set(path, below);
  }
}
