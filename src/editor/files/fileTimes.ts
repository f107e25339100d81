import type { FileEntry } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';

interface ReportedMtime {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly ms: number;
}

/**
 * The modified times that the editor is told of files. It reloads only what became newer, while services keep whole
 * seconds and a copy may even be older: so each new version of a file gets a later time than the one before, and one version
 * always the same. Never the present time, which would make every file look changed.
 */
export class MonotonicMtimes {
  /** The latest last. */
  private readonly told = new Map<string, readonly ReportedMtime[]>();

  constructor(private readonly most = 20_000) {}

  /** Milliseconds since the epoch for the file under `key`, of which `entry` is the present version. */
  mtimeOf(key: string, entry: FileEntry): number {
    const before = this.told.get(key) ?? [];
    const latest = before.at(-1);
    const version = versionOf(entry);
    if (latest?.version === version) return latest.ms;
    const ms = latest ? Math.max(serverTime(entry), latest.ms + 1) : serverTime(entry);
    this.told.delete(key);
    this.told.set(key, [...before.slice(1 - keptVersions), { version, ms }]);
    for (const oldest of this.told.keys()) {
      if (this.told.size <= this.most) break;
      this.told.delete(oldest);
    }
    return ms;
  }

  /** What was told of a version that may not be the present one any more. */
  earlierMtimeOf(key: string, entry: FileEntry): number {
    const version = versionOf(entry);
    return this.told.get(key)?.findLast((told) => told.version === version)?.ms ?? serverTime(entry);
  }
}

const keptVersions = 4;

function versionOf(entry: FileEntry): string {
  return entry.version ?? `${entry.size}:${serverTime(entry)}`;
}

/** A listing knows only the service's own time, so that one comes first: both must answer alike. 0 = unknown. */
function serverTime(entry: FileEntry): number {
  const time = entry.serverModified ?? entry.modified;
  return time ? Math.max(0, instantToMs(time)) : 0;
}

/**
 * The modified times that the editor is told of folders. Stores keep none, and it takes 0 for no time at all: a folder is as old as
 * this object until this window changes what is in it.
 */
export class FolderMtimes {
  private readonly times = new Map<string, number>();
  /** Milliseconds since the epoch. */
  readonly createdMs: number;

  constructor(
    private readonly now: () => number = Date.now,
    private readonly most = 20_000,
  ) {
    this.createdMs = now();
  }

  mtimeOf(key: string): number {
    return this.times.get(key) ?? this.createdMs;
  }

  /** Something came into these folders, or left them. */
  touch(keys: Iterable<string>): void {
    const now = this.now();
    for (const key of keys) {
      this.times.delete(key);
      this.times.set(key, now);
    }
    for (const oldest of this.times.keys()) {
      if (this.times.size <= this.most) return;
      this.times.delete(oldest);
    }
  }
}
