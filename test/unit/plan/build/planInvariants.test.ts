import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPlan } from '../../../../src/plan/build/planInvariants';
import { planTotals } from '../../../../src/plan/build/planTotals';
import type { Action, Plan } from '../../../../src/plan/model/plan';
import type { PlanOptions } from '../../../../src/plan/model/planOptions';
import { planOf } from '../../../support/plans';

async function plan(): Promise<Plan> {
  return planOf(
    'options {"deletes":"after","refreshTimes":true}',
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

function withOptions(whole: Plan, options: Partial<PlanOptions>): Plan {
  return { ...whole, options: { ...whole.options, ...options } };
}

test('a plan from the builder is valid', async () => {
  assert.deepEqual(checkPlan(await plan()), []);
});

test('a plan is valid with deletes at any time, renames and removals', async () => {
  const given = ['source a.txt 3 @10', 'source z.txt 4 @10', 'target m.txt 5 @10', 'target b.txt 3 @10'];
  for (const options of [
    '{"deletes":"before"}',
    '{"deletes":"during"}',
    '{"deletes":"after"}',
    '{"deletes":"during","trackRenames":"hash"}',
    '{"verb":"check"}',
    '{"verb":"check","deletes":"before"}',
    '{"verb":"move"}',
  ])
    assert.deepEqual(checkPlan(await planOf(`options ${options}`, ...given)), [], options);
});

test('deletes out of their place are reported', async () => {
  const given = ['source a.txt 3 @10', 'source z.txt 4 @10', 'target m.txt 5 @10'];
  for (const planned of ['before', 'during', 'after'] as const)
    for (const required of ['before', 'during', 'after'] as const) {
      const plan = await planOf(`options {"deletes":"${planned}"}`, ...given);
      const problems = checkPlan(withOptions(plan, { deletes: required }));
      assert.equal(
        problems.length === 0,
        planned === required,
        `${planned}, ${required}: ${problems.join(' ')}`,
      );
    }
});

test('invalid renames are reported: two for one path, another size, another action on the old path, or without deletes', async () => {
  const plan = await planOf(
    'options {"deletes":"after","trackRenames":"hash"}',
    'source new.txt "abc" @10',
    'source other.txt "other" @10',
    'target old.txt "abc" @10',
    'target z.txt "zz" @10',
  );
  const [move, copy, extra] = plan.actions;
  assert.ok(move?.kind === 'moveFile' && copy?.kind === 'copyFile' && extra?.kind === 'deleteFile');
  const problems = (actions: readonly Action[], options: Partial<PlanOptions> = {}) =>
    checkPlan(withOptions(having(plan, actions), options)).join(' ');
  assert.equal(problems(plan.actions), '');
  assert.match(
    problems([move, copy, { ...extra, id: 'd:old.txt', path: move.from }]),
    /"old\.txt" is moved away and has another action/,
  );
  assert.match(
    problems([{ ...move, before: { ...move.before, size: 9 } }, copy, extra]),
    /"new\.txt" is renamed from "old\.txt" although its content differs/,
  );
  assert.match(problems([move, copy], { deletes: 'none' }), /do not request/);
  assert.match(problems([move, copy], { verb: 'copy' }), /A copy has deletes/);
});

test('only a move removes source files, and those without a copy come last', async () => {
  const plan = await planOf(
    'options {"verb":"move"}',
    'source a.txt "abc" @10',
    'target a.txt "abc" @10',
    'source b.txt 4 @10',
  );
  const [copy, removal] = plan.actions;
  assert.ok(copy?.kind === 'copyFile' && removal?.kind === 'removeSource');
  assert.match(checkPlan(having(plan, [removal, copy])).join(' '), /"b\.txt" comes after "a\.txt"/);
  for (const verb of ['copy', 'sync'] as const)
    assert.deepEqual(checkPlan(withOptions(plan, { verb })), [
      '"b.txt" is removed from the source without a move.',
      '"a.txt" is removed from the source without a move.',
    ]);
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
  ['deletes in a copy', (whole) => withOptions(whole, { verb: 'copy' }), /A copy has deletes/],
  ['deletes in a move', (whole) => withOptions(whole, { verb: 'move' }), /A move has deletes/],
  [
    'deletes although they were withheld',
    (whole) => ({
      ...whole,
      safety: [{ kind: 'tooManyDeletes', message: 'Too many.', effect: 'deletesWithheld' }],
    }),
    /a safety finding withholds/,
  ],
  ['deletes without the option', (whole) => withOptions(whole, { deletes: 'none' }), /do not request/],
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
    'a listed file without an action',
    (whole, [, ...rest]) => having(whole, rest),
    /lists 2, but 1 are account/,
  ],
  [
    'more on the target than was listed',
    (whole) => ({ ...whole, listed: { ...whole.listed, target: { files: 2, bytes: 0 } } }),
    /target lists 2, but 3/,
  ],
];

for (const [name, breakIt, message] of broken)
  test(`checkPlan reports a plan with ${name}`, async () => {
    const whole = await plan();
    assert.match(checkPlan(breakIt(whole, [...whole.actions])).join('\n'), message);
  });
