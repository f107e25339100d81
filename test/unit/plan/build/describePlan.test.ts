import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePlan } from '../../../../src/plan/build/describePlan';
import { selectActions } from '../../../../src/plan/build/selectActions';
import { planOf } from '../../../support/plans';

test('a plan is described line by line: sides, actions, files left alone, totals', async () => {
  const plan = await planOf(
    'options {"deletes":"after"}',
    'source img/hero.jpg 3 @10',
    'target img/hero.jpg 2 @10',
    'source unusable pipe notRegular',
    'target old.txt 1 @10',
  );
  assert.deepEqual(
    [...describePlan(plan)],
    [
      'from    /source',
      'to      store:bucket',
      'upload  img/hero.jpg  (size differs: 2 -> 3)',
      'delete  old.txt  (not in the source, 1 byte)',
      'skip  pipe  (on the source, notRegular)',
      'unchanged  0 files, 0 bytes',
      'total  upload  1 file, 3 bytes',
      'total  delete  1 file, 1 byte',
      'total  skipped  1 file, 0 bytes',
    ],
  );
  assert.equal([...describePlan(selectActions(plan, []))].at(-1), 'left out  2 files, 4 bytes');
});

test('a check is described only by its marks, each file once, sorted by path (R11)', async () => {
  const plan = await planOf(
    'options {"verb":"check"}',
    'source b/unread 3 @10',
    'target b/unread 3 @10 md5=none',
    'target fails stat b/unread forbidden',
    'source "odd\\nname" 1',
    'source a-b 1',
    'target a-b 1',
    'source a/b 1',
    'target a/b 2',
    'source unusable a0 notRegular',
    'target z 1',
  );
  assert.deepEqual(
    [...describePlan(plan)],
    ['= a-b', '* a/b', '! a0', '! b/unread', '+ "odd\\nname"', '- z'],
  );
  assert.deepEqual(plan.same, ['a-b']);
  assert.deepEqual(plan.unchanged, { files: 1, bytes: 1 });
});

test('times are written in UTC, in any time zone (H8)', async () => {
  const plan = await planOf(
    'options {"refreshTimes":true}',
    'source a 1 @10.5',
    'target a 1 @15552000.000000001',
  );
  const zone = process.env['TZ'];
  try {
    const times = '2026-06-30T00:00:00.000000001Z -> 2026-01-01T00:00:10.5Z';
    for (const there of ['UTC', 'Europe/Dublin', 'Asia/Tokyo']) {
      process.env['TZ'] = there;
      assert.ok([...describePlan(plan)].includes(`time  a  (only the time differs: ${times})`));
    }
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('names that would break a line or hide its ends are quoted', async () => {
  const given = ['a\nb', ' a', 'a ', '"a"', 'tab\there', 'plain name'];
  const plan = await planOf(...given.map((name) => `source ${JSON.stringify(name)} 1 @1`));
  const names = [...describePlan(plan)].flatMap((line) => /^upload {2}(.*) {2}\(/.exec(line)?.[1] ?? []);
  assert.deepEqual(names, ['" a"', '"\\"a\\""', '"a\\nb"', '"a "', 'plain name', '"tab\\there"']);
});
