import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUri, toUri, toUriParts } from '../../../../src/editor/platform/remoteUri';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

const address = (remote: string, path: string) => ({ remote, path: parsePath(path) });

test("an address survives its Uri, with the remote's name as in the settings", () => {
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

test('the authority of a Uri is in lower case, as the editor writes it', () => {
  assert.equal(toUriParts(address('Photos', 'b/Key')).authority, 'photos');
  assert.equal(toUriParts(address('Photos', 'b/Key')).path, '/b/Key');
});

test('the path of a Uri contains no link of the editor, and each key survives its Uri', () => {
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

test('keeps a name that is not configured', () => {
  assert.deepEqual(fromUri(toUriParts(address('Gone', 'b/k')), ['photos']), address('gone', 'b/k'));
});

test('drops the trailing slash of a workspace folder', () => {
  const uri = { scheme: 'cloudremotes', authority: 'photos', path: '/' };
  assert.deepEqual(fromUri(uri, ['photos']), address('photos', ''));
  assert.deepEqual(fromUri({ ...uri, path: '/bucket/dir/' }, ['photos']), address('photos', 'bucket/dir'));
});

test('repeated slashes and dot segments resolve as on a disk', () => {
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

test('rejects an invalid path and names the Uri', () => {
  for (const path of ['/b/a\0', '/b/\0/x'])
    assert.throws(
      () => fromUri({ scheme: 'cloudremotes', authority: 'photos', path }, ['photos']),
      (e) => isRemoteError(e, 'badName'),
    );
});
