import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadCommand } from '../../../src/commandLine/commandLine';
import { looksLikeCommandLine } from '../../../src/commandLine/readCommandLine';
import type { PlanOptions } from '../../../src/plan/model/planOptions';
import { parsePath } from '../../../src/remote/remotePath';
import { problemOf, read, textOf } from './lines';

// `writeCommandLine.test.ts` has the law: reading a written line gives its request.

const awsDefaults: PlanOptions = {
  verb: 'sync',
  compare: 'aws',
  deletes: 'none',
  filters: [],
  filterDialect: 'aws',
  useDefaultExcludes: false,
  followSymlinks: true,
};
const rcloneDefaults: PlanOptions = {
  ...awsDefaults,
  compare: 'rclone',
  deletes: 'after',
  filterDialect: 'rclone',
  followSymlinks: false,
  refreshTimes: true,
};
const only = (name: string) => [{ file: parsePath(name) }];
const copy = { verb: 'copy', deletes: 'none' } as const;
const move = { verb: 'move', deletes: 'none' } as const;
const check = { verb: 'check', deletes: 'none' } as const;
const copyAll = { verb: 'copy', ignoreTimes: true } as const;

type Line = readonly [text: string, source: string, target: string, options?: Partial<PlanOptions>];
const dist = '/project/dist';
const accessPoint = 'arn:aws:s3:eu-west-1:123456789012:accesspoint';
const patterns = "--exclude '*' --include '*.css' --exclude='x/*'";

const awsLines: readonly Line[] = [
  ['aws s3 sync dist s3://site', dist, 'aws:site'],
  ['aws s3 sync . s3://site/www/ --delete', '/project', 'aws:site/www', { deletes: 'after' }],
  ['aws --profile work s3 sync s3://site/www ~/www', 'aws:site/www', '/home/me/www'],
  ['AWS_PROFILE=work aws s3 sync s3://a s3://b', 'aws:a', 'aws:b'],
  ['$ sudo time aws s3 sync dist s3://site --endpoint-url http://localhost:9000/', dist, 'lab:site'],
  [
    `aws s3 sync dist s3://site ${patterns}`,
    dist,
    'aws:site',
    { filters: [{ exclude: '*' }, { include: '*.css' }, { exclude: 'x/*' }] },
  ],
  ['aws s3 sync s3://s dist --no-follow-symlinks --dryrun', 'aws:s', dist, { followSymlinks: false }],
  ['aws s3 cp dist s3://s --recursive --no-overwrite', dist, 'aws:s', { ...copyAll, ignoreExisting: true }],
  ['aws s3 cp a.txt s3://s/p/', '/project', 'aws:s/p', { ...copyAll, only: only('a.txt') }],
  ['aws s3 cp s3://s/p/b.txt sub/b.txt', 'aws:s/p', '/project/sub', { ...copyAll, only: only('b.txt') }],
  ['aws s3 mv s3://s/b.txt s3://t', 'aws:s', 'aws:t', { ...copyAll, verb: 'move', only: only('b.txt') }],
  [`aws s3 sync dist s3://${accessPoint}/ap/p`, dist, `aws:${accessPoint}:ap/p`],
  ['aws s3 sync \\\n  dist \\\n  s3://site \\\n  --quiet', dist, 'aws:site'],
];
const rcloneLines: readonly Line[] = [
  ['rclone sync dist lab:site', dist, 'lab:site'],
  ['rclone copy lab:site/ /data -P', 'lab:site', '/data', copy],
  ['rclone move drive:photos lab:photos -vv', 'drive:photos', 'lab:photos', move],
  ['rclone check dist LAB:site', dist, 'lab:site', check],
  ['rclone check dist lab:site --one-way', dist, 'lab:site', { ...check, oneWay: true }],
  ['rclone check --one-way=false dist lab:site', dist, 'lab:site', check],
  ['rclone -v sync dist :s3,profile=work:b/p', dist, 'aws:b/p'],
  ['rclone sync dist ":s3,provider=Minio,endpoint=\'http://localhost:9000\':b"', dist, 'lab:b'],
  ['rclone sync dist :s3:b --s3-endpoint localhost:9000 --s3-provider Minio', dist, 'one of aws, lab'],
  ['rclone sync dist :s3:b --s3-endpoint=http://localhost:9000', dist, 'lab:b'],
  ['rclone sync :local:dist lab:b', dist, 'lab:b'],
  ['rclone copy a.txt lab:b/p', '/project', 'lab:b/p', { ...copy, only: only('a.txt') }],
  ['rclone copyto a.txt lab:b/p/a.txt', '/project', 'lab:b/p', { ...copy, only: only('a.txt') }],
  ['rclone moveto lab:b/x.txt lab:c/x.txt', 'lab:b', 'lab:c', { ...move, only: only('x.txt') }],
  ['rclone copyto dist lab:b/p', dist, 'lab:b/p', copy],
  ['rclone copy dist lab:b --delete-during', dist, 'lab:b', copy],
  ['rclone sync lab:b dist --backup-dir ../old', 'lab:b', dist, { backupFolder: '/old' }],
];
const refusedOf = ({ flags }: ReadCommand) => flags.filter(({ verdict }) => verdict === 'refused');

for (const [tool, defaults, table] of [
  ['aws', awsDefaults, awsLines],
  ['rclone', rcloneDefaults, rcloneLines],
] as const)
  for (const [text, from, to, options] of table)
    test(`read: ${text}`, () => {
      const command = read(text);
      assert.deepEqual([command.tool, textOf(command.source), textOf(command.target)], [tool, from, to]);
      assert.deepEqual(command.options, { ...defaults, ...options });
      assert.deepEqual(refusedOf(command), []);
    });

const [a, b, c, d] = ['a', 'b', 'c', 'd'];
/** Flags of `rclone sync dist lab:b`. */
const syncFlags: readonly [string, Partial<PlanOptions>][] = [
  ['-c', { compare: 'checksum' }],
  ['--checksum=false -n', {}],
  ['-uIL', { update: true, ignoreTimes: true, followSymlinks: true }],
  ['--modify-window 1m1.5s', { modifyWindowMs: 61_500 }],
  ['--max-delete 10 --max-delete-size 1M', { maxDelete: { files: 10, bytes: 1 << 20 } }],
  ['--max-delete -1', {}],
  ['--min-size 100 --max-size 1.5G', { minSize: '100K', maxSize: '1.5G' }],
  ['--min-size 100B --max-size 5KiB', { minSize: 100, maxSize: '5K' }],
  ['--min-age 90 --max-age 7d', { minAge: '90s', maxAge: '7d' }],
  ['--max-age 1h30m --min-size off', { maxAge: '1h30m' }],
  ['--max-age 2026-01-30T00:00:00Z', { maxAge: '86400s' }],
];
for (const [flags, options] of syncFlags)
  test(`read: rclone sync dist lab:b ${flags}`, () => {
    const command = read(`rclone sync dist lab:b ${flags}`);
    assert.deepEqual(command.options, { ...rcloneDefaults, ...options });
    assert.deepEqual(refusedOf(command), []);
  });

const rest = { exclude: '/**' };
// As in the real rclone, a file that no rule matches is included unless the line has an include flag (R16).
const filterLines: readonly [string, PlanOptions['filters']][] = [
  [
    '--exclude b --include a --filter "- d" -f "+ c"',
    [{ include: a }, { exclude: b }, { exclude: d }, { include: c }, rest],
  ],
  ['--exclude-from list.txt', [{ exclude: '*.log' }, { exclude: 'tmp/**' }]],
  ['--filter-from rules.txt', [{ include: '*.css' }, { exclude: '*' }]],
  ['--files-from names.txt', [{ include: '/a.txt' }, { include: '/sub/b.txt' }]],
  ["--filter '+ a'", []],
  ["--filter '+ a' -f '+ /sub/**'", []],
  ['--filter-from only-in.txt', []],
  ["--filter '- a'", [{ exclude: a }]],
  ["--filter '+ a' --filter '- b'", [{ include: a }, { exclude: b }]],
  ["--filter '- b' --filter '+ a'", [{ exclude: b }, { include: a }]],
  ["--filter '+ a' --filter '!'", []],
  ["--filter '- a' --filter '!' --filter '- b'", [{ exclude: b }]],
  ["--filter '- a' --filter '!' --filter '+ b'", []],
  ['--include a', [{ include: a }]],
  ['--include-from list.txt', [{ include: '*.log' }, { include: 'tmp/**' }]],
  ['--include-from empty.txt', [rest]],
  ["--include a --filter '!'", [rest]],
  ["--include a --filter '!' --filter '+ b'", [{ include: b }]],
  ["--filter '+ b' --include a", [{ include: a }, { include: b }]],
  ["--filter '+ a' --exclude b", [{ exclude: b }, { include: a }]],
  ["--exclude a --filter '!'", []],
  ['--exclude-from empty.txt', []],
  ['--max-depth 1', [{ exclude: '/*/**' }]],
  ["--filter '+ a' --max-depth 1", [{ exclude: '/*/**' }]],
  ['--include a --max-depth 2', [{ exclude: '/*/*/**' }, { include: a }, rest]],
];
for (const [flags, filters] of filterLines)
  test(`filter rules in the order of rclone (R16): ${flags}`, () => {
    const command = read(`rclone sync dist lab:b ${flags}`);
    assert.deepEqual(command.options.filters, filters);
    assert.ok(command.flags.every(({ verdict }) => verdict === 'understood'));
  });

const problems: readonly [string, RegExp][] = [
  ['', /Paste a line/],
  ['ls -l', /"ls" is not supported/],
  ['aws s3 rm s3://b', /is not a copy or a sync/],
  ['aws ec2 run', /"aws ec2" is not supported/],
  ['aws s3 sync dist', /needs a source and a target/],
  ['aws s3 sync a b c d', /path too many: "c"/],
  ['aws s3 sync a b', /must start with s3:/],
  ['aws s3 cp dist s3://b', /Add --recursive/],
  ['aws s3 cp s3://b dist', /Add --recursive/],
  ['aws s3 cp - s3://b/x', /a terminal/],
  ['aws s3 cp a.txt s3://b/c.txt', /would be named "c.txt".*Write the folder/],
  ['aws s3 sync dist s3://b//c', /empty part/],
  ['rclone bisync a b', /bisync.*not supported/],
  ['rclone lsf lab:', /is not a copy or a sync/],
  ['rclone sync dist nowhere:b', /No remote is named "nowhere".*Add Remote/],
  ['rclone sync dist lab,profile=x:b', /Edit Remote/],
  ['rclone sync dist :ftp:b', /":ftp:" is an on-the-fly remote/],
  ['rclone copyto a.txt lab:b/c.txt', /would be named "c.txt"/],
  ['rclone sync dist lab:b --files-from names.txt --include x', /must be the only filter/],
  ['rclone sync dist lab:b --files-from names.txt --min-size 1K', /must be the only filter/],
  ['rclone sync dist lab:b --backup-dir drive:x', /--backup-dir must be on the side of the target/],
  ['rclone sync dist lab:b --backup-dir /x', /--backup-dir must be on the side of the target/],
  ["rclone sync dist lab:b --include '{a'", /\{a/],
  ['rclone sync dist lab:b --min-size 2M --max-size 1M', /"minSize".*"maxSize"/],
  ['sudo -u me rclone sync a b', /Options of "sudo"/],
];
for (const [text, says] of problems)
  test(`a line that can't be read: ${text || '(empty)'}`, () => assert.match(problemOf(text), says));

test('a relative path without an open folder says so', () => {
  assert.match(problemOf('rclone sync dist lab:b', { folder: undefined as never }), /"dist" is relative/);
});

const precedence: readonly [string, keyof PlanOptions, string, string][] = [
  ['--exact-timestamps over --size-only (A9)', 'compare', 'aws s3 sync s3://b dist', 'exact-timestamps'],
  ['--size-only over --checksum (R6)', 'compare', 'rclone sync dist lab:b', 'size-only'],
];
for (const [title, option, line, value] of precedence)
  test(`precedence in either order: ${title}`, () => {
    const flags = title.match(/--[\w-]+/g) ?? [];
    for (const typed of [flags, flags.toReversed()])
      assert.equal(read(`${line} ${typed.join(' ')}`).options[option], value);
  });

test('a sync deletes after the copies: rclone by default (R20), aws with --delete, unlike A26', () => {
  assert.equal(read('rclone sync dist lab:b').options.deletes, 'after');
  assert.equal(read('aws s3 sync dist s3://b').options.deletes, 'none');
  assert.equal(read('aws s3 sync dist s3://b --delete').options.deletes, 'after');
});

test('aws follows links (A21), rclone skips them (R15)', () => {
  assert.equal(read('aws s3 sync dist s3://b').options.followSymlinks, true);
  assert.equal(read('rclone sync dist lab:b').options.followSymlinks, false);
});

const aws = 'aws s3 sync dist s3://b';
const rclone = 'rclone sync dist lab:b';
const refusals: readonly [line: string, flag: string, because: RegExp][] = [
  [`${aws} --sse-c AES256 --sse-c-key k`, '--sse-c', /SSE-C/],
  [`${aws} --metadata a=b`, '--metadata', /^Metadata can't/],
  [`${aws} --cache-control max-age=60`, '--cache-control', /Cache-Control/],
  [`${aws} --request-payer`, '--request-payer', /Requester-pays/],
  [`${aws} --grants read=x full=y`, '--grants', /Grants/],
  ['aws s3 cp dist s3://b --recursive --delete', '--delete', /does not have this flag/],
  [`${aws} --delete=true`, '--delete', /does not have this flag with a value/],
  [`${aws} --recursive`, '--recursive', /does not have this flag/],
  [`${aws} --frobnicate`, '--frobnicate', /--frobnicate is unknown/],
  [`${rclone} --suffix .bak`, '--suffix', /Backup folder/],
  [`${rclone} -l`, '-l', /not stored as files/],
  [`${rclone} --compare-dest lab:c`, '--compare-dest', /Only the source and the target/],
  [`${rclone} --track-renames-strategy leaf`, '--track-renames-strategy', /"hash" or "modtime"/],
  [`${rclone} --ignore-errors`, '--ignore-errors', /after an error/],
  [`${rclone} --include-from gone.txt`, '--include-from', /gone.txt can't be read/],
  [`${rclone} --filter-from bad.txt`, '--filter-from', /"\*\.css" does not start/],
  [`${rclone} --filter '*.css'`, '--filter', /starts with/],
  [`${rclone} --min-size lots`, '--min-size', /must be a size/],
  [`${rclone} --max-age 1fortnight`, '--max-age', /must be an age/],
  [`${rclone} --frobnicate 7`, '--frobnicate', /is unknown/],
  [`${rclone} --one-way`, '--one-way', /"rclone sync" does not have this flag/],
  [`${rclone} --max-depth 2 --delete-excluded`, '--delete-excluded', /deeper files/],
  [`${rclone} --delete-excluded --max-depth 2`, '--delete-excluded', /deeper files/],
  [`${rclone} --delete-before --delete-after`, '--delete-after', /contradicts/],
  [`${rclone} --modify-window`, '--modify-window', /value is missing/],
];
for (const [text, flag, because] of refusals)
  test(`refused: ${text}`, () => {
    const [refused] = refusedOf(read(text));
    assert.equal(refused?.flag, flag);
    assert.match(refused?.because ?? '', because);
  });

test('the value of an unknown flag is not taken for a path', () => {
  const command = read('rclone --frobnicate 7 sync --drive-chunk-size 64M dist lab:b');
  assert.deepEqual([textOf(command.source), textOf(command.target)], [dist, 'lab:b']);
  assert.deepEqual(
    command.flags.map(({ flag, value, verdict }) => [flag, value, verdict]),
    [
      ['--frobnicate', undefined, 'refused'],
      ['--drive-chunk-size', undefined, 'ignored'],
    ],
  );
});

test('every verdict has a reason or a meaning', () => {
  const { flags } = read(`${aws} --delete --quiet --storage-class GLACIER --page-size 50`);
  for (const { verdict, because, means } of flags)
    assert.match((verdict === 'understood' ? means : because) ?? '', /\w{3}/);
  assert.deepEqual(
    flags.map(({ verdict }) => verdict),
    ['understood', 'ignored', 'ignored', 'ignored'],
  );
});

test("a flag with the same effect as a setting of the target's remote is understood", () => {
  const written = { storageClass: 'STANDARD_IA', acl: 'private' };
  const remotes = [{ name: 'private', kind: 's3', written }];
  const verdictOf = (flag: string) => read(`${aws} ${flag}`, { remotes }).flags[0];
  assert.equal(verdictOf('--storage-class STANDARD_IA')?.verdict, 'understood');
  assert.match(verdictOf('--storage-class STANDARD_IA')?.means ?? '', /"private" has this setting/);
  assert.equal(verdictOf('--storage-class GLACIER')?.verdict, 'ignored');
  assert.match(verdictOf('--acl public-read')?.because ?? '', /Set "ACL"/);
});

const like: readonly [string, boolean][] = [
  ['aws s3 sync a s3://b', true],
  ['$ aws --profile x s3 cp a s3://b', true],
  ['AWS_PROFILE=x sudo /usr/bin/rclone copy a b:', true],
  ['rclone.exe sync a b:', true],
  ['aws ec2 run', false],
  ['we use rclone a lot', false],
  ['', false],
];
for (const [text, expected] of like)
  test(`${JSON.stringify(text)} ${expected ? 'looks' : 'does not look'} like a command line`, () =>
    assert.equal(looksLikeCommandLine(text), expected));
