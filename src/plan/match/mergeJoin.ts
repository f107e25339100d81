import type { FileEntry } from '../../remote/entry';
import { comparePaths, type RemotePath } from '../../remote/remotePath';
import type { FileBatch } from '../list/listTree';
import type { FileFolderConflicts } from './fileFolderConflicts';
import { FoldedNameJoin } from './foldedJoin';
import type { Match, NameConflict } from './match';
import { mayFold, type NameFolding } from './nameFolding';

/**
 * Joins two sorted listings by relative path, one batch at a time. Both are read one batch ahead, so they proceed side by side. Matches
 * come in the order of paths.
 *
 * Where spellings are folded, names without an equal on the other side are kept and joined by folded key at the end (`FoldedNameJoin`,
 * R13). Throws the error of either listing and closes both; the caller aborts their signal.
 */
export async function* mergeJoin(
  source: AsyncIterable<FileBatch>,
  target: AsyncIterable<FileBatch>,
  folding: NameFolding,
  conflicts?: FileFolderConflicts,
): AsyncGenerator<readonly Match[]> {
  const left = new Cursor(source);
  const right = new Cursor(target);
  const foldedJoin = new FoldedNameJoin(folding, conflicts);
  const folds = folding.foldsUnicode || !folding.caseSensitive;
  try {
    await Promise.all([left.fill(), right.fill()]);
    while (left.path !== undefined || right.path !== undefined) {
      const matches: Match[] = [];
      do {
        const order =
          left.path === undefined ? 1 : right.path === undefined ? -1 : comparePaths(left.path, right.path);
        const path = order <= 0 ? left.path : right.path;
        if (path === undefined) break;
        const sourceFile = order <= 0 ? left.file : undefined;
        const targetFile = order >= 0 ? right.file : undefined;
        if (order <= 0) left.step();
        if (order >= 0) right.step();
        const blockedBy = conflicts?.visit(path, sourceFile, targetFile);
        const nameConflict: NameConflict | undefined =
          blockedBy === undefined ? undefined : { because: 'fileAgainstFolder', with: blockedBy };
        const match: Match = { path, source: sourceFile, target: targetFile, nameConflict };
        if (!folds || !mayFold(path, folding)) matches.push(match);
        else if (sourceFile && targetFile) {
          foldedJoin.addMatched(path);
          matches.push(match);
        } else if (nameConflict && sourceFile) matches.push(match);
        // A target file that blocks a folder may still match a source file in that folder under another spelling.
        else foldedJoin.addUnmatched(match);
      } while (!left.isDry && !right.isDry);
      if (matches.length > 0) yield matches;
      if (left.isDry) await left.fill();
      if (right.isDry) await right.fill();
    }
    const joined = foldedJoin.join();
    if (joined.length > 0) yield joined;
  } finally {
    left.close();
    right.close();
  }
}

/** A position in a listing, with the next batch already requested. */
class Cursor {
  path: RemotePath | undefined;
  file: FileEntry | undefined;
  /** The current batch is used up, but there may be another. */
  isDry = true;
  private batch: FileBatch = { paths: [], files: [] };
  private at = 0;
  private ended = false;
  private prefetched: Promise<IteratorResult<FileBatch>> | undefined;
  private readonly iterator: AsyncIterator<FileBatch>;

  constructor(batches: AsyncIterable<FileBatch>) {
    this.iterator = batches[Symbol.asyncIterator]();
  }

  /** Moves to the first file of the next batch that has any. */
  async fill(): Promise<void> {
    while (this.isDry && !this.ended) {
      const result = await (this.prefetched ?? this.iterator.next());
      this.prefetched = undefined;
      if (result.done) {
        this.ended = true;
        this.isDry = false;
        this.path = undefined;
        this.file = undefined;
        return;
      }
      this.prefetched = this.iterator.next();
      // Until it is awaited, its failure must not count as unhandled.
      this.prefetched.catch(() => {});
      this.batch = result.value;
      this.at = -1;
      this.isDry = false;
      this.step();
    }
  }

  step(): void {
    this.at++;
    this.path = this.batch.paths[this.at];
    this.file = this.batch.files[this.at];
    if (this.path === undefined) this.isDry = true;
  }

  /** Not awaited: a request under way ends by the caller's signal. */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.iterator.return?.().catch(() => {});
  }
}
