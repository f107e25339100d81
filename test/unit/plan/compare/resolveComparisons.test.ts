import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComparisonRules } from '../../../../src/plan/compare/comparison';
import {
  type FactRequest,
  type ResolvedMatch,
  resolveComparisons,
} from '../../../../src/plan/compare/resolveComparisons';
import type { Match } from '../../../../src/plan/match/match';
import type { ComparisonMode } from '../../../../src/plan/model/planOptions';
import type { FileEntry } from '../../../../src/remote/entry';
import { isRemoteError, RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { type FakeFile, type FakeOptions, type FakeRemote, fakeRemote } from '../../../support/fakeRemote';
import { at } from '../../../support/givenSync';

const never = new AbortController().signal;

interface Given {
  readonly source: FakeRemote;
  readonly target: FakeRemote;
  readonly matches: readonly Match[];
}

/** Pairs of equal names: a disk's files and a store's. */
async function given(
  source: readonly FakeFile[],
  target: readonly FakeFile[],
  more: { source?: Partial<FakeOptions>; target?: Partial<FakeOptions> } = {},
): Promise<Given> {
  const from = fakeRemote({ like: 'folder', files: source, ...more.source });
  const to = fakeRemote({ like: 'store', files: target, ...more.target });
  const listed = async (remote: FakeRemote) => {
    const found = new Map<string, FileEntry>();
    const quiet = fakeRemote({
      like: remote === from ? (more.source?.like ?? 'folder') : 'store',
      files: remote === from ? source : target,
    });
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

function rules(mode: ComparisonMode): ComparisonRules {
  return { mode, direction: 'upload', windowNs: 1, serverTime: { source: false, target: false } };
}

async function resolve(
  { source, target, matches }: Given,
  mode: ComparisonMode = 'rclone',
  more: Partial<FactRequest> & { batch?: number; signal?: AbortSignal } = {},
): Promise<ResolvedMatch[]> {
  const { batch = 3, signal = never, ...rest } = more;
  const request = { source, target, rules: rules(mode), forCopying: true, ...rest };
  const judged: ResolvedMatch[] = [];
  for await (const some of resolveComparisons(
    inBatches(matches, batch),
    request,
    { requested: 0, completed: 0 },
    signal,
  ))
    judged.push(...some);
  return judged;
}

function words(judged: readonly ResolvedMatch[]): string[] {
  return judged.map(({ match, comparison, failure }) =>
    failure
      ? `${match.path} failed on ${failure.side}`
      : `${match.path} ${comparison ? comparison.because : 'alone'}`,
  );
}

test('nothing is asked for where the listing decides (R6)', async () => {
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

test('flags that decide without a time ask for none; update asks even where sizes differ (R6)', async () => {
  const asked = async (flags: Partial<ComparisonRules>) => {
    const sides = await given(
      [
        { path: 'same', content: 'abc', modified: at('1') },
        { path: 'size', content: 'abcd', modified: at('1') },
      ],
      [
        { path: 'same', content: 'abc', modified: at('1'), serverModified: at('1') },
        { path: 'size', content: 'abc', modified: at('1'), serverModified: at('1') },
      ],
    );
    await resolve(sides, 'rclone', { rules: { ...rules('rclone'), ...flags } });
    return [...sides.source.asked, ...sides.target.asked].sort();
  };
  assert.deepEqual(await asked({}), ['stat:same']);
  assert.deepEqual(await asked({ ignoreExisting: true }), []);
  assert.deepEqual(await asked({ ignoreTimes: true }), []);
  assert.deepEqual(await asked({ update: true }), ['stat:same', 'stat:size']);
  assert.deepEqual(await asked({ update: true, serverTime: { source: false, target: true } }), []);
  assert.deepEqual(await asked({ mode: 'size-only', update: true }), ['stat:same', 'stat:size']);
});

test('size-only and checksum ask a store for nothing that its listing told (H29)', async () => {
  const files = [{ path: 'a', content: 'abc', modified: at('1') }];
  for (const mode of ['size-only', 'checksum'] as const) {
    const sides = await given(files, files);
    await resolve(sides, mode);
    assert.deepEqual(sides.target.asked, []);
  }
});

test('the order of the matches is kept however long each answer takes', async () => {
  const files = Array.from({ length: 100 }, (_, i) => ({
    path: `f${1000 + i}`,
    content: 'x',
    modified: at('1'),
  }));
  let turn = 0;
  const pause = () => new Promise<void>((done) => setTimeout(done, (turn++ * 7) % 5));
  const sides = await given(files, files, { target: { pause } });
  const judged = await resolve(sides, 'rclone', { batch: 7 });
  assert.deepEqual(
    judged.map(({ match }) => match.path),
    files.map(({ path }) => path),
  );
});

test('no more questions are open at once than allowed, and that many are', async () => {
  const files = Array.from({ length: 60 }, (_, i) => ({ path: `f${i}`, content: 'x', modified: at('1') }));
  const pause = () => new Promise<void>((done) => setTimeout(done, 1));
  const sides = await given(files, files, { target: { pause } });
  await resolve(sides, 'rclone', { limit: 8 });
  assert.equal(sides.target.busiest, 8);
});

test('decisions carry the exact entries', async () => {
  const sides = await given(
    [{ path: 'a', content: 'abc', modified: at('2') }],
    [{ path: 'a', content: 'abd', modified: at('1') }],
  );
  const [judged] = await resolve(sides);
  assert.deepEqual(judged?.match.target?.modified, at('1'));
  assert.equal(judged?.match.target?.exact, true);
  assert.equal(judged?.comparison?.because, 'hashDiffers');
});

test('a file that changed its size since it was listed is compared as it is now', async () => {
  const sides = await given(
    [{ path: 'a', content: 'abc', modified: at('1') }],
    [{ path: 'a', content: 'abc', modified: at('1') }],
  );
  const target = fakeRemote({ like: 'store', files: [{ path: 'a', content: 'abcd', modified: at('1') }] });
  assert.deepEqual(words(await resolve({ ...sides, target })), ['a sizeDiffers']);
});

test('a file that looks archived is asked for before it is given up, even when its facts are remembered (A31)', async () => {
  const archived = { content: 'abc', modified: at('2'), storageClass: 'GLACIER' };
  const sides = await given([{ path: 'a', ...archived }], [], { source: { like: 'store' } });
  const remembered = sides.matches.map((match) => ({
    ...match,
    ...(match.source && { source: { ...match.source, exact: true, readonly: 'is archived' } }),
  }));
  const [judged] = await resolve({ ...sides, matches: remembered });
  assert.deepEqual(sides.source.asked, ['stat:a']);
  assert.equal(judged?.match.source?.readonly, undefined);
});

test("a question that fails is that file's failure, and the others go on", async () => {
  const files = ['a', 'b', 'c'].map((path) => ({ path, content: 'x', modified: at('1') }));
  const sides = await given(files, files, {
    target: { fails: { 'stat:b': new RemoteError('forbidden', 'No.') } },
  });
  assert.deepEqual(words(await resolve(sides)), ['a sizeAndTime', 'b failed on target', 'c sizeAndTime']);
});

test('a failure that all others would meet too ends everything soon', async () => {
  const files = Array.from({ length: 500 }, (_, i) => ({ path: `f${i}`, content: 'x', modified: at('1') }));
  const fails = Object.fromEntries(
    files.map(({ path }) => [`stat:${path}`, new RemoteError('unauthenticated', 'Sign in.')]),
  );
  const sides = await given(files, files, {
    target: { fails, pause: () => new Promise((done) => setImmediate(done)) },
  });
  await assert.rejects(resolve(sides, 'rclone', { limit: 4, batch: 10 }), (error) =>
    isRemoteError(error, 'unauthenticated'),
  );
  assert.ok(sides.target.asked.length < 30, `${sides.target.asked.length} were asked`);
});

test('an abort ends with its reason, and nothing is left asking', async () => {
  const files = Array.from({ length: 50 }, (_, i) => ({ path: `f${i}`, content: 'x', modified: at('1') }));
  const stop = new AbortController();
  const reason = new Error('stop');
  let open = 0;
  const pause = async () => {
    open++;
    stop.abort(reason);
    await new Promise((done) => setTimeout(done, 2));
    open--;
  };
  const sides = await given(files, files, { target: { pause } });
  await assert.rejects(resolve(sides, 'rclone', { signal: stop.signal }), reason);
  assert.equal(open, 0);
});

test('a reader who stops early leaves nothing asking', async () => {
  const files = Array.from({ length: 50 }, (_, i) => ({ path: `f${i}`, content: 'x', modified: at('1') }));
  let open = 0;
  const pause = async () => {
    open++;
    await new Promise((done) => setTimeout(done, 2));
    open--;
  };
  const { source, target, matches } = await given(files, files, { target: { pause } });
  const counts = { requested: 0, completed: 0 };
  const request = { source, target, rules: rules('rclone'), forCopying: true };
  for await (const _ of resolveComparisons(inBatches(matches, 2), request, counts, never)) break;
  assert.equal(open, 0);
  assert.equal(counts.requested, counts.completed);
});
