import type { Clock } from '../../../base/clock';
import { parentPath, type RemotePath } from '../../../remote/remotePath';
import { keyOf } from './pathKey';

/** A listing may miss a node for this long after we put it somewhere, in milliseconds. */
const consistencyWindowMs = 2 * 60_000;
const maxWrites = 5000;

export interface RecentWrite {
  readonly id: string;
  readonly path: RemotePath;
  readonly writtenAt: number;
}

/** The nodes that this session put somewhere within the last two minutes, which the index of the service may not show yet. */
export class RecentWrites {
  /** By the key of the path, oldest first. */
  private readonly writes = new Map<string, RecentWrite>();
  /** The keys in `writes`, by the key of their folder. */
  private readonly keysByFolder = new Map<string, Set<string>>();

  constructor(private readonly clock: Clock) {}

  record(path: RemotePath, id: string): void {
    const writtenAt = this.clock.now();
    const key = keyOf(path);
    this.drop(key);
    this.writes.set(key, { id, path, writtenAt });
    const folder = keyOf(parentPath(path));
    const keys = this.keysByFolder.get(folder);
    if (keys) keys.add(key);
    else this.keysByFolder.set(folder, new Set([key]));
    for (const [oldest, write] of this.writes) {
      if (this.writes.size <= maxWrites && this.isRecent(write)) break;
      this.drop(oldest);
    }
  }

  /** `key` as `keyOf` gives it. */
  drop(key: string): void {
    const write = this.writes.get(key);
    if (!write) return;
    this.writes.delete(key);
    const folder = keyOf(parentPath(write.path));
    const keys = this.keysByFolder.get(folder);
    keys?.delete(key);
    if (keys?.size === 0) this.keysByFolder.delete(folder);
  }

  /** The recent writes directly in a folder. */
  in(folder: RemotePath): RecentWrite[] {
    return [...(this.keysByFolder.get(keyOf(folder)) ?? [])]
      .map((key) => this.writes.get(key))
      .filter((write) => write !== undefined && this.isRecent(write)) as RecentWrite[];
  }

  private isRecent({ writtenAt }: RecentWrite): boolean {
    return this.clock.now() - writtenAt < consistencyWindowMs;
  }
}
