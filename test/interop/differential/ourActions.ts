import assert from 'node:assert/strict';
import { checkMarks } from '../../../src/plan/build/describePlan';
import type { Action, Plan } from '../../../src/plan/model/plan';
import type { Actions } from './realActions';

/** Our plan in the words of `Actions`. */
export function actionsOf(plan: Plan): Actions {
  if (plan.options.verb === 'check') return new Map(checkMarks(plan).map(({ path, mark }) => [path, mark]));
  const leaves = plan.options.verb === 'move';
  for (const action of plan.actions)
    if (action.kind === 'copyFile' || action.kind === 'setTime')
      assert.equal(action.removesSource ?? false, leaves, `the source of "${action.path}"`);
  // A removed folder may have the name of a file; the real tools report folders in separate lines.
  const files = plan.actions.filter(({ kind }) => kind !== 'removeFolder');
  return new Map(files.map((action) => [action.path, wordFor(action)]));
}

const words = {
  copyFile: 'copy',
  setTime: 'touch',
  removeSource: 'remove source',
  deleteFile: 'delete',
  removeFolder: 'remove folder',
} as const;

function wordFor(action: Action): string {
  return action.kind === 'moveFile' ? `moved from ${action.from}` : words[action.kind];
}
