import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAge, parseSize } from '../../../../src/plan/model/quantities';
import { isRemoteError } from '../../../../src/remote/remoteError';

test('a size is a number of bytes or has a suffix in units of 1024', () => {
  const sizes: readonly (readonly [number | string, number])[] = [
    [0, 0],
    [1500, 1500],
    ['1500', 1500],
    ['10b', 10],
    ['10B', 10],
    ['1k', 1024],
    ['10K', 10_240],
    ['1.5M', 1_572_864],
    ['.5k', 512],
    ['2G', 2_147_483_648],
    ['1t', 1024 ** 4],
    ['1P', 1024 ** 5],
    ['1Ki', 1024],
    ['1KiB', 1024],
    ['1kB', 1024],
    [' 7 ', 7],
  ];
  for (const [given, bytes] of sizes) assert.equal(parseSize(given, 'minSize'), bytes, String(given));
});

test('an age is a sum of lengths, with m for minutes and M for months', () => {
  const second = 1000;
  const day = 86_400 * second;
  const ages: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['90', 90 * second],
    ['100ms', 100],
    ['90s', 90 * second],
    ['30m', 1800 * second],
    ['1.5h', 5400 * second],
    ['1h30m', 5400 * second],
    ['7d', 7 * day],
    ['2w', 14 * day],
    ['6M', 180 * day],
    ['1y', 365 * day],
    ['1y1d', 366 * day],
  ];
  for (const [given, ms] of ages) assert.equal(parseAge(given, 'minAge'), ms, given);
});

test('what is no size or age is refused, naming the option and what was found', () => {
  const isBad = (name: string, found: unknown) => (error: unknown) =>
    isRemoteError(error, 'badSettings') && error.message.includes(`"${name}" is ${JSON.stringify(found)}`);
  for (const size of [
    '',
    'K',
    '-1',
    '1X',
    '1 0',
    '1e3',
    '0x10',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '9999P',
  ])
    assert.throws(() => parseSize(size, 'maxSize'), isBad('maxSize', size), String(size));
  for (const age of ['', 'd', '-1d', '1x', '1 d', '1D', '1d,2h', 'h1'])
    assert.throws(() => parseAge(age, 'minAge'), isBad('minAge', age), age);
});
