import { matchKey } from '../../remote/capabilities';
import { comparePaths, parentPath, type RemotePath } from '../../remote/remotePath';
import type { FactFailure } from '../compare/resolveComparisons';
import { blocksPath, type ListingFindings } from '../list/listTree';
import type { Match } from '../match/match';
import type { NameFolding } from '../match/nameFolding';
import type { Conflict, DeleteFile, ListingProblem, SideName, Skipped } from '../model/plan';

/** Collects what a plan leaves alone, and which paths of the target it must protect for that. */
export class PlanFindings {
  readonly conflicts: Conflict[] = [];
  readonly skipped: Skipped[] = [];
  readonly problems: ListingProblem[] = [];
  /** Paths of the target whose counterpart on the source is unknown: not deleted. */
  readonly protectedBySource: ProtectedPaths;
  /** Paths of the target that are unknown or unusable there: neither written nor deleted. */
  readonly protectedOnTarget: ProtectedPaths;

  constructor(folding: NameFolding) {
    this.protectedBySource = new ProtectedPaths(folding);
    this.protectedOnTarget = new ProtectedPaths(folding);
  }

  skipSource(
    { path, source }: Pick<Match, 'path' | 'source'>,
    because: Skipped['because'],
    detail?: string,
  ): void {
    const optional = { ...(detail !== undefined && { detail }), ...(source && { bytes: source.size }) };
    this.skipped.push({ path, side: 'source', because, ...optional });
  }

  protectTarget({ path, before }: Pick<DeleteFile, 'path' | 'before'>, detail: string): void {
    this.skipped.push({ path, side: 'target', because: 'protected', detail, bytes: before.size });
  }

  addFailure(match: Match, { side, error }: FactFailure): void {
    const { kind, message } = error;
    if (kind === 'notFound') this.skipSource(match, 'vanished', `was removed on the ${side}`);
    else if (kind === 'changed') this.skipSource(match, 'unreadable', 'changed while it was being read');
    else {
      this.problems.push({ side, path: match.path, kind, message });
      this.skipSource(match, 'unreadable', `could not be read on the ${side}`);
    }
  }

  /** The target can't hold this name, but may hold a variant of it: Windows drops spaces and dots at the end of a part. */
  protectVariants(path: RemotePath): void {
    const reason = `may stand for "${path}" of the source, a name that the target can't hold`;
    const trimmed = path.replace(/[ .]+(?=\/|$)/g, '');
    for (const variant of [path, trimmed]) if (variant !== '') this.protectedBySource.add(variant, reason);
  }

  /** Reports the unusable entries of a listing where `isReported`, and protects the paths that they may stand for in any case. */
  addUnusable(side: SideName, { unusable }: ListingFindings, isReported: boolean): void {
    for (const { entry, shown, protects } of unusable) {
      const { reason, size } = entry;
      if (isReported)
        this.skipped.push({ path: shown, side, because: reason, ...(size !== undefined && { bytes: size }) });
      if (protects === undefined) continue;
      // A folder's marker says nothing about the content of the folder.
      const reach = reason === 'nonEmptyFolderMarker' ? 'itself' : 'withAllBelow';
      const which = `"${shown}" of the ${side}, which can't be used`;
      if (side === 'source') this.protectedBySource.add(protects, `may stand for ${which}`, reach);
      else if (blocksPath(reason)) this.protectedOnTarget.add(protects, `is or lies in ${which}`, reach);
    }
  }

  /** Sorted as a plan has them. */
  get sorted(): { readonly conflicts: readonly Conflict[]; readonly skipped: readonly Skipped[] } {
    return {
      conflicts: this.conflicts.sort((a, b) => comparePaths(a.path, b.path)),
      skipped: this.skipped.sort((a, b) => comparePaths(a.path, b.path) || comparePaths(a.side, b.side)),
    };
  }
}

/** Paths to be left alone, each with the reason as the end of a sentence. */
class ProtectedPaths {
  private readonly reasons = new Map<string, string>();
  private readonly ownReasons = new Map<string, string>();

  constructor(private readonly folding: NameFolding) {}

  /** The empty path covers everything. */
  add(path: string, reason: string, reach: 'withAllBelow' | 'itself' = 'withAllBelow'): void {
    const reasons = reach === 'itself' ? this.ownReasons : this.reasons;
    const key = matchKey(path, this.folding);
    if (!reasons.has(key)) reasons.set(key, reason);
  }

  /** Why `path` must be left alone, or undefined. */
  reasonFor(path: RemotePath): string | undefined {
    if (this.reasons.size + this.ownReasons.size === 0) return undefined;
    const key = matchKey(path, this.folding) as RemotePath;
    const own = this.ownReasons.get(key);
    if (own !== undefined) return own;
    for (let at = key; ; at = parentPath(at)) {
      const reason = this.reasons.get(at);
      if (reason !== undefined || at === '') return reason;
    }
  }
}
