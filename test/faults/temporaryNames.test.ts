import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import { rootPath } from '../../src/remote/remotePath';
import { actions, plan, run, synced } from './faultyRun';

// Foreign objects and files with names like our temporary files.

const stamp = (ms: number) => ms.toString(16).padStart(12, '0');
const named = [
  '.report.pdf.cloud-remotes-1a2b3c4d.part',
  `.report.pdf.cloud-remotes-${stamp(Date.now() - 3_600_000)}1a2b3c4d.part`,
  `sub/.ü.cloud-remotes-${stamp(1_700_000_000_000)}00000000.part`,
  '.cloud-remotes-0123456789ab.tmp',
  '.cloud-remotes-probe-0123456789ab',
];

test('an object that is named like our own temporary files is downloaded once, and stays', () =>
  synced(async (it) => {
    for (const key of named) it.put(key, key);
    const mirror = { deletes: 'after' } as const;
    const report = await run(await plan(it.bucket, it.disk, mirror), it.bucket, it.disk);
    assert.equal(report.totals.done, named.length);
    assert.deepEqual(actions(await plan(it.bucket, it.disk, mirror)), []);
    // The next runs write beside these files, with every temporary file counting as old.
    for (const key of ['new', 'sub/new']) it.put(key, key);
    const target = {
      ...it.disk,
      remote: openLocalRemote({ root: it.folder, leftoverAgeMs: 0 }),
      root: rootPath,
    };
    await run(await plan(it.bucket, target, mirror), it.bucket, target);
    assert.deepEqual(it.files(), [...named, 'new', 'sub/new'].sort());
    for (const key of named) assert.equal(it.read(key), key);
    assert.deepEqual(actions(await plan(it.bucket, target, mirror)), []);
  }));

test('a file that is named like our own temporary files is uploaded, and moved, like any other', () =>
  synced(async (it) => {
    for (const file of named) it.write(file, file);
    await run(await plan(it.disk, it.bucket, { deletes: 'after' }), it.disk, it.bucket);
    for (const file of named) assert.equal(it.object(file), file);
    assert.deepEqual(actions(await plan(it.disk, it.bucket, { deletes: 'after' })), []);
    const moved = await run(await plan(it.disk, it.bucket, { verb: 'move' }), it.disk, it.bucket);
    assert.equal(moved.totals.done, named.length);
    assert.deepEqual(it.files(), []);
  }));
