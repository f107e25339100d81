import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { baseName, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import type { DriveApi } from '../api/driveApi';
import { hasDriveReason } from '../api/driveErrors';
import { childNamedFilter } from '../api/driveFilters';
import { type DriveNode, isAvailable } from '../api/driveNode';
import { nodePages } from '../api/nodePages';
import type { DriveNames } from '../names/driveNames';
import type { CachedNode, Found, NodeCache } from './nodeCache';
import { keyOf } from './pathKey';
import type { RecentWrites } from './recentWrites';

/**
 * Finds the node at a path, by the cache and by requests.
 *
 * 1. A folder that the cache shows is used by its id until the entry expires (five minutes), or a response contradicts it.
 * 2. Another client may rename or move a folder at any time, and its old id still leads to it. Before a change or a delete, call
 *    `verifyFolderPath`: otherwise the change lands at a path that nobody chose.
 * 3. Reading a node by its id is always up to date. A search by name asks an index that may lag behind, so its results are checked
 *    against the query (docs/amazon-drive-api.md §4).
 */
export class NodeResolver {
  private readonly creating = new SharedRuns<string>();
  private readonly verifying = new SharedRuns<boolean>();

  constructor(
    private readonly api: DriveApi,
    private readonly names: DriveNames,
    private readonly cache: NodeCache,
    private readonly recentWrites: RecentWrites,
  ) {}

  /** The id of an existing folder. Throws `notFound`, and `notAFolder` for a file. */
  async folderId(path: RemotePath, signal: AbortSignal): Promise<string> {
    const cached = this.cache.folder(path);
    if (cached && this.cache.isLive(cached)) return cached.id;
    if (path === rootPath) return this.rootId(signal);
    const parentId = await this.folderId(parentPath(path), signal);
    if (cached && this.keepIfInPlace(cached, parentId, await this.nodeIfThere(cached.id, path, signal)))
      return cached.id;
    const node = await this.childNamed(parentId, path, signal);
    if (!node) throw new RemoteError('notFound', `There is no folder "${path}".`);
    if (node.kind !== 'FOLDER') throw new RemoteError('notAFolder', `"${path}" is a file, not a folder.`);
    return node.id;
  }

  /**
   * The id of a folder, which is created with its parents when it doesn't exist. Concurrent calls share one creation. Throws
   * `alreadyExists` for a file.
   */
  async ensureFolder(path: RemotePath, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const cached = this.cache.folder(path);
    if (cached && this.cache.isLive(cached) && (await this.verifyFolderPath(path, signal))) return cached.id;
    if (path === rootPath) return this.rootId(signal);
    return this.creating.run(keyOf(path), () => this.createFolder(path, true, signal), signal);
  }

  private async createFolder(path: RemotePath, mayRetry: boolean, signal: AbortSignal): Promise<string> {
    const parent = parentPath(path);
    const parentId = await this.ensureFolder(parent, signal);
    const isInNew = this.cache.folder(parent)?.isNew === true;
    try {
      const existing = isInNew ? undefined : await this.childNamed(parentId, path, signal);
      if (existing) return this.existingFolderId(existing, path);
      const name = this.names.apiName(baseName(path), path);
      const created = await this.api.createFolder(name, parentId, `the folder "${path}"`, signal);
      this.cache.learn(path, created, true);
      this.recentWrites.record(path, created.id);
      return created.id;
    } catch (error) {
      // The search by name may not show the folder yet that the error names.
      if (hasDriveReason(error, 'nameTaken')) {
        const holder = await this.holderOf(error.nodeId, parentId, path, signal);
        if (holder) return this.existingFolderId(holder, path);
      }
      if (!hasDriveReason(error, 'parentGone') || !mayRetry) throw error;
      this.cache.forget(parent);
      return this.createFolder(path, false, signal);
    }
  }

  private existingFolderId(node: DriveNode, path: RemotePath): string {
    if (node.kind !== 'FOLDER')
      throw new RemoteError('alreadyExists', `"${path}" is a file, so no folder can be made there.`);
    this.cache.learn(path, node);
    return node.id;
  }

  /** The node that has the name of `path`, after the service refused the name as taken. `id` comes from the error response. */
  async holderOf(
    id: string | undefined,
    parentId: string,
    path: RemotePath,
    signal: AbortSignal,
  ): Promise<DriveNode | undefined> {
    const node = id === undefined ? undefined : await this.nodeIfThere(id, path, signal);
    if (node && this.isChild(node, parentId, path)) return this.cache.learn(path, node).node;
    return (await this.findByName(parentId, path, true, signal))?.node;
  }

  /**
   * The node at `path`; undefined when absent. A cached id is read, which is always up to date. A search by name may be outdated:
   * with `isSure` the node that it finds is read as well, which an overwrite or a delete needs.
   */
  async find(path: RemotePath, signal: AbortSignal, isSure = false): Promise<Found | undefined> {
    signal.throwIfAborted();
    if (path === rootPath) return { node: await this.api.root(signal), path };
    const folder = parentPath(path);
    let parentId: string;
    try {
      await this.verifyFolderPath(folder, signal);
      parentId = await this.folderId(folder, signal);
    } catch (error) {
      if (isRemoteError(error, 'notFound', 'notAFolder')) return undefined;
      throw error;
    }
    const cached = this.cache.file(path) ?? this.cache.folder(path);
    if (cached) {
      const node = await this.nodeIfThere(cached.id, path, signal);
      if (node && this.isChild(node, parentId, path)) return this.cache.learn(path, node);
      this.cache.forget(path);
    }
    return this.findByName(parentId, path, isSure, signal);
  }

  private async findByName(
    parentId: string,
    path: RemotePath,
    isSure: boolean,
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    const listed = await this.childNamed(parentId, path, signal);
    if (!listed) return undefined;
    const node = isSure ? await this.nodeIfThere(listed.id, path, signal) : listed;
    if (node && this.isChild(node, parentId, path)) return this.cache.learn(path, node);
    this.cache.forget(path);
    return undefined;
  }

  /**
   * Whether the cached folder at `path` and the folders above are still at their paths. Reads each of them unless that was done within five
   * seconds; concurrent calls share the requests. A folder that moved is forgotten with everything below. True when nothing is cached.
   */
  async verifyFolderPath(path: RemotePath, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (path === rootPath) return true;
    const cached = this.cache.folder(path);
    if (!cached || this.cache.isFreshForWrites(cached))
      return this.verifyFolderPath(parentPath(path), signal);
    return this.verifying.run(keyOf(path), () => this.verifyFolder(cached, signal), signal);
  }

  /** Reads a folder and the folders above at the same time; the folder's own response counts once the folders above are in place. */
  private async verifyFolder(cached: CachedNode, signal: AbortSignal): Promise<boolean> {
    const parent = parentPath(cached.path);
    const reading = this.nodeIfThere(cached.id, cached.path, signal);
    // Nobody awaits the read when the folders above fail first.
    reading.catch(() => {});
    if (!(await this.verifyFolderPath(parent, signal))) return false;
    try {
      return this.keepIfInPlace(cached, await this.folderId(parent, signal), await reading);
    } catch (error) {
      if (!isRemoteError(error, 'notFound', 'notAFolder')) throw error;
      this.cache.forget(cached.path);
      return false;
    }
  }

  private keepIfInPlace(cached: CachedNode, parentId: string, node: DriveNode | undefined): boolean {
    if (node?.kind === 'FOLDER' && this.isChild(node, parentId, cached.path)) {
      this.cache.learn(cached.path, node);
      return true;
    }
    this.cache.forget(cached.path);
    return false;
  }

  /** A node as it is now; undefined when it doesn't exist. */
  async nodeIfThere(id: string, path: string, signal: AbortSignal): Promise<DriveNode | undefined> {
    try {
      return await this.api.node(id, `"${path}"`, signal);
    } catch (error) {
      if (isRemoteError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  /** Whether a node is available, in the folder `parentId`, and has the name of `path`. */
  isChild(node: DriveNode, parentId: string, path: RemotePath): boolean {
    if (!isAvailable(node) || !node.parents.includes(parentId) || node.name === undefined) return false;
    return node.name.toLowerCase() === this.names.apiName(baseName(path), path).toLowerCase();
  }

  /** Searches a folder by name (docs/amazon-drive-api.md §4). Throws `other` when several nodes have the name. */
  async childNamed(parentId: string, path: RemotePath, signal: AbortSignal): Promise<DriveNode | undefined> {
    const filters = childNamedFilter(parentId, this.names.apiName(baseName(path), path));
    const found = new Map<string, DriveNode>();
    for await (const { nodes } of nodePages(this.api, filters, `"${path}"`, signal))
      for (const node of nodes)
        if (isFileOrFolder(node) && this.isChild(node, parentId, path)) found.set(node.id, node);
    const [node] = found.values();
    if (found.size > 1)
      throw new RemoteError(
        'other',
        `There are ${found.size} things named "${path}", so none of them can be used. Rename all but one on another way.`,
      );
    if (node) this.cache.learn(path, node);
    return node;
  }

  private async rootId(signal: AbortSignal): Promise<string> {
    const node = await this.api.root(signal);
    this.cache.learn(rootPath, { ...node, kind: 'FOLDER' });
    return node.id;
  }
}

/** Runs that concurrent callers share, one for each key. */
class SharedRuns<T> {
  private readonly running = new Map<string, Promise<T>>();

  /** Throws the error of the run. Starts another run when the shared one ended by the signal of the caller that started it. */
  async run(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      const shared = this.running.get(key);
      const run = shared ?? work().finally(() => this.running.delete(key));
      if (!shared) this.running.set(key, run);
      try {
        return await run;
      } catch (error) {
        signal.throwIfAborted();
        if (!shared || isRemoteError(error)) throw error;
      }
    }
  }
}

function isFileOrFolder(node: DriveNode): boolean {
  return node.kind === 'FILE' || node.kind === 'FOLDER';
}
