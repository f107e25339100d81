import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Comparison, compareFiles, type Direction } from '../../../../src/plan/compare/comparison';
import {
  type ComparisonMode,
  comparisonModes,
  type PlanOptions,
} from '../../../../src/plan/model/planOptions';
import { type Facts, file, rulesOf } from './comparing';

// Sync-semantics §2.2: the first of ten steps that applies. Each row of `table` is written from there by hand.

function word(comparison: Comparison): string {
  switch (comparison.verdict) {
    case 'same':
      return 'skip';
    case 'leftAlone':
      return `leave: ${comparison.because}`;
    case 'different':
      return comparison.because === 'onlyTimeDiffers' ? 'touch' : `transfer: ${comparison.because}`;
    case 'unknown':
      return 'unverified';
    case 'needsFacts':
      return `needs ${comparison.because}`;
  }
}

type Flags = Partial<PlanOptions>;
type Sizes = 'equal sizes' | 'other size';
/** The target's time against the source's, seen with a window of a second. */
type Time = 'older' | 'within' | 'newer';
type Hash = 'equal' | 'other' | 'missing';

const source = { modified: { s: 100, ns: 0 }, md5: 'a', exact: true };
const seconds: Readonly<Record<Time, number>> = { older: 99, within: 100, newer: 101 };

/** Compares the facts, all of them exact and hashed, in a word of the table. */
function decide(options: Flags, source: Facts, target: Facts, direction: Direction = 'upload'): string {
  const rules = rulesOf({ modifyWindowMs: 1000, ...options }, direction);
  return word(compareFiles(file({ exact: true, ...source }), file({ exact: true, ...target }), rules, true));
}

const all = {
  sizes: ['equal sizes', 'other size'],
  times: ['older', 'within', 'newer'],
  hashes: ['equal', 'other', 'missing'],
} as const;

type Row = readonly [
  string,
  readonly ComparisonMode[],
  Flags,
  Sizes | 'any',
  Time | 'any',
  Hash | 'any',
  string,
];

const likeRclone: readonly ComparisonMode[] = ['rclone', 'checksum', 'size-only'];

const table: readonly Row[] = [
  ['step 1', comparisonModes, { ignoreExisting: true }, 'any', 'any', 'any', 'leave: existing'],
  [
    'step 1',
    comparisonModes,
    { ignoreExisting: true, ignoreTimes: true },
    'any',
    'any',
    'any',
    'leave: existing',
  ],
  ['step 1', likeRclone, { ignoreExisting: true, update: true }, 'any', 'any', 'any', 'leave: existing'],
  ['step 2', comparisonModes, { ignoreTimes: true }, 'any', 'any', 'any', 'transfer: always'],
  ['step 2', likeRclone, { ignoreTimes: true, update: true }, 'any', 'any', 'any', 'transfer: always'],
  ['step 3', likeRclone, { update: true }, 'any', 'newer', 'any', 'leave: targetIsNewer'],
  ['step 4', likeRclone, { update: true }, 'other size', 'older', 'any', 'transfer: sizeDiffers'],
  ['step 4', ['size-only'], { update: true }, 'equal sizes', 'older', 'any', 'skip'],
  ['step 4', ['checksum'], { update: true }, 'equal sizes', 'older', 'equal', 'skip'],
  ['step 4', ['checksum'], { update: true }, 'equal sizes', 'older', 'other', 'transfer: hashDiffers'],
  ['step 4', ['checksum'], { update: true }, 'equal sizes', 'older', 'missing', 'unverified'],
  ['step 4', ['rclone'], { update: true }, 'equal sizes', 'older', 'equal', 'touch'],
  ['step 4', ['rclone'], { update: true }, 'equal sizes', 'older', 'other', 'transfer: hashDiffers'],
  ['step 4', ['rclone'], { update: true }, 'equal sizes', 'older', 'missing', 'transfer: timeDiffers'],
  ['step 5', likeRclone, { update: true }, 'other size', 'within', 'any', 'transfer: sizeDiffers'],
  ['step 5', ['rclone', 'size-only'], { update: true }, 'equal sizes', 'within', 'any', 'skip'],
  ['step 5', ['checksum'], { update: true }, 'equal sizes', 'within', 'equal', 'skip'],
  ['step 5', ['checksum'], { update: true }, 'equal sizes', 'within', 'other', 'transfer: hashDiffers'],
  ['step 5', ['checksum'], { update: true }, 'equal sizes', 'within', 'missing', 'unverified'],
  ['step 6', likeRclone, {}, 'other size', 'any', 'any', 'transfer: sizeDiffers'],
  ['step 6', likeRclone, { keepTargetTimes: true }, 'other size', 'any', 'any', 'transfer: sizeDiffers'],
  ['step 6', ['size-only'], { ignoreSize: true }, 'other size', 'any', 'any', 'skip'],
  ['step 6', ['checksum'], { ignoreSize: true }, 'other size', 'any', 'equal', 'skip'],
  ['step 6', ['checksum'], { ignoreSize: true }, 'other size', 'any', 'other', 'transfer: hashDiffers'],
  ['step 6', ['rclone'], { ignoreSize: true }, 'other size', 'within', 'any', 'skip'],
  ['step 6', ['rclone'], { ignoreSize: true }, 'other size', 'newer', 'other', 'transfer: hashDiffers'],
  [
    'step 6',
    ['rclone'],
    { ignoreSize: true, update: true },
    'other size',
    'newer',
    'any',
    'leave: targetIsNewer',
  ],
  ['step 7', ['size-only'], {}, 'equal sizes', 'any', 'any', 'skip'],
  ['step 7', ['checksum'], {}, 'equal sizes', 'any', 'equal', 'skip'],
  ['step 7', ['checksum'], {}, 'equal sizes', 'any', 'other', 'transfer: hashDiffers'],
  ['step 7', ['checksum'], {}, 'equal sizes', 'any', 'missing', 'unverified'],
  ['step 8', ['rclone'], {}, 'equal sizes', 'within', 'any', 'skip'],
  ['step 9', ['rclone'], {}, 'equal sizes', 'older', 'equal', 'touch'],
  ['step 9', ['rclone'], {}, 'equal sizes', 'newer', 'equal', 'touch'],
  ['step 9', ['rclone'], { keepTargetTimes: true }, 'equal sizes', 'older', 'equal', 'skip'],
  ['step 9', ['rclone'], { keepTargetTimes: true }, 'equal sizes', 'newer', 'equal', 'skip'],
  ['step 9', ['rclone'], { keepTargetTimes: true, update: true }, 'equal sizes', 'older', 'equal', 'skip'],
  ['step 10', ['rclone'], {}, 'equal sizes', 'older', 'other', 'transfer: hashDiffers'],
  ['step 10', ['rclone'], {}, 'equal sizes', 'newer', 'missing', 'transfer: timeDiffers'],
  [
    'step 10',
    ['rclone'],
    { keepTargetTimes: true },
    'equal sizes',
    'newer',
    'missing',
    'transfer: timeDiffers',
  ],
];

for (const [step, modes, flags, sizes, time, hash, expected] of table) {
  const names = Object.keys(flags).join(' and ') || 'no flag';
  test(`${step}, ${modes.join(' or ')}, ${names}; size: ${sizes}, target's time: ${time}, hash: ${hash}: ${expected} (R6, R8)`, () => {
    for (const mode of modes)
      for (const oneSize of sizes === 'any' ? all.sizes : [sizes])
        for (const oneTime of time === 'any' ? all.times : [time])
          for (const oneHash of hash === 'any' ? all.hashes : [hash])
            for (const direction of ['upload', 'download', 'copy'] as const) {
              const target = {
                size: oneSize === 'equal sizes' ? 3 : 4,
                modified: { s: seconds[oneTime], ns: oneTime === 'within' ? 999_999_999 : 0 },
                ...(oneHash !== 'missing' && { md5: oneHash === 'equal' ? 'a' : 'b' }),
              };
              const result = decide({ compare: mode, ...flags }, source, target, direction);
              assert.equal(result, expected, `${mode}, ${direction}, ${oneSize}, ${oneTime}, ${oneHash}`);
            }
  });
}

test('times exactly the window apart differ, and one nanosecond less are equal, in both directions (R5)', () => {
  const options = { modifyWindowMs: 500 };
  for (const [ns, expected] of [
    [499_999_999, 'skip'],
    [500_000_000, 'touch'],
  ] as const) {
    const other = { modified: { s: 100, ns }, md5: 'a' };
    assert.equal(decide(options, source, other), expected);
    assert.equal(decide(options, other, source), expected);
  }
});

test('with update, a target newer by exactly the window is left alone, and by one nanosecond less is compared (R5, R6)', () => {
  const options = { modifyWindowMs: 500, update: true };
  const by = (ns: number) => decide(options, source, { modified: { s: 100, ns }, size: 4, md5: 'b' });
  assert.equal(by(500_000_000), 'leave: targetIsNewer');
  assert.equal(by(499_999_999), 'transfer: sizeDiffers');
});

test('with update, times within a second are equal where a side stores none (R6)', () => {
  const rules = rulesOf({ update: true }, 'upload', [1, 'none']);
  const by = (target: Facts) =>
    word(compareFiles(file(source), file({ exact: true, ...target }), rules, true));
  const at = (s: number, ns = 0) => ({ serverModified: { s, ns }, md5: 'a' });
  assert.equal(by(at(101)), 'leave: targetIsNewer');
  assert.equal(by(at(100, 999_999_999)), 'skip');
  assert.equal(by(at(99)), 'touch');
  assert.equal(by({ ...at(99), md5: 'b' }), 'transfer: hashDiffers');
  assert.equal(by({ md5: 'b' }), 'transfer: hashDiffers');
});

test('only facts that the flags leave open are requested (R6, H29)', () => {
  const local = file({ modified: { s: 100, ns: 0 }, exact: true });
  const listed = file({ serverModified: { s: 200, ns: 0 }, md5: 'a' });
  const larger = { ...listed, size: 4 };
  for (const [target, options, expected] of [
    [listed, {}, 'needs times'],
    [larger, {}, 'transfer: sizeDiffers'],
    [listed, { ignoreExisting: true }, 'leave: existing'],
    [listed, { ignoreTimes: true }, 'transfer: always'],
    [listed, { compare: 'size-only' }, 'skip'],
    [listed, { compare: 'checksum' }, 'needs content'],
    [larger, { update: true }, 'needs times'],
    [larger, { compare: 'size-only', update: true }, 'needs times'],
    [larger, { update: true, useServerTimes: true }, 'leave: targetIsNewer'],
    [larger, { ignoreSize: true }, 'needs times'],
  ] as const)
    assert.equal(
      word(compareFiles(local, target, rulesOf(options), false)),
      expected,
      JSON.stringify(options),
    );
});

test("the service's time replaces the owner's for an object, never for a file on a disk (R9)", () => {
  const options = { useServerTimes: true, update: true, modifyWindowMs: 0 };
  assert.deepEqual(rulesOf(options).serverTime, { source: false, target: true });
  const by = (s: number) =>
    decide(options, source, { serverModified: { s, ns: 0 }, modified: { s: 1, ns: 0 }, md5: 'b' });
  assert.equal(by(101), 'leave: targetIsNewer');
  assert.equal(by(99), 'transfer: hashDiffers');
});

const flags = {
  ignoreExisting: true,
  ignoreTimes: true,
  update: true,
  ignoreSize: true,
  keepTargetTimes: true,
} as const;

test('by aws rules only ignoreExisting and ignoreTimes have an effect', () => {
  const rules = rulesOf({ compare: 'exact-timestamps', ...flags });
  assert.ok(rules.ignoreExisting && rules.ignoreTimes);
  assert.ok(!rules.update && !rules.ignoreSize && !rules.equalContentIsSame);
});

test('a check compares size, then hash, even where a sync leaves files alone; only sizes may be ignored (R11)', () => {
  const rules = rulesOf({ verb: 'check', useServerTimes: true, ...flags });
  assert.equal(rules.mode, 'checksum');
  assert.ok(!rules.ignoreExisting && !rules.ignoreTimes && !rules.update && !rules.equalContentIsSame);
  assert.deepEqual(rules.serverTime, { source: false, target: false });
  assert.ok(rules.ignoreSize);
  assert.equal(rulesOf({ verb: 'check', compare: 'size-only' }).mode, 'size-only');
});
