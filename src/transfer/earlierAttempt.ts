import type { Action, CopyFile, SetTime } from '../plan/model/plan';
import { fileIfExists } from '../remote/endpoint';
import { type FileEntry, isSameFile } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { inMemoryLimit } from './copyFile';
import { findCompletedCopy } from './existingCopy';
import { type ActionRun, hasTimeOf, targetOf, timesEqual } from './runAction';

/** The result of an action that an earlier process did. */
export interface EarlierResult {
  /** The file that the action made, unless it removed something. */
  readonly made?: FileEntry;
}

/**
 * Whether an earlier process has done `action` although the journal doesn't say so: the process ended before it could. Undefined when
 * the action is still to do, and for kinds that can be repeated. Sends no content, and removes what the earlier process left half-done.
 * Throws every error of `stat` but `notFound`.
 */
export async function findEarlierResult(action: Action, run: ActionRun): Promise<EarlierResult | undefined> {
  const { source, target, signal } = run;
  switch (action.kind) {
    case 'copyFile':
    case 'setTime': {
      if (!run.resume) await target.remote.discardWrite?.(targetOf(action, target), [], signal);
      const made = await findMade(action, run);
      return made && { made };
    }
    case 'deleteFile':
      return (await fileIfExists(target.remote, action.before.path, signal)) ? undefined : {};
    case 'removeSource':
      return (await fileIfExists(source.remote, action.source.path, signal)) ? undefined : {};
    case 'moveFile':
    case 'removeFolder':
      return undefined;
  }
}

function hasCheapMd5(file: FileEntry, { capabilities }: Remote): boolean {
  return file.md5 !== undefined || capabilities.isLocalDisk === true || file.size <= inMemoryLimit;
}

/**
 * The copy on the target, by its content. Size and time decide, as they do for a plan, where the source is gone because the action removes it,
 * or where its content is only known by another download.
 */
async function findMade(action: CopyFile | SetTime, run: ActionRun): Promise<FileEntry | undefined> {
  const { source, target, signal } = run;
  const path = targetOf(action, target);
  const now = await fileIfExists(target.remote, path, signal);
  if (now?.size !== action.source.size || (action.before && isSameFile(action.before, now))) return undefined;
  if (!action.removesSource && hasCheapMd5(action.source, source.remote)) {
    const pair = await findCompletedCopy(target.remote, path, source.remote, action.source, signal);
    return pair && hasTimeOf(action, pair, run) ? pair.copy : undefined;
  }
  // A source that is still there is removed by the action itself.
  if (action.removesSource && (await fileIfExists(source.remote, action.source.path, signal)))
    return undefined;
  const { md5, modified } = action.source;
  if (md5 !== undefined && now.md5 !== undefined) return md5 === now.md5 ? now : undefined;
  const time = (action.kind === 'copyFile' ? action.storeModified : undefined) ?? modified;
  return time && now.modified && timesEqual(time, now.modified, run) ? now : undefined;
}
