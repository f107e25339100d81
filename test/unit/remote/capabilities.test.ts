import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchKey, type NameRules, nameProblem, storagePath } from '../../../src/remote/capabilities';

const windows: NameRules = { caseSensitive: false, foldsUnicode: false, forbids: 'windows' };
const posix: NameRules = { caseSensitive: true, foldsUnicode: false, forbids: 'posix' };

test('H19: drives, shares, streams and devices are no names on Windows', () => {
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

test('names similar to device names are valid on Windows', () => {
  for (const name of ['console', 'com', 'COM10', 'nullable.ts', 'a.nul', '.x', ' x', 'lpt', 'C', 'ü', '～'])
    assert.equal(nameProblem(name, windows), undefined, name);
});

test('other systems accept every character but NUL', () => {
  for (const name of ['C:\\x', 'nul', 'x.', 'a?b', 'a\nb']) assert.equal(nameProblem(name, posix), undefined);
  assert.notEqual(nameProblem('a\0b', posix), undefined);
});

test('parts and paths that are too long are reported, in bytes', () => {
  const rules: NameRules = { ...posix, maxPartBytes: 255, maxPathBytes: 600 };
  assert.equal(nameProblem('x'.repeat(255), rules), undefined);
  assert.match(nameProblem('x'.repeat(256), rules) ?? '', /255 bytes/);
  assert.match(nameProblem(`a/${'ü'.repeat(128)}`, rules) ?? '', /255 bytes/);
  assert.match(nameProblem(`${'x'.repeat(200)}/`.repeat(3), rules) ?? '', /600 bytes/);
});

test('equal names have equal keys when case or Unicode form is folded', () => {
  assert.equal(matchKey('Ä/B', windows), matchKey('ä/b', windows));
  assert.notEqual(matchKey('A', posix), matchKey('a', posix));
  assert.equal(
    matchKey('e\u0301', { caseSensitive: true, foldsUnicode: true }),
    matchKey('\u00e9', { caseSensitive: true, foldsUnicode: true }),
  );
});

test('storagePath is below the storageId', () => {
  assert.equal(storagePath({ storageId: 'disk:/w' }, 'a/b'), 'disk:/w/a/b');
  assert.equal(storagePath({ storageId: 's3:aws' }, ''), 's3:aws');
  assert.equal(storagePath({}, 'a'), undefined);
});
