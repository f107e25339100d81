import { nameProblem } from '../../remote/capabilities';
import type { FileEntry } from '../../remote/entry';
import type { RemotePath } from '../../remote/remotePath';
import { canSetTime, isArchiveClass, isArchived } from '../compare/archived';
import { type Comparison, type Direction, directionOf, type Reason } from '../compare/comparison';
import type { ResolvedMatch } from '../compare/resolveComparisons';
import type { Match } from '../match/match';
import type { CopyFile, DeleteFile, RemoveSource, SetTime, Skipped } from '../model/plan';
import { usesAwsRules, wantsDeletes } from '../model/planOptions';
import { moveRisk } from './moveSafety';
import { type ListingOutcome, PlanDraft, type PlanRequest } from './planDraft';
import { PlanFindings } from './planFindings';
import { TallyCount } from './planTotals';

/**
 * Turns resolved matches into a Plan. Pure. Keeps actions and findings, and of unchanged files only their tally (of a check their paths
 * too). The types give the order of the stages: matches are added to the builder, `resolve` gives a draft with the candidates for
 * renames, and the draft's `build` gives the plan.
 */
export class PlanBuilder {
  private readonly copies: (CopyFile | SetTime)[] = [];
  private readonly removals: RemoveSource[] = [];
  private readonly deletes: DeleteFile[] = [];
  private readonly unchanged = new TallyCount();
  private readonly same: RemotePath[] = [];
  private readonly findings: PlanFindings;
  private readonly direction: Direction;
  private readonly wantsDeletes: boolean;

  constructor(private readonly request: PlanRequest) {
    const { source, target, options, folding } = request;
    this.direction = directionOf(source.place, target.place);
    this.wantsDeletes = wantsDeletes(options);
    this.findings = new PlanFindings(folding);
  }

  /** Actions so far; for progress. */
  get actionCount(): number {
    return this.copies.length + this.removals.length + this.deletes.length;
  }

  add({ match, comparison, failure }: ResolvedMatch): void {
    const { source, target } = match;
    if (match.nameConflict) this.addNameConflict(match);
    else if (failure) this.findings.addFailure(match, failure);
    else if (!source) {
      if (target && this.wantsDeletes) this.addExtra(match, target);
    } else if (!target) this.addCopy(match, source, 'onlyInSource');
    else if (comparison) this.addPair(match, source, target, comparison);
  }

  /** Call once, when both listings have ended and everything is added. */
  resolve(outcome: ListingOutcome): PlanDraft {
    const { copies, removals, deletes, same } = this;
    const collected = { copies, removals, deletes, same, unchanged: this.unchanged.tally };
    return new PlanDraft(this.request, outcome, collected, this.findings);
  }

  /** A file that only the target has. */
  private addExtra({ path, excluded, protectedBy }: Match, before: FileEntry): void {
    if (protectedBy !== undefined) this.findings.protectTarget({ path, before }, protectedBy);
    else {
      const because = excluded ? 'excluded' : 'notInSource';
      this.deletes.push({ id: `d:${path}`, kind: 'deleteFile', path, before, because });
    }
  }

  private addPair(match: Match, source: FileEntry, target: FileEntry, comparison: Comparison): void {
    switch (comparison.verdict) {
      case 'needsFacts':
        throw new Error(`"${match.path}" was not compared to the end`);
      case 'unknown':
        this.findings.skipSource(match, 'unverified', 'has no hash that both sides know');
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

  private addSame(match: Match, source: FileEntry, before: FileEntry, because: Reason<'same'>): void {
    const { path } = match;
    const { verb, compare, useServerTimes } = this.request.options;
    if (verb !== 'move') {
      this.unchanged.add(source.size);
      if (verb === 'check') this.same.push(path);
      return;
    }
    const serverTimes = usesAwsRules(compare) || useServerTimes === true;
    const risk = moveRisk(source, before, because, compare, serverTimes);
    if (risk !== undefined) this.findings.skipSource(match, 'unverified', risk);
    else
      this.removals.push({
        id: `m:${path}`,
        kind: 'removeSource',
        path,
        source,
        before,
        because: 'alreadyThere',
      });
  }

  private addDifferent(
    match: Match,
    source: FileEntry,
    before: FileEntry,
    because: Reason<'different'>,
  ): void {
    const { path } = match;
    const { immutable, verb } = this.request.options;
    if (immutable && verb !== 'check')
      this.findings.conflicts.push({ path, because: 'immutable', source, target: before });
    else if (because !== 'onlyTimeDiffers') this.addCopy(match, source, because);
    else if (!canSetTime(this.request.target.remote, before)) this.addCopy(match, source, 'timeDiffers');
    else {
      const removesSource = verb === 'move' && ({ removesSource: true } as const);
      this.copies.push({ id: `t:${path}`, kind: 'setTime', path, source, before, because, ...removesSource });
    }
  }

  private addCopy(match: Match, source: FileEntry, because: CopyFile['because']): void {
    const { path, target } = match;
    const { compare, verb } = this.request.options;
    // A check copies nothing, so an obstacle doesn't matter.
    if (verb !== 'check' && this.skipsImpossible(match, source)) return;
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
      ...(verb === 'move' && { removesSource: true }),
    });
  }

  /** Skips a file that can't be copied. Returns whether it did. */
  private skipsImpossible(match: Match, source: FileEntry): boolean {
    const { path, target } = match;
    const skip = (because: Skipped['because'], detail: string | undefined) => {
      this.findings.skipSource(match, because, detail);
      return true;
    };
    if (isArchived(source)) return skip(isArchiveClass(source) ? 'archived' : 'unreadable', source.readonly);
    const { root, remote } = this.request.target;
    const { names, maxFileSize = Number.POSITIVE_INFINITY } = remote.capabilities;
    // The target can hold a name that it already has.
    const problem = target ? undefined : nameProblem(root === '' ? path : `${root}/${path}`, names);
    if (problem !== undefined) {
      this.findings.protectVariants(path);
      return skip('badName', problem);
    }
    if (source.size <= maxFileSize) return false;
    return skip('tooLarge', `is larger than the ${maxFileSize} bytes that the target can hold`);
  }

  private addNameConflict({ path, source, target, nameConflict }: Match): void {
    if (!nameConflict) return;
    const { because, with: other } = nameConflict;
    const ignoresExtras = this.request.options.verb === 'check' && !this.wantsDeletes;
    if (target && !source && (because === 'fileAgainstFolder' || ignoresExtras)) {
      const detail = `lies where the source has the file "${other}"`;
      if (this.wantsDeletes) this.findings.protectTarget({ path, before: target }, detail);
      return;
    }
    this.findings.conflicts.push({
      path,
      because,
      ...(source && { source }),
      ...(target && { target }),
      ...(other !== undefined && { with: other }),
    });
  }
}
