import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSize, parseDuration, parseSize, type SizeUnit, splitSize } from '../../../src/base/quantities';

const bytes = { bareUnit: 'B' } as const;
const units: readonly SizeUnit[] = ['B', 'K', 'M', 'G', 'T', 'P', 'E'];

/** The spellings of a unit that rclone accepts. */
const spellings = (unit: SizeUnit) =>
  (unit === 'B' ? ['B'] : [unit, `${unit}i`, `${unit}B`, `${unit}iB`]).flatMap((text) => [
    text,
    text.toLowerCase(),
  ]);

test('a size that is formatted reads back as the same size', () => {
  const sizes = fc.oneof(
    fc.maxSafeNat(),
    fc.tuple(fc.nat(1000), fc.nat(4)).map(([n, power]) => n * 1024 ** power),
  );
  fc.assert(fc.property(sizes, (size) => assert.equal(parseSize(formatSize(size), bytes), size)));
  assert.deepEqual([0, 123, 1024, 5 * 1024 ** 2, 2048 * 1024 ** 3].map(formatSize), [
    '0',
    '123',
    '1Ki',
    '5Mi',
    '2048Gi',
  ]);
});

test('every unit is 1024 times the one before, in every spelling', () => {
  fc.assert(
    fc.property(fc.nat(4000), fc.constantFrom(...units), fc.nat(7), (count, unit, index) => {
      const all = spellings(unit);
      const text = `${count}${all[index % all.length]}`;
      assert.equal(parseSize(text), count * 1024 ** units.indexOf(unit), text);
      assert.deepEqual(splitSize(text), { count: String(count), unit });
    }),
    { numRuns: 300 },
  );
  for (const [text, size] of [
    ['1.5M', 1_572_864],
    ['.5k', 512],
    ['2.G', 2 * 1024 ** 3],
    [' 5 MiB ', 5 * 1024 ** 2],
    ['0.4B', 0],
  ] as const)
    assert.equal(parseSize(text), size, text);
});

test('a size without a unit counts the unit that the caller names, and is rejected without one', () => {
  assert.deepEqual(
    [parseSize('10'), parseSize('10', bytes), parseSize('10', { bareUnit: 'K' })],
    [undefined, 10, 10_240],
  );
});

test('no other text is a size', () => {
  for (const text of ['', 'K', '-1', '1X', '1 0', '1e3', '0x10', 'off', '9Zi', '1,5M', 'Infinity', 'NaN'])
    assert.equal(parseSize(text, bytes), undefined, text);
});

test('a duration is the sum of its parts', () => {
  const parts = fc
    .tuple(fc.nat(10_000), fc.constantFrom('ms', 's', 'm', 'h', 'd', 'w', 'M', 'y'))
    .map(([n, unit]) => `${n}${unit}`);
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 4 }), (all) => {
      const sum = all.reduce((ms, part) => ms + (parseDuration(part) ?? Number.NaN), 0);
      assert.equal(parseDuration(all.join('')), sum);
    }),
  );
});

test('every unit of a duration has its milliseconds, also below one', () => {
  const second = 1000;
  const day = 86_400 * second;
  for (const [text, ms] of [
    ['7ns', 7e-6],
    ['3us', 3e-3],
    ['3µs', 3e-3],
    ['3μs', 3e-3],
    ['100ms', 100],
    ['90s', 90 * second],
    ['30m', 1800 * second],
    ['1.5h', 5400 * second],
    ['1h30m', 5400 * second],
    ['7d', 7 * day],
    ['2w', 14 * day],
    ['6M', 180 * day],
    ['1y1d', 366 * day],
    ['.5s', 500],
  ] as const)
    assert.equal(parseDuration(text), ms, text);
});

test('a duration without a unit counts the unit that the caller names, and is rejected without one', () => {
  assert.deepEqual([parseDuration('7'), parseDuration('7', { bareUnit: 's' })], [undefined, 7000]);
});

test('no other text is a duration', () => {
  for (const text of ['', 'd', '-1d', '1x', '1 d', '1D', '1d,2h', 'h1', '1e3s', '7undefined'])
    assert.equal(parseDuration(text, { bareUnit: 's' }), undefined, text);
});
