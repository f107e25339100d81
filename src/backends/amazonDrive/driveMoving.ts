import type { Clock } from '../../remote/clock';
import type { FileEntry } from '../../remote/entry';
import { withRetries } from '../../remote/layers/withRetries';
import type { Log } from '../../remote/log';
import type { Guard } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { baseName, isWithin, parentPath, type RemotePath, rootPath } from '../../remote/remotePath';
import { isRefusal } from './driveErrors';
import { alreadyThere, asFile, type DriveContext, guarded, notThere, unchangedFile } from './driveGuards';
import { type DriveNode, isAvailable } from './driveNode';
import { keyOf } from './folderIds';

/** For putting things back as they were, also when the user has stopped, in milliseconds. */
const putBackMs = 60_000;

export interface MovingContext extends DriveContext {
  readonly clock: Clock;
  readonly log: Log;
}

/** A node on its way. */
interface Move {
  readonly id: string;
  readonly from: RemotePath;
  readonly to: RemotePath;
  readonly oldName: string;
  readonly newName: string;
  readonly oldParent: string;
  readonly newParent: string;
}

/** Moves a file in the service. What stands at `to`, as far as the guard allows it, goes to the trash, as rclone does. */
export async function moveFile(
  context: MovingContext,
  source: FileEntry,
  to: RemotePath,
  guard: Guard,
  signal: AbortSignal,
): Promise<FileEntry> {
  signal.throwIfAborted();
  const { ids } = context;
  const { node } = await unchangedFile(context, source.path, source, signal);
  const newParent = await ids.ensureFolder(parentPath(to), signal);
  // A name that changes its letter case only is in its own way.
  const isSameName = keyOf(source.path) === keyOf(to);
  const there = isSameName ? undefined : await guarded(context, to, guard, signal);
  if (there && there.node.id === node.id) return there.entry;
  const move = await moveOf(context, node, source.path, to, newParent, signal);
  if (there) await context.api.trash(there.node.id, `"${to}"`, signal);
  try {
    const moved = await moveNode(context, move, signal);
    return asFile(settled(context, move, moved)).entry;
  } catch (error) {
    if (there) await putBack(context, there.node.id, to);
    throw error;
  }
}

/** Moves or renames a folder with all in it. */
export async function moveFolder(
  context: MovingContext,
  from: RemotePath,
  to: RemotePath,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const { ids } = context;
  if (from === rootPath || to === rootPath)
    throw new RemoteError('unsupported', 'The root folder of a drive stays where it is.');
  const isSameName = keyOf(from) === keyOf(to);
  if (!isSameName && isWithin(keyOf(to) as RemotePath, keyOf(from) as RemotePath))
    throw new RemoteError('unsupported', `"${from}" can't be moved into itself.`);
  const found = await ids.find(from, signal);
  if (!found) throw notThere(from);
  if (found.node.kind !== 'FOLDER') throw new RemoteError('notAFolder', `"${from}" is a file, not a folder.`);
  const newParent = await ids.ensureFolder(parentPath(to), signal);
  if (!isSameName && (await ids.find(to, signal))) throw alreadyThere(to);
  const move = await moveOf(context, found.node, from, to, newParent, signal);
  settled(context, move, await moveNode(context, move, signal));
}

async function moveOf(
  { ids }: MovingContext,
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
    newName: ids.names.apiName(baseName(to), to),
    oldParent: await ids.folderId(parentPath(from), signal),
    newParent,
  };
  // A node has one name, whatever folders it is in (API page §8.5).
  if (node.parents.length > 1 && move.oldName !== move.newName)
    throw new RemoteError(
      'unsupported',
      `"${from}" is in ${node.parents.length} folders at once, so renaming it would rename it in all of them. Copy it, and delete the old one.`,
    );
  return move;
}

/** What is known of paths follows the node. */
function settled(
  { ids }: MovingContext,
  { from, to, id }: Move,
  node: DriveNode,
): { node: DriveNode; path: RemotePath } {
  ids.forget(from);
  ids.forget(to);
  ids.noteWritten(to, id);
  return ids.learn(to, node);
}

/**
 * Renames first, then moves, in the order of rclone (§8.5). Each step that fails for a passing reason is looked at, since it may have taken
 * effect; when it did not, what was done before is undone, so that the whole can be tried again.
 */
async function moveNode(context: MovingContext, move: Move, signal: AbortSignal): Promise<DriveNode> {
  const { api } = context;
  const { id, from, to, oldName, newName, oldParent, newParent } = move;
  const about = `"${from}"`;
  const renames = oldName !== newName;
  const moves = oldParent !== newParent;
  const isRenamed = (node: DriveNode) => node.name === newName;
  const isMoved = (node: DriveNode) => node.parents.includes(newParent) && !node.parents.includes(oldParent);
  let node: DriveNode | undefined;
  if (renames)
    try {
      node = await orDone(context, move, isRenamed, () => api.rename(id, newName, about, signal), signal);
    } catch (error) {
      if (!isRefusal(error, 'nameTaken')) throw error;
      if (!moves) throw alreadyThere(to, error);
      // The old folder has something of the new name, which is not in the way of where this goes.
      return moveThroughTrash(context, move, signal);
    }
  if (!moves) return node ?? api.node(id, about, signal);
  try {
    return await orDone(
      context,
      move,
      isMoved,
      () => api.move(id, oldParent, newParent, about, signal),
      signal,
    );
  } catch (error) {
    if (renames) await renamedBack(context, move);
    throw isRefusal(error, 'nameTaken') ? alreadyThere(to, error) : error;
  }
}

/** The answer of a step, or the node when the step took effect although it failed. */
async function orDone(
  { api }: MovingContext,
  { id, from }: Move,
  isDone: (node: DriveNode) => boolean,
  step: () => Promise<DriveNode>,
  signal: AbortSignal,
): Promise<DriveNode> {
  try {
    return await step();
  } catch (error) {
    if (!isRemoteError(error, 'unavailable', 'damaged')) throw error;
    const node = await api.node(id, `"${from}"`, signal).catch(() => undefined);
    if (node && isAvailable(node) && isDone(node)) return node;
    throw error;
  }
}

/**
 * The way of rclone where the old folder has something of the new name (§8.5): in the trash names don't clash. Once it is in the trash there
 * is no stopping half-way: each step is tried again, also after the user stopped, and when it can't go on the node is brought back as it was.
 */
async function moveThroughTrash(context: MovingContext, move: Move, signal: AbortSignal): Promise<DriveNode> {
  const { api } = context;
  const { id, from, to, oldName, newName, oldParent, newParent } = move;
  const about = `"${from}"`;
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(putBackMs);
  const step = (what: string, work: () => Promise<unknown>) => tried(context, `${what} ${from}`, work, limit);
  try {
    await step('trash', () => api.trash(id, about, limit));
    await step('rename', () => api.rename(id, newName, about, limit));
    await step('add to its folder', () => addedParent(context, id, newParent, about, limit));
    await step('take out of its folder', () => removedParent(context, id, oldParent, about, limit));
    await step('restore', () => api.restore(id, about, limit));
    return await api.node(id, about, limit);
  } catch (error) {
    const back = AbortSignal.timeout(putBackMs);
    const undo = (what: string, work: () => Promise<unknown>) =>
      tried(context, `${what} ${from}`, work, back);
    try {
      await undo('put back', () => addedParent(context, id, oldParent, about, back));
      await undo('take back', () => removedParent(context, id, newParent, about, back));
      await undo('rename back', () => api.rename(id, oldName, about, back));
      await undo('restore', () => api.restore(id, about, back));
    } catch (cause) {
      throw new RemoteError(
        'other',
        `"${from}" could not be moved to "${to}", and is in the trash now: ${(cause as Error).message} Put it back from there.`,
        { cause },
      );
    }
    throw isRefusal(error, 'nameTaken') ? alreadyThere(to, error) : error;
  }
}

/** A node that has the parent already is refused, which is as good. */
async function addedParent(
  context: MovingContext,
  id: string,
  parent: string,
  about: string,
  signal: AbortSignal,
): Promise<void> {
  const node = await context.api.node(id, about, signal);
  if (!node.parents.includes(parent)) await context.api.addParent(id, parent, about, signal);
}

async function removedParent(
  context: MovingContext,
  id: string,
  parent: string,
  about: string,
  signal: AbortSignal,
): Promise<void> {
  const node = await context.api.node(id, about, signal);
  if (node.parents.includes(parent)) await context.api.removeParent(id, parent, about, signal);
}

async function renamedBack(context: MovingContext, { id, from, to, oldName }: Move): Promise<void> {
  const limit = AbortSignal.timeout(putBackMs);
  try {
    await tried(
      context,
      `rename back ${from}`,
      () => context.api.rename(id, oldName, `"${from}"`, limit),
      limit,
    );
  } catch (cause) {
    throw new RemoteError(
      'other',
      `"${from}" could not be moved; it is now "${baseName(to)}" in its old folder: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Brings back what had to make way. */
async function putBack(context: MovingContext, id: string, path: RemotePath): Promise<void> {
  const limit = AbortSignal.timeout(putBackMs);
  try {
    await tried(context, `restore ${path}`, () => context.api.restore(id, `"${path}"`, limit), limit);
  } catch (error) {
    context.log.write(
      'warn',
      'edit',
      `${path}: it went to the trash for a move that failed, and stays there: ${String(error)}`,
    );
  }
}

function tried<T>(
  { clock, log }: MovingContext,
  what: string,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return withRetries(what, work, { clock, log }, signal);
}
