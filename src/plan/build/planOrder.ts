import { comparePaths } from '../../remote/remotePath';
import type { Action } from '../model/plan';
import type { DeleteTime } from '../model/planOptions';

/**
 * Which of the plan's parts an action belongs to; parts follow each other, and each is in the order of paths. Deletes stand before or
 * after what is copied, or among it (`during`, A26), and those that make room for it first of all; source files that need no copy are
 * removed last, and emptied folders after that.
 */
function phaseOf(action: Action, deletes: DeleteTime): number {
  const { kind } = action;
  if (kind === 'deleteFile' && action.makesRoomFor !== undefined) return -2;
  if (kind === 'removeSource') return 2;
  if (kind === 'removeFolder') return 3;
  if (kind !== 'deleteFile' || deletes === 'during') return 0;
  return deletes === 'before' ? -1 : 1;
}

/** The order in which two actions stand in a plan; 0 only for actions of one path. */
export function compareExecutionOrder(a: Action, b: Action, deletes: DeleteTime): number {
  const inTurnOf = phaseOf(a, deletes) - phaseOf(b, deletes);
  // A folder comes after all within it.
  const isFolder = a.kind === 'removeFolder' && b.kind === 'removeFolder';
  return inTurnOf || (isFolder ? comparePaths(b.path, a.path) : comparePaths(a.path, b.path));
}

/** The actions in the order of a plan. */
export function executionOrder(actions: readonly Action[], deletes: DeleteTime): readonly Action[] {
  return [...actions].sort((a, b) => compareExecutionOrder(a, b, deletes));
}
