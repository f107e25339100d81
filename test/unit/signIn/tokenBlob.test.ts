import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTokenBlob, printTokenBlob } from '../../../src/signIn/tokenBlob';

const whole =
  '{"access_token":"Atza|a","token_type":"bearer","refresh_token":"Atzr|r","expiry":"2026-11-21T05:01:56.977850627Z"}';

test("rclone's token is read, with nine digits of a second", () => {
  assert.deepEqual(parseTokenBlob(whole), {
    accessToken: 'Atza|a',
    refreshToken: 'Atzr|r',
    expiresMs: Date.UTC(2026, 10, 21, 5, 1, 56, 977),
  });
});

test('an expiry with an offset is that moment', () => {
  const blob = parseTokenBlob('{"access_token":"a","expiry":"2026-11-21T07:01:56+02:00"}');
  assert.equal(blob?.expiresMs, Date.UTC(2026, 10, 21, 5, 1, 56));
});

test('the zero time, no time and an unreadable time mean: never', () => {
  for (const expiry of ['"0001-01-01T00:00:00Z"', '""', 'null', '"soon"'])
    assert.deepEqual(parseTokenBlob(`{"access_token":"a","expiry":${expiry}}`), { accessToken: 'a' }, expiry);
});

test('what rclone authorize prints around the token is skipped', () => {
  const printed = `Paste the following into your remote machine --->\n${whole}\n<---End paste\n`;
  assert.equal(parseTokenBlob(printed)?.refreshToken, 'Atzr|r');
});

test('a text that is not a token is rejected', () => {
  for (const text of ['', '{', '{}', '[]', '{"access_token":""}', '{"access_token":7}', 'Atza|a'])
    assert.equal(parseTokenBlob(text), undefined, text);
});

test('what is printed is read again as it was', () => {
  for (const blob of [
    { accessToken: 'a' },
    { accessToken: 'a', refreshToken: 'r', expiresMs: 1_700_000_000_123 },
  ])
    assert.deepEqual(parseTokenBlob(printTokenBlob(blob)), blob);
});

test('a time long past is past, not never', () => {
  for (const expiry of ['1970-01-01T00:00:00Z', '1969-01-01T00:00:00Z'])
    assert.equal(
      parseTokenBlob(`{"access_token":"a","expiry":"${expiry}"}`)?.expiresMs,
      Date.parse(expiry),
      expiry,
    );
  const zero = parseTokenBlob('{"access_token":"a","expiry":"0001-01-01T01:00:00+01:00"}');
  assert.equal(zero?.expiresMs, undefined);
});
