import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlanOptions, type PlanOptions } from '../../../src/plan/model/planOptions';
import { formatter } from '../../../src/preview/format';
import { optionFacts } from '../../../src/preview/optionFacts';
import { englishStrings } from '../../../src/preview/strings';

const format = formatter('en', englishStrings);
const facts = (options: Partial<PlanOptions>) =>
  optionFacts({ ...defaultPlanOptions, ...options }, englishStrings, format);

test('What is as usual is not told', () => {
  assert.deepEqual(facts({}), []);
  assert.deepEqual(facts({ deletes: 'after', trackRenames: 'none', update: false, ignoreFiles: [] }), []);
});

test('What can take a file away comes first and in full', () => {
  assert.deepEqual(
    facts({
      deletes: 'before',
      backupFolder: 'kept/{date}',
      maxDelete: { files: 10, percent: 50 },
      trackRenames: 'hash',
      filters: [{ exclude: '*.log' }],
      ignoreFiles: ['.gitignore'],
      update: true,
      minSize: '1K',
    }),
    [
      'deletes before the copies',
      'keeps what it replaces in kept/{date}',
      `deletes nothing if more than 10 files, ${format.percent(0.5)}`,
      'follows renames, known by hash',
      '1 filter rule',
      '.gitignore',
      '2 more options',
    ],
  );
});

test('Of a move it is told that the source loses files, and nothing of deletes', () => {
  assert.deepEqual(facts({ verb: 'move', deletes: 'during', maxDelete: { files: 1 } }), [
    'removes what it moved from the source',
  ]);
});

test('A comparison keeps nothing, as it replaces nothing', () => {
  assert.deepEqual(facts({ verb: 'check', backupFolder: 'kept' }), []);
});

test('A limit of no deletes at all is a limit', () => {
  assert.deepEqual(facts({ deletes: 'after', maxDelete: { files: 0 } }), [
    'deletes nothing if more than 0 files',
  ]);
});

test('One is one more option', () => {
  assert.deepEqual(facts({ immutable: true }), ['1 more option']);
});
