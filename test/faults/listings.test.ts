import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRemoteError } from '../../src/remote/remoteError';
import { actions, plan, type Synced, synced, writing } from './faultyRun';

const mirror = { deletes: 'after' } as const;
const pages = 20;
const perPage = 1000;
const keyOf = (i: number) => `f${String(i).padStart(5, '0')}`;

/** A bucket that lists in 20 pages; the folder has the first file of each, and one that the bucket lacks. */
function fill(it: Synced): void {
  for (let i = 0; i < pages * perPage; i++) it.put(keyOf(i), 'x');
  for (let page = 0; page < pages; page++) it.write(keyOf(page * perPage), 'other');
  it.write('only here', 'y');
}

for (const verb of ['upload', 'download'] as const)
  test(`a listing that fails on page 7 of 20 makes no plan (${verb}), and nothing is written or deleted (A27, R21)`, () =>
    synced(async (it) => {
      fill(it);
      const before = it.files();
      const fault = it.server.addFault({
        operation: 'ListObjectsV2',
        skip: 6,
        count: Number.POSITIVE_INFINITY,
        status: 500,
      });
      const [source, target] = verb === 'upload' ? [it.disk, it.bucket] : [it.bucket, it.disk];
      await assert.rejects(plan(source, target, mirror), (error) => isRemoteError(error, 'unavailable'));
      assert.equal(fault.passed, 6);
      assert.deepEqual(it.files(), before);
      assert.deepEqual(
        it.server.requests.filter(({ operation }) => writing.test(operation)),
        [],
      );
    }));

test('a page 7 of 20 that fails twice is requested again, and the plan is complete', () =>
  synced(async (it) => {
    fill(it);
    it.server.addFault({ operation: 'ListObjectsV2', skip: 6, count: 2, code: 'SlowDown' });
    const made = await plan(it.disk, it.bucket, mirror);
    const all = actions(made);
    assert.equal(all.filter((action) => action.startsWith('deleteFile')).length, pages * perPage - pages);
    assert.equal(all.filter((action) => action.startsWith('copyFile')).length, pages + 1);
    assert.deepEqual(made.problems, []);
  }));

for (const list of ['cutXml', 'noToken', 'outOfOrder', 'repeatPage'] as const)
  test(`a page 7 of 20 that is spoilt (${list}) makes no plan (H12, R21)`, () =>
    synced(async (it) => {
      fill(it);
      it.server.addFault({ operation: 'ListObjectsV2', skip: 6, count: Number.POSITIVE_INFINITY, list });
      await assert.rejects(plan(it.disk, it.bucket, mirror), (error) => isRemoteError(error, 'corrupted'));
    }));
