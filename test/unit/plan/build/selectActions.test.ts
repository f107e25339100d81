import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeAction } from '../../../../src/plan/build/describePlan';
import { checkPlan } from '../../../../src/plan/build/planInvariants';
import { selectActions } from '../../../../src/plan/build/selectActions';
import type { Plan } from '../../../../src/plan/model/plan';
import { planOf } from '../../../support/plans';

const given = [
  'options {"deletes":"after","refreshTimes":true}',
  'source a.txt 3 @10',
  'source b.txt 4 @10',
  'source c.txt 5 @10',
  'target c.txt 5 @9',
  'target x.txt 6 @10',
  'target y.txt 7 @10',
  'source s.txt 1 @10',
  'target s.txt 1 @10',
];

const idsOf = ({ actions }: Plan) => actions.map(({ id }) => id);

test('selected actions give a smaller, valid plan in the same order, with its own totals', async () => {
  const plan = await planOf(...given);
  assert.deepEqual(idsOf(plan), ['c:a.txt', 'c:b.txt', 't:c.txt', 'd:x.txt', 'd:y.txt']);
  const some = selectActions(plan, ['d:y.txt', 'c:b.txt']);
  assert.deepEqual(some.actions.map(describeAction), [
    'upload  b.txt  (only in the source, 4 bytes)',
    'delete  y.txt  (not in the source, 7 bytes)',
  ]);
  assert.deepEqual(some.totals.upload, { files: 1, bytes: 4 });
  assert.deepEqual(some.totals.delete, { files: 1, bytes: 7 });
  assert.deepEqual(some.deselected, { files: 3, bytes: 9 });
  assert.deepEqual(checkPlan(some), []);
  assert.equal(plan.actions.length, 5);
  assert.equal(plan.deselected, undefined);
});

test('a selection can be narrowed again, down to nothing', async () => {
  const some = selectActions(await planOf(...given), ['c:a.txt', 'c:b.txt']);
  const none = selectActions(some, []);
  assert.deepEqual(none.actions, []);
  assert.deepEqual(none.deselected, { files: 5, bytes: 20 });
  assert.deepEqual(checkPlan(none), []);
});

test('selecting everything changes no action', async () => {
  const plan = await planOf(...given);
  const all = selectActions(plan, idsOf(plan));
  assert.deepEqual({ ...all, deselected: undefined }, { ...plan, deselected: undefined });
  assert.deepEqual(all.deselected, { files: 0, bytes: 0 });
});

test('renames and removals can be selected too, and are counted as in the totals', async () => {
  const renames = await planOf(
    'options {"deletes":"during","trackRenames":"hash"}',
    'source new.txt "abc" @10',
    'target old.txt "abc" @10',
    'source b.txt 4 @10',
  );
  assert.deepEqual(idsOf(renames), ['c:b.txt', 'r:new.txt']);
  const renamed = selectActions(renames, ['r:new.txt']);
  assert.deepEqual(renamed.totals.rename, { files: 1, bytes: 0 });
  assert.deepEqual(renamed.deselected, { files: 1, bytes: 4 });
  assert.deepEqual(selectActions(renames, ['c:b.txt']).deselected, { files: 1, bytes: 0 });
  const moves = await planOf(
    'options {"verb":"move"}',
    'source a.txt "abc" @10',
    'target a.txt "abc" @10',
    'source b.txt 4 @10',
  );
  assert.deepEqual(idsOf(moves), ['c:b.txt', 'm:a.txt']);
  assert.deepEqual(selectActions(moves, ['m:a.txt']).totals.removeSource, { files: 1, bytes: 3 });
  assert.deepEqual(selectActions(moves, ['c:b.txt']).deselected, { files: 1, bytes: 3 });
  for (const some of [renamed, selectActions(moves, [])]) assert.deepEqual(checkPlan(some), []);
});

test('an unknown id is an error that names it', async () => {
  const plan = await planOf(...given);
  assert.throws(() => selectActions(plan, ['c:a.txt', 'd:a.txt']), /no action "d:a\.txt"/);
});

test('the confirmation of many deletes is needed only while many are selected', async () => {
  const old = Array.from({ length: 12 }, (_, i) => `target old${i}.txt 1 @1`);
  const plan = await planOf('options {"deletes":"after"}', 'source a 1 @1', ...old);
  const kinds = (ids: readonly string[]) => selectActions(plan, ids).safety.map(({ kind }) => kind);
  const deletes = plan.actions.flatMap(({ id, kind }) => (kind === 'deleteFile' ? [id] : []));
  assert.deepEqual(kinds(deletes), ['manyDeletes']);
  assert.deepEqual(kinds(deletes.slice(0, 10)), ['manyDeletes']);
  assert.deepEqual(kinds(deletes.slice(0, 9)), []);
});
