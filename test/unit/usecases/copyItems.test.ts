import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRemoteError, RemoteError, type RemoteErrorKind } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import { type CopyItem, copyItems, type ItemsProgress } from '../../../src/usecases/copyItems';
import { countItems, deleteItems } from '../../../src/usecases/deleteItems';
import type { MemoryOptions } from '../../support/memoryRemote/memoryOptions';
import { createMemoryRemote, type MemoryRemote } from '../../support/memoryRemote/memoryRemote';

const calm = new AbortController().signal;
/** Like an object store: no directories, no moves. */
const likeStore: MemoryOptions = { hasDirectories: false, pageSize: 3, without: ['serverSideMove'] };

function store(files: readonly string[], options: MemoryOptions = likeStore): MemoryRemote {
  const remote = createMemoryRemote(options);
  for (const file of files) remote.put(file, `in ${file}`, { modified: { s: 5, ns: 0 } });
  return remote;
}

function within(remote: MemoryRemote, source: string, target: string): CopyItem {
  return { from: remote, source: parsePath(source), to: remote, target: parsePath(target) };
}

const counted = (remote: MemoryRemote, path: string) => countItems(remote, [{ path: parsePath(path) }], calm);

async function fails(promise: Promise<unknown>, kind: RemoteErrorKind, message?: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isRemoteError(error, kind), String(error));
    if (message) assert.match(error.message, message);
    return true;
  });
}

const inTree = (folder: string) => ['1', '2', 'sub/3', 'sub/deep/4', 'z'].map((name) => `${folder}/${name}`);
const tree = [...inTree('b/d'), 'b/d2/other', 'b/keep'];

test('a folder is copied with all its pages, without files that only share its prefix', async () => {
  const remote = store(tree);
  const { files } = await copyItems([within(remote, 'b/d', 'b/copy')], {}, calm);
  assert.equal(files, 5);
  assert.deepEqual(remote.paths(), [...inTree('b/copy'), ...tree]);
  assert.equal(remote.text('b/copy/sub/3'), 'in b/d/sub/3');
  assert.equal(remote.count('read'), 0, 'the service copies');
});

test('a renamed folder has everything under its new name, and nothing under the old name', async () => {
  for (const options of [likeStore, {}]) {
    const remote = store(tree, options);
    await remote.makeFolder(parsePath('b/d/empty'), calm);
    await copyItems([within(remote, 'b/d', 'b/new')], { move: true }, calm);
    assert.deepEqual(remote.paths(), ['b/d2/other', 'b/keep', ...inTree('b/new')]);
    await fails(remote.stat(parsePath('b/d'), calm), 'notFound');
    assert.equal((await remote.stat(parsePath('b/new/empty'), calm)).kind, 'folder');
  }
});

test('a move whose copies fail in part removes no source and names what was not moved', async () => {
  const remote = store(tree);
  remote.fail({
    when: { operation: 'serverSideCopy', path: parsePath('b/new/sub/3') },
    error: new RemoteError('forbidden', 'No.'),
  });
  const moving = copyItems([within(remote, 'b/d', 'b/new')], { move: true }, calm);
  await fails(moving, 'forbidden', /1 of 5 could not be moved: "b\/d\/sub\/3".*No\./);
  for (const file of tree) assert.equal(remote.text(file), `in ${file}`);
});

test('a source that changes during a move stays, with its new content', async () => {
  const remote = store(['b/d/1', 'b/d/2']);
  remote.fail({
    when: ({ operation, path }) => {
      if (operation === 'removeFile' && path === 'b/d/2') remote.put('b/d/2', 'newer');
      return false;
    },
    error: new RemoteError('other', 'unused'),
  });
  await fails(copyItems([within(remote, 'b/d', 'b/new')], { move: true }, calm), 'changed', /"b\/d\/2"/);
  assert.equal(remote.text('b/d/2'), 'newer');
  assert.equal(remote.text('b/new/2'), 'in b/d/2');
  assert.equal(remote.text('b/d/1'), undefined);
});

test('an existing target is refused before anything is done, unless it may be replaced', async () => {
  const remote = store(['b/f', 'b/g', 'b/d/x', 'b/e/y']);
  const items = [within(remote, 'b/d', 'b/n'), within(remote, 'b/f', 'b/g')];
  await fails(copyItems(items, {}, calm), 'alreadyExists', /"b\/g"/);
  await fails(copyItems([within(remote, 'b/d', 'b/e')], {}, calm), 'alreadyExists');
  assert.deepEqual(remote.paths(), ['b/d/x', 'b/e/y', 'b/f', 'b/g']);
  await copyItems([...items, within(remote, 'b/d', 'b/e')], { overwrite: true }, calm);
  assert.equal(remote.text('b/g'), 'in b/f');
  assert.deepEqual(remote.paths(), ['b/d/x', 'b/e/x', 'b/e/y', 'b/f', 'b/g', 'b/n/x']);
});

test('nothing is copied or moved onto or into itself', async () => {
  const remote = store(tree);
  for (const [source, target] of [
    ['b/d', 'b/d'],
    ['b/d', 'b/d/sub/d'],
    ['b/keep', 'b/keep'],
  ] as const)
    for (const move of [true, false])
      await fails(
        copyItems([within(remote, source, target)], { move, overwrite: true }, calm),
        'unsupported',
      );
  assert.deepEqual(remote.paths(), tree);
});

test('files and folders go between two remotes with content and time, and progress adds up', async () => {
  const disk = store(['f', 'd/1', 'd/sub/2'], {});
  const remote = store([]);
  const heard: ItemsProgress[] = [];
  const items = ['f', 'd'].map((name) => ({
    from: disk,
    source: parsePath(name),
    to: remote,
    target: parsePath(`b/up/${name}`),
  }));
  const result = await copyItems(items, { onProgress: (progress) => heard.push(progress) }, calm);
  assert.deepEqual(remote.paths(), ['b/up/d/1', 'b/up/d/sub/2', 'b/up/f']);
  const entry = await remote.stat(parsePath('b/up/d/1'), calm);
  assert.deepEqual(entry.kind === 'file' && entry.modified, { s: 5, ns: 0 });
  const last = heard.at(-1);
  assert.deepEqual(
    [last?.filesDone, last?.files, last?.bytesDone, last?.bytes],
    [3, 3, result.bytes, result.bytes],
  );
});

test('a cancelled copy rejects with the reason, and a cancelled move keeps every source', async () => {
  const remote = store(Array.from({ length: 60 }, (_, i) => `b/d/f${i}`));
  const stop = new AbortController();
  const reason = new Error('cancelled');
  const onProgress = ({ filesDone }: ItemsProgress) => {
    if (filesDone === 10) stop.abort(reason);
  };
  const moving = copyItems(
    [within(remote, 'b/d', 'b/n')],
    { move: true, onProgress, transfers: 4 },
    stop.signal,
  );
  await assert.rejects(moving, (error) => error === reason);
  for (let i = 0; i < 60; i++) assert.equal(remote.text(`b/d/f${i}`), `in b/d/f${i}`);
});

test('a listing that fails ends a copy before anything is written', async () => {
  const remote = store(tree);
  remote.fail({
    when: { operation: 'list', nth: 3 },
    error: new RemoteError('unavailable', 'The list broke off.'),
  });
  await fails(copyItems([within(remote, 'b/d', 'b/n')], { move: true }, calm), 'unavailable');
  assert.deepEqual(remote.paths(), tree);
});

test('a delete counts first, and removes files and folders', async () => {
  for (const options of [likeStore, {}, { hasDirectories: false, without: ['removeFiles'] } as const]) {
    const remote = store(tree, options);
    await remote.makeFolder(parsePath('b/d/empty/er'), calm);
    const all = await counted(remote, 'b/d');
    assert.equal(all.files, 5);
    assert.equal(all.bytes, 53);
    let done = 0;
    await deleteItems(remote, all, { onProgress: (files) => (done = files) }, calm);
    assert.equal(done, 5);
    assert.deepEqual(remote.paths(), ['b/d2/other', 'b/keep']);
    await fails(remote.stat(parsePath('b/d'), calm), 'notFound');
  }
});

test('a folder can be emptied and kept', async () => {
  const remote = store(tree, {});
  const all = await counted(remote, 'b/d');
  await deleteItems(remote, all, { keepTop: true }, calm);
  assert.equal((await remote.stat(parsePath('b/d'), calm)).kind, 'folder');
  assert.deepEqual(remote.paths(), ['b/d2/other', 'b/keep']);
});

test('a file that was added after the count stays with its folder, which is named', async () => {
  const remote = store(tree, {});
  const all = await counted(remote, 'b/d');
  remote.put('b/d/sub/new', 'came later');
  await fails(deleteItems(remote, all, {}, calm), 'notEmpty', /"b\/d\/sub"/);
  assert.deepEqual(remote.paths(), ['b/d/sub/new', 'b/d2/other', 'b/keep']);
});

test('a new file in the place of a counted folder stays and is named', async () => {
  const remote = store(tree);
  await remote.makeFolder(parsePath('b/d/empty'), calm);
  const all = await counted(remote, 'b/d');
  await remote.removeFolder(parsePath('b/d/empty'), calm);
  remote.put('b/d/empty', 'came later');
  await fails(deleteItems(remote, all, {}, calm), 'notEmpty', /"b\/d\/empty" was added to "b\/d"/);
  assert.deepEqual(remote.paths(), ['b/d/empty', 'b/d2/other', 'b/keep']);
});

test('of a folder with a file that can not be deleted, only this file is named', async () => {
  const remote = store(tree, { without: ['removeFiles'] });
  const error = new RemoteError('forbidden', 'No.');
  remote.fail({ when: { operation: 'removeFile', path: parsePath('b/d/sub/3') }, error });
  const deleting = deleteItems(remote, await counted(remote, 'b/d'), {}, calm);
  await fails(
    deleting,
    'forbidden',
    /^1 of 5 could not be deleted: "b\/d\/sub\/3"\. The first reason: No\.$/,
  );
});

test('a file may get another spelling of its own name, which is no conflict', async () => {
  const remote = store(['b/readme'], { caseInsensitive: true });
  const moves: string[] = [];
  const renaming: MemoryRemote = {
    ...remote,
    serverSideMove: async (file, to, { kind }) => {
      moves.push(`${file.path} ${to} ${kind}`);
      return { ...file, path: to };
    },
  };
  await copyItems([within(renaming, 'b/readme', 'b/README')], { move: true }, calm);
  assert.deepEqual(moves, ['b/readme b/README none']);
});

test('where reading is forbidden, new files are written and no file is replaced', async () => {
  const remote = store(['b/d/1', 'b/d/2', 'b/up/1']);
  remote.fail({
    when: ({ operation, path }) => /list|stat/.test(operation) && path.startsWith('b/up'),
    error: new RemoteError('forbidden', 'No.'),
  });
  const copying = copyItems([within(remote, 'b/d', 'b/up')], { overwrite: true }, calm);
  await fails(copying, 'alreadyExists', /1 of 2 could not be copied: "b\/d\/1"/);
  assert.deepEqual([remote.text('b/up/1'), remote.text('b/up/2')], ['in b/up/1', 'in b/d/2']);
});

test('nothing is moved onto or into itself through two remotes of one place', async () => {
  const remote = store(tree);
  const named = (): MemoryRemote => ({
    ...remote,
    capabilities: { ...remote.capabilities, storageId: 'mem:1' },
  });
  const to = named();
  const item = (source: string, target: string): CopyItem => ({ ...within(named(), source, target), to });
  const moving = { move: true, overwrite: true };
  await fails(copyItems([item('b/d', 'b/d')], moving, calm), 'unsupported', /onto itself/);
  await fails(copyItems([item('b/d', 'b/d/sub')], moving, calm), 'unsupported', /into itself/);
  assert.deepEqual(remote.paths(), tree);
  await copyItems([item('b/d', 'b/new')], moving, calm);
  assert.ok(remote.paths().includes('b/new/sub/3'));
});

const twins = ['b/a', 'b/a/1', 'b/a/sub/2', 'b/ab'];

test('a folder beside a file of its name is copied, moved and deleted without the file', async () => {
  for (const move of [false, true]) {
    const remote = store(twins);
    const item = { ...within(remote, 'b/a', 'b/n'), kind: 'folder' } as const;
    assert.equal((await copyItems([item], { move }, calm)).files, 2);
    const copies = ['b/n/1', 'b/n/sub/2'];
    assert.deepEqual(remote.paths(), move ? ['b/a', 'b/ab', ...copies] : [...twins, ...copies]);
  }
  const remote = store(twins);
  const all = await countItems(remote, [{ path: parsePath('b/a'), kind: 'folder' }], calm);
  assert.equal(all.files, 2);
  await deleteItems(remote, all, {}, calm);
  assert.deepEqual(remote.paths(), ['b/a', 'b/ab']);
});

test('a file beside a folder of its name is copied, moved and deleted without the folder', async () => {
  const remote = store(twins);
  const named = { path: parsePath('b/a'), kind: 'file' } as const;
  await copyItems([{ ...within(remote, 'b/a', 'b/a/copy'), kind: 'file' }], {}, calm);
  assert.equal(remote.text('b/a/copy'), 'in b/a');
  await deleteItems(remote, await countItems(remote, [named], calm), {}, calm);
  assert.deepEqual(remote.paths(), ['b/a/1', 'b/a/copy', 'b/a/sub/2', 'b/ab']);
  await fails(countItems(remote, [named], calm), 'notFound', /"b\/a" is no longer a file/);
});

test('a path that became a file is no longer a folder', async () => {
  const disk = store(['d/x'], {});
  await fails(countItems(disk, [{ path: parsePath('d/x'), kind: 'folder' }], calm), 'notFound');
});

test('of two files with one target the second is refused, and then a move removes nothing', async () => {
  for (const [options, other] of [
    [likeStore, 'b/y/readme'],
    [{ ...likeStore, caseInsensitive: true }, 'b/y/README'],
  ] as const) {
    const remote = store(['b/x/readme', other], options);
    const items = [within(remote, 'b/x', 'b/z'), within(remote, 'b/y', 'b/z')];
    const moving = copyItems(items, { move: true, overwrite: true }, calm);
    await fails(moving, 'alreadyExists', /1 of 2 could not be moved: "b\/y\/.*gets the name/);
    assert.deepEqual(remote.paths(), ['b/x/readme', other, 'b/z/readme']);
    assert.equal(remote.text('b/z/readme'), 'in b/x/readme');
  }
});

test('in an outage, the rest of a copy or a delete is not tried', async () => {
  const many = Array.from({ length: 500 }, (_, i) => `b/d/${String(i).padStart(3, '0')}`);
  for (const [kind, tries] of [
    ['unauthenticated', 16],
    ['unavailable', 48],
  ] as const) {
    const remote = store(many);
    const error = new RemoteError(kind, 'Out of reach.');
    remote.fail({ when: { operation: 'serverSideCopy' }, error });
    const copying = copyItems([within(remote, 'b/d', 'b/new')], {}, calm);
    await fails(copying, kind, /The rest was not tried\. The first reason: Out of reach\./);
    assert.ok(remote.count('serverSideCopy') <= tries, `${remote.count('serverSideCopy')} tries`);

    const disk = store(many, { without: ['removeFiles'] });
    disk.fail({ when: { operation: 'removeFile' }, error });
    const all = await counted(disk, 'b/d');
    await fails(deleteItems(disk, all, {}, calm), kind, /was not tried/);
    assert.ok(disk.count('removeFile') <= tries, `${disk.count('removeFile')} tries`);
  }
});
