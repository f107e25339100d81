import { setMaxListeners } from 'node:events';
import { WeightedSemaphore } from '../../base/semaphore';
import type { FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { isRemoteError, planFatalErrorKinds, RemoteError } from '../../remote/remoteError';
import { type Limits, timeForLimits } from '../filter/limits';
import type { ListingFindings } from '../list/listTree';
import type { ListingProblem, Tally } from '../model/plan';
import type { Match } from './match';

export interface LimitRequest {
  readonly limits: Limits;
  readonly source: LimitedSide;
  readonly target: LimitedSide;
  /** Whether files that only the target has may be deleted; otherwise nothing is asked about them. */
  readonly wantsDeletes: boolean;
}

export interface LimitedSide {
  readonly remote: Remote;
  readonly findings: ListingFindings;
  /** Whether the service's time stands in for the owner's. */
  readonly byServer: boolean;
}

export interface LimitedMatches {
  /** To be read once. */
  readonly matches: AsyncIterable<readonly Match[]>;
  /** What was found on each side, without what the limits leave out. Complete when `matches` ended. */
  readonly source: ListingFindings;
  readonly target: ListingFindings;
}

/** Requests for times at once. */
const asksAtOnce = 32;
/** Batches that may wait for an answer to one of their matches. */
const batchesWaiting = 64;

/**
 * Takes out of the joined listings what the size and age limits leave out, as if it weren't there.
 *
 * | source | target | becomes                                                                                    |
 * |--------|--------|--------------------------------------------------------------------------------------------|
 * | in     | any    | as it is. rclone would not see a target file that is out, and send the source's once more; |
 * |        |        | compared, it is sent only if it differs                                                    |
 * | out    | in     | the target file is protected: rclone would take it for one to delete (H3)                  |
 * | out    | out    | nothing                                                                                    |
 * | –      | in     | as it is                                                                                   |
 * | –      | out    | nothing                                                                                    |
 *
 * A `stat` is made only where the size is within the limits and the listing doesn't tell the time; of the target only for what might be
 * deleted. A file whose time nobody knows is in on the source, and protected on the target. When the question fails, the file is left
 * out and its twin protected, and it is a problem of its side (so that nothing is deleted), or nothing more when it is gone. A failure that
 * would be that of all others too ends the stream with its RemoteError. Order is kept.
 */
export function applyLimits(
  matches: AsyncIterable<readonly Match[]>,
  request: LimitRequest,
  signal: AbortSignal,
): LimitedMatches {
  const source = new RemainingFindings(request.source.findings);
  const target = new RemainingFindings(request.target.findings);
  const limiter = new SizeAgeFilter(request, source, target);
  return { matches: limiter.limited(matches, signal), source, target };
}

/** A side's findings without what was left out. */
class RemainingFindings implements ListingFindings {
  readonly ownProblems: ListingProblem[] = [];
  private readonly all: ListingFindings;
  private count = 0;
  private bytes = 0;

  constructor(all: ListingFindings) {
    this.all = all;
  }

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

type SideName = 'source' | 'target';

class SizeAgeFilter {
  private readonly request: LimitRequest;
  private readonly remaining: Readonly<Record<SideName, RemainingFindings>>;
  private readonly slots = new WeightedSemaphore(asksAtOnce);

  constructor(request: LimitRequest, source: RemainingFindings, target: RemainingFindings) {
    this.request = request;
    this.remaining = { source, target };
  }

  async *limited(
    matches: AsyncIterable<readonly Match[]>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Match[]> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    // Every question that is open listens to it.
    setMaxListeners(0, either);
    const waiting: Waiting[] = [];
    try {
      for await (const batch of matches) {
        const answers = batch.map((match) => this.judge(match, either));
        const open = answers.some((answer) => answer instanceof Promise);
        if (open || waiting.length > 0) waiting.push(new Waiting(answers));
        else yield* ifAny(present(answers as Answer[]));
        for (let head = waiting[0]; head && (head.isDone || waiting.length > batchesWaiting); ) {
          yield* ifAny(await head.remaining);
          waiting.shift();
          head = waiting[0];
        }
      }
      for (const { remaining } of waiting) yield* ifAny(await remaining);
    } finally {
      stop.abort(new Error('No more times are needed.'));
      await this.slots.onIdle();
    }
  }

  /** What becomes of a match; a promise only where something has to be asked for. */
  private judge(match: Match, signal: AbortSignal): Answer | Promise<Answer> {
    const { source, target, nameConflict } = match;
    if (nameConflict) return this.judgeClash(match);
    if (source) {
      const known = this.problemOf('source', source);
      if (known === 'askForTime') return this.askAboutSource(match, source, signal);
      return known === undefined ? match : this.withoutSource(match, `has a source file that ${known}`);
    }
    if (!target) return undefined;
    const known = this.problemOf('target', target);
    if (known === 'askForTime')
      return this.request.wantsDeletes ? this.askAboutTarget(match, target, signal) : match;
    return known === undefined ? match : this.exclude(match);
  }

  /** What is left alone anyway needs no question. */
  private judgeClash(match: Match): Answer {
    const { source, target, nameConflict } = match;
    // A twin that is hidden by limits today would be moved or copied over the other one tomorrow.
    if (nameConflict?.because === 'sameName' && source) return match;
    const isOut = (side: SideName, file: FileEntry | undefined) => {
      const problem = file && this.problemOf(side, file);
      return file === undefined || (problem !== undefined && problem !== 'askForTime');
    };
    return isOut('source', source) && isOut('target', target) ? this.exclude(match) : match;
  }

  private async askAboutSource(match: Match, listed: FileEntry, signal: AbortSignal): Promise<Answer> {
    const asked = await this.ask('source', listed, signal);
    if (asked instanceof RemoteError) {
      this.note('source', match, asked);
      return this.withoutSource(match, "has a source file whose modified time isn't known");
    }
    const problem = this.finalProblem('source', asked);
    if (problem === undefined) return { ...match, source: asked };
    return this.withoutSource(match, `has a source file that ${problem}`);
  }

  private async askAboutTarget(match: Match, listed: FileEntry, signal: AbortSignal): Promise<Answer> {
    const asked = await this.ask('target', listed, signal);
    if (asked instanceof RemoteError) this.note('target', match, asked);
    else if (this.finalProblem('target', asked) !== undefined) return this.exclude(match);
    else if (timeForLimits(asked, this.request.target.byServer)) return { ...match, target: asked };
    return { ...match, protectedBy: "has no modified time that is known, so the age limits can't tell" };
  }

  /** The source file is out; its twin, if it isn't out as well, must not look like one to delete. */
  private withoutSource(match: Match, protectedBy: string): Answer {
    const { source, target } = match;
    const problem = target && this.problemOf('target', target);
    const targetIsOut = problem !== undefined && problem !== 'askForTime';
    if (!target || targetIsOut || !this.request.wantsDeletes) return this.exclude(match);
    this.remaining.source.exclude(source);
    return { ...match, source: undefined, protectedBy };
  }

  private exclude({ source, target }: Match): undefined {
    this.remaining.source.exclude(source);
    this.remaining.target.exclude(target);
    return undefined;
  }

  private problemOf(side: SideName, file: FileEntry): string | undefined {
    const { limits } = this.request;
    const bySize = limits.sizeProblem(file.size);
    if (bySize !== undefined || !limits.needTimes) return bySize;
    const time = timeForLimits(file, this.request[side].byServer);
    if (time) return limits.timeProblem(time);
    return file.exact ? undefined : 'askForTime';
  }

  /** The same of a file that nothing more can be learnt of. */
  private finalProblem(side: SideName, file: FileEntry): string | undefined {
    return this.problemOf(side, { ...file, exact: true });
  }

  private async ask(side: SideName, file: FileEntry, signal: AbortSignal): Promise<FileEntry | RemoteError> {
    const give = await this.slots.acquire(1, signal);
    try {
      const entry = await this.request[side].remote.stat(file.path, signal);
      if (entry.kind === 'file') return { ...entry, exact: true };
      return new RemoteError('notFound', `"${file.path}" is no longer a file.`);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRemoteError(error) || planFatalErrorKinds.has(error.kind)) throw error;
      return error;
    } finally {
      give();
    }
  }

  private note(side: SideName, { path }: Match, { kind, message }: RemoteError): void {
    if (kind !== 'notFound') this.remaining[side].ownProblems.push({ side, path, kind, message });
  }
}

/** The match that remains, if any. */
type Answer = Match | undefined;

/** A batch of which something has been asked. */
class Waiting {
  isDone = false;
  readonly remaining: Promise<readonly Match[]>;

  constructor(answers: readonly (Answer | Promise<Answer>)[]) {
    this.remaining = Promise.all(answers).then((all) => {
      this.isDone = true;
      return present(all);
    });
    // Met when it is awaited; until then a failure must not count as unhandled.
    this.remaining.catch(() => {});
  }
}

function present(answers: readonly Answer[]): readonly Match[] {
  return answers.filter((answer) => answer !== undefined);
}

function* ifAny(batch: readonly Match[]): Generator<readonly Match[]> {
  if (batch.length > 0) yield batch;
}
