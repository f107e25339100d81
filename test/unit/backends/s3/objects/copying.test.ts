import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readS3Config } from '../../../../../src/backends/s3/config/s3Config';
import { partSizeFor } from '../../../../../src/backends/s3/objects/multipartUpload';
import { parsePath } from '../../../../../src/remote/remotePath';
import { createFakeClock } from '../../../../support/fakeClock';
import {
  at,
  calm,
  ifAbsent,
  noPrecondition,
  pattern,
  refused,
  statFile,
} from '../../../../support/remoteCalls';
import { served } from '../s3Fixture';

const demo = parsePath('demo');
const mebi = 1024 * 1024;
const gibi = 1024 * mebi;
const cutoff = 5 * mebi;
/** The default cutoff is 4 GiB; the tests use 5 MiB. */
const given = { settings: { copyCutoff: '5Mi', chunkSize: '5Mi', uploadCutoff: '5Mi' } };
const everything = {
  headers: {
    'content-type': 'text/x-odd',
    'cache-control': 'no-cache',
    'content-disposition': 'attachment',
    'content-encoding': 'identity',
    'content-language': 'de',
    expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
  },
  metadata: { author: 'someone', mtime: '5.25' },
  tags: { 'a b': 'c+d', plain: '1' },
  storageClass: 'STANDARD_IA',
};

for (const size of [0, 1, cutoff - 1, cutoff, cutoff + 1, 12 * mebi]) {
  test(`R27: a copy of ${size} bytes keeps all attributes, in parts from the cutoff on (A12, A23)`, () =>
    served(given, async ({ remote, server }) => {
      server.store.put('demo', 'f', pattern(size), everything);
      const source = await statFile(remote, at(demo, 'f'));
      server.clearRequests();
      const entry = await remote.serverSideCopy(source, at(demo, 'copy'), ifAbsent, calm);
      const copy = server.store.get('demo', 'copy');
      assert.ok(copy);
      assert.ok(copy.body.equals(pattern(size)));
      assert.deepEqual({ ...copy.headers }, everything.headers);
      assert.equal(copy.metadata['author'], 'someone');
      assert.equal(copy.metadata['mtime'], '5.25');
      assert.deepEqual({ ...copy.tags }, everything.tags);
      assert.equal(copy.storageClass, 'STANDARD_IA');
      const parts = server.requests.filter(({ operation }) => operation === 'UploadPartCopy');
      assert.equal(parts.length, size < cutoff ? 0 : Math.ceil(size / cutoff));
      for (const { headers } of parts)
        assert.equal(headers['x-amz-copy-source-if-match'], `"${source.version}"`);
      // The ETag of parts is no MD5, so the metadata keeps it (H24).
      const now = await statFile(remote, at(demo, 'copy'));
      assert.equal(now.md5, source.md5);
      assert.equal(now.version, entry.version);
      assert.equal(server.uploads.size, 0);
    }));

  test(`R7: a new time for an object of ${size} bytes changes nothing else, in parts from the cutoff on`, () =>
    served(given, async ({ remote, server }) => {
      server.store.put('demo', 'f', pattern(size), everything);
      const before = await statFile(remote, at(demo, 'f'));
      server.clearRequests();
      await remote.setModifiedTime(before, { s: -2, ns: 500_000_000 }, calm);
      const changed = server.store.get('demo', 'f');
      assert.ok(changed);
      assert.ok(changed.body.equals(pattern(size)));
      assert.deepEqual({ ...changed.headers }, everything.headers);
      assert.equal(changed.metadata['mtime'], '-1.5');
      assert.equal(changed.metadata['author'], 'someone');
      assert.deepEqual({ ...changed.tags }, everything.tags);
      assert.equal(changed.storageClass, 'STANDARD_IA');
      const operations = server.requests.map(({ operation }) => operation);
      assert.equal(operations.includes('CopyObject'), size < cutoff);
      assert.equal(operations.includes('UploadPartCopy'), size >= cutoff);
      assert.ok(!operations.includes('GetObject') && !operations.includes('PutObject'));
      assert.equal((await statFile(remote, at(demo, 'f'))).md5, before.md5);
    }));
}

test('R27: the usual cutoff is below what S3 and rclone (4.656 GiB) copy in one request, and 5 TiB never need too many parts', () => {
  const usual = readS3Config({ name: 'r', backend: 's3', accessKeyId: 'a' });
  assert.equal(usual.copyCutoff, 4 * gibi);
  assert.ok(usual.copyCutoff < 4.656 * gibi && usual.copyCutoff < 5 * gibi);
  for (const size of [4 * gibi, 5 * gibi, 5 * gibi + 1, 5 * 1024 * gibi]) {
    const part = partSizeFor(size, Math.min(512 * mebi, usual.copyCutoff));
    assert.ok(part <= 5 * gibi && Math.ceil(size / part) <= 10_000, String(size));
  }
});

for (const storageClass of ['GLACIER', 'DEEP_ARCHIVE'])
  test(`an object in ${storageClass} is neither copied nor given a modified time until it is restored (A31, R7)`, () =>
    served(given, async ({ remote, server }) => {
      for (const size of [5, 6 * mebi]) {
        const object = server.store.put('demo', 'old', pattern(size), { ...everything, storageClass });
        const source = await statFile(remote, at(demo, 'old'));
        assert.ok(source.readonly);
        for (const asked of [
          () => remote.serverSideCopy(source, at(demo, 'copy'), noPrecondition, calm),
          () => remote.setModifiedTime(source, { s: 1, ns: 0 }, calm),
        ])
          await refused(asked(), 'archived');
        assert.equal(server.store.get('demo', 'copy'), undefined);
        assert.equal(server.store.get('demo', 'old'), object);
        assert.equal(server.uploads.size, 0);
        object.restored = { from: 0, until: Date.now() + 3_600_000 };
        await remote.serverSideCopy(
          await statFile(remote, at(demo, 'old')),
          at(demo, 'copy'),
          noPrecondition,
          calm,
        );
        assert.ok(server.store.get('demo', 'copy')?.body.equals(pattern(size)));
        server.store.delete('demo', 'copy');
      }
    }));

test('a source that changes between two parts of its copy is an error, and no parts are left (H23, R26)', () =>
  served({ ...given, host: { clock: createFakeClock() } }, async ({ remote, server }) => {
    server.store.put('demo', 'f', pattern(16 * mebi), everything);
    const old = server.store.put('demo', 'copy', 'old');
    const source = await statFile(remote, at(demo, 'f'));
    let parts = 0;
    server.addFault({
      operation: 'UploadPartCopy',
      when: () => {
        if (++parts === 2) server.store.put('demo', 'f', pattern(16 * mebi, 2), everything);
        return false;
      },
    });
    await refused(remote.serverSideCopy(source, at(demo, 'copy'), noPrecondition, calm), 'changed');
    assert.equal(server.store.get('demo', 'copy'), old);
    assert.equal(server.uploads.size, 0);
  }));
