import type { FileEntry } from '../../../remote/entry';
import { isSameFile } from '../../../remote/entry';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { parentPath, type RemotePath } from '../../../remote/remotePath';
import { contentVersion, type DriveNode, fileEntry, isAvailable, nodeIdOfVersion } from '../api/driveNode';
import type { Found } from '../paths/nodeCache';
import type { DriveSession } from './session';

/** A file's node, path and entry. */
export interface FoundFile extends Found {
  readonly entry: FileEntry;
}

/** The file at `path`. Throws `notFound`, `isAFolder`, and `unavailable` while the service processes its content. */
export async function fileAt(
  { nodes }: DriveSession,
  path: RemotePath,
  signal: AbortSignal,
): Promise<FoundFile> {
  const found = await nodes.find(path, signal);
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

/** The file that `seen` describes. Throws `changed` unless it is still at `path` with the same content. One read by its id, and the reads of `verifyFolderPath`. */
export async function unchangedFile(
  session: DriveSession,
  path: RemotePath,
  seen: FileEntry,
  signal: AbortSignal,
): Promise<FoundFile> {
  const { api, cache, nodes } = session;
  const id = nodeIdOfVersion(seen.version);
  try {
    if (id === undefined) {
      const found = await fileAt(session, path, signal);
      if (isSameFile(seen, found.entry)) return found;
      throw changedMeanwhile(path);
    }
    const folder = parentPath(path);
    await nodes.verifyFolderPath(folder, signal);
    const parentId = await nodes.folderId(folder, signal);
    const node = await api.node(id, `"${path}"`, signal);
    if (node.kind === 'FILE' && nodes.isChild(node, parentId, path) && isSameContent(seen, node))
      return asFile(cache.learn(path, node));
    cache.forget(path);
  } catch (error) {
    if (!isRemoteError(error, 'notFound', 'notAFolder', 'isAFolder')) throw error;
    cache.forget(path);
    throw changedMeanwhile(path, error);
  }
  throw changedMeanwhile(path);
}

/** Whether a node is available and has the content that `seen` describes. */
export function isSameContent(seen: FileEntry, node: DriveNode): boolean {
  return isAvailable(node) && seen.version === contentVersion(node);
}

/** The file at `path`, which `precondition` allows to be there; undefined when absent. Throws `changed`, `alreadyExists` and `isAFolder`. */
export async function checkPrecondition(
  session: DriveSession,
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<FoundFile | undefined> {
  if (precondition.kind === 'ifMatch') return unchangedFile(session, path, precondition.entry, signal);
  const found = await session.nodes.find(path, signal, precondition.kind === 'none');
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
