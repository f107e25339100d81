import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchKey, type NameRules, nameProblem, storagePath } from '../../../src/remote/capabilities';

const windows: NameRules = { caseSensitive: false, foldsUnicode: false, forbids: 'windows' };
const posix: NameRules = { caseSensitive: true, foldsUnicode: false, forbids: 'posix' };

test('H19: what would lead elsewhere on Windows can not be a name there: drives, shares, streams, devices', () => {
  for (const name of [
    'C:',
    'C:/x',
    'c:x',
    'a\\..\\..\\x',
    '\\\\server\\share',
    'file.txt:stream',
    'NUL',
    'nul.txt',
    'NUL .txt',
    'd/COM1',
    'd/com¹.log',
    'CONIN$',
    'lpt9/x',
    'x.',
    'x ',
    'd./x',
    'a?b',
    'a\tb',
  ])
    assert.notEqual(nameProblem(name, windows), undefined, name);
});

test('names that only look like those of Windows are fine there', () => {
  for (const name of ['console', 'com', 'COM10', 'nullable.ts', 'a.nul', '.x', ' x', 'lpt', 'C', 'ü', '～'])
    assert.equal(nameProblem(name, windows), undefined, name);
});

test('other systems hold all but NUL', () => {
  for (const name of ['C:\\x', 'nul', 'x.', 'a?b', 'a\nb']) assert.equal(nameProblem(name, posix), undefined);
  assert.notEqual(nameProblem('a\0b', posix), undefined);
});

test('too long parts and paths are told, by bytes', () => {
  const rules: NameRules = { ...posix, maxPartBytes: 255, maxPathBytes: 600 };
  assert.equal(nameProblem('x'.repeat(255), rules), undefined);
  assert.match(nameProblem('x'.repeat(256), rules) ?? '', /255 bytes/);
  assert.match(nameProblem(`a/${'ü'.repeat(128)}`, rules) ?? '', /255 bytes/);
  assert.match(nameProblem(`${'x'.repeat(200)}/`.repeat(3), rules) ?? '', /600 bytes/);
});

test('one name has one key where case or Unicode form is folded', () => {
  assert.equal(matchKey('Ä/B', windows), matchKey('ä/b', windows));
  assert.notEqual(matchKey('A', posix), matchKey('a', posix));
  assert.equal(
    matchKey('e\u0301', { caseSensitive: true, foldsUnicode: true }),
    matchKey('\u00e9', { caseSensitive: true, foldsUnicode: true }),
  );
});

test('a path is located below the place of its remote', () => {
  assert.equal(storagePath({ storageId: 'disk:/w' }, 'a/b'), 'disk:/w/a/b');
  assert.equal(storagePath({ storageId: 's3:aws' }, ''), 's3:aws');
  assert.equal(storagePath({}, 'a'), undefined);
});
