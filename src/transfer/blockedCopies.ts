import type { Action, CopyFile, DeleteFile } from '../plan/model/plan';
import { ancestorsOf } from '../remote/remotePath';
import type { ActionResult } from './runReport';

/**
 * The copies that a store on a file system refused, because a name can't be a file and a folder at once there, and the deletes of the
 * plan that would unblock them. Undefined when another action failed, or when no delete blocks a copy. Pure.
 */
export function findBlockedCopies(
  actions: readonly Action[],
  deletes: readonly DeleteFile[],
  results: ReadonlyMap<string, ActionResult>,
): { readonly copies: readonly CopyFile[]; readonly deletes: readonly DeleteFile[] } | undefined {
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
  const above = ancestorsOf(copies.map(({ path }) => path));
  const blocking = deletes.filter(
    ({ path }) => above.has(path) || [...ancestorsOf([path])].some((folder) => refused.has(folder)),
  );
  return blocking.length === 0 ? undefined : { copies, deletes: blocking };
}
