import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLocalRemote } from '../../../src/backends/local/localRemote';
import type { Action, CopyFile } from '../../../src/plan/model/plan';
import type { Capabilities } from '../../../src/remote/capabilities';
import type { Remote } from '../../../src/remote/remote';
import { rootPath } from '../../../src/remote/remotePath';
import { type RunEndpoints, runAction } from '../../../src/transfer/runAction';
import { type CopyThreads, isShareable, ThreadEnded } from '../../../src/transfer/transferSlots';
import { createMemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { calm } from '../../support/remoteCalls';
import { bucket, copyOf, deleteOf, givenRun, outcomes, planOf, setTimeOf } from './givenRun';

// Copies that another thread makes, as the executor sees them.

const kibi = 1024;
const remoteWith = (capabilities: Partial<Capabilities>, more: Partial<Remote> = {}): Remote => {
  const remote = createMemoryRemote();
  return { ...remote, ...more, capabilities: { ...remote.capabilities, ...capabilities } };
};
const store = remoteWith({});
const disk = remoteWith({ isLocalDisk: true }, { readInto: async () => {} });
const file = { kind: 'file', path: bucket, size: 100 } as const;
const copy: CopyFile = {
  kind: 'copyFile',
  id: 'c:f',
  path: bucket,
  direction: 'upload',
  source: file,
  because: 'onlyInSource',
};
const between = (source: Remote, target: Remote, backup?: Remote): RunEndpoints => ({
  source: { remote: source, root: rootPath },
  target: { remote: target, root: rootPath },
  ...(backup && { backup: { remote: backup, root: rootPath } }),
});
const sized = (size: number): CopyFile => ({ ...copy, source: { ...file, size } });

const cases: readonly (readonly [what: string, action: Action, sides: RunEndpoints, expected: boolean])[] = [
  ['a small copy', copy, between(disk, store), true],
  ['a small copy over a file', { ...copy, before: file }, between(store, disk), true],
  ['a move', { ...copy, removesSource: true }, between(disk, store), false],
  ['a new file, with a backup', copy, between(disk, store, store), true],
  ['a copy whose old file goes to the backup', { ...copy, before: file }, between(disk, store, store), false],
  ['512 KiB of a disk', sized(512 * kibi), between(disk, store), true],
  ['more than 512 KiB of a disk', sized(512 * kibi + 1), between(disk, store), false],
  ['1 MiB of a store', sized(1024 * kibi), between(store, disk), true],
  ['more than 1 MiB of a store', sized(1024 * kibi + 1), between(store, disk), false],
  ['a source for one client', copy, between(remoteWith({ manyClients: false }), store), false],
  ['a target for one client', copy, between(disk, remoteWith({ manyClients: false })), false],
  [
    'a delete',
    { ...copy, kind: 'deleteFile', before: file, because: 'notInSource' },
    between(disk, store),
    false,
  ],
];

test('only small copies between storages for many clients, that need no other step, may be made in any thread', () => {
  for (const [what, action, sides, expected] of cases)
    assert.equal(isShareable(action, sides), expected, what);
});

test('a disk whose files must survive a power cut has one client, because it must know all new folders', () => {
  const clients = (syncToDisk: boolean) =>
    openLocalRemote({ root: '/', syncToDisk }).capabilities.manyClients;
  assert.deepEqual([clients(false), clients(true)], [true, false]);
});

type Share = CopyThreads['share'];

/** A run of an upload of `names`, whose copies are shared by `share`. */
async function uploaded(names: readonly string[], share: (it: ReturnType<typeof givenRun>) => Share) {
  const given = givenRun(Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
  const plan = planOf(await Promise.all(names.map((name) => copyOf(given, name))));
  const report = await given.run(plan, { threads: { share: share(given), close: async () => {} } });
  return { given, report };
}

/** Makes the copy as another thread does. */
const makeIn = ({ disk: from, store: to }: ReturnType<typeof givenRun>, action: CopyFile) =>
  runAction(action, {
    source: { remote: from, root: rootPath },
    target: { remote: to, root: bucket },
    signal: calm,
    progressed: () => {},
    backedUp: () => {},
  });

test('the copy of a thread that ended before it said so is recognised, and not made again', async () => {
  const { given, report } = await uploaded(['a', 'b'], (it) => async (action) => {
    await makeIn(it, action);
    throw new ThreadEnded('lost');
  });
  assert.deepEqual(outcomes(report), ['done copyFile a', 'done copyFile b']);
  assert.equal(given.store.count('write'), 2);
});

test('a copy that a lost thread did not make is made in this one', async () => {
  const { given, report } = await uploaded(['a', 'b'], () => async () => {
    throw new ThreadEnded('lost');
  });
  assert.deepEqual(outcomes(report), ['done copyFile a', 'done copyFile b']);
  assert.equal(given.store.text('bucket/b'), 'content of b');
});

test('a request of a lost thread that arrives late does not fail its action', async () => {
  const { given, report } = await uploaded(['a'], (it) => async (action) => {
    const { stat } = it.store;
    // The request arrives when the executor has looked for the copy in vain.
    it.store.stat = (...args) => {
      it.store.stat = stat;
      return stat(...args).finally(() => makeIn(it, action));
    };
    throw new ThreadEnded('lost');
  });
  assert.deepEqual(outcomes(report), ['done copyFile a']);
  assert.equal(given.store.text('bucket/a'), 'content of a');
});

test('what others wrote meanwhile is no copy of a lost thread', async () => {
  const { given, report } = await uploaded(['a'], (it) => async () => {
    it.store.put('bucket/a', 'by others.....');
    throw new ThreadEnded('lost');
  });
  assert.deepEqual(outcomes(report), ['changed copyFile a']);
  assert.equal(given.store.text('bucket/a'), 'by others.....');
});

test('the outcome of a thread is that of the action, and everything else is done here', async () => {
  const given = givenRun({ a: 'new', b: 'same', c: 'kept' });
  given.store.put('bucket/b', 'same', { modified: { s: 5, ns: 0 } });
  given.store.put('bucket/old', 'old');
  const actions = [await copyOf(given, 'a'), await setTimeOf(given, 'b'), await deleteOf(given, 'old')];
  const shared: string[] = [];
  const share: Share = async (action) => {
    shared.push(action.path);
    return makeIn(given, action);
  };
  const plan = planOf(actions, { deletes: 'after' });
  const report = await given.run(plan, { threads: { share, close: async () => {} } });
  assert.deepEqual(shared, ['a']);
  assert.deepEqual(outcomes(report), ['done copyFile a', 'done setTime b', 'done deleteFile old']);
});

test('a copy that an earlier process of the run may have made is not left to another thread', async () => {
  const given = givenRun({ a: 'new', b: 'new too' });
  const actions = [await copyOf(given, 'a'), await copyOf(given, 'b')];
  await makeIn(given, actions[0] as CopyFile);
  const shared: string[] = [];
  const share: Share = async (action, here) => {
    shared.push(action.path);
    return here();
  };
  const journal = {
    run: 'r',
    earlier: undefined,
    begun: () => {},
    backedUp: () => {},
    ended: () => {},
    mayBeDone: ({ path }: Action) => path === 'a',
    resumable: () => assert.fail('small'),
    close: async () => {},
  };
  const report = await given.run(planOf(actions), { journal, threads: { share, close: async () => {} } });
  assert.deepEqual(shared, ['b']);
  assert.deepEqual(outcomes(report), ['done copyFile a', 'done copyFile b']);
});
