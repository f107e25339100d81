import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnownRemote } from '../../../src/commandLine/commandLine';
import { isProblem } from '../../../src/commandLine/lineProblem';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { writeCommandLine } from '../../../src/commandLine/writeCommandLine';
import type { Place } from '../../../src/plan/model/plan';
import { type PlanOptions, parsePlanOptions } from '../../../src/plan/model/planOptions';
import { parsePath } from '../../../src/remote/remotePath';

// A line must never be read, or written, as one that takes away more than the real tool or the plan would.

const remotes: readonly KnownRemote[] = [
  { name: 'lab', kind: 's3', endpoint: 'http://localhost:9000' },
  { name: 'al', kind: 's3', endpoint: 'http://localhost:9001', root: 'bucket/dir' },
  { name: 'aws', kind: 's3', profile: 'work' },
];
const context = { remotes, folder: '/project' };

function read(text: string) {
  const command = readCommandLine(text, context);
  assert.ok(!isProblem(command), JSON.stringify(command));
  return command;
}

function problemOf(text: string): string {
  const command = readCommandLine(text, context);
  assert.ok(isProblem(command), `"${text}" was read`);
  return command.problem;
}

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

test('a path outside of where a remote starts is asked about, not taken for a wider place', () => {
  assert.match(problemOf('rclone sync dist al:site'), /starts at bucket\/dir.*al:bucket\/dir\/site/);
  assert.match(problemOf('rclone move al: /out'), /starts at bucket\/dir/);
  const { target: inside } = read('rclone sync dist al:bucket/dir/site');
  assert.deepEqual(inside, { place: { kind: 'remote', remote: 'al', path: 'bucket/dir/site' } });
});

test('a whole path in a filter of aws is made relative to the side that it lies below (A16, H3)', () => {
  const { options } = read(
    'aws s3 sync s3://b/x /w/d --profile work --delete --exclude "/w/d/keep/*" --exclude s3://b/x/old/a --exclude "*.log"',
  );
  assert.deepEqual(options.filters, [{ exclude: 'keep/*' }, { exclude: 'old/a' }, { exclude: '*.log' }]);
  assert.match(
    problemOf('aws s3 sync dist s3://b/x --profile work --exclude "s3://other/*"'),
    /absolute path/,
  );
});

test('a variable of rclone that would change what is done is refused, and nothing is taken away then', () => {
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
  test(`a variable of rclone gets no advice of a flag that doesn’t exist: ${variable}`, () => {
    const { flags, options } = read(`${variable} rclone sync dist lab:b --delete-excluded`);
    assert.equal(flags[0]?.verdict, 'refused');
    assert.match(flags[0]?.because ?? '', says);
    assert.equal(options.deletes, 'none');
  });

test('variables that only tell where rclone’s own file is, or its password, take nothing away', () => {
  for (const variable of ['RCLONE_CONFIG_PASS=x', 'RCLONE_CONFIG_DIR=/x']) {
    const { flags, options } = read(`${variable} rclone sync dist lab:b`);
    assert.equal(flags[0]?.verdict, 'ignored');
    assert.equal(options.deletes, 'after');
  }
});

test('of AWS_DEFAULT_PROFILE and AWS_PROFILE aws takes the first', () => {
  for (const line of [
    'AWS_DEFAULT_PROFILE=work AWS_PROFILE=gone',
    'AWS_PROFILE=gone AWS_DEFAULT_PROFILE=work',
  ])
    assert.equal(
      JSON.stringify(read(`${line} aws s3 sync dist s3://b/x`).target),
      JSON.stringify(read('aws s3 sync dist s3://b/x --profile work').target),
    );
});

test('of a switch that comes up twice the last one counts', () => {
  assert.equal(
    read('rclone sync dist lab:b --delete-excluded --delete-excluded=false').options.deleteExcluded,
    undefined,
  );
  assert.equal(
    read('rclone sync dist lab:b --delete-excluded=false --delete-excluded').options.deleteExcluded,
    true,
  );
});

test('without a filter that can not be read, nothing is deleted and nothing moved away', () => {
  assert.equal(read('rclone sync dist lab:b --exclude-from nope').options.deletes, 'none');
  assert.equal(read('rclone move dist lab:b --filter-from nope').options.verb, 'copy');
});

test('keys and passwords in places, addresses and proxies come up nowhere', () => {
  for (const line of [
    "rclone sync dist ':s3,access_key_id=AK,secret_access_key=hush:b/x'",
    'rclone sync dist lab,secret_access_key=hush:b',
    'aws s3 sync dist s3://b --endpoint-url https://u:hush@h.example',
    'AWS_ENDPOINT_URL=https://u:hush@h.example aws s3 sync dist s3://b',
    'rclone sync dist lab:b --http-proxy http://u:hush@p.example',
    'rclone sync dist lab:b --drive-service-account-credentials hush',
  ])
    assert.doesNotMatch(JSON.stringify(readCommandLine(line, context)), /hush/, line);
});

test('no line is written that would delete what the plan protects', () => {
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
