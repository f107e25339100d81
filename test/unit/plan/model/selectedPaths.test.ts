import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSelected, type SelectedPath, sortSelected } from '../../../../src/plan/model/selectedPaths';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

const file = (path: string): SelectedPath => ({ file: parsePath(path) });
const folder = (path: string): SelectedPath => ({ folder: parsePath(path) });

test('paths within a selected folder are dropped; a file with the folder’s own name is beside it', () => {
  const named = [file('b/x'), folder('b'), folder('b/c'), file('b'), file('a'), file('a'), folder('b-c')];
  assert.deepEqual(sortSelected(named), { files: ['a', 'b'], folders: ['b-c', 'b'] });
});

test('selected paths are read from plain data', () => {
  assert.deepEqual(parseSelected([{ file: 'a b' }, { folder: 'c/d' }]), [file('a b'), folder('c/d')]);
});

for (const bad of [
  'a',
  {},
  ['a'],
  [{}],
  [{ file: '' }],
  [{ file: 1 }],
  [{ file: 'a', folder: 'a' }],
  [{ file: '../a' }],
  [{ folder: 'a/' }],
])
  test(`${JSON.stringify(bad)} is no selected path`, () => {
    assert.throws(
      () => parseSelected(bad),
      (error) => isRemoteError(error, 'badSettings', 'badName'),
    );
  });
