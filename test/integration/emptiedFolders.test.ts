import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePlan } from '../../src/plan/build/describePlan';
import { checkPlan } from '../../src/plan/build/planInvariants';
import { RemoteError } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import { retryFailed } from '../../src/usecases/runPlan';
import { type GivenRun, givenRun, mirror, outcomes } from '../unit/transfer/givenRun';

/** A bucket and a disk that both have `keep`; the disk has these files besides. */
function given(...extra: string[]): GivenRun {
  const it = givenRun();
  it.store.put('bucket/keep', 'x', { modified: { s: 1000, ns: 0 } });
  it.disk.put('keep', 'x', { modified: { s: 1000, ns: 0 } });
  for (const file of extra) it.disk.put(file, 'y');
  return it;
}

const isThere = async ({ disk }: GivenRun, folder: string) =>
  disk.stat(parsePath(folder), new AbortController().signal).then(
    () => true,
    () => false,
  );

test('the plan removes emptied folders last, subfolders first', async () => {
  for (const deletes of ['before', 'during', 'after'] as const) {
    const it = given('a/b/c/1', 'a/b/2', 'z/3');
    it.store.put('bucket/new', 'n');
    const plan = await it.planDownload({ ...mirror, deletes });
    assert.deepEqual(
      plan.actions.flatMap(({ kind, path }) => (kind === 'removeFolder' ? [path] : [])),
      ['z', 'a/b/c', 'a/b', 'a'],
    );
    assert.equal(plan.actions.at(-1)?.kind, 'removeFolder');
    assert.deepEqual(checkPlan(plan), []);
    assert.deepEqual(plan.totals.removeFolder, { files: 4, bytes: 0 });
    const text = [...describePlan(plan)];
    assert.ok(text.includes('remove folder  a/b  (empty by then, not in the source)'));
    assert.ok(text.includes('total  removeFolder  4 folders'));
    const report = await it.run(plan);
    assert.equal(report.totals.done, plan.actions.length);
    for (const folder of ['a', 'z']) assert.equal(await isThere(it, folder), false);
    assert.deepEqual((await it.planDownload({ ...mirror, deletes })).actions, []);
  }
});

test('no folder is removed in a store of prefixes or in the modes of aws (A20)', async () => {
  const up = givenRun({ keep: 'x' });
  up.store.put('bucket/gone/f', 'y');
  const upload = await up.planUpload(mirror);
  assert.deepEqual(
    upload.actions.map(({ kind }) => kind),
    ['copyFile', 'deleteFile'],
  );
  for (const compare of ['aws', 'exact-timestamps'] as const) {
    const it = given('gone/f');
    const plan = await it.planDownload({ ...mirror, compare });
    assert.ok(plan.actions.every(({ kind }) => kind !== 'removeFolder'));
  }
});

test('a folder that holds something by then stays, and is told', async () => {
  const it = given('gone/f', 'gone/deep/g', 'other/h');
  const plan = await it.planDownload(mirror);
  it.disk.put('gone/deep/new', 'made meanwhile');
  const report = await it.run(plan);
  assert.deepEqual(
    outcomes(report).filter((line) => line.includes('removeFolder')),
    ['done removeFolder other', 'changed removeFolder gone/deep', 'changed removeFolder gone'],
  );
  assert.equal(it.disk.text('gone/deep/new'), 'made meanwhile');
  assert.equal(it.disk.count('removeFolder'), 3);
});

test('a folder in which a delete failed is left for the retry, and goes with it', async () => {
  const it = given('gone/f', 'gone/g', 'other/h');
  let stubborn = true;
  it.disk.fail({
    when: ({ operation, path }) => stubborn && operation === 'removeFile' && path === 'gone/f',
    error: new RemoteError('other', 'Not now.'),
  });
  const plan = await it.planDownload(mirror);
  const report = await it.run(plan);
  assert.deepEqual(
    outcomes(report).filter((line) => !line.startsWith('done')),
    ['failed deleteFile gone/f', 'notStarted removeFolder gone'],
  );
  stubborn = false;
  const again = await it.run(retryFailed(report, plan));
  assert.equal(again.totals.done, 2);
  assert.equal(await isThere(it, 'gone'), false);
});

test('withheld deletes withhold the folders', async () => {
  const it = given('gone/f');
  const plan = await it.planDownload(mirror);
  it.store.drop('bucket/keep');
  const report = await it.run(plan);
  assert.equal(report.totals.notStarted, plan.actions.length);
  assert.equal(await isThere(it, 'gone'), true);
});

test('a folder of the target that can not be listed is not planned to go', async () => {
  const it = given('gone/f', 'other/g');
  it.disk.fail({
    when: ({ operation, path }) => operation === 'list' && path === 'gone',
    error: new RemoteError('forbidden', 'No.'),
  });
  const plan = await it.planDownload(mirror);
  assert.deepEqual(
    plan.actions.flatMap(({ kind, path }) => (kind === 'removeFolder' ? [path] : [])),
    ['other'],
  );
});
