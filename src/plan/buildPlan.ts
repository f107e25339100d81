import { nameProblem } from '../remote/capabilities';
import type { FileEntry, UnusableReason } from '../remote/entry';
import { comparePaths, type RemotePath } from '../remote/remotePath';
import { isArchiveClass, isArchived } from './archived';
import { type Direction, directionOf } from './comparison';
import { isOddKey, type ListingFindings } from './listTree';
import type { Match } from './matchListings';
import type { NameFolding } from './nameFolding';
import type {
  Action,
  Conflict,
  CopyFile,
  DeleteFile,
  ListingProblem,
  Plan,
  SafetyFinding,
  Skipped,
} from './plan';
import type { PlanOptions } from './planOptions';
import { planTotals, TallyCount } from './planTotals';
import { ProtectedPaths } from './protectedPaths';
import type { FactFailure, Judged } from './resolveFacts';
import { emptySource, incompleteListing, manyDeletes } from './safety';
import type { Side } from './side';

export interface PlanRequest {
  readonly source: Side;
  readonly target: Side;
  readonly options: PlanOptions;
  readonly folding: NameFolding;
}

/** What became known by listing, once both listings are read to their end. */
export interface ListingOutcome {
  readonly source: ListingFindings;
  readonly target: ListingFindings;
  /** Names that can't be copied or deleted because of one below them. */
  readonly refused: ReadonlyMap<RemotePath, string>;
}

/**
 * Turns judged matches into a Plan. Pure; keeps what is to be done or reported, and of unchanged files only
 * their tally.
 */
export class PlanBuilder {
  private readonly copies: Exclude<Action, DeleteFile>[] = [];
  private readonly deletes: DeleteFile[] = [];
  private readonly conflicts: Conflict[] = [];
  private readonly skipped: Skipped[] = [];
  private readonly problems: ListingProblem[] = [];
  private readonly unchanged = new TallyCount();
  /** Paths on the target that stand for something unknown on the source. */
  private readonly keptForSource: ProtectedPaths;
  private readonly direction: Direction;
  private readonly wantsDeletes: boolean;
  private readonly request: PlanRequest;

  constructor(request: PlanRequest) {
    const { source, target, options, folding } = request;
    this.request = request;
    this.direction = directionOf(source.place, target.place);
    this.wantsDeletes = options.verb === 'sync' && options.deletes === 'after';
    this.keptForSource = new ProtectedPaths(folding);
  }

  /** Actions so far; for progress. */
  get actionCount(): number {
    return this.copies.length + this.deletes.length;
  }

  add({ match, comparison, failure }: Judged): void {
    const { path, source, target } = match;
    if (match.clash) this.addClash(match);
    else if (failure) this.addFailure(match, failure);
    else if (!source) {
      if (target && this.wantsDeletes) this.deletes.push(deletion(path, target));
    } else if (!target) this.addCopy(match, source, 'onlyInSource');
    else if (comparison?.verdict === 'same') this.unchanged.add(source.size);
    else if (comparison?.verdict === 'unknown')
      this.skip(match, 'unverified', 'has no hash that both sides know');
    else if (comparison?.verdict !== 'different') throw new Error(`"${path}" was not compared to the end`);
    else if (comparison.because !== 'onlyTimeDiffers') this.addCopy(match, source, comparison.because);
    else if (this.canSetTime(target))
      this.copies.push({
        id: `t:${path}`,
        kind: 'setTime',
        path,
        source,
        before: target,
        because: 'onlyTimeDiffers',
      });
    else this.addCopy(match, source, 'timeDiffers');
  }

  /** Setting the time of an archived object would be a copy of it, which needs a restore (R7). */
  private canSetTime(target: FileEntry): boolean {
    return this.request.target.remote.setModifiedTime !== undefined && !isArchiveClass(target);
  }

  private addCopy(match: Match, source: FileEntry, because: CopyFile['because']): void {
    const { path, target } = match;
    const obstacle = this.obstacle(match, source);
    if (obstacle) {
      this.skip(match, obstacle.because, obstacle.detail);
      return;
    }
    const { compare } = this.request.options;
    const likeAws = compare === 'aws' || compare === 'exact-timestamps';
    const storeModified = likeAws && this.direction === 'download' ? source.serverModified : undefined;
    this.copies.push({
      id: `c:${path}`,
      kind: 'copyFile',
      path,
      direction: this.direction,
      source,
      ...(target && { before: target }),
      because,
      ...(storeModified && { storeModified }),
    });
  }

  /** Why this file can't be copied, if so. */
  private obstacle(
    { path, target }: Match,
    source: FileEntry,
  ): { because: Skipped['because']; detail: string | undefined } | undefined {
    if (isArchived(source))
      return { because: isArchiveClass(source) ? 'archived' : 'unreadable', detail: source.readonly };
    const { root, remote } = this.request.target;
    const { names, maxFileSize } = remote.capabilities;
    // What the target has under this very name, it can hold.
    const unfit = target ? undefined : nameProblem(root === '' ? path : `${root}/${path}`, names);
    if (unfit !== undefined) {
      this.keepTwins(path);
      return { because: 'badName', detail: unfit };
    }
    if (maxFileSize !== undefined && source.size > maxFileSize)
      return {
        because: 'tooLarge',
        detail: `is larger than the ${maxFileSize} bytes that the target can hold`,
      };
    return undefined;
  }

  /**
   * Whatever stands on the target for a name that it can't hold: Windows drops spaces and dots at the end of
   * a part.
   */
  private keepTwins(path: RemotePath): void {
    const reason = `may stand for "${path}" of the source, a name that the target can't hold`;
    const trimmed = path.replace(/[ .]+(?=\/|$)/g, '');
    for (const twin of [path, trimmed]) if (twin !== '') this.keptForSource.add(twin, reason);
  }

  private addClash({ path, source, target, clash }: Match): void {
    if (!clash) return;
    if (clash.because === 'fileAgainstFolder' && target && !source) {
      if (this.wantsDeletes)
        this.skipTarget(path, target, `lies where the source has the file "${clash.with}"`);
      return;
    }
    this.conflicts.push({
      path,
      because: clash.because,
      ...(source && { source }),
      ...(target && { target }),
      ...(clash.with !== undefined && { with: clash.with }),
    });
  }

  private addFailure(match: Match, { side, error }: FactFailure): void {
    const { path } = match;
    if (error.kind === 'notFound') this.skip(match, 'vanished', `went away on the ${side}`);
    else if (error.kind === 'changed') this.skip(match, 'unreadable', 'changed while it was being read');
    else {
      this.problems.push({ side, path, kind: error.kind, message: error.message });
      this.skip(match, 'unreadable', `could not be asked for on the ${side}`);
    }
  }

  private skip({ path, source }: Match, because: Skipped['because'], detail: string | undefined): void {
    this.skipped.push({
      path,
      side: 'source',
      because,
      ...(detail !== undefined && { detail }),
      ...(source && { bytes: source.size }),
    });
  }

  private skipTarget(path: RemotePath, target: FileEntry, detail: string): void {
    this.skipped.push({ path, side: 'target', because: 'protected', detail, bytes: target.size });
  }

  /** The whole plan. Call once, after everything was added and both listings ended. */
  finish(outcome: ListingOutcome): Plan {
    const { source, target, options, folding } = this.request;
    const problems = [...outcome.source.problems, ...outcome.target.problems, ...this.problems];
    const keptOnTarget = new ProtectedPaths(folding);
    for (const side of ['source', 'target'] as const) this.reportUnusable(side, outcome[side], keptOnTarget);
    for (const problem of outcome.target.problems)
      keptOnTarget.add(problem.path, 'lies in a folder of the target that could not be listed');

    const copies = this.copies.filter((action) => this.mayCopy(action, outcome.refused, keptOnTarget));
    const allDeletes = this.deletes.filter((action) => this.mayDelete(action, outcome.refused, keptOnTarget));
    const safety = [
      emptySource(outcome.source.files.files, allDeletes.length),
      incompleteListing(problems, allDeletes.length),
    ].filter((finding) => finding !== undefined);
    const deletes = safety.length > 0 ? [] : allDeletes;
    const many: SafetyFinding | undefined = manyDeletes(deletes.length, listedTally(outcome.target).files);
    if (many) safety.push(many);

    const actions: readonly Action[] = [...copies.sort(byPath), ...deletes.sort(byPath)];
    const conflicts = this.conflicts.sort(byPath);
    const skipped = this.skipped.sort((a, b) => comparePaths(a.path, b.path) || comparePaths(a.side, b.side));
    return {
      version: 1,
      source: source.place,
      target: target.place,
      options,
      actions,
      conflicts,
      skipped,
      unchanged: this.unchanged.tally,
      listed: { source: listedTally(outcome.source), target: listedTally(outcome.target) },
      problems,
      safety,
      totals: planTotals(actions, conflicts, skipped),
    };
  }

  private reportUnusable(
    side: 'source' | 'target',
    findings: ListingFindings,
    keptOnTarget: ProtectedPaths,
  ): void {
    for (const { entry, shown, protects } of findings.unusable) {
      this.skipped.push({
        path: shown,
        side,
        because: entry.reason,
        ...(entry.size !== undefined && { bytes: entry.size }),
      });
      if (protects === undefined) continue;
      // A folder's marker says nothing about what lies in the folder.
      const only = entry.reason === 'nonEmptyFolderMarker' ? 'itself' : 'withAllBelow';
      if (side === 'source')
        this.keptForSource.add(protects, `may stand for "${shown}" of the source, which can't be used`, only);
      else if (isInTheWay(entry.reason))
        keptOnTarget.add(protects, `is or lies in "${shown}" of the target, which can't be used`, only);
    }
  }

  private mayCopy(
    action: Exclude<Action, DeleteFile>,
    refused: ReadonlyMap<RemotePath, string>,
    keptOnTarget: ProtectedPaths,
  ): boolean {
    const { path, source, before } = action;
    const below = before ? undefined : refused.get(path);
    if (below !== undefined) {
      this.conflicts.push({ path, because: 'fileAgainstFolder', source, with: below });
      return false;
    }
    const reason = keptOnTarget.reasonFor(path);
    if (reason === undefined) return true;
    this.skipped.push({ path, side: 'source', because: 'protected', detail: reason, bytes: source.size });
    return false;
  }

  private mayDelete(
    { path, before }: DeleteFile,
    refused: ReadonlyMap<RemotePath, string>,
    keptOnTarget: ProtectedPaths,
  ): boolean {
    const below = refused.get(path);
    if (below !== undefined) {
      this.conflicts.push({ path, because: 'fileAgainstFolder', target: before, with: below });
      return false;
    }
    const reason = this.keptForSource.reasonFor(path) ?? keptOnTarget.reasonFor(path);
    if (reason === undefined) return true;
    this.skipTarget(path, before, reason);
    return false;
  }
}

/**
 * Whether a copy to what this stands for would overwrite it or go through it. A key or name that is no path,
 * or no text, is beside what its cleaned spelling names, not in its place.
 */
function isInTheWay(reason: UnusableReason): boolean {
  return !isOddKey(reason) && reason !== 'invalidText' && reason !== 'oddName';
}

function deletion(path: RemotePath, before: FileEntry): DeleteFile {
  return { id: `d:${path}`, kind: 'deleteFile', path, before, because: 'notInSource' };
}

function listedTally({ files, unusable }: ListingFindings): { files: number; bytes: number } {
  return { files: files.files + unusable.length, bytes: files.bytes };
}

function byPath(a: { readonly path: RemotePath }, b: { readonly path: RemotePath }): number {
  return comparePaths(a.path, b.path);
}
