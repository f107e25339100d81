import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { placeBelow, type SelectedItem, sourceOfSelection } from '../../../../src/editor/sync/selectedItems';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

const onRemote = (kind: 'file' | 'folder', text: string, remote = 'photos'): SelectedItem => ({
  kind,
  place: { kind: 'remote', remote, path: parsePath(text) },
});
const onDisk = (kind: 'file' | 'folder', text: string): SelectedItem => ({
  kind,
  place: { kind: 'folder', path: path.resolve(text) },
});

test('one folder is its own source', () => {
  const item = onRemote('folder', 'b/site/css');
  assert.deepEqual(sourceOfSelection([item]), { source: item.place, folderName: 'css' });
});

test('one file is its folder with its name in it', () => {
  assert.deepEqual(sourceOfSelection([onDisk('file', '/home/me/site/index.html')]), {
    source: { kind: 'folder', path: path.resolve('/home/me/site') },
    only: [{ file: 'index.html' }],
  });
});

test('several items are their nearest common folder with the name of each', () => {
  const items = [
    onRemote('file', 'b/site/a.txt'),
    onRemote('folder', 'b/site/css/img'),
    onRemote('file', 'b/site/css/x'),
  ];
  assert.deepEqual(sourceOfSelection(items), {
    source: { kind: 'remote', remote: 'photos', path: parsePath('b/site') },
    only: [{ file: 'a.txt' }, { folder: 'css/img' }, { file: 'css/x' }],
  });
});

test('items of two remotes, or of a remote and a disk, are refused', () => {
  for (const other of [onRemote('file', 'b/x', 'other'), onDisk('file', '/x')])
    assert.throws(
      () => sourceOfSelection([onRemote('file', 'b/a'), other]),
      (e) => isRemoteError(e, 'unsupported'),
    );
});

test('a name with signs that are special in patterns is taken as it is', () => {
  const names = ['a[1].txt', 'b*.txt', '{c}.txt', 'back\\slash'];
  const { only } = sourceOfSelection(names.map((name) => onRemote('file', `b/${name}`)));
  assert.deepEqual(
    only,
    names.map((file) => ({ file })),
  );
});

test('a name goes below a folder, also below the top of a remote', () => {
  assert.deepEqual(placeBelow({ kind: 'folder', path: path.resolve('/a') }, 'b'), {
    kind: 'folder',
    path: path.resolve('/a/b'),
  });
  assert.deepEqual(placeBelow(onRemote('folder', 'b').place, 'css'), onRemote('folder', 'b/css').place);
});
