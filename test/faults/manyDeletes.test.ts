import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RemoteError } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import { createMemoryRemote } from '../support/memoryRemote/memoryRemote';
import { outcomes, plan, run, synced } from './faultyRun';

const many = 100_000;
const keyOf = (i: number) => `d${i % 10}/f${String(i).padStart(6, '0')}`;
const mirror = { deletes: 'after' } as const;

test('100,000 deletes are planned, run in batches and reported one by one (H33)', () =>
  synced(async (it) => {
    it.write('keep', 'x');
    for (let i = 0; i < many; i++) it.put(keyOf(i), '');
    const made = await plan(it.disk, it.bucket, mirror);
    assert.equal(made.totals.delete.files, many);
    assert.deepEqual(
      made.safety.map(({ kind, effect }) => `${kind} ${effect}`),
      ['manyDeletes confirm'],
    );
    // Two files changed since the plan, and one batch gets a transient error.
    it.put(keyOf(4), 'needed', 2_000_000_000_000);
    it.server.store.delete('demo', keyOf(5));
    it.server.addFault({ operation: 'DeleteObjects', skip: 3, code: 'SlowDown' });
    it.server.clearRequests();
    const report = await run(made, it.disk, it.bucket);
    assert.equal(report.totals.done, many - 1);
    assert.deepEqual(
      outcomes(report).filter((line) => !line.startsWith('done')),
      [`changed deleteFile ${keyOf(4)}`, `changed deleteFile ${keyOf(5)}`],
    );
    assert.deepEqual(it.server.store.keys('demo'), [keyOf(4), 'keep'].sort());
    assert.ok(it.server.requests.length < 250, `${it.server.requests.length} requests`);
  }));

test('100,000 deletes with a backup are moved, each under its own precondition (R23)', async () => {
  const remote = createMemoryRemote({ hasDirectories: false });
  const disk = createMemoryRemote({ knowsMd5: false });
  disk.put('keep', 'x');
  for (let i = 0; i < many; i++) remote.put(`to/${keyOf(i)}`, '');
  const root = parsePath('to');
  const source = { remote: disk, root: parsePath(''), place: { kind: 'folder', path: '/disk' } } as const;
  const target = { remote, root, place: { kind: 'remote', remote: 'store', path: root } } as const;
  const made = {
    ...(await plan(source, target, mirror)),
    backup: { kind: 'remote', remote: 'store', path: parsePath('kept') } as const,
  };
  remote.fail({ when: { path: parsePath(`kept/${keyOf(7)}`) }, error: new RemoteError('forbidden', 'No.') });
  const report = await run(made, source, target);
  assert.equal(report.totals.done, many);
  assert.equal(report.totals.failed, 1);
  assert.equal(report.kept, many - 1);
  assert.deepEqual(
    remote.paths().filter((path) => path.startsWith('to/')),
    [`to/${keyOf(7)}`, 'to/keep'],
  );
});
