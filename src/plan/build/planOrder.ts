import { comparePaths } from '../../remote/remotePath';
import type { Action } from '../model/plan';
import type { DeleteTime } from '../model/planOptions';

/**
 * The phase of a plan that an action belongs to; each phase is sorted by path:
 *
 * - -2: deletes that make room for a copy;
 * - -1, 0 or 1: the other deletes, before, among (`during`, A26) or after the copies, which are in phase 0;
 * - 2: source files that need no copy are removed;
 * - 3: emptied folders are removed.
 */
function phaseOf(action: Action, deletes: DeleteTime): number {
  const { kind } = action;
  if (kind === 'deleteFile' && action.makesRoomFor !== undefined) return -2;
  if (kind === 'removeSource') return 2;
  if (kind === 'removeFolder') return 3;
  if (kind !== 'deleteFile' || deletes === 'during') return 0;
  return deletes === 'before' ? -1 : 1;
}

/** Compares two actions by their position in a plan; 0 only for actions of one path. */
export function compareExecutionOrder(a: Action, b: Action, deletes: DeleteTime): number {
  const byPhase = phaseOf(a, deletes) - phaseOf(b, deletes);
  // A folder is removed after the folders within it.
  const isFolder = a.kind === 'removeFolder' && b.kind === 'removeFolder';
  return byPhase || (isFolder ? comparePaths(b.path, a.path) : comparePaths(a.path, b.path));
}

/** The actions in the order of a plan. */
export function executionOrder(actions: readonly Action[], deletes: DeleteTime): readonly Action[] {
  return [...actions].sort((a, b) => compareExecutionOrder(a, b, deletes));
}
