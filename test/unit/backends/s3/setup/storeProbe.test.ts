import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionFinding } from '../../../../../src/backends/backend';
import { storeClash } from '../../../../../src/backends/s3/errors/nameConflicts';
import { s3Backend } from '../../../../../src/backends/s3/s3Backend';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import type { S3TestServer } from '../../../../servers/s3/s3Server';
import { calm, noPrecondition, write } from '../../../../support/remoteCalls';
import { hostWith, served, settingsFor } from '../s3Fixture';

/** The additional findings of the connection test with this service. */
async function found(
  prepare: (server: S3TestServer) => void,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<readonly ConnectionFinding[]> {
  const findings: ConnectionFinding[] = [];
  await served({ settings: { root: 'demo/folder', ...settings } }, async ({ remote, server }) => {
    prepare(server);
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const all = settingsFor(server, { root: 'demo/folder', ...settings });
    for await (const finding of s3Backend.testConnection(remote, all, host, calm)) findings.push(finding);
    server.clearFaults();
    assert.deepEqual(server.store.keys('demo'), [], 'nothing of the test is left');
  });
  return findings.filter(({ title }) => title === 'List order' || title === 'Files and folders');
}

const probes = ({ query }: { readonly query: ReadonlyMap<string, string> }) =>
  query.get('prefix')?.includes('-probe-') ?? false;

describe('the connection test', () => {
  it('has no finding for a service that lists in order and stores all names', async () => {
    assert.deepEqual(await found(() => {}), []);
  });

  it('detects that a service lists out of order, and offers to sort here', async () => {
    const [finding, ...more] = await found((server) =>
      server.addFault({ operation: 'ListObjectsV2', when: probes, list: 'outOfOrder', count: 9 }),
    );
    assert.deepEqual(more, []);
    assert.equal(finding?.outcome, 'warning');
    assert.deepEqual(finding?.fix?.settings, { listOrder: 'unordered' });
  });

  it('detects that folders are sorted without the slash', async () => {
    const [finding] = await found((server) =>
      server.addFault({
        operation: 'ListObjectsV2',
        when: probes,
        body: ({ query }) => {
          const base = query.get('prefix') ?? '';
          const keys = ['/b', '-b', '0'].map(
            (end) => `<Contents><Key>${base}${end}</Key><Size>1</Size><ETag>"x"</ETag></Contents>`,
          );
          return `<ListBucketResult><Name>demo</Name><Prefix>${base}</Prefix><KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>${keys.join('')}</ListBucketResult>`;
        },
      }),
    );
    assert.deepEqual(finding?.fix?.settings, { listOrder: 'unordered' });
  });

  it('has no finding for the order when listings are already sorted here', async () => {
    const outOfOrder = (server: S3TestServer) =>
      void server.addFault({ operation: 'ListObjectsV2', when: probes, list: 'outOfOrder', count: 9 });
    assert.deepEqual(await found(outOfOrder, { listOrder: 'unordered' }), []);
  });

  it('warns of a service with incomplete pages, without a fix', async () => {
    const [finding] = await found((server) =>
      server.addFault({ operation: 'ListObjectsV2', when: probes, list: 'missingTail', count: 9 }),
    );
    assert.match(finding?.detail ?? '', /could be missed/);
    assert.equal(finding?.fix, undefined);
  });

  for (const [what, prepare] of [
    ['rejects an object below another', (server: S3TestServer) => likeFiles(server)],
    [
      'rejects it by message only',
      (server: S3TestServer) =>
        void server.addFault({
          operation: 'PutObject',
          key: /below$/,
          status: 400,
          code: 'InvalidRequest',
          message: 'Directory "x" is the name of an object',
        }),
    ],
    [
      'turns the object above into a folder',
      (server: S3TestServer) =>
        void server.addFault({
          operation: 'ListObjectsV2',
          when: ({ query }) => query.get('prefix')?.endsWith('-b') ?? false,
          body: ({ query }) => {
            const keys = ['/', '/below'].map(
              (end) =>
                `<Contents><Key>${query.get('prefix')}${end}</Key><Size>1</Size><ETag>"x"</ETag></Contents>`,
            );
            return `<ListBucketResult><Name>demo</Name><IsTruncated>false</IsTruncated>${keys.join('')}</ListBucketResult>`;
          },
        }),
    ],
  ] as const)
    it(`detects a store on a file system: it ${what}`, async () => {
      const [finding, ...more] = await found(prepare);
      assert.deepEqual(more, []);
      assert.deepEqual([finding?.title, finding?.outcome], ['Files and folders', 'warning']);
      assert.deepEqual(finding?.fix?.settings, { fileSystem: true });
      assert.deepEqual(await found(prepare, { fileSystem: true }), []);
    });
});

describe('a store on a file system', () => {
  it('is recognised by its first rejection', () =>
    served({}, async ({ remote, server }) => {
      likeFiles(server);
      assert.equal(remote.capabilities.oneKindPerName, false);
      await write(remote, parsePath('demo/a/b'), 'x');
      const failure = await write(remote, parsePath('demo/a'), 'x').catch((error: unknown) => error);
      assert.ok(isRemoteError(failure, 'isAFolder'), String(failure));
      assert.match(
        failure.message,
        /^"demo\/a" can't be stored: .*file system, where a folder has that name \(ExistingObjectIsDirectory\)\.$/,
      );
      assert.equal(remote.capabilities.oneKindPerName, true);
      const below = await write(remote, parsePath('demo/a/b/c'), 'x').catch((error: unknown) => error);
      assert.ok(isRemoteError(below, 'notAFolder'), String(below));
      assert.match(below.message, /is a file \(ObjectParentIsFile\)\.$/);
      await remote.removeFile(parsePath('demo/a/b'), noPrecondition, calm);
      await write(remote, parsePath('demo/a'), 'x');
    }));

  for (const [service, code, message, status, clash] of [
    ['VersityGW', 'ObjectParentIsFile', 'Object parent already exists as a file.', 409, 'aboveIsFile'],
    ['VersityGW', 'ExistingObjectIsDirectory', 'Existing Object is a directory.', 409, 'isFolder'],
    ['SeaweedFS', 'ExistingObjectIsDirectory', 'Existing Object is a directory.', 409, 'isFolder'],
    ['SeaweedFS', 'ExistingObjectIsFile', 'Existing Object is a file.', 409, 'aboveIsFile'],
    ['MinIO', 'XMinioObjectExistsAsDirectory', 'Object name already exists as a directory.', 409, 'isFolder'],
    [
      'MinIO',
      'XMinioParentIsObject',
      'Object-prefix is already an object, please choose a different object-prefix name.',
      400,
      'aboveIsFile',
    ],
    ['rclone serve s3', 'InvalidRequest', 'Object name "x" is the name of a directory', 400, 'isFolder'],
    ['rclone serve s3', 'InvalidRequest', 'Directory "y" is the name of an object', 400, 'aboveIsFile'],
    ['any', 'InvalidRequest', 'Missing required header for this request', 400, undefined],
    ['any', 'PreconditionFailed', 'At least one of the conditions did not hold', 412, undefined],
    ['any', 'InternalError', 'mkdir /data/x: not a directory', 500, undefined],
    ['any', 'BucketNotEmpty', 'The bucket you tried to delete is not empty', 409, undefined],
  ] as const)
    it(`is recognised by the error of ${service}: ${code}, "${message}"`, () => {
      assert.equal(storeClash(code, message, status), clash);
    });

  it('is not recognised by other conflicts, whose own reason is reported', () =>
    served({}, async ({ remote, server }) => {
      server.addFault({
        operation: 'PutObject',
        status: 409,
        code: 'InvalidBucketState',
        message: 'The bucket is frozen',
      });
      const failure = await write(remote, parsePath('demo/a'), 'x').catch((error: unknown) => error);
      assert.ok(isRemoteError(failure, 'other'), String(failure));
      assert.match(failure.message, /InvalidBucketState \(409\).*The bucket is frozen/);
      for (const code of ['ConditionalRequestConflict', 'Conflict', 'PreconditionFailed']) {
        server.addFault({ operation: 'PutObject', status: 409, code });
        const changed = await write(remote, parsePath('demo/a'), 'x').catch((error: unknown) => error);
        assert.ok(isRemoteError(changed, 'changed', 'alreadyExists'), `${code}: ${changed}`);
      }
      assert.equal(remote.capabilities.oneKindPerName, false);
    }));
});

const absent = { kind: 'ifAbsent' } as const;
const inParts = { chunkSize: '5Mi', uploadCutoff: 0 };

describe('a store where If-None-Match fails for a folder of that name (SeaweedFS)', () => {
  const empty = (server: S3TestServer) => server.store.delete('demo', 'folder/below');
  for (const [what, settings, size, prepare] of [
    ['a small file', {}, 1, undefined],
    ['a small file in the place of an empty folder', {}, 1, empty],
    ['a file without content', {}, 0, empty],
    ['a file too large for the memory', {}, 9 << 20, undefined],
    ['a file in parts', inParts, 6 << 20, undefined],
    ['a file in parts in the place of an empty folder', inParts, 6 << 20, empty],
  ] as const)
    it(`stores ${what} beside the folder, as S3 does`, () =>
      served({ settings }, async ({ remote, server }) => {
        keepFolders(server);
        prepare?.(server);
        const before = server.store.keys('demo');
        const content = 'y'.repeat(size);
        await write(remote, parsePath('demo/folder'), content, {}, absent);
        assert.equal(server.store.get('demo', 'folder')?.text, content);
        assert.deepEqual(server.store.keys('demo'), ['folder', ...before].sort());
        assert.equal(remote.capabilities.oneKindPerName, false);
      }));

  for (const [what, settings] of [
    ['whole', {}],
    ['in parts', { chunkSize: '5Mi', copyCutoff: '5Mi' }],
  ] as const)
    it(`copies an object ${what} to the name of a folder`, () =>
      served({ settings }, async ({ remote, server }) => {
        keepFolders(server);
        const { text } = server.store.put('demo', 'from', 'z'.repeat(6 << 20));
        const from = await remote.stat(parsePath('demo/from'), calm);
        assert.ok(from.kind === 'file');
        await remote.serverSideCopy(from, parsePath('demo/folder'), absent, calm);
        assert.equal(server.store.get('demo', 'folder')?.text, text);
        assert.deepEqual(server.store.keys('demo'), ['folder', 'folder/below', 'from']);
      }));

  it('keeps an existing file, with or without a folder of its name', () =>
    served({}, async ({ remote, server }) => {
      keepFolders(server);
      for (const key of ['file', 'both', 'both/below', 'wasBoth', 'wasBoth/below'])
        server.store.put('demo', key, 'old');
      server.store.delete('demo', 'wasBoth/below');
      for (const name of ['file', 'both', 'wasBoth']) {
        const failure = await write(remote, parsePath(`demo/${name}`), 'new', {}, absent).catch(
          (error: unknown) => error,
        );
        assert.ok(isRemoteError(failure, 'alreadyExists'), String(failure));
        assert.equal(server.store.get('demo', name)?.text, 'old');
      }
    }));

  it('sends no unconditional request when no folder conflicts, also for an object that was just removed', () =>
    served({}, async ({ remote, server, asked }) => {
      keepFolders(server);
      asked();
      await write(remote, parsePath('demo/free'), 'y', {}, absent);
      assert.deepEqual(asked(), ['PutObject']);
      for (const [status, code, name] of [
        [412, 'PreconditionFailed', 'gone'],
        [409, 'ConditionalRequestConflict', 'folder'],
      ] as const) {
        server.addFault({ operation: 'PutObject', status, code });
        const failure = await write(remote, parsePath(`demo/${name}`), 'y', {}, absent).catch(
          (error: unknown) => error,
        );
        assert.ok(isRemoteError(failure, 'alreadyExists'), String(failure));
        assert.equal(asked().filter((operation) => operation === 'PutObject').length, 1);
        assert.equal(server.store.get('demo', name), undefined);
      }
    }));

  it('reports its own reason, and is recognised, where it can’t hold a file and a folder', () =>
    served({}, async ({ remote, server }) => {
      keepFolders(server);
      likeFiles(server);
      const failure = await write(remote, parsePath('demo/folder'), 'y', {}, absent).catch(
        (error: unknown) => error,
      );
      assert.ok(isRemoteError(failure, 'isAFolder'), String(failure));
      assert.match(failure.message, /\(ExistingObjectIsDirectory\)\.$/);
      assert.equal(remote.capabilities.oneKindPerName, true);
      assert.deepEqual(server.store.keys('demo'), ['folder/below']);
    }));
});

function keepFolders(server: S3TestServer): void {
  server.store.bucket('demo').keepsFolders = true;
  server.store.put('demo', 'folder/below', 'x');
}

function likeFiles(server: S3TestServer): void {
  const bucket = server.store.findBucket('demo') ?? assert.fail();
  bucket.likeFiles = true;
}
