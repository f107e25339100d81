import type { Action, Plan } from '../../../src/plan/model/plan';
import type { Actions } from './realActions';

/** Our plan in the words of `Actions`. */
export function actionsOf(plan: Plan): Actions {
  if (plan.options.verb === 'check') return marksOf(plan);
  const leaves = plan.options.verb === 'move';
  for (const action of plan.actions)
    if (
      (action.kind === 'copyFile' || action.kind === 'setTime') &&
      (action.removesSource ?? false) !== leaves
    )
      throw new Error(
        `The source of "${action.path}" is ${leaves ? 'kept by a move' : 'removed by a copy'}.`,
      );
  // A folder that is removed may have the name of a file; the real tools tell of folders by lines of their own.
  const files = plan.actions.filter(({ kind }) => kind !== 'removeFolder');
  return new Map(files.map((action) => [action.path, wordFor(action)]));
}

function wordFor(action: Action): string {
  switch (action.kind) {
    case 'copyFile':
      return 'copy';
    case 'setTime':
      return 'touch';
    case 'moveFile':
      return `moved from ${action.from}`;
    case 'removeSource':
      return 'remove source';
    case 'deleteFile':
      return 'delete';
    case 'removeFolder':
      return 'remove folder';
  }
}

function marksOf(plan: Plan): Actions {
  const marks = new Map<string, string>();
  for (const path of plan.same ?? []) marks.set(path, '=');
  for (const { path, because } of plan.skipped) marks.set(path, because === 'unverified' ? '=' : '!');
  for (const { path } of plan.conflicts) marks.set(path, '!');
  for (const action of plan.actions)
    marks.set(
      action.path,
      action.kind === 'deleteFile' ? '-' : action.kind === 'copyFile' && !action.before ? '+' : '*',
    );
  return marks;
}
