import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeCommandLine } from '../../../src/commandLine/writeCommandLine';
import type { Place } from '../../../src/plan/model/plan';
import { type PlanOptions, parsePlanOptions } from '../../../src/plan/model/planOptions';
import { parsePath } from '../../../src/remote/remotePath';
import { problemOf, read, remotes } from './lines';

// A line must never be read, or written, as one that removes more than the real tool or the plan would.

const al = { name: 'al', kind: 's3', endpoint: 'http://localhost:9001', root: 'bucket/dir' };

const source: Place = { kind: 'folder', path: '/project/dist' };
const target: Place = { kind: 'remote', remote: 'lab', path: parsePath('bucket/site') };
const written = (tool: 'aws' | 'rclone', options: Partial<PlanOptions>) =>
  writeCommandLine(
    {
      source,
      target,
      options: parsePlanOptions({ useDefaultExcludes: false, deletes: 'after', ...options }),
    },
    tool,
    remotes,
  );

test('a path outside the root of its remote is a problem, not a wider place', () => {
  assert.match(
    problemOf('rclone sync dist al:site', { remotes: [al] }),
    /starts at bucket\/dir.*al:bucket\/dir\/site/,
  );
  assert.match(problemOf('rclone move al: /out', { remotes: [al] }), /starts at bucket\/dir/);
  const { target: inside } = read('rclone sync dist al:bucket/dir/site', { remotes: [al] });
  assert.deepEqual(inside, { place: { kind: 'remote', remote: 'al', path: 'bucket/dir/site' } });
});

test('an absolute pattern of aws becomes relative to the side that contains it (A16, H3)', () => {
  const { options } = read(
    'aws s3 sync s3://b/x /w/d --delete --exclude "/w/d/keep/*" --exclude s3://b/x/old/a --exclude "*.log"',
  );
  assert.deepEqual(options.filters, [{ exclude: 'keep/*' }, { exclude: 'old/a' }, { exclude: '*.log' }]);
  assert.match(problemOf('aws s3 sync dist s3://b/x --exclude "s3://other/*"'), /absolute path/);
});

test('a variable of rclone that changes the result is refused, and then nothing is deleted', () => {
  const { flags, options } = read("RCLONE_EXCLUDE='keep/**' RCLONE_TRANSFERS=8 rclone sync dist lab:b/x");
  assert.deepEqual(
    flags.map(({ flag, verdict }) => [flag, verdict]),
    [
      ['RCLONE_EXCLUDE', 'refused'],
      ['RCLONE_TRANSFERS', 'ignored'],
    ],
  );
  assert.equal(options.deletes, 'none');
});

for (const [variable, says] of [
  ['RCLONE_CONFIG_X_TYPE=s3', /option of a remote.*Import Remotes from rclone\.conf/],
  ['RCLONE_CONFIG_MY_STORE_ACCESS_KEY_ID=k', /option of a remote/],
  ['RCLONE_CONFIG_LAB_ENDPOINT=http://h:9000', /option of a remote/],
  ['RCLONE_IGNORE_CASE=true', /Use the flag --ignore-case\./],
  ['RCLONE_S3_VERSIONS=true', /Use the flag --s3-versions\./],
  ['RCLONE_DRIVE_SKIP_GDOCS=true', /Use the flag --drive-skip-gdocs\./],
  ['RCLONE_NO_SUCH_THING=1', /the flag --no-such-thing is unknown/],
] as const)
  test(`the advice on a variable of rclone names only flags that exist: ${variable}`, () => {
    const { flags, options } = read(`${variable} rclone sync dist lab:b --delete-excluded`);
    assert.equal(flags[0]?.verdict, 'refused');
    assert.match(flags[0]?.because ?? '', says);
    assert.equal(options.deletes, 'none');
  });

test('variables for the place or the password of rclone.conf do not prevent deletes', () => {
  for (const variable of ['RCLONE_CONFIG_PASS=x', 'RCLONE_CONFIG_DIR=/x']) {
    const { flags, options } = read(`${variable} rclone sync dist lab:b`);
    assert.equal(flags[0]?.verdict, 'ignored');
    assert.equal(options.deletes, 'after');
  }
});

test('the last of several equal switches counts', () => {
  const [on, off] = ['--delete-excluded', '--delete-excluded=false'];
  assert.equal(read(`rclone sync dist lab:b ${on} ${off}`).options.deleteExcluded, undefined);
  assert.equal(read(`rclone sync dist lab:b ${off} ${on}`).options.deleteExcluded, true);
});

test('no line deletes files that the plan protects', () => {
  assert.match(
    written('rclone', { deleteExcluded: true, filters: [{ exclude: '*.tmp' }] }).line ?? '',
    /--delete-excluded/,
  );
  for (const more of [
    { useDefaultExcludes: true },
    { only: [{ folder: parsePath('sub') }] },
    { maxAge: '1d' },
  ] satisfies Partial<PlanOptions>[])
    assert.equal(written('rclone', { deleteExcluded: true, ...more }).line, undefined, JSON.stringify(more));
  assert.equal(written('aws', { compare: 'aws', maxSize: '1M' }).line, undefined);
  assert.ok(written('aws', { compare: 'aws', maxSize: '1M', deletes: 'none' }).line);
});
