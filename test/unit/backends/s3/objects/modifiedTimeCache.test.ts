import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { ModifiedTimeCache } from '../../../../../src/backends/s3/objects/modifiedTimeCache';
import { silentLog } from '../../../../../src/base/log';
import { inTemporaryFolder } from '../s3Fixture';

const marks = (etag: string, serverModifiedMs: number) => ({ etag, serverModifiedMs });
const facts = (s: number) => ({ modified: { s, ns: 5 } });

async function opened(file: string | undefined, max?: number): Promise<ModifiedTimeCache> {
  const times = new ModifiedTimeCache(file, silentLog, max);
  await times.load();
  return times;
}

test('facts outlive the session for any key, while ETag and LastModified agree', () =>
  inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'deeper', 'x.times');
    const times = new ModifiedTimeCache(file, silentLog);
    const keys = ['a', 'end', 'tab\there', 'line\nbreak', 'back\\slash\\n', '😀', ''];
    for (const [i, key] of keys.entries())
      times.cacheRead(key, marks('e', 10_000), { ...facts(i), md5: 'm' });
    await times.save();
    const again = await opened(file);
    assert.equal(again.size, keys.length);
    for (const [i, key] of keys.entries())
      assert.deepEqual(again.find(key, marks('e', 10_500)), { ...facts(i), md5: 'm' }, JSON.stringify(key));
    times.cacheRead('same', marks('abc', 10_000), { ...facts(1), md5: 'abc' });
    assert.equal(times.find('same', marks('abc', 10_000))?.md5, 'abc');
    assert.equal(again.find('a', marks('other', 10_000)), undefined);
    assert.equal(again.find('a', marks('e', 11_000)), undefined);
    assert.equal(again.find('a', marks('e', 9_999)), undefined);
    assert.deepEqual(await readdir(path.dirname(file)), ['x.times']);
  }));

test('our own write is recognised within the time range of the write', async () => {
  const times = await opened(undefined);
  times.cacheWrite('k', 'e', 5_000.4, 9_000.2, facts(1));
  for (const ms of [5_000, 7_123, 9_001]) assert.deepEqual(times.find('k', marks('e', ms)), facts(1));
  for (const ms of [4_999, 9_002]) assert.equal(times.find('k', marks('e', ms)), undefined);
});

test('an entry that is deleted before the file is read stays deleted', () =>
  inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'x.times');
    const first = await opened(file);
    first.cacheRead('a', marks('e', 1000), facts(1));
    first.cacheRead('b', marks('e', 1000), facts(2));
    await first.save();
    const second = new ModifiedTimeCache(file, silentLog);
    second.forget('a');
    second.cacheRead('c', marks('e', 1000), facts(3));
    await second.load();
    assert.equal(second.find('a', marks('e', 1000)), undefined);
    assert.ok(second.find('b', marks('e', 1000)));
    assert.ok(second.find('c', marks('e', 1000)));
  }));

test('a lost, truncated or foreign file costs only its entries', () =>
  inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'x.times');
    const first = await opened(file);
    for (let i = 0; i < 50; i++) first.cacheRead(`k${i}`, marks('e', 1000), facts(i));
    await first.save();
    const whole = await readFile(file, 'utf8');
    for (const spoilt of [
      whole.slice(0, -10),
      whole.slice(0, 300),
      `${whole}x`,
      'something else',
      '',
      '\0\0\0',
    ]) {
      await writeFile(file, spoilt);
      const times = await opened(file);
      assert.equal(times.size, 0);
      times.cacheRead('k', marks('e', 1000), facts(1));
      await times.save();
      assert.equal((await opened(file)).size, 1);
    }
  }));

test('the oldest facts are dropped when there are too many', async () => {
  const times = await opened(undefined, 3);
  for (const key of ['a', 'b', 'c']) times.cacheRead(key, marks('e', 1000), facts(1));
  times.cacheRead('a', marks('f', 1000), facts(1));
  times.cacheRead('d', marks('e', 1000), facts(1));
  assert.equal(times.size, 3);
  assert.equal(times.find('b', marks('e', 1000)), undefined);
  assert.ok(times.find('a', marks('f', 1000)));
});
