import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../../src/base/log';
import type { PlanEndpoint } from '../../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../../src/plan/model/planOptions';
import type { Remote } from '../../../src/remote/remote';
import { parsePath } from '../../../src/remote/remotePath';
import { copyItems } from '../../../src/usecases/copyItems';
import { countItems, deleteItems } from '../../../src/usecases/deleteItems';
import {
  type HeldLock,
  type Occupation,
  type OccupiedPlace,
  PlaceLocks,
  PlaceOccupied,
} from '../../../src/usecases/placeLocks';
import { planSync } from '../../../src/usecases/planSync';
import { runPlan } from '../../../src/usecases/runPlan';
import { ended, spawnFor, writeRemotes } from '../../support/engineProcess';
import { createFakeClock } from '../../support/fakeClock';
import { createMemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { diskSide, remoteSide } from '../../support/syncSides';
import { temporaryFolder } from '../../support/temporaryFolder';
import { served } from '../backends/s3/s3Fixture';

const calm = new AbortController().signal;

/** Locks as another window would open them. */
const locksIn = (folder: string) => new PlaceLocks(path.join(folder, 'locks'), silentLog);

function at(location: string | undefined, root: string, writes = true, caseSensitive = true): OccupiedPlace {
  const names = { caseSensitive, foldsUnicode: false, forbids: 'nothing' } as const;
  const capabilities = { names, ...(location !== undefined && { storageId: location }) };
  return { remote: { capabilities }, root: parsePath(root), shown: `${location ?? 'lab'}:${root}`, writes };
}

function work(kind: Occupation['kind'], ...places: OccupiedPlace[]): Occupation {
  return { kind, what: 'sync here → there', places };
}

async function mayBoth(folder: string, a: Occupation, b: Occupation): Promise<boolean> {
  const first = await locksIn(folder).acquire(a, calm);
  try {
    const second = await locksIn(folder).acquire(b, calm);
    await second.release();
    return true;
  } catch (error) {
    assert.ok(error instanceof PlaceOccupied, String(error));
    assert.match(error.message, /"sync here → there" has been running in this window since \d\d:\d\d:\d\d/);
    assert.match(error.message, /Wait until it has ended, or cancel it/);
    return false;
  } finally {
    await first.release();
  }
}

const pairs: readonly (readonly [string, OccupiedPlace, OccupiedPlace, boolean])[] = [
  ['the same place', at('s3', 'b/site'), at('s3', 'b/site'), false],
  ['one within the other', at('s3', 'b/site'), at('s3', 'b/site/img'), false],
  ['one around the other', at('s3', 'b/site/img'), at('s3', 'b'), false],
  ['the whole store', at('s3', ''), at('s3', 'b/x'), false],
  ['neighbours', at('s3', 'b/site'), at('s3', 'b/site2'), true],
  ['other buckets', at('s3', 'a/site'), at('s3', 'b/site'), true],
  ['other services', at('s3', 'b/site'), at('minio', 'b/site'), true],
  ['one that is read and written', at('s3', 'b/site', false), at('s3', 'b/site'), false],
  ['one that both read', at('s3', 'b/site', false), at('s3', 'b/site', false), true],
  [
    'another spelling on a disk that folds case',
    at('disk:/Users', 'A', true, false),
    at('disk:/users', 'a', true, false),
    false,
  ],
  ['places that only their names tell', at(undefined, 'b/site'), at(undefined, 'b/site'), false],
];

for (const [name, a, b, both] of pairs)
  test(`two runs ${both ? 'go' : 'do not go'} at once: ${name}`, async (t) => {
    const folder = temporaryFolder(t);
    assert.equal(await mayBoth(folder, work('run', a), work('run', b)), both);
    assert.equal(await mayBoth(folder, work('run', b), work('run', a)), both);
    assert.equal(await mayBoth(folder, work('items', a), work('run', b)), both, 'work by hand and a run');
    assert.equal(await mayBoth(folder, work('items', a), work('items', b)), true, 'two works by hand');
    assert.deepEqual(fs.readdirSync(path.join(folder, 'locks')), []);
  });

test('of many simultaneous requests, one gets the lock', async (t) => {
  const folder = temporaryFolder(t);
  for (let round = 0; round < 10; round++) {
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, () => locksIn(folder).acquire(work('run', at('s3', 'b')), calm)),
    );
    const got = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.equal(got.length, 1);
    await (got[0] as HeldLock).release();
  }
});

/** Changes the file of the only lock. */
function changeLock(folder: string, change: (lock: Record<string, unknown>) => void, ageMs = 0): void {
  const [name = ''] = fs.readdirSync(path.join(folder, 'locks'));
  const file = path.join(folder, 'locks', name);
  const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
  change(lock);
  fs.writeFileSync(file, JSON.stringify(lock));
  const then = new Date(Date.now() - ageMs);
  fs.utimesSync(file, then, then);
}

test('a lock is stale when its process has ended, or without a heartbeat for two minutes', async (t) => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const cases: readonly [string, (lock: Record<string, unknown>) => void, number, boolean][] = [
    ['alive', () => {}, 0, false],
    ['quiet for a minute', () => {}, 60_000, false],
    ['quiet for three minutes', () => {}, 180_000, true],
    ['its process is gone', (lock) => (lock['pid'] = pid), 0, true],
    ['of another machine, alive', (lock) => (lock['host'] = 'elsewhere'), 0, false],
    ['of another machine, quiet', (lock) => (lock['host'] = 'elsewhere'), 180_000, true],
  ];
  for (const [name, change, age, free] of cases) {
    const folder = temporaryFolder(t);
    const first = await locksIn(folder).acquire(work('run', at('s3', 'b')), calm);
    changeLock(folder, change, age);
    const second = locksIn(folder).acquire(work('run', at('s3', 'b/x')), calm);
    if (free) await (await second).release();
    else await assert.rejects(second, PlaceOccupied, name);
    await first.release();
  }
});

test('an invalid lock blocks no one, and where no lock can be written, work starts and the reason is logged', async (t) => {
  const folder = temporaryFolder(t);
  fs.mkdirSync(path.join(folder, 'locks'), { mode: 0o700 });
  fs.writeFileSync(path.join(folder, 'locks', 'x.json'), '{"version":1');
  fs.writeFileSync(path.join(folder, 'locks', 'y.json'), 'null');
  await (await locksIn(folder).acquire(work('run', at('s3', 'b')), calm)).release();

  const lines: string[] = [];
  const log = { write: (_: string, __: string, text: string) => void lines.push(text) };
  fs.writeFileSync(path.join(folder, 'file'), '');
  const nowhere = new PlaceLocks(path.join(folder, 'file', 'locks'), log);
  await (await nowhere.acquire(work('run', at('s3', 'b')), calm)).release();
  assert.match(lines[0] ?? '', /no lock can be written/);
  if (process.getuid === undefined) return;
  fs.chmodSync(path.join(folder, 'locks'), 0o777);
  const shared = new PlaceLocks(path.join(folder, 'locks'), log);
  await (await shared.acquire(work('run', at('s3', 'b')), calm)).release();
  assert.match(lines[1] ?? '', /Other users can write to/);
});

/** An upload whose writes wait for `go`. */
function given(folder: string) {
  const source = path.join(folder, 'source');
  fs.mkdirSync(source, { recursive: true });
  for (let i = 0; i < 20; i++) fs.writeFileSync(path.join(source, `f${i}`), `${i}`);
  const store = createMemoryRemote({ hasDirectories: false });
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  let began = () => {};
  const begun = new Promise<void>((resolve) => {
    began = resolve;
  });
  const slow: Remote = {
    ...store,
    capabilities: { ...store.capabilities, storageId: 'mem:' },
    async write(...args) {
      began();
      await gate;
      return store.write(...args);
    },
  };
  const [disk, bucket] = [diskSide(source), remoteSide(slow, 'b/site', 'lab')];
  const host = { log: silentLog, clock: createFakeClock(), storageFolder: undefined };
  const run = async (
    from: PlanEndpoint,
    to: PlanEndpoint,
    options: Partial<PlanOptions> = {},
    locks = locksIn(folder),
  ) => {
    const all = { ...defaultPlanOptions, ...options };
    const plan = await planSync({ source: from, target: to, options: all }, calm);
    return runPlan(plan, from, to, { host, locks, transfers: 2 }, calm);
  };
  return { disk, bucket, slow, store, run, go: () => go(), begun };
}

test('while a run occupies a place, other runs may plan there but not start, and neither may work on single items', async (t) => {
  const folder = temporaryFolder(t);
  const it = given(folder);
  it.store.put('b/site/theirs', 'x');
  it.store.put('b/other', 'x');
  const first = it.run(it.disk, it.bucket);
  await it.begun;
  const occupied =
    /"sync \S+source → lab:b\/site" has been running in this window since [\d:]+, and overlaps /;
  await assert.rejects(it.run(it.disk, it.bucket), occupied);
  await assert.rejects(it.run(it.bucket, it.disk), occupied);
  await assert.rejects(it.run(it.bucket, it.disk, { verb: 'move' }), occupied);
  const elsewhere = remoteSide(createMemoryRemote({ hasDirectories: false }), 'b', 'other');
  await assert.rejects(it.run(it.disk, elsewhere, { verb: 'move' }), occupied);
  assert.equal((await it.run(it.disk, elsewhere)).totals.done, 20);
  const locks = locksIn(folder);
  const copy = { from: it.slow, source: parsePath('b/other'), to: it.slow, target: parsePath('b/site/copy') };
  await assert.rejects(copyItems([copy], { locks }, calm), occupied);
  const counted = await countItems(it.slow, [{ path: parsePath('b/site/theirs') }], calm);
  await assert.rejects(deleteItems(it.slow, counted, { locks }, calm), occupied);
  assert.equal(it.store.text('b/site/theirs'), 'x');
  it.go();
  assert.equal((await first).totals.done, 20);
  await deleteItems(it.slow, counted, { locks }, calm);
  assert.equal((await it.run(it.bucket, it.disk)).totals.failed, 0);
});

test('a run whose lock expired stops', async (t) => {
  const folder = temporaryFolder(t);
  const it = given(folder);
  const now = Date.now;
  t.after(() => {
    Date.now = now;
  });
  const first = it.run(it.disk, it.bucket);
  await it.begun;
  // The machine sleeps for an hour, and another run takes the place.
  for (const name of fs.readdirSync(path.join(folder, 'locks')))
    fs.unlinkSync(path.join(folder, 'locks', name));
  Date.now = () => now() + 3_600_000;
  it.go();
  const report = await first;
  assert.equal(report.totals.done, 2);
  assert.equal(report.totals.notStarted, 18);
  assert.match(report.stopped ?? '', /was suspended for so long that its lock expired/);
});

test('of two terminals, the second names the run of the first and exits with 1', (t) =>
  served({}, async ({ server }) => {
    const folder = temporaryFolder(t);
    const source = path.join(folder, 'source');
    fs.mkdirSync(source);
    fs.writeFileSync(path.join(source, 'a'), 'x');
    const remotes = writeRemotes(folder, server);
    const engine = (from: string, to: string) => {
      const args = ['test/tools/runTs.mjs', 'test/tools/engine.ts', 'run', from, to, '--remotes', remotes];
      const child = spawnFor(server, process.execPath, args, { TMPDIR: folder });
      return { child, ended: ended(child) };
    };
    server.addFault({
      operation: 'PutObject',
      delayMs: Number.POSITIVE_INFINITY,
      count: Number.POSITIVE_INFINITY,
    });
    const first = engine(source, 'demo:demo/site');
    while (!server.requests.some(({ operation }) => operation === 'PutObject'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    server.store.put('demo', 'other', 'y');
    const second = await engine('demo:demo', source).ended;
    assert.equal(second.code, 1);
    assert.match(
      second.text,
      /"sync \S+ → demo:demo\/site" has been running in another window or terminal of this machine \(process \d+\) since/,
    );
    assert.ok(!fs.existsSync(path.join(source, 'other')));
    // The lock of a killed run blocks no one.
    first.child.kill('SIGKILL');
    await first.ended;
    const third = await engine('demo:demo', source).ended;
    assert.equal(third.code, 0, third.text);
    assert.ok(fs.existsSync(path.join(source, 'other')));
  }));

test('the locks of a thread that ended are removed, and those of other threads stay', async (t) => {
  const folder = temporaryFolder(t);
  const [place, other] = [at('disk', 'a'), at('disk', 'b')];
  const locks = locksIn(folder);
  await locks.acquire(work('run', place), calm);
  const [name = ''] = fs.readdirSync(path.join(folder, 'locks'));
  await locks.acquire(work('run', other), calm);
  const file = path.join(folder, 'locks', name);
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), thread: 9 }));
  await locks.forgetThread(8);
  await assert.rejects(locks.acquire(work('run', place), calm), PlaceOccupied);
  await locks.forgetThread(9);
  await (await locks.acquire(work('run', place), calm)).release();
  await assert.rejects(locks.acquire(work('run', other), calm), PlaceOccupied);
});
