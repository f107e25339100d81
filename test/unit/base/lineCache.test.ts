import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { PersistentLineCache } from '../../../src/base/lineCache';
import { LineIndex } from '../../../src/base/lineIndex';
import { silentLog } from '../../../src/base/log';
import { inTemporaryFolder } from '../backends/s3/s3Fixture';

const header = 'test lines 1';

function open(file: string | undefined, maxEntries = 1000): PersistentLineCache {
  return new PersistentLineCache({ file, header, what: 'The test', tag: 'plan', log: silentLog, maxEntries });
}

const anyKey = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a/b',
    'end',
    'é',
    '写真/1.jpg',
    '\u{1f600}',
    'tab\t',
    'line\n',
    'back\\slash',
    '\\t',
    '\ud800',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
);
const anyStep = fc.oneof(
  fc.tuple(fc.constant('set'), anyKey, fc.constantFrom('1', '2\t3', 'é')),
  fc.tuple(fc.constant('delete'), anyKey, fc.constant('')),
  fc.tuple(fc.constantFrom('reopen', 'reopenLate'), fc.constant(''), fc.constant('')),
);

test('lines are those of a map, over any changes and sessions', async () => {
  await inTemporaryFolder(async (folder) => {
    let run = 0;
    const law = fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
      const file = path.join(folder, String(++run));
      const model = new Map<string, string>();
      let cache = open(file);
      let session = 0;
      await cache.load();
      for (const [what, key, line] of steps) {
        if (what === 'set') {
          cache.set(key, line);
          model.set(key, line);
        } else if (what === 'delete') {
          cache.delete(key);
          model.delete(key);
        } else {
          // A delete before the file is loaded doesn't cause a write.
          cache.set('session', String(++session));
          model.set('session', String(session));
          await cache.save();
          cache = open(file);
          // Changes before the file is loaded take precedence over its lines.
          if (what === 'reopen') await cache.load();
        }
      }
      await cache.load();
      for (const [, key] of steps) assert.equal(cache.get(key), model.get(key), JSON.stringify(key));
      for (const [key, line] of model) assert.equal(cache.get(key), line, JSON.stringify(key));
      assert.equal(cache.size, model.size);
      // A later write would meet a folder that is being removed.
      await cache.save();
    });
    await fc.assert(law, { numRuns: 300 });
  });
});

test('the oldest lines are dropped first, those of earlier sessions before those of this one', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'lines');
    const first = open(file);
    for (const key of ['a', 'b', 'c', 'd']) first.set(key, '1');
    await first.save();
    const second = open(file, 4);
    await second.load();
    second.set('a', '2');
    second.set('e', '1');
    second.set('f', '1');
    await second.save();
    const third = open(file);
    await third.load();
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => third.get(key)),
      ['2', undefined, undefined, '1', '1', '1'],
    );
    assert.equal(await readFile(file, 'latin1'), `${header}\nd\t1\na\t2\ne\t1\nf\t1\nend\t4\n`);
  });
});

test('a file that is incomplete, foreign or has another number of lines is ignored', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'lines');
    const whole = `${header}\na\t1\nb\t2\nend\t2\n`;
    for (const [text, found] of [
      [whole, '1'],
      [whole.slice(0, -1), undefined],
      [`${whole}c\t3\n`, undefined],
      [whole.replace('end\t2', 'end\t3'), undefined],
      [whole.replace(header, 'other lines 1'), undefined],
      [`${header}\n`, undefined],
      ['', undefined],
    ] as const) {
      await writeFile(file, text);
      const cache = open(file);
      await cache.load();
      assert.equal(cache.get('a'), found, JSON.stringify(text));
    }
  });
});

test('lines are found in any order, also many with one hash', () => {
  // "Aa" and "BB" have one hash, and so have all words of these syllables.
  const words = Array.from({ length: 1 << 10 }, (_, n) =>
    Array.from({ length: 10 }, (__, bit) => ((n >> bit) & 1 ? 'Aa' : 'BB')).join(''),
  );
  const text = `${header}\n${words.map((word, i) => `${word}\t${i}\n`).join('')}end\t${words.length}\n`;
  const index = LineIndex.parse(Buffer.from(text), header);
  assert.ok(index);
  for (const [i, word] of words.entries()) assert.equal(index.get(word), String(i));
  for (const [i, word] of [...words.entries()].reverse()) assert.equal(index.get(word), String(i));
  assert.equal(index.get('AaCC'), undefined);
  assert.ok(index.delete('Aa'.repeat(10)));
  assert.equal(index.get('Aa'.repeat(10)), undefined);
  assert.equal(index.size, words.length - 1);
});
