import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUri, toUri, toUriParts } from '../../../../src/editor/platform/remoteUri';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

const address = (remote: string, path: string) => ({ remote, path: parsePath(path) });

test('an address comes back from its Uri as the settings spell the remote', () => {
  const names = ['Photos', 'anna@work', 'Größe 2', 'a+b.c_d', 'ИМЯ'];
  for (const name of names) {
    for (const path of [
      '',
      'site-assets',
      'b/css/main.css',
      'b/a#b?c%20d e',
      'b/ü/日本',
      'b/new\nline',
      'b/x:y',
    ])
      assert.deepEqual(fromUri(toUri(address(name, path)), names), address(name, path));
  }
});

test('the authority of a Uri has no upper case, since the editor would lower it', () => {
  assert.equal(toUriParts(address('Photos', 'b/Key')).authority, 'photos');
  assert.equal(toUriParts(address('Photos', 'b/Key')).path, '/b/Key');
});

test('no path of a Uri holds what the editor takes for a link, and each key comes back from its own', () => {
  const keys = [
    'b/[Show which](command:workbench.action.toggleSidebarVisibility)/a.txt',
    'b/[a](command:x "title")',
    'b/[a](FILE:x)',
    'b/[a](HTTPS:x)',
    'b/[a](vscode+x.y-z:q)',
    'b/[a]\u2060(command:x)',
    'b/[a]\u2060\u2060(command:x)',
    'b/[[a](command:x)](command:y)',
    'b/](command:](command:',
    'b/[draft](2).txt',
    'b/[a]\u2060(2)',
  ];
  const paths = keys.map((key) => toUriParts(address('photos', key)).path);
  for (const [i, path] of paths.entries()) {
    assert.doesNotMatch(path, /\[[^\]]+\]\((?:https?:|command:|file:|vscode)/i);
    const uri = { scheme: 'cloudremotes', authority: 'photos', path };
    assert.deepEqual(fromUri(uri, ['photos']), address('photos', keys[i] ?? ''));
  }
  assert.equal(new Set(paths).size, keys.length);
  assert.equal(paths[9], '/b/[draft](2).txt');
  // As somebody types it into the Explorer.
  const typed = { scheme: 'cloudremotes', authority: 'photos', path: '/b/[a](command:x)' };
  assert.deepEqual(fromUri(typed, ['photos']), address('photos', 'b/[a](command:x)'));
});

test('an access point ARN is one part of the path', () => {
  const arn = 'arn:aws:s3:eu-west-1:123456789012:accesspoint:mine';
  assert.deepEqual(
    fromUri(toUri(address('photos', `${arn}/a/b`)), ['photos']),
    address('photos', `${arn}/a/b`),
  );
});

test('a name that is not configured comes back as the Uri has it', () => {
  assert.deepEqual(fromUri(toUriParts(address('Gone', 'b/k')), ['photos']), address('gone', 'b/k'));
});

test('one trailing slash, as the editor gives for the top of a workspace folder, is dropped', () => {
  const uri = { scheme: 'cloudremotes', authority: 'photos', path: '/' };
  assert.deepEqual(fromUri(uri, ['photos']), address('photos', ''));
  assert.deepEqual(fromUri({ ...uri, path: '/bucket/dir/' }, ['photos']), address('photos', 'bucket/dir'));
});

test('slashes in a row and dots lead to where they lead on a disk', () => {
  const ways = {
    '/b//a': 'b/a',
    '//b': 'b',
    '/b///x//y/': 'b/x/y',
    '/b/./x': 'b/x',
    '/b/x/../y': 'b/y',
    '/b/../../x': 'x',
    '/..': '',
    '/b/..x/...': 'b/..x/...',
  };
  for (const [path, there] of Object.entries(ways))
    assert.deepEqual(
      fromUri({ scheme: 'cloudremotes', authority: 'photos', path }, ['photos']),
      address('photos', there),
      path,
    );
});

test('a Uri whose path is none of a remote is refused and named', () => {
  for (const path of ['/b/a\0', '/b/\0/x'])
    assert.throws(
      () => fromUri({ scheme: 'cloudremotes', authority: 'photos', path }, ['photos']),
      (e) => isRemoteError(e, 'badName'),
    );
});
