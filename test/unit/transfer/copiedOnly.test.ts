import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanEndpoint } from '../../../src/plan/model/plan';
import type { PlanOptions } from '../../../src/plan/model/planOptions';
import { isRemoteError } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import { copyItems } from '../../../src/usecases/copyItems';
import { describeReport, retryFailed } from '../../../src/usecases/runPlan';
import { calm, outcomes, plan, run, type Synced, synced } from '../../faults/faultyRun';
import { remoteSide } from '../../support/syncSides';

/** A policy that allows everything except deletes, as for a bucket of records. */
function denyDeletes({ server }: Synced): void {
  for (const operation of ['DeleteObject', 'DeleteObjects'] as const)
    server.addFault({ operation, code: 'AccessDenied', status: 403, count: Number.POSITIVE_INFINITY });
}

/** A folder of the bucket as one side. */
const below = ({ bucket }: Synced, folder: string) => remoteSide(bucket.remote, `demo/${folder}`, 'demo');

const half = /was copied; the source could not be removed: .*[Dd]en/;

interface Case {
  readonly name: string;
  readonly options: Partial<PlanOptions>;
  readonly from: (it: Synced) => PlanEndpoint;
  readonly to: (it: Synced) => PlanEndpoint;
  readonly prepare: (it: Synced) => void;
  /** Actions, without their outcome. */
  readonly actions: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'a move to this machine',
    options: { verb: 'move' },
    from: ({ bucket }) => bucket,
    to: ({ disk }) => disk,
    prepare(it) {
      it.put('a', 'one');
      it.put('sub/b', 'two');
    },
    actions: ['copyFile a', 'copyFile sub/b'],
  },
  {
    name: 'a move within the bucket',
    options: { verb: 'move' },
    from: (it) => below(it, 'old'),
    to: (it) => below(it, 'new'),
    prepare: (it) => it.put('old/a', 'one'),
    actions: ['copyFile a'],
  },
  {
    name: 'a move over an older file',
    options: { verb: 'move' },
    from: (it) => below(it, 'old'),
    to: (it) => below(it, 'new'),
    prepare(it) {
      it.put('old/a', 'one more');
      it.put('new/a', 'one', 1);
    },
    actions: ['copyFile a'],
  },
  {
    name: 'a rename that is followed',
    options: { deletes: 'after', trackRenames: 'hash' },
    from: ({ disk }) => disk,
    to: ({ bucket }) => bucket,
    prepare(it) {
      it.write('new name', 'content');
      it.put('old name', 'content');
    },
    actions: ['moveFile new name'],
  },
];

test('a file that was copied but not removed is reported as copied, and a retry removes its source', async () => {
  for (const { name, options, from, to, prepare, actions } of cases)
    await synced(async (it) => {
      prepare(it);
      const made = await plan(from(it), to(it), options);
      denyDeletes(it);
      const report = await run(made, from(it), to(it));
      assert.deepEqual(
        outcomes(report),
        actions.map((action) => `copied ${action}`),
        name,
      );
      for (const { error } of report.results) assert.match(error?.message ?? '', half, name);
      assert.equal(report.totals.failed, 0, name);
      assert.equal(report.totals.copied, actions.length, name);
      const text = [...describeReport(report)].join('\n');
      assert.match(text, /copied; the source could not be removed/);
      assert.match(text, new RegExp(`${actions.length} copied, but the source could not be removed`));
      assert.doesNotMatch(text, /failed/);

      it.server.clearFaults();
      const rest = retryFailed(report, made);
      const again = await run(rest, from(it), to(it));
      assert.deepEqual(
        outcomes(again),
        actions.map((action) => `done ${action}`),
        name,
      );
    });
});

test('a deleted file that is in the backup but not removed is reported as copied', () =>
  synced(async (it) => {
    it.write('keep', 'x');
    it.put('extra', 'precious');
    const options = { deletes: 'after', backupFolder: 'demo2/kept' } as const;
    it.server.store.createBucket('demo2');
    const made = await plan(it.disk, it.bucket, options);
    denyDeletes(it);
    const report = await run(made, it.disk, it.bucket);
    assert.deepEqual(outcomes(report), ['done copyFile keep', 'copied deleteFile extra']);
    assert.match(report.results[1]?.error?.message ?? '', half);
    assert.equal(it.server.store.get('demo2', 'kept/extra')?.text, 'precious');
  }));

test('errors of renames and moves in the tree say that the copies exist and the sources stay', async () => {
  const trees = [
    { files: ['a'], source: 'a', kind: 'file', message: half },
    {
      files: ['d/1', 'd/2'],
      source: 'd',
      kind: 'folder',
      message: /2 of 2 copied; the sources could not be removed: "demo\/d\/[12]", "demo\/d\/[12]"/,
    },
    {
      files: ['d/1', 'd/sub/2', 'd/3'],
      source: 'd',
      kind: 'folder',
      message: /3 of 3 copied; the sources could not be removed/,
    },
  ] as const;
  for (const { files, source, kind, message } of trees)
    for (const toDisk of [false, true])
      await synced(async (it) => {
        for (const file of files) it.put(file, `in ${file}`);
        denyDeletes(it);
        const { remote } = it.bucket;
        const to = toDisk ? it.disk.remote : remote;
        const target = parsePath(toDisk ? 'new' : 'demo/new');
        const item = { from: remote, source: parsePath(`demo/${source}`), kind, to, target };
        const error = await copyItems([item], { move: true }, calm).catch((cause: unknown) => cause);
        assert.ok(isRemoteError(error, 'forbidden'), String(error));
        assert.ok(error.copied);
        assert.match(error.message, message);
        for (const file of files) {
          assert.equal(it.object(file), `in ${file}`);
          const there = `new${file.slice(source.length)}`;
          assert.equal(toDisk ? it.read(there) : it.object(there), `in ${file}`);
        }
      });
});

test('a removal with a transient failure is retried without another copy', () =>
  synced(async (it) => {
    it.put('old/a', 'one');
    const made = await plan(below(it, 'old'), below(it, 'new'), { verb: 'move' });
    it.server.addFault({ operation: 'DeleteObject', code: 'SlowDown', count: 2 });
    it.server.clearRequests();
    const report = await run(made, below(it, 'old'), below(it, 'new'));
    assert.deepEqual(outcomes(report), ['done copyFile a']);
    assert.equal(it.object('old/a'), undefined);
    assert.equal(it.object('new/a'), 'one');
    assert.equal(it.server.requests.filter(({ operation }) => operation === 'CopyObject').length, 1);
  }));
