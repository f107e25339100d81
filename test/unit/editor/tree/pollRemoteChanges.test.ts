import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../../../src/app';
import type { RemoteChange } from '../../../../src/editor/platform/remoteChangeEvents';
import { PollRemoteChanges } from '../../../../src/editor/tree/pollRemoteChanges';
import type { RemoteChanges as Answer, Remote } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

interface Watched {
  readonly watch: PollRemoteChanges;
  readonly told: (readonly RemoteChange[])[];
  readonly refreshed: string[];
  readonly asked: (string | undefined)[];
  readonly kept: Map<string, unknown>;
}

function watching(answers: readonly (Answer | RemoteError)[], kept = new Map<string, unknown>()): Watched {
  const told: (readonly RemoteChange[])[] = [];
  const refreshed: string[] = [];
  const asked: (string | undefined)[] = [];
  const left = [...answers];
  const drive = {
    capabilities: { storageId: 'https://drive/anna' },
    pollChanges: async (checkpoint: string | undefined) => {
      asked.push(checkpoint);
      const answer = left.shift();
      if (!answer || answer instanceof RemoteError) throw answer ?? new Error('not asked for');
      return answer;
    },
  } as unknown as Remote;
  const store = { capabilities: {} } as Remote;
  const app = {
    openNames: () => ['drive', 'photos'],
    openedRemote: async (name: string) => (name === 'drive' ? drive : store),
  } as unknown as App;
  const watch = new PollRemoteChanges({
    app,
    intervalMs: () => 0,
    changes: { fire: (...some: readonly RemoteChange[]) => told.push(some) } as never,
    refresh: (remote) => refreshed.push(remote),
    memory: {
      get: (key: string, otherwise: unknown) => kept.get(key) ?? otherwise,
      update: async (key: string, value: unknown) => void kept.set(key, value),
    } as never,
    output: { debug: () => {} } as never,
  });
  return { watch, told, refreshed, asked, kept };
}

const path = parsePath('docs/a');

test('what anyone changed on a remote in use is told, and the next question goes on from there', async () => {
  const { watch, told, asked } = watching([
    { cursor: 'c1', paths: [] },
    { cursor: 'c2', paths: [path] },
  ]);
  await watch.pollNow();
  await watch.pollNow();
  watch.dispose();
  assert.deepEqual(asked, [undefined, 'c1']);
  assert.deepEqual(told.flat(), [{ remote: 'drive', path, kind: 'changed' }]);
});

test('the checkpoint outlives the window', async () => {
  const { watch, kept } = watching([{ cursor: 'c1', paths: [] }]);
  await watch.pollNow();
  watch.dispose();
  const later = watching([{ cursor: 'c2', paths: [path] }], kept);
  await later.watch.pollNow();
  later.watch.dispose();
  assert.deepEqual(later.asked, ['c1']);
  assert.equal(later.told.flat().length, 1);
});

test('where the service lost count, everything that is open is listed anew', async () => {
  const { watch, refreshed } = watching([{ cursor: 'c9', paths: 'everything' }]);
  await watch.pollNow();
  watch.dispose();
  assert.deepEqual(refreshed, ['drive']);
});

test('a question that fails keeps the checkpoint, and tells nobody anything', async () => {
  const { watch, told, kept } = watching([new RemoteError('unavailable', 'The service is away.')]);
  await watch.pollNow();
  watch.dispose();
  assert.equal(told.flat().length, 0);
  assert.equal(kept.size, 0);
});

test('a window that another one overtook hears of what happened since it heard last', async () => {
  const kept = new Map<string, unknown>();
  const one = watching(
    [
      { cursor: 'c1', paths: [] },
      { cursor: 'c3', paths: [path] },
    ],
    kept,
  );
  await one.watch.pollNow();
  kept.set('checkpoints', { 'https://drive/anna': 'c2' });
  await one.watch.pollNow();
  one.watch.dispose();
  assert.deepEqual(one.asked, [undefined, 'c1']);
});
