import type { Entry, FileEntry, FolderEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import {
  baseName,
  isWithin,
  joinPath,
  parentPath,
  type RemotePath,
  relativePath,
} from '../../remote/remotePath';
import { entryTtlMs, type FolderNames, isAtOrBelowAny, ListingCache } from './listingCache';

/** Milliseconds for which a probed name counts as absent, and an existing bucket as present. */
const probeTtlMs = 60_000;
/** Milliseconds for which a write of this window answers a stat. */
const writeTtlMs = 10_000;

/** Names that the editor and its extensions stat in every folder, besides names that start with a dot. */
const probedNames = new Set([
  'AGENTS.md',
  'Cargo.toml',
  'CLAUDE.md',
  'Dockerfile',
  'Gemfile',
  'Makefile',
  'build.gradle',
  'bower.json',
  'composer.json',
  'go.mod',
  'gulpfile.js',
  'Gruntfile.js',
  'jsconfig.json',
  'node_modules',
  'package.json',
  'pom.xml',
  'requirements.txt',
  'tsconfig.json',
]);

interface RecentWrite {
  readonly remote: string;
  readonly entry: FileEntry;
  readonly until: number;
}

/**
 * Stats and lists for the editor's file system, which repeats the same requests often. Caches listings and recent writes for seconds.
 * Also holds implied folders: they exist only in this window until a file is stored in them.
 */
export class StatCache {
  private readonly cache: ListingCache;
  private readonly written = new Map<string, RecentWrite>();
  /** When the stat of a bucket expires. The editor stats the top of a workspace folder all the time. */
  private readonly buckets = new Map<string, number>();
  /** Parents of a new file, and folders that lost their last file. A store of prefixes doesn't know them. */
  private readonly implied = new Map<string, RemoteAddress>();

  constructor(
    private readonly open: (remote: string) => Promise<Remote>,
    private readonly now: () => number,
    /** Whether the top of a remote can contain files, or only buckets. */
    private readonly topAcceptsFiles: (remote: string) => boolean,
  ) {
    this.cache = new ListingCache(now);
  }

  /** Throws RemoteError; `notFound` only when the path certainly doesn't exist. */
  async stat(address: RemoteAddress, signal: AbortSignal): Promise<FileEntry | FolderEntry> {
    if (address.path === '') {
      await this.open(address.remote); // throws for an unknown name or invalid settings
      return { kind: 'folder', path: address.path };
    }
    const written = this.written.get(formatAddress(address));
    if (written && written.until > this.now()) return written.entry;
    const bucket = !address.path.includes('/');
    if (bucket && (this.buckets.get(formatAddress(address)) ?? 0) > this.now())
      return { kind: 'folder', path: address.path };
    const cached = this.cache.lookUp(address) ?? (await this.probe(address, signal));
    if (cached === 'absent') return this.impliedOrAbsent(address);
    if (cached) return cached;
    const entry = await this.statFresh(address, signal);
    if (bucket && entry.kind === 'folder') this.buckets.set(formatAddress(address), this.now() + probeTtlMs);
    return entry;
  }

  /** Saves the read when a cached listing proves that there is no file: throws `notFound` or `isAFolder`. */
  async assertReadable(address: RemoteAddress, signal: AbortSignal): Promise<void> {
    if (address.path === '' || (!this.topAcceptsFiles(address.remote) && !address.path.includes('/')))
      return this.assertNotFolder(address, signal);
    const cached = this.cache.lookUp(address) ?? (await this.probe(address, signal));
    if (cached === 'absent') this.impliedOrAbsent(address);
    if (cached === 'absent' || (cached && cached.kind === 'folder')) throw isAFolder(address);
  }

  /** Throws `isAFolder` when `address` is a folder, and as `stat` does. */
  async assertNotFolder(address: RemoteAddress, signal: AbortSignal): Promise<void> {
    const entry = await this.stat(address, signal);
    if (entry.kind === 'folder') throw isAFolder(address);
  }

  /** As `stat`, but always sends a request. */
  async statFresh(address: RemoteAddress, signal: AbortSignal): Promise<FileEntry | FolderEntry> {
    try {
      const remote = await this.open(address.remote);
      const entry = await remote.stat(address.path, signal);
      if (entry.kind !== 'unusable') return entry;
      throw new RemoteError('notFound', `${formatAddress(address)} can't be used as a file.`);
    } catch (error) {
      if (isRemoteError(error, 'notFound') && this.implied.has(formatAddress(address)))
        return { kind: 'folder', path: address.path };
      throw error;
    }
  }

  /**
   * The files and folders in a folder by name, truncated after `max`. Where a file and a folder share a name, the file wins, as in
   * `stat`. Throws RemoteError.
   */
  async list(folder: RemoteAddress, max: number, signal: AbortSignal): Promise<FolderNames> {
    const names = await this.cache
      .load(folder, '', entryTtlMs, () => this.fetch(folder, '', max, signal))
      .catch((error: unknown) => {
        if (isRemoteError(error, 'notFound') && this.implied.has(formatAddress(folder)))
          return { entries: new Map(), complete: true };
        throw error;
      });
    // A store of prefixes returns an empty listing for a missing folder.
    if (names.entries.size === 0 && folder.path !== '') await this.assertFolder(folder, signal);
    return this.withImplied(folder, names);
  }

  /** This window stored `entry`: the next stats return it. */
  recordWrite(address: RemoteAddress, entry: FileEntry): void {
    const { remote } = address;
    this.written.set(formatAddress(address), { remote, entry, until: this.now() + writeTtlMs });
    for (const [key, { until }] of this.written) if (until <= this.now()) this.written.delete(key);
  }

  /** Call when an item at or below `address` changed. */
  forget(address: RemoteAddress): void {
    this.forgetAllOf([address]);
  }

  /** Call when items at or below `addresses` changed. Checks each cached item once, however many addresses there are. */
  forgetAllOf(addresses: readonly RemoteAddress[]): void {
    this.cache.forgetAllOf(addresses);
    const changed = new Set(addresses.map(formatAddress));
    for (const key of changed) this.buckets.delete(key);
    for (const [key, { remote, entry }] of this.written)
      if (isAtOrBelowAny({ remote, path: entry.path }, changed)) this.written.delete(key);
  }

  clear(): void {
    this.cache.clear();
    this.buckets.clear();
    this.written.clear();
  }

  /** Shows `folder` in this window although the store may have no items in it. */
  imply(folder: RemoteAddress): void {
    if (folder.path.includes('/')) this.implied.set(formatAddress(folder), folder);
  }

  isImplied(folder: RemoteAddress): boolean {
    return this.implied.has(formatAddress(folder));
  }

  /** Call when these folders were deleted with their content. */
  unimply(folders: readonly RemoteAddress[]): void {
    const gone = new Set(folders.map(formatAddress));
    for (const [key, folder] of this.implied) if (isAtOrBelowAny(folder, gone)) this.implied.delete(key);
  }

  /** Call when `source` was copied or moved to `target`: copies the implied folders. */
  copyImplied(source: RemoteAddress, target: RemoteAddress): void {
    for (const { remote, path } of [...this.implied.values()])
      if (remote === source.remote && isWithin(path, source.path))
        this.imply({ remote: target.remote, path: joinPath(target.path, relativePath(path, source.path)) });
  }

  private impliedOrAbsent(address: RemoteAddress): FolderEntry {
    if (this.implied.has(formatAddress(address))) return { kind: 'folder', path: address.path };
    throw new RemoteError('notFound', `There is no ${formatAddress(address)}.`);
  }

  /** Looks up a path with an often-probed name by listing the folder of that name, which answers for its siblings as well. */
  private async probe(address: RemoteAddress, signal: AbortSignal) {
    const parts = address.path.split('/');
    const at = parts.findIndex((part) => part.startsWith('.') || probedNames.has(part));
    if (at < 0) return undefined;
    if (at === 0 && !this.topAcceptsFiles(address.remote))
      return parts[0]?.startsWith('.') ? 'absent' : undefined; // bucket names can't start with a dot
    const folder = { remote: address.remote, path: parts.slice(0, at).join('/') as RemotePath };
    const namePrefix = parts[at]?.startsWith('.') ? '.' : '';
    if (this.cache.has(folder, namePrefix)) return undefined; // the listing is truncated
    try {
      await this.cache.load(folder, namePrefix, probeTtlMs, () =>
        this.fetch(folder, namePrefix, 1000, signal),
      );
    } catch (error) {
      if (isRemoteError(error)) return undefined; // the stat itself reports the error
      throw error;
    }
    return this.cache.lookUp(address);
  }

  private async fetch(
    folder: RemoteAddress,
    namePrefix: string,
    max: number,
    signal: AbortSignal,
  ): Promise<FolderNames> {
    const remote = await this.open(folder.remote);
    const entries = new Map<string, FileEntry | FolderEntry>();
    const options = { pageSize: 1000, ...(namePrefix !== '' && { namePrefix }) };
    for await (const page of remote.list(folder.path, options, signal)) {
      for (const entry of page) {
        if (entry.kind === 'unusable') continue;
        if (entries.size >= max) return { entries, complete: false };
        add(entries, entry);
      }
    }
    return { entries, complete: true };
  }

  private async assertFolder(folder: RemoteAddress, signal: AbortSignal): Promise<void> {
    const entry = await this.statFresh(folder, signal);
    if (entry.kind === 'file')
      throw new RemoteError('notAFolder', `${formatAddress(folder)} is a file, not a folder.`);
  }

  private withImplied(folder: RemoteAddress, names: FolderNames): FolderNames {
    const children = [...this.implied.values()].filter(
      ({ remote, path }) => remote === folder.remote && parentPath(path) === folder.path,
    );
    const missing = children.filter((child) => !names.entries.has(baseName(child.path)));
    if (missing.length === 0) return names;
    const entries = new Map(names.entries);
    for (const child of missing) entries.set(baseName(child.path), { kind: 'folder', path: child.path });
    return { entries, complete: names.complete };
  }
}

function isAFolder(address: RemoteAddress): RemoteError {
  return new RemoteError('isAFolder', `${formatAddress(address)} is a folder.`);
}

function add(entries: Map<string, FileEntry | FolderEntry>, entry: Exclude<Entry, { kind: 'unusable' }>) {
  const name = baseName(entry.path);
  if (entry.kind === 'file' || !entries.has(name)) entries.set(name, entry);
}

/** The folders between `address` and its bucket, exclusive. */
export function parentsOf(address: RemoteAddress): RemoteAddress[] {
  const parts = address.path.split('/').slice(0, -1);
  return parts.slice(1).map((_, i) => ({
    remote: address.remote,
    path: joinPath(parts[0] as RemotePath, parts.slice(1, i + 2).join('/')),
  }));
}
