import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupProblem, overlapProblem } from '../../../../src/plan/build/overlap';
import {
  emptySource,
  immutableConflict,
  incompleteListing,
  manyDeletes,
  tooManyDeletes,
} from '../../../../src/plan/build/safety';
import type { Conflict, DeleteFile, Place } from '../../../../src/plan/model/plan';
import type { NameRules } from '../../../../src/remote/capabilities';
import { parseAddress } from '../../../../src/remote/remoteAddress';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';

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

const linux: NameRules = { caseSensitive: true, foldsUnicode: false, forbids: 'nothing' };

type Overlapping = Parameters<typeof overlapProblem>[0];

function overlap(
  source: string,
  target: string,
  names: Partial<NameRules> = {},
  locations: Readonly<Record<string, string>> = {},
): string | undefined {
  const side = sides(names, locations);
  return overlapProblem(side(source), side(target));
}

function sides(
  names: Partial<NameRules> = {},
  locations: Readonly<Record<string, string>> = {},
): (text: string) => Overlapping {
  const remotes = new Map<string, Parameters<typeof overlapProblem>[0]['remote']>();
  return (text: string) => {
    const address = text.startsWith('/') ? undefined : parseAddress(text);
    const place: Place = address ? { kind: 'remote', ...address } : { kind: 'folder', path: text };
    const key = address?.remote ?? text;
    const storageId = locations[key];
    const capabilities = { names: { ...linux, ...names }, ...(storageId !== undefined && { storageId }) };
    const remote = remotes.get(key) ?? { capabilities };
    remotes.set(key, remote);
    return { place, root: address?.path ?? rootPath, remote };
  };
}

test('a backup folder must not overlap the target or the source, also through links and other names of a remote (R23)', () => {
  const backup = (folder: string, source: string, target: string, locations?: Record<string, string>) => {
    const side = sides({}, locations);
    return backupProblem(side(folder), side(source), side(target)) ?? 'none';
  };
  assert.equal(backup('r:b/old', '/w', 'r:b/site'), 'none');
  assert.equal(backup('r:b/site-old', '/w', 'r:b/site'), 'none');
  assert.equal(backup('/old', '/w', '/target'), 'none');
  assert.match(
    backup('r:b/site/old', '/w', 'r:b/site'),
    /folder r:b\/site\/old overlaps the target r:b\/site\./,
  );
  assert.match(backup('r:b/site', '/w', 'r:b/site'), /overlaps the target/);
  assert.match(backup('r:b', '/w', 'r:b/site'), /folder r:b overlaps the target r:b\/site\./);
  assert.match(backup('/target/old', '/w', '/target'), /overlaps the target \/target\./);
  assert.match(backup('/w/old', '/w', '/target'), /overlaps the source \/w\./);
  assert.match(backup('r:b/src/old', 'r:b/src', 'r:b/site'), /overlaps the source r:b\/src\./);
  const linked = { '/link': 'disk:/target/old', '/target': 'disk:/target', '/w': 'disk:/w' };
  assert.match(backup('/link', '/w', '/target', linked), /folder \/link overlaps the target/);
  const named = { r: 'http://s3', other: 'http://s3' };
  assert.match(backup('r:b/src/old', 'other:b/src', 'r:b/site', named), /overlaps the source/);
});

test('overlapping places are rejected, and both are named (A33, H35, R25)', () => {
  assert.match(overlap('r1:b', 'r1:b/backup') ?? '', /target r1:b\/backup lies within the source r1:b\./);
  assert.match(overlap('r1:b/x/y', 'r1:b/x') ?? '', /source r1:b\/x\/y lies within the target r1:b\/x\./);
  assert.match(overlap('r1:b/x', 'r1:b/x') ?? '', /same place: r1:b\/x/);
  assert.match(overlap('/w', '/w/sub') ?? '', /target \/w\/sub lies within the source \/w\./);
  assert.match(overlap('/w/./a/..', '/w/') ?? '', /same place/);
});

test('siblings do not overlap, even with a common prefix', () => {
  for (const [source, target] of [
    ['r1:b/x', 'r1:b/xy'],
    ['r1:b', 'r1:bb'],
    ['r1:b', 'r2:b'],
    ['/w/a', '/w/ab'],
    ['/w', 'r1:b'],
    ['r1:w', '/w'],
  ] as const)
    assert.equal(overlap(source, target), undefined, `${source} ${target}`);
});

test('places overlap when a disk treats their names as the same', () => {
  assert.equal(overlap('/Work', '/work/sub'), undefined);
  assert.match(overlap('/Work', '/work/sub', { caseSensitive: false }) ?? '', /lies within/);
  assert.match(overlap('/e\u0301', '/\u00e9', { foldsUnicode: true }) ?? '', /same place/);
});

test('remotes of different names overlap only where they lead to the same place', () => {
  const one = { r1: 's3:localhost:9000', r2: 's3:localhost:9000', r3: 's3:localhost:9001' };
  assert.match(
    overlap('r1:b', 'r2:b/backup', {}, one) ?? '',
    /target r2:b\/backup lies within the source r1:b\./,
  );
  assert.match(overlap('r1:b/x', 'r2:b', {}, one) ?? '', /source r1:b\/x lies within the target r2:b\./);
  assert.match(overlap('r1:b/x', 'r2:b/x', {}, one) ?? '', /same place/);
  assert.match(overlap('r1:', 'r2:b/x', {}, one) ?? '', /lies within/);
  assert.equal(overlap('r1:b/x', 'r2:b/xy', {}, one), undefined);
  assert.equal(overlap('r1:b', 'r3:b', {}, one), undefined);
  assert.equal(overlap('/b', 'r1:b', {}, { ...one, '/b': 'disk:/b' }), undefined);
});

test('folders are compared by the targets of their links', () => {
  const links = { '/link': 'disk:/w/real', '/w': 'disk:/w', '/other': 'disk:/other' };
  assert.match(overlap('/w', '/link', {}, links) ?? '', /target \/link lies within the source \/w\./);
  assert.equal(overlap('/other', '/link', {}, links), undefined);
});
