import { nameProblem } from '../../remote/capabilities';
import type { FileEntry } from '../../remote/entry';
import { comparePaths, type RemotePath } from '../../remote/remotePath';
import { isArchiveClass, isArchived } from '../compare/archived';
import { type Comparison, type Direction, directionOf, usesAwsRules } from '../compare/comparison';
import type { FactFailure, ResolvedMatch } from '../compare/resolveComparisons';
import { blocksPath, type ListingFindings } from '../list/listTree';
import type { Match } from '../match/match';
import type { NameFolding } from '../match/nameFolding';
import type {
  Action,
  Conflict,
  CopyFile,
  DeleteFile,
  ListingProblem,
  Place,
  Plan,
  PlanEndpoint,
  RemoveSource,
  SafetyFinding,
  SetTime,
  Skipped,
} from '../model/plan';
import { type PlanOptions, wantsDeletes } from '../model/planOptions';
import { makeRoom } from './makeRoom';
import { excludeNameCollisions, moveRisk } from './moveSafety';
import { executionOrder } from './planOrder';
import { planTotals, TallyCount } from './planTotals';
import { ProtectedPaths } from './protectedPaths';
import type { Rename } from './renames';
import { emptySource, immutableConflict, incompleteListing, manyDeletes, tooManyDeletes } from './safety';

export interface PlanRequest {
  readonly source: PlanEndpoint;
  readonly target: PlanEndpoint;
  readonly options: PlanOptions;
  readonly folding: NameFolding;
  /** Where overwritten and deleted files are kept, when somewhere. */
  readonly backup?: Place | undefined;
}

/** What became known by listing, once both listings are read to their end. */
export interface ListingOutcome {
  readonly source: ListingFindings;
  readonly target: ListingFindings;
  /** Names that can't be copied or deleted because of one below them. */
  readonly refused: ReadonlyMap<RemotePath, string>;
  /** What only the target has and what has to go, all of it, before a file of the source can be copied, by that file. */
  readonly room?: ReadonlyMap<RemotePath, readonly RemotePath[]>;
}

/** What is to be done, but for the files that turn out to be renamed. */
interface Settled {
  readonly copies: readonly (CopyFile | SetTime)[];
  readonly removals: readonly RemoveSource[];
  /** None when they are withheld. */
  readonly deletes: readonly DeleteFile[];
  readonly safety: readonly SafetyFinding[];
}

/**
 * Turns judged matches into a Plan. Pure; keeps what is to be done or reported, and of unchanged files only
 * their tally (of a check their paths too). First everything is added, then `settle`, then `finish`.
 */
export class PlanBuilder {
  private readonly copies: (CopyFile | SetTime)[] = [];
  private readonly removals: RemoveSource[] = [];
  private readonly deletes: DeleteFile[] = [];
  private readonly conflicts: Conflict[] = [];
  private readonly skipped: Skipped[] = [];
  private readonly problems: ListingProblem[] = [];
  private readonly unchanged = new TallyCount();
  private readonly same: RemotePath[] = [];
  /** Paths on the target that stand for something unknown on the source. */
  private readonly protectedBySource: ProtectedPaths;
  private readonly direction: Direction;
  private readonly wantsDeletes: boolean;
  private readonly request: PlanRequest;
  private settled: Settled = { copies: [], removals: [], deletes: [], safety: [] };

  constructor(request: PlanRequest) {
    const { source, target, options, folding } = request;
    this.request = request;
    this.direction = directionOf(source.place, target.place);
    this.wantsDeletes = wantsDeletes(options);
    this.protectedBySource = new ProtectedPaths(folding);
  }

  /** Whether what only the target has is nobody's concern. */
  private get passesOverTarget(): boolean {
    const { verb, oneWay } = this.request.options;
    return verb === 'check' && oneWay === true;
  }

  /** Actions so far; for progress. */
  get actionCount(): number {
    return this.copies.length + this.removals.length + this.deletes.length;
  }

  add({ match, comparison, failure }: ResolvedMatch): void {
    const { source, target } = match;
    if (match.nameConflict) this.addClash(match);
    else if (failure) this.addFailure(match, failure);
    else if (!source) {
      if (target && this.wantsDeletes) this.addExtra(match, target);
    } else if (!target) this.addCopy(match, source, 'onlyInSource');
    else if (comparison) this.addPair(match, source, target, comparison);
  }

  /** What only the target has. */
  private addExtra({ path, excluded, protectedBy }: Match, target: FileEntry): void {
    if (protectedBy !== undefined) this.skipTarget(path, target, protectedBy);
    else this.deletes.push(deletion(path, target, excluded ? 'excluded' : 'notInSource'));
  }

  private addPair(match: Match, source: FileEntry, target: FileEntry, comparison: Comparison): void {
    const { path } = match;
    switch (comparison.verdict) {
      case 'needsFacts':
        throw new Error(`"${path}" was not compared to the end`);
      case 'unknown':
        this.skip(match, 'unverified', 'has no hash that both sides know');
        break;
      case 'leftAlone':
        this.unchanged.add(source.size);
        break;
      case 'same':
        this.addSame(match, source, target, comparison.because);
        break;
      case 'different':
        this.addDifferent(match, source, target, comparison.because);
    }
  }

  private addSame(
    match: Match,
    source: FileEntry,
    target: FileEntry,
    because: (Comparison & { readonly verdict: 'same' })['because'],
  ): void {
    const { path } = match;
    const { verb, compare } = this.request.options;
    if (verb !== 'move') {
      this.unchanged.add(source.size);
      if (verb === 'check') this.same.push(path);
      return;
    }
    const doubt = moveRisk(
      source,
      target,
      because,
      compare,
      usesAwsRules(compare) || this.request.options.useServerTimes === true,
    );
    if (doubt === undefined)
      this.removals.push({
        id: `m:${path}`,
        kind: 'removeSource',
        path,
        source,
        before: target,
        because: 'alreadyThere',
      });
    else this.skip(match, 'unverified', doubt);
  }

  private addDifferent(
    match: Match,
    source: FileEntry,
    target: FileEntry,
    because: (Comparison & { readonly verdict: 'different' })['because'],
  ): void {
    const { path } = match;
    const { immutable, verb } = this.request.options;
    if (immutable && verb !== 'check') this.conflicts.push({ path, because: 'immutable', source, target });
    else if (because !== 'onlyTimeDiffers') this.addCopy(match, source, because);
    else if (this.canSetTime(target))
      this.copies.push({
        id: `t:${path}`,
        kind: 'setTime',
        path,
        source,
        before: target,
        because: 'onlyTimeDiffers',
        ...this.afterwards(),
      });
    else this.addCopy(match, source, 'timeDiffers');
  }

  private afterwards(): Pick<CopyFile, 'removesSource'> {
    return this.request.options.verb === 'move' ? { removesSource: true } : {};
  }

  /** Setting the time of an archived object would be a copy of it, which needs a restore (R7). */
  private canSetTime(target: FileEntry): boolean {
    return this.request.target.remote.setModifiedTime !== undefined && !isArchiveClass(target);
  }

  private addCopy(match: Match, source: FileEntry, because: CopyFile['because']): void {
    const { path, target } = match;
    const { compare, verb } = this.request.options;
    // Nothing is copied by a check, so that it can't be done doesn't matter.
    const obstacle = verb === 'check' ? undefined : this.obstacle(match, source);
    if (obstacle) {
      this.skip(match, obstacle.because, obstacle.detail);
      return;
    }
    const storeModified =
      usesAwsRules(compare) && this.direction === 'download' ? source.serverModified : undefined;
    this.copies.push({
      id: `c:${path}`,
      kind: 'copyFile',
      path,
      direction: this.direction,
      source,
      ...(target && { before: target }),
      because,
      ...(storeModified && { storeModified }),
      ...this.afterwards(),
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
      this.protectCounterparts(path);
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
  private protectCounterparts(path: RemotePath): void {
    const reason = `may stand for "${path}" of the source, a name that the target can't hold`;
    const trimmed = path.replace(/[ .]+(?=\/|$)/g, '');
    for (const twin of [path, trimmed]) if (twin !== '') this.protectedBySource.add(twin, reason);
  }

  private addClash({ path, source, target, nameConflict }: Match): void {
    if (!nameConflict) return;
    if (target && !source && (nameConflict.because === 'fileAgainstFolder' || this.passesOverTarget)) {
      if (this.wantsDeletes)
        this.skipTarget(path, target, `lies where the source has the file "${nameConflict.with}"`);
      return;
    }
    this.conflicts.push({
      path,
      because: nameConflict.because,
      ...(source && { source }),
      ...(target && { target }),
      ...(nameConflict.with !== undefined && { with: nameConflict.with }),
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

  /**
   * Call once, after everything was added and both listings ended. Gives what a search for renames may pair; no deletes where they are
   * withheld.
   */
  resolveDeletes(outcome: ListingOutcome): {
    readonly copies: readonly CopyFile[];
    readonly deletes: readonly DeleteFile[];
  } {
    const { folding, options } = this.request;
    const keptOnTarget = new ProtectedPaths(folding);
    for (const side of ['source', 'target'] as const) this.reportUnusable(side, outcome[side], keptOnTarget);
    for (const problem of outcome.target.problems)
      keptOnTarget.add(problem.path, 'lies in a folder of the target that could not be listed');
    const taken = <T extends CopyFile | SetTime | RemoveSource>(actions: readonly T[]) =>
      options.verb === 'move' ? excludeNameCollisions(actions, this.conflicts, folding) : actions;
    const removals = taken(this.removals);
    const copies = taken(this.copies).filter((action) => this.mayCopy(action, outcome.refused, keptOnTarget));
    const deletes = this.deletes.filter((action) => this.mayDelete(action, outcome.refused, keptOnTarget));
    const safety =
      options.verb === 'check'
        ? []
        : [
            emptySource(outcome.source.files.files, deletes.length),
            incompleteListing(this.allProblems(outcome), deletes.length),
            immutableConflict(this.conflicts, deletes.length),
          ].filter((finding) => finding !== undefined);
    const room = makeRoom(copies, safety.length > 0 ? [] : deletes, outcome.room);
    this.conflicts.push(...room.conflicts);
    this.settled = { copies: room.copies, deletes: room.deletes, removals, safety };
    return {
      copies: room.copies.filter((action) => action.kind === 'copyFile'),
      // What makes room can't be what a file is renamed from: its name has to be free before.
      deletes: room.deletes.filter(({ makesRoomFor }) => makesRoomFor === undefined),
    };
  }

  /** The whole plan, with these renames in the place of their copies and deletes. Call once, after `settle` with the same outcome. */
  build(outcome: ListingOutcome, renames: readonly Rename[] = []): Plan {
    const { source, target, options, backup } = this.request;
    const { settled } = this;
    const targetFiles = listedTally(outcome.target).files;
    const deletedByRename = new Set(renames.map(({ deleted }) => deleted));
    const rest = settled.deletes.filter((action) => !deletedByRename.has(action));
    const isCheck = options.verb === 'check';
    const tooMany = isCheck ? undefined : tooManyDeletes(rest, targetFiles, options.maxDelete);
    const deletes = tooMany ? [] : rest;
    const moves = tooMany ? [] : renames.map(({ move }) => move);
    const copiedByRename = new Set(tooMany ? [] : renames.map(({ copy }) => copy));
    const notRenamed = settled.copies.filter(
      (action) => action.kind !== 'copyFile' || !copiedByRename.has(action),
    );
    const { copies, conflicts: withoutRoom } = makeRoom(notRenamed, deletes, outcome.room);
    this.conflicts.push(...withoutRoom);
    const many = isCheck ? undefined : manyDeletes(deletes.length, targetFiles);
    const safety = [...settled.safety, tooMany, many].filter((finding) => finding !== undefined);

    const all: readonly Action[] = [...copies, ...moves, ...deletes, ...settled.removals];
    const actions = executionOrder(all, options.deletes);
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
      problems: this.allProblems(outcome),
      safety,
      totals: planTotals(actions, conflicts, skipped),
      ...(backup && { backup }),
      ...(isCheck && { same: this.same.sort(comparePaths) }),
    };
  }

  private allProblems({ source, target }: ListingOutcome): readonly ListingProblem[] {
    return [...source.problems, ...target.problems, ...this.problems];
  }

  private reportUnusable(
    side: 'source' | 'target',
    findings: ListingFindings,
    keptOnTarget: ProtectedPaths,
  ): void {
    for (const { entry, shown, protects } of findings.unusable) {
      if (side === 'source' || !this.passesOverTarget)
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
        this.protectedBySource.add(
          protects,
          `may stand for "${shown}" of the source, which can't be used`,
          only,
        );
      else if (blocksPath(entry.reason))
        keptOnTarget.add(protects, `is or lies in "${shown}" of the target, which can't be used`, only);
    }
  }

  private mayCopy(
    action: CopyFile | SetTime,
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
    const reason = this.protectedBySource.reasonFor(path) ?? keptOnTarget.reasonFor(path);
    if (reason === undefined) return true;
    this.skipTarget(path, before, reason);
    return false;
  }
}

function deletion(path: RemotePath, before: FileEntry, because: DeleteFile['because']): DeleteFile {
  return { id: `d:${path}`, kind: 'deleteFile', path, before, because };
}

function listedTally({ files, unusable }: ListingFindings): { files: number; bytes: number } {
  return { files: files.files + unusable.length, bytes: files.bytes };
}

function byPath(a: { readonly path: RemotePath }, b: { readonly path: RemotePath }): number {
  return comparePaths(a.path, b.path);
}
