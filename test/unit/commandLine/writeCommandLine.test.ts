import assert from 'node:assert/strict';
import { test } from 'node:test';
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

const plainRclone: PlanOptions = { ...defaultPlanOptions, useDefaultExcludes: false, followSymlinks: false };
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

const unsayable: readonly [Tool, Partial<PlanOptions>, RegExp][] = [
  ['aws', { compare: 'rclone' }, /never content/],
  ['aws', { backupFolder: 'x/y' }, /does not keep/],
  ['aws', { maxDelete: { files: 1 } }, /no limit on deletes/],
  ['aws', { trackRenames: 'hash' }, /renamed files/],
  ['aws', { minSize: 1 }, /limits on sizes/],
  ['rclone', { compare: 'aws' }, /rclone compares the modified times/],
  ['rclone', { deletes: 'after', maxDelete: { percent: 10 } }, /percentage of files/],
];
for (const [tool, options, says] of unsayable)
  test(`${tool} can't say ${JSON.stringify(options)}, and the line comes with that`, () => {
    const done = write(tool, { ...(tool === 'aws' ? plainAws : plainRclone), ...options });
    assert.ok(done.line);
    assert.match(done.missing.join(' '), says);
  });

const impossible: readonly [string, Tool, Place, Place, Partial<PlanOptions>, RegExp][] = [
  ['a comparison', 'aws', folder('/a'), remote('work', 'b'), { verb: 'check' }, /only compares/],
  ['another kind of storage', 'aws', folder('/a'), remote('drive', 'b'), {}, /"drive", which is not S3/],
  ['two folders', 'aws', folder('/a'), folder('/b'), {}, /from or to S3/],
  [
    'a virtual workspace',
    'rclone',
    { kind: 'uri', uri: 'x://y' },
    remote('work', 'b'),
    {},
    /exists only in the editor/,
  ],
  [
    'ignore files',
    'rclone',
    folder('/a'),
    remote('work', 'b'),
    { ignoreFiles: ['.gitignore'] },
    /does not read ignore files/,
  ],
  [
    'ignore files',
    'aws',
    folder('/a'),
    remote('work', 'b'),
    { ignoreFiles: ['.gitignore'] },
    /does not read ignore files/,
  ],
  [
    'rules of .gitignore',
    'rclone',
    folder('/a'),
    remote('work', 'b'),
    { filterDialect: 'gitignore', filters: [{ exclude: 'x' }] },
    /\.gitignore/,
  ],
  [
    'braces',
    'aws',
    folder('/a'),
    remote('work', 'b'),
    { filterDialect: 'rclone', filters: [{ exclude: '*.{a,b}' }] },
    /no equivalent/,
  ],
];
for (const [what, tool, source, target, options, says] of impossible)
  test(`no line of ${tool} is written for ${what}`, () => {
    const done = write(tool, { ...(tool === 'aws' ? plainAws : plainRclone), ...options }, source, target);
    assert.equal(done.line, undefined);
    assert.match(done.missing.join(' '), says);
  });

test('an endpoint is written, an access key is not but is told', () => {
  const done = write('aws', plainAws, folder('/a'), remote('my lab', 'b'));
  assert.equal(done.line, 'aws s3 sync /a s3://b --endpoint-url http://localhost:9000');
  assert.match(done.notes.join(' '), /does not contain the access key of "my lab"/);
});

test('aws deletes while it copies (A26): a line with --delete tells so', () => {
  assert.match(write('aws', { ...plainAws, deletes: 'after' }).notes.join(' '), /during the copies/);
});

test('the tool that says more comes first', () => {
  const order = (options: Partial<PlanOptions>) =>
    writeCommandLines(
      { source: folder('/a'), target: remote('work', 'b'), options: { ...plainAws, ...options } },
      remotes,
    ).map(({ tool }) => tool);
  assert.deepEqual(order({}), ['aws', 'rclone']);
  assert.deepEqual(order({ compare: 'rclone' }), ['rclone', 'aws']);
  assert.deepEqual(order({ compare: 'checksum', minSize: 1 }), ['rclone', 'aws']);
});

/** A small generator of reproducible numbers (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const names = ['a', 'b c', "it's", 'ä', '😀', '$x', '-d', 'x"y', 'back\\slash', '#h', '~', 'p,q=r', '*'];
const patternsOf = {
  rclone: ['*.tmp', '/a/**', 'b c/', "it's", '{a,b}*.js', '$x', 'sub/*.css', '[a-c]?', '**/x', '-x', '! y'],
  aws: ['*', '*.tmp', 'a/*', "it's", '[!a]?', '$x', '😀*', '--y', 'b c'],
};

class Dice {
  constructor(private readonly next: () => number) {}
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }
  chance(share: number): boolean {
    return this.next() < share;
  }
  some<T extends object>(share: number, part: T): T | Record<never, never> {
    return this.chance(share) ? part : {};
  }
  filters(dialect: 'rclone' | 'aws'): FilterRule[] {
    return Array.from({ length: this.pick([0, 0, 1, 2, 4]) }, () => {
      const pattern = this.pick(patternsOf[dialect]);
      return this.chance(0.5) ? { include: pattern } : { exclude: pattern };
    });
  }
  path(): string {
    return Array.from({ length: this.pick([1, 2, 3]) }, () =>
      this.pick(names.filter((name) => name !== '~')),
    ).join('/');
  }
}

function randomAws(dice: Dice): LineRequest {
  const here = folder(`/w/${dice.path()}`);
  const there = remote(dice.pick(['work', 'my lab']), dice.path());
  const kind = dice.pick(['up', 'down', 'between'] as const);
  const between = remote(there.kind === 'remote' ? there.remote : '', dice.path());
  const [source, target] = kind === 'up' ? [here, there] : kind === 'down' ? [there, here] : [between, there];
  const verb = dice.pick(['sync', 'sync', 'copy', 'move'] as const);
  const options: PlanOptions = {
    ...plainAws,
    verb,
    ...(verb === 'sync'
      ? {
          compare: dice.pick(['aws', 'exact-timestamps', 'size-only'] as const),
          deletes: dice.pick(['none', 'after'] as const),
        }
      : { ignoreTimes: true }),
    filters: dice.filters('aws'),
    followSymlinks: source.kind === 'folder' ? dice.chance(0.5) : true,
  };
  if (verb !== 'sync' && dice.chance(0.3))
    return {
      source,
      target,
      options: { ...options, filters: [], only: [{ file: parsePath(dice.pick(names)) }] },
    };
  return { source, target, options };
}

function randomRclone(dice: Dice): LineRequest {
  const place = () =>
    dice.chance(0.5)
      ? folder(`/w/${dice.path()}`)
      : remote(dice.pick(['work', 'my lab', 'drive']), dice.path());
  const [source, target] = [place(), place()];
  const verb = dice.pick(['sync', 'copy', 'move', 'check'] as const);
  const backupFolder = target.kind === 'folder' ? `/old/${dice.path()}` : dice.path();
  const options: PlanOptions = {
    ...plainRclone,
    verb,
    compare: dice.pick(['rclone', 'checksum', 'size-only'] as const),
    deletes: verb === 'sync' ? dice.pick(['before', 'during', 'after'] as const) : 'none',
    filters: dice.filters('rclone'),
    followSymlinks: source.kind === 'folder' && dice.chance(0.5),
    ...dice.some(0.2, { ignoreExisting: true }),
    ...dice.some(0.2, { ignoreTimes: true }),
    ...dice.some(0.2, { update: true }),
    ...dice.some(0.2, { ignoreSize: true }),
    ...dice.some(0.2, { immutable: true }),
    ...dice.some(0.2, { keepTargetTimes: true }),
    ...dice.some(0.2, { useServerTimes: true }),
    ...(verb === 'check' && dice.some(0.4, { oneWay: true })),
    ...dice.some(0.3, { modifyWindowMs: dice.pick([1, 1500, 0.5, 1e-6, 3_600_000]) }),
    ...dice.some(0.2, { minSize: dice.pick<number | string>([0, 100, '10K']) }),
    ...dice.some(0.2, { maxSize: dice.pick<number | string>([20_000, '1.5M', '2G']) }),
    ...dice.some(0.2, { minAge: dice.pick(['90s', '1h30m', '500ms']) }),
    ...dice.some(0.2, { maxAge: dice.pick(['7d', '2w', '6M', '1y']) }),
    ...(verb !== 'check' && dice.some(0.3, { backupFolder })),
    ...(verb === 'sync' && {
      ...dice.some(0.2, { deleteExcluded: true }),
      ...dice.some(0.3, {
        maxDelete: dice.pick([{ files: 0 }, { files: 7 }, { bytes: 4096 }, { files: 1, bytes: 2 }]),
      }),
      ...dice.some(0.3, { trackRenames: dice.pick(['hash', 'modified'] as const) }),
    }),
  };
  // With limits, such a line would delete more than the plan.
  const { deleteExcluded, ...plain } = options;
  const limited = ['minSize', 'maxSize', 'minAge', 'maxAge'].some((name) => name in options);
  return { source, target, options: deleteExcluded && limited ? plain : options };
}

function sure(side: ReadPlace): Place {
  assert.ok(!isUndecided(side));
  return side.place;
}

for (const [tool, make] of [
  ['aws', randomAws],
  ['rclone', randomRclone],
] as const)
  test(`what is written for ${tool} is read as the same, for 1,000 random requests`, () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const request = make(new Dice(random(seed)));
      assert.deepEqual(parsePlanOptions(request.options), request.options);
      const { line, missing } = writeCommandLine(request, tool, remotes);
      const about = `seed ${seed}: ${line} ${missing}`;
      assert.ok(line !== undefined && missing.length === 0, about);
      const command = readCommandLine(line, { remotes });
      assert.ok(!isProblem(command), `${about} ${JSON.stringify(command)}`);
      assert.deepEqual(
        { source: sure(command.source), target: sure(command.target), options: command.options },
        request,
        about,
      );
      assert.deepEqual(
        command.flags.filter(({ verdict }) => verdict === 'refused'),
        [],
        about,
      );
    }
  });

test('filters said in the language of the other tool let the same files through, for 2,000 random lists', () => {
  const parts = ['a', 'b', 'x.tmp', 'y.css', '.git', 'node', 'b c'];
  const mine = {
    rclone: ['*.tmp', '/a/**', 'b/', '.git', '/x.tmp', 'node/**', '*.css', 'a/b/'],
    aws: ['*', '*.tmp', 'a/*', '*/b/*', 'x.tmp', 'a/*.css', '[ab]*', 'b c', '*.git*'],
  };
  let translated = 0;
  for (let seed = 1; seed <= 2000; seed++) {
    const dice = new Dice(random(seed));
    const tool = dice.pick(['aws', 'rclone'] as const);
    const dialect = tool === 'aws' ? 'rclone' : 'aws';
    const options: PlanOptions = {
      ...plainRclone,
      filterDialect: dialect,
      useDefaultExcludes: dice.chance(0.5),
      filters: Array.from({ length: dice.pick([1, 2, 3]) }, () => {
        const pattern = dice.pick(mine[dialect]);
        return dialect === 'aws' && dice.chance(0.5) ? { include: pattern } : { exclude: pattern };
      }),
    };
    const { line } = writeCommandLine(
      { source: folder('/w'), target: remote('work', 'b'), options },
      tool,
      remotes,
    );
    if (line === undefined) continue;
    translated++;
    const command = readCommandLine(line, { remotes });
    assert.ok(!isProblem(command), line);
    const [before, after] = [createFilter(options), createFilter(command.options)];
    for (let i = 0; i < 20; i++) {
      const path = Array.from({ length: dice.pick([1, 2, 3]) }, () => dice.pick(parts)).join('/');
      assert.equal(
        after.includes(path),
        before.includes(path),
        `seed ${seed}: ${path}, ${line} from ${JSON.stringify(options.filters)}`,
      );
    }
  }
  assert.ok(translated > 1500, `${translated}`);
});

test('the usual excludes and "only" are said as filters that let the same files through', () => {
  const options: PlanOptions = {
    ...defaultPlanOptions,
    only: [{ file: parsePath('a[1].txt') }, { folder: parsePath('sub') }],
  };
  for (const tool of ['aws', 'rclone'] as const) {
    const { line } = writeCommandLine(
      { source: folder('/w'), target: remote('work', 'b'), options },
      tool,
      remotes,
    );
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
