import { comparePaths } from '../remote/remotePath';
import type { Plan } from './plan';
import { planTotals } from './planTotals';

/**
 * What is wrong with a plan by the invariants that can be seen from it alone (2, 3, 4, 5, 7 of `Plan`), one
 * sentence each; empty for a valid plan. A plan that breaks one must not be run.
 */
export function checkPlan(plan: Plan): readonly string[] {
  return [...actionProblems(plan), ...deleteProblems(plan), ...countProblems(plan)];
}

function* actionProblems({ actions }: Plan): Generator<string> {
  const ids = new Set<string>();
  const paths = new Set<string>();
  let last: (typeof actions)[number] | undefined;
  for (const action of actions) {
    const { id, path, kind } = action;
    if (ids.has(id)) yield `The id "${id}" is used twice.`;
    ids.add(id);
    if (paths.has(path)) yield `There are two actions for "${path}".`;
    paths.add(path);
    if (kind === 'setTime' && action.source.size !== action.before.size)
      yield `Only the time of "${path}" is set although its content differs.`;
    if (last?.kind === 'deleteFile' && kind !== 'deleteFile') yield `"${path}" comes after a delete.`;
    else if (
      last &&
      (last.kind === 'deleteFile') === (kind === 'deleteFile') &&
      comparePaths(last.path, path) > 0
    )
      yield `"${path}" comes after "${last.path}".`;
    last = action;
  }
}

function* deleteProblems(plan: Plan): Generator<string> {
  if (!plan.actions.some((action) => action.kind === 'deleteFile')) return;
  if (plan.options.verb === 'copy') yield 'A copy has deletes.';
  if (plan.options.deletes === 'none') yield 'There are deletes that were not asked for.';
  if (plan.problems.length > 0) yield 'There are deletes although a listing was incomplete.';
  if (plan.listed.source.files === 0) yield 'There are deletes although the source is empty.';
  if (plan.safety.some(({ effect }) => effect === 'deletesWithheld'))
    yield 'There are deletes although they were to be withheld.';
}

function* countProblems(plan: Plan): Generator<string> {
  const totals = planTotals(plan.actions, plan.conflicts, plan.skipped);
  for (const name of Object.keys(totals) as (keyof typeof totals)[])
    if (totals[name].files !== plan.totals[name].files || totals[name].bytes !== plan.totals[name].bytes)
      yield `The total of ${name} does not add up.`;

  const ofSource =
    plan.actions.filter((action) => action.kind !== 'deleteFile').length +
    plan.conflicts.filter((conflict) => conflict.source).length +
    plan.skipped.filter((skipped) => skipped.side === 'source').length +
    plan.unchanged.files;
  const leftOut = plan.leftOut?.files ?? 0;
  const missing = plan.listed.source.files - ofSource;
  if (missing < 0 || missing > leftOut)
    yield `The source lists ${plan.listed.source.files}, but ${ofSource} are accounted for.`;

  const ofTarget =
    plan.actions.filter((action) => action.kind === 'deleteFile' || action.before).length +
    plan.conflicts.filter((conflict) => conflict.target).length +
    plan.skipped.filter((skipped) => skipped.side === 'target').length +
    plan.unchanged.files;
  if (ofTarget > plan.listed.target.files)
    yield `The target lists ${plan.listed.target.files}, but ${ofTarget} are accounted for.`;
}
