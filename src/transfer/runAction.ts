import type { Action, CopyFile, DeleteFile, SetTime } from '../plan/plan';
import type { FileEntry } from '../remote/entry';
import type { Guard, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { joinPath, type RemotePath } from '../remote/remotePath';
import { isSameFile } from '../remote/sameFile';
import { copyFile } from './copyFile';

/** One side of a run: a remote and the folder in it that the plan's paths are relative to. */
export interface RunSide {
  readonly remote: Remote;
  readonly root: RemotePath;
}

export interface RunSides {
  readonly source: RunSide;
  readonly target: RunSide;
}

/**
 * Does one action, if what it was decided on is still so at this moment: the source is read as the very version that was planned, and
 * the target is written or deleted under a guard for what was seen there. Throws `changed` when it isn't; then nothing was done.
 */
export async function runAction(
  action: Action,
  sides: RunSides,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    switch (action.kind) {
      case 'copyFile':
        return await runCopy(action, sides, onProgress, signal);
      case 'setTime':
        return await runSetTime(action, sides, onProgress, signal);
      case 'deleteFile':
        return await runDelete(action, sides, signal);
    }
  } catch (error) {
    // A guard for "nothing is there" says so in its own words.
    if (isRemoteError(error, 'alreadyExists'))
      throw new RemoteError('changed', error.message, { cause: error });
    throw error;
  }
}

async function runCopy(
  action: CopyFile,
  { source, target }: RunSides,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  await copyFile(
    {
      from: source.remote,
      source: action.source,
      to: target.remote,
      // The target keeps its own spelling of a name that is one and the same to it (sync-semantics R12).
      target: action.before?.path ?? joinPath(target.root, action.path),
      guard: guardFor(action.before),
      modified: action.storeModified,
      onProgress,
    },
    signal,
  );
}

async function runSetTime(
  action: SetTime,
  sides: RunSides,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { remote } = sides.target;
  const time = action.source.modified ?? action.source.serverModified;
  if (!remote.setModifiedTime || !time) {
    const copy: CopyFile = { ...action, kind: 'copyFile', direction: 'copy', because: 'timeDiffers' };
    return runCopy(copy, sides, onProgress, signal);
  }
  const now = await sides.source.remote.stat(action.source.path, signal).catch((error) => {
    if (isRemoteError(error, 'notFound')) return undefined;
    throw error;
  });
  if (now?.kind !== 'file' || !isSameFile(action.source, now))
    throw new RemoteError('changed', `"${action.source.path}" is no longer what was listed.`);
  await remote.setModifiedTime(action.before, time, signal);
}

async function runDelete(action: DeleteFile, { target }: RunSides, signal: AbortSignal): Promise<void> {
  try {
    await target.remote.removeFile(action.before.path, guardFor(action.before), signal);
  } catch (error) {
    if (!isRemoteError(error, 'notFound')) throw error;
    throw new RemoteError('changed', `"${action.before.path}" was already gone.`, { cause: error });
  }
}

function guardFor(before: FileEntry | undefined): Guard {
  return before ? { must: 'beUnchanged', entry: before } : { must: 'beAbsent' };
}
