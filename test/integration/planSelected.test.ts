import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { checkPlan } from '../../src/plan/build/planInvariants';
import type { Plan, PlanEndpoint } from '../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import type { SelectedPath } from '../../src/plan/model/selectedPaths';
import { isRemoteError } from '../../src/remote/remoteError';
import { comparePaths, parsePath } from '../../src/remote/remotePath';
import { planSync } from '../../src/usecases/planSync';
import { createMemoryRemote, type MemoryRemote } from '../support/memoryRemote/memoryRemote';
import { random } from '../support/random';
import { calm } from '../support/remoteCalls';
import { diskSide, remoteSide } from '../support/syncSides';
import { inTemporaryFolder, served } from '../unit/backends/s3/s3Fixture';

// Plans of named files and folders: nothing else is looked at, copied or deleted.

const file = (name: string): SelectedPath => ({ file: parsePath(name) });
const folder = (name: string): SelectedPath => ({ folder: parsePath(name) });

async function planOf(
  source: PlanEndpoint,
  target: PlanEndpoint,
  only: readonly SelectedPath[],
  options: Partial<PlanOptions> = {},
): Promise<Plan> {
  const all = { ...defaultPlanOptions, verb: 'copy' as const, ...options, only };
  const plan = await planSync({ source, target, options: all }, calm);
  assert.deepEqual(checkPlan(plan), []);
  return plan;
}

const ids = (plan: Plan) => plan.actions.map(({ id }) => id);

function filled(paths: readonly string[], hasDirectories: boolean): MemoryRemote {
  const remote = createMemoryRemote({ hasDirectories });
  for (const name of paths) remote.put(name, name, { modified: { s: 1000, ns: 0 } });
  return remote;
}

test('copying one file into a bucket of 20,000 keys lists nothing: one stat on each side', () =>
  inTemporaryFolder((work) =>
    served({}, async ({ remote, server, asked }) => {
      for (let i = 0; i < 20_000; i++) server.store.put('demo', `site/key-${i}.txt`, 'x');
      server.store.put('demo', 'site/index.html', 'older');
      writeFileSync(path.join(work, 'index.html'), 'newer!');
      writeFileSync(path.join(work, 'other.html'), 'other');
      const here = diskSide(work);
      const there = remoteSide(remote, 'demo/site');
      const up = await planOf(here, there, [file('index.html')]);
      assert.deepEqual(ids(up), ['c:index.html']);
      assert.equal(up.actions[0]?.kind === 'copyFile' && up.actions[0].before?.size, 5);
      assert.deepEqual(asked(), ['HeadObject']);
      const down = await planOf(there, here, [file('index.html'), file('key-7.txt')]);
      assert.deepEqual(ids(down), ['c:index.html', 'c:key-7.txt']);
      assert.deepEqual(asked(), ['HeadObject', 'HeadObject']);
      const fresh = await planOf(here, there, [file('other.html')]);
      assert.deepEqual(ids(fresh), ['c:other.html']);
      const list = server.requests.find(({ operation }) => operation === 'ListObjectsV2');
      assert.deepEqual(asked(), ['HeadObject', 'ListObjectsV2']);
      // Only to tell whether it is a folder.
      assert.equal(list?.query['prefix'], 'site/other.html/');
      assert.equal(list.query['max-keys'], '1');
    }),
  ));

test('a selected folder is listed below its own prefix', () =>
  served({}, async ({ remote, server, asked }) => {
    for (const key of ['a/1', 'a/2', 'a-b', 'b/1', 'c/deep/1']) server.store.put('demo', key, 'x');
    const target = filled([], true);
    const plan = await planOf(remoteSide(remote, 'demo'), diskSide('/w', target), [
      folder('a'),
      folder('c/deep'),
      file('a-b'),
    ]);
    assert.deepEqual(ids(plan), ['c:a-b', 'c:a/1', 'c:a/2', 'c:c/deep/1']);
    assert.deepEqual(asked().sort(), ['HeadObject', 'ListObjectsV2', 'ListObjectsV2']);
  }));

test('of a folder beside a file of the same name, only the selected one is planned', async () => {
  const at = remoteSide(filled(['a', 'a/b'], false));
  const to = remoteSide(filled([], false), '', 's');
  assert.deepEqual(ids(await planOf(at, to, [file('a')])), ['c:a']);
  assert.deepEqual(ids(await planOf(at, to, [folder('a')])), ['c:a/b']);
});

test('only selected paths are deleted', async () => {
  const source = diskSide('/w', filled(['keep/1', 'other'], true));
  const target = { ...remoteSide(filled(['keep/1', 'keep/2', 'lost', 'z/1'], false)) };
  const mirror = { verb: 'sync', deletes: 'after' } as const;
  assert.deepEqual(ids(await planOf(source, target, [folder('keep')], mirror)), ['d:keep/2']);
  assert.deepEqual(ids(await planOf(source, target, [file('other')], mirror)), ['c:other']);
});

test('a selected file that no longer exists is an error, not an empty plan', async () => {
  for (const hasDirectories of [true, false]) {
    const there = filled(['a'], hasDirectories);
    const source = hasDirectories ? diskSide('/w', there) : remoteSide(there);
    await assert.rejects(
      planOf(source, remoteSide(filled([], false), '', 's'), [file('a'), file('gone')]),
      (error) => isRemoteError(error, 'notFound') && /"gone" no longer exists/.test(error.message),
    );
  }
});

test('R14: a selected file that is a folder on the target is a conflict, as in a complete plan', async () => {
  const source = remoteSide(filled(['a'], false));
  const target = diskSide('/w', filled(['a/b', 'z'], true));
  const mirror = { verb: 'sync', deletes: 'after' } as const;
  const plan = await planOf(source, target, [file('a')], mirror);
  assert.deepEqual(ids(plan), []);
  assert.deepEqual(
    plan.conflicts.map(({ path: at, because }) => [at, because]),
    [['a', 'fileAgainstFolder']],
  );
});

test('H19: a link in the target’s place is left alone, and a link of the source is as the options say', () =>
  inTemporaryFolder(async (work) => {
    mkdirSync(path.join(work, 'from'));
    mkdirSync(path.join(work, 'to'));
    writeFileSync(path.join(work, 'precious'), 'precious');
    writeFileSync(path.join(work, 'from/a'), 'a');
    symlinkSync(path.join(work, 'precious'), path.join(work, 'to/a'));
    symlinkSync(path.join(work, 'precious'), path.join(work, 'from/link'));
    const at = (name: string) => diskSide(path.join(work, name));
    const plan = await planOf(at('from'), at('to'), [file('a')]);
    assert.deepEqual(ids(plan), []);
    assert.equal(plan.skipped.length, 2);
    assert.deepEqual(ids(await planOf(at('from'), at('to'), [file('link')])), ['c:link']);
    const unfollowed = await planOf(at('from'), at('to'), [file('link')], { followSymlinks: false });
    assert.deepEqual(
      unfollowed.skipped.map(({ because }) => because),
      ['symlink'],
    );
  }));

test('on a disk that ignores case, another spelling of a name selects the existing file', async () => {
  const target = createMemoryRemote({ hasDirectories: true, caseInsensitive: true });
  target.put('Read.me', 'older', { modified: { s: 5, ns: 0 } });
  const source = remoteSide(filled(['READ.ME', 'x'], false));
  const plan = await planOf(source, diskSide('/w', target), [file('READ.ME')]);
  const [action] = plan.actions;
  assert.equal(action?.kind === 'copyFile' && action.before?.path, 'Read.me');
});

test('selecting everything gives the complete plan', async () => {
  const parts = ['a', 'a-', 'b', 'é', '😀'];
  for (let seed = 1; seed <= 60; seed++) {
    const r = random(seed);
    const some = () => [
      ...new Set(
        Array.from({ length: 10 }, () =>
          Array.from({ length: 1 + r.whole(3) }, () => r.pick(parts)).join('/'),
        ),
      ),
    ];
    const [ours, theirs] = [some(), some()];
    const source = remoteSide(filled(ours, false));
    const target = remoteSide(filled(theirs, false), '', 's');
    const tops = [...new Set([...ours, ...theirs].map((name) => name.split('/')[0] ?? ''))];
    const only = [...tops.map(folder), ...ours.filter((name) => !name.includes('/')).map(file)].sort(
      () => r.whole(3) - 1,
    );
    const options = { verb: 'sync', deletes: 'after' } as const;
    const named = await planOf(source, target, only, options);
    const whole = await planSync({ source, target, options: { ...defaultPlanOptions, ...options } }, calm);
    // Files at the top that only the target has are not named.
    const expected = ids(whole).filter((id) => !id.startsWith('d:') || id.includes('/'));
    assert.deepEqual(ids(named).sort(comparePaths), expected.sort(comparePaths), `seed ${seed}`);
  }
});
