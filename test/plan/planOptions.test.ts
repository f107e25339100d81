import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlanOptions, parsePlanOptions } from '../../src/plan/planOptions';
import { isRemoteError } from '../../src/remote/remoteError';

test('options that are not given have their defaults', () => {
  assert.deepEqual(parsePlanOptions({}), defaultPlanOptions);
  assert.deepEqual(parsePlanOptions(undefined), defaultPlanOptions);
});

test('deletes are off by default', () => {
  assert.equal(parsePlanOptions({ verb: 'sync' }).deletes, 'none');
});

test('given options are taken', () => {
  const given = {
    verb: 'copy',
    compare: 'exact-timestamps',
    deletes: 'after',
    filters: [{ include: '*.md' }, { exclude: '*' }],
    filterDialect: 'aws',
    useDefaultExcludes: false,
    followSymlinks: false,
    only: [{ file: 'a/b.txt' }, { folder: 'c' }],
  };
  assert.deepEqual(parsePlanOptions(given), given);
});

const bad: readonly (readonly [unknown, RegExp])[] = [
  ['sync', /^The options is "sync"/],
  [[], /^The options is \[\]/],
  [{ delete: true }, /^The option "delete" is unknown\. Known are verb, compare, deletes/],
  [{ verb: 'move' }, /^The option "verb" is "move", but must be one of "copy", "sync"/],
  [
    { compare: 'md5' },
    /^The option "compare" is "md5", but must be one of "rclone", "aws", "exact-timestamps"/,
  ],
  [{ deletes: true }, /^The option "deletes" is true, but must be one of "none", "after"/],
  [{ filters: '*.tmp' }, /^The option "filters" is "\*\.tmp", but must be a list/],
  [{ filters: ['*.tmp'] }, /^The option "filters\[0\]" is "\*\.tmp", but must be either/],
  [{ filters: [{ include: 'a' }, { include: 'a', exclude: 'b' }] }, /^The option "filters\[1\]"/],
  [{ filters: [{ exclude: '' }] }, /^The option "filters\[0\]"/],
  [{ filterDialect: 'gitignore' }, /^The option "filterDialect"/],
  [{ useDefaultExcludes: 'yes' }, /^The option "useDefaultExcludes" is "yes", but must be true or false/],
  [{ followSymlinks: 1 }, /^The option "followSymlinks" is 1/],
];

for (const [given, message] of bad)
  test(`bad options are refused by name: ${JSON.stringify(given)}`, () => {
    assert.throws(
      () => parsePlanOptions(given),
      (error) => isRemoteError(error, 'badSettings') && message.test(error.message),
    );
  });
