import type { FileEntry } from '../../../remote/entry';
import { isSameFile } from '../../../remote/entry';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { parentPath, type RemotePath } from '../../../remote/remotePath';
import type { DriveApi } from '../api/driveApi';
import { contentVersion, type DriveNode, fileEntry, isAvailable, nodeIdOfVersion } from '../api/driveNode';
import type { Found, NodeCache } from './nodeCache';
import type { PlaceCheck } from './placeCheck';

/** What the operations of a remote work with. */
export interface DriveContext {
  readonly api: DriveApi;
  readonly ids: NodeCache;
  readonly placeCheck: PlaceCheck;
}

/** A file that is there, with its entry. */
export interface FoundFile extends Found {
  readonly entry: FileEntry;
}

/** The file at `path`. Throws `notFound` and `isAFolder`, and `unavailable` while its content has not come. */
export async function fileAt(
  { ids }: DriveContext,
  path: RemotePath,
  signal: AbortSignal,
): Promise<FoundFile> {
  const found = await ids.find(path, signal);
  if (!found) throw notThere(path);
  return asFile(found);
}

export function asFile({ node, path }: Found): FoundFile {
  if (node.kind === 'FOLDER') throw new RemoteError('isAFolder', `"${path}" is a folder.`);
  const entry = fileEntry(path, node);
  if (!entry)
    throw new RemoteError('unavailable', `The content of "${path}" has not arrived at Amazon Drive yet.`);
  return { node, path, entry };
}

/**
 * The file that `seen` describes, if it still is at its path and still has that content: one request, by its id, and those that tell
 * whether its folder still has that path, once in a while. Throws `changed`.
 */
export async function unchangedFile(
  context: DriveContext,
  path: RemotePath,
  seen: FileEntry,
  signal: AbortSignal,
): Promise<FoundFile> {
  const { api, ids } = context;
  const id = nodeIdOfVersion(seen.version);
  try {
    if (id === undefined) {
      const found = await fileAt(context, path, signal);
      if (isSameFile(seen, found.entry)) return found;
      throw changedMeanwhile(path);
    }
    const folder = parentPath(path);
    await ids.verifyFolderPath(folder, signal);
    const parentId = await ids.folderId(folder, signal);
    const node = await api.node(id, `"${path}"`, signal);
    if (node.kind === 'FILE' && ids.isChild(node, parentId, path) && isSameContent(seen, node))
      return asFile(ids.learn(path, node));
    ids.forget(path);
  } catch (error) {
    if (!isRemoteError(error, 'notFound', 'notAFolder', 'isAFolder')) throw error;
    ids.forget(path);
    throw changedMeanwhile(path, error);
  }
  throw changedMeanwhile(path);
}

/** Whether a node still has the content that was seen. */
export function isSameContent(seen: FileEntry, node: DriveNode): boolean {
  return isAvailable(node) && seen.version === contentVersion(node);
}

/** What is at `path`, as far as `precondition` allows it; undefined for nothing. Throws `changed`, `alreadyExists` and `isAFolder`. */
export async function guarded(
  context: DriveContext,
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<FoundFile | undefined> {
  if (precondition.kind === 'ifMatch') return unchangedFile(context, path, precondition.entry, signal);
  const found = await context.ids.find(path, signal, precondition.kind === 'none');
  if (!found) return undefined;
  if (found.node.kind === 'FOLDER') throw new RemoteError('isAFolder', `"${found.path}" is a folder.`);
  if (precondition.kind === 'ifAbsent') throw alreadyThere(path);
  return asFile(found);
}

export function notThere(path: RemotePath): RemoteError {
  return new RemoteError('notFound', `There is no "${path}".`);
}

export function alreadyThere(path: RemotePath, cause?: unknown): RemoteError {
  return new RemoteError('alreadyExists', `There is something named "${path}" already.`, { cause });
}

export function changedMeanwhile(path: RemotePath, cause?: unknown): RemoteError {
  return new RemoteError('changed', `"${path}" was changed or removed by someone else in the meantime.`, {
    cause,
  });
}
