import { type Clock, systemClock } from '../base/clock';
import { explainFilter, explanationText, type FilterExplanation } from '../plan/filter/filterExplanation';
import type { FilterNames } from '../plan/filter/filterRules';
import { createLimits, timeForLimits } from '../plan/filter/limits';
import { readIgnoreFiles } from '../plan/list/readIgnoreFiles';
import { nameFolding } from '../plan/match/nameFolding';
import { type PlanOptions, usesAwsRules } from '../plan/model/planOptions';
import { isBelow, type SelectedPaths, sortSelected } from '../plan/model/selectedPaths';
import { matchKey } from '../remote/capabilities';
import { type Endpoint, fileIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { joinPath, parsePath, type RemotePath } from '../remote/remotePath';

export interface ExplainRequest {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly options: PlanOptions;
  readonly clock?: Clock;
}

export interface PathExplanation extends FilterExplanation {
  /** A complete sentence for the user. */
  readonly sentence: string;
}

/**
 * Whether a plan of this request includes the file at `path` (relative to both roots), and which rule decides. The file need not exist.
 * A stat, on the source or else on the target, is made only for size and age limits; only ignore files above the path are read. Throws
 * RemoteError: `badName` for an invalid path, `badSettings` and every other error of planning.
 */
export async function explainPath(
  { source, target, options, clock = systemClock }: ExplainRequest,
  path: string,
  signal: AbortSignal,
): Promise<PathExplanation> {
  const file = parsePath(path.replace(/^\.?\/+/, '').replace(/\/+$/, ''));
  const names = nameFolding(
    source.remote.capabilities.names,
    target.remote.capabilities.names,
    options.compare,
  );
  const limits = createLimits(options, clock.now());
  const withSentence = (explanation: FilterExplanation) => ({
    ...explanation,
    sentence: explanationText(file, explanation),
  });
  const ignoreFiles = await readIgnoreFiles(source, target, { ...options, only: [{ file }] }, names, signal);
  if (options.only && !isNamed(file, sortSelected(options.only), names))
    return withSentence({ included: false, by: { set: 'only', text: 'was not chosen' } });
  const byName = explainFilter(options, ignoreFiles, file, names);
  if (!limits || !byName.included) return withSentence(byName);
  const entry = (await find(source, file, signal)) ?? (await find(target, file, signal));
  const modified =
    entry && timeForLimits(entry, usesAwsRules(options.compare) || options.useServerTimes === true);
  const facts = { limits, ...(entry && { size: entry.size }), ...(modified && { modified }) };
  return withSentence(explainFilter(options, ignoreFiles, file, names, facts));
}

function isNamed(file: RemotePath, { files, folders }: SelectedPaths, names: FilterNames): boolean {
  const key = (path: RemotePath) => matchKey(path, names) as RemotePath;
  return (
    files.some((one) => key(one) === key(file)) || folders.some((folder) => isBelow(key(file), key(folder)))
  );
}

async function find(
  { remote, root }: Endpoint,
  path: RemotePath,
  signal: AbortSignal,
): Promise<FileEntry | undefined> {
  const entry = await fileIfExists(remote, joinPath(root, path), signal, 'forbidden');
  return entry && { ...entry, exact: true };
}
