import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Match } from '../../../src/plan/match/match';
import type { ListingProblem } from '../../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../../src/plan/model/planOptions';
import type { Instant } from '../../../src/remote/modifiedTime';
import { RemoteError } from '../../../src/remote/remoteError';
import { rootPath } from '../../../src/remote/remotePath';
import { listSides } from '../../../src/usecases/listSides';
import { type FakeFile, type FakeOptions, type FakeRemote, fakeRemote } from '../../support/fakeRemote';
import { random } from '../../support/random';
import { refused } from '../../support/remoteCalls';

const never = new AbortController().signal;
const now = Date.UTC(2026, 10, 26);
const day = 86_400;

interface Sides {
  readonly source: FakeRemote;
  readonly target: FakeRemote;
}

/** A disk and a store that hold these files: `path` or `path:size`, modified so many days ago. */
function sides(
  source: Readonly<Record<string, number>>,
  target: Readonly<Record<string, number>>,
  more: { source?: Partial<FakeOptions>; target?: Partial<FakeOptions> } = {},
): Sides {
  return {
    source: fakeRemote({ like: 'folder', files: filesOf(source), ...more.source }),
    target: fakeRemote({ like: 'store', files: filesOf(target), ...more.target }),
  };
}

function filesOf(given: Readonly<Record<string, number>>): FakeFile[] {
  return Object.entries(given).map(([spelled, age]) => {
    const [path = '', size = '1'] = spelled.split(':');
    return { path, content: 'x'.repeat(Number(size)), modified: daysAgo(age), serverModified: daysAgo(0) };
  });
}

function daysAgo(days: number): Instant {
  return { s: now / 1000 - days * day, ns: 0 };
}

interface Listed {
  readonly matches: readonly Match[];
  /** `path source target`, with a dash for a missing file, and why the file is excluded or protected. */
  readonly words: readonly string[];
  readonly files: { readonly source: number; readonly target: number };
  readonly bytes: { readonly source: number; readonly target: number };
  readonly problems: readonly ListingProblem[];
}

async function list({ source, target }: Sides, options: Partial<PlanOptions>): Promise<Listed> {
  const listed = await listSides(
    { remote: source, root: rootPath },
    { remote: target, root: rootPath },
    { ...defaultPlanOptions, deletes: 'after', ...options },
    undefined,
    never,
    now,
  );
  const matches: Match[] = [];
  for await (const batch of listed.matches) {
    assert.ok(batch.length > 0, 'no batch is empty');
    matches.push(...batch);
  }
  const words = matches.map((match) =>
    [
      match.path,
      match.source?.size ?? '-',
      match.target?.size ?? '-',
      ...(match.excluded ? ['excluded'] : []),
      ...(match.protectedBy === undefined ? [] : [match.protectedBy]),
    ].join(' '),
  );
  // Every listed file must reach the plan.
  for (const side of ['source', 'target'] as const) {
    const there = matches.flatMap((match) => match[side] ?? []);
    assert.equal(listed[side].files.files, there.length, side);
    assert.equal(
      listed[side].files.bytes,
      there.reduce((sum, { size }) => sum + size, 0),
      side,
    );
  }
  return {
    matches,
    words,
    files: { source: listed.source.files.files, target: listed.target.files.files },
    bytes: { source: listed.source.files.bytes, target: listed.target.files.bytes },
    problems: [...listed.source.problems, ...listed.target.problems],
  };
}

test('filters hide a file on both sides (A17, H4)', async () => {
  const given = sides({ 'a.log': 1, b: 1 }, { 'a.log': 1, 'old.log': 1, c: 1 });
  for (const filterDialect of ['rclone', 'aws', 'gitignore'] as const) {
    const { words, files } = await list(given, { filterDialect, filters: [{ exclude: '*.log' }] });
    assert.deepEqual(words, ['b 1 -', 'c - 1'], filterDialect);
    assert.deepEqual(files, { source: 1, target: 1 });
  }
});

test('an anchored exclude hides the same files on both sides (H3)', async () => {
  const given = sides({ 'a/x': 1, b: 1 }, { 'a/x': 1, 'a/y': 1 });
  for (const [filterDialect, exclude] of [
    ['rclone', '/a/**'],
    ['aws', '/a/*'],
    ['gitignore', '/a/'],
  ] as const)
    assert.deepEqual((await list(given, { filterDialect, filters: [{ exclude }] })).words, ['b 1 -']);
});

test('with deleteExcluded, excluded files of the target are listed and marked (R19, H5)', async () => {
  const given = sides(
    { 'a.log': 1, b: 1, 'build/x': 1 },
    { 'a.log': 1, 'build/y': 1, c: 1, 'sub/.DS_Store': 1, '.git/config': 1 },
  );
  const filters = [{ exclude: '*.log' }, { exclude: 'build/' }];
  const seen = ['a.log - 1 excluded', 'b 1 -', 'build/y - 1 excluded', 'c - 1'];
  assert.deepEqual((await list(given, { filters, deleteExcluded: true })).words, seen);
  assert.deepEqual((await list(given, { filters, deleteExcluded: true, verb: 'check' })).words, seen);
  for (const options of [{}, { deletes: 'none' }, { verb: 'copy' }, { verb: 'move' }] as const)
    assert.deepEqual(
      (await list(given, { filters, ...options, deleteExcluded: 'verb' in options || 'deletes' in options }))
        .words,
      ['b 1 -', 'c - 1'],
      JSON.stringify(options),
    );
});

test('without the usual excludes deleteExcluded protects none of them (R19)', async () => {
  const given = sides({ b: 1 }, { b: 1, '.git/config': 1 });
  const options = { filters: [{ exclude: '.git/**' }], deleteExcluded: true, useDefaultExcludes: false };
  assert.deepEqual((await list(given, options)).words, ['.git/config - 1 excluded', 'b 1 1']);
});

test('a file outside the size limits is not part of the plan, and neither is its counterpart', async () => {
  const given = sides(
    { 'both:1': 1, 'in:5': 1, 'only:1': 1, 'top:9': 1 },
    { 'both:2': 1, 'in:5': 1, 'extra:9': 1, 'gone:5': 1 },
  );
  const { words, files, bytes } = await list(given, { minSize: 3, maxSize: '8b' });
  assert.deepEqual(words, ['gone - 5', 'in 5 5']);
  assert.deepEqual(files, { source: 1, target: 2 });
  assert.deepEqual(bytes, { source: 5, target: 10 });
});

test('a target file whose source is outside of the limits is protected, not extra (H3)', async () => {
  const given = sides({ 'small:1': 1, 'large:9': 1 }, { 'small:5': 1, 'large:5': 1 });
  const limited = { minSize: 3, maxSize: 8 };
  assert.deepEqual((await list(given, limited)).words, [
    'large - 5 has a source file that is larger than 8 bytes',
    'small - 5 has a source file that is smaller than 3 bytes',
  ]);
  assert.deepEqual((await list(given, { ...limited, verb: 'copy' })).words, [], 'a copy deletes nothing');
});

test('a file within the limits is compared with a target file that is outside of them', async () => {
  assert.deepEqual((await list(sides({ 'a:5': 1 }, { 'a:1': 1 }), { minSize: 3 })).words, ['a 5 1']);
});

test('excluded files outside the limits stay on the target', async () => {
  const given = sides({ 'b:5': 1 }, { 'a.log:1': 1, 'c.log:5': 1 });
  const options = { filters: [{ exclude: '*.log' }], deleteExcluded: true, minSize: 3 };
  assert.deepEqual((await list(given, options)).words, ['b 5 -', 'c.log - 5 excluded']);
});

test('ages are requested only where neither the size nor the listing decides', async () => {
  const given = sides(
    { 'both:5': 3, 'new:5': 1, 'small:1': 3, 'old:5': 3 },
    { 'both:5': 1, 'small:5': 3, 'extra:5': 3, 'young:5': 1, 'tiny:1': 3, 'new:5': 3 },
  );
  const { words } = await list(given, { minAge: '2d', minSize: 3 });
  assert.deepEqual(words, [
    'both 5 5',
    'extra - 5',
    'new - 5 has a source file that was modified less than 2d ago',
    'old 5 -',
    'small - 5 has a source file that is smaller than 3 bytes',
  ]);
  assert.deepEqual(given.source.asked, ['listRecursive:'], 'a disk lists its times');
  assert.deepEqual(given.target.asked.filter((asked) => asked.startsWith('stat')).sort(), [
    'stat:extra',
    'stat:young',
  ]);
});

test('without deletes, ages of files that only the target has are not requested', async () => {
  const given = sides({ a: 3 }, { extra: 3 });
  await list(given, { minAge: '2d', verb: 'copy' });
  assert.deepEqual(given.target.asked, ['listRecursive:']);
});

test('facts of a source file that the limits requested are reused by its comparison', async () => {
  const given = sides({ a: 3 }, {}, { source: { like: 'store' } });
  const { matches } = await list(given, { maxAge: '5d' });
  assert.deepEqual(matches[0]?.source?.modified, daysAgo(3));
  assert.equal(matches[0]?.source?.exact, true);
  assert.deepEqual(given.source.asked, ['listRecursive:', 'stat:a']);
});

test("the service's time needs no request (A1, R9)", async () => {
  for (const options of [{ useServerTimes: true }, { compare: 'aws' }] as const) {
    const given = sides({ a: 3 }, {}, { source: { like: 'store' } });
    // Modified three days ago, but stored today.
    assert.deepEqual((await list(given, { minAge: '2d', ...options })).words, []);
    assert.deepEqual((await list(given, { maxAge: '2d', ...options })).words, ['a 1 -']);
    assert.ok(
      given.source.asked.every((asked) => asked === 'listRecursive:'),
      given.source.asked.join(),
    );
  }
});

test("a file whose age can't be requested is left out with a problem, and its counterpart is protected", async () => {
  const fails = {
    'stat:a': new RemoteError('forbidden', 'No.'),
    'stat:b': new RemoteError('forbidden', 'No.'),
  };
  const given = sides({ a: 3, b: 3, c: 3 }, { a: 3 }, { source: { like: 'store', fails } });
  const { words, problems } = await list(given, { minAge: '2d' });
  assert.deepEqual(words, ['a - 1 has a source file with an unknown modified time', 'c 1 -']);
  assert.deepEqual(
    problems.map(({ side, path, kind }) => `${side} ${path} ${kind}`),
    ['source a forbidden', 'source b forbidden'],
  );
});

test('an extra file of unknown age stays', async () => {
  const fails = {
    'stat:a': new RemoteError('forbidden', 'No.'),
    'stat:gone': new RemoteError('notFound', 'Gone.'),
  };
  const given = sides({ x: 3 }, { a: 3, gone: 3 }, { target: { fails } });
  const { words, problems } = await list(given, { minAge: '2d' });
  const unknown = "has an unknown modified time, so the age limits can't be checked";
  assert.deepEqual(words, [`a - 1 ${unknown}`, `gone - 1 ${unknown}`, 'x 1 -']);
  assert.deepEqual(
    problems.map(({ side, path }) => `${side} ${path}`),
    ['target a'],
  );
  const without = sides({ x: 3 }, {}, { target: { files: [{ path: 'a', content: 'x' }] } });
  assert.deepEqual((await list(without, { minAge: '2d' })).words, [`a - 1 ${unknown}`, 'x 1 -']);
});

test('a source file that vanishes meanwhile is left out, and its counterpart protected (H20)', async () => {
  const fails = {
    'stat:a': new RemoteError('notFound', 'Gone.'),
    'stat:b': new RemoteError('notFound', 'Gone.'),
  };
  const given = sides({ a: 3, b: 3 }, { a: 3 }, { source: { like: 'store', fails } });
  const { words, problems } = await list(given, { minAge: '2d' });
  assert.deepEqual(words, ['a - 1 has a source file with an unknown modified time']);
  assert.deepEqual(problems, []);
});

test('a fatal error ends the listing', async () => {
  const fails = { 'stat:b': new RemoteError('unauthenticated', 'Sign in.') };
  const given = sides({ a: 3, b: 3, c: 3 }, {}, { source: { like: 'store', fails, pageSize: 1 } });
  await refused(list(given, { minAge: '2d' }), 'unauthenticated');
});

test('ages are requested concurrently up to a limit, and the order stays', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [`f${String(i).padStart(3, '0')}`, i % 5]),
  );
  for (const pageSize of [1, 7, 1000]) {
    const given = sides(files, {}, { source: { like: 'store', pageSize } });
    let open = 0;
    let busiest = 0;
    let turn = 0;
    // Listing takes no time here, so all concurrent requests start before the first response.
    const stat: FakeRemote['stat'] = async (path, signal) => {
      busiest = Math.max(busiest, ++open);
      await new Promise((resolve) => setTimeout(resolve, random(++turn).whole(4)));
      open--;
      return given.source.stat(path, signal);
    };
    const { matches } = await list({ ...given, source: { ...given.source, stat } }, { minAge: '2d' });
    const expected = Object.keys(files).filter((path) => (files[path] ?? 0) >= 2);
    assert.deepEqual(
      matches.map(({ path }) => path),
      expected,
    );
    assert.equal(busiest, 32, `with pages of ${pageSize}`);
  }
});

test('invalid limits and patterns are refused before anything is listed', async () => {
  const given = sides({ a: 1 }, {});
  for (const options of [{ minSize: 'big' }, { maxAge: 'old' }, { filters: [{ exclude: '[a' }] }])
    await refused(list(given, options), 'badSettings');
  assert.deepEqual(given.source.asked, []);
});
