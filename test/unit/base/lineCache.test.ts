import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { PersistentLineCache } from '../../../src/base/lineCache';
import type { LineMemory } from '../../../src/base/lines/fileBytes';
import { hashOf } from '../../../src/base/lines/lineIndex';
import { LineLog } from '../../../src/base/lines/lineLog';
import { StoredLines } from '../../../src/base/lines/storedLines';
import { silentLog } from '../../../src/base/log';
import { inTemporaryFolder } from '../backends/s3/s3Fixture';

const header = 'test lines 1';

function open(
  file: string | undefined,
  maxEntries = 1000,
  more: { readonly memory?: LineMemory; readonly maxChanges?: number } = {},
): PersistentLineCache {
  const names = { header, what: 'The test', tag: 'plan', log: silentLog } as const;
  return new PersistentLineCache({ file, ...names, maxEntries, ...more });
}

/** From the whole file down to one block that is shorter than a line. */
const anyMemory = fc.constantFrom<LineMemory>(
  { wholeBytes: 1 << 20, blocks: 1, blockBytes: 1 },
  { wholeBytes: 0, blocks: 1, blockBytes: 3 },
  { wholeBytes: 0, blocks: 2, blockBytes: 16 },
  { wholeBytes: 60, blocks: 3, blockBytes: 7 },
);

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
  fc.tuple(fc.constantFrom('reopen', 'reopenLate', 'turn'), fc.constant(''), fc.constant('')),
);

test('lines are those of a map, over any changes and sessions', async () => {
  await inTemporaryFolder(async (folder) => {
    let run = 0;
    const law = fc.asyncProperty(
      fc.array(anyStep, { maxLength: 40 }),
      anyMemory,
      fc.constantFrom(2, 1000),
      async (steps, memory, maxChanges) => {
        const file = path.join(folder, String(++run));
        const model = new Map<string, string>();
        const again = () => open(file, 1000, { memory, maxChanges });
        let cache = again();
        let session = 0;
        await cache.load();
        for (const [what, key, line] of steps) {
          if (what === 'set') {
            cache.set(key, line);
            model.set(key, line);
          } else if (what === 'delete') {
            cache.delete(key);
            model.delete(key);
          } else if (what === 'turn') await turn();
          else {
            // A delete before the file is loaded doesn't cause a write.
            cache.set('session', String(++session));
            model.set('session', String(session));
            await cache.save();
            cache = again();
            // Changes before the file is loaded take precedence over its lines.
            if (what === 'reopen') await cache.load();
          }
        }
        await cache.load();
        // No write is under way, and no later one meets a folder that is being removed.
        await cache.save();
        for (const [, key] of steps) assert.equal(cache.get(key), model.get(key), JSON.stringify(key));
        for (const [key, line] of model) assert.equal(cache.get(key), line, JSON.stringify(key));
        assert.equal(cache.size, model.size);
      },
    );
    await fc.assert(law, { numRuns: 100 });
  });
});

test('a full cache drops the lines that were set first, over any changes and sessions', async () => {
  await inTemporaryFolder(async (folder) => {
    let run = 0;
    const step = fc.tuple(
      fc.constantFrom(
        'set',
        'set',
        'set',
        'set',
        'set',
        'set',
        'delete',
        'delete',
        'turn',
        'turn',
        'save',
        'reopen',
      ),
      fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
      fc.constantFrom('1', '22'),
    );
    const law = fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      anyMemory,
      fc.constantFrom(2, 5, 1000),
      async (steps, memory, maxChanges) => {
        const file = path.join(folder, String(++run));
        const model = new Map<string, string>();
        let cache = open(file, 4, { memory, maxChanges });
        await cache.load();
        for (const [what, key, line] of steps) {
          if (what === 'set') {
            cache.set(key, line);
            if (model.get(key) === line) continue;
            model.delete(key);
            model.set(key, line);
            const [first = ''] = model.keys();
            if (model.size > 4) model.delete(first);
          } else if (what === 'delete') {
            cache.delete(key);
            model.delete(key);
          } else if (what === 'turn') await turn();
          else await cache.save();
          if (what !== 'reopen') continue;
          cache = open(file, 4, { memory, maxChanges });
          await cache.load();
        }
        await cache.save();
        for (const key of 'abcdefg') assert.equal(cache.get(key), model.get(key), key);
        assert.equal(cache.size, model.size);
        const lines = [...model].map(([key, line]) => `${key}\t${line}\n`).join('');
        if (existsSync(file))
          assert.equal(await readFile(file, 'latin1'), `${header}\n${lines}end\t${model.size}\n`);
        else assert.equal(model.size, 0);
      },
    );
    await fc.assert(law, { numRuns: 100 });
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
    for (const wholeBytes of [0, 1000])
      for (const [text, found] of [
        [whole, '1'],
        [whole.slice(0, -1), undefined],
        [`${whole}c\t3\n`, undefined],
        [whole.replace('end\t2', 'end\t3'), undefined],
        [whole.replace('end\t2', 'end\t02'), undefined],
        [whole.replace('end\t2', 'end\t999999999999'), undefined],
        [whole.replace('\nend\t2', 'end\t2'), undefined],
        [whole.replace(header, 'other lines 1'), undefined],
        [`${header}\n`, undefined],
        ['end\t0\n', undefined],
        ['', undefined],
      ] as const) {
        await writeFile(file, text);
        const cache = open(file, 1000, { memory: { wholeBytes, blocks: 1, blockBytes: 5 } });
        await cache.load();
        assert.equal(cache.get('a'), found, JSON.stringify(text));
      }
  });
});

test('many changed lines are written before the time has come', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'lines');
    const cache = open(file, 1000, { maxChanges: 10 });
    for (let i = 0; i < 9; i++) cache.set(String(i), 'x');
    await turn();
    assert.equal(existsSync(`${file}.lock`) || existsSync(file), false);
    cache.set('9', 'x');
    while (!existsSync(file)) await turn();
    cache.set('10', 'x');
    await cache.save();
    assert.match(await readFile(file, 'latin1'), /\nend\t11\n$/);
  });
});

test('lines that were in a large file are missing once it was replaced, until the cache is loaded', async (t) => {
  const { now } = performance;
  let ahead = 0;
  t.mock.method(performance, 'now', () => now.call(performance) + ahead);
  await inTemporaryFolder(async (folder) => {
    const [file, other] = ['lines', 'other'].map((name) => path.join(folder, name)) as [string, string];
    const text = (line: string) => {
      const lines = Array.from({ length: 50 }, (_, i) => `key ${i}\t${line}\n`);
      return `${header}\n${lines.join('')}end\t50\n`;
    };
    await writeFile(file, text('old'));
    await writeFile(other, text('new'));
    const cache = open(file, 1000, { memory: { wholeBytes: 0, blocks: 2, blockBytes: 64 } });
    await cache.load();
    assert.deepEqual([cache.get('key 1'), cache.get('key 49')], ['old', 'old']);
    await rename(other, file);
    assert.deepEqual([cache.get('key 30'), cache.get('key 48')], [undefined, 'old'], 'a block is in memory');
    cache.set('key 2', 'own');
    cache.delete('key 3');
    ahead += 2000;
    await cache.load();
    assert.deepEqual(
      [1, 2, 3, 49].map((i) => cache.get(`key ${i}`)),
      ['new', 'own', undefined, 'new'],
    );
    await cache.save();
    assert.equal((await readFile(file, 'latin1')).split('\n').length, 1 + 49 + 2);
  });
});

test('lines are found in any order, also many with one hash', async () => {
  // "Aa" and "BB" have one hash, and so have all words of these syllables.
  const words = Array.from({ length: 1 << 10 }, (_, n) =>
    Array.from({ length: 10 }, (__, bit) => ((n >> bit) & 1 ? 'Aa' : 'BB')).join(''),
  );
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'lines');
    const text = words.map((word, i) => `${word}\t${i}\n`).join('');
    await writeFile(file, `${header}\n${text}end\t${words.length}\n`);
    const log = new LineLog();
    for (const [i, word] of words.entries()) log.set(word, hashOf(word), String(i));
    const whole = await StoredLines.read(file, header);
    const blocks = await StoredLines.read(file, header, { wholeBytes: 0, blocks: 3, blockBytes: 1000 });
    for (const lines of [log, whole, blocks]) {
      assert.ok(lines);
      const get = (word: string) => lines.get(word, hashOf(word));
      for (const [i, word] of words.entries()) assert.equal(get(word), String(i));
      for (const [i, word] of [...words.entries()].reverse()) assert.equal(get(word), String(i));
      assert.equal(get('AaCC'), undefined);
      lines.delete('Aa'.repeat(10), hashOf('Aa'.repeat(10)));
      assert.equal(get('Aa'.repeat(10)), undefined);
      assert.equal(lines.size, words.length - 1);
    }
  });
});

test('a cache without a file keeps no lines that were replaced', () => {
  const cache = open(undefined, 1000, { maxChanges: 10 });
  for (let i = 0; i < 10_000; i++) cache.set(String(i % 7), String(i));
  assert.equal(cache.size, 7);
  const { changes } = cache as unknown as { changes: LineLog };
  assert.ok(changes.count < 20, `${changes.count} lines`);
  assert.equal(cache.get('3'), '9999');
});
