import type {
  Action,
  CopyFile,
  DeleteFile,
  MoveFile,
  RemoveFolder,
  RemoveSource,
  SetTime,
} from '../plan/model/plan';
import { type Endpoint, fileIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { isSameFile } from '../remote/entry';
import { type Instant, nsBetween } from '../remote/modifiedTime';
import type { Precondition, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { joinPath, type RemotePath } from '../remote/remotePath';
import { backupByCopy, backupByMove } from './backup';
import { copyFile } from './copyFile';
import { type CopyPair, findCompletedCopy, mayBeSameFile } from './existingCopy';
import { moveFile, removeCopied } from './moveFile';

export interface RunEndpoints {
  readonly source: Endpoint;
  readonly target: Endpoint;
  /** The folder for overwritten and deleted target files; absent when they are not kept. */
  readonly backup?: Endpoint | undefined;
}

/** Receives the events of one action. */
export interface ActionObserver {
  /** Bytes of content transferred so far. */
  progressed(bytes: number): void;
  /** The target's old file is in the backup, at `path`. */
  backedUp(path: RemotePath): void;
}

/**
 * Executes one action, if both files are still as planned: the source is read in the planned version, and the target is written or
 * deleted under a precondition for the planned entry. Otherwise throws `changed`, having done nothing except perhaps the copy of a
 * move. An interrupted action can be repeated: completed steps are recognised by content.
 */
export async function runAction(
  action: Action,
  sides: RunEndpoints,
  watch: ActionObserver,
  signal: AbortSignal,
): Promise<void> {
  try {
    switch (action.kind) {
      case 'copyFile':
        return await runCopy(action, sides, watch, signal);
      case 'setTime':
        return await runSetTime(action, sides, watch, signal);
      case 'moveFile':
        return await runMove(action, sides, signal);
      case 'removeSource':
        return await runRemoveSource(action, sides, signal);
      case 'deleteFile':
        return await runDelete(action, sides, watch, signal);
      case 'removeFolder':
        return await runRemoveFolder(action, sides, signal);
    }
  } catch (error) {
    // The precondition `ifAbsent` fails with a kind of its own.
    if (isRemoteError(error, 'alreadyExists'))
      throw new RemoteError('changed', error.message, { cause: error });
    throw error;
  }
}

async function runCopy(
  action: CopyFile,
  sides: RunEndpoints,
  watch: ActionObserver,
  signal: AbortSignal,
): Promise<void> {
  const { source, target } = sides;
  if (!action.removesSource) return copyOver(action, sides, watch, signal);
  try {
    const withinOne = source.remote === target.remote && target.remote.serverSideMove !== undefined;
    if (withinOne && !action.before && !action.storeModified) {
      const to = targetOf(action, target);
      const onProgress = (bytes: number) => watch.progressed(bytes);
      await moveFile(source.remote, action.source, target.remote, to, signal, onProgress);
      return;
    }
    await assertDistinctFiles(action, sides, signal);
    await copyOver(action, sides, watch, signal);
  } catch (error) {
    const found = await findCompletedAttempt(action, targetOf(action, target), sides, error, signal);
    if (!found || !hasTimeOf(action, found, sides)) throw error;
    await target.remote.makeDurable?.(found.copy, signal);
  }
  await removeCopied(source.remote, action.source, signal);
}

/** Moving a file over itself, reached by two paths, would delete it. */
async function assertDistinctFiles(
  action: CopyFile,
  { source, target }: RunEndpoints,
  signal: AbortSignal,
): Promise<void> {
  if (!action.before) return;
  const now = await fileIfExists(target.remote, action.before.path, signal);
  if (now && mayBeSameFile(source.remote, action.source, target.remote, now))
    throw new RemoteError(
      'unsupported',
      `"${action.path}" may be one and the same file on both sides, so it was not moved.`,
    );
}

/** Copies a file. The old file goes to the backup first (R23). */
async function copyOver(
  action: CopyFile,
  { source, target, backup }: RunEndpoints,
  watch: ActionObserver,
  signal: AbortSignal,
): Promise<void> {
  if (backup && action.before) watch.backedUp(await backupByCopy(action.before, target, backup, signal));
  await copyFile(
    {
      from: source.remote,
      source: action.source,
      to: target.remote,
      target: targetOf(action, target),
      precondition: preconditionFor(action.before),
      modified: action.storeModified,
      durable: action.removesSource ?? false,
      onProgress: (bytes) => watch.progressed(bytes),
    },
    signal,
  );
}

async function runSetTime(
  action: SetTime,
  sides: RunEndpoints,
  watch: ActionObserver,
  signal: AbortSignal,
): Promise<void> {
  const { source, target } = sides;
  const { remote } = target;
  const time = action.source.modified ?? action.source.serverModified;
  if (!remote.setModifiedTime || !time) {
    const copy: CopyFile = { ...action, kind: 'copyFile', direction: 'copy', because: 'timeDiffers' };
    // The content is equal, so no backup is made.
    return runCopy(copy, { source, target }, watch, signal);
  }
  await assertUnchanged(source.remote, action.source, signal);
  let stored: FileEntry;
  try {
    stored = await remote.setModifiedTime(action.before, time, signal);
  } catch (error) {
    const found =
      action.removesSource && (await findCompletedAttempt(action, action.before.path, sides, error, signal));
    if (!found || !hasTimeOf(action, found, sides)) throw error;
    stored = found.copy;
  }
  if (!action.removesSource) return;
  await remote.makeDurable?.(stored, signal);
  await removeCopied(source.remote, action.source, signal);
}

/** Moves a file on the target to the source's new name, then sets the source's time (R24). */
async function runMove(action: MoveFile, sides: RunEndpoints, signal: AbortSignal): Promise<void> {
  const { source, target } = sides;
  const { remote } = target;
  const seen = await assertUnchanged(source.remote, action.source, signal);
  const to = targetOf(action, target);
  let moved: FileEntry;
  try {
    moved = await moveFile(remote, action.before, remote, to, signal);
  } catch (error) {
    const found = await findCompletedAttempt(action, to, sides, error, signal);
    if (!found) throw error;
    moved = found.copy;
    // The copy exists, but removing the old file failed.
    if (await fileIfExists(remote, action.before.path, signal)) {
      await remote.makeDurable?.(moved, signal);
      await removeCopied(remote, action.before, signal);
    }
  }
  if (remote.capabilities.timePrecisionNs === 'none') return;
  if (!moved.modified && !moved.exact) moved = (await fileIfExists(remote, to, signal)) ?? moved;
  const time = action.storeModified ?? seen.modified ?? seen.serverModified;
  const has = moved.modified ?? moved.serverModified;
  if (!time || !has || timesEqual(time, has, sides)) return;
  if (remote.setModifiedTime) await remote.setModifiedTime(moved, time, signal);
  // Without the right time the next run would copy the file.
  else
    await copyFile(
      {
        from: source.remote,
        source: action.source,
        to: remote,
        target: to,
        precondition: preconditionFor(moved),
        modified: action.storeModified,
      },
      signal,
    );
}

async function runRemoveSource(
  action: RemoveSource,
  sides: RunEndpoints,
  signal: AbortSignal,
): Promise<void> {
  const { source, target } = sides;
  const { before } = action;
  const now = await fileIfExists(target.remote, before.path, signal);
  if (!now || !isSameFile(before, now))
    throw new RemoteError(
      'changed',
      `"${before.path}" is no longer the same on the target, so the source's file stays.`,
    );
  if (mayBeSameFile(source.remote, action.source, target.remote, now))
    throw new RemoteError(
      'unsupported',
      `"${action.source.path}" may be one and the same file on both sides, so it was not removed.`,
    );
  await target.remote.makeDurable?.(now, signal);
  await removeIfUnchanged(source.remote, action.source, signal);
}

async function runDelete(
  action: DeleteFile,
  sides: RunEndpoints,
  watch: ActionObserver,
  signal: AbortSignal,
): Promise<void> {
  const { target, backup } = sides;
  if (backup) watch.backedUp(await backupByMove(action.before, target, backup, signal));
  else await removeIfUnchanged(target.remote, action.before, signal);
}

async function runRemoveFolder(
  { path }: RemoveFolder,
  { target: { remote, root } }: RunEndpoints,
  signal: AbortSignal,
): Promise<void> {
  try {
    await remote.removeFolder(joinPath(root, path), signal);
  } catch (error) {
    if (isRemoteError(error, 'notFound')) return;
    if (!isRemoteError(error, 'notEmpty', 'notAFolder')) throw error;
    throw new RemoteError('changed', `The folder "${path}" is not empty, so it stays.`, { cause: error });
  }
}

async function removeIfUnchanged(remote: Remote, file: FileEntry, signal: AbortSignal): Promise<void> {
  try {
    await remote.removeFile(file.path, preconditionFor(file), signal);
  } catch (error) {
    throw asChangedIfGone(error, file);
  }
}

/** The error of a removal; a missing file means that the plan is out of date. */
export function asChangedIfGone(error: unknown, file: FileEntry): unknown {
  if (!isRemoteError(error, 'notFound')) return error;
  return new RemoteError('changed', `"${file.path}" was already gone.`, { cause: error });
}

/** The file as it is now. Throws `changed` when it differs from `file`. */
async function assertUnchanged(remote: Remote, file: FileEntry, signal: AbortSignal): Promise<FileEntry> {
  const now = await fileIfExists(remote, file.path, signal);
  if (!now || !isSameFile(file, now))
    throw new RemoteError('changed', `"${file.path}" is no longer what was listed.`);
  return now;
}

/**
 * An earlier attempt of `action` may have caused `refusal`: it failed after the copy, or its response was lost. Returns both files
 * when the target already has the source's content at `to`.
 */
async function findCompletedAttempt(
  action: CopyFile | SetTime | MoveFile,
  to: RemotePath,
  { source, target }: RunEndpoints,
  refusal: unknown,
  signal: AbortSignal,
): Promise<CopyPair | undefined> {
  if (!isRemoteError(refusal, 'changed', 'alreadyExists', 'notFound')) return undefined;
  return findCompletedCopy(target.remote, to, source.remote, action.source, signal);
}

function hasTimeOf(action: CopyFile | SetTime, { source, copy }: CopyPair, sides: RunEndpoints): boolean {
  const stored = action.kind === 'copyFile' ? action.storeModified : undefined;
  const time = stored ?? source.modified ?? source.serverModified;
  return !time || !copy.modified || timesEqual(time, copy.modified, sides);
}

/** Whether two times are equal at the coarser precision of both sides. */
function timesEqual(a: Instant, b: Instant, { source, target }: RunEndpoints): boolean {
  const precisions = [source, target].map(({ remote }) => remote.capabilities.timePrecisionNs);
  const coarsest = Math.max(1, ...precisions.map((ns) => (ns === 'none' ? 1 : ns)));
  return Math.abs(nsBetween(a, b)) < coarsest;
}

/** An existing target file keeps its own spelling of the name (sync-semantics R12). */
function targetOf(action: CopyFile | MoveFile, { root }: Endpoint): RemotePath {
  return action.kind === 'copyFile' && action.before ? action.before.path : joinPath(root, action.path);
}

function preconditionFor(before: FileEntry | undefined): Precondition {
  return before ? { kind: 'ifMatch', entry: before } : { kind: 'ifAbsent' };
}
