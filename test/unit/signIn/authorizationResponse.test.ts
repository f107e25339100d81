import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRemoteError, type RemoteErrorKind } from '../../../src/remote/remoteError';
import { readPasted, readRedirect } from '../../../src/signIn/authorizationResponse';

const state = 'the-state-of-this-sign-in';

function failure(query: Record<string, string>): { kind: RemoteErrorKind; message: string } {
  try {
    readRedirect(new URLSearchParams(query), state);
  } catch (error) {
    if (isRemoteError(error)) return error;
    throw error;
  }
  return assert.fail('accepted');
}

test('the redirect of this sign-in holds the code', () => {
  assert.equal(readRedirect(new URLSearchParams({ code: 'ANcode', scope: 'x', state }), state), 'ANcode');
});

const failures: readonly (readonly [title: string, query: Record<string, string>, kind: RemoteErrorKind])[] =
  [
    ['another state', { code: 'ANcode', state: 'theirs' }, 'other'],
    ['no state', { code: 'ANcode' }, 'other'],
    ['an empty state', { code: 'ANcode', state: '' }, 'other'],
    ['neither code nor error', { state }, 'other'],
    ['an empty code', { code: '', state }, 'other'],
    ['access_denied', { error: 'access_denied', state }, 'forbidden'],
    ['unauthorized_client', { error: 'unauthorized_client', state }, 'badSettings'],
    ['invalid_scope', { error: 'invalid_scope', state }, 'badSettings'],
    ['server_error', { error: 'server_error', state }, 'unavailable'],
    ['temporarily_unavailable', { error: 'temporarily_unavailable', state }, 'unavailable'],
  ];
for (const [title, query, kind] of failures)
  test(`a redirect with ${title} is an error that quotes neither code nor state`, () => {
    const error = failure(query);
    assert.equal(error.kind, kind);
    assert.doesNotMatch(error.message, new RegExp(`ANcode|theirs|${state}`));
  });

test('the description of the service becomes a sentence and is cut', () => {
  const { message } = failure({ error: 'invalid_scope', error_description: 'No such scope', state });
  assert.equal(message, 'The service rejected the sign-in (invalid_scope). No such scope.');
  const endless = failure({ error: 'e'.repeat(9000), error_description: 'x'.repeat(9000), state });
  assert.ok(endless.message.length < 500);
});

const code = { kind: 'code', code: 'ANcode-12' };
const problem = /^[A-Z][^{}]+\.$/;
const pasted: readonly (readonly [text: string, expected: object | RegExp])[] = [
  [`http://127.0.0.1:53682/?code=ANcode-12&scope=x&state=${state}`, code],
  [`  http://127.0.0.1:53682/?state=${state}&code=ANcode-12#top\n`, code],
  [`?code=ANcode-12&state=${state}`, code],
  [`http://127.0.0.1:53682/?code=ANco\n  de-12&state=${state}`, code],
  [' ANcode-12 ', code],
  ['http://127.0.0.1:53682/?code=ANcode-12&state=theirs', /another sign-in/],
  [`http://127.0.0.1:53682/?error=access_denied&state=${state}`, /^Access was denied\.$/],
  [
    '{"access_token":"Atza|a","refresh_token":"Atzr|r"}',
    { kind: 'token', token: { accessToken: 'Atza|a', refreshToken: 'Atzr|r' } },
  ],
  ['{"access_token":', /Not a token as rclone prints it/],
  ['', problem],
  ['hello world', problem],
  ['short', problem],
  ['https://example.com/', problem],
];
for (const [text, expected] of pasted)
  test(`pasted: ${JSON.stringify(text)}`, () => {
    const read = readPasted(text, state);
    if (!(expected instanceof RegExp)) return assert.deepEqual(read, expected);
    assert.ok(read.kind === 'problem');
    assert.match(read.problem, expected);
    assert.doesNotMatch(read.problem, /ANcode/);
    assert.ok(text === '' || !read.problem.includes(text), 'never repeats the text');
  });
