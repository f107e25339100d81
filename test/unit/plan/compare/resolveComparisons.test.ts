import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type FactCounts,
  type FactRequest,
  type ResolvedMatch,
  resolveComparisons,
} from '../../../../src/plan/compare/resolveComparisons';
import type { Match } from '../../../../src/plan/match/match';
import type { ComparisonMode, PlanOptions } from '../../../../src/plan/model/planOptions';
import type { FileEntry } from '../../../../src/remote/entry';
import { RemoteError, type RemoteErrorKind } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { type FakeFile, type FakeOptions, type FakeRemote, fakeRemote } from '../../../support/fakeRemote';
import { at } from '../../../support/givenSync';
import { ofKind } from '../../../support/remoteErrors';
import { rulesOf } from './comparing';

const never = new AbortController().signal;

interface Given {
  readonly source: FakeRemote;
  readonly target: FakeRemote;
  readonly matches: readonly Match[];
}

/** Matches of equal names, listed from a disk (source) and a store (target). */
async function given(
  source: readonly FakeFile[],
  target: readonly FakeFile[],
  more: { source?: Partial<FakeOptions>; target?: Partial<FakeOptions> } = {},
): Promise<Given> {
  const from = fakeRemote({ like: 'folder', files: source, ...more.source });
  const to = fakeRemote({ like: 'store', files: target, ...more.target });
  const listed = async (remote: FakeRemote) => {
    const found = new Map<string, FileEntry>();
    const like = remote === from ? (more.source?.like ?? 'folder') : 'store';
    const quiet = fakeRemote({ like, files: remote === from ? source : target });
    for await (const page of quiet.listRecursive?.(parsePath(''), {}, never) ?? [])
      for (const entry of page) if (entry.kind === 'file') found.set(entry.path, entry);
    return found;
  };
  const [sources, targets] = [await listed(from), await listed(to)];
  const matches = [...new Set([...sources.keys(), ...targets.keys()])].map((path) => ({
    path: parsePath(path),
    source: sources.get(path),
    target: targets.get(path),
    nameConflict: undefined,
  }));
  return { source: from, target: to, matches };
}

async function* inBatches<T>(all: readonly T[], size: number): AsyncGenerator<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}

async function resolve(
  { source, target, matches }: Given,
  mode: ComparisonMode = 'rclone',
  more: Partial<FactRequest> & { counts?: FactCounts } = {},
): Promise<ResolvedMatch[]> {
  const { counts = { requested: 0, completed: 0 }, ...rest } = more;
  const request = { source, target, rules: rulesOf({ compare: mode }), forCopying: true, ...rest };
  const resolved: ResolvedMatch[] = [];
  for await (const batch of resolveComparisons(inBatches(matches, 3), request, counts, never))
    resolved.push(...batch);
  return resolved;
}

function words(resolved: readonly ResolvedMatch[]): string[] {
  return resolved.map(({ match, comparison, failure }) => {
    const result = failure ? `failed on ${failure.side}` : (comparison?.because ?? 'alone');
    return `${match.path} ${result}`;
  });
}

test('no request is made where the listing decides (R6)', async () => {
  const sides = await given(
    [
      { path: 'new', content: 'x', modified: at('1') },
      { path: 'size', content: 'xx', modified: at('1') },
    ],
    [
      { path: 'size', content: 'x', modified: at('1') },
      { path: 'old', content: 'x', modified: at('1') },
    ],
  );
  assert.deepEqual(words(await resolve(sides)), ['new alone', 'size sizeDiffers', 'old alone']);
  assert.deepEqual([...sides.source.asked, ...sides.target.asked], []);
});

test('a file is read for its hash only when sizes agree, times do not, and the other side knows one (R6)', async () => {
  const sides = await given(
    [
      { path: 'same', content: 'abc', modified: at('1') },
      { path: 'touched', content: 'abc', modified: at('2') },
      { path: 'multipart', content: 'abc', modified: at('2') },
    ],
    [
      { path: 'same', content: 'abc', modified: at('1') },
      { path: 'touched', content: 'abc', modified: at('1') },
      { path: 'multipart', content: 'abc', modified: at('1'), md5: null },
    ],
  );
  assert.deepEqual(words(await resolve(sides)), [
    'multipart timeDiffers',
    'same sizeAndTime',
    'touched onlyTimeDiffers',
  ]);
  assert.deepEqual(sides.source.asked, ['read:touched']);
  assert.deepEqual(sides.target.asked.sort(), ['stat:multipart', 'stat:same', 'stat:touched']);
});

test('flags that need no time make no request; update makes one even where sizes differ (R6)', async () => {
  const requests = async (options: Partial<PlanOptions>) => {
    const times = { modified: at('1'), serverModified: at('1') };
    const sides = await given(
      [
        { path: 'same', content: 'abc', ...times },
        { path: 'size', content: 'abcd', ...times },
      ],
      [
        { path: 'same', content: 'abc', ...times },
        { path: 'size', content: 'abc', ...times },
      ],
    );
    await resolve(sides, 'rclone', { rules: rulesOf(options) });
    return [...sides.source.asked, ...sides.target.asked].sort();
  };
  assert.deepEqual(await requests({}), ['stat:same']);
  assert.deepEqual(await requests({ ignoreExisting: true }), []);
  assert.deepEqual(await requests({ ignoreTimes: true }), []);
  assert.deepEqual(await requests({ update: true }), ['stat:same', 'stat:size']);
  assert.deepEqual(await requests({ update: true, useServerTimes: true }), []);
  assert.deepEqual(await requests({ compare: 'size-only', update: true }), ['stat:same', 'stat:size']);
});

test('size-only and checksum make no request to a store that lists what they need (H29)', async () => {
  const files = [{ path: 'a', content: 'abc', modified: at('1') }];
  for (const mode of ['size-only', 'checksum'] as const) {
    const sides = await given(files, files);
    await resolve(sides, mode);
    assert.deepEqual(sides.target.asked, []);
  }
});

test('as many pairs are requested at once as the limit allows, and all are counted', async () => {
  const files = Array.from({ length: 60 }, (_, i) => ({ path: `f${i}`, content: 'x', modified: at('1') }));
  const pause = () => new Promise<void>((done) => setTimeout(done, 1));
  const sides = await given(files, files, { target: { pause } });
  const counts = { requested: 0, completed: 0 };
  await resolve(sides, 'rclone', { limit: 8, counts });
  assert.equal(sides.target.busiest, 8);
  assert.deepEqual(counts, { requested: 60, completed: 60 });
});

test('decisions carry the exact entries', async () => {
  const sides = await given(
    [{ path: 'a', content: 'abc', modified: at('2') }],
    [{ path: 'a', content: 'abd', modified: at('1') }],
  );
  const [resolved] = await resolve(sides);
  assert.deepEqual(resolved?.match.target?.modified, at('1'));
  assert.equal(resolved?.match.target?.exact, true);
  assert.equal(resolved?.comparison?.because, 'hashDiffers');
});

test('a file that changed its size since it was listed is compared as it is now', async () => {
  const listed = [{ path: 'a', content: 'abc', modified: at('1') }];
  const sides = await given(listed, listed);
  const target = fakeRemote({ like: 'store', files: [{ path: 'a', content: 'abcd', modified: at('1') }] });
  assert.deepEqual(words(await resolve({ ...sides, target })), ['a sizeDiffers']);
});

test('a file that looks archived gets a stat before it is skipped, even when its facts are cached (A31)', async () => {
  const archived = { content: 'abc', modified: at('2'), storageClass: 'GLACIER' };
  const sides = await given([{ path: 'a', ...archived }], [], { source: { like: 'store' } });
  const cached = sides.matches.map((match) => ({
    ...match,
    ...(match.source && { source: { ...match.source, exact: true, readonly: 'is archived' } }),
  }));
  const [resolved] = await resolve({ ...sides, matches: cached });
  assert.deepEqual(sides.source.asked, ['stat:a']);
  assert.equal(resolved?.match.source?.readonly, undefined);
});

test("a failed request is that file's failure, unless it would fail for every file", async () => {
  const files = ['a', 'b', 'c'].map((path) => ({ path, content: 'x', modified: at('1') }));
  const failing = (kind: RemoteErrorKind) =>
    given(files, files, { target: { fails: { 'stat:b': new RemoteError(kind, 'No.') } } });
  const resolved = await resolve(await failing('forbidden'));
  assert.deepEqual(words(resolved), ['a sizeAndTime', 'b failed on target', 'c sizeAndTime']);
  await assert.rejects(resolve(await failing('unauthenticated')), ofKind('unauthenticated'));
});
