import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../../src/base/log';
import { RemoteError } from '../../../src/remote/remoteError';
import { describeReport, retryFailed, runPlan } from '../../../src/usecases/runPlan';
import { plan as planFor } from '../../faults/faultyRun';
import { createFakeClock } from '../../support/fakeClock';
import { diskSide } from '../../support/syncSides';
import { temporaryFolder } from '../../support/temporaryFolder';
import { copyOf, deleteOf, fileIn, givenRun, manyDeletesOf, outcomes, planOf } from './givenRun';

const calm = new AbortController().signal;
const broken = new RemoteError('quotaExceeded', 'There is no room for more.');
const old = { modified: { s: 1, ns: 0 } };

/** A file to be overwritten and one to be deleted. */
async function given(store: Parameters<typeof givenRun>[1] = {}) {
  const it = givenRun({ 'sub/over.txt': 'new' }, store);
  it.store.put('bucket/sub/over.txt', 'old', old);
  it.store.put('bucket/gone', 'going', old);
  const actions = [await copyOf(it, 'sub/over.txt'), await deleteOf(it, 'gone')];
  return { ...it, plan: planOf(actions, { deletes: 'after' }, 'backups/monday') };
}

test('overwritten and deleted files are in the backup with their times (R23)', async () => {
  for (const without of [[], ['serverSideMove'], ['serverSideMove', 'serverSideCopy']] as const) {
    const it = await given({ without });
    const report = await it.run(it.plan);
    assert.deepEqual(outcomes(report), ['done copyFile sub/over.txt', 'done deleteFile gone']);
    assert.deepEqual(it.store.paths(), [
      'backups/monday/gone',
      'backups/monday/sub/over.txt',
      'bucket/sub/over.txt',
    ]);
    assert.equal(it.store.text('backups/monday/sub/over.txt'), 'old');
    assert.equal(it.store.text('backups/monday/gone'), 'going');
    assert.equal(it.store.text('bucket/sub/over.txt'), 'new');
    assert.deepEqual((await fileIn(it.store, 'backups/monday/sub/over.txt')).modified, old.modified);
    assert.equal(report.kept, 2);
    assert.equal([...describeReport(report)].at(-1), '2 old files are in the backup');
  }
});

test('an old file is in the backup before the new content is written (R23)', async () => {
  const it = await given();
  await it.run(it.plan);
  const calls = it.store.calls.filter(({ operation }) =>
    /^(write|serverSideCopy|serverSideMove)$/.test(operation),
  );
  assert.deepEqual(
    calls.map(({ operation, path }) => `${operation} ${path}`),
    [
      'serverSideCopy backups/monday/sub/over.txt',
      'write bucket/sub/over.txt',
      'serverSideMove backups/monday/gone',
    ],
  );
});

test('a backup that can not be made fails the action, and nothing is overwritten or deleted (R23)', async () => {
  for (const deletes of ['before', 'during', 'after'] as const) {
    const it = await given({
      failures: [{ when: ({ path }) => path.startsWith('backups/'), error: broken }],
    });
    const report = await it.run(planOf(it.plan.actions, { deletes }, 'backups/monday'));
    assert.equal(report.totals.done, 0);
    assert.equal(report.kept, 0);
    assert.deepEqual(it.store.paths(), ['bucket/gone', 'bucket/sub/over.txt']);
    assert.equal(it.store.text('bucket/sub/over.txt'), 'old');
    assert.equal(it.store.count('write') + it.store.count('removeFile'), 0);
  }
});

test('a file that changed since the plan is neither kept nor overwritten (R23)', async () => {
  const it = await given();
  it.store.put('bucket/sub/over.txt', 'theirs', old);
  it.store.put('bucket/gone', 'theirs too', old);
  const plan = planOf(it.plan.actions, { deletes: 'during' }, 'backups/monday');
  const report = await it.run(plan);
  assert.equal(report.totals.changed, 2);
  assert.deepEqual(it.store.paths(), ['bucket/gone', 'bucket/sub/over.txt']);
});

test('a backup is never overwritten: the next one gets a number before its extension (R23)', async () => {
  const it = givenRun();
  const names = ['a.txt', 'noext', '.hidden', 'x.tar.gz'];
  for (let round = 1; round <= 3; round++) {
    for (const name of [...names, 'over.txt']) it.store.put(`bucket/${name}`, `${name} ${round}`, old);
    it.disk.put('over.txt', `new ${round}`);
    const deletes = await Promise.all(names.map((name) => deleteOf(it, name)));
    const plan = planOf([...deletes, await copyOf(it, 'over.txt')], { deletes: 'after' }, 'kept');
    const report = await it.run(plan);
    assert.equal(report.totals.done, 5, JSON.stringify(report.results));
  }
  for (const [first, second, third] of [
    ['a.txt', 'a (2).txt', 'a (3).txt'],
    ['noext', 'noext (2)', 'noext (3)'],
    ['.hidden', '.hidden (2)', '.hidden (3)'],
    ['x.tar.gz', 'x.tar (2).gz', 'x.tar (3).gz'],
    ['over.txt', 'over (2).txt', 'over (3).txt'],
  ] as const) {
    assert.equal(it.store.text(`kept/${first}`), `${first} 1`);
    assert.equal(it.store.text(`kept/${second}`), `${first} 2`);
    assert.equal(it.store.text(`kept/${third}`), `${first} 3`);
  }
});

test('a backup takes another name where a file blocks its folder or a folder its file (R23)', async () => {
  const it = givenRun({}, { hasDirectories: true });
  it.store.put('kept/a', 'a file of an earlier run');
  it.store.put('kept/b/c', 'a folder of an earlier run');
  it.store.put('bucket/a/x', 'now below a');
  it.store.put('bucket/a/y', 'now below a, too');
  it.store.put('bucket/b', 'now a file');
  it.disk.put('keep', '');
  const actions = await Promise.all(['a/x', 'a/y', 'b'].map((name) => deleteOf(it, name)));
  const plan = planOf([...actions, await copyOf(it, 'keep')], { deletes: 'after' }, 'kept');
  const report = await it.run(plan);
  assert.equal(report.totals.done, 4, JSON.stringify(report.results));
  assert.deepEqual(it.store.paths(), [
    'bucket/keep',
    'kept/a',
    'kept/a (2)/x',
    'kept/a (2)/y',
    'kept/b (2)',
    'kept/b/c',
  ]);
});

test('a backup whose response was lost is found again, not made twice (R23)', async () => {
  const it = await given();
  const error = new RemoteError('unavailable', 'Lost.');
  it.store.fail({ when: { operation: 'serverSideCopy', nth: 1 }, error, at: 'after' });
  it.store.fail({ when: { operation: 'serverSideMove', nth: 1 }, error, at: 'before' });
  const plan = planOf(it.plan.actions, { deletes: 'during' }, 'backups/monday');
  assert.equal((await it.run(plan)).totals.failed, 2);
  assert.equal(it.store.text('bucket/sub/over.txt'), 'old');
  assert.equal((await it.run(plan)).totals.done, 2);
  assert.deepEqual(it.store.paths(), [
    'backups/monday/gone',
    'backups/monday/sub/over.txt',
    'bucket/sub/over.txt',
  ]);
});

test('a retried delete makes the backup of the earlier attempt durable, then removes the file (R23)', async () => {
  const it = await given({ without: ['serverSideMove'] });
  it.store.fail({ when: { operation: 'removeFile', nth: 1 }, error: broken });
  const report = await it.run(it.plan);
  assert.deepEqual(outcomes(report), ['done copyFile sub/over.txt', 'copied deleteFile gone']);
  const durable: string[] = [];
  const again = await it.run(retryFailed(report, it.plan), {}, calm, (remote) => ({
    ...remote,
    makeDurable: async ({ path }) => void durable.push(`${path} ${it.store.text('bucket/gone')}`),
  }));
  assert.deepEqual(outcomes(again), ['done deleteFile gone']);
  assert.deepEqual(durable, ['backups/monday/gone going']);
  assert.deepEqual(
    it.store.paths().filter((file) => file.includes('gone')),
    ['backups/monday/gone'],
  );
});

test('many deletes with a backup are not made in batches: each is moved (R23)', async () => {
  const it = givenRun({ keep: '' });
  const actions = await manyDeletesOf(it, 200);
  const plan = planOf([...actions, await copyOf(it, 'keep')], { deletes: 'after' }, 'kept');
  assert.equal((await it.run(plan)).totals.done, 201);
  assert.equal(it.store.count('removeFiles') + it.store.count('removeFile'), 0);
  assert.equal(it.store.paths().filter((one) => one.startsWith('kept/old/')).length, 200);
});

test('a backup on a disk is outside the target, and the journal records the path of each file (R23)', async (t) => {
  const base = temporaryFolder(t);
  const [from, to, kept, storage] = ['from', 'to', 'kept', 'storage'].map((name) =>
    path.join(base, name),
  ) as [string, string, string, string];
  for (const folder of [from, to]) fs.mkdirSync(folder);
  fs.writeFileSync(path.join(from, 'a'), 'new');
  fs.writeFileSync(path.join(to, 'a'), 'the old one');
  fs.writeFileSync(path.join(to, 'b'), 'extra');
  fs.utimesSync(path.join(to, 'a'), 5, 5);
  const [disk, target, backup] = [diskSide(from), diskSide(to), diskSide(kept)];
  const made = await planFor(disk, target, { deletes: 'after' });
  const plan = { ...made, backup: backup.place };
  const host = { log: silentLog, clock: createFakeClock(), storageFolder: storage };
  await assert.rejects(runPlan(plan, disk, target, { host }, calm), /its backup .*kept is not open/);
  assert.equal(fs.readFileSync(path.join(to, 'a'), 'utf8'), 'the old one');
  const report = await runPlan(plan, disk, target, { host, backup }, calm);
  assert.equal(report.totals.done, 2, JSON.stringify(report.results));
  assert.equal(fs.readFileSync(path.join(kept, 'a'), 'utf8'), 'the old one');
  assert.equal(fs.statSync(path.join(kept, 'a')).mtimeMs, 5000);
  assert.equal(fs.readFileSync(path.join(kept, 'b'), 'utf8'), 'extra');
  assert.deepEqual(fs.readdirSync(to), ['a']);
  const journals = fs.readdirSync(path.join(storage, 'runs'));
  assert.equal(
    journals.filter((name) => name.endsWith('.open.jsonl')).length,
    0,
    'the refused run did nothing',
  );
  const lines = journals.flatMap((name) =>
    fs
      .readFileSync(path.join(storage, 'runs', name), 'utf8')
      .trimEnd()
      .split('\n'),
  );
  const keptLines = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'kept');
  assert.deepEqual(
    keptLines.map(({ path: where }) => where),
    ['a', 'b'],
  );
});
