import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RemoteError } from '../../../src/remote/remoteError';
import {
  copyOf,
  deleteOf,
  type GivenRun,
  givenRun,
  manyDeletesOf,
  onLocalDisk,
  outcomes,
  planOf,
} from './givenRun';

const broken = new RemoteError('other', 'The service failed.');

/** Files to copy and files to delete, one after the other in the order of paths. */
async function given(deletes: 'before' | 'during' | 'after', copies = 6) {
  const it = givenRun();
  const actions = [];
  for (let i = 0; i < copies; i++) {
    it.disk.put(`f${i}a`, 'new', { modified: { s: 1000, ns: 0 } });
    it.store.put(`bucket/f${i}b`, 'old');
    actions.push(await copyOf(it, `f${i}a`), await deleteOf(it, `f${i}b`));
  }
  return { ...it, plan: planOf(actions, { deletes }) };
}

function order({ store }: GivenRun): string[] {
  return store.calls
    .filter(({ operation }) => operation === 'write' || operation.startsWith('removeFile'))
    .map(({ operation, path }) => `${operation} ${path.slice('bucket/'.length)}`);
}

test('deletes `before` all run before the copies and free their space (R20)', async () => {
  const it = await given('before');
  const report = await it.run(it.plan, { transfers: 2 });
  assert.equal(report.totals.done, 12);
  const calls = order(it).map((call) => call.split(' ')[0]);
  assert.ok(calls.lastIndexOf('removeFile') < calls.indexOf('write'), calls.join(' '));
});

test('a failed delete `before` stops no copy (R20)', async () => {
  const it = await given('before');
  it.store.fail({
    when: ({ operation, path }) => operation === 'removeFile' && path === 'bucket/f1b',
    error: broken,
  });
  const report = await it.run(it.plan);
  assert.equal(report.deletesWithheld, undefined);
  assert.deepEqual(
    report.results.filter(({ outcome }) => outcome !== 'done').map(({ path }) => path),
    ['f1b'],
  );
});

test('deletes `during` run among the copies in the order of paths (A26)', async () => {
  const it = await given('during');
  const report = await it.run(it.plan, { transfers: 1 });
  assert.equal(report.totals.done, 12);
  assert.deepEqual(
    order(it),
    [0, 1, 2, 3, 4, 5].flatMap((i) => [`write f${i}a`, `removeFile f${i}b`]),
  );
});

test('a failed copy withholds only deletes `after`, not `before` and `during` (A26, R20)', async () => {
  for (const deletes of ['before', 'during', 'after'] as const) {
    const it = await given(deletes);
    it.store.fail({
      when: ({ operation, path }) => operation === 'write' && path === 'bucket/f0a',
      error: broken,
    });
    const report = await it.run(it.plan, { transfers: 1 });
    assert.equal(report.totals.failed, 1);
    assert.equal(report.totals.done, deletes === 'after' ? 5 : 11, deletes);
    assert.equal(report.deletesWithheld === undefined, deletes !== 'after');
  }
});

test('with every order of deletes, files that changed or reappeared since the plan stay', async () => {
  for (const deletes of ['before', 'during', 'after'] as const) {
    const it = await given(deletes, 2);
    it.store.put('bucket/f0b', 'someone needs this');
    it.disk.put('f1b', 'there again');
    const report = await it.run(it.plan, { transfers: 1 }, undefined, onLocalDisk(it));
    assert.deepEqual(
      outcomes(report).sort(),
      ['changed deleteFile f0b', 'changed deleteFile f1b', 'done copyFile f0a', 'done copyFile f1a'].sort(),
    );
    assert.deepEqual(it.store.paths(), ['bucket/f0a', 'bucket/f0b', 'bucket/f1a', 'bucket/f1b']);
  }
});

test('an excluded file is deleted although the source has a file of its name (R19)', async () => {
  const it = givenRun({ 'x.tmp': 'kept on the source' });
  it.store.put('bucket/x.tmp', 'old');
  const action = { ...(await deleteOf(it, 'x.tmp')), because: 'excluded' } as const;
  it.disk.put('keep', '');
  const plan = planOf([await copyOf(it, 'keep'), action], { deletes: 'after' });
  const report = await it.run(plan, {}, undefined, onLocalDisk(it));
  assert.equal(report.totals.done, 2);
  assert.deepEqual(it.store.paths(), ['bucket/keep']);
});

test('many deletes `before` are sent in batches', async () => {
  const it = givenRun({ keep: '' });
  const actions = await manyDeletesOf(it, 200);
  const report = await it.run(planOf([...actions, await copyOf(it, 'keep')], { deletes: 'before' }));
  assert.equal(report.totals.done, 201);
  assert.equal(it.store.count('removeFile'), 0);
  assert.ok(it.store.count('removeFiles') > 0);
});
