import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../src/base/log';
import { executePlan } from '../../src/transfer/executePlan';
import { createFakeClock } from '../support/fakeClock';
import { pattern } from '../support/remoteCalls';
import { diskSide } from '../support/syncSides';
import { actions, calm, mebi, outcomes, plan, readOrNone, run, synced } from './faultyRun';

// Full and read-only disks: small real disks that are mounted for the test.

const mirror = { deletes: 'after' } as const;

/** A small disk mounted at a new folder. Undefined, with the test skipped, where this process can't mount a disk. */
function smallDisk(
  t: TestContext,
  size: string,
): { folder: string; remount(options: string): void } | undefined {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'small-disk-'));
  const mount = (...args: string[]) => spawnSync('mount', args, { encoding: 'utf8' });
  const mounted = process.platform === 'linux' && mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
  if (mounted === false || mounted.status !== 0) {
    fs.rmdirSync(folder);
    t.skip(
      `no disk can be mounted here: ${(mounted && (mounted.stderr || mounted.error?.message)) || process.platform}`,
    );
    return undefined;
  }
  t.after(() => {
    assert.equal(spawnSync('umount', ['-l', folder]).status, 0);
    fs.rmdirSync(folder);
  });
  return {
    folder,
    remount(options) {
      const again = mount('-o', `remount,${options}`, folder);
      assert.equal(again.status, 0, again.stderr);
    },
  };
}

test('a disk that fills up during a download keeps every old file, and the run succeeds once there is space (R20)', (t) => {
  const disk = smallDisk(t, '2m');
  if (!disk) return;
  return synced(async (it) => {
    const target = diskSide(disk.folder);
    const put = (file: string, content: string) => fs.writeFileSync(path.join(disk.folder, file), content);
    put('over', 'old');
    put('extra', 'not to be deleted yet');
    it.put('over', pattern(3 * mebi));
    it.put('fits', 'small');
    it.put('large', pattern(5 * mebi));
    const report = await run(await plan(it.bucket, target, mirror), it.bucket, target);
    assert.deepEqual(
      report.results.map(({ path: file, outcome, error }) =>
        `${file} ${outcome} ${error?.kind ?? ''}`.trim(),
      ),
      ['fits done', 'large failed quotaExceeded', 'over failed quotaExceeded', 'extra notStarted'],
    );
    assert.equal(readOrNone(path.join(disk.folder, 'over')), 'old');
    assert.deepEqual(
      fs.readdirSync(disk.folder).sort(),
      ['extra', 'fits', 'over'],
      'nothing is left half-written',
    );
    disk.remount('size=20m');
    const again = await run(await plan(it.bucket, target, mirror), it.bucket, target);
    assert.equal(again.totals.done, 3);
    assert.deepEqual(fs.readdirSync(disk.folder).sort(), ['fits', 'large', 'over']);
    assert.ok(fs.readFileSync(path.join(disk.folder, 'over')).equals(pattern(3 * mebi)));
    assert.deepEqual(actions(await plan(it.bucket, target, mirror)), []);
  });
});

test('deletes before the copies free the space that the copies need (R20)', (t) => {
  const disk = smallDisk(t, '4m');
  if (!disk) return;
  return synced(async (it) => {
    const target = diskSide(disk.folder);
    fs.writeFileSync(path.join(disk.folder, 'extra'), pattern(3 * mebi));
    it.put('new', pattern(3 * mebi));
    const report = await run(await plan(it.bucket, target, { deletes: 'before' }), it.bucket, target);
    assert.deepEqual(outcomes(report), ['done deleteFile extra', 'done copyFile new']);
  });
});

test('with a full backup disk, nothing is overwritten or deleted (R23)', (t) => {
  const disk = smallDisk(t, '1m');
  if (!disk) return;
  return synced(async (it) => {
    it.put('over', 'new');
    it.put('small', 'new');
    it.write('over', pattern(2 * mebi));
    it.write('extra', pattern(2 * mebi));
    it.write('small', 'old and short');
    const made = await plan(it.bucket, it.disk, { deletes: 'during' });
    const report = await executePlan(
      { ...made, backup: { kind: 'folder', path: disk.folder } },
      it.bucket,
      it.disk,
      { clock: createFakeClock(), log: silentLog, backup: diskSide(disk.folder) },
      calm,
    );
    assert.deepEqual(
      report.results.map(({ path: file, outcome, error }) =>
        `${file} ${outcome} ${error?.kind ?? ''}`.trim(),
      ),
      ['extra failed quotaExceeded', 'over failed quotaExceeded', 'small done'],
    );
    assert.equal(fs.statSync(path.join(it.folder, 'over')).size, 2 * mebi);
    assert.equal(fs.statSync(path.join(it.folder, 'extra')).size, 2 * mebi);
    assert.deepEqual(fs.readdirSync(disk.folder), ['small']);
    assert.equal(readOrNone(path.join(disk.folder, 'small')), 'old and short');
  });
});

test('a target that is read-only fails every action, and nothing on either side changes', (t) => {
  const disk = smallDisk(t, '4m');
  if (!disk) return;
  return synced(async (it) => {
    const target = diskSide(disk.folder);
    for (const file of ['over', 'extra']) fs.writeFileSync(path.join(disk.folder, file), 'old');
    for (const key of ['new', 'over', 'sub/new']) it.put(key, 'content');
    disk.remount('ro');
    for (const verb of ['sync', 'move'] as const) {
      const made = await plan(it.bucket, target, { verb, deletes: 'during' });
      const report = await run(made, it.bucket, target);
      assert.equal(report.totals.failed, made.actions.length);
      assert.ok(
        report.results.every(({ error }) => error?.kind === 'forbidden'),
        JSON.stringify(report.results),
      );
      assert.deepEqual(fs.readdirSync(disk.folder).sort(), ['extra', 'over']);
      assert.deepEqual(it.server.store.keys('demo'), ['new', 'over', 'sub/new']);
    }
    disk.remount('rw');
    await run(await plan(it.bucket, target, mirror), it.bucket, target);
    assert.deepEqual(actions(await plan(it.bucket, target, mirror)), []);
  });
});

test('a move from a read-only source copies, reports the files that stay, and removes them once the source is writable', (t) => {
  const disk = smallDisk(t, '4m');
  if (!disk) return;
  return synced(async (it) => {
    const source = diskSide(disk.folder);
    fs.writeFileSync(path.join(disk.folder, 'a'), 'content');
    disk.remount('ro');
    const move = async () => run(await plan(source, it.bucket, { verb: 'move' }), source, it.bucket);
    const report = await move();
    assert.deepEqual(outcomes(report), ['copied copyFile a']);
    assert.match(report.results[0]?.error?.message ?? '', /was copied; the source could not be removed/);
    assert.equal(it.object('a'), 'content');
    assert.equal(readOrNone(path.join(disk.folder, 'a')), 'content');
    disk.remount('rw');
    assert.deepEqual(outcomes(await move()), ['done removeSource a']);
    assert.deepEqual(fs.readdirSync(disk.folder), []);
    assert.equal(it.object('a'), 'content');
  });
});

test('a bucket that is read-only fails every action, and nothing on either side changes', () =>
  synced(async (it) => {
    it.write('new', 'x');
    it.write('over', 'newer');
    for (const key of ['over', 'extra']) it.put(key, 'old');
    it.server.addFault({
      when: ({ operation }) => /^(Put|Delete|Copy|Create|Upload)/.test(operation),
      count: Number.POSITIVE_INFINITY,
      status: 403,
      code: 'AccessDenied',
    });
    const report = await run(await plan(it.disk, it.bucket, { deletes: 'during' }), it.disk, it.bucket);
    assert.equal(report.totals.failed, 3, JSON.stringify(report.results));
    assert.ok(
      report.results.every(({ error }) => error?.kind === 'forbidden'),
      JSON.stringify(report.results),
    );
    assert.deepEqual(it.server.store.keys('demo'), ['extra', 'over']);
    assert.equal(it.object('over'), 'old');
    assert.deepEqual(it.files(), ['new', 'over']);
  }));
