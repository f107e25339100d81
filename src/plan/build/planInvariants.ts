import type { Steps } from '../../base/timeSlices';
import { ancestorsOf } from '../../remote/remotePath';
import type { Action, Plan, SideName } from '../model/plan';
import { compareExecutionOrder } from './planOrder';
import { planTotals } from './planTotals';
import { removesSourceFile } from './safety';

/**
 * Checks the invariants 2, 3, 4, 5 and 7 of `Plan`, which need no other data. Returns one sentence for each violation; a plan with any must
 * not be run.
 */
export function checkPlan(plan: Plan): readonly string[] {
  return [...planProblems(plan)].filter((problem) => problem !== undefined);
}

/** The first violation that `checkPlan` would return, found in steps. */
export function* firstProblem(plan: Plan): Steps<string | undefined> {
  for (const problem of planProblems(plan)) {
    if (problem !== undefined) return problem;
    yield;
  }
  return undefined;
}

/** Yields undefined where the check may pause, because a plan may have a hundred thousand actions. */
function* planProblems(plan: Plan): Generator<string | undefined> {
  yield* actionProblems(plan);
  yield undefined;
  yield* deleteProblems(plan);
  yield undefined;
  yield* countProblems(plan);
}

/** Actions between two pauses. */
const actionsPerStep = 500;

function* actionProblems({ actions, options }: Plan): Generator<string | undefined> {
  const ids = new Set<string>();
  const paths = new Set<string>();
  /** Old paths of moved files, which may have no other action. */
  const movedFrom = new Set<string>();
  let last: Action | undefined;
  let checked = 0;
  for (const action of actions) {
    if (++checked % actionsPerStep === 0) yield undefined;
    const { id, path, kind } = action;
    if (ids.has(id)) yield `The id "${id}" is used twice.`;
    ids.add(id);
    if (paths.has(path)) yield `There are two actions for "${path}".`;
    paths.add(path);
    if (kind === 'moveFile') movedFrom.add(action.from);
    if (kind === 'setTime' && action.source.size !== action.before.size)
      yield `Only the time of "${path}" is set although its content differs.`;
    if (kind === 'moveFile' && action.source.size !== action.before.size)
      yield `"${path}" is renamed from "${action.from}" although its content differs.`;
    if (removesSourceFile(action) && options.verb !== 'move')
      yield `"${path}" is removed from the source without a move.`;
    if (last && compareExecutionOrder(last, action, options.deletes) > 0)
      yield last.kind === 'deleteFile' && kind !== 'deleteFile' && options.deletes !== 'during'
        ? `"${path}" comes after a delete.`
        : `"${path}" comes after "${last.path}".`;
    last = action;
  }
  const filling = actions.filter(({ kind }) => kind !== 'deleteFile' && kind !== 'removeFolder');
  const filled = ancestorsOf(filling.map(({ path }) => path));
  for (const { kind, path } of actions)
    if (kind === 'removeFolder' && filled.has(path))
      yield `The folder "${path}" is removed although it still has a file.`;
  for (const path of movedFrom) if (paths.has(path)) yield `"${path}" is moved away and has another action.`;
}

function* deleteProblems(plan: Plan): Generator<string> {
  const { verb, deletes } = plan.options;
  const isDelete = ({ kind }: Action) =>
    kind === 'deleteFile' || kind === 'moveFile' || kind === 'removeFolder';
  if (verb === 'check' || !plan.actions.some(isDelete)) return;
  if (verb !== 'sync') yield `A ${verb} has deletes.`;
  if (deletes === 'none') yield 'There are deletes that the options do not request.';
  if (plan.problems.length > 0) yield 'There are deletes although a listing was incomplete.';
  if (plan.listed.source.files === 0) yield 'There are deletes although the source is empty.';
  if (plan.safety.some(({ effect }) => effect === 'deletesWithheld'))
    yield 'There are deletes although a safety finding withholds them.';
}

function* countProblems(plan: Plan): Generator<string> {
  const totals = planTotals(plan.actions, plan.conflicts, plan.skipped);
  for (const name of Object.keys(totals) as (keyof typeof totals)[])
    if (totals[name].files !== plan.totals[name].files || totals[name].bytes !== plan.totals[name].bytes)
      yield `The total of ${name} does not add up.`;

  const accounted = (side: SideName, isOfSide: (action: Action) => boolean) =>
    plan.actions.filter(isOfSide).length +
    plan.conflicts.filter((conflict) => conflict[side]).length +
    plan.skipped.filter((skipped) => skipped.side === side).length +
    plan.unchanged.files;
  const ofSource = accounted('source', ({ kind }) => kind !== 'deleteFile' && kind !== 'removeFolder');
  const missing = plan.listed.source.files - ofSource;
  if (missing < 0 || missing > (plan.deselected?.files ?? 0))
    yield `The source lists ${plan.listed.source.files}, but ${ofSource} are accounted for.`;
  const ofTarget = accounted('target', ({ kind, before }) => kind === 'deleteFile' || before !== undefined);
  if (ofTarget > plan.listed.target.files)
    yield `The target lists ${plan.listed.target.files}, but ${ofTarget} are accounted for.`;
}
