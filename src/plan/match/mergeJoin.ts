import type { FileEntry } from '../../remote/entry';
import { comparePaths, type RemotePath } from '../../remote/remotePath';
import type { FileBatch } from '../list/listTree';
import type { FileFolderConflicts } from './fileFolderConflicts';
import { FoldedNameJoin } from './foldedJoin';
import type { Match, NameConflict } from './match';
import { mayFold, type NameFolding } from './nameFolding';

/**
 * Joins two sorted listings by relative path, a batch at a time, holding neither whole; both are read ahead
 * by one batch, so they proceed side by side. Matches come in the order of paths.
 *
 * Where spellings are folded, names without an equal on the other side are kept to the end and joined by
 * folded key. Of several names of one side that fold alike the one with an equal on the other side is used,
 * else the first; the others are `sameName` clashes (R13). Ends with the error of either listing; the other
 * one is then closed, and the caller aborts the signal of both.
 */
export async function* mergeJoin(
  source: AsyncIterable<FileBatch>,
  target: AsyncIterable<FileBatch>,
  folding: NameFolding,
  clashes?: FileFolderConflicts,
): AsyncGenerator<readonly Match[]> {
  const left = new Cursor(source);
  const right = new Cursor(target);
  const leftovers = new FoldedNameJoin(folding, clashes);
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
        const blockedBy = clashes?.visit(path, sourceFile, targetFile);
        const nameConflict: NameConflict | undefined =
          blockedBy === undefined ? undefined : { because: 'fileAgainstFolder', with: blockedBy };
        const match: Match = { path, source: sourceFile, target: targetFile, nameConflict };
        if (!folds || !mayFold(path, folding)) matches.push(match);
        else if (sourceFile && targetFile) {
          leftovers.matched(path);
          matches.push(match);
        } else if (nameConflict && sourceFile) matches.push(match);
        // A target's file that is in the way of a folder may be the twin of one in that folder.
        else leftovers.keep(match);
      } while (!left.isDry && !right.isDry);
      if (matches.length > 0) yield matches;
      if (left.isDry) await left.fill();
      if (right.isDry) await right.fill();
    }
    const late = leftovers.join();
    if (late.length > 0) yield late;
  } finally {
    left.close();
    right.close();
  }
}

/** A place in a listing, with the next batch already asked for. */
class Cursor {
  path: RemotePath | undefined;
  file: FileEntry | undefined;
  /** True when the batch at hand is used up but there may be another. */
  isDry = true;
  private batch: FileBatch = { paths: [], files: [] };
  private at = 0;
  private ended = false;
  private ahead: Promise<IteratorResult<FileBatch>> | undefined;
  private readonly iterator: AsyncIterator<FileBatch>;

  constructor(batches: AsyncIterable<FileBatch>) {
    this.iterator = batches[Symbol.asyncIterator]();
  }

  /** Moves to the first file of the next batch that has any. */
  async fill(): Promise<void> {
    while (this.isDry && !this.ended) {
      const result = await (this.ahead ?? this.iterator.next());
      this.ahead = undefined;
      if (result.done) {
        this.ended = true;
        this.isDry = false;
        this.path = undefined;
        this.file = undefined;
        return;
      }
      this.ahead = this.iterator.next();
      // Met when it is awaited; until then a failure must not count as unhandled.
      this.ahead.catch(() => {});
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

  /**
   * Not waited for: a request under way ends by the caller's signal, and nobody wants its answer any more.
   */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.iterator.return?.().catch(() => {});
  }
}
