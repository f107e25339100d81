import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatter } from '../../../src/preview/format';
import { cut, englishStrings, fill } from '../../../src/preview/strings';

const format = formatter('en', englishStrings);

test('A KB has 1024 bytes; small sizes have one decimal digit', () => {
  const sizes: [number, string][] = [
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 KB'],
    [4198, '4.1 KB'],
    [102_400, '100 KB'],
    [1_048_575, '1 MB'],
    [2_411_724, '2.3 MB'],
    [5 * 1024 ** 4, '5 TB'],
  ];
  for (const [bytes, text] of sizes) assert.equal(format.bytes(bytes), text);
  assert.equal(format.exactBytes(4198), '4,198 B');
});

test('Times are relative to now, count calendar days, and become dates after a week', () => {
  const now = new Date(2026, 10, 21, 10, 30).getTime();
  const at = (...parts: [number, number, number, number, number]) =>
    format.ago(new Date(...parts).getTime(), now);
  assert.equal(format.ago(now - 20_000, now), 'just now');
  assert.equal(format.ago(now - 3 * 60_000, now), '3 min ago');
  assert.equal(at(2026, 10, 21, 8, 30), '2 h ago');
  assert.equal(at(2026, 10, 20, 23, 59), 'yesterday');
  assert.equal(at(2026, 10, 18, 12, 0), '3 days ago');
  assert.equal(at(2026, 10, 2, 12, 0), 'Nov 2');
  assert.equal(at(2025, 10, 2, 12, 0), 'Nov 2, 2025');
});

test('A future time is a date', () => {
  const now = new Date(2026, 10, 21, 10, 30).getTime();
  assert.equal(format.ago(now + 3_600_000, now), 'Nov 21');
});

test('Durations have at most two units', () => {
  const durations: [number, string][] = [
    [40, '0.1 s'],
    [1234, '1.2 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [185_000, '3 min 5 s'],
    [180_000, '3 min'],
    [4_320_000, '1 h 12 min'],
  ];
  for (const [ms, text] of durations) assert.equal(format.duration(ms), text);
});

test('Only the whole is 100 %', () => {
  assert.equal(format.percent(0.9999), '99 %');
  assert.equal(format.percent(1), '100 %');
  assert.equal(format.percent(1.2), '100 %');
});

test('Only 1 is singular', () => {
  const uploads = (n: number) => format.plural(n, englishStrings.uploadOne, englishStrings.uploadMany);
  assert.deepEqual([0, 1, 12_431].map(uploads), ['0 uploads', '1 upload', '12,431 uploads']);
});

test('An invalid language falls back to English instead of failing', () => {
  assert.equal(formatter('not a tag!', englishStrings).count(12_431), '12,431');
});

test('Values replace their placeholders, whatever they contain', () => {
  assert.equal(fill('{1} is like {0}', '{1}$&', 'b'), 'b is like {1}$&');
  assert.equal(fill('{0} of {1}', 'a'), 'a of {1}');
  assert.deepEqual(cut('{0} will be made like {1}'), [0, ' will be made like ', 1]);
});
