import assert from 'node:assert/strict';
import { appendFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { PersistentLineCache, saveLineCaches } from '../../../src/base/lineCache';
import { silentLog } from '../../../src/base/log';
import { temporaryFolder } from '../../support/temporaryFolder';

// Two threads or windows use one file: each keeps what the other has learnt.

function given(t: TestContext) {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'lines');
  const open = (maxEntries = 100) =>
    new PersistentLineCache({ file, header: 'lines 1', what: 'x', tag: 'list', log: silentLog, maxEntries });
  const read = async (maxEntries?: number) => {
    const cache = open(maxEntries);
    await cache.load();
    return (...keys: string[]) => keys.map((key) => cache.get(key));
  };
  return { folder, file, open, read };
}

test('a cache that was loaded first does not overwrite the lines that another one wrote since', async (t) => {
  const { open, read, folder } = given(t);
  const [a, b] = [open(), open()];
  await Promise.all([a.load(), b.load()]);
  for (let i = 0; i < 5; i++) b.set(`b${i}`, 'of b');
  b.set('both', 'of b');
  await b.save();
  a.set('a', 'of a');
  a.set('both', 'of a');
  await a.save();
  assert.deepEqual((await read())('a', 'b0', 'b4', 'both'), ['of a', 'of b', 'of b', 'of a']);
  assert.deepEqual([a.get('b0'), b.get('a')], ['of b', undefined]);
  b.set('c', 'of b');
  await b.save();
  assert.equal(b.get('both'), 'of a');
  assert.deepEqual(await readdir(folder), ['lines']);
});

test('a deleted line stays deleted, whoever wrote it', async (t) => {
  const { open, read } = given(t);
  const [a, b] = [open(), open()];
  a.set('x', '1');
  a.set('y', '1');
  await a.save();
  await b.load();
  b.delete('x');
  a.set('z', '1');
  await a.save();
  await b.save();
  assert.deepEqual((await read())('x', 'y', 'z'), [undefined, '1', '1']);
});

test('a load after a while sees what another one wrote, beside the own lines', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const { open } = given(t);
  const [a, b] = [open(), open()];
  await a.load();
  a.set('own', '1');
  b.set('other', '1');
  await b.save();
  const { now } = performance;
  t.mock.method(performance, 'now', () => now.call(performance) + 2000);
  await a.load();
  assert.deepEqual([a.get('own'), a.get('other')], ['1', '1']);
});

test('writes at the same moment keep the lines of both', async (t) => {
  const { open, read } = given(t);
  const caches = Array.from({ length: 2 }, () => open(10_000));
  for (let round = 0; round < 20; round++) {
    for (const [i, cache] of caches.entries()) cache.set(`${i} ${round}`, 'x');
    await saveLineCaches();
  }
  const get = await read(10_000);
  for (const i of caches.keys()) {
    const found = Array.from({ length: 20 }, (_, round) => get(`${i} ${round}`)[0]).filter(Boolean);
    assert.equal(found.length, 20, `lines of ${i}`);
  }
});

test('saving all caches writes only those with unwritten lines', async (t) => {
  const { open, read, file } = given(t);
  const cache = open();
  cache.set('a', '1');
  await saveLineCaches();
  assert.deepEqual((await read())('a'), ['1']);
  await rm(file);
  await saveLineCaches();
  assert.deepEqual((await read())('a'), [undefined]);
});

test('a file that another program cut is ignored, and replaced with the next lines', async (t) => {
  const { open, read, file } = given(t);
  const cache = open();
  cache.set('a', '1');
  await cache.save();
  await appendFile(file, 'b\t1');
  cache.set('c', '1');
  await cache.save();
  assert.deepEqual((await read())('a', 'b', 'c'), ['1', undefined, '1']);
});

test('a lock that a crash left delays a write only', async (t) => {
  const { open, read, file } = given(t);
  await appendFile(`${file}.lock`, '');
  const { now } = performance;
  const began = now.call(performance);
  t.mock.method(performance, 'now', () => began + (now.call(performance) - began) * 200);
  const cache = open();
  cache.set('a', '1');
  await cache.save();
  assert.deepEqual((await read())('a'), ['1']);
});
