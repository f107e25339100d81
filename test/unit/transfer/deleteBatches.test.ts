import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '../../../src/plan/model/plan';
import type { Entry } from '../../../src/remote/entry';
import type { Remote } from '../../../src/remote/remote';
import { RemoteError } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import { silentObserver } from '../../../src/transfer/runReport';
import { type GivenRun, givenRun, mirror, outcomes } from './givenRun';

/** A store with `n` files in one folder that the disk doesn't have, and one that it has. */
function manyExtra(n: number): GivenRun {
  const given = givenRun({ keep: 'x' }, { pageSize: 100 });
  for (let i = 0; i < n; i++) given.store.put(`bucket/old/f${String(i).padStart(4, '0')}`, `${i}`);
  return given;
}

test('many deletes of one folder cost a listing and a request per page', async () => {
  const given = manyExtra(300);
  const plan = await given.planUpload(mirror);
  const before = given.store.calls.length;
  const report = await given.run(plan);
  assert.equal(report.totals.done, 301);
  assert.deepEqual(given.store.paths(), ['bucket/keep']);
  const asked = given.store.calls.slice(before).map(({ operation }) => operation);
  assert.deepEqual(asked, ['write', 'list', 'removeFiles', 'list', 'removeFiles', 'list', 'removeFiles']);
});

test('few deletes are single requests, each with its precondition', async () => {
  const given = manyExtra(20);
  await given.run(await given.planUpload(mirror));
  assert.equal(given.store.count('removeFile'), 20);
  assert.equal(given.store.count('removeFiles'), 0);
});

test('of many deletes, files that changed or vanished since the plan are left alone and reported', async () => {
  const given = manyExtra(100);
  const plan = await given.planUpload(mirror);
  given.store.put('bucket/old/f0050', 'someone needs this');
  given.store.put('bucket/old/new', 'someone made this');
  given.store.drop('bucket/old/f0060');
  const report = await given.run(plan);
  assert.equal(report.totals.done, 99);
  assert.deepEqual(given.store.paths(), ['bucket/keep', 'bucket/old/f0050', 'bucket/old/new']);
  const changed = outcomes(report).filter((line) => line.startsWith('changed'));
  assert.deepEqual(changed, ['changed deleteFile old/f0050', 'changed deleteFile old/f0060']);
});

test('of many deletes, a listing that fails midway ends them, and each file is reported once', async () => {
  const given = manyExtra(300);
  const plan = await given.planUpload(mirror);
  given.store.fail({
    when: { operation: 'list', nth: 2 },
    error: new RemoteError('other', 'The list broke off.'),
  });
  const ended: string[] = [];
  const observer = { ...silentObserver, ended: ({ id }: Action) => ended.push(id) };
  const report = await given.run(plan, { observer });
  assert.equal(report.totals.done, 101);
  assert.equal(report.totals.failed, 200);
  assert.equal(given.store.paths().length, 201);
  assert.deepEqual([ended.length, new Set(ended).size], [301, 301]);
});

test('of many deletes, a request that fails is a failure of its files', async () => {
  const given = manyExtra(300);
  const plan = await given.planUpload(mirror);
  given.store.fail({
    when: { operation: 'removeFiles', nth: 2 },
    error: new RemoteError('other', 'Not this time.'),
  });
  const report = await given.run(plan);
  assert.equal(report.totals.done, 201);
  assert.equal(report.totals.failed, 100);
  assert.equal(given.store.paths().length, 101);
});

test('of a batch, each file that the service refuses fails, and the other files are gone', async () => {
  const given = manyExtra(100);
  const refused = new Map([[parsePath('bucket/old/f0007'), new RemoteError('forbidden', 'Locked.')]]);
  const report = await given.run(await given.planUpload(mirror), {}, undefined, (inner) => ({
    ...inner,
    removeFiles: async (paths, signal) => {
      await inner.removeFiles?.(
        paths.filter((path) => !refused.has(path)),
        signal,
      );
      return refused;
    },
  }));
  assert.deepEqual(report.totals, { ...report.totals, done: 100, failed: 1 });
  assert.deepEqual(given.store.paths(), ['bucket/keep', 'bucket/old/f0007']);
});

test('many deletes can be cancelled', async () => {
  const given = manyExtra(300);
  const plan = await given.planUpload(mirror);
  const stop = new AbortController();
  let ended = 0;
  const observer = {
    ...silentObserver,
    ended: () => {
      if (++ended === 101) stop.abort(new Error('cancelled'));
    },
  };
  const report = await given.run(plan, { observer }, stop.signal);
  assert.equal(report.totals.done, 101);
  assert.equal(report.totals.cancelled, 200);
  assert.equal(given.store.paths().length, 201);
});

test("a file that reappears on the source keeps its copy, and so do the files of a folder that can't be listed", async () => {
  for (const count of [5, 100])
    for (const isLocalDisk of [true, false]) {
      const given = manyExtra(count);
      given.store.put('bucket/locked/f', 'x');
      const plan = await given.planUpload(mirror);
      given.disk.put('old/f0001', 'came back');
      given.disk.fail({
        when: ({ operation, path }) => operation === 'list' && path === 'locked',
        error: new RemoteError('forbidden', 'No.'),
      });
      const onDisk = (inner: Remote): Remote => ({
        ...inner,
        capabilities: { ...inner.capabilities, isLocalDisk },
      });
      const report = await given.run(plan, {}, undefined, onDisk);
      assert.deepEqual(given.store.paths(), ['bucket/keep', 'bucket/locked/f', 'bucket/old/f0001']);
      assert.deepEqual(
        outcomes(report).filter((line) => !line.startsWith('done')),
        ['failed deleteFile locked/f', 'changed deleteFile old/f0001'],
      );
    }
});

/** A store that lists nothing below `name/` while there is an object `name`, as MinIO does. */
function hidesBelowObjects(inner: Remote, store: GivenRun['store']): Remote {
  const isHidden = (path: string) =>
    store.paths().some((object) => path.startsWith(`${object}/`) && path !== object);
  const showing = async function* (pages: AsyncIterable<readonly Entry[]>) {
    for await (const page of pages)
      yield page.filter((entry) => entry.kind === 'unusable' || !isHidden(entry.path));
  };
  return {
    ...inner,
    list: (folder, options, signal) => showing(inner.list(folder, options, signal)),
    listRecursive: (folder, options, signal) =>
      showing(inner.listRecursive?.(folder, options, signal) ?? none()),
  };
}

async function* none(): AsyncGenerator<readonly Entry[]> {}

test('a file that a listing hides does not count as gone, but is deleted by its own request', async () => {
  const cases = [
    { folder: 'name', files: 50 },
    { folder: 'name', files: 60 },
    { folder: 'name/deep/er', files: 120 },
    { folder: 'name/a', files: 3 },
  ];
  for (const { folder, files } of cases) {
    const given = givenRun({ name: 'a file by now', keep: 'x' }, { pageSize: 100 });
    for (let i = 0; i < files; i++) given.store.put(`bucket/${folder}/f${i}`, `${i}`);
    const plan = await given.planUpload(mirror);
    // One file changed and one vanished, which a listing that hides both must not conceal.
    given.store.put(`bucket/${folder}/f1`, 'someone needs this');
    given.store.drop(`bucket/${folder}/f2`);
    const report = await given.run(plan, {}, undefined, (inner) =>
      inner === given.store ? hidesBelowObjects(inner, given.store) : inner,
    );
    const shown = `${files} in ${folder}`;
    assert.deepEqual(
      given.store.paths().filter((path) => path !== 'bucket/keep'),
      ['bucket/name', `bucket/${folder}/f1`],
      shown,
    );
    assert.deepEqual(
      outcomes(report).filter((line) => !line.startsWith('done')),
      [`changed deleteFile ${folder}/f1`, `changed deleteFile ${folder}/f2`],
      shown,
    );
  }
});
