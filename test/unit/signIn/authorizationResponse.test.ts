import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRemoteError, type RemoteErrorKind } from '../../../src/remote/remoteError';
import { readRedirect } from '../../../src/signIn/authorizationResponse';

function failure(query: Record<string, string>): { kind: RemoteErrorKind; message: string } {
  try {
    readRedirect(new URLSearchParams(query), 'ours');
  } catch (error) {
    if (isRemoteError(error)) return error;
    throw error;
  }
  return assert.fail('it was taken');
}

test('the answer to our question holds the code', () => {
  assert.equal(readRedirect(new URLSearchParams('code=ANcode&scope=x&state=ours'), 'ours'), 'ANcode');
});

test('an answer of another state, or of none, is not ours, and neither its code nor its state is told', () => {
  for (const query of [
    { code: 'ANcode', state: 'theirs' },
    { code: 'ANcode' },
    { code: 'ANcode', state: '' },
  ]) {
    const { kind, message } = failure(query);
    assert.equal(kind, 'other');
    assert.doesNotMatch(message, /ANcode|theirs|ours/);
  }
});

test('a refusal is told by its kind', () => {
  const kinds: [string, RemoteErrorKind][] = [
    ['access_denied', 'forbidden'],
    ['unauthorized_client', 'badSettings'],
    ['invalid_scope', 'badSettings'],
    ['server_error', 'unavailable'],
    ['temporarily_unavailable', 'unavailable'],
  ];
  for (const [error, kind] of kinds) assert.equal(failure({ error, state: 'ours' }).kind, kind, error);
});

test("the service's own words are told in sentences, and not without end", () => {
  const { message } = failure({ error: 'invalid_scope', error_description: 'No such scope', state: 'ours' });
  assert.equal(message, 'The service refused the sign-in (invalid_scope). No such scope.');
  const endless = failure({ error: 'e'.repeat(9000), error_description: 'x'.repeat(9000), state: 'ours' });
  assert.ok(endless.message.length < 500);
});

test('a response with neither code nor error is rejected', () => {
  assert.equal(failure({ state: 'ours' }).kind, 'other');
  assert.equal(failure({ code: '', state: 'ours' }).kind, 'other');
});
