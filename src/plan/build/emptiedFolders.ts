import { forEachConcurrent, WeightedSemaphore } from '../../base/semaphore';
import { matchKey } from '../../remote/capabilities';
import type { Entry } from '../../remote/entry';
import { isRemoteError } from '../../remote/remoteError';
import { ancestorsOf, baseName, joinPath, type RemotePath, relativePath } from '../../remote/remotePath';
import { createFilter, type Filter } from '../filter/filter';
import type { NameFolding } from '../match/nameFolding';
import type { Plan, PlanEndpoint, RemoveFolder } from '../model/plan';
import { usesAwsRules } from '../model/planOptions';

const maxListConcurrency = 8;

/**
 * The target's folders that the plan's deletes and renames leave empty and the source doesn't have. rclone removes them, with empty
 * subfolders, on remotes with real folders; aws removes none (A20). Lists each folder: it stays where it has other content, such as an
 * excluded file, or can't be listed. Rejects only when aborted.
 */
export async function emptiedFolders(
  plan: Plan,
  source: PlanEndpoint,
  target: PlanEndpoint,
  folding: NameFolding,
  signal: AbortSignal,
): Promise<readonly RemoveFolder[]> {
  const { verb, compare } = plan.options;
  if (verb !== 'sync' || usesAwsRules(compare) || !target.remote.capabilities.hasDirectories) return [];
  const removed = plan.actions.flatMap((action) =>
    action.kind === 'deleteFile' || action.kind === 'moveFile' ? action.before.path : [],
  );
  if (removed.length === 0) return [];
  const search = new EmptiedFolders(plan, removed, source, target, folding, signal);
  const emptied = await search.find();
  return emptied.map((path) => ({ id: `f:${path}`, kind: 'removeFolder', path, because: 'emptied' }));
}

class EmptiedFolders {
  private readonly found = new Set<RemotePath>();
  private readonly results = new Map<RemotePath, Promise<boolean>>();
  /** Whole paths of the target. */
  private readonly removed: ReadonlySet<RemotePath>;
  /** Keys of folders that the plan writes to. */
  private readonly filled: ReadonlySet<string>;
  private readonly filter: Filter;

  constructor(
    plan: Plan,
    removed: readonly RemotePath[],
    private readonly source: PlanEndpoint,
    private readonly target: PlanEndpoint,
    private readonly folding: NameFolding,
    private readonly signal: AbortSignal,
  ) {
    this.removed = new Set(removed);
    // With `deleteExcluded`, only the usual excludes exclude files of the target (R19).
    const { options } = plan;
    this.filter = createFilter(options.deleteExcluded ? { ...options, filters: [] } : options, folding);
    const written = plan.actions.filter(({ kind }) => kind !== 'deleteFile').map(({ path }) => path);
    this.filled = new Set([...ancestorsOf(written)].map((folder) => matchKey(folder, folding)));
  }

  async find(): Promise<readonly RemotePath[]> {
    const folders = ancestorsOf([...this.removed].map((path) => relativePath(path, this.target.root)));
    const check = async (folder: RemotePath) => void (await this.becomesEmpty(folder));
    await forEachConcurrent(folders, new WeightedSemaphore(maxListConcurrency), () => 1, check, this.signal);
    this.signal.throwIfAborted();
    return [...this.found];
  }

  private becomesEmpty(folder: RemotePath): Promise<boolean> {
    const result = this.results.get(folder) ?? this.checkFolder(folder).catch(() => false);
    this.results.set(folder, result);
    return result;
  }

  private async checkFolder(folder: RemotePath): Promise<boolean> {
    if (this.filled.has(matchKey(folder, this.folding)) || this.filter.maySkipFolder(folder)) return false;
    if (await this.sourceHas(folder)) return false;
    const { remote, root } = this.target;
    for await (const page of remote.list(joinPath(root, folder), {}, this.signal))
      for (const entry of page) if (!(await this.isRemoved(entry, folder))) return false;
    this.found.add(folder);
    return true;
  }

  private async isRemoved(entry: Entry, folder: RemotePath): Promise<boolean> {
    if (entry.kind === 'file') return this.removed.has(entry.path);
    if (entry.kind === 'unusable') return false;
    return this.becomesEmpty(joinPath(folder, baseName(entry.path)));
  }

  private async sourceHas(folder: RemotePath): Promise<boolean> {
    const { remote, root } = this.source;
    try {
      const pages = remote.list(joinPath(root, folder), { pageSize: 1 }, this.signal);
      for await (const page of pages) if (page.length > 0) return true;
      return remote.capabilities.hasDirectories;
    } catch (error) {
      if (isRemoteError(error, 'notFound')) return false;
      throw error;
    }
  }
}
