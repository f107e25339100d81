import type { Clock } from '../base/clock';
import { groupBy } from '../base/groupBy';
import { createFilter } from '../plan/filter/filter';
import { fullName, isMalformedKey, listTree } from '../plan/list/listTree';
import { mayFold, type NameFolding, nameFolding } from '../plan/match/nameFolding';
import type { Plan } from '../plan/model/plan';
import { sortSelected } from '../plan/model/selectedPaths';
import { matchKey } from '../remote/capabilities';
import type { Endpoint } from '../remote/endpoint';
import type { Entry, UnsupportedEntry } from '../remote/entry';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import {
  isWithin,
  joinPath,
  parentPath,
  pathProblem,
  type RemotePath,
  relativePath,
} from '../remote/remotePath';

/** Milliseconds that a check of the source stays fresh, plus the time that it took. */
const freshMs = 5000;

/** Deletes in one folder from which its listing always pays off; with fewer, the listing must not take more requests than they do. */
const batchThreshold = 50;
const filesInAPage = 1000;

/** The current content of one source folder, as far as deletes depend on it. */
interface FolderNow {
  /** Keys of entries whose names are to be deleted on the target. */
  readonly present: ReadonlySet<string>;
  /** Keys of unsupported entries, which may represent a file, or a folder with everything below. */
  readonly unusable: readonly { readonly key: string; readonly withAllBelow: boolean }[];
  readonly folders: readonly RemotePath[];
}

/** A cached result. `goodUntil` is in milliseconds since the epoch. */
interface Fresh<T> {
  readonly result: Promise<T>;
  goodUntil: number;
}

/**
 * Checks the source again right before target files are deleted: a preview may be open for hours, and a file that reappeared on the
 * source keeps its copy (sync-semantics H1, H20). Each folder is listed once for all its deletes; a few deletes in a large tree take
 * one stat each. A file whose check fails stays. Paths are relative to both roots, in the target's spelling.
 */
export class SourceRecheck {
  private readonly source: Endpoint;
  private readonly plan: Plan;
  private readonly clock: Clock;
  private readonly folding: NameFolding;
  /** Paths of the files to delete, by the key of their folder. */
  private readonly deleted: ReadonlyMap<string, readonly RemotePath[]>;
  private readonly folders = new Map<RemotePath, Fresh<FolderNow | undefined>>();
  private root: Fresh<string | undefined> | undefined;

  constructor(source: Endpoint, target: Endpoint, plan: Plan, clock: Clock) {
    this.source = source;
    this.plan = plan;
    this.clock = clock;
    this.folding = nameFolding(
      source.remote.capabilities.names,
      target.remote.capabilities.names,
      plan.options.compare,
    );
    const deleted = plan.actions.flatMap((action) => {
      if (action.kind === 'moveFile') return action.from;
      return action.kind === 'deleteFile' ? action.path : [];
    });
    this.deleted = groupBy(deleted, (path) => this.key(parentPath(path)));
  }

  /**
   * Why no file may be deleted now, as the end of a sentence ("the source no longer has any files"), or undefined. An unmounted disk
   * looks like an empty folder. Rejects only when aborted.
   */
  async reasonSourceIsUnusable(signal: AbortSignal): Promise<string | undefined> {
    if (!this.root || this.root.goodUntil < this.clock.now())
      this.root = this.cached(this.checkRoot(signal), () => {
        this.root = undefined;
      });
    return this.root.result;
  }

  /** Why the file must stay, as an error for the report, or undefined when the source still lacks it. Rejects only when aborted. */
  async recheckSourceAbsent(path: RemotePath, signal: AbortSignal): Promise<RemoteError | undefined> {
    const nothing = await this.reasonSourceIsUnusable(signal);
    if (nothing !== undefined) return new RemoteError('changed', `"${path}" was kept, because ${nothing}.`);
    try {
      return (await this.isBack(path, signal))
        ? new RemoteError('changed', `"${path}" exists on the source again.`)
        : undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (isRemoteError(error)) return error;
      throw error;
    }
  }

  private key(path: string): string {
    return matchKey(path, this.folding);
  }

  /** Stops at the first included file. */
  private async checkRoot(signal: AbortSignal): Promise<string | undefined> {
    const { source, folding } = this;
    const { options } = this.plan;
    try {
      const tree = listTree(
        {
          ...source,
          side: 'source',
          filter: createFilter(options, folding),
          followSymlinks: options.followSymlinks,
          mayBeMissing: false,
          ...(options.only && {
            only: sortSelected(options.only),
            sameName: (path: string) => this.key(path),
          }),
        },
        signal,
      );
      for await (const { paths } of tree.batches) if (paths.length > 0) return undefined;
      const [problem] = tree.findings.problems;
      return problem
        ? `the source could not be listed: ${problem.message}`
        : 'the source no longer has any files';
    } catch (error) {
      signal.throwIfAborted();
      if (isRemoteError(error)) return `the source could not be listed: ${error.message}`;
      throw error;
    }
  }

  private async isBack(path: RemotePath, signal: AbortSignal): Promise<boolean> {
    const key = this.key(path);
    const folder = parentPath(path);
    const deletes = this.deleted.get(this.key(folder))?.length ?? 0;
    const { files } = this.plan.listed.source;
    if (deletes * filesInAPage < files && deletes < batchThreshold && !mayFold(path, this.folding))
      return this.isThere(path, signal);
    for (const spelling of await this.spellings(folder, signal)) {
      const now = await this.folder(spelling, signal);
      if (now && (now.present.has(key) || represents(now, key))) return true;
      // A link that is not followed may hide the file.
      if ((!now || this.seesLinks) && (await this.mayBeHidden(spelling, signal))) return true;
    }
    return false;
  }

  private async isThere(path: RemotePath, signal: AbortSignal): Promise<boolean> {
    const { remote, root } = this.source;
    try {
      // A folder is not the counterpart of the target's file.
      return (await remote.stat(joinPath(root, path), signal)).kind !== 'folder';
    } catch (error) {
      if (!isRemoteError(error, 'notFound', 'badName')) throw error;
      return remote.capabilities.hasDirectories && this.mayBeHidden(path, signal);
    }
  }

  /** Whether `path` or a folder above is an unsupported entry, such as a broken link. */
  private async mayBeHidden(path: RemotePath, signal: AbortSignal): Promise<boolean> {
    for (let at = path; at !== ''; at = parentPath(at)) {
      const above = await this.folder(parentPath(at), signal);
      if (!above) continue;
      if (represents(above, this.key(path))) return true;
      if (!this.seesLinks) return false;
    }
    return false;
  }

  /** Whether links of the source are listed as links; then each folder on the path must be checked. */
  private get seesLinks(): boolean {
    const { isLocalDisk } = this.source.remote.capabilities;
    return isLocalDisk === true && !this.plan.options.followSymlinks;
  }

  /** The source's spellings of a folder, which may differ from the target's. */
  private async spellings(folder: RemotePath, signal: AbortSignal): Promise<readonly RemotePath[]> {
    if (folder === '' || !mayFold(folder, this.folding)) return [folder];
    const spellings: RemotePath[] = [];
    for (const parent of await this.spellings(parentPath(folder), signal))
      for (const child of (await this.folder(parent, signal))?.folders ?? [])
        if (this.key(child) === this.key(folder)) spellings.push(child);
    // Where no listing shows the folder, listing the target's spelling gives the reason.
    return spellings.length > 0 ? spellings : [folder];
  }

  /** Undefined when the folder does not exist. */
  private async folder(path: RemotePath, signal: AbortSignal): Promise<FolderNow | undefined> {
    const cached = this.folders.get(path);
    if (cached && cached.goodUntil >= this.clock.now()) return cached.result;
    const fresh = this.cached(this.list(path, signal), () => this.folders.delete(path));
    this.folders.set(path, fresh);
    return fresh.result;
  }

  private async list(folder: RemotePath, signal: AbortSignal): Promise<FolderNow | undefined> {
    const { remote, root } = this.source;
    const deleted = new Set(this.deleted.get(this.key(folder))?.map((path) => this.key(path)));
    const present = new Set<string>();
    const unusable: { key: string; withAllBelow: boolean }[] = [];
    const folders: RemotePath[] = [];
    let empty = true;
    const add = (entry: Entry) => {
      empty = false;
      if (entry.kind === 'unusable') {
        const path = representedPath(entry);
        if (path === undefined || !(isWithin(path, root) || isWithin(root, path))) return;
        const key = isWithin(path, root) ? this.key(relativePath(path, root)) : '';
        unusable.push({ key, withAllBelow: entry.reason !== 'nonEmptyFolderMarker' });
        return;
      }
      const path = relativePath(entry.path, root);
      if (entry.kind === 'folder') {
        if (mayFold(path, this.folding)) folders.push(path);
      } else if (deleted.has(this.key(path))) present.add(this.key(path));
    };
    const listed = joinPath(root, folder);
    const onlyLinks = { followSymlinks: false, skipFolder: () => true };
    try {
      for await (const page of remote.list(listed, {}, signal)) page.forEach(add);
      if (this.seesLinks && remote.listRecursive)
        for await (const page of remote.listRecursive(listed, onlyLinks, signal)) page.forEach(add);
    } catch (error) {
      if (folder === '' || !isRemoteError(error, 'notFound', 'notAFolder', 'badName')) throw error;
      await this.assertNotEmpty(signal);
      return undefined;
    }
    if (folder === '' && empty) throw nothingThere();
    return { present, unusable, folders };
  }

  /** Throws when the root is empty: a folder is also missing below a root that was just unmounted. */
  private async assertNotEmpty(signal: AbortSignal): Promise<void> {
    const { remote, root } = this.source;
    for await (const page of remote.list(root, { pageSize: 1 }, signal)) if (page.length > 0) return;
    throw nothingThere();
  }

  /** Shares one result among concurrent callers; a failure is not cached. */
  private cached<T>(result: Promise<T>, forget: () => void): Fresh<T> {
    const begun = this.clock.now();
    const entry: Fresh<T> = { result, goodUntil: Number.POSITIVE_INFINITY };
    result.then(() => {
      const now = this.clock.now();
      entry.goodUntil = now + freshMs + (now - begun);
    }, forget);
    return entry;
  }
}

function nothingThere(): RemoteError {
  return new RemoteError('changed', 'The source no longer has any files.');
}

/** The path that an unsupported entry may represent, or undefined. */
function representedPath(entry: UnsupportedEntry): RemotePath | undefined {
  if (entry.protects !== undefined) return entry.protects;
  const whole = fullName(entry);
  return isMalformedKey(entry.reason) || pathProblem(whole) !== undefined ? undefined : (whole as RemotePath);
}

function represents({ unusable }: FolderNow, key: string): boolean {
  return unusable.some(
    (one) => one.key === key || (one.withAllBelow && isWithin(key as RemotePath, one.key as RemotePath)),
  );
}
