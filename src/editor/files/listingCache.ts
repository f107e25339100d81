import type { FileEntry, FolderEntry } from '../../remote/entry';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { baseName, parentPath, type RemotePath } from '../../remote/remotePath';

/** What a folder holds, by name: all of it, or all names that start with `namePrefix`. */
export interface FolderNames {
  readonly entries: ReadonlyMap<string, FileEntry | FolderEntry>;
  /** False when the listing was cut off: then a name that isn't there may exist. */
  readonly complete: boolean;
}

/** The answer of the cache for one path. */
export type CachedEntry = FileEntry | FolderEntry | 'absent' | undefined;

interface CachedListing {
  readonly remote: string;
  readonly folder: RemotePath;
  readonly namePrefix: string;
  readonly names: FolderNames;
  /** Until when its entries are taken for what is there, and until when what it lacks for absent. */
  readonly entriesUntil: number;
  readonly until: number;
}

/** Milliseconds that an entry of a listing stands in for a question about it. */
export const entryTtlMs = 4_000;

/**
 * Listings of folders, kept for a moment. On opening a folder, the editor and its extensions look for dozens of files
 * that are hardly ever there (`.vscode/settings.json`, `.git`, …), many times over: a listing answers them all.
 */
export class ListingCache {
  private readonly kept = new Map<string, CachedListing>();
  private readonly loading = new Map<string, Promise<FolderNames>>();
  private generation = 0;

  constructor(
    private readonly now: () => number,
    private readonly most = 500,
  ) {}

  /**
   * The listing of `folder`, by `load` unless the same is under way already. A failure is thrown and nothing is kept. What
   * the listing lacks counts as absent for `keepMs`.
   */
  async load(
    folder: RemoteAddress,
    namePrefix: string,
    keepMs: number,
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
      // What was changed meanwhile may or may not be in it.
      if (generation === this.generation) this.keep(folder, namePrefix, names, keepMs);
      return names;
    } finally {
      if (this.loading.get(key) === promise) this.loading.delete(key);
    }
  }

  /** Whether a listing of this very folder and prefix is kept. */
  has(folder: RemoteAddress, namePrefix: string): boolean {
    return this.fresh(keyOf(folder, namePrefix)) !== undefined;
  }

  /** What the kept listings tell of a path: its entry, that it can't be there, or nothing. */
  lookUp(address: RemoteAddress): CachedEntry {
    if (address.path === '') return undefined;
    let path = address.path;
    let entry = this.inParent(address.remote, path);
    if (entry !== undefined) return entry;
    // Nothing is below what isn't there, nor below a file.
    while (path.includes('/')) {
      path = parentPath(path);
      entry = this.inParent(address.remote, path);
      if (entry === 'absent') return 'absent';
      if (entry !== undefined) return undefined;
    }
    return undefined;
  }

  /** Something at or below `address` was made, changed or removed: forget what might tell of it. */
  forget(address: RemoteAddress): void {
    this.forgetAllOf([address]);
  }

  /** As `forget`, of many places at once: looks at each listing that is kept once, and at each place once. */
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
    for (const [key, { remote, folder }] of this.kept) {
      const place = { remote, path: folder };
      if (above.has(formatAddress(place)) || isAtOrBelowAny(place, changed)) this.kept.delete(key);
    }
  }

  clear(): void {
    this.generation++;
    this.loading.clear();
    this.kept.clear();
  }

  private inParent(remote: string, path: RemotePath): CachedEntry {
    const folder = { remote, path: parentPath(path) };
    const name = baseName(path);
    for (const namePrefix of ['', name.slice(0, 1)]) {
      const kept = this.fresh(keyOf(folder, namePrefix));
      const entry = kept?.names.entries.get(name);
      if (entry) return kept && kept.entriesUntil > this.now() ? entry : undefined;
      // Not every key can list its buckets, and a remote with a root shows just one.
      if (kept?.names.complete && folder.path !== '') return 'absent';
    }
    return undefined;
  }

  private fresh(key: string): CachedListing | undefined {
    const kept = this.kept.get(key);
    if (kept && kept.until > this.now()) return kept;
    this.kept.delete(key);
    return undefined;
  }

  private keep(folder: RemoteAddress, namePrefix: string, names: FolderNames, keepMs: number): void {
    // A whole listing is newer than those of a prefix: they must not contradict it when it has run out.
    if (namePrefix === '')
      for (const [key, kept] of this.kept)
        if (kept.remote === folder.remote && kept.folder === folder.path) this.kept.delete(key);
    const { remote, path } = folder;
    this.kept.delete(keyOf(folder, namePrefix));
    this.kept.set(keyOf(folder, namePrefix), {
      remote,
      folder: path,
      namePrefix,
      names,
      entriesUntil: this.now() + Math.min(keepMs, entryTtlMs),
      until: this.now() + keepMs,
    });
    for (const key of this.kept.keys()) {
      if (this.kept.size <= this.most) return;
      this.kept.delete(key);
    }
  }
}

/** Whether `address` is one of the formatted addresses, or lies below one. */
export function isAtOrBelowAny(address: RemoteAddress, formatted: ReadonlySet<string>): boolean {
  for (let { path } = address; ; path = parentPath(path)) {
    if (formatted.has(formatAddress({ ...address, path }))) return true;
    if (path === '') return false;
  }
}

function keyOf(folder: RemoteAddress, namePrefix: string): string {
  return `${folder.remote}\0${folder.path}\0${namePrefix}`;
}
