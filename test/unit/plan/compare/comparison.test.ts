import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparesBySize, type Direction } from '../../../../src/plan/compare/comparison';
import type { ComparisonMode, PlanOptions } from '../../../../src/plan/model/planOptions';
import { type Instant, instantFromMs } from '../../../../src/remote/modifiedTime';
import { compare, rulesOf } from './comparing';

const early: Instant = { s: 1000, ns: 0 };
const late: Instant = { s: 1000, ns: 1000 };
const second = 1_000_000_000;
const directions = ['upload', 'download', 'copy'] as const;

// §1.2: equal sizes, by direction and flag: T_src < T_dst, equal, T_src > T_dst.
const awsTable: readonly (readonly [ComparisonMode, Direction, string, string, string])[] = [
  ['aws', 'upload', 'same', 'same', 'sourceIsNewer'],
  ['exact-timestamps', 'upload', 'same', 'same', 'sourceIsNewer'],
  ['aws', 'copy', 'same', 'same', 'sourceIsNewer'],
  ['exact-timestamps', 'copy', 'same', 'same', 'sourceIsNewer'],
  ['aws', 'download', 'targetIsNewer', 'same', 'same'],
  ['exact-timestamps', 'download', 'targetIsNewer', 'same', 'sourceIsNewer'],
  ['size-only', 'upload', 'same', 'same', 'same'],
  ['size-only', 'download', 'same', 'same', 'same'],
  ['size-only', 'copy', 'same', 'same', 'same'],
];

for (const [mode, direction, older, equal, newer] of awsTable)
  test(`of one size, ${mode}, ${direction}: ${older}, ${equal}, ${newer} (A5, A7, A9)`, () => {
    const rules = rulesOf({ compare: mode }, direction);
    const side = (time: Instant, byServer: boolean) =>
      byServer ? { serverModified: time, modified: instantFromMs(5) } : { modified: time };
    const { source, target } = rules.serverTime;
    const results = [
      [early, late],
      [early, early],
      [late, early],
    ].map(([from = early, to = early]) => compare(side(from, source), side(to, target), rules));
    assert.deepEqual(results, [older, equal, newer]);
  });

test('different sizes decide in any mode and direction (A4)', () => {
  for (const mode of ['rclone', 'aws', 'exact-timestamps', 'size-only', 'checksum'] as const)
    for (const direction of directions)
      assert.equal(compare({ size: 3 }, { size: 2 }, rulesOf({ compare: mode }, direction)), 'sizeDiffers');
});

const aws = rulesOf({ compare: 'aws' });

test('aws never compares hashes (A6)', () => {
  assert.equal(compare({ modified: early, md5: 'a' }, { serverModified: late, md5: 'b' }, aws), 'same');
});

test('aws truncates times to the microsecond, and a whole one is a difference (A8)', () => {
  assert.equal(compare({ modified: { s: 1000, ns: 999 } }, { serverModified: early }, aws), 'same');
  assert.equal(compare({ modified: { s: 1000, ns: 1000 } }, { serverModified: early }, aws), 'sourceIsNewer');
});

test('times before 1970 are valid and old (A13)', () => {
  const before = { modified: { s: -2, ns: 500_000_000 } };
  assert.equal(compare(before, { serverModified: early }, aws), 'same');
  assert.equal(compare({ serverModified: early }, before, rulesOf({ compare: 'aws' }, 'download')), 'same');
});

test('an unknown time makes aws transfer', () => {
  assert.equal(compare({}, { serverModified: early }, aws), 'timeDiffers');
});

test("an object's own time comes before LastModified, which is used without one (R1)", () => {
  const target = { modified: early, md5: 'a' };
  const none = { serverModified: late, md5: 'a', exact: true };
  const rules = rulesOf({}, 'download');
  assert.equal(compare({ ...none, modified: early }, target, rules), 'same');
  assert.equal(compare(none, target, rules), 'onlyTimeDiffers');
});

test('facts missing from a listing are requested only when sizes agree, and a hash only when times differ (R6)', () => {
  const local = { modified: early, exact: true };
  const object = { md5: 'a', exact: true };
  const rules = rulesOf({});
  assert.equal(compare(local, { serverModified: late, md5: 'a' }, rules), 'times');
  assert.equal(compare(local, { size: 9 }, rules), 'sizeDiffers');
  assert.equal(compare(local, { ...object, modified: early }, rules), 'same');
  assert.equal(compare(local, { ...object, modified: late }, rules), 'content');
});

test('a checksum comparison needs no request where the listing has the hash (H29)', () => {
  const rules = rulesOf({ compare: 'checksum' }, 'copy');
  assert.equal(compare({ md5: 'a' }, { md5: 'a' }, rules), 'same');
  assert.equal(compare({ md5: 'a' }, {}, rules), 'hashes');
});

test("the window is the largest of the flag and both precisions, and 'none' where a side stores no times (R5)", () => {
  for (const [options, source, target, expected] of [
    [{}, 1, 1, 1],
    [{}, 100, 1, 100],
    [{}, 1, 2 * second, 2 * second],
    [{}, 1, 'none', 'none'],
    [{}, 'none', 1, 'none'],
    [{ modifyWindowMs: 1000 }, 1000, 1, second],
    [{ modifyWindowMs: 0.0000001 }, 1000, 1, 1000],
    [{ modifyWindowMs: 1000 }, 1000, 2 * second, 2 * second],
    [{ modifyWindowMs: 1000 }, 1000, 'none', 'none'],
    [{ modifyWindowMs: 1000, compare: 'aws' }, 1, 1, 1000],
    // A service has its own time whatever it keeps of the owner's.
    [{ compare: 'aws' }, 1, 'none', 1000],
    [{ useServerTimes: true }, 1000, 'none', 1000],
  ] as const satisfies readonly (readonly [Partial<PlanOptions>, ...unknown[]])[])
    assert.equal(rulesOf(options, 'upload', [source, target]).windowNs, expected, JSON.stringify(options));
});

test('a disk with a precision of two seconds does not download the same objects again (A10)', () => {
  const rules = rulesOf({ compare: 'exact-timestamps' }, 'download', [1, 2 * second]);
  const by = (object: number) =>
    compare({ serverModified: { s: object, ns: 7 } }, { modified: { s: 1000, ns: 0 } }, rules);
  assert.equal(by(1001), 'same');
  assert.equal(by(1002), 'sourceIsNewer');
});

test('the direction follows from the kinds of places', () => {
  for (const direction of directions) assert.equal(rulesOf({}, direction).direction, direction);
});

test('sizes alone decide only where times would be compared and a side stores none', () => {
  const bySize = (options: Partial<PlanOptions>, precision: number | 'none' = 'none') =>
    comparesBySize(rulesOf(options, 'upload', [1000, precision]));
  assert.equal(bySize({}), true);
  assert.equal(bySize({}, 1), false);
  const others = [{ compare: 'size-only' }, { compare: 'checksum' }, { verb: 'check' }] as const;
  for (const options of [...others, { ignoreTimes: true }, { ignoreExisting: true }])
    assert.equal(bySize(options), false, JSON.stringify(options));
});
