import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatAddress,
  looksLikeAddress,
  parseAddress,
  remoteNameProblem,
} from '../../../src/remote/remoteAddress';
import { isRemoteError } from '../../../src/remote/remoteError';
import {
  comparePaths,
  isWithin,
  joinPath,
  parentPath,
  parsePath,
  pathProblem,
  relativePath,
  rootPath,
  uniqueName,
} from '../../../src/remote/remotePath';

test('an invalid path is refused and named', () => {
  for (const text of ['/a', 'a/', 'a//b', '.', '..', 'a/../b', 'a/./b', 'a\0b']) {
    assert.throws(
      () => parsePath(text),
      (e) => isRemoteError(e, 'badName') && e.message.includes(JSON.stringify(text)),
    );
  }
  for (const text of ['', 'a', 'a b/ c', '...', 'a\\b', 'a\nb', '~', '％'])
    assert.equal(pathProblem(text), undefined);
});

test('paths are ordered by their UTF-8 bytes', () => {
  const samples = [
    '',
    'a',
    'a-b',
    'a.b',
    'a/b',
    'a0',
    'ab',
    'é',
    'e\u0301',
    '～',
    '😀',
    '\ue000',
    'a😀',
    'a～',
  ];
  const bytes = [...samples].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual([...samples].sort(comparePaths), bytes);
});

test('parents and containment of paths', () => {
  const path = joinPath(parsePath('a'), 'b/c');
  assert.equal(path, 'a/b/c');
  assert.equal(parentPath(path), 'a/b');
  assert.equal(parentPath(parsePath('a')), rootPath);
  assert.ok(isWithin(path, parsePath('a')) && isWithin(path, rootPath));
  assert.ok(!isWithin(parsePath('ab'), parsePath('a')));
  assert.equal(relativePath(path, parsePath('a')), 'b/c');
});

test('an address has a remote and a path', () => {
  assert.deepEqual(parseAddress('photos:bucket/a/'), { remote: 'photos', path: 'bucket/a' });
  assert.equal(formatAddress(parseAddress('photos:')), 'photos:');
  assert.equal(
    parseAddress('p1:arn:aws:s3:eu-west-1:123:accesspoint/data/x/y').path,
    'arn:aws:s3:eu-west-1:123:accesspoint:data/x/y',
  );
});

test('local paths are no addresses', () => {
  for (const windows of [true, false])
    for (const text of ['/a:b', './a:b', '.\\a:b', ':a', 'plain'])
      assert.equal(looksLikeAddress(text, windows), false, text);
  for (const text of ['C:\\x', 'c:/x']) assert.equal(looksLikeAddress(text, true), false, text);
  assert.equal(looksLikeAddress('r:bucket/x', false), true);
  assert.throws(
    () => parseAddress('plain'),
    (e) => isRemoteError(e, 'badName'),
  );
  assert.throws(
    () => parseAddress('a?b:c'),
    (e) => isRemoteError(e, 'badName'),
  );
});

test("remote names follow rclone's rules", () => {
  for (const name of ['photos', 'my remote', 'a.b-c_d', 'anna@home', 'größe'])
    assert.equal(remoteNameProblem(name), undefined);
  assert.equal(remoteNameProblem('x', false), undefined);
  assert.ok(remoteNameProblem('x', true));
  for (const name of ['', '-a', ' a', 'a ', 'a:b', 'a/b']) assert.ok(remoteNameProblem(name), name);
});

test('a taken name gets the first free suffix, before its extension', () => {
  for (const [taken, copy, number] of [
    [[], 'a.txt', 'a.txt'],
    [['a.txt'], 'a copy.txt', 'a (2).txt'],
    [['a.txt', 'a copy.txt', 'a (2).txt'], 'a copy 2.txt', 'a (3).txt'],
  ] as const) {
    assert.equal(uniqueName('a.txt', new Set(taken)), copy);
    assert.equal(uniqueName('a.txt', new Set(taken), 'number'), number);
  }
  assert.equal(uniqueName('.env', new Set(['.env'])), '.env copy');
});
