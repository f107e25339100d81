import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTokenBlob, printTokenBlob } from '../../../src/signIn/tokenBlob';

const whole =
  '{"access_token":"Atza|a","token_type":"bearer","refresh_token":"Atzr|r","expiry":"2026-11-21T05:01:56.977850627Z"}';
const token = {
  accessToken: 'Atza|a',
  refreshToken: 'Atzr|r',
  expiresMs: Date.UTC(2026, 10, 21, 5, 1, 56, 977),
};

test("rclone's token is read, alone and between the lines that rclone authorize prints", () => {
  assert.deepEqual(parseTokenBlob(whole), token);
  const printed = `Paste the following into your remote machine --->\n${whole}\n<---End paste\n`;
  assert.deepEqual(parseTokenBlob(printed), token);
});

for (const [expiry, expiresMs] of [
  ['2026-11-21T07:01:56+02:00', Date.UTC(2026, 10, 21, 5, 1, 56)],
  ['1970-01-01T00:00:00Z', 0],
  ['1969-01-01T00:00:00Z', Date.UTC(1969, 0, 1)],
  ['0001-01-01T00:00:00Z', undefined],
  ['0001-01-01T01:00:00+01:00', undefined],
  ['', undefined],
  [null, undefined],
  ['soon', undefined],
] as const)
  test(`the expiry ${JSON.stringify(expiry)} means ${expiresMs ?? 'never'}`, () => {
    assert.equal(parseTokenBlob(JSON.stringify({ access_token: 'a', expiry }))?.expiresMs, expiresMs);
  });

test('a text that is not a token is rejected', () => {
  for (const text of ['', '{', '{}', '[]', '{"access_token":""}', '{"access_token":7}', 'Atza|a'])
    assert.equal(parseTokenBlob(text), undefined, text);
});

test('a printed token is read unchanged', () => {
  const blobs = fc.record(
    {
      accessToken: fc.string({ minLength: 1 }),
      refreshToken: fc.string({ minLength: 1 }),
      expiresMs: fc.integer({ min: 0, max: Date.UTC(9999, 0) }),
    },
    { requiredKeys: ['accessToken'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(blobs, (blob) => assert.deepEqual(parseTokenBlob(printTokenBlob(blob)), blob)),
    { numRuns: 200 },
  );
});
