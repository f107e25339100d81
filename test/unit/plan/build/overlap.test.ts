import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupProblem, overlapProblem } from '../../../../src/plan/build/overlap';
import type { Place } from '../../../../src/plan/model/plan';
import type { NameRules } from '../../../../src/remote/capabilities';
import { parseAddress } from '../../../../src/remote/remoteAddress';
import { rootPath } from '../../../../src/remote/remotePath';

const linux: NameRules = { caseSensitive: true, foldsUnicode: false, forbids: 'nothing' };

/** A side by its address or path; `storageIds` are by remote or path. */
function sides(names: Partial<NameRules> = {}, storageIds: Readonly<Record<string, string>> = {}) {
  const remotes = new Map<string, Parameters<typeof overlapProblem>[0]['remote']>();
  return (text: string) => {
    const address = text.startsWith('/') ? undefined : parseAddress(text);
    const place: Place = address ? { kind: 'remote', ...address } : { kind: 'folder', path: text };
    const key = address?.remote ?? text;
    const storageId = storageIds[key];
    const capabilities = { names: { ...linux, ...names }, ...(storageId !== undefined && { storageId }) };
    const remote = remotes.get(key) ?? { capabilities };
    remotes.set(key, remote);
    return { place, root: address?.path ?? rootPath, remote };
  };
}

/** `none` where the places don't overlap. */
function overlap(source: string, target: string, side = sides()): string {
  return overlapProblem(side(source), side(target)) ?? 'none';
}

test('a backup folder must not overlap the target or the source, also through links and other names of a remote (R23)', () => {
  const linked = { '/link': 'disk:/target/old', '/target': 'disk:/target', '/w': 'disk:/w' };
  const named = { r: 'http://s3', other: 'http://s3' };
  for (const [folder, source, target, expected, storageIds] of [
    ['r:b/old', '/w', 'r:b/site', /^none$/],
    ['r:b/site-old', '/w', 'r:b/site', /^none$/],
    ['/old', '/w', '/target', /^none$/],
    ['r:b/site/old', '/w', 'r:b/site', /folder r:b\/site\/old overlaps the target r:b\/site\./],
    ['r:b/site', '/w', 'r:b/site', /overlaps the target/],
    ['r:b', '/w', 'r:b/site', /folder r:b overlaps the target r:b\/site\./],
    ['/target/old', '/w', '/target', /overlaps the target \/target\./],
    ['/w/old', '/w', '/target', /overlaps the source \/w\./],
    ['r:b/src/old', 'r:b/src', 'r:b/site', /overlaps the source r:b\/src\./],
    ['/link', '/w', '/target', /folder \/link overlaps the target/, linked],
    ['r:b/src/old', 'other:b/src', 'r:b/site', /overlaps the source/, named],
  ] as const) {
    const side = sides({}, storageIds);
    assert.match(backupProblem(side(folder), side(source), side(target)) ?? 'none', expected);
  }
});

test('overlapping places are rejected, and both are named (A33, H35, R25)', () => {
  assert.match(overlap('r1:b', 'r1:b/backup'), /target r1:b\/backup lies within the source r1:b\./);
  assert.match(overlap('r1:b/x/y', 'r1:b/x'), /source r1:b\/x\/y lies within the target r1:b\/x\./);
  assert.match(overlap('r1:b/x', 'r1:b/x'), /same place: r1:b\/x/);
  assert.match(overlap('/w', '/w/sub'), /target \/w\/sub lies within the source \/w\./);
  assert.match(overlap('/w/./a/..', '/w/'), /same place/);
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
    assert.equal(overlap(source, target), 'none', `${source} ${target}`);
});

test('places overlap when a disk treats their names as the same', () => {
  assert.equal(overlap('/Work', '/work/sub'), 'none');
  assert.match(overlap('/Work', '/work/sub', sides({ caseSensitive: false })), /lies within/);
  assert.match(overlap('/e\u0301', '/\u00e9', sides({ foldsUnicode: true })), /same place/);
});

test('remotes of different names overlap only where they lead to the same place', () => {
  const [one, other] = ['s3:localhost:9000', 's3:localhost:9001'];
  const side = sides({}, { r1: one, r2: one, r3: other, '/b': 'disk:/b' });
  assert.match(overlap('r1:b', 'r2:b/backup', side), /target r2:b\/backup lies within the source r1:b\./);
  assert.match(overlap('r1:b/x', 'r2:b', side), /source r1:b\/x lies within the target r2:b\./);
  assert.match(overlap('r1:b/x', 'r2:b/x', side), /same place/);
  assert.match(overlap('r1:', 'r2:b/x', side), /lies within/);
  assert.equal(overlap('r1:b/x', 'r2:b/xy', side), 'none');
  assert.equal(overlap('r1:b', 'r3:b', side), 'none');
  assert.equal(overlap('/b', 'r1:b', side), 'none');
});

test('folders are compared by the targets of their links', () => {
  const side = sides({}, { '/link': 'disk:/w/real', '/w': 'disk:/w', '/other': 'disk:/other' });
  assert.match(overlap('/w', '/link', side), /target \/link lies within the source \/w\./);
  assert.equal(overlap('/other', '/link', side), 'none');
});
