import type { FileEntry } from '../remote/entry';
import { instantToMs } from '../remote/modifiedTime';

/**
 * The modified times that the editor is told of files. It reloads only what became newer, while services keep whole
 * seconds and a copy may even be older: so each new version of a file gets a later time than the one before, and one version
 * always the same. Never the present time, which would make every file look changed.
 */
export class FileTimes {
  private readonly told = new Map<string, { readonly version: string; readonly ms: number }>();

  constructor(private readonly most = 20_000) {}

  /** Milliseconds since the epoch for the file under `key` as `entry` shows it. */
  timeOf(key: string, entry: FileEntry): number {
    const version = entry.version ?? `${entry.size}:${serverTime(entry)}`;
    const before = this.told.get(key);
    if (before?.version === version) return before.ms;
    const ms = before ? Math.max(serverTime(entry), before.ms + 1) : serverTime(entry);
    this.told.delete(key);
    this.told.set(key, { version, ms });
    if (this.told.size > this.most) for (const oldest of this.told.keys()) return this.forget(oldest, ms);
    return ms;
  }

  private forget(key: string, ms: number): number {
    this.told.delete(key);
    return ms;
  }
}

/** A listing knows only the service's own time, so that one comes first: both must answer alike. 0 = unknown. */
function serverTime(entry: FileEntry): number {
  const time = entry.serverModified ?? entry.modified;
  return time ? Math.max(0, instantToMs(time)) : 0;
}
