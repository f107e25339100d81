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
import { type FileEntry, isSameFile } from '../remote/entry';
import { type Instant, nsBetween } from '../remote/modifiedTime';
import type { Precondition, Remote, ResumableWrite } from '../remote/remote';
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

/** Both sides, and the events of one action. */
export interface ActionRun extends RunEndpoints {
  readonly signal: AbortSignal;
  /** Receives the bytes of content transferred so far. */
  readonly progressed: (bytes: number) => void;
  /** Receives the path of the target's old file in the backup. */
  readonly backedUp: (path: RemotePath) => void;
  /** Lets the copy of a large file go on where an earlier attempt stopped. */
  readonly resume?: ResumableWrite | undefined;
}

/**
 * Executes one action, if both files are still as planned: the source is read in the planned version, and the target is written or
 * deleted under a precondition for the planned entry. Otherwise throws `changed`, having done nothing except perhaps the copy of a
 * move. An interrupted action can be repeated: completed steps are recognised by content. Resolves to the file that the action made.
 */
export async function runAction(action: Action, run: ActionRun): Promise<FileEntry | undefined> {
  try {
    switch (action.kind) {
      case 'copyFile':
        return await runCopy(action, run);
      case 'setTime':
        return await runSetTime(action, run);
      case 'moveFile':
        return await runMove(action, run);
      case 'removeSource':
        await runRemoveSource(action, run);
        return undefined;
      case 'deleteFile':
        await runDelete(action, run);
        return undefined;
      case 'removeFolder':
        await runRemoveFolder(action, run);
        return undefined;
    }
  } catch (error) {
    // The precondition `ifAbsent` fails with a kind of its own.
    if (isRemoteError(error, 'alreadyExists'))
      throw new RemoteError('changed', error.message, { cause: error });
    throw error;
  }
}

async function runCopy(action: CopyFile, run: ActionRun): Promise<FileEntry> {
  if (!action.removesSource) return copyOver(action, run);
  const { source, target, signal } = run;
  const withinOne = source.remote === target.remote && target.remote.serverSideMove !== undefined;
  let copy: FileEntry;
  try {
    if (withinOne && !action.before && !action.storeModified) {
      const to = targetOf(action, target);
      return await moveFile(source.remote, action.source, target.remote, to, signal, run.progressed);
    }
    await assertDistinctFiles(action, run);
    copy = await copyOver(action, run);
  } catch (error) {
    copy = await copyOfEarlierAttempt(action, run, error);
    await target.remote.makeDurable?.(copy, signal);
  }
  await removeCopied(source.remote, action.source, signal);
  return copy;
}

/** Moving a file over itself, reached by two paths, would delete it. */
async function assertDistinctFiles(action: CopyFile, { source, target, signal }: ActionRun): Promise<void> {
  if (!action.before) return;
  const now = await fileIfExists(target.remote, action.before.path, signal);
  if (now && mayBeSameFile(source.remote, action.source, target.remote, now))
    throw new RemoteError(
      'unsupported',
      `"${action.path}" may be one and the same file on both sides, so it was not moved.`,
    );
}

/** Copies a file. The old file goes to the backup first (R23). */
async function copyOver(action: CopyFile, run: ActionRun): Promise<FileEntry> {
  const { source, target, backup, signal, progressed } = run;
  if (backup && action.before) run.backedUp(await backupByCopy(action.before, target, backup, signal));
  const { entry } = await copyFile(
    {
      from: source.remote,
      source: action.source,
      to: target.remote,
      target: targetOf(action, target),
      precondition: preconditionFor(action.before),
      modified: action.storeModified,
      durable: action.removesSource ?? false,
      onProgress: progressed,
      resume: run.resume,
    },
    signal,
  );
  return entry;
}

async function runSetTime(action: SetTime, run: ActionRun): Promise<FileEntry> {
  const { source, target, signal } = run;
  const { remote } = target;
  const time = action.source.modified ?? action.source.serverModified;
  if (!remote.setModifiedTime || !time) {
    const copy: CopyFile = { ...action, kind: 'copyFile', direction: 'copy', because: 'timeDiffers' };
    // The content is equal, so no backup is made.
    return runCopy(copy, { ...run, backup: undefined });
  }
  await assertUnchanged(source.remote, action.source, signal);
  const stored = await remote.setModifiedTime(action.before, time, signal).catch((error: unknown) => {
    if (!action.removesSource) throw error;
    return copyOfEarlierAttempt(action, run, error);
  });
  if (!action.removesSource) return stored;
  await remote.makeDurable?.(stored, signal);
  await removeCopied(source.remote, action.source, signal);
  return stored;
}

/** Moves a file on the target to the source's new name, then gives it the source's time (R24). */
async function runMove(action: MoveFile, run: ActionRun): Promise<FileEntry> {
  const { source, target, signal } = run;
  const seen = await assertUnchanged(source.remote, action.source, signal);
  const moved = await moveToNewName(action, run);
  const time = action.storeModified ?? seen.modified ?? seen.serverModified;
  if (!time || target.remote.capabilities.timePrecisionNs === 'none') return moved;
  return correctTime(action, moved, time, run);
}

/** The file at its new name. Completes an earlier attempt that copied the file but failed to remove the old name. */
async function moveToNewName(action: MoveFile, run: ActionRun): Promise<FileEntry> {
  const { target, signal } = run;
  const { remote } = target;
  try {
    return await moveFile(remote, action.before, remote, targetOf(action, target), signal);
  } catch (error) {
    const copy = await copyOfEarlierAttempt(action, run, error);
    if (await fileIfExists(remote, action.before.path, signal)) {
      await remote.makeDurable?.(copy, signal);
      await removeCopied(remote, action.before, signal);
    }
    return copy;
  }
}

/** Gives the moved file the time `time`, where it has another. With the wrong time, the next run would copy the file. */
async function correctTime(
  action: MoveFile,
  moved: FileEntry,
  time: Instant,
  run: ActionRun,
): Promise<FileEntry> {
  const { source, target, signal } = run;
  const { remote } = target;
  const path = targetOf(action, target);
  const needsStat = !moved.modified && !moved.exact;
  const now = (needsStat && (await fileIfExists(remote, path, signal))) || moved;
  const stored = now.modified ?? now.serverModified;
  if (!stored || timesEqual(time, stored, run)) return now;
  if (remote.setModifiedTime) return remote.setModifiedTime(now, time, signal);
  const { entry } = await copyFile(
    {
      from: source.remote,
      source: action.source,
      to: remote,
      target: path,
      precondition: preconditionFor(now),
      modified: action.storeModified,
    },
    signal,
  );
  return entry;
}

async function runRemoveSource({ source: file, before }: RemoveSource, run: ActionRun): Promise<void> {
  const { source, target, signal } = run;
  const now = await fileIfExists(target.remote, before.path, signal);
  if (!now || !isSameFile(before, now))
    throw new RemoteError(
      'changed',
      `"${before.path}" is no longer the same on the target, so the source's file stays.`,
    );
  if (mayBeSameFile(source.remote, file, target.remote, now))
    throw new RemoteError(
      'unsupported',
      `"${file.path}" may be one and the same file on both sides, so it was not removed.`,
    );
  await target.remote.makeDurable?.(now, signal);
  await removeIfUnchanged(source.remote, file, signal);
}

async function runDelete({ before }: DeleteFile, run: ActionRun): Promise<void> {
  const { target, backup, signal } = run;
  if (backup) run.backedUp(await backupByMove(before, target, backup, signal));
  else await removeIfUnchanged(target.remote, before, signal);
}

async function runRemoveFolder({ path }: RemoveFolder, { target, signal }: ActionRun): Promise<void> {
  try {
    await target.remote.removeFolder(joinPath(target.root, path), signal);
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
 * The copy that an earlier attempt of `action` made, if that attempt caused `refusal`: it failed after the copy, or its response was
 * lost. Throws `refusal` when the target doesn't have the source's content, or not its time; a MoveFile corrects the time afterwards.
 */
async function copyOfEarlierAttempt(
  action: CopyFile | SetTime | MoveFile,
  run: ActionRun,
  refusal: unknown,
): Promise<FileEntry> {
  const { source, target, signal } = run;
  if (!isRemoteError(refusal, 'changed', 'alreadyExists', 'notFound')) throw refusal;
  const to = targetOf(action, target);
  const found = await findCompletedCopy(target.remote, to, source.remote, action.source, signal);
  if (!found || (action.kind !== 'moveFile' && !hasTimeOf(action, found, run))) throw refusal;
  return found.copy;
}

/** Whether the copy has the time that `action` gives to it. */
export function hasTimeOf(
  action: CopyFile | SetTime,
  { source, copy }: CopyPair,
  run: RunEndpoints,
): boolean {
  const stored = action.kind === 'copyFile' ? action.storeModified : undefined;
  const time = stored ?? source.modified ?? source.serverModified;
  return !time || !copy.modified || timesEqual(time, copy.modified, run);
}

/** Whether two times are equal at the coarser precision of both sides. */
export function timesEqual(a: Instant, b: Instant, { source, target }: RunEndpoints): boolean {
  const precisions = [source, target].map(({ remote }) => remote.capabilities.timePrecisionNs);
  const coarsest = Math.max(1, ...precisions.map((ns) => (ns === 'none' ? 1 : ns)));
  return Math.abs(nsBetween(a, b)) < coarsest;
}

/** An existing target file keeps its own spelling of the name (sync-semantics R12). */
export function targetOf(action: CopyFile | SetTime | MoveFile, { root }: Endpoint): RemotePath {
  return action.kind !== 'moveFile' && action.before ? action.before.path : joinPath(root, action.path);
}

function preconditionFor(before: FileEntry | undefined): Precondition {
  return before ? { kind: 'ifMatch', entry: before } : { kind: 'ifAbsent' };
}
