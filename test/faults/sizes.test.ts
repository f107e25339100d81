import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import { parsePath } from '../../src/remote/remotePath';
import { inMemoryLimit } from '../../src/transfer/copyFile';
import { StoredObject } from '../servers/s3/store/objectStore';
import { pattern } from '../support/remoteCalls';
import { diskSide } from '../support/syncSides';
import { actions, calm, mebi, outcomes, plan, run, synced } from './faultyRun';

const cutoff = 5 * mebi;
const around = (size: number) => [size - 1, size, size + 1];
const sizes = [0, 1, ...around(inMemoryLimit), ...around(cutoff), ...around(2 * cutoff)];

/** More than 32 bits can count, and more than one request of S3 may send. */
const huge = 5 * 1024 ** 3 + 7;

test('sizes 0, 1 and around every limit go up and down whole, one request up to the cutoff and parts above it (A23, R4)', () =>
  synced(
    async (it) => {
      for (const size of sizes) it.write(`${size}`, pattern(size));
      const up = await run(await plan(it.disk, it.bucket), it.disk, it.bucket);
      assert.equal(up.totals.done, sizes.length);
      for (const size of sizes) {
        const stored = it.server.store.get('demo', `${size}`);
        assert.ok(stored?.body.equals(pattern(size)), `${size} bytes`);
        assert.equal(stored?.etag.includes('-'), size > cutoff, `${size} bytes in parts`);
      }
      assert.deepEqual(actions(await plan(it.disk, it.bucket)), []);
      const other = path.join(path.dirname(it.folder), 'other');
      fs.mkdirSync(other);
      const target = diskSide(other);
      const down = await run(await plan(it.bucket, target), it.bucket, target);
      assert.equal(down.totals.done, sizes.length);
      for (const size of sizes) {
        const file = path.join(other, `${size}`);
        assert.ok(fs.readFileSync(file).equals(pattern(size)), `${size} bytes`);
        assert.equal(fs.statSync(file).mtimeMs, 1_000_000_000_000);
      }
      assert.deepEqual(actions(await plan(it.bucket, target)), []);
      // Each file overwrites a file of another size.
      for (const [i, size] of sizes.entries())
        it.write(`${size}`, pattern(sizes.at(i - 1) ?? 0), 1_000_000_001);
      const over = await run(await plan(it.disk, it.bucket), it.disk, it.bucket);
      assert.equal(over.totals.done, sizes.length);
      for (const [i, size] of sizes.entries())
        assert.ok(it.server.store.get('demo', `${size}`)?.body.equals(pattern(sizes.at(i - 1) ?? 0)));
    },
    { settings: { uploadCutoff: '5Mi', chunkSize: '5Mi' } },
  ));

test('an object of more than 5 GiB is planned with its size and read to its very end', () =>
  synced(async (it) => {
    const chunk = pattern(mebi);
    const body = [...Array.from({ length: 5 * 1024 }, () => chunk), Buffer.from('the end')];
    const facts = { body, lastModified: 1_000_000_000_000, etag: `${'a'.repeat(32)}-640` };
    it.server.store.bucket('demo').put(new StoredObject('huge', facts));
    const made = await plan(it.bucket, it.disk);
    assert.equal(made.totals.download.bytes, huge);
    const range = { start: huge - 10, end: huge };
    const { stream } = await it.bucket.remote.read(parsePath('demo/huge'), { range }, calm);
    const read: Buffer[] = [];
    for await (const part of stream) read.push(part);
    assert.equal(Buffer.concat(read).toString('latin1').slice(3), 'the end');
  }));

test('a file of more than 5 GiB is planned with its size, and moved within a disk without its bytes', (t) =>
  synced(async (it) => {
    if (!sparse(path.join(it.folder, 'huge'))) return t.skip('this disk makes no sparse files');
    const made = await plan(it.disk, it.bucket);
    assert.equal(made.totals.upload.bytes, huge);
    const remote = openLocalRemote({ root: it.folder });
    const seen = await remote.stat(parsePath('huge'), calm);
    assert.ok(seen.kind === 'file' && remote.serverSideMove);
    const moved = await remote.serverSideMove(seen, parsePath('sub/huge'), { kind: 'ifAbsent' }, calm);
    assert.equal(moved.size, huge);
    const { stream } = await remote.read(moved.path, { range: { start: huge - 10 }, expected: moved }, calm);
    let length = 0;
    for await (const part of stream) length += part.length;
    assert.equal(length, 10);
  }));

test('a file of more than 5 GiB is copied whole from disk to disk', (t) => {
  if (process.env['CLOUD_REMOTES_BIG'] !== '1')
    return t.skip('moves 5 GiB; set CLOUD_REMOTES_BIG=1 to run it');
  const { bavail, bsize } = fs.statfsSync(os.tmpdir());
  if (bavail * bsize < 2 * huge) return t.skip('the disk has no room for a copy of 5 GiB');
  return synced(async (it) => {
    const file = path.join(it.folder, 'huge');
    if (!sparse(file)) return t.skip('this disk makes no sparse files');
    const end = fs.openSync(file, 'r+');
    fs.writeSync(end, 'the end', huge - 7);
    fs.closeSync(end);
    const other = path.join(path.dirname(it.folder), 'other');
    fs.mkdirSync(other);
    const target = diskSide(other);
    assert.deepEqual(outcomes(await run(await plan(it.disk, target), it.disk, target)), [
      'done copyFile huge',
    ]);
    assert.equal(fs.statSync(path.join(other, 'huge')).size, huge);
    const copy = fs.openSync(path.join(other, 'huge'), 'r');
    const last = Buffer.alloc(7);
    fs.readSync(copy, last, 0, 7, huge - 7);
    fs.closeSync(copy);
    assert.equal(last.toString(), 'the end');
    assert.deepEqual(actions(await plan(it.disk, target)), []);
  });
});

/** Makes a sparse file of `huge` bytes. False where the disk has no sparse files. */
function sparse(file: string): boolean {
  try {
    fs.writeFileSync(file, '');
    fs.truncateSync(file, huge);
    fs.utimesSync(file, 1_000_000_000, 1_000_000_000);
    return fs.statSync(file).blocks < 1000;
  } catch {
    fs.rmSync(file, { force: true });
    return false;
  }
}
