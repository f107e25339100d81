import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareFiles, comparisonRules, type Direction } from '../../../../src/plan/compare/comparison';
import {
  type FactRequest,
  type ResolvedMatch,
  resolveComparisons,
} from '../../../../src/plan/compare/resolveComparisons';
import type { Match } from '../../../../src/plan/match/match';
import {
  comparisonModes,
  defaultPlanOptions,
  type PlanOptions,
} from '../../../../src/plan/model/planOptions';
import type { Capabilities } from '../../../../src/remote/capabilities';
import type { FileEntry } from '../../../../src/remote/entry';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { type FakeFile, type FakeOptions, type FakeRemote, fakeRemote } from '../../../support/fakeRemote';
import { at } from '../../../support/givenSync';
import { type Facts, file, rulesOf } from './comparing';

const never = new AbortController().signal;
const contentFirst = { refreshTimes: false } as const;

// Of one size and content, listed on a disk and in a store, which lists no times: the word without and with `refreshTimes`.
const listed: readonly (readonly [Partial<PlanOptions>, Direction, string, string])[] = [
  [{}, 'upload', 'same', 'needs times'],
  [{}, 'download', 'same', 'needs times'],
  [{}, 'copy', 'same', 'needs times'],
  [{ verb: 'copy' }, 'upload', 'same', 'needs times'],
  [{ ignoreSize: true }, 'upload', 'same', 'needs times'],
  [{ modifyWindowMs: 5 }, 'upload', 'same', 'needs times'],
  [{ keepTargetTimes: true }, 'upload', 'same', 'same'],
  [{ keepTargetTimes: true, verb: 'move' }, 'upload', 'same', 'same'],
  [{ verb: 'move' }, 'upload', 'needs times', 'needs times'],
  [{ update: true }, 'upload', 'needs times', 'needs times'],
  [{ update: true, keepTargetTimes: true }, 'upload', 'needs times', 'needs times'],
  [{ verb: 'check' }, 'upload', 'same', 'same'],
  [{ compare: 'checksum' }, 'upload', 'same', 'same'],
  [{ compare: 'size-only' }, 'upload', 'same', 'same'],
  [{ ignoreTimes: true }, 'upload', 'always', 'always'],
  [{ ignoreExisting: true }, 'upload', 'existing', 'existing'],
  [{ useServerTimes: true }, 'upload', 'onlyTimeDiffers', 'onlyTimeDiffers'],
  [{ compare: 'aws' }, 'upload', 'sourceIsNewer', 'sourceIsNewer'],
];

function word(
  source: FileEntry,
  target: FileEntry,
  options: Partial<PlanOptions>,
  direction: Direction,
): string {
  const { verdict, because } = compareFiles(source, target, rulesOf(options, direction), true);
  return verdict === 'same' ? 'same' : verdict === 'needsFacts' ? `needs ${because}` : because;
}

for (const [options, direction, without, refreshing] of listed)
  test(`equal content, ${JSON.stringify(options)}, ${direction}: ${without}; with refreshTimes: ${refreshing} (R6, H29)`, () => {
    const onDisk = { modified: { s: 100, ns: 0 }, md5: 'a', exact: true };
    const inStore = { serverModified: { s: 50, ns: 0 }, md5: 'a' };
    const [source, target] = [
      direction === 'upload' ? onDisk : inStore,
      direction === 'download' ? onDisk : inStore,
    ];
    const by = (more: Partial<PlanOptions>) =>
      word(file(source), file(target), { ...options, ...more }, direction);
    assert.deepEqual([by(contentFirst), by({ refreshTimes: true })], [without, refreshing]);
  });

test('other content is decided by the time, as with refreshTimes (R6)', () => {
  const source = file({ modified: at('1'), md5: 'a', exact: true });
  const by = (facts: Facts) => word(source, file({ md5: 'b', ...facts }), contentFirst, 'upload');
  assert.equal(by({}), 'needs times');
  assert.equal(by({ modified: at('1'), exact: true }), 'same');
  assert.equal(by({ modified: at('2'), exact: true }), 'hashDiffers');
  const unknown = file({ modified: at('2'), exact: true });
  assert.equal(word(source, unknown, contentFirst, 'upload'), 'timeDiffers');
});

test('between sides that list times, equal files get the time of the source (R7)', () => {
  const [source, target] = [at('1'), at('2')].map((modified) => file({ modified, md5: 'a', exact: true }));
  assert.ok(source && target);
  const folder = (path: string) => ({
    place: { kind: 'folder', path } as const,
    capabilities: { timePrecisionNs: 1, listsModified: true } as Capabilities,
  });
  const rules = comparisonRules(defaultPlanOptions, folder('/a'), folder('/b'));
  assert.equal(compareFiles(source, target, rules, true).because, 'onlyTimeDiffers');
});

interface Given {
  readonly source: FakeRemote;
  readonly target: FakeRemote;
  readonly matches: readonly Match[];
}

type Side = Omit<FakeOptions, 'files'>;
const disk: Side = { like: 'folder', hashesMany: true };
const store: Side = { like: 'store' };

async function listedBy(side: Side, files: readonly FakeFile[]): Promise<Map<string, FileEntry>> {
  const found = new Map<string, FileEntry>();
  for await (const page of fakeRemote({ ...side, fails: {}, files }).listRecursive?.(
    parsePath(''),
    {},
    never,
  ) ?? [])
    for (const entry of page) if (entry.kind === 'file') found.set(entry.path, entry);
  return found;
}

async function given(
  source: readonly FakeFile[],
  target: readonly FakeFile[],
  [from, to]: readonly [Side, Side] = [disk, store],
): Promise<Given> {
  const [sources, targets] = [await listedBy(from, source), await listedBy(to, target)];
  return {
    source: fakeRemote({ ...from, files: source }),
    target: fakeRemote({ ...to, files: target }),
    matches: [...sources.keys()].map((path) => ({
      path: parsePath(path),
      source: sources.get(path),
      target: targets.get(path),
      nameConflict: undefined,
    })),
  };
}

async function* inBatches<T>(all: readonly T[], size: number): AsyncGenerator<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}

async function resolve({ source, target, matches }: Given, rules: FactRequest['rules'], batch = 3) {
  const resolved: ResolvedMatch[] = [];
  const request = { source, target, rules, forCopying: true };
  const counts = { requested: 0, completed: 0 };
  for await (const one of resolveComparisons(inBatches(matches, batch), request, counts, never))
    resolved.push(...one);
  return resolved.map(({ match, comparison, failure }) => {
    const decided = failure ? `failed on ${failure.side}` : (comparison?.because ?? 'alone');
    return `${match.path} ${comparison?.verdict === 'same' ? 'same' : decided}`;
  });
}

const requests = ({ source, target }: Given) => [...source.asked, ...target.asked].sort();

test('small files are hashed instead of asking for times, and times are asked for where content differs (H29)', async () => {
  const sides = await given(
    [
      { path: 'edited', content: 'abc', modified: at('2') },
      { path: 'reset', content: 'abc', modified: at('1') },
      { path: 'same', content: 'abc', modified: at('1') },
      { path: 'size', content: 'abcd', modified: at('1') },
      { path: 'touched', content: 'abc', modified: at('2') },
    ],
    ['edited', 'reset', 'same', 'size', 'touched'].map((path) => ({
      path,
      content: path === 'edited' || path === 'reset' ? 'xyz' : 'abc',
      modified: at('1'),
    })),
  );
  assert.deepEqual(await resolve(sides, rulesOf(contentFirst)), [
    'edited hashDiffers',
    'reset same',
    'same same',
    'size sizeDiffers',
    'touched same',
  ]);
  assert.deepEqual(requests(sides), [
    'hash:edited',
    'hash:reset',
    'hash:same',
    'hash:touched',
    'stat:edited',
    'stat:reset',
  ]);
});

test('nothing is hashed where names conflict, or where only sizes that are ignored differ', async () => {
  const sides = await given(
    [
      { path: 'conflict', content: 'abc', modified: at('1') },
      { path: 'size', content: 'abcd', modified: at('1') },
    ],
    [
      { path: 'conflict', content: 'abc', modified: at('1') },
      { path: 'size', content: 'abc', modified: at('1') },
    ],
  );
  const matches = sides.matches.map((match) =>
    match.path === 'conflict'
      ? { ...match, nameConflict: { because: 'sameName', with: 'Conflict' } as const }
      : match,
  );
  const words = await resolve({ ...sides, matches }, rulesOf({ ...contentFirst, ignoreSize: true }));
  assert.deepEqual(words, ['conflict alone', 'size same']);
  assert.deepEqual(requests(sides), ['stat:size']);
});

test('a download hashes the target', async () => {
  const files = [{ path: 'a', content: 'abc', modified: at('1') }];
  const sides = await given(files, files, [store, disk]);
  assert.deepEqual(await resolve(sides, rulesOf(contentFirst, 'download')), ['a same']);
  assert.deepEqual([sides.source.asked, sides.target.asked], [[], ['hash:a']]);
});

test('two stores that list equal hashes are asked for nothing', async () => {
  const sides = await given(
    [
      { path: 'a', content: 'abc', modified: at('1') },
      { path: 'b', content: 'abc', modified: at('1') },
    ],
    [
      { path: 'a', content: 'abc', modified: at('2') },
      { path: 'b', content: 'xyz', modified: at('2') },
    ],
    [store, store],
  );
  assert.deepEqual(await resolve(sides, rulesOf(contentFirst, 'copy')), ['a same', 'b hashDiffers']);
  assert.deepEqual(requests(sides), ['stat:b', 'stat:b']);
});

test('a file that can’t be hashed, is large, or has no listed hash to compare with is decided by the time', async () => {
  const large = 'x'.repeat(1024 * 1024 + 1);
  const files = [
    { path: 'large', content: large, modified: at('1') },
    { path: 'limit', content: large.slice(1), modified: at('1') },
    { path: 'multipart', content: 'abc', modified: at('1') },
    { path: 'unreadable', content: 'abc', modified: at('1') },
  ];
  const sides = await given(
    files,
    files.map((one) => (one.path === 'multipart' ? { ...one, md5: null } : one)),
    [{ ...disk, fails: { 'hash:unreadable': new RemoteError('forbidden', 'No.') } }, store],
  );
  assert.deepEqual(await resolve(sides, rulesOf(contentFirst)), [
    'large same',
    'limit same',
    'multipart same',
    'unreadable same',
  ]);
  assert.deepEqual(requests(sides), [
    'hash:limit',
    'hash:unreadable',
    'stat:large',
    'stat:multipart',
    'stat:unreadable',
  ]);
});

test('a store whose ETags only look like MD5s is asked for times after some tries', async () => {
  const files = Array.from({ length: 400 }, (_, i) => ({
    path: `f${1000 + i}`,
    content: 'abc',
    modified: at('1'),
  }));
  const tries = async (isMd5: (i: number) => boolean) => {
    const there = files.map((one, i) => (isMd5(i) ? one : { ...one, md5: '0'.repeat(32) }));
    const sides = await given(files, there);
    assert.deepEqual(
      new Set(await resolve(sides, rulesOf(contentFirst), 50)),
      new Set(files.map(({ path }) => `${path} same`)),
    );
    return sides.source.asked.length;
  };
  assert.equal(await tries(() => false), 100);
  assert.equal(await tries((i) => i % 2 === 0), 400);
});

test('a comparison of content hashes small files together too', async () => {
  const sides = await given(
    [
      { path: 'a', content: 'abc' },
      { path: 'b', content: 'abc' },
      { path: 'c', content: 'abc' },
    ],
    [
      { path: 'a', content: 'abc' },
      { path: 'b', content: 'xyz' },
      { path: 'c', content: 'abc', md5: null },
    ],
  );
  const words = await resolve(sides, rulesOf({ compare: 'checksum' }));
  assert.deepEqual(words, ['a same', 'b hashDiffers', 'c noCommonHash']);
  assert.deepEqual(requests(sides), ['hash:a', 'hash:b', 'stat:c']);
});

const anyTime = fc.constantFrom('1', '1.000000001', '1.5', '2', '3600');
const anyFile = fc.record({
  content: fc.constantFrom('abc', 'xyz', 'longer'),
  modified: fc.option(anyTime, { nil: undefined }),
  serverModified: anyTime,
  hasMd5: fc.boolean(),
});
const someOptions: fc.Arbitrary<Partial<PlanOptions>> = fc.record(
  {
    verb: fc.constantFrom('sync', 'copy', 'move', 'check'),
    compare: fc.constantFrom('rclone', 'rclone', 'rclone', ...comparisonModes),
    ignoreExisting: fc.boolean(),
    ignoreTimes: fc.boolean(),
    update: fc.boolean(),
    ignoreSize: fc.boolean(),
    keepTargetTimes: fc.boolean(),
    useServerTimes: fc.boolean(),
    modifyWindowMs: fc.constantFrom(1, 1000, 3_600_000),
  },
  { requiredKeys: [] },
);

const anyOptions = fc.oneof(fc.constant<Partial<PlanOptions>>({}), someOptions, someOptions);

test('only equal files whose times a side does not list are decided otherwise than with refreshTimes: their times stay (R6, R7)', async () => {
  let kept = 0;
  const sidesOf = { upload: [disk, store], download: [store, disk], copy: [store, store] } as const;
  const law = fc.asyncProperty(
    fc.array(fc.tuple(anyFile, anyFile), { minLength: 6, maxLength: 6 }),
    anyOptions,
    fc.constantFrom('upload', 'download', 'copy'),
    fc.boolean(),
    async (pairs, options, direction, hashesMany) => {
      const as = (side: Side): Side => ({ ...side, hashesMany: hashesMany && side.like === 'folder' });
      const [from, to] = sidesOf[direction];
      const files = (which: 0 | 1, { like }: Side) =>
        pairs.map((pair, i): FakeFile => {
          const {
            content,
            modified = like === 'folder' ? '1' : undefined,
            serverModified,
            hasMd5,
          } = pair[which];
          return {
            path: `f${i}`,
            content,
            ...(modified !== undefined && { modified: at(modified) }),
            ...(like === 'store' && { serverModified: at(serverModified) }),
            ...(!hasMd5 && like === 'store' && { md5: null }),
          };
        });
      const [sources, targets] = [files(0, from), files(1, to)];
      const run = async (refreshTimes: boolean) => {
        const sides = await given(sources, targets, [as(from), as(to)]);
        const words = await resolve(sides, rulesOf({ ...options, refreshTimes }, direction));
        return { words, stats: requests(sides).filter((asked) => asked.startsWith('stat:')) };
      };
      const [refreshing, leaving] = [await run(true), await run(false)];
      refreshing.words.forEach((before, i) => {
        const after = leaving.words[i];
        if (before === after) return;
        assert.equal(before, `f${i} onlyTimeDiffers`);
        assert.equal(after, `f${i} same`);
        assert.equal(sources[i]?.content, targets[i]?.content);
        const { verb = 'sync', compare = 'rclone', update, useServerTimes } = options;
        assert.ok((verb === 'sync' || verb === 'copy') && compare === 'rclone' && !update && !useServerTimes);
        kept++;
      });
      assert.ok(leaving.stats.length <= refreshing.stats.length);
    },
  );
  await fc.assert(law, { numRuns: 600 });
  assert.ok(kept > 30, `only ${kept} times were kept`);
});
