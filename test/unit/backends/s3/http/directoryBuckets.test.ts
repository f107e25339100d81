import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3Remote } from '../../../../../src/backends/s3/s3Remote';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { joinPath, parsePath } from '../../../../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../../../../servers/s3/s3Server';
import {
  at,
  calm,
  deepNames,
  ifAbsent,
  names,
  noPrecondition,
  pagesOf,
  pattern,
  read,
  statFile,
  write,
} from '../../../../support/remoteCalls';
import { hostWith, openByHost, settingsByHost } from '../s3Fixture';

const mebi = 1024 * 1024;
const bucket = parsePath('fast--use1-az4--x-s3');

/** A service with a directory bucket, which lists backwards, rejects Content-MD5 and has ETags that are no MD5s. */
async function withDirectoryBucket(
  work: (remote: S3Remote, server: S3TestServer) => Promise<void>,
): Promise<void> {
  const server = await startS3Server({ buckets: [bucket, 'plain'] });
  const settings = settingsByHost(server, { uploadCutoff: '5Mi', chunkSize: '5Mi', copyCutoff: '5Mi' });
  const remote = await openByHost(settings, hostWith({ secretAccessKey: server.secretAccessKey }));
  try {
    await work(remote, server);
  } finally {
    await remote.close();
    await server.stop();
  }
}

test('H13: the unordered listing of a directory bucket is sorted without a setting', () =>
  withDirectoryBucket(async (remote, server) => {
    const all = Array.from({ length: 2500 }, (_, i) => `d/f${String(i).padStart(5, '0')}`);
    for (const key of all) server.store.put(bucket, key, 'x');
    assert.deepEqual(await deepNames(remote, bucket), all);
    assert.deepEqual(
      await deepNames(remote, joinPath(bucket, 'd')),
      all.map((key) => key.slice(2)),
    );
    server.addFault({ operation: 'ListObjectsV2', code: 'AccessDenied', status: 403, skip: 2 });
    await assert.rejects(
      pagesOf(remote.listRecursive(bucket, {}, calm)),
      (error) => isRemoteError(error, 'forbidden'),
      'a page that fails is never a shorter list',
    );
  }));

test('uploads of any size to a directory bucket have no Content-MD5, and their MD5 is in the metadata', () =>
  withDirectoryBucket(async (remote, server) => {
    for (const size of [0, 5, 6 * mebi, 11 * mebi]) {
      const content = pattern(size);
      const entry = await write(
        remote,
        at(bucket, `f${size}`),
        content,
        { modified: { s: 9, ns: 1 } },
        ifAbsent,
      );
      const found = await statFile(remote, at(bucket, `f${size}`));
      assert.equal(found.md5, entry.md5);
      assert.match(found.md5 ?? '', /^[0-9a-f]{32}$/);
      assert.deepEqual(found.modified, { s: 9, ns: 1 });
      assert.ok((await read(remote, at(bucket, `f${size}`))).equals(content));
    }
    assert.ok(server.requests.every(({ headers }) => headers['x-amz-tagging'] === undefined));
    // The ETag of an object of another tool is no MD5, although it looks like one.
    server.store.put(bucket, 'theirs', 'x', { storageClass: 'EXPRESS_ONEZONE' });
    assert.equal((await statFile(remote, at(bucket, 'theirs'))).md5, undefined);
    const listed = (await pagesOf(remote.list(bucket, {}, calm))).flat();
    assert.deepEqual(
      listed.filter((entry) => entry.kind === 'file' && entry.path === at(bucket, 'theirs') && entry.md5),
      [],
    );
  }));

test('copies into and out of a directory bucket have a storage class of their target', () =>
  withDirectoryBucket(async (remote, server) => {
    for (const size of [5, 6 * mebi]) {
      server.store.put('plain', 'f', pattern(size), { storageClass: 'STANDARD_IA', metadata: { a: 'b' } });
      for (const [from, to] of [
        [parsePath('plain/f'), at(bucket, 'in')],
        [at(bucket, 'in'), parsePath('plain/out')],
      ] as const)
        await remote.serverSideCopy(await statFile(remote, from), to, noPrecondition, calm);
      assert.equal(server.store.get(bucket, 'in')?.storageClass, 'EXPRESS_ONEZONE');
      const out = server.store.get('plain', 'out');
      assert.equal(out?.storageClass, 'STANDARD');
      assert.equal(out?.metadata['a'], 'b');
      assert.ok(out?.body.equals(pattern(size)));
    }
  }));

test('names are found by prefix, although a directory bucket lists whole folders only', () =>
  withDirectoryBucket(async (remote, server) => {
    for (const key of ['d/alpha', 'd/alp/x', 'd/beta']) server.store.put(bucket, key, 'x');
    const found = (await pagesOf(remote.list(joinPath(bucket, 'd'), { namePrefix: 'al' }, calm))).flat();
    assert.deepEqual(found.map((entry) => entry.kind !== 'unusable' && entry.path).sort(), [
      at(bucket, 'd/alp'),
      at(bucket, 'd/alpha'),
    ]);
    assert.deepEqual(await names(remote, joinPath(bucket, 'd')), ['alp/', 'alpha', 'beta']);
  }));
