import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUri, toUri, toUriParts } from '../../../../src/editor/platform/remoteUri';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

const address = (remote: string, path: string) => ({ remote, path: parsePath(path) });

/** The address of a path on the only remote, `photos`. */
const read = (path: string) => fromUri({ scheme: 'cloudremotes', authority: 'photos', path }, ['photos']);

test("an address survives its Uri, with the remote's name as in the settings", () => {
  const names = ['Photos', 'anna@work', 'Größe 2', 'a+b.c_d', 'ИМЯ'];
  const paths = ['', 'site-assets', 'b/css/main.css', 'b/a#b?c%20d e', 'b/ü/日本', 'b/new\nline', 'b/x:y'];
  for (const name of names)
    for (const path of paths)
      assert.deepEqual(fromUri(toUri(address(name, path)), names), address(name, path));
});

test('the authority of a Uri is in lower case, as the editor writes it', () => {
  const { authority, path } = toUriParts(address('Photos', 'b/Key'));
  assert.deepEqual([authority, path], ['photos', '/b/Key']);
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
    assert.deepEqual(read(path), address('photos', keys[i] ?? ''));
  }
  assert.equal(new Set(paths).size, keys.length);
  assert.equal(paths[9], '/b/[draft](2).txt');
  // As a user types it into the Explorer.
  assert.deepEqual(read('/b/[a](command:x)'), address('photos', 'b/[a](command:x)'));
});

test('an access point ARN is one part of the path', () => {
  const place = address('photos', 'arn:aws:s3:eu-west-1:123456789012:accesspoint:mine/a/b');
  assert.deepEqual(fromUri(toUri(place), ['photos']), place);
});

test('keeps a name that is not configured', () => {
  assert.deepEqual(fromUri(toUriParts(address('Gone', 'b/k')), ['photos']), address('gone', 'b/k'));
});

test('trailing and repeated slashes and dot segments resolve as on a disk', () => {
  const resolved = {
    '/': '',
    '/bucket/dir/': 'bucket/dir',
    '/b//a': 'b/a',
    '//b': 'b',
    '/b///x//y/': 'b/x/y',
    '/b/./x': 'b/x',
    '/b/x/../y': 'b/y',
    '/b/../../x': 'x',
    '/..': '',
    '/b/..x/...': 'b/..x/...',
  };
  for (const [path, key] of Object.entries(resolved))
    assert.deepEqual(read(path), address('photos', key), path);
});

test('rejects an invalid path and names the Uri', () => {
  for (const path of ['/b/a\0', '/b/\0/x'])
    assert.throws(
      () => read(path),
      (error) => isRemoteError(error, 'badName'),
    );
});
