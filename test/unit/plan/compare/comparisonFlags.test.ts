import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Comparison,
  type ComparisonRules,
  compareFiles,
  comparesBySize,
  comparisonRules,
} from '../../../../src/plan/compare/comparison';
import type { Place } from '../../../../src/plan/model/plan';
import {
  type ComparisonMode,
  comparisonModes,
  defaultPlanOptions,
  type PlanOptions,
} from '../../../../src/plan/model/planOptions';
import type { Capabilities } from '../../../../src/remote/capabilities';
import type { FileEntry } from '../../../../src/remote/entry';
import { parsePath } from '../../../../src/remote/remotePath';

// Sync-semantics §2.2: the first of ten steps that applies. Each row of `table` is written from there by hand.

type Facts = Partial<Pick<FileEntry, 'size' | 'modified' | 'serverModified' | 'md5' | 'exact'>>;

function file(facts: Facts): FileEntry {
  return { kind: 'file', path: parsePath('f'), size: 3, ...facts };
}

const second = 1_000_000_000;

function rules(more: Partial<ComparisonRules> = {}): ComparisonRules {
  return {
    mode: 'rclone',
    direction: 'upload',
    windowNs: second,
    serverTime: { source: false, target: false },
    ...more,
  };
}

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
      return `asks for ${comparison.because}`;
  }
}

type Flags = Partial<
  Pick<ComparisonRules, 'ignoreExisting' | 'ignoreTimes' | 'update' | 'ignoreSize' | 'keepTargetTimes'>
>;
type Sizes = 'equal sizes' | 'other size';
/** The target's time against the source's, seen with a window of a second. */
type Time = 'older' | 'within' | 'newer';
type Hash = 'equal' | 'other' | 'missing';

const seconds: Readonly<Record<Time, number>> = { older: 99, within: 100, newer: 101 };

function decide(mode: ComparisonMode, flags: Flags, sizes: Sizes, time: Time, hash: Hash): string {
  const source = file({ modified: { s: 100, ns: 0 }, md5: 'a', exact: true });
  const target = file({
    size: sizes === 'equal sizes' ? 3 : 4,
    modified: { s: seconds[time], ns: time === 'within' ? 999_999_999 : 0 },
    exact: true,
    ...(hash !== 'missing' && { md5: hash === 'equal' ? 'a' : 'b' }),
  });
  return word(compareFiles(source, target, rules({ mode, ...flags }), true));
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
  test(`${step}, ${modes.join(' or ')}, ${names}; size: ${sizes}, target's time: ${time}, hash: ${hash}: ${expected} (R6${step === 'step 7' ? ', R8' : ''})`, () => {
    for (const mode of modes)
      for (const oneSize of sizes === 'any' ? all.sizes : [sizes])
        for (const oneTime of time === 'any' ? all.times : [time])
          for (const oneHash of hash === 'any' ? all.hashes : [hash])
            assert.equal(
              decide(mode, flags, oneSize, oneTime, oneHash),
              expected,
              `${mode}, ${oneSize}, ${oneTime}, ${oneHash}`,
            );
  });
}

test('times exactly the window apart differ, and one nanosecond less are equal (R5)', () => {
  const compare = (ns: number) =>
    word(
      compareFiles(
        file({ modified: { s: 100, ns: 0 }, md5: 'a', exact: true }),
        file({ modified: { s: 100, ns }, md5: 'a', exact: true }),
        rules({ windowNs: 500_000_000 }),
        true,
      ),
    );
  assert.equal(compare(499_999_999), 'skip');
  assert.equal(compare(500_000_000), 'touch');
});

test('with update, a target newer by exactly the window is left alone, and by one nanosecond less is compared (R5, R6)', () => {
  const compare = (ns: number) =>
    word(
      compareFiles(
        file({ modified: { s: 100, ns: 0 }, md5: 'a', exact: true }),
        file({ modified: { s: 100, ns }, size: 4, md5: 'b', exact: true }),
        rules({ windowNs: 500_000_000, update: true }),
        true,
      ),
    );
  assert.equal(compare(500_000_000), 'leave: targetIsNewer');
  assert.equal(compare(499_999_999), 'transfer: sizeDiffers');
});

test('with update, times within a second are equal where a side stores none (R6)', () => {
  const compare = (target: Facts) =>
    word(
      compareFiles(
        file({ modified: { s: 100, ns: 0 }, md5: 'a', exact: true }),
        file({ md5: 'a', exact: true, ...target }),
        rules({ windowNs: 'none', update: true }),
        true,
      ),
    );
  assert.equal(compare({ serverModified: { s: 101, ns: 0 } }), 'leave: targetIsNewer');
  assert.equal(compare({ serverModified: { s: 100, ns: 999_999_999 } }), 'skip');
  assert.equal(compare({ serverModified: { s: 99, ns: 0 } }), 'touch');
  assert.equal(compare({ serverModified: { s: 99, ns: 0 }, md5: 'b' }), 'transfer: hashDiffers');
  assert.equal(compare({ md5: 'b' }), 'transfer: hashDiffers');
});

test('only facts that the flags leave open are requested (R6, H29)', () => {
  const local = file({ modified: { s: 100, ns: 0 }, exact: true });
  const listed = file({ serverModified: { s: 200, ns: 0 }, md5: 'a' });
  const larger = { ...listed, size: 4 };
  const ask = (target: FileEntry, more: Partial<ComparisonRules>) =>
    word(compareFiles(local, target, rules(more), false));
  assert.equal(ask(listed, {}), 'asks for times');
  assert.equal(ask(larger, {}), 'transfer: sizeDiffers');
  assert.equal(ask(listed, { ignoreExisting: true }), 'leave: existing');
  assert.equal(ask(listed, { ignoreTimes: true }), 'transfer: always');
  assert.equal(ask(listed, { mode: 'size-only' }), 'skip');
  assert.equal(ask(listed, { mode: 'checksum' }), 'asks for content');
  assert.equal(ask(larger, { update: true }), 'asks for times');
  assert.equal(ask(larger, { mode: 'size-only', update: true }), 'asks for times');
  assert.equal(
    ask(larger, { update: true, serverTime: { source: false, target: true } }),
    'leave: targetIsNewer',
  );
  assert.equal(ask(larger, { ignoreSize: true }), 'asks for times');
});

const folder: Place = { kind: 'folder', path: '/w' };
const store: Place = { kind: 'remote', remote: 'r', path: parsePath('b') };
const caps = (timePrecisionNs: number | 'none') => ({ timePrecisionNs }) as Capabilities;

function rulesOf(options: Partial<PlanOptions>, precision: number | 'none' = 1): ComparisonRules {
  return comparisonRules(
    { ...defaultPlanOptions, ...options },
    { place: folder, capabilities: caps(1000) },
    { place: store, capabilities: caps(precision) },
  );
}

test('the effective window is the largest of the flag and both precisions (R5)', () => {
  assert.equal(rulesOf({}).windowNs, 1000);
  assert.equal(rulesOf({ modifyWindowMs: 1000 }).windowNs, second);
  assert.equal(rulesOf({ modifyWindowMs: 0.0000001 }).windowNs, 1000);
  assert.equal(rulesOf({ modifyWindowMs: 1000 }, 2 * second).windowNs, 2 * second);
  assert.equal(rulesOf({ modifyWindowMs: 1000 }, 'none').windowNs, 'none');
  assert.equal(rulesOf({ modifyWindowMs: 1000, compare: 'aws' }).windowNs, 1000);
});

test("the service's time replaces the owner's for an object, never for a file on a disk (R9)", () => {
  const by = rulesOf({ useServerTimes: true, update: true });
  assert.deepEqual(by.serverTime, { source: false, target: true });
  const compare = (target: number) =>
    word(
      compareFiles(
        file({ modified: { s: 100, ns: 0 }, exact: true, md5: 'a' }),
        file({ serverModified: { s: target, ns: 0 }, modified: { s: 1, ns: 0 }, md5: 'b' }),
        by,
        false,
      ),
    );
  assert.equal(compare(101), 'leave: targetIsNewer');
  assert.equal(compare(99), 'transfer: hashDiffers');
  // Its precision is not what the store keeps of the owner's times.
  assert.equal(rulesOf({ useServerTimes: true }, 'none').windowNs, 1000);
});

test('by aws rules only ignoreExisting and ignoreTimes have an effect', () => {
  const flags = {
    update: true,
    ignoreSize: true,
    keepTargetTimes: true,
    ignoreExisting: true,
    ignoreTimes: true,
  };
  const { update, ignoreSize, keepTargetTimes, ignoreExisting, ignoreTimes } = rulesOf({
    compare: 'exact-timestamps',
    ...flags,
  });
  assert.deepEqual([update, ignoreSize, keepTargetTimes], [false, false, false]);
  assert.deepEqual([ignoreExisting, ignoreTimes], [true, true]);
});

test('a check compares size, then hash, even where a sync leaves files alone; only sizes may be ignored (R11)', () => {
  const by = rulesOf({
    verb: 'check',
    ignoreExisting: true,
    ignoreTimes: true,
    update: true,
    keepTargetTimes: true,
    useServerTimes: true,
    ignoreSize: true,
  });
  assert.equal(by.mode, 'checksum');
  assert.ok(!by.ignoreExisting && !by.ignoreTimes && !by.update && !by.keepTargetTimes);
  assert.deepEqual(by.serverTime, { source: false, target: false });
  assert.equal(by.ignoreSize, true);
  assert.equal(rulesOf({ verb: 'check', compare: 'size-only' }).mode, 'size-only');
});

test('sizes alone decide only where times would be compared and a side stores none', () => {
  assert.equal(comparesBySize(rulesOf({}, 'none')), true);
  assert.equal(comparesBySize(rulesOf({})), false);
  assert.equal(comparesBySize(rulesOf({ compare: 'size-only' }, 'none')), false);
  assert.equal(comparesBySize(rulesOf({ compare: 'checksum' }, 'none')), false);
  assert.equal(comparesBySize(rulesOf({ ignoreTimes: true }, 'none')), false);
  assert.equal(comparesBySize(rulesOf({ ignoreExisting: true }, 'none')), false);
  assert.equal(comparesBySize(rulesOf({ verb: 'check' }, 'none')), false);
});
