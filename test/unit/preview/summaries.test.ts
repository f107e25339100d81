import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlanOptions, type PlanOptions } from '../../../src/plan/model/planOptions';
import { formatter } from '../../../src/preview/format';
import { englishStrings as words } from '../../../src/preview/strings';
import { optionFacts, planBanners } from '../../../src/preview/summaries';
import { parsePath } from '../../../src/remote/remotePath';
import { planOf } from './plans';

const plan = planOf({});

test('The banner names the side without modified times and a more certain comparison', () => {
  for (const [withoutTimes, text] of [
    [['source'], /^The source keeps no modified times: .*Compare by hash/],
    [['target'], /^The target keeps no modified times: /],
    [['source', 'target'], /^Neither side keeps modified times: /],
  ] as const) {
    const [banner, ...others] = planBanners({ ...plan, withoutTimes }, words);
    assert.equal(banner?.tone, 'info');
    assert.match(banner?.text ?? '', text);
    assert.deepEqual(others, []);
  }
  assert.deepEqual(planBanners(plan, words), []);
});

test('Of many folders that could not be listed, three are named and the rest are counted', () => {
  const problems = Array.from({ length: 5 }, (_, i) => ({
    side: 'target' as const,
    path: parsePath('site'),
    kind: 'forbidden' as const,
    message: `no ${i}`,
  }));
  const texts = planBanners({ ...plan, problems }, words).map(({ text }) => text);
  assert.equal(texts.length, 4);
  assert.match(texts[0] ?? '', /Part of the target could not be listed: no 0/);
  assert.equal(texts[3], 'and 2 more');
});

const format = formatter('en', words);
const facts = (options: Partial<PlanOptions>) =>
  optionFacts({ ...defaultPlanOptions, ...options }, words, format);

test('Defaults are no facts', () => {
  assert.deepEqual(facts({}), []);
  assert.deepEqual(facts({ deletes: 'after', trackRenames: 'none', update: false, ignoreFiles: [] }), []);
});

test('Options that can lose a file come first and in full', () => {
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
      'keeps replaced files in kept/{date}',
      `deletes nothing if more than 10 files, ${format.percent(0.5)}`,
      'detects renames by hash',
      '1 filter rule',
      '.gitignore',
      '2 more options',
    ],
  );
});

test('A move says that the source loses files, and nothing about deletes', () => {
  assert.deepEqual(facts({ verb: 'move', deletes: 'during', maxDelete: { files: 1 } }), [
    'removes moved files from the source',
  ]);
});

test('A comparison keeps nothing, because it replaces nothing', () => {
  assert.deepEqual(facts({ verb: 'check', backupFolder: 'kept' }), []);
});

test('A limit of zero deletes is a limit', () => {
  assert.deepEqual(facts({ deletes: 'after', maxDelete: { files: 0 } }), [
    'deletes nothing if more than 0 files',
  ]);
});

test('One more option is singular', () => {
  assert.deepEqual(facts({ immutable: true }), ['1 more option']);
});
