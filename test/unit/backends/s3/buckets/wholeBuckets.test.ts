import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BucketContent } from '../../../../../src/remote/remote';
import type { RemoteErrorKind } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import type { S3Request } from '../../../../servers/s3/requests/s3Request';
import type { S3TestServer } from '../../../../servers/s3/s3Server';
import { calm } from '../../../../support/remoteCalls';
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

async function counted(it: ServedRemote): Promise<BucketContent> {
  return (await whole(it).count(demo, calm)) ?? assert.fail();
}

async function removed(it: ServedRemote, content: BucketContent): Promise<void> {
  await whole(it).remove(demo, content, () => {}, calm);
  assert.equal(it.server.store.findBucket('demo'), undefined);
}

/** Expects that the removal of the counted bucket fails after `prepare`, and changes nothing. */
async function staysUnchanged(
  it: ServedRemote,
  prepare: (server: S3TestServer) => unknown,
  kind: RemoteErrorKind,
  message: RegExp,
): Promise<void> {
  const content = await counted(it);
  prepare(it.server);
  const before = stock(it.server);
  await assert.rejects(
    whole(it).remove(demo, content, () => {}, calm),
    { kind, message },
  );
  assert.equal(stock(it.server), before);
}

/** The content of the bucket as text. */
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
      const content = await counted(it);
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
      const content = await counted(it);
      assert.deepEqual([content.files, content.deleteMarkers], [0, 1]);
      await removed(it, content);
    }));

  it('is removed in pages when versioning is suspended and keys have special characters', () =>
    served({}, async (it) => {
      fill(it.server, 2300);
      const bucket = it.server.store.findBucket('demo') ?? assert.fail();
      it.server.store.put('demo', 'line\r\nend\u0001', 'x');
      it.server.store.put('demo', 'wörter/日本 +&<>"', 'x');
      bucket.versioning = 'Suspended';
      it.server.store.put('demo', 'late', 'x');
      const content = await counted(it);
      assert.equal(content.total, 2309);
      it.asked();
      await removed(it, content);
      const asked = it.asked();
      assert.equal(asked.filter((name) => name === 'DeleteObjects').length, 4, asked.join());
    }));

  const denied = { status: 403, code: 'AccessDenied', count: Number.POSITIVE_INFINITY };
  const locked = {
    when: ({ query }: S3Request) => query.has('object-lock'),
    body: '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>',
  };
  const lock = (headers: Readonly<Record<string, string>>) => (server: S3TestServer) => {
    server.addFault(locked);
    server.addFault({ operation: 'HeadObject', key: 'a', answerHeaders: headers });
  };
  const afterCount = /after the bucket was counted.*Nothing was removed/;
  const unchanged: readonly [string, (server: S3TestServer) => unknown, RemoteErrorKind, RegExp][] = [
    [
      'a new object arrived after the count',
      ({ store }) => store.put('demo', 'new', 'x'),
      'changed',
      afterCount,
    ],
    [
      'a new version arrived after the count',
      ({ store }) => store.put('demo', 'a', '4444'),
      'changed',
      afterCount,
    ],
    [
      'a new delete marker arrived after the count',
      ({ store }) => store.delete('demo', 'a'),
      'changed',
      afterCount,
    ],
    [
      'the credentials may not delete buckets',
      (server) => server.addFault({ operation: 'DeleteBucket', ...denied }),
      'forbidden',
      /Nothing was removed/,
    ],
    [
      'the credentials may not delete versions',
      (server) => server.addFault({ operation: 'DeleteObjects', ...denied }),
      'forbidden',
      /Nothing was removed/,
    ],
    [
      'the credentials may no longer list versions',
      (server) => server.addFault({ operation: 'ListObjectVersions', ...denied }),
      'forbidden',
      /access denied/,
    ],
    [
      'the service refuses every version',
      (server) =>
        server.addFault({
          operation: 'DeleteObjects',
          body: '<DeleteResult><Error><Key>a</Key><VersionId>x</VersionId><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>',
          count: Number.POSITIVE_INFINITY,
        }),
      'forbidden',
      /Nothing was removed/,
    ],
    [
      'a version is locked until a date',
      lock({ 'x-amz-object-lock-retain-until-date': '2099-12-31T00:00:00.000Z' }),
      'forbidden',
      /object lock, for example "a" \(until 2099-12-31\)/,
    ],
    [
      'a version is locked by a legal hold',
      lock({ 'x-amz-object-lock-legal-hold': 'ON' }),
      'forbidden',
      /\(legal hold\)/,
    ],
    [
      'removal needs the code of an MFA device',
      (server) =>
        server.addFault({
          operation: 'GetBucketVersioning',
          body: '<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>',
        }),
      'forbidden',
      /MFA.*Nothing was removed/,
    ],
  ];
  for (const [what, prepare, kind, message] of unchanged)
    it(`stays unchanged when ${what}`, () => withBucket((it) => staysUnchanged(it, prepare, kind, message)));

  it('stays unchanged when an object without a version id was overwritten after the count', () =>
    served({}, async (it) => {
      const bucket = it.server.store.findBucket('demo') ?? assert.fail();
      bucket.versioning = 'Suspended';
      it.server.store.put('demo', 'a', 'old');
      const content = await counted(it);
      it.server.store.put('demo', 'a', 'new');
      await assert.rejects(
        whole(it).remove(demo, content, () => {}, calm),
        { kind: 'changed', message: /"a" in "demo"/ },
      );
      assert.equal(bucket.current('a')?.text, 'new');
    }));

  it('is removed when something was deleted after the count', () =>
    withBucket(async (it) => {
      const content = await counted(it);
      it.server.store.findBucket('demo')?.deleteVersion('c', 'null');
      await removed(it, content);
    }));

  it('reports how much was removed when the rest fails', () =>
    withBucket(async (it) => {
      const content = await counted(it);
      it.server.addFault({
        operation: 'DeleteObjects',
        skip: 1,
        status: 403,
        code: 'AccessDenied',
        count: 9,
      });
      await assert.rejects(
        whole(it).remove(demo, content, () => {}, calm),
        { kind: 'forbidden', message: /1 of 6 versions in "demo" were removed; the others stay/ },
      );
      assert.equal(
        it.server.store.findBucket('demo')?.current('a')?.text,
        '333',
        'what is current goes last',
      );
    }));

  it('is removed when all locks have expired', () =>
    withBucket(async (it) => {
      const content = await counted(it);
      it.server.addFault(locked);
      it.server.addFault({
        operation: 'HeadObject',
        count: 9,
        answerHeaders: { 'x-amz-object-lock-retain-until-date': '2001-01-01T00:00:00.000Z' },
      });
      await removed(it, content);
    }));

  it('is not touched when its versions can’t be listed', () =>
    withBucket(async (it) => {
      it.server.addFault({ operation: 'ListObjectVersions', status: 403, code: 'AccessDenied', count: 9 });
      await assert.rejects(whole(it).count(demo, calm), {
        kind: 'forbidden',
        message: /older versions in "demo", which would be deleted with it, can't be listed/,
      });
    }));

  it('fails when the service repeats a page', () =>
    withBucket(async (it) => {
      const page =
        '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker></ListVersionsResult>';
      it.server.addFault({ operation: 'ListObjectVersions', body: page, count: 9 });
      await assert.rejects(whole(it).count(demo, calm), { kind: 'corrupted', message: /in a circle/ });
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
      const content = await counted(it);
      assert.deepEqual([content.files, content.olderVersions, content.unfinishedUploads], [1, 0, 1]);
      await removed(it, content);
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
  const input = { Bucket: 'demo', Key: 'begun' };
  await remote.requests.sendCommand({}, (sdk) => new sdk.CreateMultipartUploadCommand(input), calm);
}
