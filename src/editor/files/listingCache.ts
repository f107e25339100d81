import { BoundedMap } from '../../base/boundedMap';
import type { FileEntry, FolderEntry } from '../../remote/entry';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { baseName, parentPath, type RemotePath } from '../../remote/remotePath';

/** The entries of a folder by name: all of them, or those with a name prefix. */
export interface FolderNames {
  readonly entries: ReadonlyMap<string, FileEntry | FolderEntry>;
  /** False for a truncated listing: an absent name may exist. */
  readonly complete: boolean;
}

/** Undefined when the cache doesn't know. */
export type CachedEntry = FileEntry | FolderEntry | 'absent' | undefined;

interface CachedListing {
  readonly remote: string;
  readonly folder: RemotePath;
  readonly names: FolderNames;
  /** Entries expire before absences. */
  readonly entriesUntil: number;
  readonly until: number;
}

/** Milliseconds for which a listed entry answers a stat. */
export const entryTtlMs = 4_000;

/**
 * Caches listings for seconds. When a folder opens, the editor and its extensions stat dozens of files that rarely exist
 * (`.vscode/settings.json`, `.git`, …), many times over: one listing answers all of them.
 */
export class ListingCache {
  private readonly listings: BoundedMap<string, CachedListing>;
  private readonly loading = new Map<string, Promise<FolderNames>>();
  /** Grows with each change; a listing that began before a change is not cached. */
  private generation = 0;

  constructor(
    private readonly now: () => number,
    maxListings = 500,
  ) {
    this.listings = new BoundedMap(maxListings);
  }

  /**
   * Lists `folder` with `load`, or joins a listing that is under way. Caches nothing after an error, which is thrown. Names absent from
   * the listing count as absent for `ttlMs`.
   */
  async load(
    folder: RemoteAddress,
    namePrefix: string,
    ttlMs: number,
    load: () => Promise<FolderNames>,
  ): Promise<FolderNames> {
    const key = keyOf(folder, namePrefix);
    const running = this.loading.get(key);
    if (running !== undefined) return running;
    const generation = this.generation;
    const promise = load();
    this.loading.set(key, promise);
    try {
      const names = await promise;
      if (generation === this.generation) this.store(folder, namePrefix, names, ttlMs);
      return names;
    } finally {
      if (this.loading.get(key) === promise) this.loading.delete(key);
    }
  }

  /** Whether a listing of this folder and prefix is cached. */
  has(folder: RemoteAddress, namePrefix: string): boolean {
    return this.getFresh(keyOf(folder, namePrefix)) !== undefined;
  }

  lookUp({ remote, path }: RemoteAddress): CachedEntry {
    if (path === '') return undefined;
    const entry = this.inParent(remote, path);
    if (entry !== undefined) return entry;
    // Nothing exists below an absent folder. An existing parent says nothing about the path.
    for (let above = path; above.includes('/'); ) {
      above = parentPath(above);
      const parent = this.inParent(remote, above);
      if (parent !== undefined) return parent === 'absent' ? 'absent' : undefined;
    }
    return undefined;
  }

  /** Call when items at or below `addresses` changed. Checks each listing once, however many addresses there are. */
  forgetAllOf(addresses: readonly RemoteAddress[]): void {
    this.generation++;
    this.loading.clear();
    const changed = new Set<string>();
    const above = new Set<string>();
    for (const address of addresses) {
      changed.add(formatAddress(address));
      for (let { path } = address; ; path = parentPath(path)) {
        const key = formatAddress({ ...address, path });
        if (above.has(key)) break;
        above.add(key);
        if (path === '') break;
      }
    }
    for (const [key, { remote, folder }] of this.listings) {
      const place = { remote, path: folder };
      if (above.has(formatAddress(place)) || isAtOrBelowAny(place, changed)) this.listings.delete(key);
    }
  }

  clear(): void {
    this.generation++;
    this.loading.clear();
    this.listings.clear();
  }

  private inParent(remote: string, path: RemotePath): CachedEntry {
    const folder = { remote, path: parentPath(path) };
    const name = baseName(path);
    for (const namePrefix of ['', name.slice(0, 1)]) {
      const listing = this.getFresh(keyOf(folder, namePrefix));
      const entry = listing?.names.entries.get(name);
      if (entry) return listing && listing.entriesUntil > this.now() ? entry : undefined;
      // A list of buckets can be partial: keys may lack the permission, and a remote with a root lists one bucket.
      if (listing?.names.complete && folder.path !== '') return 'absent';
    }
    return undefined;
  }

  private getFresh(key: string): CachedListing | undefined {
    const listing = this.listings.get(key);
    if (listing && listing.until > this.now()) return listing;
    this.listings.delete(key);
    return undefined;
  }

  private store(folder: RemoteAddress, namePrefix: string, names: FolderNames, ttlMs: number): void {
    const { remote, path } = folder;
    // A full listing is newer than those of a prefix, which must not contradict it after it expires.
    if (namePrefix === '')
      for (const [key, listing] of this.listings)
        if (listing.remote === remote && listing.folder === path) this.listings.delete(key);
    const now = this.now();
    this.listings.set(keyOf(folder, namePrefix), {
      remote,
      folder: path,
      names,
      entriesUntil: now + Math.min(ttlMs, entryTtlMs),
      until: now + ttlMs,
    });
  }
}

/** Whether `address` is one of the formatted addresses, or below one. */
export function isAtOrBelowAny(address: RemoteAddress, formatted: ReadonlySet<string>): boolean {
  for (let { path } = address; ; path = parentPath(path)) {
    if (formatted.has(formatAddress({ ...address, path }))) return true;
    if (path === '') return false;
  }
}

function keyOf(folder: RemoteAddress, namePrefix: string): string {
  return `${folder.remote}\0${folder.path}\0${namePrefix}`;
}
