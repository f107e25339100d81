import assert from 'node:assert/strict';
import { test } from 'node:test';
import { availableMethods, methodLabels } from '../../../src/signIn/signInMethods';

const anywhere = ['uriHandler', 'pasteCode', 'pasteToken'];
const everything = ['loopback', ...anywhere];
for (const [title, browserIsHere, redirectUri, methods] of [
  ['a desktop editor', true, 'http://127.0.0.1:53682/', everything],
  ['a desktop editor, and a client with a named loopback URL', true, 'http://localhost', everything],
  ['a remote window, whose browser is on another machine', false, 'http://127.0.0.1:53682/', anywhere],
  ['a client that is registered for a URL on the web', true, 'https://example.com/back', anywhere],
  ['a host that only starts like a loopback name', true, 'http://localhost.example.com/', anywhere],
  ['an invalid redirect URI', true, 'nonsense', anywhere],
] as const)
  test(`sign-in methods: ${title}`, () =>
    assert.deepEqual(availableMethods(browserIsHere, redirectUri), methods));

test('every method has its own label', () => {
  const labels = Object.values(methodLabels);
  assert.equal(new Set(labels).size, labels.length);
});
