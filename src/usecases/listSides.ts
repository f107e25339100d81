import { createFilter, type Filter } from '../plan/filter/filter';
import { createLimits } from '../plan/filter/limits';
import { type FileBatch, type ListingFindings, listTree } from '../plan/list/listTree';
import { readIgnoreFiles } from '../plan/list/readIgnoreFiles';
import { applyLimits } from '../plan/match/applyLimits';
import type { FileFolderConflicts } from '../plan/match/fileFolderConflicts';
import type { Match } from '../plan/match/match';
import { mergeJoin } from '../plan/match/mergeJoin';
import { foldedKey, type NameFolding, nameFolding } from '../plan/match/nameFolding';
import { type PlanOptions, usesAwsRules, wantsDeletes } from '../plan/model/planOptions';
import { sortSelected } from '../plan/model/selectedPaths';
import { type Endpoint, fileIfExists } from '../remote/endpoint';
import { RemoteError } from '../remote/remoteError';

/** Both sides being listed and joined. */
export interface ListedSides {
  /** To be read once. Ends with an error when either listing does. */
  readonly matches: AsyncIterable<readonly Match[]>;
  readonly folding: NameFolding;
  /** Complete when `matches` ended. */
  readonly source: ListingFindings;
  readonly target: ListingFindings;
}

/**
 * Lists source and target side by side with the options' filter, and joins them; what the size and age limits leave out is taken out
 * again (ages are counted back from `nowMs`). A source root that isn't there is an error, and so is a missing bucket; a target folder that
 * isn't there yet is empty. Throws RemoteError `badSettings` for a bad filter pattern or limit, and as `readIgnoreFiles`.
 */
export async function listSides(
  source: Endpoint,
  target: Endpoint,
  options: PlanOptions,
  clashes: FileFolderConflicts | undefined,
  signal: AbortSignal,
  nowMs: number,
): Promise<ListedSides> {
  const folding = nameFolding(
    source.remote.capabilities.names,
    target.remote.capabilities.names,
    options.compare,
  );
  const limits = createLimits(options, nowMs);
  // A bad pattern is told before anything is read.
  createFilter(options, folding);
  const ignoreFiles = await readIgnoreFiles(source, target, options, folding, signal);
  const filter = () => createFilter(options, folding, ignoreFiles);
  const seesExcluded = wantsDeletes(options) && options.deleteExcluded === true;
  const only = options.only && {
    only: sortSelected(options.only),
    sameName: (path: string) => foldedKey(path, folding),
  };
  const from = listTree(
    {
      remote: source.remote,
      root: source.root,
      side: 'source',
      filter: filter(),
      followSymlinks: options.followSymlinks,
      mayBeMissing: false,
      ...only,
    },
    signal,
  );
  const to = listTree(
    {
      remote: target.remote,
      root: target.root,
      side: 'target',
      filter: seesExcluded ? createFilter({ ...options, filters: [] }, folding) : filter(),
      // What lies behind a link of the target isn't in the target: nothing may be written or deleted there
      // (H19).
      followSymlinks: false,
      mayBeMissing: target.remote.capabilities.hasDirectories,
      ...only,
    },
    signal,
  );
  const joined = mergeJoin(refusingAFile(from.batches, source, signal), to.batches, folding, clashes);
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

/** Marks what is on the target only because it was listed without the filter (R19). */
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
 * Where folders are only prefixes, a source root that names a file lists nothing, as an empty folder does.
 * That one request tells them apart, and is made only when nothing was listed.
 */
async function* refusingAFile(
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
  // Where only listing is allowed, the root counts as an empty folder.
  if (await fileIfExists(remote, root, signal, 'forbidden'))
    throw new RemoteError('notAFolder', `"${root}" is a file. Choose the folder that holds it.`);
}
