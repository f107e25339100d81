import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DurableFolders } from '../../src/backends/local/durableFolders';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import type { PlanEndpoint } from '../../src/plan/model/plan';
import type { PlanOptions } from '../../src/plan/model/planOptions';
import { parsePath } from '../../src/remote/remotePath';
import type { RunReport } from '../../src/transfer/runReport';
import { copyItems } from '../../src/usecases/copyItems';
import { outcomes, plan } from '../faults/faultyRun';
import { createFakeClock } from '../support/fakeClock';
import { createMemoryRemote, type MemoryRemote } from '../support/memoryRemote/memoryRemote';
import { body, calm, noPrecondition, write } from '../support/remoteCalls';
import { diskSide, execute, remoteSide } from '../support/syncSides';
import { temporaryFolder } from '../support/temporaryFolder';
import { beforeRemoval, type PowerCut, watchPowerCuts } from './powerCut';

// Before anything that may be the only copy is removed or replaced, its copy on this machine must survive a power cut.

const large = 'x'.repeat(3_000_000);
const move = { verb: 'move' } as const;

interface Given {
  readonly cut: PowerCut;
  readonly base: string;
  /** A store whose files may be removed only when their copies below `folder` survive. */
  readonly store: MemoryRemote;
  readonly source: PlanEndpoint;
  /** Not there yet. */
  readonly folder: string;
  readonly target: PlanEndpoint;
  readonly removed: string[];
  put(file: string, content: string): void;
  /** Puts a file below the folder, with the time of those of the store. */
  write(file: string, content: string, seconds?: number): void;
  run(options?: Partial<PlanOptions>): Promise<RunReport>;
}

const seconds = 1_000_000_000;

function given(t: TestContext, error?: () => NodeJS.ErrnoException | undefined): Given | undefined {
  const cut = watchPowerCuts(t, error);
  if (!cut) return undefined;
  const base = temporaryFolder(t);
  const folder = path.join(base, 'not', 'there', 'yet');
  const store = createMemoryRemote({ hasDirectories: false, clock: createFakeClock() });
  const removed: string[] = [];
  // A folder that existed before the run is not ours to force.
  let top = base;
  const strict = beforeRemoval(store, (file) => {
    cut.mustSurvive(path.join(folder, file), top);
    removed.push(file);
  });
  const source = remoteSide(strict);
  const target = diskSide(folder);
  return {
    cut,
    base,
    store,
    source,
    folder,
    target,
    removed,
    put: (file, content) => void store.put(file, content, { modified: { s: seconds, ns: 0 } }),
    write(file, content, at = seconds) {
      const absolute = path.join(folder, file);
      if (!fs.existsSync(folder)) top = folder;
      fs.mkdirSync(path.dirname(absolute), { recursive: true });
      fs.writeFileSync(absolute, content);
      fs.utimesSync(absolute, at, at);
    },
    run: async (options = move) => execute(await plan(source, target, options), source, target),
  };
}

test('a moved file, its time, its name and its new folders are on the disk before the source is removed', async (t) => {
  const it = given(t);
  if (!it) return;
  it.put('a', 'content');
  it.put('empty', '');
  it.put('deep/er/b', 'content');
  it.put('deep/large', large);
  const report = await it.run();
  assert.equal(report.totals.done, 4, JSON.stringify(report.results));
  assert.deepEqual(it.removed.sort(), ['a', 'deep/er/b', 'deep/large', 'empty']);
  assert.deepEqual(it.store.paths(), []);
});

test('a moved file that replaces an older one is on the disk before the source is removed', async (t) => {
  const it = given(t);
  if (!it) return;
  for (const [file, content] of [
    ['a', 'new'],
    ['sub/large', large],
  ] as const) {
    it.put(file, content);
    it.write(file, 'older', seconds - 1000);
  }
  assert.equal((await it.run()).totals.done, 2);
  assert.deepEqual(it.removed.sort(), ['a', 'sub/large']);
});

test('an identical file on the disk is synced before the source is removed', async (t) => {
  const it = given(t);
  if (!it) return;
  it.put('sub/same', 'content');
  it.write('sub/same', 'content');
  assert.deepEqual(outcomes(await it.run()), ['done removeSource sub/same']);
  assert.deepEqual(it.removed, ['sub/same']);
});

test('a file with only another time is synced with its new time before the source is removed', async (t) => {
  const it = given(t);
  if (!it) return;
  it.put('sub/touched', 'content');
  it.write('sub/touched', 'content', seconds - 1000);
  assert.deepEqual(outcomes(await it.run({ ...move, compare: 'checksum' })), [
    'done removeSource sub/touched',
  ]);
  it.put('sub/touched', 'content');
  it.write('sub/touched', 'content', seconds - 1000);
  assert.deepEqual(outcomes(await it.run(move)), ['done setTime sub/touched']);
  assert.deepEqual(it.removed, ['sub/touched', 'sub/touched']);
});

test('a move syncs the file that a failed move before it wrote', async (t) => {
  const it = given(t);
  if (!it) return;
  it.put('sub/a', 'content');
  const made = await plan(it.source, it.target, move);
  // Written, and not forced, by a run that broke off.
  it.write('sub/a', 'content');
  assert.deepEqual(outcomes(await execute(made, it.source, it.target)), ['done copyFile sub/a']);
  assert.deepEqual(it.removed, ['sub/a']);
});

test('a move between two folders of a disk syncs too', async (t) => {
  const it = given(t);
  if (!it) return;
  const from = path.join(it.base, 'from');
  fs.mkdirSync(path.join(from, 'sub'), { recursive: true });
  for (const file of ['a', 'sub/b']) fs.writeFileSync(path.join(from, file), file);
  const checked = beforeRemoval(openLocalRemote({ root: from }), (file) =>
    it.cut.mustSurvive(path.join(it.folder, file), it.base),
  );
  const source = diskSide(from, checked);
  const report = await execute(await plan(source, it.target, move), source, it.target);
  assert.deepEqual(outcomes(report), ['done copyFile a', 'done copyFile sub/b']);
  assert.ok(!fs.existsSync(path.join(from, 'a')));
});

test('a move in the tree to this machine syncs before any source is removed', async (t) => {
  const it = given(t);
  if (!it) return;
  for (const file of ['one', 'tree/a', 'tree/sub/b']) it.put(file, file);
  it.put('tree/large', large);
  const items = ['one', 'tree'].map((name) => ({
    from: it.source.remote,
    source: parsePath(name),
    to: it.target.remote,
    target: parsePath(name),
  }));
  await copyItems(items, { move: true }, calm);
  assert.deepEqual(it.removed.sort(), ['one', 'tree/a', 'tree/large', 'tree/sub/b']);
  const before = it.cut.forced.files;
  it.put('two', 'two');
  await copyItems(
    [{ from: it.store, source: parsePath('two'), to: it.target.remote, target: parsePath('two') }],
    {},
    calm,
  );
  assert.equal(it.cut.forced.files, before, 'a copy does not sync');
});

test('an old file is on the disk of the backup before it is overwritten or deleted (R23)', async (t) => {
  const it = given(t);
  if (!it) return;
  const kept = path.join(it.base, 'kept');
  const over = path.join(it.base, 'over');
  fs.mkdirSync(over);
  for (const file of ['sub/over', 'sub/extra']) {
    fs.mkdirSync(path.join(over, 'sub'), { recursive: true });
    fs.writeFileSync(path.join(over, file), 'old');
  }
  it.put('sub/over', 'new content');
  const inner = beforeRemoval(openLocalRemote({ root: over }), (file) =>
    it.cut.mustSurvive(path.join(kept, file), it.base),
  );
  const target = diskSide(over, {
    ...inner,
    get capabilities() {
      return inner.capabilities;
    },
    write: (file, ...rest) => {
      it.cut.mustSurvive(path.join(kept, file), it.base);
      return inner.write(file, ...rest);
    },
  });
  const made = await plan(it.source, target, { verb: 'sync', deletes: 'after' });
  const backup = diskSide(kept);
  const report = await execute({ ...made, backup: backup.place }, it.source, target, backup);
  assert.deepEqual(outcomes(report), ['done copyFile sub/over', 'done deleteFile sub/extra']);
  assert.deepEqual(fs.readdirSync(path.join(kept, 'sub')).sort(), ['extra', 'over']);
});

test('a file that moves within a folder tree has its new name on the disk before the old one is removed', async (t) => {
  const it = given(t);
  if (!it) return;
  const { remote } = it.target;
  const { unlink, rename, link } = fs.promises;
  const { linkSync } = fs;
  const isOld = (file: fs.PathLike) => path.basename(String(file)) === 'f';
  for (const crossing of [false, true]) {
    const name = `new ${crossing}/sub/g`;
    const absolute = path.join(it.folder, name);
    const file = await write(remote, parsePath('old/f'), 'content');
    const crosses = (from: fs.PathLike) => {
      if (crossing && isOld(from))
        throw Object.assign(new Error('EXDEV: cross-device link'), { code: 'EXDEV' });
    };
    let checked = 0;
    const mocked = [
      t.mock.method(fs.promises, 'unlink', async (victim: fs.PathLike) => {
        if (isOld(victim)) {
          checked++;
          if (crossing) it.cut.mustSurvive(absolute, it.base);
          else it.cut.nameMustSurvive(absolute, it.base);
        }
        await unlink(victim);
      }),
      t.mock.method(fs, 'linkSync', (from: fs.PathLike, to: fs.PathLike) => {
        crosses(from);
        linkSync(from, to);
      }),
      t.mock.method(fs.promises, 'link', async (from: fs.PathLike, to: fs.PathLike) => {
        crosses(from);
        await link(from, to);
      }),
      t.mock.method(fs.promises, 'rename', async (from: fs.PathLike, to: fs.PathLike) => {
        crosses(from);
        await rename(from, to);
      }),
    ];
    await remote.serverSideMove?.(file, parsePath(name), { kind: 'ifAbsent' }, calm);
    for (const { mock } of mocked) mock.restore();
    assert.equal(checked, 1, 'the old name was removed');
    assert.equal(fs.readFileSync(absolute, 'utf8'), 'content');
    assert.ok(!fs.existsSync(path.join(it.folder, 'old/f')));
  }
});

test('many files that wait for one folder share its syncs', async (t) => {
  const it = given(t);
  if (!it) return;
  for (let i = 0; i < 60; i++) it.put(`sub/f${i}`, `content ${i}`);
  assert.equal((await it.run()).totals.done, 60);
  assert.equal(it.cut.forced.files, 60);
  const before = it.cut.forced.folders;
  const folders = new DurableFolders();
  await Promise.all(Array.from({ length: 60 }, () => folders.force(path.join(it.folder, 'sub'), it.base)));
  // The first begins at once, all others wait for the next; each folder above is forced once or twice.
  assert.ok(it.cut.forced.folders - before <= 2 * 5, `${it.cut.forced.folders - before} calls for folders`);
  await folders.creating([it.folder], async () => {});
  const after = it.cut.forced.folders;
  await folders.force(path.join(it.folder, 'sub'), it.base);
  assert.equal(it.cut.forced.folders - after, 2, 'the folder itself, and the one with a new folder');
});

for (const [what, first, second] of [
  ['the root', 'a', 'b'],
  ['the root with a folder below', 'sub/a', 'b'],
  ['a folder', 'sub/a', 'sub/b'],
  ['a folder deeper down', 'sub/deep/a', 'sub/deep/b'],
] as const)
  test(`a file in ${what} that another call is still creating is on the disk with all new folders`, async (t) => {
    const it = given(t);
    if (!it) return;
    const { remote } = it.target;
    const durably = (file: string) =>
      remote.write(parsePath(file), body(file), { durable: true }, { kind: 'ifAbsent' }, calm);
    const folder = path.join(it.folder, path.dirname(first));
    if (!what.startsWith('the root')) {
      // The folders above count as forced by now.
      await durably('earlier');
      if (first.includes('deep')) await durably('sub/earlier');
    }
    let go = () => {};
    const hold = new Promise<void>((resolve) => (go = resolve));
    let made = () => {};
    const isMade = new Promise<void>((resolve) => (made = resolve));
    const { mkdir } = fs.promises;
    const last = what.startsWith('the root') ? path.basename(it.folder) : path.basename(folder);
    const mocked = t.mock.method(fs.promises, 'mkdir', async (at: fs.PathLike, options?: object) => {
      const answer = await mkdir(at, options);
      if (path.basename(String(at)) === last) {
        made();
        await hold;
      }
      return answer;
    });
    const writing = durably(first);
    await isMade;
    await durably(second);
    it.cut.mustSurvive(path.join(it.folder, second), it.base);
    go();
    await writing;
    it.cut.mustSurvive(path.join(it.folder, first), it.base);
    mocked.mock.restore();
  });

test('a root that was removed and created again is synced again', async (t) => {
  const it = given(t);
  if (!it) return;
  const { remote } = it.target;
  for (const gone of [it.folder, path.join(it.base, 'not/there'), path.join(it.base, 'not')]) {
    await remote.write(parsePath('sub/f'), body('x'), { durable: true }, { kind: 'ifAbsent' }, calm);
    it.cut.mustSurvive(path.join(it.folder, 'sub/f'), it.base);
    fs.rmSync(gone, { recursive: true });
  }
  await remote.write(parsePath('sub/f'), body('x'), { durable: true }, { kind: 'ifAbsent' }, calm);
  it.cut.mustSurvive(path.join(it.folder, 'sub/f'), it.base);
});

test('a copy syncs with syncToDisk only', async (t) => {
  const it = given(t);
  if (!it) return;
  for (const file of ['a', 'sub/b']) it.put(file, file);
  await it.run({ verb: 'copy' });
  assert.deepEqual(it.cut.forced, { files: 0, folders: 0 });
  const root = path.join(it.base, 'forced');
  const target = diskSide(root, openLocalRemote({ root, syncToDisk: true }));
  await execute(await plan(it.source, target, { verb: 'copy' }), it.source, target);
  for (const file of ['a', 'sub/b']) it.cut.mustSurvive(path.join(root, file), it.base);
  const file = await write(target.remote, parsePath('sub/c'), 'c');
  await target.remote.serverSideCopy?.(file, parsePath('sub/d'), noPrecondition, calm);
  it.cut.mustSurvive(path.join(root, 'sub/d'), it.base);
});

test("a source stays when its copy can't be synced", async (t) => {
  const it = given(t, () => Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' }));
  if (!it) return;
  it.put('a', 'content');
  it.put('same', 'content');
  it.write('same', 'content');
  const report = await it.run();
  assert.deepEqual(outcomes(report), ['failed copyFile a', 'failed removeSource same']);
  assert.deepEqual(it.store.paths(), ['a', 'same']);
  await assert.rejects(
    copyItems(
      [{ from: it.store, source: parsePath('a'), to: it.target.remote, target: parsePath('b') }],
      { move: true },
      calm,
    ),
  );
  assert.deepEqual(it.store.paths(), ['a', 'same']);
});

test('a move to a disk without fsync works', async (t) => {
  for (const code of ['EINVAL', 'ENOTSUP', 'ENOSYS']) {
    const mocked = t.mock.method(fs, 'fsync', (_: number, done: (error: Error | null) => void) =>
      done(Object.assign(new Error(`${code}: fsync`), { code })),
    );
    const store = createMemoryRemote({ hasDirectories: false });
    store.put('a', 'content', { modified: { s: seconds, ns: 0 } });
    const source = remoteSide(store);
    const target = diskSide(temporaryFolder(t));
    const report = await execute(await plan(source, target, move), source, target);
    assert.deepEqual(outcomes(report), ['done copyFile a']);
    assert.deepEqual(store.paths(), []);
    mocked.mock.restore();
  }
});
