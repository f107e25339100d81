import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, Plan } from '../../src/plan/plan';
import { checkPlan } from '../../src/plan/planInvariants';
import { planTotals } from '../../src/plan/planTotals';
import { planOf } from '../vocabulary/plans';

async function plan(): Promise<Plan> {
  return planOf(
    'options {"deletes":"after"}',
    'source a.txt 3 @10',
    'source b.txt 3 @10',
    'target b.txt 3 @9',
    'target x.txt 6 @10',
    'target y.txt 7 @10',
  );
}

/** The plan with other actions, and totals that add up. */
function having(whole: Plan, actions: readonly Action[], more: Partial<Plan> = {}): Plan {
  return { ...whole, actions, totals: planTotals(actions, whole.conflicts, whole.skipped), ...more };
}

test('a plan that was made is valid', async () => {
  assert.deepEqual(checkPlan(await plan()), []);
});

const broken: readonly (readonly [string, (plan: Plan, actions: Action[]) => Plan, RegExp])[] = [
  [
    'two actions on one path',
    (whole, [copy]) =>
      having(whole, copy ? [copy, { ...copy, id: 'other' }] : [], {
        listed: { ...whole.listed, source: { files: 3, bytes: 9 } },
      }),
    /two actions for "a\.txt"/,
  ],
  [
    'two actions of one id',
    (whole, [copy]) => having(whole, copy ? [copy, copy] : []),
    /id "c:a\.txt" is used twice/,
  ],
  [
    'a copy after a delete',
    (whole, [a, b, ...deletes]) => having(whole, [...(b ? [b] : []), ...deletes, ...(a ? [a] : [])]),
    /"a\.txt" comes after a delete/,
  ],
  [
    'actions out of order',
    (whole, [a, b]) => having(whole, b && a ? [b, a] : []),
    /"a\.txt" comes after "b\.txt"/,
  ],
  [
    'deletes in a copy',
    (whole) => ({ ...whole, options: { ...whole.options, verb: 'copy' } }),
    /A copy has deletes/,
  ],
  [
    'deletes that were not asked for',
    (whole) => ({ ...whole, options: { ...whole.options, deletes: 'none' } }),
    /not asked for/,
  ],
  [
    'deletes after an incomplete listing',
    (whole) => ({
      ...whole,
      problems: [
        { side: 'target', path: whole.actions[0]?.path ?? ('' as never), kind: 'forbidden', message: 'No.' },
      ],
    }),
    /incomplete/,
  ],
  [
    'deletes from an empty source',
    (whole, actions) =>
      having(whole, actions.slice(2), { listed: { ...whole.listed, source: { files: 0, bytes: 0 } } }),
    /the source is empty/,
  ],
  [
    'totals that do not add up',
    (whole) => ({ ...whole, totals: { ...whole.totals, upload: { files: 2, bytes: 3 } } }),
    /total of upload/,
  ],
  [
    'a listed file that nothing became of',
    (whole, [, ...rest]) => having(whole, rest),
    /lists 2, but 1 are accounted for/,
  ],
  [
    'more on the target than was listed',
    (whole) => ({ ...whole, listed: { ...whole.listed, target: { files: 2, bytes: 0 } } }),
    /target lists 2, but 3/,
  ],
];

for (const [name, breakIt, message] of broken)
  test(`it is seen when a plan has ${name}`, async () => {
    const whole = await plan();
    const problems = checkPlan(breakIt(whole, [...whole.actions]));
    assert.ok(
      problems.some((problem) => message.test(problem)),
      JSON.stringify(problems),
    );
  });
