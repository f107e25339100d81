import type { Action, CopyFile, DeleteFile } from '../plan/model/plan';
import { parentPath, type RemotePath } from '../remote/remotePath';
import type { ActionResult } from './runReport';

/** Copies that a store on a file system refused, and the plan's deletes that would unblock them. */
export interface BlockedCopies {
  readonly copies: readonly CopyFile[];
  readonly deletes: readonly DeleteFile[];
}

/**
 * The copies that failed because a name can't be a file and a folder at once, which the plan didn't know of the target, with the
 * deletes that block them. Undefined when another action failed, or when no delete blocks a copy. Pure.
 */
export function findBlockedCopies(
  actions: readonly Action[],
  deletes: readonly DeleteFile[],
  results: ReadonlyMap<string, ActionResult>,
): BlockedCopies | undefined {
  const copies: CopyFile[] = [];
  for (const action of actions) {
    const result = results.get(action.id);
    if (result?.outcome === 'done') continue;
    const kind = result?.error?.kind;
    if (action.kind !== 'copyFile' || action.before || (kind !== 'isAFolder' && kind !== 'notAFolder'))
      return undefined;
    copies.push(action);
  }
  const refused = new Set(copies.map(({ path }) => path));
  const above = new Set(copies.flatMap(({ path }) => [...parentsOf(path)]));
  const blocking = deletes.filter(
    ({ path }) => above.has(path) || [...parentsOf(path)].some((folder) => refused.has(folder)),
  );
  return blocking.length === 0 ? undefined : { copies, deletes: blocking };
}

function* parentsOf(path: RemotePath): Iterable<RemotePath> {
  for (let at = parentPath(path); at !== ''; at = parentPath(at)) yield at;
}
