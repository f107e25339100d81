import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRemoteError, type RemoteErrorKind } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import type { S3TestServer } from '../../../../servers/s3/s3Server';
import { calm, refused } from '../../../../support/remoteCalls';
import { type Served, type ServedRemote, served } from '../s3Fixture';

const demo = parsePath('demo');

function whole({ remote }: ServedRemote) {
  return remote.features.wholeBuckets ?? assert.fail('there are whole buckets');
}

/** `a` in three versions, `b` deleted, `c` written before versions were kept. */
function fill(server: S3TestServer, more = 0): void {
  const bucket = server.store.findBucket('demo') ?? assert.fail();
  server.store.put('demo', 'c', 'cccc');
  bucket.versioning = 'Enabled';
  for (const content of ['1', '22', '333']) server.store.put('demo', 'a', content);
  server.store.put('demo', 'b', 'b');
  bucket.delete('b', Date.now());
  for (let i = 0; i < more; i++) server.store.put('demo', `many/${i} + %`, 'x');
}

async function fails(failing: Promise<unknown>, kind: RemoteErrorKind, says: RegExp): Promise<void> {
  const error = await failing.then(
    () => assert.fail('It should have failed'),
    (e: unknown) => e,
  );
  assert.ok(isRemoteError(error), String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(error.message, says);
}

/** All that is in the bucket, as text: to see that nothing changed. */
function stock(server: S3TestServer): string {
  const bucket = server.store.findBucket('demo');
  if (!bucket) return 'no bucket';
  return [...bucket.historyKeys]
    .flatMap((key) => bucket.versions(key).map((v) => `${key} ${v.versionId} ${v.deleteMarker}`))
    .join('\n');
}

describe('a bucket that keeps versions', () => {
  const withBucket = (work: (it: ServedRemote) => Promise<void>, options: Served = {}) =>
    served(options, async (served) => {
      fill(served.server);
      await work(served);
    });

  it('is counted with its older versions, delete markers and unfinished uploads', () =>
    withBucket(async (it) => {
      await begunUpload(it);
      assert.deepEqual(await whole(it).count(demo, calm), {
        files: 2,
        bytes: 7,
        olderVersions: 3,
        olderBytes: 4,
        deleteMarkers: 1,
        unfinishedUploads: 1,
        total: 6,
        unusable: 0,
      });
    }));

  it('is removed with all its content, older versions first', () =>
    withBucket(async (it) => {
      await begunUpload(it);
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      const told: number[] = [];
      await whole(it).remove(demo, content, (removed) => told.push(removed), calm);
      assert.equal(it.server.store.findBucket('demo'), undefined);
      assert.equal(it.server.uploads.size, 0);
      assert.deepEqual(told, [1, 6]);
    }));

  it('is removed when it holds nothing but delete markers', () =>
    served({}, async (it) => {
      const bucket = it.server.store.findBucket('demo') ?? assert.fail();
      bucket.versioning = 'Enabled';
      bucket.delete('ghost', Date.now());
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      assert.deepEqual([content.files, content.deleteMarkers], [0, 1]);
      await whole(it).remove(demo, content, () => {}, calm);
      assert.equal(it.server.store.findBucket('demo'), undefined);
    }));

  it('is removed in pages when versioning is suspended and keys have special characters', () =>
    served({}, async (it) => {
      fill(it.server, 2300);
      const bucket = it.server.store.findBucket('demo') ?? assert.fail();
      it.server.store.put('demo', 'line\r\nend\u0001', 'x');
      it.server.store.put('demo', 'wörter/日本 +&<>"', 'x');
      bucket.versioning = 'Suspended';
      it.server.store.put('demo', 'late', 'x');
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      assert.equal(content.total, 2309);
      it.asked();
      await whole(it).remove(demo, content, () => {}, calm);
      assert.equal(it.server.store.findBucket('demo'), undefined);
      const asked = it.asked();
      assert.equal(asked.filter((name) => name === 'DeleteObjects').length, 4, asked.join());
    }));

  for (const [what, change] of [
    ['a new object', (server: S3TestServer) => void server.store.put('demo', 'new', 'x')],
    ['a new version', (server: S3TestServer) => void server.store.put('demo', 'a', '4444')],
    [
      'a new delete marker',
      (server: S3TestServer) => void server.store.findBucket('demo')?.delete('a', Date.now()),
    ],
  ] as const)
    it(`stays unchanged when ${what} arrived after the count`, () =>
      withBucket(async (it) => {
        const content = (await whole(it).count(demo, calm)) ?? assert.fail();
        change(it.server);
        const before = stock(it.server);
        await fails(
          whole(it).remove(demo, content, () => {}, calm),
          'changed',
          /after the bucket was counted.*Nothing was removed/,
        );
        assert.equal(stock(it.server), before);
      }));

  it('stays unchanged when an object without a version id was overwritten after the count', () =>
    served({}, async (it) => {
      const bucket = it.server.store.findBucket('demo') ?? assert.fail();
      bucket.versioning = 'Suspended';
      it.server.store.put('demo', 'a', 'old');
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      it.server.store.put('demo', 'a', 'new');
      await fails(
        whole(it).remove(demo, content, () => {}, calm),
        'changed',
        /"a" in "demo"/,
      );
      assert.equal(bucket.current('a')?.text, 'new');
    }));

  it('is removed when something was deleted after the count', () =>
    withBucket(async (it) => {
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      it.server.store.findBucket('demo')?.deleteVersion('c', 'null');
      await whole(it).remove(demo, content, () => {}, calm);
      assert.equal(it.server.store.findBucket('demo'), undefined);
    }));

  for (const [what, operation] of [
    ['may not delete buckets', 'DeleteBucket'],
    ['may not delete versions', 'DeleteObjects'],
    ['may not list versions any more', 'ListObjectVersions'],
  ] as const)
    it(`stays unchanged for somebody who ${what}`, () =>
      withBucket(async (it) => {
        const content = (await whole(it).count(demo, calm)) ?? assert.fail();
        it.server.addFault({ operation, status: 403, code: 'AccessDenied', count: Number.POSITIVE_INFINITY });
        const before = stock(it.server);
        await refused(
          whole(it).remove(demo, content, () => {}, calm),
          'forbidden',
        );
        assert.equal(stock(it.server), before);
      }));

  it('stays unchanged when every version is refused', () =>
    withBucket(async (it) => {
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      it.server.addFault({
        operation: 'DeleteObjects',
        body: '<DeleteResult><Error><Key>a</Key><VersionId>x</VersionId><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>',
        count: Number.POSITIVE_INFINITY,
      });
      const before = stock(it.server);
      await fails(
        whole(it).remove(demo, content, () => {}, calm),
        'forbidden',
        /Nothing was removed/,
      );
      assert.equal(stock(it.server), before);
    }));

  it('reports how much was removed when the rest fails', () =>
    withBucket(async (it) => {
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      it.server.addFault({
        operation: 'DeleteObjects',
        skip: 1,
        status: 403,
        code: 'AccessDenied',
        count: 9,
      });
      await fails(
        whole(it).remove(demo, content, () => {}, calm),
        'forbidden',
        /1 of 6 versions in "demo" were removed; the others stay/,
      );
      assert.equal(
        it.server.store.findBucket('demo')?.current('a')?.text,
        '333',
        'what is current goes last',
      );
    }));

  const locked =
    '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>';
  for (const [what, headers, says] of [
    [
      'until a date',
      { 'x-amz-object-lock-retain-until-date': '2099-12-31T00:00:00.000Z' },
      /object lock, for example "a" \(until 2099-12-31\)/,
    ],
    ['by a legal hold', { 'x-amz-object-lock-legal-hold': 'ON' }, /\(legal hold\)/],
  ] as const)
    it(`stays unchanged when a version is locked ${what}`, () =>
      withBucket(async (it) => {
        const content = (await whole(it).count(demo, calm)) ?? assert.fail();
        it.server.addFault({ when: ({ query }) => query.has('object-lock'), body: locked });
        it.server.addFault({ operation: 'HeadObject', key: 'a', answerHeaders: headers });
        const before = stock(it.server);
        await fails(
          whole(it).remove(demo, content, () => {}, calm),
          'forbidden',
          says,
        );
        assert.equal(stock(it.server), before);
      }));

  it('is removed when all locks have expired', () =>
    withBucket(async (it) => {
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      it.server.addFault({ when: ({ query }) => query.has('object-lock'), body: locked });
      it.server.addFault({
        operation: 'HeadObject',
        count: 9,
        answerHeaders: { 'x-amz-object-lock-retain-until-date': '2001-01-01T00:00:00.000Z' },
      });
      await whole(it).remove(demo, content, () => {}, calm);
      assert.equal(it.server.store.findBucket('demo'), undefined);
    }));

  it('stays unchanged where removal needs the code of an MFA device', () =>
    withBucket(async (it) => {
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      it.server.addFault({
        operation: 'GetBucketVersioning',
        body: '<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>',
      });
      const before = stock(it.server);
      await fails(
        whole(it).remove(demo, content, () => {}, calm),
        'forbidden',
        /MFA.*Nothing was removed/,
      );
      assert.equal(stock(it.server), before);
    }));

  it('is not touched when its versions can’t be listed', () =>
    withBucket(async (it) => {
      it.server.addFault({ operation: 'ListObjectVersions', status: 403, code: 'AccessDenied', count: 9 });
      await fails(
        whole(it).count(demo, calm),
        'forbidden',
        /older versions in "demo", which would be deleted with it, can't be listed/,
      );
    }));

  it('fails when the service repeats a page', () =>
    withBucket(async (it) => {
      const page =
        '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker></ListVersionsResult>';
      it.server.addFault({ operation: 'ListObjectVersions', body: page, count: 9 });
      await fails(whole(it).count(demo, calm), 'corrupted', /in a circle/);
    }));
});

describe('a bucket without versions', () => {
  it('is left to the listing of its files', () =>
    served({}, async (it) => {
      it.server.store.put('demo', 'a', 'a');
      assert.equal(await whole(it).count(demo, calm), undefined);
      assert.deepEqual(it.asked(), ['GetBucketVersioning', 'ListMultipartUploads']);
    }));

  it('is counted when it has unfinished uploads', () =>
    served({}, async (it) => {
      it.server.store.put('demo', 'a', 'a');
      await begunUpload(it);
      const content = (await whole(it).count(demo, calm)) ?? assert.fail();
      assert.deepEqual([content.files, content.olderVersions, content.unfinishedUploads], [1, 0, 1]);
      await whole(it).remove(demo, content, () => {}, calm);
      assert.equal(it.server.store.findBucket('demo'), undefined);
    }));

  for (const [what, code, status] of [
    ['knows no versions', 'NotImplemented', 501],
    ['doesn’t allow the question', 'MethodNotAllowed', 405],
  ] as const)
    it(`is left to the listing where the service ${what}`, () =>
      served({}, async (it) => {
        it.server.addFault({
          operation: ['GetBucketVersioning', 'ListObjectVersions', 'ListMultipartUploads'],
          status,
          code,
          count: 9,
        });
        assert.equal(await whole(it).count(demo, calm), undefined);
      }));

  it('is left to the listing where the response has no versions', () =>
    served({}, async (it) => {
      it.server.addFault({ operation: 'GetBucketVersioning', status: 501, code: 'NotImplemented' });
      it.server.addFault({
        operation: 'ListObjectVersions',
        body: '<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>',
      });
      assert.equal(await whole(it).count(demo, calm), undefined);
    }));
});

describe('whether a bucket keeps versions', () => {
  const path = parsePath('demo/folder/a.txt');

  for (const [what, prepare, keeping] of [
    ['kept', (server: S3TestServer) => setVersioning(server, 'Enabled'), 'kept'],
    ['suspended', (server: S3TestServer) => setVersioning(server, 'Suspended'), 'suspended'],
    ['not kept', () => {}, 'notKept'],
    [
      'unknown, when that is denied',
      (server: S3TestServer) => refuse(server, 'AccessDenied', 403),
      'unknown',
    ],
    [
      'unknown, when there is no such question',
      (server: S3TestServer) => refuse(server, 'NotImplemented', 501),
      'unknown',
    ],
  ] as const)
    it(`is requested once: ${what}`, () =>
      served({}, async ({ remote, server, asked }) => {
        prepare(server);
        for (let i = 0; i < 3; i++) assert.equal(await remote.features.versionKeeping?.(path, calm), keeping);
        assert.deepEqual(asked(), ['GetBucketVersioning']);
      }));

  it('is requested again after ten minutes, and after a transient failure', async () => {
    let now = Date.now();
    const clock = { now: () => now, wait: async () => {} };
    await served({ host: { clock } }, async ({ remote, server, asked }) => {
      server.addFault({ operation: 'GetBucketVersioning', code: 'SlowDown' });
      assert.equal(await remote.features.versionKeeping?.(path, calm), 'unknown');
      assert.equal(await remote.features.versionKeeping?.(path, calm), 'notKept');
      setVersioning(server, 'Enabled');
      now += 11 * 60_000;
      assert.equal(await remote.features.versionKeeping?.(path, calm), 'kept');
      assert.equal(asked().length, 3);
    });
  });

  it('is requested again when the bucket was deleted and recreated', () =>
    served({}, async ({ remote, server }) => {
      setVersioning(server, 'Enabled');
      assert.equal(await remote.features.versionKeeping?.(demo, calm), 'kept');
      await remote.removeFolder(demo, calm);
      await remote.features.createBucket?.('demo', undefined, calm);
      assert.equal(await remote.features.versionKeeping?.(demo, calm), 'notKept');
    }));
});

function setVersioning(server: S3TestServer, status: 'Enabled' | 'Suspended'): void {
  const bucket = server.store.findBucket('demo') ?? assert.fail();
  bucket.versioning = status;
}

function refuse(server: S3TestServer, code: string, status: number): void {
  server.addFault({ operation: 'GetBucketVersioning', code, status, count: 9 });
}

async function begunUpload({ remote }: ServedRemote): Promise<void> {
  await remote.requests.run({ bucket: 'demo' }, calm, ({ client, sdk }) =>
    client.send(new sdk.CreateMultipartUploadCommand({ Bucket: 'demo', Key: 'begun' })),
  );
}
