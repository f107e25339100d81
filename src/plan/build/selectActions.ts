import type { Action, Plan } from '../model/plan';
import { planTotals, TallyCount } from './planTotals';
import { manyDeletes } from './safety';

/**
 * A copy of the plan with only the actions of these ids, in the plan's order; the others are counted as `deselected`. Throws a plain Error
 * for an id that the plan doesn't have: the selection belongs to another plan.
 */
export function selectActions(plan: Plan, ids: Iterable<string>): Plan {
  const selected = new Set(ids);
  const out = new TallyCount();
  const actions = plan.actions.filter((action) => {
    if (selected.delete(action.id)) return true;
    out.add(bytesOf(action));
    return false;
  });
  const [unknown] = selected;
  if (unknown !== undefined) throw new Error(`The plan has no action "${unknown}".`);
  const deletes = actions.filter((action) => action.kind === 'deleteFile').length;
  const many = manyDeletes(deletes, plan.listed.target.files);
  const before = plan.deselected;
  return {
    ...plan,
    actions,
    safety: [...plan.safety.filter(({ kind }) => kind !== 'manyDeletes'), ...(many ? [many] : [])],
    totals: planTotals(actions, plan.conflicts, plan.skipped),
    deselected: {
      files: out.tally.files + (before?.files ?? 0),
      bytes: out.tally.bytes + (before?.bytes ?? 0),
    },
  };
}

/** The bytes that `planTotals` counts for the action. */
function bytesOf(action: Action): number {
  switch (action.kind) {
    case 'copyFile':
    case 'removeSource':
      return action.source.size;
    case 'deleteFile':
      return action.before.size;
    default:
      return 0;
  }
}
