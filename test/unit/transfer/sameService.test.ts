import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3Remote } from '../../../src/backends/s3/s3Remote';
import { silentLog } from '../../../src/base/log';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import type { FileEntry } from '../../../src/remote/entry';
import { readOnly } from '../../../src/remote/layers/readOnly';
import { withLogging } from '../../../src/remote/layers/withLogging';
import { withRetry } from '../../../src/remote/layers/withRetry';
import type { Remote } from '../../../src/remote/remote';
import { parsePath } from '../../../src/remote/remotePath';
import { copyFile } from '../../../src/transfer/copyFile';
import { planSync } from '../../../src/usecases/planSync';
import { type S3ServerOptions, type S3TestServer, startS3Server } from '../../servers/s3/s3Server';
import { createFakeClock } from '../../support/fakeClock';
import {
  calm,
  ifAbsent,
  ifMatch,
  noPrecondition,
  pattern,
  refused,
  statFile,
} from '../../support/remoteCalls';
import { hostWith, openS3, settingsFor } from '../backends/s3/s3Fixture';

// Two remotes of one service: the service itself copies between them.

const mebi = 1024 * 1024;
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi', copyCutoff: '5Mi' };
const headers = {
  'content-type': 'text/x-special',
  'cache-control': 'max-age=60',
  'content-disposition': 'attachment; filename="x"',
  'content-encoding': 'identity',
  'content-language': 'de',
};
const everything = {
  headers,
  metadata: { author: 'Ada', 'with-dash': 'a b', mtime: '1700000000.5' },
  tags: { 'a b': 'c+d', plain: '1' },
  storageClass: 'STANDARD_IA',
};
const other = { accessKeyId: 'ANOTHER', secretAccessKey: 'another-secret' };

interface Service {
  readonly server: S3TestServer;
  /** The remotes as the app opens them, in all their layers. */
  readonly from: Remote;
  readonly to: Remote;
  asked(...operations: string[]): number;
}

interface Given {
  readonly from?: Readonly<Record<string, unknown>>;
  readonly to?: Readonly<Record<string, unknown>>;
  readonly server?: S3ServerOptions;
}

async function oneService(given: Given, work: (service: Service) => Promise<void>): Promise<void> {
  const server = await startS3Server({ buckets: ['a', 'b'], ...given.server });
  server.addCredentials(other);
  const opened: S3Remote[] = [];
  const open = async (name: string, more: Readonly<Record<string, unknown>> = {}) => {
    const secretAccessKey =
      more['accessKeyId'] === other.accessKeyId ? other.secretAccessKey : server.secretAccessKey;
    const remote = await openS3(
      settingsFor(server, { name, ...inParts, ...more }),
      hostWith({ secretAccessKey }),
    );
    opened.push(remote);
    return withRetry(withLogging(remote, silentLog), { clock: createFakeClock(), log: silentLog });
  };
  try {
    await work({
      server,
      from: await open('first', given.from),
      to: await open('second', given.to),
      asked: (...operations) =>
        server.requests.filter(({ operation }) => operations.includes(operation)).length,
    });
  } finally {
    for (const remote of opened) await remote.close();
    await server.stop();
  }
}

/** Copies `a/f` of the one remote to `b/f` of the other. */
async function copied(
  { from, to }: Service,
  precondition: Parameters<typeof copyFile>[0]['precondition'] = ifAbsent,
) {
  const source = await statFile(from, parsePath('a/f'));
  return copyFile({ from, source, to, target: parsePath('b/f'), precondition }, calm);
}

function assertSame(server: S3TestServer, size: number): void {
  const copy = server.store.get('b', 'f');
  assert.ok(copy, 'the copy');
  assert.ok(copy.body.equals(pattern(size)), 'the content');
  for (const [name, value] of Object.entries(headers)) assert.equal(copy.headers[name], value, name);
  const { md5chksum: _, ...metadata } = copy.metadata;
  assert.deepEqual(metadata, everything.metadata);
}

for (const size of [0, 11, 5 * mebi - 1, 5 * mebi, 5 * mebi + 1, 12 * mebi])
  test(`A12: between two remotes of one service ${size} bytes are copied on the server, with all attributes`, () =>
    oneService({}, async (service) => {
      const { server, to } = service;
      server.store.put('a', 'f', pattern(size), everything);
      const { entry, verification } = await copied(service);
      assert.equal(verification, 'ok');
      assertSame(server, size);
      assert.deepEqual({ ...server.store.get('b', 'f')?.tags }, everything.tags);
      assert.equal(server.store.get('b', 'f')?.storageClass, 'STANDARD_IA');
      assert.equal(service.asked('GetObject', 'PutObject', 'UploadPart'), 0, 'no byte passes through here');
      const parts = server.requests.filter(({ operation }) =>
        /^(CopyObject|UploadPartCopy)$/.test(operation),
      );
      assert.equal(parts.length, size < 5 * mebi ? 1 : Math.ceil(size / (5 * mebi)));
      for (const { headers: sent } of parts)
        assert.equal(sent['x-amz-copy-source-if-match'], `"${server.store.get('a', 'f')?.etag}"`);
      const now = await statFile(to, parsePath('b/f'));
      assert.equal(now.version, entry.version);
      assert.deepEqual(now.modified, { s: 1_700_000_000, ns: 500_000_000 });
    }));

test('a copy between remotes has the storage class and encryption of the target’s settings, if set', () =>
  oneService({ to: { storageClass: 'ONEZONE_IA', serverSideEncryption: 'AES256' } }, async (service) => {
    for (const size of [11, 6 * mebi]) {
      service.server.store.put('a', 'f', pattern(size), everything);
      await copied(service, noPrecondition);
      const copy = service.server.store.get('b', 'f');
      assert.equal(copy?.storageClass, 'ONEZONE_IA');
      assert.equal(copy?.encryption['x-amz-server-side-encryption'], 'AES256');
      assertSame(service.server, size);
    }
    assert.equal(service.asked('GetObject'), 0);
  }));

test('names with any characters are copied on the server unchanged (H18)', () =>
  oneService({}, async ({ server, from, to, asked }) => {
    const odd = ['a b+c', 'ü/😀', "q'(1)*!~", '100%25', 'tab\tand\u0007bell', 'x?versionId=1', 'back\\slash'];
    for (const name of [...odd, '#;,&=']) {
      server.store.put('a', name, name);
      const source = await statFile(from, parsePath(`a/${name}`));
      await copyFile({ from, source, to, target: parsePath(`b/${name}`), precondition: ifAbsent }, calm);
      assert.equal(server.store.get('b', name)?.text, name);
    }
    assert.equal(asked('GetObject'), 0);
  }));

test('between different credentials no server-side copy is requested, and the content is streamed', () =>
  oneService({ to: { accessKeyId: other.accessKeyId } }, async (service) => {
    service.server.store.put('a', 'f', pattern(6 * mebi), everything);
    await copied(service);
    assertSame(service.server, 6 * mebi);
    assert.equal(service.asked('CopyObject', 'UploadPartCopy'), 0);
  }));

test('two services never copy between each other, even with equal credentials', () =>
  oneService({}, ({ from }) =>
    oneService({}, async ({ to }) => {
      assert.notEqual(from.capabilities.serverSideCopyGroup, to.capabilities.serverSideCopyGroup);
    }),
  ));

test('the group of equal credentials reveals neither key', () =>
  oneService({}, async ({ server, from, to }) => {
    assert.equal(from.capabilities.serverSideCopyGroup, to.capabilities.serverSideCopyGroup);
    assert.ok(!JSON.stringify(from.capabilities).includes(server.accessKeyId));
  }));

for (const [code, status] of [
  ['AccessDenied', 403],
  ['NotImplemented', 501],
  ['InvalidRequest', 400],
] as const)
  for (const [operation, size] of [
    ['CopyObject', 11],
    ['UploadPartCopy', 12 * mebi],
    ['CreateMultipartUpload', 12 * mebi],
    ['GetObjectTagging', 12 * mebi],
  ] as const)
    test(`where the service refuses ${operation} with ${code}, the content is streamed, and no partial upload stays`, () =>
      oneService({}, async (service) => {
        const { server } = service;
        server.store.put('a', 'f', pattern(size), everything);
        // All parts from the second on; of other operations only the first call, because the streamed upload makes the same call.
        const fault = server.addFault({
          operation,
          code,
          status,
          ...(operation === 'UploadPartCopy' && { skip: 1, count: 99 }),
        });
        await copied(service);
        assert.ok(fault.hits > 0);
        assertSame(server, size);
        assert.equal(server.uploads.size, 0, 'no parts stay behind (H23)');
        assert.ok(service.asked('GetObject') > 0);
      }));

test('a source that changed since it was listed is refused, and the target stays as it is', () =>
  oneService({}, async ({ server, from, to }) => {
    for (const size of [11, 6 * mebi]) {
      server.store.put('a', 'f', pattern(size), everything);
      const old = server.store.put('b', 'f', 'old');
      const source = await statFile(from, parsePath('a/f'));
      const there = await statFile(to, parsePath('b/f'));
      server.store.put('a', 'f', pattern(size, 2), everything);
      const request = { from, source, to, target: parsePath('b/f'), precondition: ifMatch(there) };
      await refused(copyFile(request, calm), 'changed');
      assert.equal(server.store.get('b', 'f'), old);
      assert.equal(server.uploads.size, 0);
    }
  }));

test('a target that changed since the preview is not overwritten by a copy of the service', () =>
  oneService({}, async ({ server, from, to }) => {
    for (const size of [11, 6 * mebi])
      for (const late of [false, true]) {
        server.store.put('a', 'f', pattern(size), everything);
        server.store.put('b', 'f', 'old');
        const source = await statFile(from, parsePath('a/f'));
        const there = await statFile(to, parsePath('b/f'));
        const change = () => server.store.put('b', 'f', 'of someone else');
        // A change after the last stat is detected only by the service's own precondition.
        if (late)
          server.addFault({
            operation: size === 11 ? 'CopyObject' : 'CompleteMultipartUpload',
            when: () => change() !== undefined,
            delayMs: 0,
          });
        else change();
        const request = { from, source, to, target: parsePath('b/f'), precondition: ifMatch(there) };
        await refused(copyFile(request, calm), 'changed');
        assert.equal(server.store.get('b', 'f')?.text, 'of someone else');
        assert.equal(server.uploads.size, 0);
        server.clearFaults();
      }
  }));

test('a copy whose response was lost counts as done, not as a file of another writer', () =>
  oneService({}, async (service) => {
    service.server.store.put('a', 'f', pattern(11), everything);
    service.server.addFault({ operation: 'CopyObject', loseResponse: true });
    await copied(service);
    assertSame(service.server, 11);
  }));

test('buckets of different regions get their requests in their own region, and the copy in the target’s', () =>
  oneService(
    {
      from: { region: 'eu-west-1' },
      to: { region: 'us-east-1' },
      server: { buckets: [], strictRegions: true },
    },
    async (service) => {
      const { server } = service;
      server.store.createBucket('a', { location: 'eu-west-1' });
      server.store.createBucket('b', { location: 'ap-south-1' });
      for (const size of [11, 12 * mebi]) {
        server.store.put('a', 'f', pattern(size), everything);
        await copied(service, noPrecondition);
        assertSame(server, size);
      }
      assert.equal(service.asked('GetObject'), 0);
      const done = server.requests.filter(({ status }) => status < 300);
      for (const { bucket, headers: sent, operation } of done) {
        const region = bucket === 'a' ? 'eu-west-1' : 'ap-south-1';
        assert.match(sent.authorization ?? '', new RegExp(`/${region}/s3/`), `${operation} of ${bucket}`);
      }
      const strayed = server.requests.filter(
        ({ code }) => code === 'AuthorizationHeaderMalformed' || code === 'PermanentRedirect',
      );
      assert.ok(strayed.length <= 3, 'a region is found once and cached');
    },
  ));

for (const deletes of ['none', 'after'] as const)
  test(`objects without an owner’s time get their LastModified with the copy, so that nothing is left to do (R1, deletes ${deletes})`, () =>
    oneService({}, async ({ server, from, to }) => {
      server.setClock(1_700_000_000_000);
      server.store.put('a', 'small', 'x');
      server.store.put('a', 'large', pattern(6 * mebi));
      server.setClock(1_700_000_900_000);
      for (const name of ['small', 'large']) {
        const source = await statFile(from, parsePath(`a/${name}`));
        const done = await copyFile(
          { from, source, to, target: parsePath(`b/${name}`), precondition: ifAbsent },
          calm,
        );
        assert.deepEqual(done.entry.modified, { s: 1_700_000_000, ns: 0 });
      }
      const side = (remote: Remote, name: string, path: string) => ({
        remote,
        root: parsePath(path),
        place: { kind: 'remote' as const, remote: name, path: parsePath(path) },
      });
      const plan = await planSync(
        {
          source: side(from, 'first', 'a'),
          target: side(to, 'second', 'b'),
          options: { ...defaultPlanOptions, verb: 'sync', deletes },
        },
        calm,
      );
      assert.deepEqual(plan.actions, []);
    }));

test('a read-only remote refuses copies from other remotes too', async () =>
  oneService({}, async ({ server, from, to }) => {
    server.store.put('a', 'f', 'x');
    const source: FileEntry = await statFile(from, parsePath('a/f'));
    const target = parsePath('b/f');
    const request = { from, source, to: readOnly(to), target, precondition: ifAbsent };
    await refused(copyFile(request, calm), 'unsupported');
    assert.deepEqual(server.store.keys('b'), []);
  }));
