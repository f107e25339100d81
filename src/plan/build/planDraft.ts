import { comparePaths, type RemotePath } from '../../remote/remotePath';
import type { ListingFindings } from '../list/listTree';
import type { NameFolding } from '../match/nameFolding';
import type {
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
  Tally,
} from '../model/plan';
import { type PlanOptions, wantsDeletes } from '../model/planOptions';
import { excludeNameCollisions } from './moveSafety';
import type { PlanFindings } from './planFindings';
import { executionOrder } from './planOrder';
import { planTotals } from './planTotals';
import type { Rename } from './renames';
import { emptySource, immutableConflict, incompleteListing, manyDeletes, tooManyDeletes } from './safety';

export interface PlanRequest {
  readonly source: PlanEndpoint;
  readonly target: PlanEndpoint;
  readonly options: PlanOptions;
  readonly folding: NameFolding;
  /** The folder that keeps overwritten and deleted files, if any. */
  readonly backup?: Place | undefined;
}

/** The findings of both listings, read to their end. */
export interface ListingOutcome {
  readonly source: ListingFindings;
  readonly target: ListingFindings;
  /** Names that can't be copied or deleted because of a name below them. */
  readonly refused: ReadonlyMap<RemotePath, string>;
  /** By source file: the files only on the target that must all be deleted before it can be copied. */
  readonly room: ReadonlyMap<RemotePath, readonly RemotePath[]>;
}

/** The actions of all matches, before the findings of the listings are applied. */
export interface CollectedMatches {
  readonly copies: readonly (CopyFile | SetTime)[];
  readonly removals: readonly RemoveSource[];
  readonly deletes: readonly DeleteFile[];
  readonly unchanged: Tally;
  /** Paths of unchanged files, of a check only. */
  readonly same: RemotePath[];
}

/**
 * A plan before its renames are known. Invariants:
 *
 * 1. no action touches a path that is protected, refused or in a name conflict: such a path is a conflict or skipped;
 * 2. there are no deletes when a safety finding withholds them, and then no copy that needs room either;
 * 3. `deletes` are the only candidates for renames: a file that makes room must be gone before, so it can't be moved;
 * 4. limits on deletes are applied in `build`, because a rename isn't a delete. When they are exceeded there are no renames either.
 */
export class PlanDraft {
  /** Files to be copied, for the search for renames. */
  readonly copies: readonly CopyFile[];
  /** Files to be deleted that may be renamed instead; empty when deletes are withheld. */
  readonly deletes: readonly DeleteFile[];
  private readonly allCopies: readonly (CopyFile | SetTime)[];
  private readonly allDeletes: readonly DeleteFile[];
  private readonly removals: readonly RemoveSource[];
  private readonly safety: readonly SafetyFinding[];
  private readonly problems: readonly ListingProblem[];
  private readonly isCheck: boolean;

  constructor(
    private readonly request: PlanRequest,
    private readonly outcome: ListingOutcome,
    private readonly collected: CollectedMatches,
    private readonly findings: PlanFindings,
  ) {
    const { options, folding } = request;
    const { source, target } = outcome;
    this.isCheck = options.verb === 'check';
    const ignoresExtras = this.isCheck && !wantsDeletes(options);
    findings.addUnusable('source', source, true);
    findings.addUnusable('target', target, !ignoresExtras);
    for (const { path } of target.problems)
      findings.protectedOnTarget.add(path, 'lies in a folder of the target that could not be listed');
    this.problems = [...source.problems, ...target.problems, ...findings.problems];

    const withoutCollisions = <T extends CopyFile | SetTime | RemoveSource>(actions: readonly T[]) =>
      options.verb === 'move' ? excludeNameCollisions(actions, findings.conflicts, folding) : actions;
    this.removals = withoutCollisions(collected.removals);
    const copies = withoutCollisions(collected.copies).filter((action) => this.mayCopy(action));
    const deletes = collected.deletes.filter((action) => this.mayDelete(action));
    this.safety = this.isCheck
      ? []
      : [
          emptySource(source.files.files, deletes.length),
          incompleteListing(this.problems, deletes.length),
          immutableConflict(findings.conflicts, deletes.length),
        ].filter((finding) => finding !== undefined);

    const withRoom = makeRoom(copies, this.safety.length > 0 ? [] : deletes, outcome.room);
    findings.conflicts.push(...withRoom.conflicts);
    this.allCopies = withRoom.copies;
    this.allDeletes = withRoom.deletes;
    this.copies = withRoom.copies.filter((action) => action.kind === 'copyFile');
    this.deletes = withRoom.deletes.filter(({ makesRoomFor }) => makesRoomFor === undefined);
  }

  /** The whole plan. Each rename replaces its copy and its delete. */
  build(renames: readonly Rename[]): Plan {
    const { source, target, options, backup } = this.request;
    const { outcome, findings, isCheck } = this;
    const targetFiles = listedTally(outcome.target).files;
    const renamed = new Set(renames.map(({ deleted }) => deleted));
    const extra = this.allDeletes.filter((action) => !renamed.has(action));
    const tooMany = isCheck ? undefined : tooManyDeletes(extra, targetFiles, options.maxDelete);
    const deletes = tooMany ? [] : extra;
    const applied = tooMany ? [] : renames;
    const moved = new Set<CopyFile | SetTime>(applied.map(({ copy }) => copy));
    const copies = this.allCopies.filter((action) => !moved.has(action));
    const withRoom = makeRoom(copies, deletes, outcome.room);
    findings.conflicts.push(...withRoom.conflicts);
    const many = isCheck ? undefined : manyDeletes(deletes.length, targetFiles);

    const actions = executionOrder(
      [...withRoom.copies, ...applied.map(({ move }) => move), ...deletes, ...this.removals],
      options.deletes,
    );
    const { conflicts, skipped } = findings.sorted;
    return {
      version: 1,
      source: source.place,
      target: target.place,
      options,
      actions,
      conflicts,
      skipped,
      unchanged: this.collected.unchanged,
      listed: { source: listedTally(outcome.source), target: listedTally(outcome.target) },
      problems: this.problems,
      safety: [...this.safety, tooMany, many].filter((finding) => finding !== undefined),
      totals: planTotals(actions, conflicts, skipped),
      ...(backup && { backup }),
      ...(isCheck && { same: this.collected.same.sort(comparePaths) }),
    };
  }

  private mayCopy(action: CopyFile | SetTime): boolean {
    const { path, source, before } = action;
    const { conflicts, protectedOnTarget } = this.findings;
    const below = before ? undefined : this.outcome.refused.get(path);
    if (below !== undefined) {
      conflicts.push({ path, because: 'fileAgainstFolder', source, with: below });
      return false;
    }
    const reason = protectedOnTarget.reasonFor(path);
    if (reason !== undefined) this.findings.skipSource(action, 'protected', reason);
    return reason === undefined;
  }

  private mayDelete(action: DeleteFile): boolean {
    const { path, before } = action;
    const { conflicts, protectedBySource, protectedOnTarget } = this.findings;
    const below = this.outcome.refused.get(path);
    if (below !== undefined) {
      conflicts.push({ path, because: 'fileAgainstFolder', target: before, with: below });
      return false;
    }
    const reason = protectedBySource.reasonFor(path) ?? protectedOnTarget.reasonFor(path);
    if (reason !== undefined) this.findings.protectTarget(action, reason);
    return reason === undefined;
  }
}

function listedTally({ files, unusable }: ListingFindings): Tally {
  return { files: files.files + unusable.length, bytes: files.bytes };
}

/**
 * Marks the deletes that make room for a copy. A copy whose needed deletes are not all in `deletes` becomes a conflict. Pure; called again
 * after renames, because they take away deletes and copies.
 */
function makeRoom<T extends CopyFile | SetTime>(
  copies: readonly T[],
  deletes: readonly DeleteFile[],
  room: ListingOutcome['room'],
): { copies: readonly T[]; deletes: readonly DeleteFile[]; conflicts: readonly Conflict[] } {
  if (room.size === 0) return { copies, deletes, conflicts: [] };
  const deleted = new Set(deletes.map(({ path }) => path));
  const roomFor = new Map<RemotePath, RemotePath>();
  const conflicts: Conflict[] = [];
  const possible = copies.filter(({ path, source, kind }) => {
    const needed = kind === 'copyFile' ? (room.get(path) ?? []) : [];
    const blocking = needed.find((one) => !deleted.has(one));
    if (blocking !== undefined)
      conflicts.push({ path, because: 'fileAgainstFolder', source, with: blocking });
    else for (const one of needed) if (!roomFor.has(one)) roomFor.set(one, path);
    return blocking === undefined;
  });
  const marked = deletes.map((action) => {
    const makesRoomFor = roomFor.get(action.path);
    return makesRoomFor === undefined ? action : { ...action, makesRoomFor };
  });
  return { copies: possible, deletes: marked, conflicts };
}
