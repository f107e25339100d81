import { orderedBatchMap } from '../../base/orderedBatchMap';
import type { FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { isRemoteError, planFatalErrorKinds, type RemoteError } from '../../remote/remoteError';
import { HashReader, hashesByReading, statFile } from '../list/fileFacts';
import type { Match } from '../match/match';
import type { SideName } from '../model/plan';
import { mayBeArchived } from './archived';
import { type Comparison, type ComparisonRules, compareFiles, knowsTime } from './comparison';
import { hashInsteadOfAsking } from './hashInsteadOfAsking';

/** A match with everything that its decision needs. */
export interface ResolvedMatch {
  /** With exact entries where they were requested. */
  readonly match: Match;
  /** For pairs without a name conflict or failure; never `needsFacts`. */
  readonly comparison: Comparison | undefined;
  /** Why the facts could not be fetched. */
  readonly failure: FactFailure | undefined;
}

export interface FactFailure {
  readonly side: SideName;
  readonly error: RemoteError;
}

export interface FactRequest {
  readonly source: Remote;
  readonly target: Remote;
  readonly rules: ComparisonRules;
  /** Whether an object that looks archived gets a `stat` to find out whether it was restored, before it is skipped. */
  readonly forCopying: boolean;
  /** Pairs whose facts are requested at once; 32 when absent. */
  readonly limit?: number;
}

/** Pairs whose facts are requested one by one, and those of them that are done. Updated in place, for progress. */
export interface FactCounts {
  requested: number;
  completed: number;
}

const sides = ['source', 'target'] as const;

const defaultLimit = 32;

/**
 * Compares each pair by the cheapest facts that decide. Where the listings don't, the content of small files on a disk may; else exact
 * facts are requested: a `stat` where sizes agree but a time or hash isn't listed, then the content's MD5 where times differ and the other
 * side has one (R6). Order is kept. Pairs that need no request cost no promise.
 *
 * A failed request is that pair's `failure`; a failure in `planFatalErrorKinds` ends the stream with its RemoteError.
 */
export function resolveComparisons(
  matches: AsyncIterable<readonly Match[]>,
  request: FactRequest,
  counts: FactCounts,
  signal: AbortSignal,
): AsyncIterable<readonly ResolvedMatch[]> {
  const resolver = new ComparisonResolver(request);
  return orderedBatchMap(
    hashInsteadOfAsking(matches, request, signal),
    {
      immediate: (match) => decideFromListing(match, request),
      fetch: async (match, either) => {
        counts.requested++;
        try {
          return await resolver.resolve(match, either);
        } finally {
          counts.completed++;
        }
      },
      concurrency: request.limit ?? defaultLimit,
    },
    signal,
  );
}

/** The decision where it needs no request, else undefined. */
function decideFromListing(match: Match, request: FactRequest): ResolvedMatch | undefined {
  const { source, target, nameConflict } = match;
  if (nameConflict || !source) return { match, comparison: undefined, failure: undefined };
  const comparison = target && compareFiles(source, target, request.rules, false);
  if (comparison?.verdict === 'needsFacts') return undefined;
  const isCopied = !comparison || comparison.verdict === 'different';
  if (isCopied && request.forCopying && mayBeArchived(source)) return undefined;
  return { match, comparison, failure: undefined };
}

/** The entries of a match while facts arrive, and the side that the current request is about. */
interface Pair {
  source: FileEntry;
  target: FileEntry | undefined;
  requesting: SideName;
}

class ComparisonResolver {
  private readonly hashes = new HashReader();

  constructor(private readonly request: FactRequest) {}

  async resolve(match: Match, signal: AbortSignal): Promise<ResolvedMatch> {
    const { source, target } = match;
    if (!source) return { match, comparison: undefined, failure: undefined };
    const pair: Pair = { source, target, requesting: 'source' };
    const exact = () => ({ ...match, source: pair.source, target: pair.target });
    try {
      const comparison = await this.comparePair(pair, signal);
      const isCopied = !comparison || comparison.verdict === 'different';
      // Exact facts may come from a cache that is older than a restore; facts requested here do not.
      const mayBeStale = pair.source === source && mayBeArchived(source);
      if (isCopied && this.request.forCopying && mayBeStale)
        await this.fetch(pair, 'source', statFile, signal);
      return { match: exact(), comparison, failure: undefined };
    } catch (error) {
      signal.throwIfAborted();
      if (!isRemoteError(error) || planFatalErrorKinds.has(error.kind)) throw error;
      return { match: exact(), comparison: undefined, failure: { side: pair.requesting, error } };
    }
  }

  /** Undefined where only the source has the file. */
  private async comparePair(pair: Pair, signal: AbortSignal): Promise<Comparison | undefined> {
    const { rules } = this.request;
    const compare = (hashed: boolean) => pair.target && compareFiles(pair.source, pair.target, rules, hashed);
    let comparison = compare(false);
    // Each round makes at least one side exact, so there are few.
    while (comparison?.verdict === 'needsFacts' && comparison.because !== 'content') {
      for (const side of sides)
        if (needsStat(pair[side], comparison.because, rules.serverTime[side]))
          await this.fetch(pair, side, statFile, signal);
      comparison = compare(false);
    }
    if (comparison?.verdict !== 'needsFacts') return comparison;
    const withoutHash = sides.filter((side) => pair[side]?.md5 === undefined);
    if (withoutHash.every((side) => hashesByReading(this.request[side])))
      for (const side of withoutHash)
        await this.fetch(pair, side, (...file) => this.hashes.withHash(...file), signal);
    return compare(true);
  }

  private async fetch(
    pair: Pair,
    side: SideName,
    facts: typeof statFile,
    signal: AbortSignal,
  ): Promise<void> {
    const file = pair[side];
    if (!file) return;
    pair.requesting = side;
    pair[side] = await facts(this.request[side], file, signal);
  }
}

/** Whether a `stat` of this side can supply the missing fact. */
function needsStat(file: FileEntry | undefined, missing: 'times' | 'hashes', byServer: boolean): boolean {
  if (!file) return false;
  return missing === 'times' ? !knowsTime(file, byServer) : file.md5 === undefined && !file.exact;
}
