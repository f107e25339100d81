import assert from 'node:assert/strict';
import { test } from 'node:test';
import { englishStrings as words } from '../../../src/preview/strings';
import { planBanners } from '../../../src/preview/summaries';
import { parsePath } from '../../../src/remote/remotePath';
import { planOf } from './plans';

const plan = planOf({});

test('a side that keeps no modified times is named, and what to do for more certainty', () => {
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

test('of many folders that could not be listed, some are named and the rest counted', () => {
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
