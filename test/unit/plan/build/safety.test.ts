import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  emptySource,
  immutableConflict,
  incompleteListing,
  manyDeletes,
  tooManyDeletes,
} from '../../../../src/plan/build/safety';
import type { Conflict, DeleteFile } from '../../../../src/plan/model/plan';
import { parsePath } from '../../../../src/remote/remotePath';

test('deletes are withheld only when the source has no files (H1)', () => {
  assert.equal(emptySource(0, 3)?.effect, 'deletesWithheld');
  assert.match(emptySource(0, 3)?.message ?? '', /all 3 files/);
  assert.equal(emptySource(1, 3), undefined);
  assert.equal(emptySource(0, 0), undefined);
});

test('deletes are withheld when a folder could not be listed, and the finding names it (R21)', () => {
  const problem = { side: 'target', path: parsePath('a/b'), kind: 'forbidden', message: 'No.' } as const;
  assert.equal(incompleteListing([problem], 1)?.effect, 'deletesWithheld');
  assert.match(incompleteListing([problem], 1)?.message ?? '', /target.*"a\/b"/);
  assert.equal(incompleteListing([], 1), undefined);
  assert.equal(incompleteListing([problem], 0), undefined);
});

test('deleting at least ten files and more than half of the target needs confirmation (H27)', () => {
  assert.equal(manyDeletes(9, 9), undefined);
  assert.equal(manyDeletes(10, 20), undefined);
  assert.equal(manyDeletes(10, 19)?.effect, 'confirm');
  assert.equal(manyDeletes(11, 20)?.effect, 'confirm');
  assert.match(manyDeletes(11, 20)?.message ?? '', /11 of the target's 20/);
});

test('deletes beyond any part of the limit are all withheld, with the number and the limit in the message (R22, H27)', () => {
  const deletes = (...sizes: readonly number[]): readonly DeleteFile[] =>
    sizes.map((size, i) => ({
      id: `d:${i}`,
      kind: 'deleteFile',
      path: parsePath(String(i)),
      before: { kind: 'file', path: parsePath(String(i)), size },
      because: 'notInSource',
    }));
  assert.equal(tooManyDeletes(deletes(1, 1), 2, undefined), undefined);
  assert.equal(tooManyDeletes([], 2, { files: 0 }), undefined);
  assert.equal(tooManyDeletes(deletes(1, 1), 2, { files: 2, percent: 100, bytes: 2 }), undefined);
  assert.equal(tooManyDeletes(deletes(1, 1), 4, { percent: 50 }), undefined);
  assert.deepEqual(tooManyDeletes(deletes(1, 1), 4, { files: 1 }), {
    kind: 'tooManyDeletes',
    message: '2 files would be deleted, but only 1 may be. Nothing will be deleted.',
    effect: 'deletesWithheld',
  });
  assert.match(
    tooManyDeletes(deletes(1, 1), 4, { files: 9, percent: 49 })?.message ?? '',
    /^2 of the target's 4 files would be deleted, but only 49 % may be\./,
  );
  assert.match(
    tooManyDeletes(deletes(700, 500), 4, { bytes: 1199 })?.message ?? '',
    /^2 files with 1200 bytes would be deleted, but only 1199 bytes may be\./,
  );
  assert.match(tooManyDeletes(deletes(1), 9, { files: 0 })?.message ?? '', /^1 file .* none may be\./);
});

test('deletes are withheld only when an immutable file differs (R10)', () => {
  const conflict = (path: string, because: Conflict['because']) => ({ path: parsePath(path), because });
  assert.equal(immutableConflict([conflict('a', 'sameName')], 1), undefined);
  assert.equal(immutableConflict([conflict('a', 'immutable')], 0), undefined);
  const finding = immutableConflict([conflict('a', 'immutable')], 1);
  assert.equal(finding?.effect, 'deletesWithheld');
  assert.match(finding?.message ?? '', /^"a" differs/);
  const both = immutableConflict([conflict('a', 'immutable'), conflict('b', 'immutable')], 1);
  assert.match(both?.message ?? '', /^2 files differ/);
});
