import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRetry } from '../../src/remote/layers/withRetry';
import { isRemoteError, RemoteError, type RemoteErrorKind } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import { type CopyItem, copyItems } from '../../src/usecases/copyItems';
import { countItems, deleteItems } from '../../src/usecases/deleteItems';
import { createFakeClock } from '../support/fakeClock';
import { createMemoryRemote, type MemoryRemote } from '../support/memoryRemote/memoryRemote';
import { calm } from '../support/remoteCalls';

const folder = parsePath('docs');

function drive(...files: string[]): MemoryRemote {
  const remote = createMemoryRemote({ wholeFolders: true, caseInsensitive: true });
  for (const file of files) remote.put(file, `in ${file}`);
  return remote;
}

function moving(remote: MemoryRemote, source: string, target: string): CopyItem {
  return { from: remote, source: parsePath(source), kind: 'folder', to: remote, target: parsePath(target) };
}

async function fails(promise: Promise<unknown>, kind: RemoteErrorKind): Promise<void> {
  await assert.rejects(promise, (error) => isRemoteError(error, kind));
}

test('a service that can move a folder moves it with one request', async () => {
  const remote = drive('docs/a', 'docs/sub/b', 'other');
  await copyItems([moving(remote, 'docs', 'old/papers')], { move: true }, calm);
  assert.deepEqual(remote.paths(), ['old/papers/a', 'old/papers/sub/b', 'other']);
  assert.deepEqual(
    remote.calls.map(({ operation }) => operation),
    ['stat', 'serverSideMoveFolder'],
    'a stat of the target, then the move',
  );
});

test('a folder can get another spelling of its name', async () => {
  const remote = drive('docs/a');
  await copyItems([moving(remote, 'docs', 'Docs')], { move: true }, calm);
  assert.deepEqual(remote.paths(), ['Docs/a']);
});

test('a folder is not moved to an existing target, and then nothing is moved', async () => {
  const remote = drive('docs/a', 'one/b', 'taken/c');
  const items = [moving(remote, 'one', 'free'), moving(remote, 'docs', 'taken')];
  await fails(copyItems(items, { move: true }, calm), 'alreadyExists');
  assert.deepEqual(remote.paths(), ['docs/a', 'one/b', 'taken/c']);
});

test('folders that are moved before a failure are reported, so that only the rest is retried', async () => {
  const remote = drive('docs/a', 'one/b');
  const broken = new RemoteError('forbidden', 'Not this one.');
  remote.fail({ when: { operation: 'serverSideMoveFolder', path: folder }, error: broken });
  const items = [moving(remote, 'one', 'x/one'), moving(remote, 'docs', 'x/docs')];
  const told: string[] = [];
  const onMovedWhole = ({ target }: CopyItem) => told.push(target);
  await fails(copyItems(items, { move: true, onMovedWhole }, calm), 'forbidden');
  assert.deepEqual(told, ['x/one']);
  assert.deepEqual(remote.paths(), ['docs/a', 'x/one/b']);
});

test('files are moved one by one into an existing folder', async () => {
  const remote = drive('docs/a', 'docs/b', 'taken/b', 'taken/c');
  await copyItems([moving(remote, 'docs', 'taken')], { move: true, overwrite: true }, calm);
  assert.deepEqual(remote.paths(), ['taken/a', 'taken/b', 'taken/c']);
  assert.equal(remote.text('taken/b'), 'in docs/b');
});

test('a folder is moved to the trash as a whole', async () => {
  const remote = drive('docs/a', 'docs/sub/b', 'other');
  const all = await countItems(remote, [{ path: folder }], calm);
  let done = 0;
  await deleteItems(remote, all, { onProgress: (files) => (done = files) }, calm);
  assert.deepEqual(remote.paths(), ['other']);
  assert.equal(done, 2);
  assert.equal(remote.count('trashFolder'), 1);
  assert.equal(remote.count('removeFile') + remote.count('removeFiles') + remote.count('removeFolder'), 0);
});

test('a move or trash of a folder whose response is lost is recognised as done', async () => {
  const remote = drive('docs/a', 'gone/b');
  const lost = new RemoteError('unavailable', 'The connection broke off.');
  remote.fail({ when: { operation: 'serverSideMoveFolder', nth: 1 }, error: lost, at: 'after' });
  remote.fail({ when: { operation: 'trashFolder', nth: 1 }, error: lost, at: 'after' });
  const steady = withRetry(remote, { clock: createFakeClock(), log: { write: () => {} } });
  await steady.serverSideMoveFolder?.(folder, parsePath('papers'), calm);
  await steady.trashFolder?.(parsePath('gone'), calm);
  assert.deepEqual(remote.paths(), ['papers/a']);
});

test('a refused move stays refused after a lost response', async () => {
  const remote = drive('docs/a', 'papers/b');
  const lost = new RemoteError('unavailable', 'The connection broke off.');
  remote.fail({ when: { operation: 'serverSideMoveFolder', nth: 1 }, error: lost });
  const steady = withRetry(remote, { clock: createFakeClock(), log: { write: () => {} } });
  await fails(
    steady.serverSideMoveFolder?.(folder, parsePath('papers'), calm) as Promise<void>,
    'alreadyExists',
  );
  assert.deepEqual(remote.paths(), ['docs/a', 'papers/b']);
});
