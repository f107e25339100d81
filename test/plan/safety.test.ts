import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Place } from '../../src/plan/plan';
import { emptySource, incompleteListing, manyDeletes, overlapProblem } from '../../src/plan/safety';
import type { NameRules } from '../../src/remote/capabilities';
import { parseAddress } from '../../src/remote/remoteAddress';
import { parsePath, rootPath } from '../../src/remote/remotePath';

test('H1: deletes are withheld when the source has no file, and only then', () => {
  assert.equal(emptySource(0, 3)?.effect, 'deletesWithheld');
  assert.match(emptySource(0, 3)?.message ?? '', /all 3 files/);
  assert.equal(emptySource(1, 3), undefined);
  assert.equal(emptySource(0, 0), undefined);
});

test('R21: deletes are withheld when anything could not be listed, and the finding names it', () => {
  const problem = { side: 'target', path: parsePath('a/b'), kind: 'forbidden', message: 'No.' } as const;
  assert.equal(incompleteListing([problem], 1)?.effect, 'deletesWithheld');
  assert.match(incompleteListing([problem], 1)?.message ?? '', /target.*"a\/b"/);
  assert.equal(incompleteListing([], 1), undefined);
  assert.equal(incompleteListing([problem], 0), undefined);
});

test('H27: from ten on, deleting more than half of the target is asked for once more', () => {
  assert.equal(manyDeletes(9, 9), undefined);
  assert.equal(manyDeletes(10, 20), undefined);
  assert.equal(manyDeletes(10, 19)?.effect, 'confirm');
  assert.equal(manyDeletes(11, 20)?.effect, 'confirm');
  assert.match(manyDeletes(11, 20)?.message ?? '', /11 of the target's 20/);
});

const linux: NameRules = { caseSensitive: true, foldsUnicode: false, forbids: 'nothing' };

function overlap(
  source: string,
  target: string,
  names: Partial<NameRules> = {},
  locations: Readonly<Record<string, string>> = {},
): string | undefined {
  const remotes = new Map<string, Parameters<typeof overlapProblem>[0]['remote']>();
  const side = (text: string) => {
    const address = text.startsWith('/') ? undefined : parseAddress(text);
    const place: Place = address ? { kind: 'remote', ...address } : { kind: 'folder', path: text };
    const key = address?.remote ?? text;
    const location = locations[key];
    const capabilities = { names: { ...linux, ...names }, ...(location !== undefined && { location }) };
    const remote = remotes.get(key) ?? { capabilities };
    remotes.set(key, remote);
    return { place, root: address?.path ?? rootPath, remote };
  };
  return overlapProblem(side(source), side(target));
}

test('A33, H35, R25: places of which one lies in the other are refused, and both are named', () => {
  assert.match(overlap('r1:b', 'r1:b/backup') ?? '', /target r1:b\/backup lies within the source r1:b\./);
  assert.match(overlap('r1:b/x/y', 'r1:b/x') ?? '', /source r1:b\/x\/y lies within the target r1:b\/x\./);
  assert.match(overlap('r1:b/x', 'r1:b/x') ?? '', /same place: r1:b\/x/);
  assert.match(overlap('/w', '/w/sub') ?? '', /target \/w\/sub lies within the source \/w\./);
  assert.match(overlap('/w/./a/..', '/w/') ?? '', /same place/);
});

test('places side by side do not overlap, even when one begins like the other', () => {
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

test('names that a disk takes for one make places overlap', () => {
  assert.equal(overlap('/Work', '/work/sub'), undefined);
  assert.match(overlap('/Work', '/work/sub', { caseSensitive: false }) ?? '', /lies within/);
  assert.match(overlap('/e\u0301', '/\u00e9', { foldsUnicode: true }) ?? '', /same place/);
});

test('remotes of different names that lead to one place overlap there, and nowhere else', () => {
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

test('folders are compared by where their links lead', () => {
  const links = { '/link': 'disk:/w/real', '/w': 'disk:/w', '/other': 'disk:/other' };
  assert.match(overlap('/w', '/link', {}, links) ?? '', /target \/link lies within the source \/w\./);
  assert.equal(overlap('/other', '/link', {}, links), undefined);
});
