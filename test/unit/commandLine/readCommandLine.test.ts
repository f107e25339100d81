import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isUndecided,
  type KnownRemote,
  type ReadCommand,
  type ReadingContext,
  type ReadPlace,
} from '../../../src/commandLine/commandLine';
import { isProblem } from '../../../src/commandLine/lineProblem';
import { looksLikeCommandLine, readCommandLine } from '../../../src/commandLine/readCommandLine';
import type { PlanOptions } from '../../../src/plan/model/planOptions';

const remotes: readonly KnownRemote[] = [
  { name: 'aws', kind: 's3', profile: 'work', region: 'eu-west-1' },
  { name: 'private', kind: 's3', profile: 'home', written: { storageClass: 'STANDARD_IA', acl: 'private' } },
  { name: 'lab', kind: 's3', endpoint: 'http://localhost:9000' },
  { name: 'drive', kind: 'drive' },
];

const files: Readonly<Record<string, string>> = {
  '/project/list.txt': '# comment\n*.log\n; other\n\n  tmp/**  \n',
  '/project/rules.txt': '+ *.css\n- *\n',
  '/project/names.txt': '/a.txt\nsub/b.txt\n',
  '/project/bad.txt': '*.css\n',
  '/project/only-in.txt': '+ *.css\n\n; pictures\n+ *.jpg\n',
  '/project/empty.txt': '# nothing\n',
};

const context: ReadingContext = {
  remotes,
  folder: '/project',
  home: '/home/me',
  readFile: (path) => files[path],
  kindOf: (path) =>
    path === '/project/a.txt' || path.endsWith('.bin')
      ? 'file'
      : path === '/project/dist'
        ? 'folder'
        : undefined,
  now: Date.UTC(2026, 0, 31),
};

function read(text: string, given = context): ReadCommand {
  const command = readCommandLine(text, given);
  assert.ok(!isProblem(command), isProblem(command) ? command.problem : '');
  return command;
}

function problem(text: string, given = context): string {
  const command = readCommandLine(text, given);
  assert.ok(isProblem(command), `${text} was understood`);
  return command.problem;
}

function textOf(side: ReadPlace): string {
  if (isUndecided(side)) return `one of ${side.candidates.join(', ')}`;
  const { place } = side;
  return place.kind === 'folder'
    ? place.path
    : place.kind === 'uri'
      ? place.uri
      : `${place.remote}:${place.path}`;
}

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
  verb: 'sync',
  compare: 'rclone',
  deletes: 'after',
  filters: [],
  filterDialect: 'rclone',
  useDefaultExcludes: false,
  followSymlinks: false,
};

type Line = readonly [text: string, source: string, target: string, options: Partial<PlanOptions>];

const awsLines: readonly Line[] = [
  ['aws s3 sync dist s3://site --profile work', '/project/dist', 'aws:site', {}],
  ['aws s3 sync . s3://site/www/ --profile work --delete', '/project', 'aws:site/www', { deletes: 'after' }],
  ['aws --profile home s3 sync s3://site/www ~/www', 'private:site/www', '/home/me/www', {}],
  ['AWS_PROFILE=work aws s3 sync s3://a s3://b', 'aws:a', 'aws:b', {}],
  [
    '$ sudo time aws s3 sync dist s3://site --endpoint-url http://localhost:9000/',
    '/project/dist',
    'lab:site',
    {},
  ],
  [
    "aws s3 sync dist s3://site --profile work --exclude '*' --include '*.css' --exclude='x/*'",
    '/project/dist',
    'aws:site',
    { filters: [{ exclude: '*' }, { include: '*.css' }, { exclude: 'x/*' }] },
  ],
  ['aws s3 sync dist s3://s --profile work --size-only', '/project/dist', 'aws:s', { compare: 'size-only' }],
  [
    'aws s3 sync s3://s dist --profile work --exact-timestamps --no-follow-symlinks --dryrun',
    'aws:s',
    '/project/dist',
    { compare: 'exact-timestamps', followSymlinks: false },
  ],
  [
    'aws s3 cp dist s3://s/p --recursive --profile work --no-overwrite',
    '/project/dist',
    'aws:s/p',
    { verb: 'copy', ignoreTimes: true, ignoreExisting: true },
  ],
  [
    'aws s3 mv s3://a/x s3://b/y --recursive --profile work',
    'aws:a/x',
    'aws:b/y',
    { verb: 'move', ignoreTimes: true },
  ],
  [
    'aws s3 cp a.txt s3://s/p/ --profile work',
    '/project',
    'aws:s/p',
    { verb: 'copy', ignoreTimes: true, only: [{ file: 'a.txt' as never }] },
  ],
  [
    'aws s3 cp s3://s/p/b.txt sub/b.txt --profile work',
    'aws:s/p',
    '/project/sub',
    { verb: 'copy', ignoreTimes: true, only: [{ file: 'b.txt' as never }] },
  ],
  [
    'aws s3 mv s3://s/b.txt s3://t --profile work',
    'aws:s',
    'aws:t',
    { verb: 'move', ignoreTimes: true, only: [{ file: 'b.txt' as never }] },
  ],
  [
    'aws s3 sync dist s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/ap/p --profile work',
    '/project/dist',
    'aws:arn:aws:s3:eu-west-1:123456789012:accesspoint:ap/p',
    {},
  ],
  ['aws s3 sync \\\n  dist \\\n  s3://site \\\n  --profile work', '/project/dist', 'aws:site', {}],
];
const rcloneLines: readonly Line[] = [
  ['rclone sync dist lab:site', '/project/dist', 'lab:site', {}],
  ['rclone copy lab:site/ /data -P', 'lab:site', '/data', { verb: 'copy', deletes: 'none' }],
  [
    'rclone move drive:photos lab:photos -vv',
    'drive:photos',
    'lab:photos',
    { verb: 'move', deletes: 'none' },
  ],
  ['rclone check dist LAB:site', '/project/dist', 'lab:site', { verb: 'check', deletes: 'none' }],
  [
    'rclone check dist lab:site --one-way',
    '/project/dist',
    'lab:site',
    { verb: 'check', deletes: 'none', oneWay: true },
  ],
  [
    'rclone check --one-way=false dist lab:site --size-only',
    '/project/dist',
    'lab:site',
    { verb: 'check', deletes: 'none', compare: 'size-only' },
  ],
  ['rclone -v sync dist :s3,profile=home:b/p', '/project/dist', 'private:b/p', {}],
  [
    'rclone sync dist ":s3,provider=Minio,endpoint=\'http://localhost:9000\':b"',
    '/project/dist',
    'lab:b',
    {},
  ],
  [
    'rclone sync dist :s3:b --s3-endpoint localhost:9000 --s3-provider Minio',
    '/project/dist',
    'one of aws, private, lab',
    {},
  ],
  ['rclone sync dist :s3:b --s3-endpoint=http://localhost:9000', '/project/dist', 'lab:b', {}],
  ['rclone sync :local:dist lab:b', '/project/dist', 'lab:b', {}],
  [
    'rclone copy a.txt lab:b/p',
    '/project',
    'lab:b/p',
    { verb: 'copy', deletes: 'none', only: [{ file: 'a.txt' as never }] },
  ],
  [
    'rclone copyto a.txt lab:b/p/a.txt',
    '/project',
    'lab:b/p',
    { verb: 'copy', deletes: 'none', only: [{ file: 'a.txt' as never }] },
  ],
  [
    'rclone moveto lab:b/x.txt lab:c/x.txt',
    'lab:b',
    'lab:c',
    { verb: 'move', deletes: 'none', only: [{ file: 'x.txt' as never }] },
  ],
  ['rclone copyto dist lab:b/p', '/project/dist', 'lab:b/p', { verb: 'copy', deletes: 'none' }],
  ['rclone copy dist lab:b --delete-during', '/project/dist', 'lab:b', { verb: 'copy', deletes: 'none' }],
  ['rclone sync lab:b dist --backup-dir ../old', 'lab:b', '/project/dist', { backupFolder: '/old' }],
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

/** Flags of `rclone sync dist lab:b`. */
const syncFlags: readonly [string, Partial<PlanOptions>][] = [
  ['-c', { compare: 'checksum' }],
  ['--checksum --size-only', { compare: 'size-only' }],
  ['--checksum=false -n', {}],
  [
    '-uI --ignore-existing --ignore-size --immutable --no-update-modtime --use-server-modtime -L',
    {
      update: true,
      ignoreTimes: true,
      ignoreExisting: true,
      ignoreSize: true,
      immutable: true,
      keepTargetTimes: true,
      useServerTimes: true,
      followSymlinks: true,
    },
  ],
  ['--modify-window 1m1.5s', { modifyWindowMs: 61_500 }],
  ['--modify-window 1ns', { modifyWindowMs: 1e-6 }],
  ['--delete-before --delete-excluded', { deletes: 'before', deleteExcluded: true }],
  ['--delete-during', { deletes: 'during' }],
  ['--max-delete 10 --max-delete-size 1M', { maxDelete: { files: 10, bytes: 1 << 20 } }],
  ['--max-delete -1', {}],
  ['--backup-dir lab:old/b', { backupFolder: 'old/b' }],
  ['--track-renames', { trackRenames: 'hash' }],
  ['--track-renames --track-renames-strategy modtime', { trackRenames: 'modified' }],
  ['--min-size 100 --max-size 1.5G', { minSize: '100K', maxSize: '1.5G' }],
  ['--min-size 100B --max-size 5KiB', { minSize: 100, maxSize: '5K' }],
  ['--min-age 90 --max-age 7d', { minAge: '90s', maxAge: '7d' }],
  ['--max-age 1h30m --min-size off', { maxAge: '1h30m' }],
  ['--max-age 2026-01-30T00:00:00Z', { maxAge: '86400s' }],
  ["--include '*.css' --include '*.js'", { filters: [{ include: '*.css' }, { include: '*.js' }] }],
  [
    "--exclude '*.b' --include '*.a' --filter '- *.d' -f '+ *.c'",
    {
      filters: [
        { include: '*.a' },
        { exclude: '*.b' },
        { exclude: '*.d' },
        { include: '*.c' },
        { exclude: '/**' },
      ],
    },
  ],
  ['--exclude-from list.txt', { filters: [{ exclude: '*.log' }, { exclude: 'tmp/**' }] }],
  ['--filter-from rules.txt', { filters: [{ include: '*.css' }, { exclude: '*' }] }],
  ["--filter '- a' --filter '!' --filter '- b'", { filters: [{ exclude: 'b' }] }],
  ['--files-from names.txt', { filters: [{ include: '/a.txt' }, { include: '/sub/b.txt' }] }],
  ['--max-depth 1', { filters: [{ exclude: '/*/**' }] }],
];
for (const [flags, options] of syncFlags)
  test(`read: rclone sync dist lab:b ${flags}`, () => {
    const command = read(`rclone sync dist lab:b ${flags}`);
    assert.deepEqual([textOf(command.source), textOf(command.target)], ['/project/dist', 'lab:b']);
    assert.deepEqual(command.options, { ...rcloneDefaults, ...options });
    assert.deepEqual(refusedOf(command), []);
  });

// As in the real rclone, a file that no rule matches is included unless the line has an include flag (R16).
const filterLines: readonly [string, PlanOptions['filters']][] = [
  ["--filter '+ *.jpg'", []],
  ["--filter '+ *.jpg' -f '+ /sub/**'", []],
  ['--filter-from only-in.txt', []],
  ["--filter '- *.jpg'", [{ exclude: '*.jpg' }]],
  ["--filter '+ a' --filter '- b'", [{ include: 'a' }, { exclude: 'b' }]],
  ["--filter '- b' --filter '+ a'", [{ exclude: 'b' }, { include: 'a' }]],
  ["--filter '+ *.jpg' --filter '- **'", [{ include: '*.jpg' }, { exclude: '**' }]],
  ["--filter '+ *.jpg' --filter '!'", []],
  ["--filter '- *.jpg' --filter '!' --filter '+ *.txt'", []],
  ["--include '*.jpg'", [{ include: '*.jpg' }]],
  ['--include-from list.txt', [{ include: '*.log' }, { include: 'tmp/**' }]],
  ['--include-from empty.txt', [{ exclude: '/**' }]],
  ["--include '*.jpg' --filter '!'", [{ exclude: '/**' }]],
  ["--include '*.jpg' --filter '!' --filter '+ *.txt'", [{ include: '*.txt' }]],
  ["--filter '+ *.txt' --include '*.jpg'", [{ include: '*.jpg' }, { include: '*.txt' }]],
  ["--filter '+ a' --exclude b", [{ exclude: 'b' }, { include: 'a' }]],
  ["--exclude '*.jpg' --filter '!'", []],
  ['--exclude-from empty.txt', []],
  ['--max-depth 1', [{ exclude: '/*/**' }]],
  ["--filter '+ *.jpg' --max-depth 1", [{ exclude: '/*/**' }]],
  ["--include '*.jpg' --max-depth 2", [{ exclude: '/*/*/**' }, { include: '*.jpg' }, { exclude: '/**' }]],
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
  ['aws s3 cp dist s3://b --profile work', /Add --recursive/],
  ['aws s3 cp s3://b dist --profile work', /Add --recursive/],
  ['aws s3 cp - s3://b/x', /a terminal/],
  ['aws s3 cp a.txt s3://b/c.txt --profile work', /would be named "c.txt".*Write the folder/],
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
  test(`a line that can't be read: ${text || '(empty)'}`, () => assert.match(problem(text), says));

test('a relative path without an open folder says so', () => {
  const { folder: _, ...nowhere } = context;
  assert.match(problem('rclone sync dist lab:b', nowhere), /"dist" is relative/);
});

test('without an S3 remote the problem suggests adding one', () => {
  const command = readCommandLine('aws s3 sync dist s3://b --profile p', { ...context, remotes: [] });
  assert.ok(isProblem(command));
  assert.equal(command.next, 'addRemote');
  assert.match(command.problem, /Add Remote, with the profile "p"/);
});

test('an undecided place lists the candidates and builds the place on the chosen remote', () => {
  const { target } = read('aws s3 sync dist s3://b/p');
  assert.ok(isUndecided(target));
  assert.deepEqual(target.candidates, ['aws', 'private']);
  assert.deepEqual(target.placeOn('private'), { kind: 'remote', remote: 'private', path: 'b/p' });
});

test('an unknown profile leaves all S3 remotes as candidates', () => {
  const { target } = read('aws s3 sync dist s3://b --profile other');
  assert.ok(isUndecided(target));
  assert.match(target.because, /profile "other"/);
  assert.deepEqual(target.candidates, ['aws', 'private', 'lab']);
});

test('a line for AWS never uses a remote with another endpoint without asking', () => {
  const { target } = read('aws s3 sync dist s3://b', { ...context, remotes: remotes.slice(2) });
  assert.ok(isUndecided(target));
  assert.deepEqual(target.candidates, ['lab']);
});

test('the bucket, then the region selects among similar remotes', () => {
  const alike: KnownRemote[] = [
    { name: 'one', kind: 's3', root: 'b/p' },
    { name: 'two', kind: 's3', region: 'eu-west-1' },
    { name: 'three', kind: 's3', region: 'us-east-1' },
  ];
  const target = (text: string) => textOf(read(text, { ...context, remotes: alike }).target);
  assert.equal(target('aws s3 sync dist s3://b'), 'one:b');
  assert.equal(target('aws s3 sync dist s3://c --region us-east-1'), 'three:c');
  assert.equal(target('aws s3 sync dist s3://c'), 'one of one, two, three');
});

test('--source-region selects the source and --region the target', () => {
  const two: KnownRemote[] = [
    { name: 'ireland', kind: 's3', region: 'eu-west-1' },
    { name: 'ohio', kind: 's3', region: 'us-east-2' },
  ];
  const command = read('aws s3 sync s3://a s3://b --source-region eu-west-1 --region us-east-2', {
    ...context,
    remotes: two,
  });
  assert.deepEqual([textOf(command.source), textOf(command.target)], ['ireland:a', 'ohio:b']);
});

test('--exact-timestamps takes precedence over --size-only, in either order (A9)', () => {
  for (const flags of ['--size-only --exact-timestamps', '--exact-timestamps --size-only'])
    assert.equal(read(`aws s3 sync s3://b dist --profile work ${flags}`).options.compare, 'exact-timestamps');
});

test('--size-only takes precedence over --checksum, in either order (R6)', () => {
  for (const flags of ['--size-only --checksum', '--checksum --size-only'])
    assert.equal(read(`rclone sync dist lab:b ${flags}`).options.compare, 'size-only');
});

test('a sync deletes after the copies: rclone by default (R20), aws with --delete, unlike A26', () => {
  assert.equal(read('rclone sync dist lab:b').options.deletes, 'after');
  assert.equal(read('aws s3 sync dist s3://b --profile work').options.deletes, 'none');
  assert.equal(read('aws s3 sync dist s3://b --profile work --delete').options.deletes, 'after');
});

test('aws follows links (A21), rclone skips them (R15)', () => {
  assert.equal(read('aws s3 sync dist s3://b --profile work').options.followSymlinks, true);
  assert.equal(read('rclone sync dist lab:b').options.followSymlinks, false);
});

const refusals: readonly [string, string, RegExp][] = [
  ['aws s3 sync dist s3://b --profile work --sse-c AES256 --sse-c-key k', '--sse-c', /SSE-C/],
  ['aws s3 sync dist s3://b --profile work --metadata a=b', '--metadata', /^Metadata can't/],
  ['aws s3 sync dist s3://b --profile work --cache-control max-age=60', '--cache-control', /Cache-Control/],
  ['aws s3 sync dist s3://b --profile work --request-payer', '--request-payer', /Requester-pays/],
  ['aws s3 sync dist s3://b --profile work --grants read=x full=y', '--grants', /Grants/],
  ['aws s3 cp dist s3://b --recursive --profile work --delete', '--delete', /does not have this flag/],
  [
    'aws s3 sync dist s3://b --profile work --delete=true',
    '--delete',
    /does not have this flag with a value/,
  ],
  ['aws s3 sync dist s3://b --profile work --recursive', '--recursive', /does not have this flag/],
  ['aws s3 sync dist s3://b --profile work --frobnicate', '--frobnicate', /--frobnicate is unknown/],
  ['rclone sync dist lab:b --suffix .bak', '--suffix', /Backup folder/],
  ['rclone sync dist lab:b -l', '-l', /not stored as files/],
  ['rclone sync dist lab:b --compare-dest lab:c', '--compare-dest', /Only the source and the target/],
  ['rclone sync dist lab:b --track-renames-strategy leaf', '--track-renames-strategy', /"hash" or "modtime"/],
  ['rclone sync dist lab:b --ignore-errors', '--ignore-errors', /after an error/],
  ['rclone sync dist lab:b --include-from gone.txt', '--include-from', /gone.txt can't be read/],
  ['rclone sync dist lab:b --filter-from bad.txt', '--filter-from', /"\*\.css" does not start/],
  ["rclone sync dist lab:b --filter '*.css'", '--filter', /starts with/],
  ['rclone sync dist lab:b --min-size lots', '--min-size', /must be a size/],
  ['rclone sync dist lab:b --max-age 1fortnight', '--max-age', /must be an age/],
  ['rclone sync dist lab:b --frobnicate 7', '--frobnicate', /is unknown/],
  ['rclone sync dist lab:b --one-way', '--one-way', /"rclone sync" does not have this flag/],
  ['rclone sync dist lab:b --max-depth 2 --delete-excluded', '--delete-excluded', /deeper files/],
  ['rclone sync dist lab:b --delete-excluded --max-depth 2', '--delete-excluded', /deeper files/],
  ['rclone sync dist lab:b --delete-before --delete-after', '--delete-after', /contradicts/],
  ['rclone sync dist lab:b --modify-window', '--modify-window', /value is missing/],
];
for (const [text, flag, because] of refusals)
  test(`refused: ${text}`, () => {
    const [refused] = refusedOf(read(text));
    assert.equal(refused?.flag, flag);
    assert.match(refused?.because ?? '', because);
  });

test('the value of an unknown flag is not taken for a path', () => {
  const command = read('rclone --frobnicate 7 sync --drive-chunk-size 64M dist lab:b');
  assert.deepEqual([textOf(command.source), textOf(command.target)], ['/project/dist', 'lab:b']);
  assert.deepEqual(
    command.flags.map(({ flag, value, verdict }) => [flag, value, verdict]),
    [
      ['--frobnicate', undefined, 'refused'],
      ['--drive-chunk-size', undefined, 'ignored'],
    ],
  );
});

test('every verdict has a reason or a meaning', () => {
  const { flags } = read(
    'aws s3 sync dist s3://b --profile work --delete --quiet --storage-class GLACIER --page-size 50',
  );
  for (const { verdict, because, means } of flags)
    assert.match((verdict === 'understood' ? means : because) ?? '', /\w{3}/);
  assert.deepEqual(
    flags.map(({ verdict }) => verdict),
    ['understood', 'understood', 'ignored', 'ignored', 'ignored'],
  );
});

test("a flag with the same effect as a setting of the target's remote is understood", () => {
  const verdictOf = (flag: string) =>
    read(`aws s3 sync dist s3://b --profile home ${flag}`).flags.find((one) => one.flag !== '--profile');
  assert.equal(verdictOf('--storage-class STANDARD_IA')?.verdict, 'understood');
  assert.match(verdictOf('--storage-class STANDARD_IA')?.means ?? '', /"private" has this setting/);
  assert.equal(verdictOf('--storage-class GLACIER')?.verdict, 'ignored');
  assert.match(verdictOf('--acl public-read')?.because ?? '', /Set "ACL"/);
});

test('keys in a line are never shown', () => {
  const { flags } = read('AWS_SECRET_ACCESS_KEY=hush aws s3 sync dist s3://b --profile work');
  assert.doesNotMatch(JSON.stringify(flags), /hush/);
});

test('values of secret flags of rclone are never shown', () => {
  const { flags } = read('rclone sync dist lab:b --s3-secret-access-key hush --s3-session-token=hush2');
  assert.doesNotMatch(JSON.stringify(flags), /hush/);
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
