import { createFilter, type Filter } from '../plan/filter/filter';
import { createLimits } from '../plan/filter/limits';
import { type FileBatch, type ListingFindings, listTree } from '../plan/list/listTree';
import { readIgnoreFiles } from '../plan/list/readIgnoreFiles';
import { applyLimits } from '../plan/match/applyLimits';
import type { FileFolderConflicts } from '../plan/match/fileFolderConflicts';
import type { Match } from '../plan/match/match';
import { mergeJoin } from '../plan/match/mergeJoin';
import { type NameFolding, nameFolding } from '../plan/match/nameFolding';
import { type PlanOptions, usesAwsRules, wantsDeletes } from '../plan/model/planOptions';
import { sortSelected } from '../plan/model/selectedPaths';
import { matchKey } from '../remote/capabilities';
import { type Endpoint, fileIfExists } from '../remote/endpoint';
import { RemoteError } from '../remote/remoteError';

/** Both sides while they are listed and joined. */
export interface ListedSides {
  /** Can be read once. Throws when either listing throws. */
  readonly matches: AsyncIterable<readonly Match[]>;
  readonly folding: NameFolding;
  /** Complete when `matches` has ended. */
  readonly source: ListingFindings;
  readonly target: ListingFindings;
}

/**
 * Lists source and target with the options' filter, joins them, and removes the files beyond the size and age limits (ages count back
 * from `nowMs`, milliseconds since the epoch). A missing source root or bucket is an error; a missing target folder counts as empty.
 * Throws RemoteError `badSettings` for a bad filter pattern or limit, and as `readIgnoreFiles`.
 */
export async function listSides(
  source: Endpoint,
  target: Endpoint,
  options: PlanOptions,
  conflicts: FileFolderConflicts | undefined,
  signal: AbortSignal,
  nowMs: number,
): Promise<ListedSides> {
  const folding = nameFolding(
    source.remote.capabilities.names,
    target.remote.capabilities.names,
    options.compare,
  );
  const limits = createLimits(options, nowMs);
  // Throws for a bad pattern before anything is read.
  createFilter(options, folding);
  const ignoreFiles = await readIgnoreFiles(source, target, options, folding, signal);
  const filter = () => createFilter(options, folding, ignoreFiles);
  const seesExcluded = wantsDeletes(options) && options.deleteExcluded === true;
  const only = options.only && {
    only: sortSelected(options.only),
    sameName: (path: string) => matchKey(path, folding),
  };
  const knownHashes = !usesAwsRules(options.compare) && options.compare !== 'size-only';
  const from = listTree(
    {
      ...source,
      side: 'source',
      filter: filter(),
      followSymlinks: options.followSymlinks,
      knownHashes,
      mayBeMissing: false,
      ...only,
    },
    signal,
  );
  const to = listTree(
    {
      ...target,
      side: 'target',
      filter: seesExcluded ? createFilter({ ...options, filters: [] }, folding) : filter(),
      // Files behind a symlink are outside the target, so they must be neither written nor deleted (H19).
      followSymlinks: false,
      knownHashes,
      mayBeMissing: target.remote.capabilities.hasDirectories,
      ...only,
    },
    signal,
  );
  const joined = mergeJoin(rejectingFile(from.batches, source, signal), to.batches, folding, conflicts);
  const matches = seesExcluded ? markingExcluded(joined, filter()) : joined;
  if (!limits) return { matches, folding, source: from.findings, target: to.findings };
  const byServer = usesAwsRules(options.compare) || options.useServerTimes === true;
  const limited = applyLimits(
    matches,
    {
      limits,
      source: { remote: source.remote, findings: from.findings, byServer },
      target: { remote: target.remote, findings: to.findings, byServer },
      wantsDeletes: wantsDeletes(options),
    },
    signal,
  );
  return { ...limited, folding };
}

/** Marks the target files that the filter excludes (R19). */
async function* markingExcluded(
  matches: AsyncIterable<readonly Match[]>,
  filter: Filter,
): AsyncGenerator<readonly Match[]> {
  for await (const batch of matches)
    yield batch.map((match) =>
      match.source || filter.includes(match.path) ? match : { ...match, excluded: true },
    );
}

/**
 * Throws `notAFolder` after an empty listing when the source root is a file: where folders are only prefixes, the listing of a file
 * looks like that of an empty folder.
 */
async function* rejectingFile(
  batches: AsyncIterable<FileBatch>,
  { remote, root }: Endpoint,
  signal: AbortSignal,
): AsyncGenerator<FileBatch> {
  let empty = true;
  for await (const batch of batches) {
    empty = false;
    yield batch;
  }
  if (!empty || remote.capabilities.hasDirectories || root === '') return;
  // With permission only to list, the root counts as an empty folder.
  if (await fileIfExists(remote, root, signal, 'forbidden'))
    throw new RemoteError('notAFolder', `"${root}" is a file. Choose its folder.`);
}
