import { RetryablePages } from '../../../remote/pages';
import type { ListOptions, Precondition, Trash, TrashedItem } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { joinPath, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import { hasDriveReason } from '../api/driveErrors';
import { childrenFilter } from '../api/driveFilters';
import { type DriveNode, isAvailable, timeOf } from '../api/driveNode';
import { nodePages, PageCursor } from '../api/nodePages';
import { checkPrecondition, notThere } from './preconditions';
import type { DriveSession } from './session';

/** Items of folders deeper than this are shown without a path. */
const maxDepth = 100;

/** Moves a file to the trash. */
export async function trashFile(
  session: DriveSession,
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (path === rootPath) throw new RemoteError('isAFolder', 'The root is a folder.');
  const file = await checkPrecondition(session, path, precondition, signal);
  if (!file) throw notThere(path);
  await trashNode(session, file.node, path, signal);
}

/** Moves an empty folder to the trash. Throws `notEmpty`. */
export async function trashEmptyFolder(
  session: DriveSession,
  path: RemotePath,
  signal: AbortSignal,
): Promise<void> {
  const folder = await folderToTrash(session, path, signal);
  if (await isNotEmpty(session, folder.id, path, signal))
    throw new RemoteError('notEmpty', `The folder "${path}" is not empty.`);
  await trashNode(session, folder, path, signal);
}

/** Moves a folder with its content to the trash, by one request. */
export async function trashWholeFolder(
  session: DriveSession,
  path: RemotePath,
  signal: AbortSignal,
): Promise<void> {
  await trashNode(session, await folderToTrash(session, path, signal), path, signal);
}

async function folderToTrash(
  { nodes }: DriveSession,
  path: RemotePath,
  signal: AbortSignal,
): Promise<DriveNode> {
  signal.throwIfAborted();
  if (path === rootPath) throw new RemoteError('unsupported', "The root folder of a drive can't be deleted.");
  const found = await nodes.find(path, signal, true);
  if (!found) throw notThere(path);
  if (found.node.kind !== 'FOLDER') throw new RemoteError('notAFolder', `"${path}" is a file, not a folder.`);
  return found.node;
}

/** Whether a folder holds anything, including our recent writes that a listing may not show yet. */
async function isNotEmpty(
  { api, nodes, recentWrites }: DriveSession,
  id: string,
  path: RemotePath,
  signal: AbortSignal,
): Promise<boolean> {
  const seen = new Set<string>();
  const isIn = (node: DriveNode) =>
    node.parents.includes(id) && node.kind !== 'ASSET' && node.status !== 'TRASH' && node.status !== 'PURGED';
  for await (const page of nodePages(api, childrenFilter(id), `the folder "${path}"`, signal)) {
    if (page.nodes.some(isIn)) return true;
    for (const node of page.nodes) seen.add(node.id);
  }
  for (const write of recentWrites.in(path)) {
    if (seen.has(write.id)) continue;
    const node = await nodes.nodeIfThere(write.id, write.path, signal);
    if (node && isIn(node)) return true;
  }
  return false;
}

/** Trashing removes a node from all its parents, so a node with several parents is only detached from the folder of `path`. */
export async function trashNode(
  { api, cache, nodes }: DriveSession,
  { id, parents }: DriveNode,
  path: RemotePath,
  signal: AbortSignal,
  folderId?: string,
): Promise<void> {
  const isShared = parents.length > 1;
  const parentId = isShared ? (folderId ?? (await nodes.folderId(parentPath(path), signal))) : '';
  try {
    if (isShared) await api.removeParent(id, parentId, `"${path}"`, signal);
    else await api.trash(id, `"${path}"`, signal);
  } finally {
    // A failed request may have taken effect.
    cache.forget(path);
  }
}

/** Lists and restores the items of the trash. */
export class DriveTrash implements Trash {
  constructor(private readonly session: DriveSession) {}

  /** The service deletes items after 30 days (docs/amazon-drive-api.md §4). */
  list(options: ListOptions, signal: AbortSignal): RetryablePages<readonly TrashedItem[]> {
    const { api } = this.session;
    const folders = new FolderPaths(this.session, signal);
    const given = new Set<string>();
    const cursor = new PageCursor('the trash', (startToken) =>
      api.listTrash({ startToken, limit: options.pageSize }, signal),
    );
    let isDone = false;
    return new RetryablePages<readonly TrashedItem[]>(async () => {
      signal.throwIfAborted();
      if (isDone) return { done: true, value: undefined };
      const page = await cursor.page();
      const items = new Map<string, TrashedItem>();
      for (const node of page.nodes) {
        if (node.status !== 'TRASH' || (node.kind !== 'FILE' && node.kind !== 'FOLDER')) continue;
        if (!given.has(node.id) && !items.has(node.id))
          items.set(node.id, this.itemOf(node, await folders.parentOf(node)));
      }
      // Recorded once the whole page is known: a page that failed is fetched again.
      for (const id of items.keys()) given.add(id);
      cursor.advance(page, items.size > 0);
      isDone = page.next === undefined;
      const value = [...items.values()].filter(({ name }) => name.startsWith(options.namePrefix ?? ''));
      return { done: false, value };
    });
  }

  private itemOf(node: DriveNode, parent: RemotePath | undefined): TrashedItem {
    const name = this.session.names.pathName(node.name ?? '');
    const deleted = timeOf(node.modifiedDate);
    return {
      id: node.id,
      kind: node.kind === 'FOLDER' ? 'folder' : 'file',
      name: 'name' in name ? name.name : name.shown,
      ...(parent !== undefined && 'name' in name && { path: joinPath(parent, name.name) }),
      ...(node.kind === 'FILE' && node.size !== undefined && { size: node.size }),
      ...(deleted && { deleted }),
    };
  }

  async restore(item: TrashedItem, signal: AbortSignal): Promise<void> {
    const { api, cache, nodes, recentWrites } = this.session;
    signal.throwIfAborted();
    const about = `"${item.path ?? item.name}"`;
    const node = await nodes.nodeIfThere(item.id, item.path ?? item.name, signal);
    if (!node || isAvailable(node) || node.status === 'PURGED')
      throw new RemoteError('notFound', `"${item.name}" is no longer in the trash.`);
    try {
      await api.restore(item.id, about, signal);
    } catch (error) {
      if (!hasDriveReason(error, 'nameTaken')) throw error;
      throw new RemoteError(
        'alreadyExists',
        `${about} can't be restored, because another file or folder has its name now. Rename or delete that one first.`,
        { cause: error },
      );
    }
    if (item.path !== undefined) {
      cache.forget(item.path);
      recentWrites.record(item.path, item.id);
    }
  }
}

/** The paths of folders by id, for one listing: each folder is read once. Undefined for an unknown path. */
class FolderPaths {
  private readonly paths = new Map<string, Promise<RemotePath | undefined>>();

  constructor(
    private readonly session: DriveSession,
    private readonly signal: AbortSignal,
  ) {}

  /** The path of the folder that a node was in. */
  async parentOf({ parents: [parent] }: DriveNode, depth = maxDepth): Promise<RemotePath | undefined> {
    if (parent === undefined || depth === 0) return undefined;
    const cached = this.session.cache.pathOf(parent);
    if (cached !== undefined) return cached;
    const path = this.paths.get(parent) ?? this.read(parent, depth);
    this.paths.set(parent, path);
    return path;
  }

  private async read(id: string, depth: number): Promise<RemotePath | undefined> {
    const { api, names } = this.session;
    try {
      const folder = await api.node(id, 'a folder of the trash', this.signal);
      if (folder.isRoot) return rootPath;
      const name = names.pathName(folder.name ?? '');
      const above = await this.parentOf(folder, depth - 1);
      return above === undefined || !('name' in name) ? undefined : joinPath(above, name.name);
    } catch (error) {
      // An item is useful without its path.
      if (isRemoteError(error, 'notFound', 'forbidden')) return undefined;
      throw error;
    }
  }
}
