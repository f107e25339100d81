import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type App, createApp } from '../../src/app';
import { describePlan } from '../../src/plan/build/describePlan';
import type { Place, Plan } from '../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { isRemoteError } from '../../src/remote/remoteError';
import { calm } from '../support/remoteCalls';
import { temporaryFolder } from '../support/temporaryFolder';
import { terminalHost } from '../tools/doors/terminalHost';

// From folder to folder with everything in between: options, plan, run, and the plan after it.

interface Disk {
  readonly app: App;
  readonly base: string;
  put(file: string, content: string, modified?: number): void;
  /** Paths and contents below a folder. */
  files(folder: string): Readonly<Record<string, string>>;
  plan(options: Partial<PlanOptions>, target?: string): Promise<Plan>;
  /** Runs it to its end, and checks that there is nothing left to do then. */
  sync(options: Partial<PlanOptions>): Promise<readonly string[]>;
}

function givenDisk(t: TestContext): Disk {
  const base = temporaryFolder(t);
  const app = createApp(
    terminalHost({ remotesFile: undefined, logLevel: 'error', storageFolder: undefined }),
  );
  t.after(() => app.close());
  const place = (name: string): Place => ({ kind: 'folder', path: path.join(base, name) });
  const disk: Disk = {
    app,
    base,
    put(file, content, modified = 1_700_000_000) {
      const absolute = path.join(base, file);
      fs.mkdirSync(path.dirname(absolute), { recursive: true });
      fs.writeFileSync(absolute, content);
      fs.utimesSync(absolute, modified, modified);
    },
    files(folder) {
      const found: Record<string, string> = {};
      for (const entry of fs.readdirSync(path.join(base, folder), { withFileTypes: true, recursive: true })) {
        const absolute = path.join(entry.parentPath, entry.name);
        if (entry.isFile())
          found[path.relative(path.join(base, folder), absolute)] = fs.readFileSync(absolute, 'utf8');
      }
      return found;
    },
    plan: (options, target = 'target') =>
      app.planSync(
        { source: place('source'), target: place(target), options: { ...defaultPlanOptions, ...options } },
        calm,
      ),
    async sync(options) {
      const plan = await disk.plan(options);
      const report = await app.runPlan(plan, calm);
      assert.equal(report.totals.done, plan.actions.length, JSON.stringify(report.results));
      const again = await disk.plan(options);
      assert.equal(again.actions.map(({ id }) => id).join(), '');
      return plan.actions.map(({ id }) => id);
    },
  };
  return disk;
}

test('overwritten and deleted files are in the backup folder, under the time of the plan (R23)', async (t) => {
  const disk = givenDisk(t);
  disk.put('source/a.txt', 'new and longer');
  disk.put('target/a.txt', 'old');
  disk.put('target/sub/gone.txt', 'going');
  const backupFolder = path.join(disk.base, 'backups', '{date}');
  const ids = await disk.sync({ deletes: 'during', backupFolder });
  assert.deepEqual(ids, ['c:a.txt', 'd:sub/gone.txt', 'f:sub']);
  assert.deepEqual(disk.files('target'), { 'a.txt': 'new and longer' });
  const [date, ...others] = fs.readdirSync(path.join(disk.base, 'backups'));
  assert.deepEqual(others, []);
  assert.match(date ?? '', /^\d{4}-\d\d-\d\dT\d{6}Z$/);
  assert.deepEqual(disk.files(`backups/${date}`), { 'a.txt': 'old', 'sub/gone.txt': 'going' });
});

test('a backup folder that leads into the target by a link is refused (R23)', async (t) => {
  const disk = givenDisk(t);
  disk.put('source/a.txt', 'a');
  disk.put('target/sub/b.txt', 'b');
  fs.symlinkSync(path.join(disk.base, 'target'), path.join(disk.base, 'link'));
  for (const folder of ['link', 'link/sub', 'link/not/yet/there', 'target/x', '.'])
    await assert.rejects(
      disk.plan({ backupFolder: path.join(disk.base, folder) }),
      (error) => isRemoteError(error, 'badSettings') && error.message.includes('overlaps the target'),
      folder,
    );
  fs.symlinkSync(path.join(disk.base, 'source'), path.join(disk.base, 'from'));
  await assert.rejects(disk.plan({ backupFolder: path.join(disk.base, 'from', 'old') }), (error) =>
    isRemoteError(error, 'badSettings'),
  );
  assert.equal((await disk.plan({ backupFolder: path.join(disk.base, 'beside') })).backup?.kind, 'folder');
});

test('moved files are renamed on a disk, and keep their inode (R24)', async (t) => {
  const disk = givenDisk(t);
  disk.put('source/new/photo.jpg', 'a photo', 1_700_000_500);
  disk.put('target/old/photo.jpg', 'a photo', 1_700_000_000);
  disk.put('source/stays.txt', 'stays');
  disk.put('target/stays.txt', 'stays');
  const inode = fs.statSync(path.join(disk.base, 'target/old/photo.jpg')).ino;
  assert.deepEqual(await disk.sync({ deletes: 'after', trackRenames: 'hash' }), ['r:new/photo.jpg', 'f:old']);
  const moved = fs.statSync(path.join(disk.base, 'target/new/photo.jpg'));
  assert.equal(moved.ino, inode);
  assert.equal(moved.mtimeMs, 1_700_000_500_000);
  assert.deepEqual(disk.files('target'), { 'new/photo.jpg': 'a photo', 'stays.txt': 'stays' });
});

test('a move removes from the source only files that are on the target', async (t) => {
  const disk = givenDisk(t);
  disk.put('source/new.txt', 'new');
  disk.put('source/same.txt', 'same');
  disk.put('target/same.txt', 'same');
  disk.put('source/touched.txt', 'touched', 1_700_000_500);
  disk.put('target/touched.txt', 'touched');
  disk.put('source/.git/config', 'usual exclude');
  disk.put('target/extra.txt', 'extra');
  assert.deepEqual(await disk.sync({ verb: 'move', deletes: 'after' }), [
    'c:new.txt',
    't:touched.txt',
    'm:same.txt',
  ]);
  assert.deepEqual(disk.files('source'), { '.git/config': 'usual exclude' });
  assert.deepEqual(Object.keys(disk.files('target')).sort(), [
    'extra.txt',
    'new.txt',
    'same.txt',
    'touched.txt',
  ]);
});

test("a check reads both sides, writes nothing and can't be run (R11)", async (t) => {
  const disk = givenDisk(t);
  disk.put('source/same.txt', 'same', 1_700_000_500);
  disk.put('target/same.txt', 'same');
  disk.put('source/other.txt', 'abc');
  disk.put('target/other.txt', 'abd');
  disk.put('target/extra.txt', 'extra');
  const plan = await disk.plan({ verb: 'check' });
  assert.deepEqual([...describePlan(plan)], ['- extra.txt', '* other.txt', '= same.txt']);
  assert.deepEqual(
    [...describePlan(await disk.plan({ verb: 'check' }, 'source'))],
    ['= other.txt', '= same.txt'],
  );
  await assert.rejects(disk.app.runPlan(plan, calm), /can't be run/);
  assert.equal(disk.files('target')['other.txt'], 'abd');
});
