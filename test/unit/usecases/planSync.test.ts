import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../../../src/base/clock';
import type { Place, PlanProgress } from '../../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../../src/plan/model/planOptions';
import type { Entry } from '../../../src/remote/entry';
import { readOnly } from '../../../src/remote/layers/readOnly';
import type { Remote } from '../../../src/remote/remote';
import { isRemoteError, RemoteError } from '../../../src/remote/remoteError';
import { parsePath, rootPath } from '../../../src/remote/remotePath';
import { planSync } from '../../../src/usecases/planSync';
import { createMemoryRemote, type MemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { refused } from '../../support/remoteCalls';
import { diskSide, remoteSide } from '../../support/syncSides';
import { cpuTime } from '../../tools/cpuTime';

const never = new AbortController().signal;
const folder: Place = { kind: 'folder', path: '/w' };
const store: Place = { kind: 'remote', remote: 'r', path: rootPath };

function request(source: Remote, target: Remote, options: Partial<PlanOptions> = {}) {
  return {
    source: diskSide('/w', readOnly(source)),
    target: remoteSide(readOnly(target)),
    options: { ...defaultPlanOptions, ...options },
  };
}

function filled(paths: readonly string[], options = {}): MemoryRemote {
  const remote = createMemoryRemote(options);
  for (const path of paths) remote.put(path, path, { modified: { s: 1000, ns: 0 } });
  return remote;
}

test('planning reads both sides and changes neither (A34)', async () => {
  const source = filled(['a', 'b/c']);
  const target = filled(['b/c', 'd'], { hasDirectories: false });
  const plan = await planSync(request(source, target, { deletes: 'after' }), never);
  assert.deepEqual(
    plan.actions.map(({ id }) => id),
    ['c:a', 'd:d'],
  );
  assert.deepEqual(source.paths(), ['a', 'b/c']);
  assert.deepEqual(target.paths(), ['b/c', 'd']);
});

test('equal listings give equal plans, with any page sizes and response times', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `d${i % 5}/f${i}`);
  const plan = (pageSize: number, latencyMs: number) => {
    const source = filled(names.slice(0, 30), { pageSize, latencyMs });
    const target = filled(names.slice(10), {
      pageSize: pageSize + 1,
      listsModified: false,
      hasDirectories: false,
    });
    return planSync(request(source, target, { deletes: 'after' }), never);
  };
  const ids = async (pageSize: number, latencyMs: number) =>
    (await plan(pageSize, latencyMs)).actions.map(({ id }) => id);
  const first = await ids(1000, 0);
  assert.equal(first.length, 20);
  assert.deepEqual(await ids(3, 0), first);
  assert.deepEqual(await ids(7, 1), first);
});

test('progress is reported at most every 50 ms, and at the end', async () => {
  let now = 0;
  const clock: Clock = { now: () => now, wait: async () => {} };
  const names = Array.from({ length: 100 }, (_, i) => `f${1000 + i}`);
  const source = filled(names, { pageSize: 10 });
  const target = filled(names.slice(0, 50), { pageSize: 10, listsModified: false, hasDirectories: false });
  const told: PlanProgress[] = [];
  const tick = (remote: Remote): Remote => ({
    ...remote,
    async *listRecursive(...args) {
      for await (const page of remote.listRecursive?.(...args) ?? []) {
        now += 10;
        yield page;
      }
    },
  });
  const asked = request(tick(source), tick(target), { refreshTimes: true });
  await planSync({ ...asked, clock }, never, (progress) => told.push(progress));
  assert.ok(told.length >= 2 && told.length <= 4, `${told.length} times in ${now} ms`);
  assert.deepEqual(told.at(-1), {
    listed: { source: 100, target: 50 },
    compared: { requested: 50, completed: 50 },
    actions: 50,
  });
});

test('an abort rejects with its reason, even before the start', async () => {
  const reason = new Error('stop');
  const names = Array.from({ length: 100 }, (_, i) => `f${i}`);
  const early = new AbortController();
  early.abort(reason);
  const source = filled(names);
  await assert.rejects(planSync(request(source, filled([])), early.signal), reason);
  assert.equal(source.calls.length, 0);

  const late = new AbortController();
  const target = filled(names, { listsModified: false, latencyMs: 1 });
  setTimeout(() => late.abort(reason), 3);
  await assert.rejects(planSync(request(source, target, { refreshTimes: true }), late.signal), reason);
});

test('A27: a failed listing on either side ends in its error, and ends the listing of the other side', async () => {
  const names = Array.from({ length: 50 }, (_, i) => `f${100 + i}`);
  for (const failing of ['source', 'target'] as const) {
    const broken = {
      pageSize: 5,
      failures: [
        { when: { operation: 'listRecursive', nth: 3 }, error: new RemoteError('unavailable', 'Gone.') },
      ],
    } as const;
    const source = filled(names, failing === 'source' ? broken : { pageSize: 1 });
    const target = filled(names, failing === 'target' ? broken : { pageSize: 1 });
    await refused(planSync(request(source, target, { deletes: 'after' }), never), 'unavailable');
    const other = failing === 'source' ? target : source;
    const then = other.count('listRecursive');
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(other.count('listRecursive'), then);
    assert.ok(then < 50);
  }
});

test('a failed request ends the plan at once, even while a listing hangs', async () => {
  const names = Array.from({ length: 10 }, (_, i) => `f${i}`);
  const source = filled(names);
  let hungUp = false;
  const hanging: Remote = {
    ...source,
    async *listRecursive(folder, options, signal) {
      yield* source.listRecursive?.(folder, options, signal) ?? [];
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          hungUp = true;
          reject(signal.reason);
        });
      });
    },
  };
  const target = filled(names, {
    listsModified: false,
    failures: [{ when: { operation: 'stat' }, error: new RemoteError('unauthenticated', 'Sign in.') }],
  });
  const asked = request(hanging, target, { refreshTimes: true });
  await refused(planSync(asked, never), 'unauthenticated');
  assert.ok(hungUp);
});

test('H12: a side that lists out of order is refused before any delete can be planned', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
  const sides = request(filled(names), filled(names, { unordered: true }), { deletes: 'after' });
  await refused(planSync(sides, never), 'corrupted');
});

test('places that overlap are refused before any request', async () => {
  const one = filled(['a']);
  const sides = { source: remoteSide(one, 'b'), target: remoteSide(one, 'b/c') };
  const plan = planSync({ ...sides, options: defaultPlanOptions }, never);
  await assert.rejects(
    plan,
    (error) => isRemoteError(error, 'badSettings') && /r:b\/c.*r:b\b/.test(error.message),
  );
  assert.equal(one.calls.length, 0);
});

test('A21, H19: links are followed on the source as the option says, and never on the target', async () => {
  for (const followSymlinks of [true, false]) {
    const asked: (boolean | undefined)[] = [];
    const watched = (remote: Remote): Remote => ({
      ...remote,
      listRecursive(folder, options, signal) {
        asked.push(options.followSymlinks);
        return remote.listRecursive?.(folder, options, signal) ?? assert.fail();
      },
    });
    await planSync(request(watched(filled(['a'])), watched(filled([])), { followSymlinks }), never);
    assert.deepEqual(asked, [followSymlinks, false]);
  }
});

test("a list of buckets can't be a target, and the error names a bucket", async () => {
  const target = filled([], { hasDirectories: false });
  const buckets: Remote = {
    ...target,
    async *list() {
      yield [{ kind: 'folder', path: parsePath('photos'), role: 'bucket' }];
    },
  };
  await assert.rejects(
    planSync(request(filled(['a']), buckets), never),
    (error) =>
      isRemoteError(error, 'badSettings') && /target r: is a list of buckets.*r:photos/.test(error.message),
  );
  const { source, target: to, options } = request(buckets, filled([]));
  const download = { source: { ...source, place: store }, target: { ...to, place: folder }, options };
  assert.deepEqual((await planSync(download, never)).actions, []);
});

test('a source that is a file, where folders are only prefixes, is an error and not an empty folder', async () => {
  const source = filled(['d/file.txt'], { hasDirectories: false });
  const target = diskSide('/w', filled([]));
  const plan = (root: string) =>
    planSync({ source: remoteSide(source, root), target, options: defaultPlanOptions }, never);
  await refused(plan('d/file.txt'), 'notAFolder');
  assert.equal((await plan('d')).actions.length, 1);
  assert.equal((await plan('nothing')).actions.length, 0);
});

test("A10: by the service's clock, a download is given LastModified to keep", async () => {
  const source = filled(['a'], { hasDirectories: false });
  const sides = request(source, filled([]), { compare: 'aws' });
  const plan = await planSync(
    { ...sides, source: { ...sides.source, place: store }, target: { ...sides.target, place: folder } },
    never,
  );
  const [action] = plan.actions;
  assert.ok(action?.kind === 'copyFile');
  assert.deepEqual(action.storeModified, action.source.serverModified);
  assert.equal(action.direction, 'download');
});

/** A side of `count` files that exist only while they are listed. */
function endless(count: number): Remote {
  const { listRecursive: _, ...rest } = createMemoryRemote();
  return {
    ...rest,
    async *listRecursive() {
      for (let i = 0; i < count; i += 1000)
        yield Array.from(
          { length: Math.min(1000, count - i) },
          (_, j): Entry => ({
            kind: 'file',
            path: parsePath(`folder/${String(i).padStart(7, '0')}/file-${String(j).padStart(4, '0')}.txt`),
            size: j,
            modified: { s: i, ns: j },
            exact: true,
          }),
        );
    },
  };
}

test('a plan without changes keeps no entry in memory', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const count = 100_000;
  let peak = 0;
  let now = 0;
  collect();
  const before = process.memoryUsage().heapUsed;
  const used = cpuTime();
  let collecting = 0;
  const made = await planSync(
    {
      ...request(endless(count), endless(count), { deletes: 'after' }),
      // About ten progress reports, at any speed of the machine.
      clock: { now: () => (now += 5), wait: async () => {} },
    },
    never,
    () => {
      const forCollecting = cpuTime();
      collect();
      peak = Math.max(peak, process.memoryUsage().heapUsed - before);
      collecting += forCollecting();
    },
  );
  const cpuMs = Math.round(used() - collecting);
  t.diagnostic(`100,000 files on each side: ${cpuMs} ms of CPU, ${(peak / 1e6).toFixed(1)} MB held at most`);
  assert.equal(made.unchanged.files, count);
  // The entries of both sides alone would take about 40 MB.
  assert.ok(peak < 10_000_000, `${peak} bytes`);
  // One second is typical; the limit allows for a busy machine.
  assert.ok(cpuMs < 5000, `${cpuMs} ms`);
});
