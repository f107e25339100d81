import type { Plan } from '../model/plan';
import { bytesOf, planTotals, TallyCount } from './planTotals';
import { manyDeletes } from './safety';

/**
 * A copy of the plan with only the actions of these ids, in the plan's order; the rest counts as `deselected`. Throws a plain Error for an
 * id that the plan doesn't have: the selection belongs to another plan.
 */
export function selectActions(plan: Plan, ids: Iterable<string>): Plan {
  const selected = new Set(ids);
  const deselected = new TallyCount(plan.deselected?.files, plan.deselected?.bytes);
  const actions = plan.actions.filter((action) => {
    if (selected.delete(action.id)) return true;
    deselected.add(bytesOf(action));
    return false;
  });
  const [unknown] = selected;
  if (unknown !== undefined) throw new Error(`The plan has no action "${unknown}".`);
  const deletes = actions.filter((action) => action.kind === 'deleteFile').length;
  const many = manyDeletes(deletes, plan.listed.target.files);
  return {
    ...plan,
    actions,
    safety: [...plan.safety.filter(({ kind }) => kind !== 'manyDeletes'), ...(many ? [many] : [])],
    totals: planTotals(actions, plan.conflicts, plan.skipped),
    deselected: deselected.tally,
  };
}
