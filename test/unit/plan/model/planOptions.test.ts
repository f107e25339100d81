import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defaultPlanOptions,
  type PlanOptions,
  parsePlanOptions,
} from '../../../../src/plan/model/planOptions';
import { ofKind } from '../../../support/remoteErrors';

test('missing options have their defaults', () => {
  assert.deepEqual(parsePlanOptions({}), defaultPlanOptions);
  assert.deepEqual(parsePlanOptions(undefined), defaultPlanOptions);
});

test('deletes are off by default', () => {
  assert.equal(parsePlanOptions({ verb: 'sync' }).deletes, 'none');
});

test('options are read as given', () => {
  const given: Readonly<Record<keyof PlanOptions, unknown>> = {
    verb: 'move',
    compare: 'exact-timestamps',
    deletes: 'during',
    filters: [{ include: '*.md' }, { exclude: '*' }],
    filterDialect: 'gitignore',
    useDefaultExcludes: false,
    followSymlinks: false,
    only: [{ file: 'a/b.txt' }, { folder: 'c' }],
    oneWay: true,
    ignoreExisting: true,
    ignoreTimes: false,
    update: true,
    ignoreSize: true,
    immutable: true,
    keepTargetTimes: true,
    refreshTimes: true,
    useServerTimes: true,
    deleteExcluded: true,
    modifyWindowMs: 0.5,
    maxDelete: { files: 0, percent: 100, bytes: 5 },
    backupFolder: 'bucket/old/{date}',
    trackRenames: 'hash',
    minSize: 10,
    maxSize: '10K',
    minAge: '1h30m',
    maxAge: '1y',
    ignoreFiles: ['.gitignore', '.s3ignore'],
  };
  assert.deepEqual(parsePlanOptions(given), given);
});

test('an undefined option counts as absent', () => {
  const parsed = parsePlanOptions({ update: undefined, maxDelete: undefined, verb: undefined });
  assert.deepEqual(Object.keys(parsed), Object.keys(defaultPlanOptions));
});

test('equal limits include files of exactly that size or age', () => {
  const given = { minSize: '1K', maxSize: 1024, minAge: '60s', maxAge: '1m' };
  assert.deepEqual(parsePlanOptions(given), { ...defaultPlanOptions, ...given });
});

const bad: readonly (readonly [unknown, RegExp])[] = [
  ['sync', /^The options are "sync"/],
  [[], /^The options are \[\]/],
  [{ delete: true }, /^The option "delete" is unknown\. Known are verb, compare, deletes/],
  [{ verb: 'mirror' }, /^The option "verb" is "mirror", but must be one of "copy", "sync", "move", "check"/],
  [{ compare: 'md5' }, /^The option "compare" is "md5", but must be one of "rclone", "aws", "exact-time/],
  [{ deletes: true }, /^The option "deletes" is true, but must be one of "none", "before", "during"/],
  [{ filters: '*.tmp' }, /^The option "filters" is "\*\.tmp", but must be a list/],
  [{ filters: ['*.tmp'] }, /^The option "filters\[0\]" is "\*\.tmp", but must be either/],
  [{ filters: [{ include: 'a' }, { include: 'a', exclude: 'b' }] }, /^The option "filters\[1\]"/],
  [{ filters: [{ exclude: '' }] }, /^The option "filters\[0\]"/],
  [{ filterDialect: 'git' }, /^The option "filterDialect" is "git", but must be one of "rclone", "aws"/],
  [{ useDefaultExcludes: 'yes' }, /^The option "useDefaultExcludes" is "yes", but must be true or false/],
  [{ followSymlinks: 1 }, /^The option "followSymlinks" is 1/],
  [{ update: 1 }, /^The option "update" is 1, but must be true or false/],
  [{ immutable: null }, /^The option "immutable" is null/],
  [{ modifyWindowMs: -1 }, /^The option "modifyWindowMs" is -1, but must be a number of milliseconds/],
  [{ modifyWindowMs: '1s' }, /^The option "modifyWindowMs" is "1s"/],
  [{ modifyWindowMs: Number.NaN }, /^The option "modifyWindowMs"/],
  [{ maxDelete: 10 }, /^The option "maxDelete" is 10, but must be an object with "files"/],
  [{ maxDelete: {} }, /^The option "maxDelete" is \{\}/],
  [{ maxDelete: { count: 1 } }, /^The option "maxDelete" is \{"count":1\}/],
  [{ maxDelete: { files: -1 } }, /^The option "maxDelete\.files" is -1, but must be a whole number/],
  [{ maxDelete: { files: 1.5 } }, /^The option "maxDelete\.files" is 1\.5/],
  [{ maxDelete: { percent: 101 } }, /^The option "maxDelete\.percent" is 101, but must be .* from 0 to 100/],
  [{ maxDelete: { bytes: '1K' } }, /^The option "maxDelete\.bytes" is "1K"/],
  [{ backupFolder: '' }, /^The option "backupFolder" is "", but must be the path of a folder/],
  [{ backupFolder: 'bucket/../old' }, /^The option "backupFolder" .* a path without "\.\."/],
  [{ backupFolder: 'C:\\a\\..\\b' }, /^The option "backupFolder" .* a path without "\.\."/],
  [{ trackRenames: true }, /^The option "trackRenames" is true, but must be one of "none", "hash", "mod/],
  [{ minSize: '10 apples' }, /^The option "minSize" is "10 apples"/],
  [{ maxSize: true }, /^The option "maxSize" is true/],
  [{ minAge: 5 }, /^The option "minAge" is 5, but must be an age/],
  [{ maxAge: '1 week' }, /^The option "maxAge" is "1 week"/],
  [{ minSize: '1M', maxSize: 1000 }, /^The option "minSize" is "1M", more than "maxSize" with 1000, so no/],
  [{ minAge: '2d', maxAge: '1d' }, /^The option "minAge" is "2d", more than "maxAge" with "1d"/],
  [{ ignoreFiles: '.gitignore' }, /^The option "ignoreFiles" is "\.gitignore", but must be a list/],
  [{ ignoreFiles: ['a/.gitignore'] }, /^The option "ignoreFiles\[0\]" is "a\/\.gitignore"/],
  [{ ignoreFiles: ['..'] }, /^The option "ignoreFiles\[0\]"/],
  [{ ignoreFiles: [''] }, /^The option "ignoreFiles\[0\]"/],
];

for (const [given, message] of bad)
  test(`invalid options are rejected by name: ${JSON.stringify(given)}`, () => {
    assert.throws(() => parsePlanOptions(given), ofKind('badSettings', message));
  });
