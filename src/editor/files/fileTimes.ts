import { BoundedMap } from '../../base/boundedMap';
import type { FileEntry } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';

interface ReportedMtime {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly ms: number;
}

const maxVersionsPerFile = 4;

/**
 * The mtimes that the editor gets for files. The editor reloads a file only when its mtime grows, but services store whole seconds and
 * a copy can be older than the file that it replaces. So each new version gets a later mtime than the version before, and a version
 * always the same. The mtime is never the present time, which would make every file look changed.
 */
export class MonotonicMtimes {
  /** By key; the latest version last. */
  private readonly reported: BoundedMap<string, readonly ReportedMtime[]>;

  constructor(maxFiles = 20_000) {
    this.reported = new BoundedMap(maxFiles);
  }

  /** Milliseconds since the epoch for `entry`, the current version of the file under `key`. */
  mtimeOf(key: string, entry: FileEntry): number {
    const before = this.reported.get(key) ?? [];
    const latest = before.at(-1);
    const version = versionOf(entry);
    if (latest?.version === version) return latest.ms;
    const ms = latest ? Math.max(serverTime(entry), latest.ms + 1) : serverTime(entry);
    this.reported.set(key, [...before.slice(1 - maxVersionsPerFile), { version, ms }]);
    return ms;
  }

  /** The mtime of a version that may not be current. */
  earlierMtimeOf(key: string, entry: FileEntry): number {
    const version = versionOf(entry);
    return (
      this.reported.get(key)?.findLast((reported) => reported.version === version)?.ms ?? serverTime(entry)
    );
  }
}

/** Equal for two entries of the same content. */
export function versionOf(entry: FileEntry): string {
  return entry.version ?? `${entry.size}:${serverTime(entry)}`;
}

/** Listings report only the service's own time, so a stat must prefer it too. Milliseconds since the epoch; 0 = unknown. */
function serverTime(entry: FileEntry): number {
  const time = entry.serverModified ?? entry.modified;
  return time ? Math.max(0, instantToMs(time)) : 0;
}

/**
 * The mtimes that the editor gets for folders. Stores keep none, and the editor reads 0 as "no time", so a folder is as old as this
 * object until this window changes its content.
 */
export class FolderMtimes {
  private readonly mtimes: BoundedMap<string, number>;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;

  constructor(
    private readonly now: () => number = Date.now,
    maxFolders = 20_000,
  ) {
    this.mtimes = new BoundedMap(maxFolders);
    this.createdMs = now();
  }

  mtimeOf(key: string): number {
    return this.mtimes.get(key) ?? this.createdMs;
  }

  /** Call when an item was added to or removed from these folders. */
  touch(keys: Iterable<string>): void {
    const now = this.now();
    for (const key of keys) this.mtimes.set(key, now);
  }
}
