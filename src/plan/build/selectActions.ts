import type { Action, Plan } from '../model/plan';
import { planTotals, TallyCount } from './planTotals';
import { manyDeletes } from './safety';

/**
 * The plan with only the actions of these ids, in the plan's order; what was taken out is counted as
 * `deselected`. The input is left as it is. Throws a plain Error for an id that the plan doesn't have: it was
 * made for another plan, so nothing of it can be trusted.
 */
export function selectActions(plan: Plan, ids: Iterable<string>): Plan {
  const wanted = new Set(ids);
  const out = new TallyCount();
  const actions = plan.actions.filter((action) => {
    if (wanted.delete(action.id)) return true;
    out.add(bytesOf(action));
    return false;
  });
  const [unknown] = wanted;
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

/** As the totals count them. */
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
