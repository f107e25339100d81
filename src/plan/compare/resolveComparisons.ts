import { setMaxListeners } from 'node:events';
import { WeightedSemaphore } from '../../base/semaphore';
import type { FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { isRemoteError, planFatalErrorKinds, type RemoteError } from '../../remote/remoteError';
import { FileFacts, hashesByReading } from '../list/fileFacts';
import type { Match } from '../match/match';
import { mayBeArchived } from './archived';
import { type Comparison, type ComparisonRules, compareFiles, knowsTime } from './comparison';

/** A match with all that its decision needs. */
export interface ResolvedMatch {
  /** With the exact entries where those were asked for. */
  readonly match: Match;
  /** For pairs without a clash or failure; never `needsFacts`. */
  readonly comparison: Comparison | undefined;
  /** Why the facts could not be had. */
  readonly failure: FactFailure | undefined;
}

export interface FactFailure {
  readonly side: 'source' | 'target';
  readonly error: RemoteError;
}

export interface FactRequest {
  readonly source: Remote;
  readonly target: Remote;
  readonly rules: ComparisonRules;
  /** Whether an object that looks archived is asked for whether it was restored, before it is given up. */
  readonly forCopying: boolean;
  /** Requests for facts at once. */
  readonly limit?: number;
}

/** Told as it changes; for progress. */
export interface FactCounts {
  requested: number;
  completed: number;
}

const defaultLimit = 32;
/** Batches that may wait for an answer to one of their first pairs. */
const batchesWaiting = 64;

/**
 * Compares each pair, and asks for exact facts only where the listings don't decide: a `stat` where sizes
 * agree but a time or hash isn't listed, then the content's MD5 where times differ and the other side knows
 * one (R6). Order is kept; at most `limit` pairs are asked for at once. Pairs that need nothing cost no
 * promise.
 *
 * A failed question is that pair's `failure`; one that would fail for all others too ends the stream with its
 * RemoteError.
 */
export async function* resolveComparisons(
  matches: AsyncIterable<readonly Match[]>,
  request: FactRequest,
  counts: FactCounts,
  signal: AbortSignal,
): AsyncGenerator<readonly ResolvedMatch[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // Every question that is open listens to it.
  setMaxListeners(0, either);
  const asker = new ComparisonResolver(request, either);
  const slots = new WeightedSemaphore(request.limit ?? defaultLimit);
  const failed: unknown[] = [];

  async function asked(match: Match, give: () => void): Promise<ResolvedMatch> {
    try {
      return await asker.resolve(match);
    } catch (error) {
      failed.push(error);
      throw error;
    } finally {
      counts.completed++;
      give();
    }
  }

  async function begun(batch: readonly Match[]): Promise<PendingBatch> {
    const pending = new PendingBatch(batch.length);
    for (let i = 0; i < batch.length; i++) {
      const match = batch[i];
      if (!match) continue;
      const judged = judgeListed(match, request);
      if (judged) {
        pending.results[i] = judged;
        continue;
      }
      const give = await slots.acquire(1, either);
      if (failed.length > 0) {
        give();
        throw failed[0];
      }
      counts.requested++;
      pending.start(i, asked(match, give));
    }
    return pending;
  }

  const waiting: PendingBatch[] = [];
  const iterator = matches[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<readonly Match[]>> | undefined;
  try {
    for (;;) {
      for (
        let head = waiting[0];
        head && (head.isDone || waiting.length > batchesWaiting);
        head = waiting[0]
      ) {
        waiting.shift();
        yield await head.all();
      }
      if (!next) {
        next = iterator.next();
        // Met below; until then a failure must not count as unhandled.
        next.catch(() => {});
      }
      // What is answered is handed on even while the next page of a listing is waited for.
      const result = await (waiting[0] ? Promise.race([next, waiting[0].all().then(() => undefined)]) : next);
      if (!result) continue;
      if (result.done) break;
      next = undefined;
      waiting.push(await begun(result.value));
    }
    for (let head = waiting.shift(); head; head = waiting.shift()) yield await head.all();
  } finally {
    stop.abort(new Error('No more facts are needed.'));
    // Not waited for: a page under way ends by the caller's signal.
    iterator.return?.()?.catch(() => {});
    await slots.onIdle();
  }
}

class PendingBatch {
  readonly results: ResolvedMatch[];
  private readonly started: Promise<void>[] = [];
  private open = 0;

  constructor(length: number) {
    this.results = new Array<ResolvedMatch>(length);
  }

  get isDone(): boolean {
    return this.open === 0;
  }

  start(index: number, judging: Promise<ResolvedMatch>): void {
    this.open++;
    const stored = judging.then((judged) => {
      this.results[index] = judged;
      this.open--;
    });
    // Met in `all`; until then a failure must not count as unhandled.
    stored.catch(() => {});
    this.started.push(stored);
  }

  async all(): Promise<readonly ResolvedMatch[]> {
    if (this.started.length > 0) await Promise.all(this.started);
    return this.results;
  }
}

/** The decision where it needs no question, else undefined. */
function judgeListed(match: Match, request: FactRequest): ResolvedMatch | undefined {
  const { source, target, nameConflict } = match;
  if (nameConflict || !source) return { match, comparison: undefined, failure: undefined };
  if (target) {
    const comparison = compareFiles(source, target, request.rules, false);
    if (comparison.verdict === 'needsFacts') return undefined;
    if (comparison.verdict !== 'different' || !request.forCopying || !mayBeArchived(source))
      return { match, comparison, failure: undefined };
    return undefined;
  }
  if (request.forCopying && mayBeArchived(source)) return undefined;
  return { match, comparison: undefined, failure: undefined };
}

class ComparisonResolver {
  private readonly request: FactRequest;
  private readonly signal: AbortSignal;
  private readonly facts: FileFacts;

  constructor(request: FactRequest, signal: AbortSignal) {
    this.request = request;
    this.signal = signal;
    this.facts = new FileFacts(signal);
  }

  async resolve(match: Match): Promise<ResolvedMatch> {
    let { source, target } = match;
    let side: 'source' | 'target' = 'source';
    const { facts } = this;
    const { rules, forCopying } = this.request;
    try {
      if (!source) return { match, comparison: undefined, failure: undefined };
      let comparison = target && compareFiles(source, target, rules, false);
      // Each round makes at least one side exact, so there are few.
      while (target && comparison?.verdict === 'needsFacts' && comparison.because !== 'content') {
        const { because } = comparison;
        if (needsStat(source, because, rules.serverTime.source))
          source = await facts.stat(this.request.source, source);
        side = 'target';
        if (needsStat(target, because, rules.serverTime.target))
          target = await facts.stat(this.request.target, target);
        side = 'source';
        comparison = compareFiles(source, target, rules, false);
      }
      if (target && comparison?.verdict === 'needsFacts') {
        const sourceHash = source.md5 !== undefined || hashesByReading(this.request.source);
        const targetHash = target.md5 !== undefined || hashesByReading(this.request.target);
        if (sourceHash && targetHash) {
          if (source.md5 === undefined) source = await facts.withHash(this.request.source, source);
          side = 'target';
          if (target.md5 === undefined) target = await facts.withHash(this.request.target, target);
          side = 'source';
        }
        comparison = compareFiles(source, target, rules, true);
      }
      const wanted = !comparison || comparison.verdict === 'different';
      // Exact facts may be remembered ones, from before it was restored; those that were asked for here are
      // not.
      if (wanted && forCopying && mayBeArchived(source) && source === match.source)
        source = await facts.stat(this.request.source, source);
      return { match: { ...match, source, target }, comparison, failure: undefined };
    } catch (error) {
      this.signal.throwIfAborted();
      if (!isRemoteError(error) || planFatalErrorKinds.has(error.kind)) throw error;
      return { match: { ...match, source, target }, comparison: undefined, failure: { side, error } };
    }
  }
}

/** Whether a `stat` tells what is still missing of this side. */
function needsStat(file: FileEntry, missing: 'times' | 'hashes', byServer: boolean): boolean {
  return missing === 'times' ? !knowsTime(file, byServer) : file.md5 === undefined && !file.exact;
}
