import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { random } from '../../../support/random';
import { compareUtf8, SortedKeys } from '../store/sortedKeys';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('sorted keys', () => {
  it('compares UTF-8 bytes, also around surrogates', () => {
    const parts = [
      '',
      'a',
      'b',
      '~',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffee',
      '\u{10000}',
      '\u{1f600}',
      '\u{10ffff}',
    ];
    const keys = parts.flatMap((x) => parts.map((y) => x + y));
    for (const a of keys) {
      for (const b of keys) assert.equal(Math.sign(compareUtf8(a, b)), Math.sign(byBytes(a, b)), `${a} ${b}`);
    }
  });

  it('agrees with a plain sorted set after thousands of additions and removals in any order', () => {
    const keys = new SortedKeys();
    const model = new Set<string>();
    const { whole } = random(12345);
    for (let step = 0; step < 20_000; step++) {
      const key = `k${whole(3000)}`;
      if (step % 3 === 2) {
        keys.delete(key);
        model.delete(key);
      } else {
        keys.add(key);
        model.add(key);
      }
    }
    assert.deepEqual([...keys], [...model].sort(byBytes));
    assert.equal(keys.size, model.size);
    for (const key of model) keys.delete(key);
    assert.deepEqual([...keys], []);
    keys.add('again');
    assert.deepEqual([...keys], ['again']);
  });

  it('adds many keys at once without duplicates, astral characters included', () => {
    const keys = new SortedKeys();
    const early = Array.from({ length: 700 }, (_, i) => `k${i * 3}`);
    for (const key of early) keys.add(key);
    const late = ['\u{1f600}', '\uffee', ...Array.from({ length: 2000 }, (_, i) => `k${1999 - i}`)];
    keys.addMany(late);
    assert.deepEqual([...keys], [...new Set([...early, ...late])].sort(byBytes));
    assert.equal(keys.size, new Set([...early, ...late]).size);
    keys.add('\u{10000}');
    keys.delete('k3');
    assert.deepEqual([...keys].slice(-3), ['\uffee', '\u{10000}', '\u{1f600}']);
    assert.equal(keys.seek((key) => key >= 'k3').key, 'k30');
  });

  it('seeks to the first matching key and skips a whole prefix', () => {
    const keys = new SortedKeys();
    for (let i = 0; i < 5000; i++) keys.add(`a/${String(i).padStart(4, '0')}`);
    for (const key of ['a', 'b', 'c/1']) keys.add(key);
    const reader = keys.seek((key) => key > 'a');
    assert.equal(reader.key, 'a/0000');
    reader.skipPrefix('a/');
    assert.equal(reader.key, 'b');
    reader.next();
    assert.equal(reader.key, 'c/1');
    reader.next();
    assert.equal(reader.key, undefined);
    assert.equal(keys.seek(() => false).key, undefined);
  });
});
