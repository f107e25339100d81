import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import {
  checkSyncs,
  isRelative,
  optionsOf,
  resolveSyncSide,
  writeSyncSide,
  writtenOptions,
} from '../../../../src/editor/platform/savedSyncs';
import { defaultPlanOptions } from '../../../../src/plan/model/planOptions';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

const good = { name: 'site', from: './dist', to: 'photos:site/www' };

test('a valid sync has no problem', () => {
  assert.deepEqual(checkSyncs([good]), [{ ...good, options: {} }]);
});

test('a setting that is no list counts as empty', () => {
  for (const written of [undefined, null, 'x', {}, 3]) assert.deepEqual(checkSyncs(written), []);
});

const bad: readonly [string, unknown, RegExp][] = [
  ['no object', 7, /"name" is missing/],
  ['no name', { ...good, name: '' }, /"name" is missing/],
  ['no source', { ...good, from: undefined }, /"from" is missing/],
  ['an address with an empty part', { ...good, to: 'photos:site//www' }, /"to".*empty part/],
  ['an unknown option', { ...good, options: { delete: true } }, /"delete" is unknown/],
  ['an option of another type', { ...good, options: { deletes: true } }, /"deletes"/],
  ['options that are no object', { ...good, options: 'x' }, /options/i],
];
for (const [what, written, says] of bad)
  test(`a sync with ${what} reports it and hides no other sync`, () => {
    const [first, second] = checkSyncs([written, good]);
    assert.match(first?.problem ?? '', says);
    assert.equal(second?.problem, undefined);
  });

test('resolves only a relative folder against the workspace folder', () => {
  assert.deepEqual(resolveSyncSide('./dist', '/home/me/site'), {
    kind: 'folder',
    path: path.resolve('/home/me/site/dist'),
  });
  assert.deepEqual(resolveSyncSide('/srv/www', '/home/me/site'), {
    kind: 'folder',
    path: path.normalize('/srv/www'),
  });
  assert.deepEqual(resolveSyncSide('photos:site/www', undefined), {
    kind: 'remote',
    remote: 'photos',
    path: parsePath('site/www'),
  });
  assert.deepEqual(['dist', '.', '/srv', 'photos:x'].map(isRelative), [true, true, false, false]);
});

test('rejects a relative folder without a workspace folder', () => {
  assert.throws(
    () => resolveSyncSide('dist', undefined),
    (e) => isRemoteError(e, 'badSettings'),
  );
});

test('a written place reads back as the same place', () => {
  const root = path.resolve('/home/me/site');
  for (const text of ['.', './dist/img', 'photos:site/www'])
    assert.equal(writeSyncSide(resolveSyncSide(text, root), root), text);
  const outside = { kind: 'folder', path: path.resolve('/home/me/site2') } as const;
  assert.equal(writeSyncSide(outside, root), outside.path);
  assert.equal(writeSyncSide(outside, undefined), outside.path);
});

test('writes explicitly that an option of the settings is off in a sync', () => {
  const settings = { ...defaultPlanOptions, ignoreFiles: ['.gitignore'], trackRenames: 'hash' as const };
  const written = writtenOptions(defaultPlanOptions, settings);
  assert.deepEqual(written, { ignoreFiles: [], trackRenames: 'none' });
  const options = optionsOf({ ...good, options: written }, settings);
  assert.deepEqual([options.ignoreFiles, options.trackRenames], [[], 'none']);
});

test('writes a virtual folder as its Uri or relative to its workspace folder', () => {
  const root = 'vscode-vfs://github/owner/site';
  for (const text of [
    '.',
    './dist/img',
    './with space',
    'photos:site/www',
    'vscode-vfs://github/owner/site2',
  ])
    assert.equal(writeSyncSide(resolveSyncSide(text, root), root), text);
  assert.deepEqual(resolveSyncSide('./with space', root), { kind: 'uri', uri: `${root}/with%20space` });
  assert.deepEqual(resolveSyncSide('/srv/www', root), { kind: 'folder', path: path.normalize('/srv/www') });
  const [checked] = checkSyncs([{ name: 'x', from: root, to: 'photos:site' }]);
  assert.equal(checked?.problem, undefined);
});

test('options of a sync override the settings, and only differences are written', () => {
  const settings = { ...defaultPlanOptions, compare: 'checksum' as const };
  const options = optionsOf({ ...good, options: { deletes: 'after' } }, settings);
  assert.deepEqual(options, { ...settings, deletes: 'after' });
  assert.deepEqual(writtenOptions(options, settings), { deletes: 'after' });
});
