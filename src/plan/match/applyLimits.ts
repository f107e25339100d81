import { orderedBatchMap } from '../../base/orderedBatchMap';
import type { FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { isRemoteError, planFatalErrorKinds, RemoteError } from '../../remote/remoteError';
import { type Limits, timeForLimits } from '../filter/limits';
import { statFile } from '../list/fileFacts';
import type { ListingFindings } from '../list/listTree';
import type { ListingProblem, SideName, Tally } from '../model/plan';
import type { Match } from './match';

export interface LimitRequest {
  readonly limits: Limits;
  readonly source: LimitedSide;
  readonly target: LimitedSide;
  /** Whether files that only the target has may be deleted; otherwise no request is made for them. */
  readonly wantsDeletes: boolean;
}

export interface LimitedSide {
  readonly remote: Remote;
  readonly findings: ListingFindings;
  /** Whether the service's time is used instead of the owner's. */
  readonly byServer: boolean;
}

export interface LimitedMatches {
  /** Can be read only once. */
  readonly matches: AsyncIterable<readonly Match[]>;
  /** The findings of each side without the excluded files. Complete when `matches` ended. */
  readonly source: ListingFindings;
  readonly target: ListingFindings;
}

const maxStatConcurrency = 32;

/**
 * Removes from the joined listings the files that the size and age limits exclude. Order is kept.
 *
 * | source | target | result                                                                                        |
 * |--------|--------|-----------------------------------------------------------------------------------------------|
 * | in     | any    | unchanged. rclone ignores a target file that is out and copies again; here both files are     |
 * |        |        | compared, and the source file is copied only if it differs                                    |
 * | out    | in     | the target file is protected: rclone would delete it as extra (H3)                            |
 * | out    | out    | removed                                                                                       |
 * | –      | in     | unchanged                                                                                     |
 * | –      | out    | removed                                                                                       |
 *
 * A `stat` is made only where the size is within the limits and the listing has no time, on the target only for files that might be
 * deleted. A source file without a known time is in; such a target file is protected. After a failed `stat` the source file is removed
 * and its target file protected; the failure is a problem of its side (so nothing is deleted), unless the file is gone. A failure
 * in `planFatalErrorKinds` ends the stream with its RemoteError.
 */
export function applyLimits(
  matches: AsyncIterable<readonly Match[]>,
  request: LimitRequest,
  signal: AbortSignal,
): LimitedMatches {
  const filter = new SizeAgeFilter(request);
  return { matches: filter.apply(matches, signal), ...filter.remaining };
}

/** A side's findings without the files that were excluded. */
class RemainingFindings implements ListingFindings {
  readonly ownProblems: ListingProblem[] = [];
  private count = 0;
  private bytes = 0;

  constructor(private readonly all: ListingFindings) {}

  get problems(): readonly ListingProblem[] {
    return this.ownProblems.length === 0 ? this.all.problems : [...this.all.problems, ...this.ownProblems];
  }

  get unusable(): ListingFindings['unusable'] {
    return this.all.unusable;
  }

  get files(): Tally {
    const { files, bytes } = this.all.files;
    return { files: files - this.count, bytes: bytes - this.bytes };
  }

  exclude(file: FileEntry | undefined): void {
    if (!file) return;
    this.count++;
    this.bytes += file.size;
  }
}

type LimitedMatch = Match | 'excluded';

class SizeAgeFilter {
  readonly remaining: Readonly<Record<SideName, RemainingFindings>>;

  constructor(private readonly request: LimitRequest) {
    this.remaining = {
      source: new RemainingFindings(request.source.findings),
      target: new RemainingFindings(request.target.findings),
    };
  }

  async *apply(matches: LimitedMatches['matches'], signal: AbortSignal): AsyncGenerator<readonly Match[]> {
    const mapping = {
      immediate: (match: Match) => this.resolveFromListing(match),
      fetch: (match: Match, either: AbortSignal) => this.resolveByStat(match, either),
      concurrency: maxStatConcurrency,
    };
    for await (const batch of orderedBatchMap(matches, mapping, signal)) {
      const included = batch.filter((match) => match !== 'excluded');
      if (included.length > 0) yield included;
    }
  }

  /** Undefined where only a `stat` can tell. */
  private resolveFromListing(match: Match): LimitedMatch | undefined {
    const { source, target, nameConflict } = match;
    if (nameConflict) return this.resolveNameConflict(match);
    if (source) {
      const problem = this.problemOf('source', source);
      if (problem === 'unknownTime') return undefined;
      return problem === undefined ? match : this.excludeSource(match, `has a source file that ${problem}`);
    }
    if (!target) return 'excluded';
    const problem = this.problemOf('target', target);
    if (problem === 'unknownTime') return this.request.wantsDeletes ? undefined : match;
    return problem === undefined ? match : this.exclude(match);
  }

  /** A conflict is left alone anyway, so it needs no request. */
  private resolveNameConflict(match: Match): LimitedMatch {
    const { source, target, nameConflict } = match;
    // Keep duplicates in the plan even when a limit excludes one: otherwise a later run would overwrite the other.
    if (nameConflict?.because === 'sameName' && source) return match;
    const isOut = (side: SideName, file: FileEntry | undefined) => !file || this.isOut(side, file);
    return isOut('source', source) && isOut('target', target) ? this.exclude(match) : match;
  }

  private async resolveByStat(match: Match, signal: AbortSignal): Promise<LimitedMatch> {
    const side = match.source ? 'source' : 'target';
    const listed = match[side];
    if (!listed) return 'excluded';
    const file = await this.stat(side, listed, signal);
    if (file instanceof RemoteError && file.kind !== 'notFound') {
      const { kind, message } = file;
      this.remaining[side].ownProblems.push({ side, path: match.path, kind, message });
    }
    return side === 'source' ? this.resolveSource(match, file) : this.resolveTarget(match, file);
  }

  private resolveSource(match: Match, file: FileEntry | RemoteError): LimitedMatch {
    if (file instanceof RemoteError)
      return this.excludeSource(match, 'has a source file with an unknown modified time');
    const problem = this.problemOf('source', file);
    if (problem === undefined) return { ...match, source: file };
    return this.excludeSource(match, `has a source file that ${problem}`);
  }

  private resolveTarget(match: Match, file: FileEntry | RemoteError): LimitedMatch {
    if (!(file instanceof RemoteError)) {
      if (this.isOut('target', file)) return this.exclude(match);
      if (timeForLimits(file, this.request.target.byServer)) return { ...match, target: file };
    }
    return { ...match, protectedBy: "has an unknown modified time, so the age limits can't be checked" };
  }

  /** Removes the source file. The target file, unless it is out too, must not look like one to delete. */
  private excludeSource(match: Match, protectedBy: string): LimitedMatch {
    const { source, target } = match;
    if (!target || this.isOut('target', target) || !this.request.wantsDeletes) return this.exclude(match);
    this.remaining.source.exclude(source);
    return { ...match, source: undefined, protectedBy };
  }

  private exclude({ source, target }: Match): 'excluded' {
    this.remaining.source.exclude(source);
    this.remaining.target.exclude(target);
    return 'excluded';
  }

  private isOut(side: SideName, file: FileEntry): boolean {
    const problem = this.problemOf(side, file);
    return problem !== undefined && problem !== 'unknownTime';
  }

  /** Why the file is out, as the end of a sentence; `unknownTime` where only a `stat` can tell; undefined when it is in. */
  private problemOf(side: SideName, file: FileEntry): string | undefined {
    const { limits } = this.request;
    const bySize = limits.sizeProblem(file.size);
    if (bySize !== undefined || !limits.needTimes) return bySize;
    const time = timeForLimits(file, this.request[side].byServer);
    if (time) return limits.timeProblem(time);
    return file.exact ? undefined : 'unknownTime';
  }

  private async stat(side: SideName, file: FileEntry, signal: AbortSignal): Promise<FileEntry | RemoteError> {
    try {
      return await statFile(this.request[side].remote, file, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRemoteError(error) || planFatalErrorKinds.has(error.kind)) throw error;
      return error;
    }
  }
}
