import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRenames, supportsServerSideMove } from '../../../../src/plan/build/renames';
import type { CopyFile, DeleteFile } from '../../../../src/plan/model/plan';
import type { FileEntry } from '../../../../src/remote/entry';
import type { Remote } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { planSync } from '../../../../src/usecases/planSync';
import { type FakeRemote, fakeRemote } from '../../../support/fakeRemote';
import { givenSync } from '../../../support/givenSync';
import { ofKind } from '../../../support/remoteErrors';
import { cpuTime } from '../../../tools/cpuTime';
import { rulesOf } from '../compare/comparing';

const never = new AbortController().signal;

interface Planned {
  readonly renames: readonly string[];
  readonly source: readonly string[];
  readonly target: readonly string[];
}

/** The renames of a fixture's plan, and the requests besides listings. */
async function planned(...lines: readonly string[]): Promise<Planned> {
  const sync = givenSync(lines.join('\n'));
  const plan = await planSync(sync, never);
  const requests = ({ asked: all }: FakeRemote) => all.filter((one) => !/^list/.test(one)).sort();
  return {
    renames: plan.actions.flatMap((action) =>
      action.kind === 'moveFile' ? [`${action.from} -> ${action.path}`] : [],
    ),
    source: requests(sync.source.remote),
    target: requests(sync.target.remote),
  };
}

const byHash = 'options {"deletes":"after","trackRenames":"hash"}';
const byTime = 'options {"deletes":"after","trackRenames":"modified"}';

test('requests are made only about files whose size is on both sides, and hashes only where the other side has one (R24)', async () => {
  assert.deepEqual(
    await planned(
      byHash,
      'source new.jpg "photo" @10',
      'target old.jpg "photo" @10',
      'source alone.jpg "a photo of its own" @10',
      'target left.jpg "of another size" @10',
      'source multi.bin "multipart" @10',
      'target was-multi.bin "multipart" @10 md5=none',
      'source empty "" @10',
      'target was-empty "" @10',
    ),
    {
      renames: ['old.jpg -> new.jpg'],
      source: ['read:new.jpg'],
      target: ['stat:bucket/was-multi.bin'],
    },
  );
});

test('by time, only times missing from listings are requested, and no content is read (R24)', async () => {
  assert.deepEqual(
    await planned(
      byTime,
      'source new.jpg "photo" @10',
      'target old.jpg "photo" @10',
      'source alone.jpg "a photo of its own" @10',
    ),
    { renames: ['old.jpg -> new.jpg'], source: [], target: ['stat:bucket/old.jpg'] },
  );
});

test("by the service's time no request is made (R9, R24)", async () => {
  assert.deepEqual(
    await planned(
      'options {"deletes":"after","trackRenames":"modified","useServerTimes":true}',
      'source new.jpg "photo" @10',
      'target old.jpg "photo" @99 server@10',
    ),
    { renames: ['old.jpg -> new.jpg'], source: [], target: [] },
  );
});

test('without the option, deletes or a sync no request is made and no file is renamed (R24)', async () => {
  for (const options of [
    '{"deletes":"after"}',
    '{"deletes":"after","trackRenames":"none"}',
    '{"trackRenames":"hash"}',
    '{"verb":"copy","deletes":"after","trackRenames":"hash"}',
    '{"verb":"move","deletes":"after","trackRenames":"hash"}',
    '{"verb":"check","deletes":"after","trackRenames":"hash"}',
  ])
    assert.deepEqual(
      await planned(`options ${options}`, 'source new.jpg "photo" @10', 'target old.jpg "photo" @10'),
      { renames: [], source: [], target: [] },
      options,
    );
});

test('equal times do not pair files whose hashes differ (R24)', async () => {
  const { renames } = await planned(
    byTime,
    'source is store:a',
    'target is store:b',
    'source new.jpg "photo" @10',
    'target old.jpg "other" @10',
  );
  assert.deepEqual(renames, []);
});

test('times within the window are equal, also across a second (R5, R24)', async () => {
  // By size only, the comparison of the moved file would not notice another time.
  for (const [source, target, expected] of [
    ['1', '3.499999999', 1],
    ['3.499999999', '1', 1],
    ['2', '4', 1],
    ['1', '3.5', 0],
    ['3.5', '1', 0],
  ] as const)
    for (const compare of ['rclone', 'size-only']) {
      const { renames } = await planned(
        `options {"deletes":"after","trackRenames":"modified","modifyWindowMs":2500,"compare":"${compare}"}`,
        `source new.jpg "photo" @${source}`,
        `target old.jpg "photo" @${target}`,
      );
      assert.equal(renames.length, expected, `${compare} ${source} ${target}`);
    }
});

test('a failure that every file would meet ends the plan; any other leaves its file unpaired (R24)', async () => {
  const given = [byHash, 'source new.jpg "photo" @10', 'target old.jpg "photo" @10 md5=none'];
  const signedOut = planned(...given, 'target fails stat old.jpg unauthenticated');
  await assert.rejects(signedOut, ofKind('unauthenticated'));
  assert.deepEqual((await planned(...given, 'target fails stat old.jpg notFound')).renames, []);
});

test('a file whose size changed is not paired (R24)', async () => {
  const { requests, copy, deleted } = byHand();
  const target = fakeRemote({ like: 'store', files: [{ path: 'old', content: 'longer now', md5: 'a' }] });
  const [copies, deletes] = [[copy('new', { size: 3, md5: 'a' })], [deleted('old', { size: 3 })]];
  assert.deepEqual(await findRenames(copies, deletes, requests({ target }), never), []);
});

/** Actions without listings. */
function byHand() {
  const file = (path: string, facts: Partial<FileEntry>): FileEntry => ({
    kind: 'file',
    path: parsePath(path),
    size: 1,
    exact: true,
    ...facts,
  });
  const remote = fakeRemote({ like: 'store' });
  const rules = rulesOf({ compare: 'checksum' }, 'copy');
  return {
    copy: (path: string, facts: Partial<FileEntry>): CopyFile => ({
      id: `c:${path}`,
      kind: 'copyFile',
      path: parsePath(path),
      direction: 'copy',
      source: file(path, facts),
      because: 'onlyInSource',
    }),
    deleted: (path: string, facts: Partial<FileEntry>): DeleteFile => ({
      id: `d:${path}`,
      kind: 'deleteFile',
      path: parsePath(path),
      before: file(path, { exact: false, ...facts }),
      because: 'notInSource',
    }),
    requests: ({ target = remote }: { target?: Remote } = {}) =>
      ({ source: remote, target, rules, times: rules, tracking: 'hash' }) as const,
  };
}

test('a hundred thousand files of one size and few contents are paired quickly, none twice (R24)', async () => {
  const { requests, copy, deleted } = byHand();
  const count = 100_000;
  const name = (folder: string, i: number) => `${folder}/${String(i).padStart(6, '0')}`;
  const copies = Array.from({ length: count }, (_, i) => copy(name('new', i), { md5: `h${i % 7}` }));
  // Half of them keep their name, the others have none in common.
  const deletes = Array.from({ length: count }, (_, i) =>
    deleted(i % 2 === 0 ? name('old', i) : `old/x${i}`, { md5: `h${i % 7}` }),
  );
  const used = cpuTime();
  const found = await findRenames(copies, deletes, requests(), never);
  const ms = used();
  assert.ok(ms < 5000, `${ms} ms of CPU`);
  assert.equal(found.length, count);
  assert.equal(new Set(found.map(({ deleted: one }) => one)).size, count);
  const sameName = found.filter(({ move }) => move.from === move.path.replace('new', 'old'));
  assert.equal(sameName.length, count / 2);
  for (const { move } of found) assert.equal(move.source.md5, move.before.md5);
});

test('equal input in any order gives equal pairs (R24)', async () => {
  const { requests, copy, deleted } = byHand();
  const copies = ['a', 'b', 'c'].map((path) => copy(path, { md5: 'h' }));
  const deletes = ['x', 'y', 'z'].map((path) => deleted(path, { md5: 'h' }));
  const pairs = async (some: readonly CopyFile[], others: readonly DeleteFile[]) =>
    (await findRenames(some, others, requests(), never)).map(({ move }) => `${move.from} -> ${move.path}`);
  assert.deepEqual(await pairs(copies, deletes), ['x -> a', 'y -> b', 'z -> c']);
  assert.deepEqual(await pairs(copies.toReversed(), deletes.toReversed()), ['x -> a', 'y -> b', 'z -> c']);
});

test('an abort rejects with its reason (R24)', async () => {
  const stop = new AbortController();
  const reason = new Error('stop');
  const { requests, copy, deleted } = byHand();
  const target = fakeRemote({
    like: 'store',
    files: [{ path: 'old', content: 'x' }],
    pause: async () => stop.abort(reason),
  });
  await assert.rejects(
    findRenames([copy('new', { md5: 'h' })], [deleted('old', {})], requests({ target }), stop.signal),
    reason,
  );
});

test('a file can be moved within a disk, and where the service copies or moves (R24)', () => {
  const store = (more: Partial<Remote>): Remote => ({
    ...fakeRemote({ like: 'store', copiesWithin: false }),
    ...more,
  });
  assert.equal(supportsServerSideMove(store({})), false);
  const refuse = async () => {
    throw new RemoteError('unsupported', 'No.');
  };
  assert.equal(supportsServerSideMove(store({ serverSideCopy: refuse })), true);
  assert.equal(supportsServerSideMove(store({ serverSideMove: refuse })), true);
  const { capabilities } = store({});
  assert.equal(supportsServerSideMove(store({ capabilities: { ...capabilities, isLocalDisk: true } })), true);
});
