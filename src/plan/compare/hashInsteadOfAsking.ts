import type { FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import type { Match } from '../match/match';
import type { SideName } from '../model/plan';
import { type ComparisonRules, compareFiles } from './comparison';

/**
 * Up to this size, reading and hashing a file takes less than its share of 32 concurrent requests of 100 ms. Larger files are hashed only
 * where nothing else decides.
 */
const maxBytes = 1024 * 1024;

/** Hashes that are compared before their success decides whether the next ones are worth it. */
const enoughTries = 64;

interface HashRequest {
  readonly source: Remote;
  readonly target: Remote;
  readonly rules: ComparisonRules;
}

const sides = ['source', 'target'] as const;

/**
 * Adds the MD5s of small files on a disk where equal content would spare a request for a time, or where only content decides. A batch
 * costs one promise. A file without a hash afterwards is resolved as if nobody had tried. Order is kept.
 */
export async function* hashInsteadOfAsking(
  batches: AsyncIterable<readonly Match[]>,
  request: HashRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly Match[]> {
  if (!sides.some((side) => request[side].computeMd5s)) {
    yield* batches;
    return;
  }
  const hasher = new BatchHasher(request);
  for await (const batch of batches) yield await hasher.hash(batch, signal);
}

/** The files of one side that a batch needs hashed, with their places in the batch. */
interface Wanted {
  readonly files: FileEntry[];
  readonly at: number[];
}

class BatchHasher {
  private tried = 0;
  private equal = 0;

  constructor(private readonly request: HashRequest) {}

  async hash(batch: readonly Match[], signal: AbortSignal): Promise<readonly Match[]> {
    const wanted: Readonly<Record<SideName, Wanted>> = {
      source: { files: [], at: [] },
      target: { files: [], at: [] },
    };
    const insteadOfTimes: number[] = [];
    for (let i = 0; i < batch.length; i++) {
      const match = batch[i] as Match;
      const missing = this.missingFact(match);
      if (missing === undefined) continue;
      if (missing === 'times') insteadOfTimes.push(i);
      for (const side of sides) {
        const file = match[side];
        if (!file || file.md5 !== undefined) continue;
        wanted[side].files.push(file);
        wanted[side].at.push(i);
      }
    }
    if (wanted.source.files.length + wanted.target.files.length === 0) return batch;
    const matches = [...batch];
    for (const side of sides) {
      const { files, at } = wanted[side];
      const hashes = files.length > 0 ? await this.request[side].computeMd5s?.(files, signal) : undefined;
      hashes?.forEach((md5, i) => {
        const index = at[i] as number;
        const match = matches[index] as Match;
        if (md5 !== undefined) matches[index] = { ...match, [side]: { ...match[side], md5 } };
      });
    }
    for (const index of insteadOfTimes) this.count(matches[index] as Match);
    return matches;
  }

  /** The fact that hashes of small files may replace or supply. */
  private missingFact({ source, target, nameConflict }: Match): 'times' | 'content' | undefined {
    if (!source || !target || nameConflict || (source.md5 !== undefined && target.md5 !== undefined)) return;
    if (!this.isHashable('source', source) || !this.isHashable('target', target)) return;
    const { rules } = this.request;
    const { verdict, because } = compareFiles(source, target, rules, false);
    if (verdict !== 'needsFacts' || because === 'hashes') return;
    if (because === 'content') return because;
    return rules.equalContentIsSame && source.size === target.size && this.isWorthIt ? because : undefined;
  }

  private isHashable(side: SideName, { md5, size }: FileEntry): boolean {
    return md5 !== undefined || (size <= maxBytes && this.request[side].computeMd5s !== undefined);
  }

  /** False for a store whose ETags only look like MD5s, where each try costs a reading and saves nothing. */
  private get isWorthIt(): boolean {
    return this.tried < enoughTries || this.equal * 2 >= this.tried;
  }

  private count({ source, target }: Match): void {
    this.tried++;
    if (source?.md5 !== undefined && source.md5 === target?.md5) this.equal++;
  }
}
