import { pagesByCursor, type RetryablePages } from '../../../remote/pages';
import type { ListOptions, Precondition, Trash, TrashedItem } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { joinPath, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import type { NodePage } from '../api/driveApi';
import { hasDriveReason } from '../api/driveErrors';
import { childrenFilter } from '../api/driveFilters';
import { type DriveNode, isAvailable, timeOf } from '../api/driveNode';
import { type DriveContext, guarded, notThere } from './preconditions';

/** How often the list begins again in a row because its page token was too old, before that counts as a failure. */
const mostRestarts = 3;
/** Deeper than this no path is told. */
const deepest = 100;

/** Puts a file into the trash. */
export async function trashFile(
  context: DriveContext,
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (path === rootPath) throw new RemoteError('isAFolder', 'The root is a folder.');
  const file = await guarded(context, path, precondition, signal);
  if (!file) throw notThere(path);
  await trashed(context, file.node, path, signal);
}

/** Puts an empty folder into the trash. */
export async function trashEmptyFolder(
  context: DriveContext,
  path: RemotePath,
  signal: AbortSignal,
): Promise<void> {
  const folder = await folderToTrash(context, path, signal);
  if (await holdsAnything(context, folder.id, path, signal))
    throw new RemoteError('notEmpty', `The folder "${path}" is not empty.`);
  await trashed(context, folder, path, signal);
}

/** Puts a folder with all in it into the trash, by one request. */
export async function trashWholeFolder(
  context: DriveContext,
  path: RemotePath,
  signal: AbortSignal,
): Promise<void> {
  await trashed(context, await folderToTrash(context, path, signal), path, signal);
}

async function folderToTrash(
  { ids }: DriveContext,
  path: RemotePath,
  signal: AbortSignal,
): Promise<DriveNode> {
  signal.throwIfAborted();
  if (path === rootPath) throw new RemoteError('unsupported', 'The root folder of a drive stays.');
  const found = await ids.find(path, signal, true);
  if (!found) throw notThere(path);
  if (found.node.kind !== 'FOLDER') throw new RemoteError('notAFolder', `"${path}" is a file, not a folder.`);
  return found.node;
}

/** Whether a folder holds anything, also what a listing doesn't show yet because we put it there only now. */
async function holdsAnything(
  { api, ids }: DriveContext,
  id: string,
  path: RemotePath,
  signal: AbortSignal,
): Promise<boolean> {
  let startToken: string | undefined;
  const seen = new Set<string>();
  const isIn = (node: DriveNode) =>
    node.parents.includes(id) && node.kind !== 'ASSET' && node.status !== 'TRASH' && node.status !== 'PURGED';
  do {
    const page = await api.list({ filters: childrenFilter(id), startToken }, `the folder "${path}"`, signal);
    if (page.nodes.some(isIn)) return true;
    for (const node of page.nodes) seen.add(node.id);
    startToken = page.next;
  } while (startToken !== undefined);
  for (const written of ids.recentWritesIn(path)) {
    if (seen.has(written.id)) continue;
    const node = await ids.nodeIfThere(written.id, written.path, signal);
    if (node && isIn(node)) return true;
  }
  return false;
}

/** In the trash a node is gone from all folders that it is in: what is in others as well is only taken out of this one. */
async function trashed(
  { api, ids }: DriveContext,
  { id, parents }: DriveNode,
  path: RemotePath,
  signal: AbortSignal,
): Promise<void> {
  const parentId = parents.length > 1 ? await ids.folderId(parentPath(path), signal) : undefined;
  try {
    if (parentId === undefined) await api.trash(id, `"${path}"`, signal);
    else await api.removeParent(id, parentId, `"${path}"`, signal);
  } finally {
    // When it failed it may have taken effect.
    ids.forget(path);
  }
}

/** What is in the trash, and how it comes back. */
export class DriveTrash implements Trash {
  constructor(private readonly context: DriveContext) {}

  /** The service drops what has been there for 30 days (API page §4.11). */
  list(options: ListOptions, signal: AbortSignal): RetryablePages<readonly TrashedItem[]> {
    const { api } = this.context;
    const parents = new Map<string, Promise<RemotePath | undefined>>();
    const given = new Set<string>();
    let restarts = 0;
    const pageFrom = async (startToken: string | undefined): Promise<NodePage> => {
      try {
        return await api.listTrash({ startToken, limit: options.pageSize }, signal);
      } catch (error) {
        if (!hasDriveReason(error, 'pageTokenExpired') || startToken === undefined) throw error;
        if (++restarts > mostRestarts) throw error;
        return pageFrom(undefined);
      }
    };
    return pagesByCursor<readonly TrashedItem[], string>(async (startToken) => {
      signal.throwIfAborted();
      const page = await pageFrom(startToken);
      const items: TrashedItem[] = [];
      // Noted once all of the page is known: a page that fails is asked for again.
      const seen = new Set<string>();
      for (const node of page.nodes) {
        if (node.status !== 'TRASH' || (node.kind !== 'FILE' && node.kind !== 'FOLDER')) continue;
        if (given.has(node.id) || seen.has(node.id)) continue;
        const item = await this.itemOf(node, parents, signal);
        seen.add(node.id);
        if (item.name.startsWith(options.namePrefix ?? '')) items.push(item);
      }
      if (seen.size > 0) restarts = 0;
      for (const id of seen) given.add(id);
      return { value: items, next: page.next };
    });
  }

  private async itemOf(
    node: DriveNode,
    parents: Map<string, Promise<RemotePath | undefined>>,
    signal: AbortSignal,
  ): Promise<TrashedItem> {
    const name = this.context.ids.names.pathName(node.name ?? '');
    const deleted = timeOf(node.modifiedDate);
    const parent = await this.pathOfParent(node, parents, deepest, signal);
    return {
      id: node.id,
      kind: node.kind === 'FOLDER' ? 'folder' : 'file',
      name: 'name' in name ? name.name : name.shown,
      ...(parent !== undefined && 'name' in name && { path: joinPath(parent, name.name) }),
      ...(node.kind === 'FILE' && node.size !== undefined && { size: node.size }),
      ...(deleted && { deleted }),
    };
  }

  /** The path of the folder that a node is or was in; undefined when it can't be told. Each folder is asked for once. */
  private async pathOfParent(
    node: DriveNode,
    parents: Map<string, Promise<RemotePath | undefined>>,
    depth: number,
    signal: AbortSignal,
  ): Promise<RemotePath | undefined> {
    const [parent] = node.parents;
    if (parent === undefined || depth === 0) return undefined;
    const known = this.context.ids.pathOf(parent);
    if (known !== undefined) return known;
    let asked = parents.get(parent);
    if (!asked) {
      asked = this.pathOfFolder(parent, parents, depth, signal);
      parents.set(parent, asked);
    }
    return asked;
  }

  private async pathOfFolder(
    id: string,
    parents: Map<string, Promise<RemotePath | undefined>>,
    depth: number,
    signal: AbortSignal,
  ): Promise<RemotePath | undefined> {
    try {
      const folder = await this.context.api.node(id, 'a folder of the trash', signal);
      if (folder.isRoot) return rootPath;
      const name = this.context.ids.names.pathName(folder.name ?? '');
      const above = await this.pathOfParent(folder, parents, depth - 1, signal);
      return above === undefined || !('name' in name) ? undefined : joinPath(above, name.name);
    } catch (error) {
      // The list is of use without it.
      if (isRemoteError(error, 'notFound', 'forbidden')) return undefined;
      throw error;
    }
  }

  async restore(item: TrashedItem, signal: AbortSignal): Promise<void> {
    const { api, ids } = this.context;
    signal.throwIfAborted();
    const about = `"${item.path ?? item.name}"`;
    const node = await ids.nodeIfThere(item.id, item.path ?? item.name, signal);
    if (!node || isAvailable(node) || node.status === 'PURGED')
      throw new RemoteError('notFound', `"${item.name}" is no longer in the trash.`);
    try {
      await api.restore(item.id, about, signal);
    } catch (error) {
      if (!hasDriveReason(error, 'nameTaken')) throw error;
      throw new RemoteError(
        'alreadyExists',
        `${about} can't be put back, because something has its name by now. Rename or delete that first.`,
        { cause: error },
      );
    }
    if (item.path !== undefined) {
      ids.forget(item.path);
      ids.recordRecentWrite(item.path, item.id);
    }
  }
}
