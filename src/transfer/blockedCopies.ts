import type { Action, CopyFile, DeleteFile } from '../plan/model/plan';
import { parentPath, type RemotePath } from '../remote/remotePath';
import type { ActionResult } from './runReport';

/** Copies that a store on a file system refused, and the plan's deletes that are in their way. */
export interface BlockedCopies {
  readonly copies: readonly CopyFile[];
  readonly deletes: readonly DeleteFile[];
}

/**
 * What of a plan was refused because a name can't be a file and a folder at once, where the plan didn't know that of the target: when
 * nothing else failed, and something that is to be deleted is in the way. Undefined otherwise. Pure.
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
  const inTheWay = deletes.filter(
    ({ path }) => above.has(path) || [...parentsOf(path)].some((folder) => refused.has(folder)),
  );
  return inTheWay.length === 0 ? undefined : { copies, deletes: inTheWay };
}

function* parentsOf(path: RemotePath): Iterable<RemotePath> {
  for (let at = parentPath(path); at !== ''; at = parentPath(at)) yield at;
}
