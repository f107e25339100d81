import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../src/base/log';
import type { Action } from '../../../src/plan/model/plan';
import type { FileEntry } from '../../../src/remote/entry';
import type { Remote } from '../../../src/remote/remote';
import { RemoteError } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import { executePlan } from '../../../src/transfer/executePlan';
import { mayBeSameFile } from '../../../src/transfer/existingCopy';
import { silentObserver } from '../../../src/transfer/runReport';
import { retryFailed } from '../../../src/usecases/runPlan';
import { createFakeClock } from '../../support/fakeClock';
import { createMemoryRemote } from '../../support/memoryRemote/memoryRemote';
import {
  copyOf,
  fileIn,
  type GivenRun,
  givenRun,
  outcomes,
  planOf,
  removalOf,
  renameOf,
  setTimeOf,
} from './givenRun';

const calm = new AbortController().signal;
const broken = new RemoteError('other', 'The service failed.');
const moving = { removesSource: true } as const;
const verb = { verb: 'move' } as const;

async function moveOf(given: GivenRun, ...paths: string[]) {
  return planOf(await Promise.all(paths.map((path) => copyOf(given, path, moving))), verb);
}

test("a check can't be run", async () => {
  const given = givenRun({ a: 'x' });
  const plan = planOf([await copyOf(given, 'a')], { verb: 'check' });
  await assert.rejects(given.run(plan), /check can't be run/);
  assert.deepEqual(given.store.paths(), []);
});

test('a move leaves each file on the target only, with its time', async () => {
  for (const size of [0, 5, 3_000_000]) {
    const given = givenRun({ a: 'x'.repeat(size), 'sub/b': 'y' });
    const report = await given.run(await moveOf(given, 'a', 'sub/b'));
    assert.deepEqual(outcomes(report), ['done copyFile a', 'done copyFile sub/b']);
    assert.deepEqual(given.disk.paths(), []);
    assert.deepEqual(given.store.paths(), ['bucket/a', 'bucket/sub/b']);
    assert.deepEqual((await fileIn(given.store, 'bucket/a')).modified, { s: 1000, ns: 0 });
  }
});

test('a move over an older file replaces the file before the source is removed', async () => {
  const given = givenRun({ a: 'new' });
  given.store.put('bucket/a', 'old', { modified: { s: 1, ns: 0 } });
  assert.deepEqual(outcomes(await given.run(await moveOf(given, 'a'))), ['done copyFile a']);
  assert.equal(given.store.text('bucket/a'), 'new');
  assert.deepEqual(given.disk.paths(), []);
});

test('a source file that changes while its copy is written stays, and counts as changed (R26)', async () => {
  for (const size of [5, 3_000_000]) {
    const given = givenRun({ a: 'x'.repeat(size) });
    const plan = await moveOf(given, 'a');
    const report = await given.run(plan, {}, calm, (remote) =>
      remote === given.store ? whenWritten(remote, () => given.disk.put('a', 'edited meanwhile')) : remote,
    );
    assert.deepEqual(outcomes(report), ['changed copyFile a']);
    assert.match(
      report.results[0]?.error?.message ?? '',
      /was copied, but has changed since then, so it stays/,
    );
    assert.equal(given.disk.text('a'), 'edited meanwhile');
    assert.equal(given.store.text('bucket/a'), 'x'.repeat(size));
  }
});

test('a copy that fails or is corrupted keeps the source', async () => {
  const given = givenRun(
    { a: 'x', b: 'y' },
    { failures: [{ when: { operation: 'write', nth: 1 }, error: broken }] },
  );
  const plan = await moveOf(given, 'a', 'b');
  const report = await given.run(plan, { transfers: 1 }, calm, (remote) => ({
    ...remote,
    write: async (...args) => {
      const entry = await remote.write(...args);
      return { ...entry, size: entry.size + 1 };
    },
  }));
  assert.deepEqual(outcomes(report), ['failed copyFile a', 'failed copyFile b']);
  assert.deepEqual(given.disk.paths(), ['a', 'b']);
});

test("a source that can't be removed is reported as copied, and a retry removes it without another copy", async () => {
  const given = givenRun({ a: 'x' });
  given.disk.fail({ when: { operation: 'removeFile', nth: 1 }, error: broken });
  const plan = await moveOf(given, 'a');
  const report = await given.run(plan);
  assert.deepEqual(outcomes(report), ['copied copyFile a']);
  assert.match(
    report.results[0]?.error?.message ?? '',
    /was copied; the source could not be removed: The service failed/,
  );
  assert.equal(given.disk.text('a'), 'x');
  const again = await given.run(retryFailed(report, plan));
  assert.deepEqual(outcomes(again), ['done copyFile a']);
  assert.deepEqual(given.disk.paths(), []);
  assert.equal(given.store.text('bucket/a'), 'x');
});

test('a retry of a move does not take another file of the same size or content for its own copy', async () => {
  for (const [content, s] of [
    ['them', 1000],
    ['mine', 1],
  ] as const) {
    const given = givenRun({ a: 'mine' });
    const plan = await moveOf(given, 'a');
    given.store.put('bucket/a', content, { modified: { s, ns: 0 } });
    assert.deepEqual(outcomes(await given.run(plan)), ['changed copyFile a']);
    assert.equal(given.disk.text('a'), 'mine');
    assert.equal(given.store.text('bucket/a'), content);
  }
});

test('the copy of an earlier attempt is made durable before its original is removed (R24)', async () => {
  const files = { a: 'x', timed: 'y', 'new name': 'z' };
  const given = givenRun(files, { without: ['serverSideMove'] });
  for (const [path, content] of [
    ['timed', 'y'],
    ['old name', 'z'],
  ] as const)
    given.store.put(`bucket/${path}`, content, { modified: { s: 1, ns: 0 } });
  const rename = await renameOf(given, 'old name', 'new name');
  const plans = [
    await moveOf(given, 'a'),
    planOf([await setTimeOf(given, 'timed', moving)], verb),
    planOf([rename], { verb: 'sync', deletes: 'after', trackRenames: 'hash' }),
  ];
  for (const plan of plans) {
    const calls: string[] = [];
    const recorded = (remote: Remote): Remote => ({
      ...remote,
      makeDurable: async () => void calls.push('makeDurable'),
      removeFile: async (...args) => {
        calls.push('removeFile');
        await remote.removeFile(...args);
      },
    });
    const failing = (remote: Remote): Remote => ({ ...remote, removeFile: () => Promise.reject(broken) });
    const report = await given.run(plan, {}, calm, failing);
    assert.equal(report.totals.copied, 1, JSON.stringify(report.results));
    assert.equal((await given.run(retryFailed(report, plan), {}, calm, recorded)).totals.done, 1);
    assert.deepEqual(calls, ['makeDurable', 'removeFile']);
  }
});

test('a move that is cancelled between copy and removal keeps the source', async () => {
  const given = givenRun({ a: 'x' });
  const stop = new AbortController();
  const report = await given.run(await moveOf(given, 'a'), {}, stop.signal, (remote) =>
    remote === given.store ? whenWritten(remote, () => stop.abort(new Error('cancelled'))) : remote,
  );
  assert.deepEqual(outcomes(report), ['cancelled copyFile a']);
  assert.equal(given.disk.text('a'), 'x');
});

test("a move within one remote is made on the server, or by a copy where the service can't move", async () => {
  for (const without of [[], ['serverSideMove'], ['serverSideMove', 'serverSideCopy']] as const) {
    const store = createMemoryRemote({ hasDirectories: false, without });
    store.put('from/a', 'x', { modified: { s: 5, ns: 0 } });
    const source = await fileIn(store, 'from/a');
    const action = { kind: 'copyFile', id: 'c:a', path: parsePath('a'), direction: 'copy', source } as const;
    const made = planOf([{ ...action, because: 'onlyInSource', ...moving }], verb);
    const plan = { ...made, source: { kind: 'remote', remote: 'store', path: parsePath('from') } as const };
    const side = (root: string) => ({ remote: store, root: parsePath(root) });
    const options = { clock: createFakeClock(), log: silentLog };
    const report = await executePlan(plan, side('from'), side('to'), options, calm);
    assert.deepEqual(outcomes(report), ['done copyFile a']);
    assert.deepEqual(store.paths(), ['to/a']);
    assert.equal(store.count('serverSideMove'), without.length === 0 ? 1 : 0);
    assert.equal(store.count('write'), without.length === 2 ? 1 : 0);
  }
});

test('files that the target already has are only removed from the source, after all copies', async () => {
  const given = givenRun({ new: 'x', there: 'y' });
  given.store.put('bucket/there', 'y', { modified: { s: 1000, ns: 0 } });
  const plan = planOf([await removalOf(given, 'there'), await copyOf(given, 'new', moving)], verb);
  const order: string[] = [];
  const observer = { ...silentObserver, started: ({ path }: Action) => order.push(path) };
  const report = await given.run(plan, { observer });
  assert.deepEqual(outcomes(report), ['done copyFile new', 'done removeSource there']);
  assert.deepEqual(order, ['new', 'there']);
  assert.deepEqual(given.disk.paths(), []);
  assert.equal(given.store.count('write'), 1);
  assert.equal(report.bytes, 1);
});

test("a source file is not removed when the target's file is gone or changed, or the source file changed", async () => {
  const files = { gone: 'x', other: 'y', edited: 'z', fine: 'f' };
  const given = givenRun(files);
  for (const [path, content] of Object.entries(files))
    given.store.put(`bucket/${path}`, content, { modified: { s: 1000, ns: 0 } });
  const actions = await Promise.all(Object.keys(files).map((path) => removalOf(given, path)));
  const plan = planOf(actions, verb);
  given.store.drop('bucket/gone');
  given.store.put('bucket/other', 'Y', { modified: { s: 1001, ns: 0 } });
  given.disk.put('edited', 'Z', { modified: { s: 1001, ns: 0 } });
  const report = await given.run(plan);
  assert.deepEqual(outcomes(report), [
    'changed removeSource edited',
    'done removeSource fine',
    'changed removeSource gone',
    'changed removeSource other',
  ]);
  assert.deepEqual(given.disk.paths(), ['edited', 'gone', 'other']);
});

test('one file that both sides reach is not removed, because it is the only copy', async () => {
  const given = givenRun({ a: 'x' });
  given.store.put('bucket/a', 'x', { modified: { s: 1000, ns: 0 } });
  const one = (remote: Remote, storageId: string): Remote => ({
    ...remote,
    capabilities: { ...remote.capabilities, storageId },
    stat: async (path, signal) => {
      const { serverModified: _, ...entry } = await fileIn(remote, path);
      signal.throwIfAborted();
      return { ...entry, version: '1-1000-77' };
    },
  });
  const removal = await removalOf(given, 'a');
  const { serverModified: _, ...source } = removal.source;
  const { serverModified: __, ...before } = removal.before;
  const version = '1-1000-77';
  const plan = planOf([{ ...removal, source: { ...source, version }, before: { ...before, version } }], verb);
  const report = await given.run(plan, {}, calm, (remote) =>
    one(remote, remote === given.disk ? 'disk:/a' : 'disk:/mounted/a'),
  );
  assert.deepEqual(outcomes(report), ['failed removeSource a']);
  assert.equal(given.disk.text('a'), 'x');
});

test('two files count as one only when no fact distinguishes them', () => {
  const remote = createMemoryRemote();
  const at = (storageId: string | undefined) =>
    storageId ? { ...remote, capabilities: { ...remote.capabilities, storageId } } : remote;
  const second = { s: 5, ns: 0 };
  const file = (path: string, more: Partial<FileEntry> = {}): FileEntry => ({
    kind: 'file',
    path: parsePath(path),
    size: 1,
    version: 'v',
    serverModified: second,
    ...more,
  });
  const one = (a: string | undefined, x: FileEntry, b: string | undefined, y: FileEntry) =>
    mayBeSameFile(at(a), x, at(b), y);
  assert.equal(one('https://a', file('b/x'), 'https://alias', file('b/x')), true);
  assert.equal(one('https://a', file('b/x'), 'https://a', file('access point/x')), true);
  assert.equal(one('https://a', file('b/x'), 'https://a', file('b/y')), false);
  assert.equal(one('https://a', file('b/x'), 'https://c', file('b/x', { version: 'w' })), false);
  assert.equal(
    one('https://a', file('b/x'), 'https://c', file('b/x', { serverModified: { s: 6, ns: 0 } })),
    false,
  );
  assert.equal(one('https://a', file('b/x'), undefined, file('b/x')), false);
});

test('a move of equal content with another time sets the time, then removes the source', async () => {
  for (const without of [[], ['setModifiedTime']] as const) {
    const given = givenRun({ a: 'same' }, { without });
    given.store.put('bucket/a', 'same', { modified: { s: 1, ns: 0 } });
    given.disk.fail({ when: { operation: 'removeFile', nth: 1 }, error: broken });
    const plan = planOf([await setTimeOf(given, 'a', moving)], verb);
    const report = await given.run(plan);
    assert.deepEqual(outcomes(report), ['copied setTime a']);
    assert.deepEqual(outcomes(await given.run(retryFailed(report, plan))), ['done setTime a']);
    assert.deepEqual(given.disk.paths(), []);
    assert.deepEqual((await fileIn(given.store, 'bucket/a')).modified, { s: 1000, ns: 0 });
    assert.equal(given.store.text('bucket/a'), 'same');
  }
});

/** The remote; `happens` is called after each write. */
function whenWritten(remote: Remote, happens: () => void): Remote {
  return {
    ...remote,
    write: async (...args) => {
      const entry = await remote.write(...args);
      happens();
      return entry;
    },
  };
}
