import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { type SharedCopies, threadCount } from '../../../src/engine/copyThreads';
import type { CopyFile } from '../../../src/plan/model/plan';
import type { Remote } from '../../../src/remote/remote';
import { isRemoteError, RemoteError, type RemoteErrorKind } from '../../../src/remote/remoteError';
import { rootPath } from '../../../src/remote/remotePath';
import { ServiceWaits } from '../../../src/remote/serviceWaits';
import { ThreadEnded } from '../../../src/transfer/transferSlots';
import type { Host } from '../../../src/usecases/host';
import { nearThreads, startedThreads } from '../../support/engineThread';
import { createFakeClock } from '../../support/fakeClock';
import { createMemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { calm } from '../../support/remoteCalls';
import { bucket, copyOf, givenRun, planOf } from '../transfer/givenRun';

interface Options {
  readonly threads?: number;
  readonly count?: number;
  /** Runs before a thread writes. */
  readonly onWrite?: (path: string) => Promise<void>;
  /** The remotes of the threads, where they are others than those of the run. */
  readonly storageId?: string;
  readonly signal?: AbortSignal;
}

/** A run whose copies other threads share, with `count` copies to begin. */
async function given(
  t: TestContext,
  { threads = 2, count = 40, onWrite = async () => {}, storageId, signal = calm }: Options = {},
) {
  const files = Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, `content ${i}`]));
  const run = givenRun(files);
  const actions = await Promise.all(Object.keys(files).map((name) => copyOf(run, name)));
  const [here, there] = [new ServiceWaits(), new ServiceWaits()];
  const target: Remote = { ...run.store, waits: here };
  const far: Remote = {
    ...run.store,
    capabilities: { ...run.store.capabilities, ...(storageId !== undefined && { storageId }) },
    waits: there,
    async write(...args) {
      await onWrite(args[0]);
      return run.store.write(...args);
    },
  };
  const near = nearThreads(() => ({
    openPlace: async (_place, side) =>
      side === 'target' ? { remote: far, root: bucket } : { remote: run.disk, root: rootPath },
    close: async () => {},
  }));
  const lines: string[] = [];
  const host: Host = {
    log: { write: (_level, _tag, text) => void lines.push(text) },
    clock: createFakeClock(),
    env: {},
    remoteSettings: () => [],
    secret: async () => undefined,
    transferThreads: () => threads + 1,
    mayRunPrograms: () => false,
    storageFolder: undefined,
  };
  const sides = { source: { remote: run.disk, root: rootPath }, target: { remote: target, root: bucket } };
  const shared = (await startedThreads(host, near.start)(planOf(actions), sides, signal)) as SharedCopies;
  t.after(() => shared.close());
  return { run, actions, near, lines, shared, here, there };
}

function closedGate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** How many copies each message of that name has. */
function copiesIn(messages: readonly unknown[], name: 'copy' | 'copied'): number[] {
  return (messages as { name: string; args: readonly unknown[] & { ended?: readonly unknown[] } }[])
    .filter((message) => message.name === name)
    .map(({ args }) => (name === 'copy' ? args : (args.ended ?? [])).length)
    .filter((length) => length > 0);
}

test('one thread less than cores, at most four; or as many as the setting says', () => {
  const cases = [
    [0, 1, 1],
    [0, 2, 1],
    [0, 3, 2],
    [0, 5, 4],
    [0, 64, 4],
    [1, 64, 1],
    [3, 1, 3],
    [8, 2, 8],
  ] as const;
  for (const [setting, cores, threads] of cases) assert.equal(threadCount(setting, cores), threads);
});

test('copies that begin together are shared evenly, in one message for each thread', async (t) => {
  const { shared, actions, near, run } = await given(t, { count: 30 });
  let here = 0;
  const copy = async (action: CopyFile) => {
    here++;
    await sleep(20);
    return run.store.put(`bucket/${action.path}`, 'made here');
  };
  const made = await Promise.all(actions.map((action) => shared.share(action, () => copy(action))));
  assert.equal(here, 10);
  assert.deepEqual(copiesIn(near.messages.to, 'copy'), [10, 10]);
  const results = copiesIn(near.messages.from, 'copied');
  assert.equal(
    results.reduce((a, b) => a + b),
    20,
  );
  assert.ok(results.length <= 10, `${results.length} messages`);
  assert.deepEqual(
    made.map((file) => file?.path),
    actions.map(({ path }) => `bucket/${path}`),
  );
  assert.equal(run.store.paths().length, 30);
});

test('the least busy thread makes the next copy, this one included', async (t) => {
  const gate = closedGate();
  const { shared, actions } = await given(t, { threads: 1, onWrite: () => gate.opened });
  let here = 0;
  let release = () => {};
  const wait = () => {
    here++;
    return new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
  };
  const begun: number[] = [];
  const begin = (action: CopyFile | undefined) => {
    if (action) void shared.share(action, wait);
    begun.push(here);
  };
  for (const action of actions.slice(0, 4)) begin(action);
  assert.deepEqual(begun, [0, 1, 1, 2]);
  release();
  await turn();
  begin(actions[4]);
  assert.equal(begun.at(-1), 3, 'this thread has become the least busy one');
  gate.open();
  await sleep(30);
  begin(actions[5]);
  assert.equal(begun.at(-1), 3, 'the other thread has become the least busy one');
});

const errors: readonly Error[] = [
  new RemoteError('rateLimited', 'Wait.', { retryAfterMs: 4000, code: 'SlowDown (503)' }),
  new RemoteError('forbidden', 'Not allowed.', { code: 'AccessDenied (403)' }),
  new RemoteError('changed', 'It has changed.'),
  new RemoteError('other', 'Half done.', { copied: true }),
  new TypeError('a defect'),
];

for (const error of errors)
  test(`an error crosses as it is: ${error.message}`, async (t) => {
    const { shared, actions } = await given(t, {
      onWrite: async () => {
        throw error;
      },
    });
    const here = async () => assert.fail('not made here');
    const thrown: unknown = await shared
      .share(actions[0] as CopyFile, here)
      .catch((caught: unknown) => caught);
    assert.ok(thrown instanceof Error);
    assert.equal(thrown.message, error.message);
    assert.equal(isRemoteError(thrown), isRemoteError(error));
    assert.deepEqual({ ...thrown }, { ...error });
  });

test('the name of an existing file is taken: the plan is out of date', async (t) => {
  const { shared, actions, run } = await given(t);
  run.store.put('bucket/f0', 'by others');
  const here = async () => assert.fail('not made here');
  await assert.rejects(shared.share(actions[0] as CopyFile, here), { kind: 'changed' });
});

const own: readonly RemoteErrorKind[] = [
  'isAFolder',
  'notAFolder',
  'unsupported',
  'unauthenticated',
  'badSettings',
];
for (const kind of own)
  test(`a copy is made here after an error that a thread may have alone: ${kind}`, async (t) => {
    const { shared, actions } = await given(t, {
      onWrite: async () => {
        throw new RemoteError(kind, 'No.');
      },
    });
    const [action] = actions as [CopyFile];
    assert.equal(await shared.share(action, async () => action.source), action.source);
  });

test('refusals and waits of the service are those of the run, until they end', async (t) => {
  const { shared, here, there, near } = await given(t, { threads: 1 });
  let refusals = 0;
  const untils: (number | undefined)[] = [];
  here.listenToRefusals(() => refusals++);
  here.listen((until) => untils.push(until));
  for (let i = 0; i < 3; i++) there.requestRefused();
  const end = there.begin(5000);
  await sleep(30);
  assert.deepEqual([refusals, untils], [3, [5000]]);
  end();
  await sleep(30);
  assert.deepEqual(untils, [5000, undefined]);
  there.begin(6000);
  await sleep(30);
  near.lose();
  assert.deepEqual(untils, [5000, undefined, 6000, undefined]);
  there.requestRefused();
  await sleep(30);
  assert.equal(refusals, 3, 'a lost thread says nothing');
  await shared.close();
});

test('a cancelled run cancels the copies of all threads, with its reason', async (t) => {
  const stop = new AbortController();
  const gate = closedGate();
  const { shared, actions, run } = await given(t, { signal: stop.signal, onWrite: () => gate.opened });
  const here = async () => assert.fail('not made here');
  const copies = actions.slice(0, 2).map((action) => shared.share(action, here));
  await sleep(10);
  stop.abort(new Error('no longer wanted'));
  await sleep(10);
  gate.open();
  for (const copy of copies) await assert.rejects(copy, { name: 'Error', message: 'no longer wanted' });
  assert.deepEqual(run.store.paths(), []);
});

test('the copies of a lost thread reject, the others go on, and the log says so', async (t) => {
  const gate = closedGate();
  const { shared, actions, near, lines } = await given(t, { onWrite: () => gate.opened });
  const none = async () => undefined;
  const copies = actions.slice(0, 2).map((action) => shared.share(action, none));
  await sleep(10);
  near.lose('out of memory');
  await assert.rejects(copies[0] as Promise<unknown>, ThreadEnded);
  assert.deepEqual(lines.slice(-1), [
    'A thread that shares the copies is lost (out of memory). The others make its copies.',
  ]);
  near.lose();
  await assert.rejects(copies[1] as Promise<unknown>, ThreadEnded);
  let here = 0;
  await shared.share(actions[2] as CopyFile, async () => void here++);
  assert.equal(here, 1);
});

test('at the end all threads close their remotes, then they end', async (t) => {
  const { shared, near } = await given(t);
  await shared.close();
  assert.deepEqual(near.events, ['closed', 'closed', 'terminated', 'terminated']);
});

test('a thread that would write to another storage is of no use', async (t) => {
  const { shared, actions, lines, near } = await given(t, { storageId: 'elsewhere' });
  let here = 0;
  for (const action of actions) await shared.share(action, async () => void here++);
  assert.equal(here, actions.length);
  assert.equal(lines.filter((line) => /leads to another storage now/.test(line)).length, 2);
  assert.deepEqual(near.events, ['terminated', 'terminated']);
});

test('few copies start no thread', async () => {
  const remote = createMemoryRemote();
  const near = nearThreads(() => assert.fail('no thread'));
  const host = { transferThreads: () => 4 } as unknown as Host;
  const sides = { source: { remote, root: bucket }, target: { remote, root: bucket } };
  assert.equal(await startedThreads(host, near.start)(planOf([]), sides, calm), undefined);
});
