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

/** Milliseconds that names count as absent which are asked for over and over though they are hardly ever there. */
const probeTtlMs = 60_000;
const writeTtlMs = 10_000;

/** What editors and their extensions look for in every folder, besides names with a dot in front. */
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
 * Answers what is at a path and in a folder as the file system of an editor asks: often, and the same again and again.
 * Keeps listings for a moment, what was just written, and the folders that only exist here until something is in them.
 */
export class StatCache {
  private readonly cache: ListingCache;
  private readonly written = new Map<string, RecentWrite>();
  /** Buckets that are there, and until when that counts. The editor asks for the top of a workspace folder all the time. */
  private readonly buckets = new Map<string, number>();
  /** Folders that were made on the way to a file, or lost their last file: a store of prefixes knows nothing of them. */
  private readonly implied = new Map<string, RemoteAddress>();

  constructor(
    private readonly open: (remote: string) => Promise<Remote>,
    private readonly now: () => number,
    /** Whether files can lie at the top of a remote, or only buckets. */
    private readonly topHoldsFiles: (remote: string) => boolean,
  ) {
    this.cache = new ListingCache(now);
  }

  /** Throws RemoteError; `notFound` only when there surely is nothing. */
  async stat(address: RemoteAddress, signal: AbortSignal): Promise<FileEntry | FolderEntry> {
    if (address.path === '') {
      await this.open(address.remote); // tells of an unknown name or bad settings
      return { kind: 'folder', path: address.path };
    }
    const written = this.written.get(formatAddress(address));
    if (written && written.until > this.now()) return written.entry;
    const bucket = !address.path.includes('/');
    if (bucket && (this.buckets.get(formatAddress(address)) ?? 0) > this.now())
      return { kind: 'folder', path: address.path };
    const remembered = this.cache.lookUp(address) ?? (await this.probe(address, signal));
    if (remembered === 'absent') return this.impliedOrAbsent(address);
    if (remembered) return remembered;
    const entry = await this.statFresh(address, signal);
    if (bucket && entry.kind === 'folder') this.buckets.set(formatAddress(address), this.now() + probeTtlMs);
    return entry;
  }

  /**
   * Throws when a listing tells that there is no file to be read, and so spares the request itself: `notFound` where nothing is,
   * `isAFolder` for a folder.
   */
  async assertReadable(address: RemoteAddress, signal: AbortSignal): Promise<void> {
    if (address.path === '' || (!this.topHoldsFiles(address.remote) && !address.path.includes('/')))
      return this.assertNotFolder(address, signal);
    const remembered = this.cache.lookUp(address) ?? (await this.probe(address, signal));
    if (remembered === 'absent') this.impliedOrAbsent(address);
    if (remembered === 'absent' || (remembered && remembered.kind === 'folder')) throw isAFolder(address);
  }

  /** Throws `isAFolder` when there is a folder at `address`, where no file is. */
  async assertNotFolder(address: RemoteAddress, signal: AbortSignal): Promise<void> {
    const entry = await this.stat(address, signal);
    if (entry.kind === 'folder') throw isAFolder(address);
  }

  /** As `stat`, but asked of the service now. */
  async statFresh(address: RemoteAddress, signal: AbortSignal): Promise<FileEntry | FolderEntry> {
    try {
      const remote = await this.open(address.remote);
      const entry = await remote.stat(address.path, signal);
      if (entry.kind !== 'unusable') return entry;
      throw new RemoteError('notFound', `${formatAddress(address)} can't be handled as a file.`);
    } catch (error) {
      if (isRemoteError(error, 'notFound') && this.implied.has(formatAddress(address)))
        return { kind: 'folder', path: address.path };
      throw error;
    }
  }

  /**
   * The files and folders in a folder, by name, at most `most` of them and then not `complete`. A file and a folder of one
   * name are one name: the file, as `stat` has it. Throws RemoteError.
   */
  async list(folder: RemoteAddress, most: number, signal: AbortSignal): Promise<FolderNames> {
    const names = await this.cache
      .load(folder, '', entryTtlMs, () => this.fetch(folder, '', most, signal))
      .catch((error: unknown) => {
        if (isRemoteError(error, 'notFound') && this.implied.has(formatAddress(folder)))
          return { entries: new Map(), complete: true };
        throw error;
      });
    // A store of prefixes lists nothing for a folder that isn't there.
    if (names.entries.size === 0 && folder.path !== '') await this.mustBeFolder(folder, signal);
    return this.withImplied(folder, names);
  }

  /** This was stored by this window: the next questions about it are answered by it. */
  recordWrite(address: RemoteAddress, entry: FileEntry): void {
    const { remote } = address;
    this.written.set(formatAddress(address), { remote, entry, until: this.now() + writeTtlMs });
    for (const [key, { until }] of this.written) if (until <= this.now()) this.written.delete(key);
  }

  /** Something at or below `address` was changed. */
  forget(address: RemoteAddress): void {
    this.forgetAllOf([address]);
  }

  /** Something at or below each of these was changed; at a cost that does not grow with their number times what is kept. */
  forgetAllOf(addresses: readonly RemoteAddress[]): void {
    this.cache.forgetAllOf(addresses);
    const changed = new Set(addresses.map(formatAddress));
    for (const key of changed) this.buckets.delete(key);
    for (const [key, { remote, entry }] of this.written)
      if (isAtOrBelowAny({ remote, path: entry.path }, changed)) this.written.delete(key);
  }

  forgetAll(): void {
    this.cache.clear();
    this.buckets.clear();
    this.written.clear();
  }

  /** `folder` is to be seen as one, in this window, even with nothing in it. */
  imply(folder: RemoteAddress): void {
    if (folder.path.includes('/')) this.implied.set(formatAddress(folder), folder);
  }

  isImplied(folder: RemoteAddress): boolean {
    return this.implied.has(formatAddress(folder));
  }

  /** These folders and all in them were removed. */
  unimply(folders: readonly RemoteAddress[]): void {
    const gone = new Set(folders.map(formatAddress));
    for (const [key, one] of this.implied) if (isAtOrBelowAny(one, gone)) this.implied.delete(key);
  }

  /** `source` with all in it was copied or moved to `target`; so are the folders that only this window knows of. */
  copyImplied(source: RemoteAddress, target: RemoteAddress): void {
    for (const { remote, path } of [...this.implied.values()])
      if (remote === source.remote && isWithin(path, source.path))
        this.imply({ remote: target.remote, path: joinPath(target.path, relativePath(path, source.path)) });
  }

  private impliedOrAbsent(address: RemoteAddress): FolderEntry {
    if (this.implied.has(formatAddress(address))) return { kind: 'folder', path: address.path };
    throw new RemoteError('notFound', `There is no ${formatAddress(address)}.`);
  }

  /** Whether the first often-probed name on the way is there at all, by a listing that answers for its siblings as well. */
  private async probe(address: RemoteAddress, signal: AbortSignal) {
    const parts = address.path.split('/');
    const at = parts.findIndex((part) => part.startsWith('.') || probedNames.has(part));
    if (at < 0) return undefined;
    if (at === 0 && !this.topHoldsFiles(address.remote))
      return parts[0]?.startsWith('.') ? 'absent' : undefined; // no bucket begins with a dot
    const folder = { remote: address.remote, path: parts.slice(0, at).join('/') as RemotePath };
    const namePrefix = parts[at]?.startsWith('.') ? '.' : '';
    if (this.cache.has(folder, namePrefix)) return undefined; // it was cut off, so it can't tell
    try {
      await this.cache.load(folder, namePrefix, probeTtlMs, () =>
        this.fetch(folder, namePrefix, 1000, signal),
      );
    } catch (error) {
      if (isRemoteError(error)) return undefined; // then the question itself is asked, and its error told
      throw error;
    }
    return this.cache.lookUp(address);
  }

  private async fetch(
    folder: RemoteAddress,
    namePrefix: string,
    most: number,
    signal: AbortSignal,
  ): Promise<FolderNames> {
    const remote = await this.open(folder.remote);
    const entries = new Map<string, FileEntry | FolderEntry>();
    const options = { pageSize: 1000, ...(namePrefix !== '' && { namePrefix }) };
    for await (const page of remote.list(folder.path, options, signal)) {
      for (const entry of page) {
        if (entry.kind === 'unusable') continue;
        if (entries.size >= most) return { entries, complete: false };
        add(entries, entry);
      }
    }
    return { entries, complete: true };
  }

  private async mustBeFolder(folder: RemoteAddress, signal: AbortSignal): Promise<void> {
    const entry = await this.statFresh(folder, signal);
    if (entry.kind === 'file')
      throw new RemoteError('notAFolder', `${formatAddress(folder)} is a file, not a folder.`);
  }

  private withImplied(folder: RemoteAddress, names: FolderNames): FolderNames {
    const children = [...this.implied.values()].filter(
      (one) => one.remote === folder.remote && parentPath(one.path) === folder.path,
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

/** The folders between `address` and its bucket, without both. */
export function parentsOf(address: RemoteAddress): RemoteAddress[] {
  const parts = address.path.split('/').slice(0, -1);
  return parts.slice(1).map((_, i) => ({
    remote: address.remote,
    path: joinPath(parts[0] as RemotePath, parts.slice(1, i + 2).join('/')),
  }));
}
