import type { Clock } from '../../../base/clock';
import type { Log } from '../../../base/log';
import type { FileEntry } from '../../../remote/entry';
import { withRetries } from '../../../remote/layers/retry';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { baseName, isWithin, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import { hasDriveReason } from '../api/driveErrors';
import { type DriveNode, isAvailable } from '../api/driveNode';
import { keyOf } from './nodeCache';
import { alreadyThere, asFile, type DriveContext, guarded, notThere, unchangedFile } from './preconditions';

/**
 * For finding out how things stand and putting them back, also when the user has stopped, in milliseconds: far longer than the service can
 * hold back every request by a `Retry-After`.
 */
const putBackMs = 15 * 60_000;

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
  /** All folders that it was in before. */
  readonly parents: readonly string[];
}

/** Moves a file in the service. What stands at `to`, as far as the precondition allows it, goes to the trash, as rclone does. */
export async function moveFile(
  context: MovingContext,
  source: FileEntry,
  to: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<FileEntry> {
  signal.throwIfAborted();
  const { ids } = context;
  const { node } = await unchangedFile(context, source.path, source, signal);
  const newParent = await ids.ensureFolder(parentPath(to), signal);
  // A name that changes its letter case only is in its own way.
  const isSameName = keyOf(source.path) === keyOf(to);
  const there = isSameName ? undefined : await guarded(context, to, precondition, signal);
  const move = await moveOf(context, node, source.path, to, newParent, signal);
  const moved = async () => {
    if (there?.node.id === node.id) return removeFromOldParent(context, move, signal);
    try {
      if (there) await displaceTarget(context, there.node, newParent, to, signal);
      return await moveNode(context, move, signal);
    } catch (error) {
      throw there ? await restoreReplaced(context, there.node, newParent, to, error) : error;
    }
  };
  const { entry } = asFile(settled(context, move, await moved()));
  await mustHaveCome(context, entry.path, newParent);
  return entry;
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
  await mustHaveCome(context, to, newParent);
}

/** Throws `changed` when what was moved is elsewhere, because its new folder was moved meanwhile; also when the user has stopped. */
function mustHaveCome({ placeCheck }: MovingContext, to: RemotePath, newParent: string): Promise<void> {
  return placeCheck.mustBeInPlace(to, newParent, 'moved', AbortSignal.timeout(putBackMs));
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
    parents: node.parents,
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
  ids.recordRecentWrite(to, id);
  return ids.learn(to, node);
}

/** Renames first, then moves, in the order of rclone (§8.5). */
async function moveNode(context: MovingContext, move: Move, signal: AbortSignal): Promise<DriveNode> {
  const { api } = context;
  const { id, from, to, oldName, newName, oldParent, newParent } = move;
  const about = `"${from}"`;
  const moves = oldParent !== newParent;
  let node: DriveNode | undefined;
  try {
    if (oldName !== newName)
      node = await runStep(context, move, false, () => api.rename(id, newName, about, signal), signal);
  } catch (error) {
    if (!hasDriveReason(error, 'nameTaken')) throw error;
    if (!moves) throw alreadyThere(to, error);
    // The old folder has something of the new name, which is not in the way of where this goes.
    return moveThroughTrash(context, move, signal);
  }
  if (!moves) return node ?? api.node(id, about, signal);
  try {
    const step = () => api.move(id, oldParent, newParent, about, signal);
    return await runStep(context, move, node !== undefined, step, signal);
  } catch (error) {
    throw hasDriveReason(error, 'nameTaken') ? alreadyThere(to, error) : error;
  }
}

/** The file is in the new folder as well, by that name: nothing is left to do but to take it out of the old one. */
async function removeFromOldParent(
  context: MovingContext,
  move: Move,
  signal: AbortSignal,
): Promise<DriveNode> {
  const { api } = context;
  const { id, from, to, oldParent, newParent } = move;
  if (oldParent === newParent)
    throw new RemoteError(
      'unsupported',
      `"${from}" and "${to}" are one file in one folder, which is in several folders at once, so it can't leave one of them.`,
    );
  const about = `"${from}"`;
  const step = async () => {
    await api.removeParent(id, oldParent, about, signal);
    return api.node(id, about, signal);
  };
  return runStep(context, move, false, step, signal);
}

/**
 * The node after a step. One that fails, or is stopped, may have taken effect all the same, so the node is looked at, whatever the signal
 * says. When the move is not to go on, what took effect is undone, so that the whole can be tried again. `isRenamed` when the step before
 * has renamed the node.
 */
async function runStep(
  context: MovingContext,
  move: Move,
  isRenamed: boolean,
  step: () => Promise<DriveNode>,
  signal: AbortSignal,
): Promise<DriveNode> {
  const { id, from, to, oldName, newName, newParent } = move;
  try {
    return await step();
  } catch (error) {
    // The name being refused says that nothing took effect.
    if (!isRenamed && hasDriveReason(error, 'nameTaken')) throw error;
    const limit = AbortSignal.timeout(putBackMs);
    let node: DriveNode;
    try {
      node = await nodeNow(context, id, from, limit);
    } catch (cause) {
      if (isRemoteError(cause, 'notFound')) throw error;
      const said = `"${from}" could not be moved to "${to}", and may be half-way now: ${messageOf(cause)}`;
      context.log.write('warn', 'edit', said);
      throw isRenamed ? new RemoteError('other', said, { cause: error }) : error;
    }
    if (isArrived(move, node)) return node;
    const isHalfWay = oldName !== newName && node.name === newName && !node.parents.includes(newParent);
    if (!isRenamed && isHalfWay && isAvailable(node) && !signal.aborted) return node;
    await rollbackMove(context, move, false);
    throw error;
  }
}

function isArrived({ newName, oldParent, newParent }: Move, node: DriveNode): boolean {
  const hasLeft = oldParent === newParent || !node.parents.includes(oldParent);
  return isAvailable(node) && node.name === newName && node.parents.includes(newParent) && hasLeft;
}

/**
 * Undoes what took effect of a move, which each step sees from the node itself. Where somebody else has taken it meanwhile, it stays; the
 * trash is where we put it only when `isThroughTrash`.
 */
async function rollbackMove(context: MovingContext, move: Move, isThroughTrash: boolean): Promise<void> {
  const { api } = context;
  const { id, from, to, oldName, newName, oldParent, newParent, parents } = move;
  const about = `"${from}"`;
  const limit = AbortSignal.timeout(putBackMs);
  const step = (what: string, work: (node: DriveNode) => Promise<unknown> | undefined | false) =>
    onNode(context, id, from, what, (node) => (isAvailable(node) || isThroughTrash) && work(node), limit);
  const isIn = (node: DriveNode, parent: string) => node.parents.includes(parent);
  try {
    if (oldParent !== newParent) {
      await step(
        'put back',
        (node) =>
          isIn(node, newParent) && !isIn(node, oldParent) && api.addParent(id, oldParent, about, limit),
      );
      await step(
        'take back',
        (node) =>
          isIn(node, newParent) &&
          isIn(node, oldParent) &&
          !parents.includes(newParent) &&
          api.removeParent(id, newParent, about, limit),
      );
    }
    await step(
      'rename back',
      (node) => oldName !== newName && node.name === newName && api.rename(id, oldName, about, limit),
    );
    await step('restore', (node) => node.status === 'TRASH' && api.restore(id, about, limit));
  } catch (cause) {
    const node = await nodeNow(context, id, from, limit).catch(() => undefined);
    const isBack = node && isAvailable(node) && node.name === oldName && isIn(node, oldParent);
    if (isBack && (parents.includes(newParent) || oldParent === newParent || !isIn(node, newParent))) return;
    const said = `"${from}" could not be moved to "${to}", and ${whereabouts(move, node)}: ${messageOf(cause)}`;
    context.log.write('warn', 'edit', said);
    throw new RemoteError('other', said, { cause });
  }
}

/** Where a node is that neither arrived nor came back. */
function whereabouts({ from, to, newName, newParent }: Move, node: DriveNode | undefined): string {
  if (!node) return `may be half-way now, as "${baseName(to)}" or in the trash`;
  if (!isAvailable(node)) return 'is in the trash now, from where you can put it back';
  const folder = parentPath(node.parents.includes(newParent) ? to : from);
  const name = baseName(node.name === newName ? to : from);
  return `is now "${name}" in ${folder === rootPath ? 'the root folder' : `"${folder}"`}`;
}

/**
 * The way of rclone where the old folder has something of the new name (§8.5): in the trash names don't clash. Once it is in the trash there
 * is no stopping half-way: each step is tried again, also after the user stopped, and when it can't go on the node is brought back as it was.
 */
async function moveThroughTrash(context: MovingContext, move: Move, signal: AbortSignal): Promise<DriveNode> {
  const { api } = context;
  const { id, from, to, newName, oldParent, newParent } = move;
  const about = `"${from}"`;
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(putBackMs);
  const step = (what: string, work: (node: DriveNode) => Promise<unknown> | false) =>
    onNode(context, id, from, what, work, limit);
  const isIn = (node: DriveNode, parent: string) => node.parents.includes(parent);
  try {
    await step('trash', () => api.trash(id, about, limit));
    await step('rename', () => api.rename(id, newName, about, limit));
    // A node that has the parent already is refused, which is as good.
    await step(
      'add to its folder',
      (node) => !isIn(node, newParent) && api.addParent(id, newParent, about, limit),
    );
    await step(
      'take out of its folder',
      (node) => isIn(node, oldParent) && api.removeParent(id, oldParent, about, limit),
    );
    await step('restore', (node) => node.status === 'TRASH' && api.restore(id, about, limit));
    return await nodeNow(context, id, from, limit);
  } catch (error) {
    const node = await nodeNow(context, id, from, AbortSignal.timeout(putBackMs)).catch(() => undefined);
    if (node && isArrived(move, node)) return node;
    await rollbackMove(context, move, true);
    throw hasDriveReason(error, 'nameTaken') ? alreadyThere(to, error) : error;
  }
}

/** Takes what is to be replaced out of the way. In the trash it would be gone from all its folders: out of several it leaves this one only. */
async function displaceTarget(
  { api }: MovingContext,
  { id, parents }: DriveNode,
  parent: string,
  path: RemotePath,
  signal: AbortSignal,
): Promise<void> {
  if (parents.length > 1) await api.removeParent(id, parent, `"${path}"`, signal);
  else await api.trash(id, `"${path}"`, signal);
}

/** Brings back what had to make way for a move that failed with `error`. The error to throw, which tells when that failed too. */
async function restoreReplaced(
  context: MovingContext,
  { id }: DriveNode,
  parent: string,
  path: RemotePath,
  error: unknown,
): Promise<unknown> {
  const { api, ids, log } = context;
  const about = `"${path}"`;
  const limit = AbortSignal.timeout(putBackMs);
  ids.forget(path);
  const restored = async (node: DriveNode) => {
    if (node.status === 'TRASH') await api.restore(id, about, limit);
    if (!node.parents.includes(parent)) await api.addParent(id, parent, about, limit);
  };
  try {
    await onNode(context, id, path, 'put back', restored, limit);
  } catch (cause) {
    // Somebody else removed it for good.
    if (isRemoteError(cause, 'notFound')) return error;
    const node = await nodeNow(context, id, path, limit).catch(() => undefined);
    if (!node || !isAvailable(node) || !node.parents.includes(parent)) {
      const where = !node
        ? 'may be in the trash now'
        : node.status === 'TRASH'
          ? 'is in the trash now and could not be put back'
          : 'could not be put back into its folder';
      const why = isRemoteError(error) ? error.message : 'The move was stopped.';
      const said = `${why} ${about}, which was to be replaced, ${where}: ${messageOf(cause)}`;
      log.write('warn', 'edit', said);
      // Where nothing is known, the whole can be tried again as before.
      const kind = !node && isRemoteError(error) ? error.kind : 'other';
      return new RemoteError(kind, said, { cause: error });
    }
  }
  ids.recordRecentWrite(path, id);
  return error;
}

/**
 * Does with a node what it calls for as it is now; again while that fails for a passing reason, and looked at anew each time, since the try
 * before may have taken effect.
 */
function onNode(
  context: MovingContext,
  id: string,
  path: RemotePath,
  what: string,
  work: (node: DriveNode) => Promise<unknown> | undefined | false,
  limit: AbortSignal,
): Promise<unknown> {
  const { api } = context;
  return tried(context, `${what} ${path}`, async () => work(await api.node(id, `"${path}"`, limit)), limit);
}

function nodeNow(
  context: MovingContext,
  id: string,
  path: RemotePath,
  limit: AbortSignal,
): Promise<DriveNode> {
  return tried(context, `look at ${path}`, () => context.api.node(id, `"${path}"`, limit), limit);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function tried<T>(
  { clock, log }: MovingContext,
  what: string,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return withRetries(what, work, { clock, log }, signal);
}
