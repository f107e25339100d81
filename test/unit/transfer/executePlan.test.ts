import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../../src/plan/model/plan';
import { RemoteError } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import { type ActionResult, silentObserver } from '../../../src/transfer/runReport';
import { fileIn, type GivenRun, givenRun, mirror, outcomes, planOf, setTimeOf } from './givenRun';

const broken = new RemoteError('other', 'The service failed.');

test('an upload brings every file with its modified time, and planning again finds nothing to do', async () => {
  const given = givenRun({ 'a.txt': 'one', 'sub/b.txt': 'two', empty: '' });
  const report = await given.run(await given.planUpload());
  assert.deepEqual(outcomes(report), [
    'done copyFile a.txt',
    'done copyFile empty',
    'done copyFile sub/b.txt',
  ]);
  assert.deepEqual(given.store.paths(), ['bucket/a.txt', 'bucket/empty', 'bucket/sub/b.txt']);
  assert.equal(given.store.text('bucket/sub/b.txt'), 'two');
  assert.equal(report.bytes, 6);
  assert.deepEqual(report.totals, { done: 3, copied: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0 });
  assert.deepEqual((await given.planUpload()).actions, []);
});

test('a small upload costs one write per file and no other request', async () => {
  const given = givenRun({ a: 'x'.repeat(100), b: '', 'c/d': 'z' });
  const plan = await given.planUpload();
  const before = given.store.calls.length;
  await given.run(plan);
  const calls = given.store.calls.slice(before).map(({ operation }) => operation);
  assert.deepEqual(calls, ['write', 'write', 'write']);
});

test('a small download costs one read per file, modified times included', async () => {
  const given = givenRun({}, { listsModified: false });
  for (const name of ['a', 'b/c']) given.store.put(`bucket/${name}`, name, { modified: { s: 77, ns: 500 } });
  const plan = await given.planDownload();
  const before = given.store.calls.length;
  await given.run(plan);
  assert.deepEqual(
    given.store.calls.slice(before).map(({ operation }) => operation),
    ['read', 'read'],
  );
  const stat = await fileIn(given.disk, 'b/c');
  assert.deepEqual(stat.modified, { s: 77, ns: 500 });
  assert.equal(given.disk.text('b/c'), 'b/c');
});

test('a large download requests once the modified time that the listing lacked', async () => {
  const given = givenRun({}, { listsModified: false });
  given.store.put('bucket/large', Buffer.alloc(3_000_000, 'x'), { modified: { s: 77, ns: 500 } });
  await given.run(await given.planDownload());
  const stat = await fileIn(given.disk, 'large');
  assert.deepEqual(stat.modified, { s: 77, ns: 500 });
  assert.equal(stat.size, 3_000_000);
});

test('a file that changed on the source since the plan is left alone and reported as changed', async () => {
  for (const size of [10, 2_000_000]) {
    const given = givenRun({ a: 'x'.repeat(size), b: 'fine' });
    const plan = await given.planUpload();
    given.disk.put('a', 'y'.repeat(size), { modified: { s: 2000, ns: 0 } });
    const report = await given.run(plan);
    assert.deepEqual(outcomes(report), ['changed copyFile a', 'done copyFile b']);
    assert.deepEqual(given.store.paths(), ['bucket/b']);
  }
});

test('H20: a file that vanished from the source counts as changed, not as failed', async () => {
  for (const size of [10, 2_000_000]) {
    const given = givenRun({ a: 'x'.repeat(size) });
    const plan = await given.planUpload();
    given.disk.drop('a');
    assert.deepEqual(outcomes(await given.run(plan)), ['changed copyFile a']);
  }
});

test('a target that someone else made or changed since the plan is not overwritten', async () => {
  const given = givenRun({ fresh: 'mine', known: 'mine too' });
  given.store.put('bucket/known', 'old', { modified: { s: 1, ns: 0 } });
  const plan = await given.planUpload();
  given.store.put('bucket/fresh', 'theirs');
  given.store.put('bucket/known', 'theirs too');
  const report = await given.run(plan);
  assert.deepEqual(outcomes(report), ['changed copyFile fresh', 'changed copyFile known']);
  assert.equal(given.store.text('bucket/fresh'), 'theirs');
  assert.equal(given.store.text('bucket/known'), 'theirs too');
  assert.ok(report.results.every(({ error }) => error?.kind === 'changed'));
});

test('R20: deletes come after all copies, and each only if the file is still the one that was seen', async () => {
  const given = givenRun({ keep: 'x' });
  given.store.put('bucket/old1', '1');
  given.store.put('bucket/old2', '2');
  given.store.put('bucket/old3', '3');
  const plan = await given.planUpload(mirror);
  given.store.put('bucket/old2', 'someone needs this');
  given.store.drop('bucket/old3');
  const report = await given.run(plan);
  assert.deepEqual(outcomes(report), [
    'done copyFile keep',
    'done deleteFile old1',
    'changed deleteFile old2',
    'changed deleteFile old3',
  ]);
  assert.deepEqual(given.store.paths(), ['bucket/keep', 'bucket/old2']);
  const order = given.store.calls.map(({ operation }) => operation);
  assert.ok(order.lastIndexOf('write') < order.indexOf('removeFile'));
});

const spoils: readonly (readonly [string, (given: GivenRun) => unknown])[] = [
  ['failed', ({ store }) => store.fail({ when: { operation: 'write' }, error: broken })],
  ['changed', ({ disk }) => disk.put('new', 'changed meanwhile')],
];
for (const [what, spoil] of spoils)
  test(`R20, H28: nothing is deleted when a copy ${what}, and the report says why`, async () => {
    const given = givenRun({ new: 'x' });
    given.store.put('bucket/old', '1');
    const plan = await given.planUpload(mirror);
    spoil(given);
    const report = await given.run(plan);
    assert.deepEqual(outcomes(report), [`${what} copyFile new`, 'notStarted deleteFile old']);
    assert.match(report.deletesWithheld ?? '', /^The file to be deleted was kept, because 1 file .*\.$/);
    assert.equal(given.store.text('bucket/old'), '1');
    assert.equal(given.store.count('removeFile') + given.store.count('removeFiles'), 0);
  });

test('R21: a plan with a listing problem and deletes is refused before anything is done', async () => {
  const given = givenRun({ a: 'x' });
  given.store.put('bucket/old', '1');
  const plan: Plan = {
    ...(await given.planUpload(mirror)),
    problems: [{ side: 'source', path: parsePath('dark'), kind: 'forbidden', message: 'No.' }],
  };
  await assert.rejects(given.run(plan), /can't be run/);
  assert.equal(given.store.count('write'), 0);
});

test('one failing file stops neither its siblings nor the report', async () => {
  const names = Array.from({ length: 50 }, (_, i) => `f${String(i).padStart(2, '0')}`);
  const given = givenRun(Object.fromEntries(names.map((name) => [name, name])), {
    failures: [{ when: ({ operation, path }) => operation === 'write' && path.endsWith('7'), error: broken }],
  });
  const report = await given.run(await given.planUpload());
  assert.equal(report.totals.done, 45);
  assert.equal(report.totals.failed, 5);
  const failed = report.results.filter(({ outcome }) => outcome === 'failed');
  assert.deepEqual(failed[0]?.error, { kind: 'other', message: 'The service failed.' });
});

test('a sign-in that is needed stops the run at once, and a service that stays unavailable after a while', async () => {
  const files = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 'x']));
  for (const [kind, least, most, stopped] of [
    ['unauthenticated', 1, 4, /^It failed\.$/],
    ['unavailable', 8, 15, /files in a row failed.*It failed/],
  ] as const) {
    const error = new RemoteError(kind, 'It failed.');
    const given = givenRun(files, { failures: [{ when: { operation: 'write' }, error }] });
    const { totals, ...report } = await given.run(await given.planUpload(), { transfers: 4 });
    assert.ok(totals.failed >= least && totals.failed <= most, `${totals.failed} failed`);
    assert.equal(totals.notStarted, 100 - totals.failed);
    assert.match(report.stopped ?? '', stopped);
  }
});

test('a cancelled run ends soon, leaves no half file and still reports', async () => {
  const names = Array.from({ length: 200 }, (_, i) => `f${String(i).padStart(3, '0')}`);
  const given = givenRun(Object.fromEntries(names.map((name) => [name, `content of ${name}`])), {
    latencyMs: 1,
  });
  given.store.put('bucket/extra', 'stays');
  const plan = await given.planUpload(mirror);
  const stop = new AbortController();
  let ended = 0;
  const observer = {
    ...silentObserver,
    ended: () => {
      if (++ended === 30) stop.abort(new Error('the user cancelled'));
    },
  };
  const report = await given.run(plan, { transfers: 8, observer }, stop.signal);
  const { done, cancelled, notStarted } = report.totals;
  assert.ok(done >= 22 && done <= 46, `${done} done`);
  assert.ok(cancelled <= 8);
  assert.equal(done + cancelled + notStarted, 201);
  assert.match(report.deletesWithheld ?? '', /cancelled/);
  assert.equal(given.store.text('bucket/extra'), 'stays');
  for (const path of given.store.paths())
    if (path !== 'bucket/extra')
      assert.equal(given.store.text(path), `content of ${path.slice('bucket/'.length)}`);
});

test('a run that is cancelled before it begins starts nothing', async () => {
  const given = givenRun({ a: 'x' });
  const plan = await given.planUpload();
  const report = await given.run(plan, {}, AbortSignal.abort());
  assert.deepEqual(outcomes(report), ['notStarted copyFile a']);
  assert.equal(given.store.count('write'), 0);
});

test('an equal file with another time gets only the time of the unchanged source', async () => {
  const given = givenRun({ a: 'same' });
  given.store.put('bucket/a', 'same', { modified: { s: 1, ns: 0 } });
  assert.deepEqual(outcomes(await given.run(planOf([await setTimeOf(given, 'a')]))), ['done setTime a']);
  assert.deepEqual((await fileIn(given.store, 'bucket/a')).modified, { s: 1000, ns: 0 });
  assert.equal(given.disk.count('read') + given.store.count('write'), 0);
});

test('a time is not set when either side changed since the plan', async () => {
  const given = givenRun({ a: 'same' });
  given.store.put('bucket/a', 'same', { modified: { s: 1, ns: 0 } });
  const plan = planOf([await setTimeOf(given, 'a')]);
  given.store.put('bucket/a', 'new!', { modified: { s: 2, ns: 0 } });
  assert.deepEqual(outcomes(await given.run(plan)), ['changed setTime a']);
  const again = planOf([await setTimeOf(given, 'a')]);
  given.disk.put('a', 'new?', { modified: { s: 6, ns: 0 } });
  assert.deepEqual(outcomes(await given.run(again)), ['changed setTime a']);
  given.disk.drop('a');
  assert.deepEqual(outcomes(await given.run(again)), ['changed setTime a']);
  assert.deepEqual((await fileIn(given.store, 'bucket/a')).modified, { s: 2, ns: 0 });
});

test('the observer receives every action once, and all of its bytes', async () => {
  const given = givenRun({ a: 'x'.repeat(10), big: 'y'.repeat(2_000_000) });
  const heard: string[] = [];
  const bytes = new Map<string, number>();
  await given.run(await given.planUpload(), {
    observer: {
      started: ({ path }) => heard.push(`started ${path}`),
      progressed: ({ path }, n) => bytes.set(path, n),
      ended: ({ path }, { outcome }: ActionResult) => heard.push(`${outcome} ${path}`),
    },
  });
  assert.deepEqual(heard.sort(), ['done a', 'done big', 'started a', 'started big']);
  assert.deepEqual([...bytes].sort(), [
    ['a', 10],
    ['big', 2_000_000],
  ]);
});

test('an observer that throws does not affect the run', async () => {
  const given = givenRun({ a: 'x' });
  const fail = () => {
    throw new Error('a defect in whoever watches');
  };
  const report = await given.run(await given.planUpload(), {
    observer: { started: fail, progressed: fail, ended: fail },
  });
  assert.deepEqual(outcomes(report), ['done copyFile a']);
});

test('R12: a target that folds names keeps its own spelling', async () => {
  const given = givenRun({ 'caf\u0065\u0301': 'new' }, { foldsUnicode: true });
  given.store.put('bucket/caf\u00e9', 'old', { modified: { s: 1, ns: 0 } });
  await given.run(await given.planUpload());
  assert.deepEqual(given.store.paths(), ['bucket/caf\u00e9']);
  assert.equal(given.store.text('bucket/caf\u00e9'), 'new');
});

test('few large files are transferred at once', async () => {
  const given = givenRun({}, { latencyMs: 5 });
  for (let i = 0; i < 6; i++) given.disk.put(`large${i}`, Buffer.alloc(8 * 1024 * 1024));
  let now = 0;
  let most = 0;
  await given.run(await given.planUpload(), {
    transfers: 8,
    observer: {
      started: () => {
        most = Math.max(most, ++now);
      },
      progressed: () => {},
      ended: () => now--,
    },
  });
  assert.equal(most, 4);
});
