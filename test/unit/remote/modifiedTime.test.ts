import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatRcloneTime,
  instantFromMs,
  instantFromNs,
  nsBetween,
  parseRcloneTime,
} from '../../../src/remote/modifiedTime';

test("R2: times are written in rclone's format", () => {
  const cases: [bigint, string][] = [
    [1_700_000_000_000_000_000n, '1700000000'],
    [1_700_000_000_500_000_000n, '1700000000.5'],
    [1_700_000_000_100_000_000n, '1700000000.1'],
    [1_700_000_000_000_000_001n, '1700000000.000000001'],
    [0n, '0'],
    [1n, '0.000000001'],
    [-1_500_000_000n, '-1.5'],
    [-1_000_000_000n, '-1'],
    [-500_000_000n, '-0.5'],
  ];
  for (const [ns, text] of cases) {
    assert.equal(formatRcloneTime(instantFromNs(ns)), text);
    assert.deepEqual(parseRcloneTime(text), instantFromNs(ns));
  }
});

test('R2: fractions shorter or longer than nine digits are read', () => {
  assert.deepEqual(parseRcloneTime('5.25'), { s: 5, ns: 250_000_000 });
  assert.deepEqual(parseRcloneTime('5.1234567899'), { s: 5, ns: 123_456_789 });
  assert.deepEqual(parseRcloneTime('5.'), { s: 5, ns: 0 });
});

test('R2: other text is no time', () => {
  for (const text of ['', 'abc', '1e9', '1,5', '0x10', '.', '--1'])
    assert.equal(parseRcloneTime(text), undefined, text);
});

test('H9: a time out of range is clamped, not refused', () => {
  assert.deepEqual(parseRcloneTime('253402300799'), { s: 9_223_372_036, ns: 0 });
  assert.deepEqual(instantFromMs(Number.NaN), { s: 0, ns: 0 });
});

test('milliseconds before 1970 keep their fraction', () => {
  assert.deepEqual(instantFromMs(-1.5), { s: -1, ns: 998_500_000 });
  assert.equal(nsBetween({ s: 1, ns: 0 }, { s: 0, ns: 999_999_999 }), 1);
});
