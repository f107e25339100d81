import type { FileEntry } from '../../remote/entry';
import type { RemotePath } from '../../remote/remotePath';

interface OpenFile {
  readonly path: RemotePath;
  readonly onSource: boolean;
  readonly onTarget: boolean;
}

/**
 * Finds files that would have to be folders as well, in one pass over the sorted names of both sides: `a`
 * beside `a/b` (H16, R14). To be used only where the target can't hold both.
 *
 * What the target has now stays as it is, unless room is to be made: then what only the target has gives way. Without such, the shorter
 * name is the one that is refused (sync-semantics §1.5).
 */
export class FileFolderConflicts {
  /**
   * Shorter names to be refused, each with a name below it (or with its own and a slash, where that is forgotten). Complete when all
   * names have been seen.
   */
  readonly refused = new Map<RemotePath, string>();
  /** With room to be made: what has to go from the target, all of it, before a file of the source can be copied. Complete when `refused` is. */
  readonly room = new Map<RemotePath, RemotePath[]>();
  /** Files whose name begins the name seen last; each is a prefix of the next. */
  private readonly open: OpenFile[] = [];

  /** `makesRoom`: whether files that only the target has are to be deleted, so that those of the source can take their place. */
  constructor(private readonly makesRoom = false) {}

  /**
   * Takes the next name in order. Answers the file of the other kind that keeps this one from being copied or
   * deleted, if any.
   */
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
      if (this.givesWay(above, path, source, target)) continue;
      if (above.onTarget) {
        // A target with real folders has nothing below its own file, so this is only on the source.
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

  /** Whether one of the two is only on the target, and goes to make room for the other; notes it. */
  private givesWay(
    above: OpenFile,
    path: RemotePath,
    source: FileEntry | undefined,
    target: FileEntry | undefined,
  ): boolean {
    if (!this.makesRoom) return false;
    if (above.onTarget && !above.onSource && source && !target) this.needs(path, above.path);
    else if (above.onSource && !above.onTarget && target && !source) this.needs(above.path, path);
    else return false;
    return true;
  }

  private needs(copied: RemotePath, gone: RemotePath): void {
    const before = this.room.get(copied);
    if (before) before.push(gone);
    else this.room.set(copied, [gone]);
  }

  /** The file at `path` can't be, because of `below`. */
  refuse(path: RemotePath, below: string): void {
    if (!this.refused.has(path)) this.refused.set(path, below);
  }
}
