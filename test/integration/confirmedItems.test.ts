import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import { isRemoteError, RemoteError } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import { type CopyItem, copyItems } from '../../src/usecases/copyItems';
import { countItems, deleteItems } from '../../src/usecases/deleteItems';
import { TargetTaken } from '../../src/usecases/seenTargets';
import type { MemoryOptions } from '../support/memoryRemote/memoryOptions';
import { createMemoryRemote, type MemoryRemote } from '../support/memoryRemote/memoryRemote';
import { calm } from '../support/remoteCalls';
import { temporaryFolder } from '../support/temporaryFolder';

/** What removes in batches, what removes one by one, a disk, and what has a trash for whole folders. */
const kinds: Readonly<Record<string, MemoryOptions>> = {
  store: { hasDirectories: false, pageSize: 3, without: ['serverSideMove'] },
  'store without batches': { hasDirectories: false, without: ['removeFiles', 'serverSideMove'] },
  disk: { without: ['removeFiles'] },
  drive: { wholeFolders: true, caseInsensitive: true },
};

function given(options: MemoryOptions, ...files: string[]): MemoryRemote {
  const remote = createMemoryRemote(options);
  for (const file of files) remote.put(file, `v1 of ${file}`);
  return remote;
}

async function refusal(work: Promise<unknown>): Promise<RemoteError> {
  const error = await work.catch((cause: unknown) => cause);
  assert.ok(isRemoteError(error), `no refusal: ${error}`);
  return error;
}

test('a file that changes while the question is open stays and is named', async () => {
  for (const [kind, options] of Object.entries(kinds)) {
    const remote = given(options, 'b/a', 'b/other');
    const counted = await countItems(remote, [{ path: parsePath('b/a') }], calm);
    remote.put('b/a', 'v2');
    const error = await refusal(deleteItems(remote, counted, {}, calm));
    assert.match(error.message, /"b\/a" has changed since it was listed, so it stays/, kind);
    assert.equal(remote.text('b/a'), 'v2', kind);
  }
});

test('changed and new files of a folder stay with their folders and are named; the rest is deleted', async () => {
  for (const [kind, options] of Object.entries(kinds)) {
    const files = ['b/d/1', 'b/d/2', 'b/d/3', 'b/d/4', 'b/d/sub/5', 'b/d/sub/6', 'b/d/gone/7', 'b/keep'];
    const remote = given(options, ...files);
    const counted = await countItems(remote, [{ path: parsePath('b/d') }], calm);
    remote.put('b/d/2', 'v2');
    remote.put('b/d/sub/new', 'came later');
    remote.put('b/d/new folder/x', 'came later');
    remote.drop('b/d/gone/7');
    const error = await refusal(deleteItems(remote, counted, {}, calm));
    assert.deepEqual(remote.paths(), ['b/d/2', 'b/d/new folder/x', 'b/d/sub/new', 'b/keep'], kind);
    for (const name of ['"b/d/2"', '"b/d/sub/new"', '"b/d/new folder"'])
      assert.ok(error.message.includes(name), `${kind}: ${name} in ${error.message}`);
    assert.equal(remote.count('trashFolder'), 0, kind);
  }
});

test('a folder moves to the trash as a whole only while it is unchanged', async () => {
  const changes: readonly ((remote: MemoryRemote) => unknown)[] = [
    (remote) => remote.put('d/a', 'v2'),
    (remote) => remote.put('d/new', 'came later'),
    (remote) => remote.put('d/sub/deep/new', 'came later'),
    (remote) => remote.makeFolder(parsePath('d/made'), calm),
  ];
  for (const change of changes) {
    const remote = given({ wholeFolders: true }, 'd/a', 'd/sub/b');
    const counted = await countItems(remote, [{ path: parsePath('d') }], calm);
    await change(remote);
    await refusal(deleteItems(remote, counted, {}, calm));
    assert.equal(remote.count('trashFolder'), 0);
  }
  const remote = given({ wholeFolders: true }, 'd/a', 'd/sub/b');
  const counted = await countItems(remote, [{ path: parsePath('d') }], calm);
  remote.drop('d/a');
  await deleteItems(remote, counted, {}, calm);
  assert.equal(remote.count('trashFolder'), 1, 'missing files do not prevent it');
});

test('a file of a disk that is written while the question is open stays', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(path.join(folder, 'same size'), 'v1');
  await writeFile(path.join(folder, 'same'), 'v1');
  const disk = openLocalRemote({ root: folder });
  const items = ['same size', 'same'].map((name) => ({ path: parsePath(name) }));
  const counted = await countItems(disk, items, calm);
  await writeFile(path.join(folder, 'same size'), 'v2');
  const error = await refusal(deleteItems(disk, counted, {}, calm));
  assert.match(error.message, /"same size"/);
  assert.equal(await readFile(path.join(folder, 'same size'), 'utf8'), 'v2');
  await assert.rejects(readFile(path.join(folder, 'same')));
});

test('deleting many files takes two requests per folder, not per file', async () => {
  const files = Array.from({ length: 200 }, (_, i) => `b/d/${i % 10}/f${i}`);
  const remote = given({ hasDirectories: false }, ...files);
  const counted = await countItems(remote, [{ path: parsePath('b/d') }], calm);
  const before = remote.calls.length;
  await deleteItems(remote, counted, {}, calm);
  assert.deepEqual(remote.paths(), []);
  const asked = remote.calls.slice(before).filter(({ operation }) => operation !== 'removeFolder');
  assert.equal(asked.length, 20);
});

function copying(from: MemoryRemote, source: string, to: MemoryRemote, target: string): CopyItem {
  return { from, source: parsePath(source), to, target: parsePath(target) };
}

/** Asks as the window does: `meanwhile` happens while the question is open. */
async function replaced(items: readonly CopyItem[], move: boolean, meanwhile: () => void): Promise<unknown> {
  const asked = await copyItems(items, { move }, calm).catch((error: unknown) => error);
  assert.ok(asked instanceof TargetTaken, String(asked));
  meanwhile();
  return copyItems(items, { move, overwrite: asked.seen }, calm);
}

test('Replace replaces only files seen before the question, and removes no source of the others', async () => {
  const targets: Readonly<Record<string, MemoryOptions>> = { ...kinds };
  for (const move of [false, true])
    for (const within of [false, true])
      for (const [kind, options] of Object.entries(targets)) {
        const shown = `${move ? 'move' : 'copy'} ${within ? 'within' : 'to'} ${kind}`;
        const to = given(options, 'b/old/1', 'b/old/2', 'b/old/sub/3', 'b/file');
        const from = within ? to : given({}, 'x');
        for (const file of ['1', '2', '3', 'sub/3', 'sub/4', 'new']) from.put(`s/${file}`, `new ${file}`);
        from.put('f', 'new f');
        const items = [copying(from, 's', to, 'b/old'), copying(from, 'f', to, 'b/file')];
        const error = await refusal(
          replaced(items, move, () => {
            to.put('b/old/1', 'saved meanwhile');
            to.put('b/old/sub/4', 'made meanwhile');
            to.put('b/file', 'saved meanwhile, too');
          }),
        );
        assert.equal(to.text('b/old/1'), 'saved meanwhile', shown);
        assert.equal(to.text('b/old/sub/4'), 'made meanwhile', shown);
        assert.equal(to.text('b/file'), 'saved meanwhile, too', shown);
        assert.equal(to.text('b/old/2'), 'new 2', shown);
        assert.equal(to.text('b/old/sub/3'), 'new sub/3', shown);
        for (const name of ['s/1', 's/sub/4', 'f']) {
          assert.ok(error.message.includes(`"${name}"`), `${shown}: ${error.message}`);
          assert.ok(from.text(name)?.startsWith('new'), shown);
        }
        assert.equal(error.kind, 'changed');
      }
});

test('overwriting without a question replaces only files seen at the start', async () => {
  const from = given({}, 's/1', 's/2', 's/3');
  const to = given({ hasDirectories: false }, 'b/1', 'b/2');
  // While the first file goes, a colleague saves the second and makes the third.
  from.fail({
    when: ({ operation, path }) => {
      if (operation === 'read' && path === 's/1') {
        to.put('b/2', 'saved meanwhile');
        to.put('b/3', 'made meanwhile');
      }
      return false;
    },
    error: new RemoteError('other', 'unused'),
  });
  const items = [copying(from, 's', to, 'b')];
  const error = await refusal(copyItems(items, { overwrite: true, transfers: 1 }, calm));
  assert.match(error.message, /2 of 3 could not be copied: "s\/2", "s\/3"/);
  assert.match(error.message, /"b\/2" has changed since you chose to replace it/);
  assert.deepEqual(
    ['b/1', 'b/2', 'b/3'].map((name) => to.text(name)),
    ['v1 of s/1', 'saved meanwhile', 'made meanwhile'],
  );
});

test('a retry replaces the files of the first attempt, and no others', async () => {
  const from = given({}, 's/1', 's/2');
  const to = given({ hasDirectories: false }, 'b/1', 'b/2');
  const items = [copying(from, 's', to, 'b')];
  const asked = await copyItems(items, {}, calm).catch((error: unknown) => error);
  assert.ok(asked instanceof TargetTaken);
  let broken = true;
  to.fail({
    when: ({ operation, path }) => broken && operation === 'write' && path === 'b/2',
    error: new RemoteError('other', 'Not now.'),
  });
  await refusal(copyItems(items, { overwrite: asked.seen }, calm));
  broken = false;
  await copyItems(items, { overwrite: asked.seen }, calm);
  assert.equal(to.text('b/2'), 'v1 of s/2');
});

test('a file is not written when the file to replace is gone', async () => {
  const from = given({}, 'f');
  const to = given({ hasDirectories: false }, 'b/f');
  const items = [copying(from, 'f', to, 'b/f')];
  const error = await refusal(replaced(items, false, () => to.drop('b/f')));
  assert.match(error.message, /was removed after you chose to replace it/);
  assert.deepEqual(to.paths(), []);
});
