import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Comparison,
  type ComparisonRules,
  compareFiles,
  comparisonRules,
  type Direction,
} from '../../../../src/plan/compare/comparison';
import type { Place } from '../../../../src/plan/model/plan';
import { type ComparisonMode, defaultPlanOptions } from '../../../../src/plan/model/planOptions';
import type { Capabilities } from '../../../../src/remote/capabilities';
import type { FileEntry } from '../../../../src/remote/entry';
import { type Instant, instantFromMs } from '../../../../src/remote/modifiedTime';
import { parsePath } from '../../../../src/remote/remotePath';

interface Facts {
  size?: number;
  modified?: Instant;
  serverModified?: Instant;
  md5?: string;
  exact?: boolean;
}

function file(facts: Facts): FileEntry {
  return { kind: 'file', path: parsePath('f'), size: 3, ...facts };
}

function rules(mode: ComparisonMode, direction: Direction, windowNs: number | 'none' = 1): ComparisonRules {
  const likeAws = mode === 'aws' || mode === 'exact-timestamps';
  return {
    mode,
    direction,
    windowNs: likeAws ? 1000 : windowNs,
    serverTime: { source: likeAws && direction !== 'upload', target: likeAws && direction !== 'download' },
  };
}

function word(comparison: Comparison): string {
  return comparison.verdict === 'same' ? 'same' : comparison.because;
}

const early: Instant = { s: 1000, ns: 0 };
const late: Instant = { s: 1000, ns: 1000 };

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
    const compare = (source: Instant, target: Instant) => {
      const side = (time: Instant, byServer: boolean) =>
        file(byServer ? { serverModified: time, modified: instantFromMs(5) } : { modified: time });
      const by = rules(mode, direction);
      return word(
        compareFiles(side(source, by.serverTime.source), side(target, by.serverTime.target), by, false),
      );
    };
    assert.equal(compare(early, late), older);
    assert.equal(compare(early, early), equal);
    assert.equal(compare(late, early), newer);
  });

test('different sizes decide in any mode and direction (A4)', () => {
  for (const mode of ['rclone', 'aws', 'exact-timestamps', 'size-only', 'checksum'] as const)
    for (const direction of ['upload', 'download', 'copy'] as const)
      assert.deepEqual(compareFiles(file({ size: 3 }), file({ size: 2 }), rules(mode, direction), false), {
        verdict: 'different',
        because: 'sizeDiffers',
      });
});

test('aws never compares hashes (A6)', () => {
  const source = file({ modified: early, md5: 'a' });
  const target = file({ serverModified: late, md5: 'b' });
  assert.equal(word(compareFiles(source, target, rules('aws', 'upload'), false)), 'same');
});

test('aws truncates times to the microsecond, and a whole one is a difference (A8)', () => {
  const compare = (ns: number) =>
    word(
      compareFiles(
        file({ modified: { s: 1000, ns } }),
        file({ serverModified: early }),
        rules('aws', 'upload'),
        false,
      ),
    );
  assert.equal(compare(999), 'same');
  assert.equal(compare(1000), 'sourceIsNewer');
});

test('times before 1970 are valid and old (A13)', () => {
  const before = file({ modified: { s: -2, ns: 500_000_000 } });
  assert.equal(
    word(compareFiles(before, file({ serverModified: early }), rules('aws', 'upload'), false)),
    'same',
  );
  assert.equal(
    word(compareFiles(file({ serverModified: early }), before, rules('aws', 'download'), false)),
    'same',
  );
});

test('an unknown time makes aws transfer', () => {
  assert.equal(
    word(compareFiles(file({}), file({ serverModified: early }), rules('aws', 'upload'), false)),
    'timeDiffers',
  );
});

// §2.2 steps 6 to 10, with everything known: times within the window?, hashes: equal, differ, one missing.
const rcloneTable: readonly (readonly [ComparisonMode, boolean, string, string, string])[] = [
  ['rclone', true, 'same', 'same', 'same'],
  ['rclone', false, 'onlyTimeDiffers', 'hashDiffers', 'timeDiffers'],
  ['checksum', true, 'same', 'hashDiffers', 'noCommonHash'],
  ['checksum', false, 'same', 'hashDiffers', 'noCommonHash'],
  ['size-only', true, 'same', 'same', 'same'],
  ['size-only', false, 'same', 'same', 'same'],
];

for (const [mode, within, equal, differ, missing] of rcloneTable)
  for (const direction of ['upload', 'download', 'copy'] as const)
    test(`of one size, ${mode}, ${direction}, times ${within ? 'within' : 'beyond'} the window: ${equal}, ${differ}, ${missing} (R6, R8)`, () => {
      const compare = (target: Facts) =>
        word(
          compareFiles(
            file({ modified: late, md5: 'a', exact: true }),
            file({ modified: within ? late : early, exact: true, ...target }),
            rules(mode, direction),
            true,
          ),
        );
      assert.equal(compare({ md5: 'a' }), equal);
      assert.equal(compare({ md5: 'b' }), differ);
      assert.equal(compare({}), missing);
    });

test('times less than the window apart are equal, in both directions (R5)', () => {
  const compare = (a: Instant, b: Instant) =>
    word(
      compareFiles(
        file({ modified: a, md5: 'a' }),
        file({ modified: b, md5: 'a' }),
        rules('rclone', 'copy', 1_000_000_000),
        false,
      ),
    );
  assert.equal(compare({ s: 10, ns: 999_999_999 }, { s: 10, ns: 0 }), 'same');
  assert.equal(compare({ s: 10, ns: 0 }, { s: 10, ns: 999_999_999 }), 'same');
  assert.equal(compare({ s: 11, ns: 0 }, { s: 10, ns: 0 }), 'onlyTimeDiffers');
});

test("an object's own time comes before LastModified, which is used without one (R1)", () => {
  const target = file({ modified: early, md5: 'a' });
  const own = file({ modified: early, serverModified: late, md5: 'a', exact: true });
  const none = file({ serverModified: late, md5: 'a', exact: true });
  assert.equal(word(compareFiles(own, target, rules('rclone', 'download'), false)), 'same');
  assert.equal(word(compareFiles(none, target, rules('rclone', 'download'), false)), 'onlyTimeDiffers');
});

test('facts missing from a listing are requested only when sizes agree, and a hash only when times differ (R6)', () => {
  const local = file({ modified: early, exact: true });
  const by = rules('rclone', 'upload');
  assert.deepEqual(compareFiles(local, file({ serverModified: late, md5: 'a' }), by, false), {
    verdict: 'needsFacts',
    because: 'times',
  });
  assert.equal(word(compareFiles(local, file({ size: 9 }), by, false)), 'sizeDiffers');
  assert.equal(
    word(compareFiles(local, file({ modified: early, md5: 'a', exact: true }), by, false)),
    'same',
  );
  assert.deepEqual(compareFiles(local, file({ modified: late, md5: 'a', exact: true }), by, false), {
    verdict: 'needsFacts',
    because: 'content',
  });
});

test('a checksum comparison needs no request where the listing has the hash (H29)', () => {
  const by = rules('checksum', 'copy');
  assert.equal(word(compareFiles(file({ md5: 'a' }), file({ md5: 'a' }), by, false)), 'same');
  assert.equal(word(compareFiles(file({ md5: 'a' }), file({}), by, false)), 'hashes');
});

const folder: Place = { kind: 'folder', path: '/w' };
const store: Place = { kind: 'remote', remote: 'r', path: parsePath('b') };
const caps = (timePrecisionNs: number | 'none') => ({ timePrecisionNs }) as Capabilities;

test("the window is the coarser precision of both sides, and 'none' where a side stores no times (R5)", () => {
  const window = (mode: ComparisonMode, source: number | 'none', target: number | 'none') =>
    comparisonRules(
      { ...defaultPlanOptions, compare: mode },
      { place: folder, capabilities: caps(source) },
      { place: store, capabilities: caps(target) },
    ).windowNs;
  assert.equal(window('rclone', 1, 1), 1);
  assert.equal(window('rclone', 100, 1), 100);
  assert.equal(window('rclone', 1, 2_000_000_000), 2_000_000_000);
  assert.equal(window('rclone', 1, 'none'), 'none');
  assert.equal(window('rclone', 'none', 1), 'none');
  assert.equal(window('aws', 1, 1), 1000);
  // LastModified is there whether or not the store keeps an owner's time.
  assert.equal(window('aws', 1, 'none'), 1000);
});

test('a disk with a precision of two seconds does not download the same objects again (A10)', () => {
  const by = comparisonRules(
    { ...defaultPlanOptions, compare: 'exact-timestamps' },
    { place: store, capabilities: caps(1) },
    { place: folder, capabilities: caps(2_000_000_000) },
  );
  const compare = (object: number, disk: number) =>
    word(
      compareFiles(
        file({ serverModified: { s: object, ns: 7 } }),
        file({ modified: { s: disk, ns: 0 } }),
        by,
        false,
      ),
    );
  assert.equal(compare(1001, 1000), 'same');
  assert.equal(compare(1002, 1000), 'sourceIsNewer');
});

test('the direction follows from the kinds of places', () => {
  const direction = (source: Place, target: Place) =>
    comparisonRules(
      defaultPlanOptions,
      { place: source, capabilities: caps(1) },
      { place: target, capabilities: caps(1) },
    ).direction;
  assert.equal(direction(folder, store), 'upload');
  assert.equal(direction(store, folder), 'download');
  assert.equal(direction(store, store), 'copy');
  assert.equal(direction(folder, folder), 'copy');
});
