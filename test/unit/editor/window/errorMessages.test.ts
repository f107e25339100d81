import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presentError } from '../../../../src/editor/window/errorMessages';
import { RemoteError } from '../../../../src/remote/remoteError';

test('an error has the failed operation, the reason and its actions', () => {
  const error = new RemoteError('forbidden', 'site: access denied.');
  assert.deepEqual(presentError(error, "Can't list photos:site"), {
    short: 'access denied',
    text: "Can't list photos:site. site: access denied.",
    actions: ['editRemote', 'retry', 'showLog'],
  });
});

test('an expired sign-in offers to copy its command', () => {
  const error = new RemoteError('unauthenticated', 'Expired.', { command: 'aws sso login --profile work' });
  const shown = presentError(error, "Can't list photos");
  assert.equal(shown.command, 'aws sso login --profile work');
  assert.equal(shown.actions[0], 'copyCommand');
  assert.ok(
    !presentError(new RemoteError('unauthenticated', 'Wrong key.'), '').actions.includes('copyCommand'),
  );
});

test('a bug of the extension is an internal error, not a rejection by the storage', () => {
  const shown = presentError(new TypeError('x is not a function'), "Can't list photos");
  assert.match(shown.text, /Internal error/);
  assert.deepEqual(shown.actions, ['showLog', 'retry']);
});

for (const [facts, short] of [
  [{ code: 'SignatureDoesNotMatch (403)' }, 'keys refused'],
  [{ code: 'InvalidAccessKeyId (403)' }, 'keys refused'],
  [{ code: '(401)' }, 'keys refused'],
  [{ code: 'ExpiredToken (400)' }, 'keys expired'],
  [{ code: 'InvalidToken (400)' }, 'keys expired'],
  [{}, 'credentials missing'],
  [{ command: 'aws sso login' }, 'sign-in needed'],
  [{ signIn: true, code: 'signedOut' }, 'not signed in'],
  [{ signIn: true }, 'sign-in expired'],
] as const)
  test(`${JSON.stringify(facts)} is "${short}"`, () => {
    assert.equal(presentError(new RemoteError('unauthenticated', 'No.', facts), '').short, short);
  });
