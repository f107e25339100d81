import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import type { PlanEndpoint } from '../../src/plan/model/plan';
import { diskSide } from '../support/syncSides';
import { actions, outcomes, plan, run, synced } from './faultyRun';

const mirror = { deletes: 'after' } as const;
const hour = 3_600_000;

async function sync(source: PlanEndpoint, target: PlanEndpoint, options = {}): Promise<string[]> {
  return outcomes(await run(await plan(source, target, { ...mirror, ...options }), source, target));
}

for (const hours of [-30, -5, 5, 30])
  test(`a clock that differs from the service's by ${hours} hours changes no decision (H10, H30)`, () =>
    synced(async (it) => {
      it.server.setClock(Date.now() + hours * hour);
      const second = Math.floor(Date.now() / 1000);
      it.write('just now', 'x', second);
      it.write('gone', 'y', second - 100);
      assert.deepEqual(await sync(it.disk, it.bucket), ['done copyFile gone', 'done copyFile just now']);
      assert.deepEqual(await sync(it.disk, it.bucket), []);
      // An edit one second later that keeps the size is detected with any LastModified.
      it.write('just now', 'z', second + 1);
      fs.rmSync(path.join(it.folder, 'gone'));
      assert.deepEqual(await sync(it.disk, it.bucket), ['done copyFile just now', 'done deleteFile gone']);
      assert.equal(it.object('just now'), 'z');
      // In the other direction, an object that the service's clock dates is downloaded once.
      it.put('theirs', 'w', Date.now() + hours * hour);
      assert.deepEqual(await sync(it.bucket, it.disk), ['done copyFile theirs']);
      assert.deepEqual(await sync(it.bucket, it.disk), []);
      assert.equal(it.read('theirs'), 'w');
    }));

for (const compare of ['rclone', 'checksum', 'aws', 'exact-timestamps'] as const)
  test(`an object with a date in the future is downloaded once, by ${compare} (A10, A13)`, () =>
    synced(async (it) => {
      const years = Date.UTC(2096, 1, 29, 12, 0, 0);
      it.put('by the service', 'x', years);
      it.server.store.put('demo', 'by its owner', 'y', {
        lastModified: 1_000_000_000_000,
        metadata: { mtime: '3980000000.5' },
      });
      assert.deepEqual(await sync(it.bucket, it.disk, { compare }), [
        'done copyFile by its owner',
        'done copyFile by the service',
      ]);
      assert.equal(fs.statSync(path.join(it.folder, 'by the service')).mtimeMs, years);
      assert.deepEqual(await sync(it.bucket, it.disk, { compare }), []);
    }));

test('a file with a date in the future, before 1970 or at its start is uploaded once (A13, R2)', () =>
  synced(async (it) => {
    it.write('future', 'x', 4_000_000_000);
    it.write('start', 'y', 0);
    const early = path.join(it.folder, 'early');
    fs.writeFileSync(early, 'z');
    // A text, since a number below 0 means "now".
    fs.utimesSync(early, '-86400.5', '-86400.5');
    assert.equal((await sync(it.disk, it.bucket)).length, 3);
    assert.deepEqual(await sync(it.disk, it.bucket), []);
    const other = path.join(path.dirname(it.folder), 'other');
    fs.mkdirSync(other);
    assert.equal((await sync(it.bucket, diskSide(other))).length, 3);
    assert.equal(fs.statSync(path.join(other, 'future')).mtimeMs, 4_000_000_000_000);
    assert.equal(fs.statSync(path.join(other, 'early')).mtimeMs, -86_400_500);
    assert.deepEqual(await sync(it.bucket, diskSide(other)), []);
    assert.deepEqual(await sync(diskSide(other), it.disk), []);
  }));

const zone = process.env['TZ'];
after(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

test('times around a change of daylight saving mean the same in every zone (H8)', () =>
  synced(async (it) => {
    // The hours that are skipped or come twice in Europe and in New York, and Dublin's winter time, which is its daylight saving.
    const moments = [
      '2026-03-29T00:59:59Z',
      '2026-03-29T01:00:00Z',
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:30:00Z',
    ]
      .concat([
        '2026-03-08T06:59:59Z',
        '2026-03-08T07:00:00Z',
        '2026-11-01T05:30:00Z',
        '2026-11-01T06:30:00Z',
      ])
      .map((text) => Date.parse(text) / 1000);
    for (const [i, second] of moments.entries()) it.write(`f${i}`, 'x', second);
    const other = path.join(path.dirname(it.folder), 'other');
    fs.mkdirSync(other);
    const offsets = new Set<number>();
    for (const [i, name] of [
      'UTC',
      'Europe/Dublin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    ].entries()) {
      process.env['TZ'] = name;
      offsets.add(new Date(1_700_000_000_000).getTimezoneOffset());
      for (const compare of ['rclone', 'checksum'] as const) {
        const fresh = i === 0 && compare === 'rclone';
        assert.equal((await sync(it.disk, it.bucket, { compare })).length, fresh ? moments.length : 0, name);
        assert.equal(
          (await sync(it.bucket, diskSide(other), { compare })).length,
          fresh ? moments.length : 0,
          name,
        );
      }
      const mtimes = fs.readdirSync(other).map((file) => fs.statSync(path.join(other, file)).mtimeMs / 1000);
      assert.deepEqual(mtimes.sort(), [...moments].sort());
    }
    // Windows can't change the zone of a process.
    if (process.platform !== 'win32') assert.ok(offsets.size >= 4, `${offsets.size} zones`);
    assert.deepEqual(actions(await plan(it.disk, it.bucket, mirror)), []);
  }));
