import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import { RemoteError } from '../../../src/remote/remoteError';
import { planSync } from '../../../src/usecases/planSync';
import { retryFailed } from '../../../src/usecases/runPlan';
import { calm } from '../../support/remoteCalls';
import { diskSide, execute, remoteSide } from '../../support/syncSides';
import { temporaryFolder } from '../../support/temporaryFolder';
import { bucket, givenRun, mirror, outcomes } from './givenRun';

const times = ['before', 'during', 'after'] as const;
const directions = ['upload', 'download'] as const;
type Direction = (typeof directions)[number];

type Given = ReturnType<typeof given>;

/** `extra` files in a folder of the target, and a file that both sides have. `onSource` and `onTarget` give the path of a side. */
function given(direction: Direction, extra: number) {
  const it = givenRun();
  const upload = direction === 'upload';
  const inBucket = (file: string) => `bucket/${file}`;
  const asIs = (file: string) => file;
  const [source, target] = upload ? [it.disk, it.store] : [it.store, it.disk];
  const [onSource, onTarget] = upload ? [asIs, inBucket] : [inBucket, asIs];
  source.put(onSource('keep'), 'x', { modified: { s: 1000, ns: 0 } });
  target.put(onTarget('keep'), 'x', { modified: { s: 1000, ns: 0 } });
  for (let i = 0; i < extra; i++) target.put(onTarget(`old/f${i}`), `${i}`);
  const plan = upload ? it.planUpload : it.planDownload;
  return { ...it, source, target, onSource, onTarget, plan };
}

test('in both directions and with every order of deletes, a file that reappears on the source keeps its copy, by one listing per folder (R20)', async () => {
  for (const direction of directions)
    for (const deletes of times)
      for (const extra of [1, 20, 80]) {
        const it = given(direction, extra);
        const plan = await it.plan({ ...mirror, deletes });
        it.source.put(it.onSource('old/f0'), 'came back');
        const before = it.source.calls.length;
        const report = await it.run(plan);
        const shown = `${direction} ${deletes} ${extra}`;
        assert.deepEqual(it.target.paths(), ['keep', 'old/f0'].map(it.onTarget), shown);
        assert.equal(report.totals.changed, 1, shown);
        assert.equal(report.totals.done, extra - 1, shown);
        const asked = it.source.calls.slice(before).map(({ operation }) => operation);
        assert.deepEqual(asked.sort(), ['list', 'listRecursive'], shown);
      }
});

const endings: readonly { name: string; end(it: Given): void; why: RegExp }[] = [
  { name: 'emptied', end: (it) => it.source.drop(it.onSource('keep')), why: /no longer has any files/ },
  {
    name: 'left with what the filters hide',
    end(it) {
      it.source.drop(it.onSource('keep'));
      it.source.put(it.onSource('.DS_Store'), 'x');
    },
    why: /no longer has any files/,
  },
  ...(['notFound', 'unavailable', 'forbidden'] as const).map((kind) => ({
    name: kind,
    end: ({ source }: Given) =>
      source.fail({
        when: ({ operation }) => operation.startsWith('list'),
        error: new RemoteError(kind, `It is ${kind}.`),
      }),
    why: new RegExp(`could not be listed: It is ${kind}`),
  })),
];

test('when the source is now empty, missing or unreachable, an approved plan deletes nothing, and the report says so (H1)', async () => {
  for (const { name, end, why } of endings)
    for (const direction of directions)
      for (const deletes of times)
        for (const extra of [1, 80]) {
          const it = given(direction, extra);
          const plan = await it.plan({ ...mirror, useDefaultExcludes: true, deletes });
          assert.equal(plan.totals.delete.files, extra);
          end(it);
          const report = await it.run(plan);
          const shown = `${name}, ${direction} ${deletes} ${extra}`;
          assert.equal(it.target.paths().length, extra + 1, shown);
          assert.equal(report.totals.notStarted, plan.actions.length, shown);
          assert.match(report.deletesWithheld ?? '', why, shown);
          // A retry changes nothing while the source stays like this.
          const again = await it.run(retryFailed(report, plan));
          assert.equal(it.target.paths().length, extra + 1, shown);
          assert.match(again.deletesWithheld ?? '', why, shown);
        }
});

test('excluded files that the plan deletes stay too when the source is now empty (R19)', async () => {
  for (const deletes of times) {
    const it = given('upload', 3);
    const plan = await it.plan({
      ...mirror,
      deletes,
      filters: [{ exclude: 'old/**' }],
      deleteExcluded: true,
    });
    assert.equal(plan.totals.delete.files, 3);
    it.disk.drop('keep');
    const report = await it.run(plan);
    assert.equal(it.store.paths().length, 4, deletes);
    assert.match(report.deletesWithheld ?? '', /no longer has any files/);
  }
});

test('a run that is cancelled during the check of the source deletes nothing, and reports', async () => {
  const it = given('upload', 3);
  const plan = await it.plan(mirror);
  const stop = new AbortController();
  const report = await it.run(plan, {}, stop.signal, (remote) => ({
    ...remote,
    listRecursive(...args) {
      stop.abort(new Error('cancelled'));
      return remote.listRecursive?.(...args) ?? assert.fail();
    },
  }));
  assert.match(report.deletesWithheld ?? '', /the run was cancelled/);
  assert.equal(it.target.paths().length, 4);
});

test('a source folder whose listing fails keeps its files on the target', async () => {
  for (const deletes of times) {
    const it = given('download', 30);
    it.disk.put('other/f', 'x');
    const plan = await it.plan({ ...mirror, deletes });
    it.store.fail({
      when: ({ operation, path }) => operation === 'list' && path === 'bucket/old',
      error: new RemoteError('other', 'The list broke off.'),
    });
    const report = await it.run(plan);
    assert.equal(report.totals.failed, 30, deletes);
    assert.equal(report.totals.done, 2, 'the other file and its folder');
    assert.equal(it.disk.paths().length, 31);
  }
});

test('a file that reappears under another spelling of its name or folder keeps its copy (R12)', async () => {
  const spellings = [
    ['caf\u00e9/a', 'cafe\u0301/a'],
    ['x/r\u00e9sum\u00e9', 'x/re\u0301sume\u0301'],
    ['\u00e9/\u00fc/a', 'e\u0301/\u00fc/a'],
    ['\u1e9b\u0323/a', '\u1e9b\u0323/a'],
  ] as const;
  for (const [there, back] of spellings) {
    const it = given('upload', 0);
    it.store.put(`bucket/${there}`, 'x');
    const plan = await it.plan(mirror);
    it.disk.put(back, 'came back');
    const report = await it.run(plan);
    assert.deepEqual(outcomes(report), [`changed deleteFile ${there}`]);
  }
  const it = givenRun({ keep: 'x' }, { caseInsensitive: true, hasDirectories: true });
  it.store.put('bucket/Old/File', 'x');
  const plan = await it.planUpload(mirror);
  it.disk.put('OLD/file', 'came back');
  const report = await it.run(plan);
  assert.equal(it.store.text('bucket/Old/File'), 'x');
  assert.ok(outcomes(report).includes('changed deleteFile Old/File'));
});

test('in a huge source, one file is checked by a stat', async () => {
  const it = given('download', 1);
  for (let i = 0; i < 2500; i++) it.store.put(`bucket/many/f${i}`, '');
  for (let i = 0; i < 2500; i++) it.disk.put(`many/f${i}`, '');
  const plan = await it.plan({ ...mirror, compare: 'size-only' });
  const before = it.store.calls.length;
  const report = await it.run(plan);
  assert.equal(report.totals.done, 2, 'the file and its folder');
  assert.deepEqual(
    it.store.calls.slice(before).map(({ operation }) => operation),
    ['listRecursive', 'stat'],
  );
});

test('files behind a link that is now broken, as to an unmounted disk, are not deleted', async (t) => {
  const folder = temporaryFolder(t);
  for (const followSymlinks of [true, false])
    for (const extra of [1, 60]) {
      const it = given('upload', 0);
      const root = path.join(folder, `${followSymlinks}-${extra}`);
      await mkdir(root);
      await writeFile(path.join(root, 'keep'), 'x');
      for (let i = 0; i < extra; i++) it.store.put(`bucket/photos/sub/f${i}`, 'x');
      const [source, target] = [diskSide(root), remoteSide(it.store, bucket, 'store')];
      const options = { ...defaultPlanOptions, ...mirror, followSymlinks, compare: 'size-only' } as const;
      const plan = await planSync({ source, target, options }, calm);
      assert.equal(plan.totals.delete.files, extra);
      await symlink('/nowhere/at/all', path.join(root, 'photos'));
      const report = await execute(plan, source, target);
      assert.equal(report.totals.changed, extra);
      assert.equal(it.store.paths().length, extra + 1);
    }
});
