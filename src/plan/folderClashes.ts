import type { FileEntry } from '../remote/entry';
import type { RemotePath } from '../remote/remotePath';

interface OpenFile {
  readonly path: RemotePath;
  readonly onSource: boolean;
  readonly onTarget: boolean;
}

/**
 * Finds files that would have to be folders as well, in one pass over the sorted names of both sides: `a`
 * beside `a/b` (H16, R14). To be used only where the target has real folders and so can't hold both.
 *
 * What the target has now stays as it is. Without such, the shorter name is the one that is refused
 * (sync-semantics §1.5).
 */
export class FolderClashes {
  /**
   * Shorter names to be refused, each with a name below it (or with its own and a slash, where that is forgotten). Complete when all
   * names have been seen.
   */
  readonly refused = new Map<RemotePath, string>();
  /** Files whose name begins the name seen last; each is a prefix of the next. */
  private readonly open: OpenFile[] = [];

  /**
   * Takes the next name in order. Answers the file of the other kind that keeps this one from being copied or
   * deleted, if any.
   */
  see(
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

  /** The file at `path` can't be, because of `below`. */
  refuse(path: RemotePath, below: string): void {
    if (!this.refused.has(path)) this.refused.set(path, below);
  }
}
