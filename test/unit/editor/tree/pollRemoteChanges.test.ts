import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteChange } from '../../../../src/editor/platform/remoteChangeEvents';
import { PollRemoteChanges } from '../../../../src/editor/tree/pollRemoteChanges';
import type { Remote, RemoteChanges } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

const path = parsePath('docs/a');
const storage = 'https://drive/anna';

interface Polled {
  readonly changes: readonly RemoteChange[];
  readonly refreshed: readonly string[];
  /** The cursors of the requests. */
  readonly cursors: readonly (string | undefined)[];
}

/** A poll of a drive, which sends `responses`, and of a store without a change feed. */
async function polling(
  responses: readonly (RemoteChanges | RemoteError)[],
  stored: Map<string, unknown>,
  polls: (poll: () => Promise<void>) => Promise<void>,
): Promise<Polled> {
  const changes: RemoteChange[] = [];
  const refreshed: string[] = [];
  const cursors: (string | undefined)[] = [];
  const left = [...responses];
  const drive = {
    capabilities: { storageId: storage },
    pollChanges: async (cursor: string | undefined) => {
      cursors.push(cursor);
      const response = left.shift();
      if (!response || response instanceof RemoteError) throw response ?? new Error('an unexpected poll');
      return response;
    },
  } as unknown as Remote;
  const poll = new PollRemoteChanges(
    {
      app: {
        openNames: () => ['drive', 'photos'],
        openedRemote: async (name: string) => (name === 'drive' ? drive : ({ capabilities: {} } as Remote)),
      } as never,
      settings: () => ({ changesIntervalMs: 0 }) as never,
      changes: { fire: (...some: readonly RemoteChange[]) => changes.push(...some) } as never,
      output: { debug: () => {} } as never,
    },
    {
      get: (key: string, otherwise: unknown) => stored.get(key) ?? otherwise,
      update: async (key: string, value: unknown) => void stored.set(key, value),
    } as never,
    (remote) => refreshed.push(remote),
  );
  await polls(() => poll.pollNow());
  poll.dispose();
  return { changes, refreshed, cursors };
}

const once = (poll: () => Promise<void>) => poll();

test('reports the changes of an open remote, and the next poll continues at the new cursor', async () => {
  const responses = [
    { cursor: 'c1', paths: [] },
    { cursor: 'c2', paths: [path] },
  ];
  const { changes, cursors } = await polling(responses, new Map(), async (poll) => {
    await poll();
    await poll();
  });
  assert.deepEqual(cursors, [undefined, 'c1']);
  assert.deepEqual(changes, [{ remote: 'drive', path, kind: 'changed' }]);
});

test('the next window continues at the stored cursor', async () => {
  const stored = new Map<string, unknown>();
  await polling([{ cursor: 'c1', paths: [] }], stored, once);
  const { changes, cursors } = await polling([{ cursor: 'c2', paths: [path] }], stored, once);
  assert.deepEqual(cursors, ['c1']);
  assert.equal(changes.length, 1);
});

test('lists all open folders again when the service does not name the changed paths', async () => {
  const { refreshed } = await polling([{ cursor: 'c9', paths: 'everything' }], new Map(), once);
  assert.deepEqual(refreshed, ['drive']);
});

test('a failed poll stores no cursor and reports no change', async () => {
  const stored = new Map<string, unknown>();
  const { changes } = await polling([new RemoteError('unavailable', 'Offline.')], stored, once);
  assert.deepEqual(changes, []);
  assert.equal(stored.size, 0);
});

test('continues at its own cursor after another window stored a later one', async () => {
  const stored = new Map<string, unknown>();
  const responses = [
    { cursor: 'c1', paths: [] },
    { cursor: 'c3', paths: [path] },
  ];
  const { cursors } = await polling(responses, stored, async (poll) => {
    await poll();
    stored.set('checkpoints', { [storage]: 'c2' });
    await poll();
  });
  assert.deepEqual(cursors, [undefined, 'c1']);
});
