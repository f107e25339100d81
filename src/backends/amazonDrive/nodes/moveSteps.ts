import { withRetries } from '../../../remote/layers/retry';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { baseName, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import { hasDriveReason } from '../api/driveErrors';
import { type DriveNode, isAvailable } from '../api/driveNode';
import { alreadyThere } from './preconditions';
import type { DriveSession } from './session';

/**
 * Time for reading a node and rolling back, which continue after the user stopped, in milliseconds. Far longer than a `Retry-After` of the
 * service can hold back all requests.
 */
export const rollbackTimeoutMs = 15 * 60_000;

/** A node on its way from one path to another; ids and names as the service has them. */
export interface Move {
  readonly id: string;
  readonly from: RemotePath;
  readonly to: RemotePath;
  readonly oldName: string;
  readonly newName: string;
  readonly oldParent: string;
  readonly newParent: string;
  /** All parents before the move. */
  readonly parents: readonly string[];
}

/** A change of a node that can be undone. `isDone` and `isUndone` judge the node as it is now. */
interface Step {
  /** For the log. */
  readonly name: string;
  readonly do: (signal: AbortSignal) => Promise<unknown>;
  readonly isDone: (node: DriveNode) => boolean;
  readonly undo?: (signal: AbortSignal) => Promise<unknown>;
  readonly isUndone: (node: DriveNode) => boolean;
}

/**
 * Carries out a move and rolls it back.
 *
 * 1. A failed or cancelled request may have taken effect. So every decision after a failure rests on a node that was read after it.
 * 2. A step is skipped when the node shows its effect, so steps and their undo can be retried.
 * 3. Steps are undone in reverse order, and the node gets its old parent back before it loses the new one: it always has a parent.
 * 4. Only a move through the trash takes a node out of the trash. Otherwise somebody else put it there, and it stays.
 * 5. Reads and undo have a deadline of their own and ignore the signal of the user.
 */
export class MoveRunner {
  private readonly about: string;

  constructor(
    private readonly session: DriveSession,
    private readonly move: Move,
    private readonly signal: AbortSignal,
  ) {
    this.about = `"${move.from}"`;
  }

  /** Renames the node, then moves it to its new parent, in the order of rclone (docs/amazon-drive-api.md §8). */
  async run(): Promise<DriveNode> {
    const { api } = this.session;
    const { id, to, oldName, newName, oldParent, newParent } = this.move;
    const isMoved = oldParent !== newParent;
    let renamed: DriveNode | undefined;
    try {
      if (oldName !== newName) {
        const request = () => api.rename(id, newName, this.about, this.signal);
        renamed = await this.request(request, false);
      }
    } catch (error) {
      if (!hasDriveReason(error, 'nameTaken')) throw error;
      if (!isMoved) throw alreadyThere(to, error);
      // Another node in the old folder has the new name.
      return this.runThroughTrash();
    }
    if (!isMoved) return renamed ?? api.node(id, this.about, this.signal);
    try {
      const request = () => api.move(id, oldParent, newParent, this.about, this.signal);
      return await this.request(request, renamed !== undefined);
    } catch (error) {
      throw hasDriveReason(error, 'nameTaken') ? alreadyThere(to, error) : error;
    }
  }

  /** Removes the node from its old parent: it is in the new one already, under the new name. */
  leaveOldParent(): Promise<DriveNode> {
    const { api } = this.session;
    const { id, oldParent } = this.move;
    return this.request(async () => {
      await api.removeParent(id, oldParent, this.about, this.signal);
      return api.node(id, this.about, this.signal);
    }, false);
  }

  /** Sends a request of a move. After a failure continues with the node if the request took effect; otherwise rolls back. */
  private async request(send: () => Promise<DriveNode>, isRenamed: boolean): Promise<DriveNode> {
    const { from, to, oldName, newName, newParent } = this.move;
    try {
      return await send();
    } catch (error) {
      // The refusal of a name proves that the request had no effect.
      if (!isRenamed && hasDriveReason(error, 'nameTaken')) throw error;
      let node: DriveNode;
      try {
        node = await this.readNode(deadline());
      } catch (cause) {
        if (isRemoteError(cause, 'notFound')) throw error;
        const message = `"${from}" could not be moved to "${to}", and the move may be half done: ${messageOf(cause)}`;
        this.session.log.write('warn', 'edit', message);
        throw isRenamed ? new RemoteError('other', message, { cause: error }) : error;
      }
      if (this.hasArrived(node)) return node;
      const isJustRenamed = oldName !== newName && node.name === newName && !node.parents.includes(newParent);
      if (!isRenamed && isJustRenamed && isAvailable(node) && !this.signal.aborted) return node;
      await this.rollBack(false);
      throw error;
    }
  }

  /**
   * rclone's way around a node of the new name in the old folder (docs/amazon-drive-api.md §8): names don't conflict in the trash. The
   * steps continue after the user stopped, since a stop would leave the node in the trash.
   */
  private async runThroughTrash(): Promise<DriveNode> {
    this.signal.throwIfAborted();
    const limit = deadline();
    try {
      for (const step of this.steps(true)) await this.carryOut(step.name, step.isDone, step.do, limit);
      return await this.readNode(limit);
    } catch (error) {
      const node = await this.readNode(deadline()).catch(() => undefined);
      if (node && this.hasArrived(node)) return node;
      await this.rollBack(true);
      throw hasDriveReason(error, 'nameTaken') ? alreadyThere(this.move.to, error) : error;
    }
  }

  private steps(isThroughTrash: boolean): Step[] {
    const { api } = this.session;
    const { about } = this;
    const { id, oldName, newName, oldParent, newParent, parents } = this.move;
    const isIn = (node: DriveNode, parent: string) => node.parents.includes(parent);
    const isTrashed = (node: DriveNode) => node.status === 'TRASH';
    const rename: Step = {
      name: 'rename',
      do: (signal) => api.rename(id, newName, about, signal),
      isDone: (node) => node.name === newName,
      undo: (signal) => api.rename(id, oldName, about, signal),
      isUndone: (node) => node.name !== newName || oldName === newName,
    };
    const enter: Step = {
      name: 'add to its new folder',
      do: (signal) => api.addParent(id, newParent, about, signal),
      isDone: (node) => isIn(node, newParent),
      undo: (signal) => api.removeParent(id, newParent, about, signal),
      isUndone: (node) => !isIn(node, newParent) || !isIn(node, oldParent) || parents.includes(newParent),
    };
    const leave: Step = {
      name: 'remove from its old folder',
      do: (signal) => api.removeParent(id, oldParent, about, signal),
      isDone: (node) => !isIn(node, oldParent),
      undo: (signal) => api.addParent(id, oldParent, about, signal),
      isUndone: (node) => isIn(node, oldParent) || !isIn(node, newParent),
    };
    const restore = (signal: AbortSignal) => api.restore(id, about, signal);
    const trash: Step = {
      name: 'trash',
      do: (signal) => api.trash(id, about, signal),
      isDone: isTrashed,
      undo: restore,
      isUndone: (node) => !isTrashed(node),
    };
    const back: Step = {
      name: 'restore',
      do: restore,
      isDone: (node) => !isTrashed(node),
      isUndone: () => true,
    };
    if (isThroughTrash) return [trash, rename, enter, leave, back];
    return oldParent === newParent ? [rename] : [rename, enter, leave];
  }

  /** Throws `other` with the node's place when it could not be brought back. */
  private async rollBack(isThroughTrash: boolean): Promise<void> {
    const { from, to, oldName, oldParent, newParent, parents } = this.move;
    const limit = deadline();
    try {
      for (const { name, undo, isUndone } of this.steps(isThroughTrash).reverse())
        if (undo) {
          const isDone = (node: DriveNode) => isUndone(node) || !(isAvailable(node) || isThroughTrash);
          await this.carryOut(`undo: ${name}`, isDone, undo, limit);
        }
    } catch (cause) {
      const node = await this.readNode(limit).catch(() => undefined);
      const isBack = node && isAvailable(node) && node.name === oldName && node.parents.includes(oldParent);
      const mayBeInNew = parents.includes(newParent) || oldParent === newParent;
      if (isBack && (mayBeInNew || !node.parents.includes(newParent))) return;
      const message = `"${from}" could not be moved to "${to}", and ${this.describe(node)}: ${messageOf(cause)}`;
      this.session.log.write('warn', 'edit', message);
      throw new RemoteError('other', message, { cause });
    }
  }

  /** Does `work`, with retries, unless the node shows that it is done. */
  private carryOut(
    what: string,
    isDone: Step['isDone'],
    work: Step['do'],
    limit: AbortSignal,
  ): Promise<void> {
    const { id, from } = this.move;
    const unlessDone = async (node: DriveNode) => void (isDone(node) || (await work(limit)));
    return retryOnNode(this.session, id, from, what, unlessDone, limit);
  }

  private readNode(limit: AbortSignal): Promise<DriveNode> {
    return readNode(this.session, this.move.id, this.move.from, limit);
  }

  private hasArrived(node: DriveNode): boolean {
    const { newName, oldParent, newParent } = this.move;
    const hasLeft = oldParent === newParent || !node.parents.includes(oldParent);
    return isAvailable(node) && node.name === newName && node.parents.includes(newParent) && hasLeft;
  }

  /** Where the node is when it neither arrived nor came back. Undefined: it could not be read. */
  private describe(node: DriveNode | undefined): string {
    const { from, to, newName, newParent } = this.move;
    if (!node) return `may be half-way now, as "${baseName(to)}" or in the trash`;
    if (!isAvailable(node)) return 'is in the trash now, from where you can restore it';
    const folder = parentPath(node.parents.includes(newParent) ? to : from);
    const name = baseName(node.name === newName ? to : from);
    return `is now "${name}" in ${folder === rootPath ? 'the root folder' : `"${folder}"`}`;
  }
}

export function deadline(): AbortSignal {
  return AbortSignal.timeout(rollbackTimeoutMs);
}

/** Reads a node and does `work` with it. Retries both, since a failed try may have taken effect. */
export function retryOnNode(
  session: DriveSession,
  id: string,
  path: RemotePath,
  what: string,
  work: (node: DriveNode) => Promise<void>,
  limit: AbortSignal,
): Promise<void> {
  const read = () => session.api.node(id, `"${path}"`, limit);
  return withRetries(`${what} ${path}`, async () => work(await read()), session, limit);
}

/** A node as it is now, with retries. */
export function readNode(
  session: DriveSession,
  id: string,
  path: RemotePath,
  limit: AbortSignal,
): Promise<DriveNode> {
  return withRetries(`read ${path}`, () => session.api.node(id, `"${path}"`, limit), session, limit);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
