import assert from 'node:assert/strict';
import { test } from 'node:test';
import { availableMethods, type SignInMethod, wayNames } from '../../../src/signIn/signInMethods';

const loopback = 'http://127.0.0.1:53682/';
const table: readonly [string, Parameters<typeof availableMethods>[0], readonly SignInMethod[]][] = [
  [
    'a desktop editor',
    { browserIsHere: true, canHandleUris: true, redirectUri: loopback },
    ['loopback', 'uriHandler', 'pasteCode', 'pasteToken'],
  ],
  [
    'a remote window: the browser is on another machine',
    { browserIsHere: false, canHandleUris: true, redirectUri: loopback },
    ['uriHandler', 'pasteCode', 'pasteToken'],
  ],
  [
    'an editor that hands on no addresses',
    { browserIsHere: false, canHandleUris: false, redirectUri: loopback },
    ['pasteCode', 'pasteToken'],
  ],
  [
    'a client that is registered for an address on the web',
    { browserIsHere: true, canHandleUris: true, redirectUri: 'https://example.com/back' },
    ['uriHandler', 'pasteCode', 'pasteToken'],
  ],
  [
    'an invalid redirect address',
    { browserIsHere: true, canHandleUris: false, redirectUri: 'nonsense' },
    ['pasteCode', 'pasteToken'],
  ],
];

for (const [name, situation, ways] of table)
  test(`ways to sign in: ${name}`, () => assert.deepEqual(availableMethods(situation), ways));

test('every way has a name of its own', () => {
  const labels = Object.values(wayNames).map(({ label }) => label);
  assert.equal(new Set(labels).size, labels.length);
});
