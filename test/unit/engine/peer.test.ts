import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { type Handlers, Peer } from '../../../src/engine/peer';
import { RemoteError } from '../../../src/remote/remoteError';
import { PlaceOccupied } from '../../../src/usecases/placeLocks';
import { calm } from '../../support/remoteCalls';

type Served = { readonly work: { readonly args: unknown; readonly result: unknown } };
type None = Record<string, never>;

/** A caller, and the other end that serves `work`. */
function pair(t: TestContext, work: Handlers<Served>['work']) {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const server = new Peer<Served, None>(port2, { work });
  return { caller: new Peer<None, Served>(port1, {}), server, ports: [port1, port2] as const };
}

const occupied = new PlaceOccupied(
  {
    version: 1,
    state: 'held',
    kind: 'run',
    what: 'a run',
    pid: process.pid,
    host: 'here',
    startedAt: 0,
    places: [],
  },
  'a place',
);

const errors: readonly Error[] = [
  new RemoteError('unauthenticated', 'Sign in.', { command: 'aws sso login', signIn: true, code: 'Expired' }),
  new RemoteError('rateLimited', 'Wait.', { retryAfterMs: 4000 }),
  new RemoteError('other', 'Half done.', { copied: true }),
  occupied,
  new TypeError('no plan'),
  new DOMException('over', 'AbortError'),
  new DOMException('late', 'TimeoutError'),
  Object.assign(new Error('of another kind'), { name: 'Canceled' }),
];

for (const error of errors)
  test(`an error keeps its class and fields: ${error.name}, ${error.message.slice(0, 20)}`, async (t) => {
    const { caller } = pair(t, async () => {
      throw error;
    });
    const received: unknown = await caller.call('work', undefined).catch((thrown: unknown) => thrown);
    assert.ok(received instanceof Error);
    assert.equal(received.name, error.name);
    assert.equal(received.message, error.message);
    assert.equal(received.stack, error.stack);
    assert.equal(received instanceof RemoteError, error instanceof RemoteError);
    assert.equal(received instanceof PlaceOccupied, error instanceof PlaceOccupied);
    if (error instanceof RemoteError) assert.deepEqual({ ...received }, { ...error });
  });

test('a value that cannot cross is an error of its call only', async (t) => {
  const { caller } = pair(t, async (args) => (args === 'a function' ? () => {} : args));
  await assert.rejects(caller.call('work', 'a function'), { name: 'DataCloneError' });
  await assert.rejects(
    caller.call('work', () => {}),
    { name: 'DataCloneError' },
  );
  assert.deepEqual(await caller.call('work', { list: [1, undefined, null] }), { list: [1, undefined, null] });
});

test('an abort reaches the handler with its reason, and the call settles when the handler has ended', async (t) => {
  const events: string[] = [];
  const { caller } = pair(t, async (_args, signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    events.push(`aborted: ${(signal.reason as Error).message}`);
    await sleep(20);
    events.push('ended');
    throw signal.reason;
  });
  const stop = new AbortController();
  const call = caller.call('work', undefined, stop.signal);
  const reason = new RemoteError('changed', 'Another plan is wanted.');
  setTimeout(() => stop.abort(reason), 5);
  const received = await call.catch((error: unknown) => error);
  assert.equal(received, reason);
  assert.deepEqual(events, ['aborted: Another plan is wanted.', 'ended']);
  await assert.rejects(caller.call('work', undefined, stop.signal), reason);
});

test('an aborted call whose handler returns a result has that result', async (t) => {
  const { caller } = pair(t, async (_args, signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return 'a report';
  });
  const stop = new AbortController();
  const call = caller.call('work', undefined, stop.signal);
  stop.abort();
  assert.equal(await call, 'a report');
});

test('when the other end is gone, calls under way and later ones reject, and handlers are aborted', async (t) => {
  const gone = new Error('gone');
  const { caller, server } = pair(t, async (_args, signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw signal.reason;
  });
  const call = caller.call('work', undefined, calm);
  caller.fail(gone);
  caller.fail(new Error('again'));
  await assert.rejects(call, gone);
  await assert.rejects(caller.call('work', undefined), gone);
  caller.tell('work', undefined);
  server.fail(gone);
});
