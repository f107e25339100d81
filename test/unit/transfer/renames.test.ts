import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RemoteError } from '../../../src/remote/remoteError';
import { retryFailed } from '../../../src/usecases/runPlan';
import {
  copyOf,
  deleteOf,
  fileIn,
  type GivenRun,
  givenRun,
  onLocalDisk,
  outcomes,
  planOf,
  renameOf,
} from './givenRun';

const sync = { verb: 'sync', deletes: 'after', trackRenames: 'hash' } as const;
const broken = new RemoteError('other', 'The service failed.');

async function given(store: Parameters<typeof givenRun>[1] = {}, s = 1000) {
  const it = givenRun({ 'new/name': 'content' }, store);
  it.store.put('bucket/old/name', 'content', { modified: { s, ns: 0 }, attributes: { author: 'Ada' } });
  return { ...it, plan: planOf([await renameOf(it, 'old/name', 'new/name')], sync) };
}

test('a renamed file is moved on the target, and no content is transferred (R24)', async () => {
  const it = await given();
  assert.deepEqual(outcomes(await it.run(it.plan)), ['done moveFile new/name']);
  assert.deepEqual(it.store.paths(), ['bucket/new/name']);
  assert.deepEqual(it.store.attributes('bucket/new/name'), { author: 'Ada' });
  assert.equal(it.store.count('write') + it.disk.count('read') + it.store.count('setModifiedTime'), 0);
});

test("where the target can't move a file, it copies the file and removes the old name (R24)", async () => {
  for (const without of [['serverSideMove'], ['serverSideMove', 'serverSideCopy']] as const) {
    const it = await given({ without });
    const durable: unknown[] = [];
    const report = await it.run(it.plan, {}, undefined, (remote) => ({
      ...remote,
      makeDurable: async () => void durable.push('makeDurable'),
      write: (path, body, facts, ...rest) => {
        durable.push(facts.durable);
        return remote.write(path, body, facts, ...rest);
      },
    }));
    assert.deepEqual(outcomes(report), ['done moveFile new/name']);
    assert.deepEqual(durable, [without.length === 1 ? 'makeDurable' : true]);
    assert.deepEqual(it.store.paths(), ['bucket/new/name']);
    assert.equal(it.disk.count('read'), 0);
  }
});

test('a moved file gets the time that the source has, so that planning again finds nothing (R24)', async () => {
  const it = await given({}, 5);
  assert.equal((await it.run(it.plan)).totals.done, 1);
  assert.deepEqual((await fileIn(it.store, 'bucket/new/name')).modified, { s: 1000, ns: 0 });
  assert.deepEqual((await it.planUpload({ deletes: 'after' })).actions, []);
});

test('a moved file gets the right time when the response of the move lacks its time (R24)', async () => {
  const it = await given({}, 5);
  const report = await it.run(it.plan, {}, undefined, (remote) => ({
    ...remote,
    serverSideMove: async (file, to, ...rest) => {
      await it.store.serverSideMove?.(file, to, ...rest);
      return { kind: 'file', path: to, size: file.size };
    },
  }));
  assert.deepEqual(outcomes(report), ['done moveFile new/name']);
  assert.deepEqual((await fileIn(it.store, 'bucket/new/name')).modified, { s: 1000, ns: 0 });
});

test('nothing is moved when the source, the target or the new path changed since the plan (R24)', async () => {
  const spoils: ((it: GivenRun) => void)[] = [
    (it) => it.disk.put('new/name', 'edited'),
    (it) => it.disk.drop('new/name'),
    (it) => it.store.put('bucket/old/name', 'CONTENT'),
    (it) => it.store.drop('bucket/old/name'),
    (it) => it.store.put('bucket/new/name', 'theirs'),
  ];
  for (const [i, spoil] of spoils.entries())
    for (const without of [[], ['serverSideMove']] as const) {
      const it = await given({ without });
      spoil(it);
      const before = it.store.paths().map((path) => `${path} ${it.store.text(path)}`);
      const report = await it.run(it.plan);
      assert.deepEqual(outcomes(report), ['changed moveFile new/name'], `case ${i}`);
      assert.deepEqual(
        it.store.paths().map((path) => `${path} ${it.store.text(path)}`),
        before,
        `case ${i}`,
      );
    }
});

test('a file whose old name exists on the source again keeps this name on the target (R24)', async () => {
  for (const options of [{}, { caseInsensitive: true, hasDirectories: true }]) {
    const it = await given(options);
    it.disk.put('old/name', 'content');
    const report = await it.run(it.plan, {}, undefined, onLocalDisk(it));
    assert.deepEqual(outcomes(report), ['changed moveFile new/name']);
    assert.deepEqual(it.store.paths(), ['bucket/old/name']);
  }
});

test('a retried move continues after the step that failed (R24)', async () => {
  const steps = [
    { without: [], operation: 'serverSideMove', at: 'after' },
    { without: [], operation: 'setModifiedTime', at: 'before' },
    { without: ['serverSideMove'], operation: 'removeFile', at: 'before' },
    { without: ['serverSideMove'], operation: 'serverSideCopy', at: 'after' },
  ] as const;
  for (const { without, operation, at } of steps) {
    const it = await given({ without, failures: [{ when: { operation, nth: 1 }, error: broken, at }] }, 5);
    const report = await it.run(it.plan);
    const outcome = operation === 'removeFile' ? 'copied' : 'failed';
    assert.deepEqual(outcomes(report), [`${outcome} moveFile new/name`], operation);
    const again = await it.run(retryFailed(report, it.plan));
    assert.deepEqual(outcomes(again), ['done moveFile new/name'], operation);
    assert.deepEqual(it.store.paths(), ['bucket/new/name'], operation);
    assert.deepEqual((await fileIn(it.store, 'bucket/new/name')).modified, { s: 1000, ns: 0 }, operation);
  }
});

test('a move that fails withholds the deletes after it (R20, R24)', async () => {
  const it = await given({ failures: [{ when: { operation: 'serverSideMove' }, error: broken }] });
  it.disk.put('more', 'x');
  it.store.put('bucket/extra', 'x');
  const plan = planOf([...it.plan.actions, await copyOf(it, 'more'), await deleteOf(it, 'extra')], sync);
  const report = await it.run(plan);
  assert.deepEqual(outcomes(report), [
    'done copyFile more',
    'failed moveFile new/name',
    'notStarted deleteFile extra',
  ]);
  assert.ok(report.deletesWithheld);
});
