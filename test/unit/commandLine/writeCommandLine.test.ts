import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isUndecided,
  type KnownRemote,
  type LineRequest,
  type ReadPlace,
  type Tool,
} from '../../../src/commandLine/commandLine';
import { isProblem } from '../../../src/commandLine/lineProblem';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { knownRemote } from '../../../src/commandLine/resolvePlace';
import { writeCommandLine, writeCommandLines } from '../../../src/commandLine/writeCommandLine';
import { createFilter } from '../../../src/plan/filter/filter';
import type { Place } from '../../../src/plan/model/plan';
import {
  defaultPlanOptions,
  type FilterRule,
  type PlanOptions,
  parsePlanOptions,
} from '../../../src/plan/model/planOptions';
import { parsePath } from '../../../src/remote/remotePath';

const remotes: readonly KnownRemote[] = [
  knownRemote({ name: 'work', backend: 's3', profile: 'work', region: 'eu-west-1' }),
  knownRemote({ name: 'my lab', backend: 's3', endpoint: 'http://localhost:9000', accessKeyId: 'AK' }),
  knownRemote({ name: 'drive', backend: 'drive' }),
];

const folder = (path: string): Place => ({ kind: 'folder', path });
const remote = (name: string, path: string): Place => ({
  kind: 'remote',
  remote: name,
  path: parsePath(path),
});

const plainRclone: PlanOptions = {
  ...defaultPlanOptions,
  useDefaultExcludes: false,
  followSymlinks: false,
  refreshTimes: true,
};
const plainAws: PlanOptions = {
  ...defaultPlanOptions,
  compare: 'aws',
  filterDialect: 'aws',
  useDefaultExcludes: false,
};

function write(tool: Tool, options: PlanOptions, source = folder('/site'), target = remote('work', 'b/p')) {
  return writeCommandLine({ source, target, options }, tool, remotes);
}

const written: readonly [Tool, Partial<PlanOptions>, string][] = [
  ['aws', {}, 'aws s3 sync /site s3://b/p --profile work --region eu-west-1'],
  ['aws', { deletes: 'after' }, 'aws s3 sync /site s3://b/p --delete --profile work --region eu-west-1'],
  [
    'aws',
    { verb: 'copy', ignoreTimes: true },
    'aws s3 cp /site s3://b/p --recursive --profile work --region eu-west-1',
  ],
  [
    'aws',
    { filters: [{ exclude: '*' }, { include: "it's *.css" }] },
    "aws s3 sync /site s3://b/p --exclude '*' --include 'it'\\''s *.css' --profile work --region eu-west-1",
  ],
  ['rclone', {}, 'rclone copy /site work:b/p'],
  ['rclone', { deletes: 'after' }, 'rclone sync /site work:b/p'],
  ['rclone', { refreshTimes: false }, 'rclone copy /site work:b/p --no-update-modtime'],
  [
    'rclone',
    { refreshTimes: false, keepTargetTimes: true },
    'rclone copy /site work:b/p --no-update-modtime',
  ],
  ['rclone', { refreshTimes: false, update: true }, 'rclone copy /site work:b/p --update'],
  [
    'rclone',
    { deletes: 'during', maxDelete: { files: 3 } },
    'rclone sync /site work:b/p --delete-during --max-delete 3',
  ],
  ['rclone', { verb: 'move', backupFolder: 'old/x' }, 'rclone move /site work:b/p --backup-dir work:old/x'],
  ['rclone', { verb: 'check' }, 'rclone check /site work:b/p --combined -'],
  [
    'rclone',
    { deletes: 'after', backupFolder: 'old/{date}' },
    'rclone sync /site work:b/p --backup-dir "work:old/$(date -u +%Y-%m-%dT%H%M%SZ)"',
  ],
  [
    'rclone',
    { filters: [{ include: '*.a' }, { exclude: 'b c' }] },
    "rclone copy /site work:b/p --filter '+ *.a' --filter '- b c'",
  ],
  [
    'rclone',
    { minSize: 100, maxAge: '7d', modifyWindowMs: 1500 },
    'rclone copy /site work:b/p --modify-window 1500ms --min-size 100B --max-age 7d',
  ],
  [
    'rclone',
    { only: [{ file: parsePath('a[1].txt') }, { folder: parsePath('sub') }] },
    "rclone copy /site work:b/p --filter '+ /a\\[1\\].txt' --filter '+ /sub/**' --filter '- /**'",
  ],
];
for (const [tool, options, line] of written)
  test(`written: ${line}`, () => {
    const done = write(tool, { ...(tool === 'aws' ? plainAws : plainRclone), ...options });
    assert.equal(done.line, line);
    assert.deepEqual(done.missing, []);
  });

const omitted: readonly [Tool, Partial<PlanOptions>, RegExp][] = [
  ['aws', { compare: 'rclone' }, /never content/],
  ['aws', { backupFolder: 'x/y' }, /does not keep/],
  ['aws', { maxDelete: { files: 1 } }, /no limit on deletes/],
  ['aws', { trackRenames: 'hash' }, /renamed files/],
  ['aws', { minSize: 1 }, /limits on sizes/],
  ['rclone', { compare: 'aws' }, /rclone compares the modified times/],
  ['rclone', { deletes: 'after', maxDelete: { percent: 10 } }, /percentage of files/],
];
for (const [tool, options, says] of omitted)
  test(`the line of ${tool} comes without ${JSON.stringify(options)}, and says so`, () => {
    const done = write(tool, { ...(tool === 'aws' ? plainAws : plainRclone), ...options });
    assert.ok(done.line);
    assert.match(done.missing.join(' '), says);
  });

const gitignore = { filterDialect: 'gitignore', filters: [{ exclude: 'x' }] } as const;
const workspace: Place = { kind: 'uri', uri: 'x://y' };
const impossible: readonly [string, Tool, Partial<PlanOptions>, RegExp, source?: Place, target?: Place][] = [
  ['a comparison', 'aws', { verb: 'check' }, /only compares/],
  ['another kind of storage', 'aws', {}, /"drive", which is not S3/, folder('/a'), remote('drive', 'b')],
  ['two folders', 'aws', {}, /from or to S3/, folder('/a'), folder('/b')],
  ['a virtual workspace', 'rclone', {}, /exists only in the editor/, workspace],
  ['ignore files', 'rclone', { ignoreFiles: ['.gitignore'] }, /does not read ignore files/],
  ['ignore files', 'aws', { ignoreFiles: ['.gitignore'] }, /does not read ignore files/],
  ['rules of .gitignore', 'rclone', gitignore, /\.gitignore/],
  ['braces', 'aws', { filterDialect: 'rclone', filters: [{ exclude: '*.{a,b}' }] }, /no equivalent/],
];
for (const [what, tool, options, says, source, target] of impossible)
  test(`${tool} has no line for ${what}`, () => {
    const done = write(tool, { ...(tool === 'aws' ? plainAws : plainRclone), ...options }, source, target);
    assert.equal(done.line, undefined);
    assert.match(done.missing.join(' '), says);
  });

test('the line contains the endpoint but not the access key, and says so', () => {
  const done = write('aws', plainAws, folder('/a'), remote('my lab', 'b'));
  assert.equal(done.line, 'aws s3 sync /a s3://b --endpoint-url http://localhost:9000');
  assert.match(done.notes.join(' '), /does not contain the access key of "my lab"/);
});

test('a line of aws with --delete says that aws deletes during the copies (A26)', () => {
  assert.match(write('aws', { ...plainAws, deletes: 'after' }).notes.join(' '), /during the copies/);
});

test('the more complete line comes first', () => {
  const order = (options: Partial<PlanOptions>) =>
    writeCommandLines(
      { source: folder('/a'), target: remote('work', 'b'), options: { ...plainAws, ...options } },
      remotes,
    ).map(({ tool }) => tool);
  assert.deepEqual(order({}), ['aws', 'rclone']);
  assert.deepEqual(order({ compare: 'rclone' }), ['rclone', 'aws']);
  assert.deepEqual(order({ compare: 'checksum', minSize: 1 }), ['rclone', 'aws']);
});

const names = ['a', 'b c', "it's", 'ä😀', '$x', '-d', 'x"y', 'back\\slash', '#h', '~', 'p,q=r', '*', '%a%'];
const patternsOf = {
  rclone: ['*.tmp', '/a/**', 'b c/', "it's", '{a,b}*.js', '$x', 'sub/*.css', '[a-c]?', '**/x', '-x', '! y'],
  aws: ['*', '*.tmp', 'a/*', "it's", '[!a]?', '$x', '😀*', '--y', 'b c'],
};

const pick = <const T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const anyPath = fc
  .array(pick(...names.filter((name) => name !== '~')), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));
const anyFolder = anyPath.map((path) => folder(`/w/${path}`));
const anyRemote = (...among: string[]) =>
  fc.tuple(pick(...among), anyPath).map(([name, path]) => remote(name, path));
const anyFilters = (dialect: 'rclone' | 'aws') =>
  fc.array(
    fc
      .tuple(fc.boolean(), pick(...patternsOf[dialect]))
      .map(([isInclude, pattern]): FilterRule => (isInclude ? { include: pattern } : { exclude: pattern })),
    { maxLength: 4 },
  );

const anyAwsSides = pick('work', 'my lab').chain((name) => {
  const there = anyRemote(name);
  return fc.oneof(fc.tuple(anyFolder, there), fc.tuple(there, anyFolder), fc.tuple(there, there));
});
const awsRequest: fc.Arbitrary<LineRequest> = fc
  .record({
    sides: anyAwsSides,
    verb: pick('sync', 'copy', 'move'),
    compare: pick('aws', 'exact-timestamps', 'size-only'),
    deletes: pick('none', 'after'),
    filters: anyFilters('aws'),
    followSymlinks: fc.boolean(),
    file: fc.option(pick(...names)),
  })
  .map(({ sides: [source, target], verb, compare, deletes, filters, followSymlinks, file }) => ({
    source,
    target,
    options: {
      ...plainAws,
      verb,
      ...(verb === 'sync' ? { compare, deletes } : { ignoreTimes: true }),
      followSymlinks: source.kind !== 'folder' || followSymlinks,
      ...(verb !== 'sync' && file !== null ? { only: [{ file: parsePath(file) }] } : { filters }),
    },
  }));

const anyPlace = fc.oneof(anyFolder, anyRemote('work', 'my lab', 'drive'));
const optional = { requiredKeys: [] };
const rcloneRequest: fc.Arbitrary<LineRequest> = fc
  .record({
    source: anyPlace,
    target: anyPlace,
    verb: pick('sync', 'copy', 'move', 'check'),
    required: fc.record({
      compare: pick('rclone', 'checksum', 'size-only'),
      filters: anyFilters('rclone'),
      followSymlinks: fc.boolean(),
    }),
    switches: fc.record(
      {
        ignoreExisting: fc.constant(true),
        ignoreTimes: fc.constant(true),
        update: fc.constant(true),
        ignoreSize: fc.constant(true),
        immutable: fc.constant(true),
        keepTargetTimes: fc.constant(true),
        useServerTimes: fc.constant(true),
        modifyWindowMs: pick(1, 1500, 0.5, 1e-6, 3_600_000),
      },
      optional,
    ),
    limits: fc.record(
      {
        minSize: pick<number | string>(0, 100, '10K'),
        maxSize: pick<number | string>(20_000, '1.5M', '2G'),
        minAge: pick('90s', '1h30m', '500ms'),
        maxAge: pick('7d', '2w', '6M', '1y'),
      },
      optional,
    ),
    ofCheck: fc.record({ oneWay: fc.constant(true) }, optional),
    ofOthers: fc.record({ backupFolder: anyPath }, optional),
    ofSync: fc.record(
      {
        deleteExcluded: fc.constant(true),
        maxDelete: pick({ files: 0 }, { files: 7 }, { bytes: 4096 }, { files: 1, bytes: 2 }),
        trackRenames: pick('hash', 'modified'),
      },
      optional,
    ),
    deletes: pick('before', 'during', 'after'),
  })
  .map(({ source, target, verb, required, switches, limits, ofCheck, ofOthers, ofSync, deletes }) => {
    const { backupFolder } = ofOthers;
    return {
      source,
      target,
      options: {
        ...plainRclone,
        ...required,
        ...switches,
        // With deleteExcluded such a line would delete more than the plan.
        ...(!(verb === 'sync' && ofSync.deleteExcluded) && limits),
        verb,
        deletes: verb === 'sync' ? deletes : 'none',
        followSymlinks: source.kind === 'folder' && required.followSymlinks,
        ...(verb === 'check' && ofCheck),
        ...(verb === 'sync' && ofSync),
        ...(verb !== 'check' &&
          backupFolder !== undefined && {
            backupFolder: target.kind === 'folder' ? `/old/${backupFolder}` : backupFolder,
          }),
      },
    };
  });

function sure(side: ReadPlace): Place {
  assert.ok(!isUndecided(side));
  return side.place;
}

for (const [tool, request] of [
  ['aws', awsRequest],
  ['rclone', rcloneRequest],
] as const)
  test(`read(write(request)) is the request, for ${tool}`, () => {
    const law = fc.property(request, (requested) => {
      assert.deepEqual(parsePlanOptions(requested.options), requested.options);
      const { line, missing } = writeCommandLine(requested, tool, remotes);
      assert.deepEqual(missing, [], line);
      const command = readCommandLine(line ?? '', { remotes });
      assert.ok(!isProblem(command), `${line} ${JSON.stringify(command)}`);
      const { source, target, options, flags } = command;
      assert.deepEqual({ source: sure(source), target: sure(target), options }, requested, line);
      assert.ok(flags.every(({ verdict }) => verdict !== 'refused'));
    });
    fc.assert(law, { numRuns: 200 });
  });

const translatedPatterns = {
  rclone: ['*.tmp', '/a/**', 'b/', '.git', '/x.tmp', 'node/**', '*.css', 'a/b/'],
  aws: ['*', '*.tmp', 'a/*', '*/b/*', 'x.tmp', 'a/*.css', '[ab]*', 'b c', '*.git*'],
};
const anyParts = fc.array(pick('a', 'b', 'x.tmp', 'y.css', '.git', 'node', 'b c'), {
  minLength: 1,
  maxLength: 3,
});

for (const [tool, dialect] of [
  ['aws', 'rclone'],
  ['rclone', 'aws'],
] as const)
  test(`filters of ${dialect}, translated for ${tool}, select the same files`, () => {
    const rules = fc.array(
      fc
        .tuple(fc.boolean(), pick(...translatedPatterns[dialect]))
        .map(
          ([isInclude, pattern]): FilterRule =>
            isInclude && dialect === 'aws' ? { include: pattern } : { exclude: pattern },
        ),
      { minLength: 1, maxLength: 3 },
    );
    const paths = fc.array(
      anyParts.map((parts) => parts.join('/')),
      { minLength: 20, maxLength: 20 },
    );
    let translated = 0;
    const law = fc.property(rules, fc.boolean(), paths, (filters, useDefaultExcludes, some) => {
      const options: PlanOptions = { ...plainRclone, filterDialect: dialect, useDefaultExcludes, filters };
      const { line } = write(tool, options, folder('/w'), remote('work', 'b'));
      if (line === undefined) return;
      translated++;
      const command = readCommandLine(line, { remotes });
      assert.ok(!isProblem(command), line);
      const [before, after] = [createFilter(options), createFilter(command.options)];
      for (const path of some) assert.equal(after.includes(path), before.includes(path), `${path}, ${line}`);
    });
    fc.assert(law, { numRuns: 100 });
    assert.ok(translated > 60, `${translated}`);
  });

test('the default excludes and "only" become filters that select the same files', () => {
  const options: PlanOptions = {
    ...defaultPlanOptions,
    only: [{ file: parsePath('a[1].txt') }, { folder: parsePath('sub') }],
  };
  for (const tool of ['aws', 'rclone'] as const) {
    const { line } = write(tool, options, folder('/w'), remote('work', 'b'));
    const command = readCommandLine(line ?? '', { remotes });
    assert.ok(!isProblem(command));
    const filter = createFilter(command.options);
    for (const [path, expected] of [
      ['a[1].txt', true],
      ['a1.txt', false],
      ['sub/x', true],
      ['sub/deep/x', true],
      ['sub/.git/config', false],
      ['sub/Thumbs.db', false],
      ['other', false],
      ['deep/a[1].txt', false],
    ] as const)
      assert.equal(filter.includes(path), expected, `${tool} ${path}: ${line}`);
  }
});
