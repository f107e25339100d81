import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StringHashSet } from '../../../../src/plan/match/hashSet';

test('a hash set has the added strings and no others', () => {
  const set = new StringHashSet();
  assert.equal(set.has('a'), false);
  for (let i = 0; i < 200_000; i++) set.add(`folder/${i % 97}/file-${i}.txt`);
  for (let i = 0; i < 200_000; i += 7) assert.ok(set.has(`folder/${i % 97}/file-${i}.txt`));
  for (let i = 0; i < 200_000; i++) assert.ok(!set.has(`folder/${i % 97}/file-${i}.tx`));
});

test('strings of equal length that differ in one character or in order are distinct', () => {
  const texts = ['', 'a', 'b', 'ab', 'ba', 'aab', 'aba', 'baa', '\0', '\0\0', 'é', 'e\u0301'];
  for (const added of texts) {
    const set = new StringHashSet();
    set.add(added);
    for (const text of texts) assert.equal(set.has(text), text === added, JSON.stringify([added, text]));
  }
});
