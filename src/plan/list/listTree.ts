import type { Entry, FileEntry, UnsupportedEntry, UnsupportedReason } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { isRemoteError, listingFatalErrorKinds, RemoteError } from '../../remote/remoteError';
import {
  baseName,
  comparePaths,
  isWithin,
  joinPath,
  parentPath,
  pathProblem,
  type RemotePath,
  relativePath,
  rootPath,
} from '../../remote/remotePath';
import type { Filter } from '../filter/filter';
import type { ListingProblem, SideName, Tally } from '../model/plan';
import { isBelow, type SelectedPaths } from '../model/selectedPaths';

/** Sorted files of one side: `paths` are relative to the root and parallel to `files`. */
export interface FileBatch {
  readonly paths: readonly RemotePath[];
  readonly files: readonly FileEntry[];
}

/** Findings besides the files themselves. Complete when the batches have been read to their end. */
export interface ListingFindings {
  /** Folders that could not be listed; their content is unknown. */
  readonly problems: readonly ListingProblem[];
  /** Entries that the filter includes but that can't be planned. */
  readonly unusable: readonly UnusableFinding[];
  /** Files that the filter includes. */
  readonly files: Tally;
}

export interface UnusableFinding {
  readonly entry: UnsupportedEntry;
  /** For display: the path relative to the root, in the nearest spelling. */
  readonly shown: string;
  /**
   * The relative path that the entry may stand for, with everything below it; empty for the whole root. Absent when that lies outside of
   * the root or is no path.
   */
  readonly protects?: RemotePath;
}

export interface TreeListing {
  /** Can be read only once. Throws when a page fails or the listing is out of order. */
  readonly batches: AsyncIterable<FileBatch>;
  readonly findings: ListingFindings;
}

export interface TreeRequest {
  readonly remote: Remote;
  readonly root: RemotePath;
  readonly side: SideName;
  readonly filter: Filter;
  readonly followSymlinks: boolean;
  /** Whether the comparison can use MD5s. */
  readonly knownHashes?: boolean;
  /** Whether a missing root counts as empty (a target folder). */
  readonly mayBeMissing: boolean;
  /** Only these are listed. On the source they must exist. */
  readonly only?: SelectedPaths;
  /** The key that all spellings of one name share in this plan; the name itself when absent. */
  readonly sameName?: (path: RemotePath) => string;
}

/**
 * Lists the files below a remote's folder that the filter includes, sorted by `comparePaths` over relative paths. Keeps no file after its
 * batch is yielded.
 *
 * Where folders are listed one by one, a folder that fails becomes a problem and the listing continues; every other failure is thrown as
 * RemoteError. Throws `corrupted` for a listing that is out of order or repeats a name (H11, H12): a merge of it would delete and copy
 * files that are the same.
 */
export function listTree(request: TreeRequest, signal: AbortSignal): TreeListing {
  const lister = new TreeLister(request, signal);
  return { batches: lister.batches(), findings: lister };
}

const maxStatConcurrency = 16;

interface FoundFile {
  /** Relative to the root. */
  readonly path: RemotePath;
  readonly entry: FileEntry | UnsupportedEntry;
}

function exactName(path: string): string {
  return path;
}

class TreeLister implements ListingFindings {
  readonly problems: ListingProblem[] = [];
  readonly unusable: UnusableFinding[] = [];
  private count = 0;
  private bytes = 0;
  private last: RemotePath | undefined;
  private readonly rootPrefixLength: number;

  constructor(
    private readonly request: TreeRequest,
    private readonly signal: AbortSignal,
  ) {
    this.rootPrefixLength = request.root === '' ? 0 : request.root.length + 1;
  }

  get files(): Tally {
    return { files: this.count, bytes: this.bytes };
  }

  async *batches(): AsyncGenerator<FileBatch> {
    const { only, root } = this.request;
    if (only) yield* this.listSelected(only);
    else yield* this.listFolder(root);
  }

  /**
   * Rethrows every error but `notFound`. Also ignores `forbidden` on a target with atomic preconditions: with write-only access a `stat` is
   * not allowed, and the precondition of the write finds out whether the file exists.
   */
  private ignoreNotFound(error: unknown): undefined {
    const { remote, side } = this.request;
    const writeChecks = side === 'target' && remote.capabilities.preconditions === 'atomic';
    if (!isRemoteError(error, 'notFound', ...(writeChecks ? (['forbidden'] as const) : []))) throw error;
  }

  /** The files below a folder, which may be missing where the request allows it. */
  private async *listFolder(folder: RemotePath): AsyncGenerator<FileBatch> {
    const before = this.last;
    try {
      yield* this.request.remote.listRecursive ? this.listRecursive(folder) : this.walk(folder);
    } catch (error) {
      const missing = this.request.mayBeMissing && this.last === before && isRemoteError(error, 'notFound');
      if (!missing) throw error;
    }
  }

  /** The selected files, each by `stat`, merged in order with the listings of the selected folders. */
  private async *listSelected({ files, folders }: SelectedPaths): AsyncGenerator<FileBatch> {
    const { root, filter } = this.request;
    const found = await this.statFiles(files.filter((file) => filter.includes(file)));
    const rest = found.filter(({ path }) => !folders.some((folder) => isBelow(path, folder)));
    for (const folder of folders) {
      const end = rest.findIndex(({ path }) => comparePaths(path, `${folder}/`) > 0);
      yield* this.batchOf(rest.splice(0, end < 0 ? rest.length : end).map(({ entry }) => entry));
      yield* this.listFolder(joinPath(root, folder));
    }
    yield* this.batchOf(rest.map(({ entry }) => entry));
  }

  /** The entries at these paths, sorted. Throws `notFound` for a file that the source doesn't have. */
  private async statFiles(files: readonly RemotePath[]): Promise<FoundFile[]> {
    const { remote, side, sameName = exactName } = this.request;
    const onDisk = remote.capabilities.hasDirectories && remote.listRecursive !== undefined;
    const found = onDisk ? await this.listParentFolders(files) : await this.statEach(files);
    const there = new Set(found.map(({ path }) => sameName(path)));
    const missing = files.find((file) => !there.has(sameName(file)));
    if (missing !== undefined && side === 'source')
      throw new RemoteError('notFound', `"${missing}" no longer exists, so nothing was planned.`);
    return [...new Map(found.map((one) => [one.path, one])).values()].sort((a, b) =>
      comparePaths(a.path, b.path),
    );
  }

  private async statEach(files: readonly RemotePath[]): Promise<FoundFile[]> {
    const { remote, root } = this.request;
    const found: FoundFile[] = [];
    for (let i = 0; i < files.length; i += maxStatConcurrency)
      await Promise.all(
        files.slice(i, i + maxStatConcurrency).map(async (path) => {
          const entry = await remote
            .stat(joinPath(root, path), this.signal)
            .catch((error: unknown) => this.ignoreNotFound(error));
          if (entry && entry.kind !== 'folder') found.push({ path, entry });
        }),
      );
    return found;
  }

  /**
   * On a disk the parent folders are listed instead, without their subfolders. Only a listing shows links, other spellings of the same
   * name, and the content of a target folder that has the name of a file.
   */
  private async listParentFolders(files: readonly RemotePath[]): Promise<FoundFile[]> {
    const { remote, root, side, followSymlinks, knownHashes = false, sameName = exactName } = this.request;
    const names = new Set(files.map((file) => sameName(file)));
    const isSelected = (path: RemotePath): boolean =>
      names.has(sameName(path)) || (side === 'target' && path !== '' && isSelected(parentPath(path)));
    const skipFolder = (folder: RemotePath) => !isSelected(folder.slice(this.rootPrefixLength) as RemotePath);
    const found: FoundFile[] = [];
    for (const folder of new Set(files.map(parentPath)))
      try {
        const options = { followSymlinks, knownHashes, skipFolder };
        const pages = remote.listRecursive?.(joinPath(root, folder), options, this.signal) ?? [];
        for await (const page of pages)
          for (const entry of page) {
            const whole = entry.kind === 'unusable' ? fullName(entry) : entry.path;
            const path = whole.slice(this.rootPrefixLength) as RemotePath;
            if (entry.kind !== 'folder' && isSelected(path)) found.push({ path, entry });
          }
      } catch (error) {
        this.ignoreNotFound(error);
      }
    return found;
  }

  private async *listRecursive(folder: RemotePath): AsyncGenerator<FileBatch> {
    const { remote, filter, followSymlinks, knownHashes = false } = this.request;
    const skipFolder = (path: RemotePath) =>
      path.length > this.rootPrefixLength && filter.maySkipFolder(path.slice(this.rootPrefixLength));
    const options = { followSymlinks, knownHashes, skipFolder };
    const pages = remote.listRecursive?.(folder, options, this.signal) ?? [];
    for await (const page of pages) {
      this.signal.throwIfAborted();
      yield* this.batchOf(page);
    }
  }

  /** Lists folder by folder. A folder sorts as its name plus `/`, which gives the order of full paths (sync-semantics §0). */
  private async *walk(folder: RemotePath): AsyncGenerator<FileBatch> {
    const { root, filter } = this.request;
    const entries = await this.sortedEntries(folder);
    let files: Entry[] = [];
    for (const entry of entries) {
      if (entry.kind !== 'folder') {
        files.push(entry);
        continue;
      }
      if (filter.maySkipFolder(relativePath(entry.path, root))) continue;
      yield* this.batchOf(files);
      files = [];
      yield* this.walk(entry.path);
    }
    yield* this.batchOf(files);
  }

  private async sortedEntries(folder: RemotePath): Promise<readonly Entry[]> {
    const { remote, root, side } = this.request;
    const keyed: [string, Entry][] = [];
    try {
      for await (const page of remote.list(folder, {}, this.signal)) {
        this.signal.throwIfAborted();
        for (const entry of page) keyed.push([sortName(entry), entry]);
      }
    } catch (error) {
      if (folder === root || !isRemoteError(error) || listingFatalErrorKinds.has(error.kind)) throw error;
      const { kind, message } = error;
      this.problems.push({ side, path: relativePath(folder, root), kind, message });
      return [];
    }
    return keyed.sort((a, b) => comparePaths(a[0], b[0])).map(([, entry]) => entry);
  }

  /** The included files of a page, as one batch unless there are none. */
  private *batchOf(page: readonly Entry[]): Generator<FileBatch> {
    const { filter } = this.request;
    const paths: RemotePath[] = [];
    const files: FileEntry[] = [];
    for (const entry of page) {
      if (entry.kind === 'folder') continue;
      if (entry.kind === 'unusable') {
        this.recordUnsupported(entry);
        continue;
      }
      const path = entry.path.slice(this.rootPrefixLength) as RemotePath;
      if (this.last !== undefined && comparePaths(this.last, path) >= 0) throw this.outOfOrder(entry.path);
      this.last = path;
      if (!filter.includes(path)) continue;
      paths.push(path);
      files.push(entry);
      this.count++;
      this.bytes += entry.size;
    }
    if (paths.length > 0) yield { paths, files };
  }

  private recordUnsupported(entry: UnsupportedEntry): void {
    const { filter, root } = this.request;
    const whole = fullName(entry);
    const shown = root === '' || !whole.startsWith(`${root}/`) ? whole : whole.slice(this.rootPrefixLength);
    const stands = entry.protects ?? (pathProblem(whole) === undefined ? (whole as RemotePath) : undefined);
    const protects = stands === undefined ? undefined : this.withinRoot(stands, entry);
    const tested = protects || shown;
    if (!filter.includes(tested) || filter.maySkipFolder(tested)) return;
    this.unusable.push({ entry, shown, ...(protects !== undefined && { protects }) });
  }

  /** An unsupported entry that contains the root protects the whole root, except a malformed key, which protects only itself. */
  private withinRoot(path: RemotePath, entry: UnsupportedEntry): RemotePath | undefined {
    const { root } = this.request;
    if (path !== root && isWithin(path, root)) return relativePath(path, root);
    return isWithin(root, path) && !isMalformedKey(entry.reason) ? rootPath : undefined;
  }

  private outOfOrder(path: RemotePath): RemoteError {
    const { root, side } = this.request;
    return new RemoteError(
      'corrupted',
      `The ${side} lists "${root}" out of order: "${path}" comes after "${root === '' ? '' : `${root}/`}${this.last ?? ''}". Comparing it could delete the wrong files, so nothing was planned.`,
    );
  }
}

/** Whether the entry is a key that isn't a path, rather than an unusable entry at a path. It can only correspond to its cleaned spelling. */
export function isMalformedKey(reason: UnsupportedReason): boolean {
  return reason === 'emptyPart' || reason === 'dotPart' || reason === 'nonEmptyFolderMarker';
}

/** The path of an unsupported entry. A name with a slash is a full key of the folder's bucket; any other is a name in the folder. */
export function fullName({ folder, name }: UnsupportedEntry): string {
  const parent = name.includes('/') ? folder.slice(0, `${folder}/`.indexOf('/')) : folder;
  return parent === '' ? name : `${parent}/${name}`;
}

function sortName(entry: Entry): string {
  if (entry.kind === 'unusable') return entry.name;
  return entry.kind === 'folder' ? `${baseName(entry.path)}/` : baseName(entry.path);
}

/**
 * Whether a copy to the entry's path would overwrite the entry or pass through it. A key or name that is no path, or no text, lies beside
 * its cleaned spelling, not at it.
 */
export function blocksPath(reason: UnsupportedReason): boolean {
  return !isMalformedKey(reason) && reason !== 'invalidText' && reason !== 'oddName';
}
