import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAge, parseSize } from '../../../../src/plan/model/quantities';
import { isRemoteError } from '../../../../src/remote/remoteError';

test('a size is a number of bytes or a text, whose bare number counts bytes', () => {
  for (const [given, bytes] of [
    [0, 0],
    [1500, 1500],
    [1.5, 2],
    ['1500', 1500],
    ['10K', 10_240],
    [' 7 ', 7],
  ] as const)
    assert.equal(parseSize(given, 'minSize'), bytes, String(given));
});

test('an age without a unit counts seconds', () => {
  for (const [given, ms] of [
    ['0', 0],
    ['90', 90_000],
    ['1h30m', 5_400_000],
  ] as const)
    assert.equal(parseAge(given, 'minAge'), ms, given);
});

test('an invalid size or age is rejected with the name of the option and the value', () => {
  const isBad = (name: string, found: unknown) => (error: unknown) =>
    isRemoteError(error, 'badSettings') && error.message.includes(`"${name}" is ${JSON.stringify(found)}`);
  const sizes = [
    '',
    'K',
    '-1',
    '1X',
    '1 0',
    '1e3',
    '0x10',
    '9999P',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ];
  for (const size of sizes)
    assert.throws(() => parseSize(size, 'maxSize'), isBad('maxSize', size), String(size));
  for (const age of ['', 'd', '-1d', '1x', '1 d', '1D', '1d,2h', 'h1'])
    assert.throws(() => parseAge(age, 'minAge'), isBad('minAge', age), age);
});
