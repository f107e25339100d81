import type { Clock } from '../../../base/clock';
import { isWithin, joinPath, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import type { DriveNode } from '../api/driveNode';
import type { DriveNames } from '../names/driveNames';
import { keyOf } from './pathKey';
import type { RecentWrites } from './recentWrites';

/** A cached folder counts as being at its path for this long after it was seen there, in milliseconds. */
const ttlMs = 5 * 60_000;
/** The same before a change in the folder, and before its list counts as complete. */
const maxAgeForWritesMs = 5000;
/** Above this number the files that were cached first are dropped. */
const maxFiles = 200_000;

/** A node that was seen at a path. */
export interface CachedNode {
  readonly id: string;
  /** As the service spells it. */
  readonly path: RemotePath;
  /** Milliseconds of the clock. */
  readonly checkedAt: number;
  /** We created the folder, and nothing was in it. */
  readonly isNew?: boolean;
}

/** A node and its path, as the service spells the path. */
export interface Found {
  readonly node: DriveNode;
  readonly path: RemotePath;
}

/**
 * Paths ↔ ids of nodes, as they were last seen; makes no requests. Listings, look-ups and changes fill it, moves and deletes empty it.
 *
 * Invariants:
 * 1. A path has one node and a node has one path: a node that is seen at a second path leaves the first, with everything below.
 * 2. A path below a folder is dropped with the folder, and when another folder takes the name.
 * 3. `checkedAt` is the time of a response that showed the node at the path. Nothing else renews it.
 */
export class NodeCache {
  private readonly folders = new Map<string, CachedNode>();
  private readonly files = new Map<string, CachedNode>();
  /** Ids of both → paths. */
  private readonly byId = new Map<string, RemotePath>();

  constructor(
    private readonly names: DriveNames,
    private readonly recentWrites: RecentWrites,
    private readonly clock: Clock,
  ) {}

  folder(path: RemotePath): CachedNode | undefined {
    return this.folders.get(keyOf(path));
  }

  file(path: RemotePath): CachedNode | undefined {
    return this.files.get(keyOf(path));
  }

  /** The path that a node was last seen at. */
  pathOf(id: string): RemotePath | undefined {
    return this.byId.get(id);
  }

  /** Whether the folder was seen recently enough to read by its id. */
  isLive({ checkedAt }: CachedNode): boolean {
    return this.clock.now() - checkedAt < ttlMs;
  }

  /** Whether the folder was seen recently enough to change anything in it. */
  isFreshForWrites({ checkedAt }: CachedNode): boolean {
    return this.clock.now() - checkedAt < maxAgeForWritesMs;
  }

  /** Marks the folder at `path` as too old for writes, with the folders above unless `alone`. */
  expire(path: RemotePath, alone = false): void {
    for (let at = path; at !== rootPath; at = alone ? rootPath : parentPath(at)) {
      const cached = this.folder(at);
      if (!cached) continue;
      const checkedAt = Math.min(cached.checkedAt, this.clock.now() - maxAgeForWritesMs);
      this.folders.set(keyOf(at), { ...cached, checkedAt });
    }
  }

  /** Records that `node` is at `path`, which may differ in letter case from the name of the node. */
  learn(path: RemotePath, node: DriveNode, isNew = false): Found {
    const name = node.name === undefined ? undefined : this.names.pathName(node.name);
    const spelled =
      path !== rootPath && name && 'name' in name ? joinPath(parentPath(path), name.name) : path;
    const key = keyOf(spelled);
    this.leave(node.id, spelled);
    const before = this.folders.get(key);
    const isSame = node.kind === 'FOLDER' && before?.id === node.id;
    if (before && !isSame) this.forget(spelled);
    this.forgetFile(key);
    const cached = { id: node.id, path: spelled, checkedAt: this.clock.now() };
    if (node.kind === 'FOLDER')
      this.folders.set(key, isNew || (isSame && before.isNew) ? { ...cached, isNew: true } : cached);
    else this.keepFile(key, cached);
    this.byId.set(node.id, spelled);
    return { node, path: spelled };
  }

  /** Records the node that has the name of `path` according to an error response: the next look-up reads it, since the index may lag behind. */
  learnHolder(path: RemotePath, id: string | undefined): void {
    if (id === undefined || this.file(path) || this.folder(path)) return;
    this.leave(id, path);
    this.keepFile(keyOf(path), { id, path, checkedAt: this.clock.now() });
    this.byId.set(id, path);
  }

  private keepFile(key: string, cached: CachedNode): void {
    this.files.set(key, cached);
    if (this.files.size <= maxFiles) return;
    const [oldest] = this.files.keys();
    if (oldest !== undefined) this.forgetFile(oldest);
  }

  private forgetFile(key: string): void {
    const file = this.files.get(key);
    if (!file) return;
    this.files.delete(key);
    this.byId.delete(file.id);
  }

  private leave(id: string, path: RemotePath): void {
    const before = this.byId.get(id);
    if (before !== undefined && keyOf(before) !== keyOf(path)) this.forget(before);
  }

  /** Forgets a path and everything below, and that we wrote the node at `path` itself. */
  forget(path: RemotePath): void {
    const key = keyOf(path);
    this.recentWrites.drop(key);
    this.forgetFile(key);
    if (path !== rootPath && !this.folders.has(key)) return;
    for (const nodes of [this.folders, this.files])
      for (const [below, { id }] of nodes)
        if (isWithin(below as RemotePath, key as RemotePath)) {
          nodes.delete(below);
          this.byId.delete(id);
        }
  }
}
