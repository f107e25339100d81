import type { FileEntry } from '../../../remote/entry';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { baseName, isWithin, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import { type DriveNode, isAvailable } from '../api/driveNode';
import type { Found } from '../paths/nodeCache';
import { keyOf } from '../paths/pathKey';
import { deadline, type Move, MoveRunner, messageOf, readNode, retryOnNode } from './moveSteps';
import { alreadyThere, asFile, checkPrecondition, notThere, unchangedFile } from './preconditions';
import type { DriveSession } from './session';
import { trashNode } from './trash';

/** Moves a file in the service. A file at `to` that the precondition allows goes to the trash, as rclone does. */
export async function moveFile(
  session: DriveSession,
  source: FileEntry,
  to: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<FileEntry> {
  signal.throwIfAborted();
  const { node } = await unchangedFile(session, source.path, source, signal);
  const newParent = await session.nodes.ensureFolder(parentPath(to), signal);
  // A change of letter case finds the file itself at the new path.
  const isSameName = keyOf(source.path) === keyOf(to);
  const target = isSameName ? undefined : await checkPrecondition(session, to, precondition, signal);
  const move = await createMove(session, node, source.path, to, newParent, signal);
  const runner = new MoveRunner(session, move, signal);
  const moveOver = async (replaced: DriveNode) => {
    try {
      await trashNode(session, replaced, to, signal, newParent);
      return await runner.run();
    } catch (error) {
      throw await restoreReplaced(session, replaced, newParent, to, error);
    }
  };
  let moved: DriveNode;
  if (!target) moved = await runner.run();
  else if (target.node.id !== node.id) moved = await moveOver(target.node);
  else if (move.oldParent !== newParent) moved = await runner.leaveOldParent();
  else
    throw new RemoteError(
      'unsupported',
      `"${source.path}" and "${to}" are one file in one folder, which has several parents, so the file can't leave one of them.`,
    );
  const { entry } = asFile(recordMove(session, move, moved));
  await session.placeCheck.mustBeInPlace(entry.path, newParent, 'moved', deadline());
  return entry;
}

/** Moves or renames a folder with its content. */
export async function moveFolder(
  session: DriveSession,
  from: RemotePath,
  to: RemotePath,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const { nodes, placeCheck } = session;
  if (from === rootPath || to === rootPath)
    throw new RemoteError('unsupported', "The root folder of a drive can't be moved.");
  const isSameName = keyOf(from) === keyOf(to);
  if (!isSameName && isWithin(keyOf(to) as RemotePath, keyOf(from) as RemotePath))
    throw new RemoteError('unsupported', `"${from}" can't be moved into itself.`);
  const found = await nodes.find(from, signal);
  if (!found) throw notThere(from);
  if (found.node.kind !== 'FOLDER') throw new RemoteError('notAFolder', `"${from}" is a file, not a folder.`);
  const newParent = await nodes.ensureFolder(parentPath(to), signal);
  if (!isSameName && (await nodes.find(to, signal))) throw alreadyThere(to);
  const move = await createMove(session, found.node, from, to, newParent, signal);
  recordMove(session, move, await new MoveRunner(session, move, signal).run());
  await placeCheck.mustBeInPlace(to, newParent, 'moved', deadline());
}

async function createMove(
  { names, nodes }: DriveSession,
  node: DriveNode,
  from: RemotePath,
  to: RemotePath,
  newParent: string,
  signal: AbortSignal,
): Promise<Move> {
  const move = {
    id: node.id,
    from,
    to,
    oldName: node.name ?? '',
    newName: names.apiName(baseName(to), to),
    oldParent: await nodes.folderId(parentPath(from), signal),
    newParent,
    parents: node.parents,
  };
  // A node has the same name in all its parents (docs/amazon-drive-api.md §8).
  if (node.parents.length > 1 && move.oldName !== move.newName)
    throw new RemoteError(
      'unsupported',
      `"${from}" is in ${node.parents.length} folders at once, so renaming it would rename it in all of them. Copy it and delete the original.`,
    );
  return move;
}

function recordMove({ cache, recentWrites }: DriveSession, { from, to, id }: Move, node: DriveNode): Found {
  cache.forget(from);
  cache.forget(to);
  recentWrites.record(to, id);
  return cache.learn(to, node);
}

/** Brings back the replaced file after the move failed with `error`. Returns the error to throw, which says when that failed as well. */
async function restoreReplaced(
  session: DriveSession,
  { id }: DriveNode,
  parent: string,
  path: RemotePath,
  error: unknown,
): Promise<unknown> {
  const { api, cache, recentWrites, log } = session;
  const about = `"${path}"`;
  const limit = deadline();
  cache.forget(path);
  const restore = async (node: DriveNode) => {
    if (node.status === 'TRASH') await api.restore(id, about, limit);
    if (!node.parents.includes(parent)) await api.addParent(id, parent, about, limit);
  };
  try {
    await retryOnNode(session, id, path, 'restore', restore, limit);
  } catch (cause) {
    // Somebody else deleted it permanently.
    if (isRemoteError(cause, 'notFound')) return error;
    const node = await readNode(session, id, path, limit).catch(() => undefined);
    if (!node || !isAvailable(node) || !node.parents.includes(parent)) {
      const inTrash = 'is in the trash now and could not be restored';
      const known = node?.status === 'TRASH' ? inTrash : 'could not be put back into its folder';
      const state = node ? known : 'may be in the trash now';
      const reason = isRemoteError(error) ? error.message : 'The move was stopped.';
      const message = `${reason} ${about}, which was to be replaced, ${state}: ${messageOf(cause)}`;
      log.write('warn', 'edit', message);
      // The whole move can be retried as before when nothing is known about the replaced file.
      const kind = !node && isRemoteError(error) ? error.kind : 'other';
      return new RemoteError(kind, message, { cause: error });
    }
  }
  recentWrites.record(path, id);
  return error;
}
