import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Entry } from '../../src/remote/entry';
import type { ByteSource } from '../../src/remote/remote';
import { isRemoteError, type RemoteErrorKind } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import { createFakeClock } from '../support/fakeClock';
import {
  at,
  body,
  calm,
  drain,
  ifAbsent,
  ifMatch,
  noPrecondition,
  pagesOf,
  pattern,
  statFile,
  wholeBody,
  write,
} from '../support/remoteCalls';
import { hostWith, inTemporaryFolder, openS3, served, settingsFor } from '../unit/backends/s3/s3Fixture';

const demo = parsePath('demo');
const mebi = 1024 * 1024;
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi', concurrency: 2 };
/** Retries wait by this clock, which is to say not at all. */
const patient = () => ({ clock: createFakeClock() });

async function failsWith(promise: Promise<unknown>, kind: RemoteErrorKind, says: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isRemoteError(error), `expected a RemoteError, got ${String(error)}`);
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, says);
    return true;
  });
}

async function deep(remote: {
  listRecursive: typeof import('../../src/backends/s3/s3Remote').S3Remote.prototype.listRecursive;
}) {
  return (await pagesOf(remote.listRecursive(demo, {}, calm))).flat();
}

// ---- what is sent ------------------------------------------------------------------------------------------------

test('R2, A11: an upload stores the modified time in rclone’s format, a type by its name, and needs one request', () =>
  served({}, async ({ remote, server, asked }) => {
    await remote.write(
      at(demo, 'a/page.html'),
      wholeBody('hi'),
      { modified: { s: 1700000000, ns: 500_000_000 } },
      noPrecondition,
      calm,
    );
    assert.deepEqual(asked(), ['PutObject']);
    const stored = server.store.get('demo', 'a/page.html');
    assert.equal(stored?.metadata['mtime'], '1700000000.5');
    assert.equal(stored?.headers['content-type'], 'text/html; charset=utf-8');
  }));

test('R4, H24: a file in parts has its MD5 and time in the metadata, and its parts grow with it', () =>
  served({ settings: inParts }, async ({ remote, server, asked }) => {
    const content = pattern(12 * mebi + 5);
    const entry = await write(remote, at(demo, 'large.bin'), content, { modified: { s: 1, ns: 0 } });
    assert.deepEqual(asked().sort(), [
      'CompleteMultipartUpload',
      'CreateMultipartUpload',
      'UploadPart',
      'UploadPart',
      'UploadPart',
    ]);
    const stored = server.store.get('demo', 'large.bin');
    assert.equal(Buffer.from(stored?.metadata['md5chksum'] ?? '', 'base64').toString('hex'), entry.md5);
    assert.match(entry.version ?? '', /^[0-9a-f]{32}-3$/);
    assert.equal((await statFile(remote, at(demo, 'large.bin'))).md5, entry.md5);
    assert.equal(server.uploads.size, 0);
  }));

test('a body that is costly to read again is read once, in parts, and its MD5 is still told', () =>
  served({ settings: { chunkSize: '5Mi' } }, async ({ remote }) => {
    const content = pattern(11 * mebi);
    const inner = body(content);
    let opened = 0;
    const costly: ByteSource = {
      ...inner,
      rereadIsExpensive: true,
      open: (range, signal) => {
        opened += (range?.end ?? content.length) - (range?.start ?? 0);
        return inner.open(range, signal);
      },
    };
    const entry = await remote.write(at(demo, 'f'), costly, {}, noPrecondition, calm);
    assert.equal(opened, content.length);
    assert.match(entry.md5 ?? '', /^[0-9a-f]{32}$/);
  }));

test('a part that fails is sent again by itself', () =>
  served({ settings: inParts, host: patient() }, async ({ remote, server, asked }) => {
    const content = pattern(11 * mebi);
    server.addFault({ operation: 'UploadPart', code: 'SlowDown', retryAfter: 1 });
    server.addFault({ operation: 'UploadPart', cutRequestAfterBytes: 100_000 });
    await write(remote, at(demo, 'f'), content);
    assert.equal(asked().filter((name) => name === 'UploadPart').length, 5);
    assert.ok((await drain((await remote.read(at(demo, 'f'), {}, calm)).stream)).equals(content));
  }));

test('H23: a failed or cancelled upload in parts leaves no parts behind', () =>
  served({ settings: inParts, host: patient() }, async ({ remote, server }) => {
    const content = pattern(11 * mebi);
    const fault = server.addFault({
      operation: 'UploadPart',
      code: 'AccessDenied',
      status: 403,
      count: 9,
      skip: 1,
    });
    await failsWith(write(remote, at(demo, 'f'), content), 'forbidden', /"demo\/f": access denied/);
    assert.ok(fault.hits > 0);
    assert.equal(server.uploads.size, 0);
    server.clearFaults();

    const stop = new AbortController();
    server.addFault({ operation: 'UploadPart', delayMs: 60_000, skip: 1, count: 9 });
    const reason = new Error('stopped');
    const facts = { onProgress: () => stop.abort(reason) };
    await assert.rejects(
      remote.write(at(demo, 'f'), body(content), facts, noPrecondition, stop.signal),
      (error) => error === reason,
    );
    assert.equal(server.uploads.size, 0);
    assert.equal(server.store.get('demo', 'f'), undefined);
  }));

test('an upload in parts whose last answer is lost is found to be done', () =>
  served({ settings: inParts, host: patient() }, async ({ remote, server }) => {
    server.addFault({ operation: 'CompleteMultipartUpload', loseResponse: true });
    const content = pattern(6 * mebi);
    const entry = await write(remote, at(demo, 'f'), content, {}, ifAbsent);
    assert.equal(server.store.get('demo', 'f')?.etag, entry.version);
    assert.equal(server.uploads.size, 0);
  }));

test('what the settings say of objects goes with every upload', () =>
  served(
    { settings: { ...inParts, storageClass: 'STANDARD_IA', serverSideEncryption: 'AES256' } },
    async ({ remote, server }) => {
      await write(remote, at(demo, 'small'), 'x');
      await write(remote, at(demo, 'large'), pattern(6 * mebi));
      for (const key of ['small', 'large']) {
        const stored = server.store.get('demo', key);
        assert.equal(stored?.storageClass, 'STANDARD_IA');
        assert.equal(stored?.encryption['x-amz-server-side-encryption'], 'AES256');
      }
    },
  ));

test('a save keeps type, headers, metadata, storage class and tags, and renews the time', () =>
  served({ settings: inParts }, async ({ remote, server }) => {
    for (const content of [Buffer.from('new'), pattern(6 * mebi)]) {
      server.store.put('demo', 'page', 'old', {
        headers: {
          'content-type': 'text/x-odd',
          'cache-control': 'max-age=60',
          'content-encoding': 'identity',
          'content-disposition': 'attachment',
          'content-language': 'de',
        },
        metadata: { author: 'someone', mtime: '5', md5chksum: 'AAAAAAAAAAAAAAAAAAAAAA==' },
        tags: { 'a b': 'c+d', plain: '1' },
        storageClass: 'STANDARD_IA',
      });
      const seen = await statFile(remote, at(demo, 'page'));
      const facts = { keepAttributes: true, modified: { s: 1700000000, ns: 0 } };
      const entry = await remote.write(at(demo, 'page'), body(content), facts, ifMatch(seen), calm);
      const stored = server.store.get('demo', 'page');
      assert.equal(stored?.headers['content-type'], 'text/x-odd');
      assert.equal(stored?.headers['cache-control'], 'max-age=60');
      assert.equal(stored?.headers['content-disposition'], 'attachment');
      assert.equal(stored?.headers['content-language'], 'de');
      assert.equal(stored?.metadata['author'], 'someone');
      assert.equal(stored?.metadata['mtime'], '1700000000');
      assert.notEqual(stored?.metadata['md5chksum'], 'AAAAAAAAAAAAAAAAAAAAAA==');
      assert.deepEqual({ ...stored?.tags }, { 'a b': 'c+d', plain: '1' });
      assert.equal(stored?.storageClass, 'STANDARD_IA');
      assert.equal((await statFile(remote, at(demo, 'page'))).md5, entry.md5);
    }
  }));

test('a save goes out with If-Match, a new file with If-None-Match', () =>
  served({}, async ({ remote, server }) => {
    const entry = await write(remote, at(demo, 'f'), 'one', {}, ifAbsent);
    await write(remote, at(demo, 'f'), 'two', {}, ifMatch(entry));
    const puts = server.requests.filter((request) => request.operation === 'PutObject');
    assert.equal(puts[0]?.headers['if-none-match'], '*');
    assert.equal(puts[1]?.headers['if-match'], `"${entry.version}"`);
    assert.ok(puts.every((request) => request.headers['content-md5']));
  }));

test('R7: setting a modified time keeps content, headers, metadata and tags, also of an object in parts', () =>
  served({ settings: { copyCutoff: '6Mi', chunkSize: '5Mi' } }, async ({ remote, server }) => {
    for (const content of [Buffer.from('content'), pattern(7 * mebi)]) {
      server.store.put('demo', 'f', content, {
        headers: { 'content-type': 'text/x-odd', 'cache-control': 'no-cache' },
        metadata: { author: 'someone', mtime: '5' },
        tags: { a: 'b' },
      });
      const before = await statFile(remote, at(demo, 'f'));
      const changed = await remote.setModifiedTime(before, { s: 1700000000, ns: 1 }, calm);
      const stored = server.store.get('demo', 'f');
      assert.equal(stored?.metadata['mtime'], '1700000000.000000001');
      assert.equal(stored?.metadata['author'], 'someone');
      assert.equal(stored?.headers['content-type'], 'text/x-odd');
      assert.equal(stored?.headers['cache-control'], 'no-cache');
      assert.deepEqual({ ...stored?.tags }, { a: 'b' });
      const after = await statFile(remote, at(demo, 'f'));
      assert.equal(after.version, changed.version);
      assert.equal(after.md5, before.md5);
      assert.ok((await drain((await remote.read(at(demo, 'f'), {}, calm)).stream)).equals(content));
    }
  }));

// ---- listings ----------------------------------------------------------------------------------------------------

test('a folder of 20,000 keys is one request until more is asked for', () =>
  served({}, async ({ remote, server, asked }) => {
    for (let i = 0; i < 20_000; i++) server.store.put('demo', `many/${i}`, '');
    const pages = remote.list(at(demo, 'many'), { pageSize: 500 }, calm)[Symbol.asyncIterator]();
    assert.equal((await pages.next()).value?.length, 500);
    assert.deepEqual(asked(), ['ListObjectsV2']);
  }));

test('keys that are no paths are unusable, say why, and protect what they may stand for (table 1.5, A18, A19, A25, R15, H17)', () =>
  served({}, async ({ remote, server }) => {
    for (const key of ['a//b', '/abs', '../x', 'q/./r', 'full/', 'ok.txt', 'empty/', 'c\u0001d'])
      server.store.put('demo', key, key === 'empty/' ? '' : 'content');
    const found = await deep(remote);
    const shown = found.map((entry: Entry) =>
      entry.kind === 'unusable' ? `${entry.name} ${entry.reason} ${entry.protects}` : entry.path,
    );
    assert.deepEqual(shown, [
      '../x dotPart demo/x',
      '/abs emptyPart demo/abs',
      'a//b emptyPart demo/a/b',
      'demo/c\u0001d',
      'full/ nonEmptyFolderMarker demo/full',
      'demo/ok.txt',
      'q/./r dotPart demo/q/r',
    ]);
    const top = (await pagesOf(remote.list(demo, {}, calm))).flat();
    const names = top.map((entry) =>
      entry.kind === 'unusable' ? `${entry.name} ${entry.reason}` : entry.path,
    );
    assert.deepEqual(names.sort(), [
      '../ dotPart',
      '/ emptyPart',
      'demo/a',
      'demo/c\u0001d',
      'demo/empty',
      'demo/full',
      'demo/ok.txt',
      'demo/q',
    ]);
    const inA = (await pagesOf(remote.list(at(demo, 'a'), {}, calm))).flat();
    assert.deepEqual(
      inA.map((entry) => entry.kind === 'unusable' && entry.reason),
      ['emptyPart'],
    );
  }));

for (const [list, says] of [
  ['outOfOrder', /out of order/],
  ['noToken', /ends in the middle/],
  ['repeatPage', /same page|twice|circle/],
  ['cutXml', /cut off/],
] as const)
  test(`H12: a listing spoilt by ${list} is damaged, never a shorter list`, () =>
    served({}, async ({ remote, server }) => {
      for (let i = 0; i < 2500; i++) server.store.put('demo', `f${String(i).padStart(5, '0')}`, 'x');
      server.addFault({ operation: 'ListObjectsV2', list, count: 9, skip: list === 'repeatPage' ? 1 : 0 });
      await failsWith(deep(remote), 'corrupted', says);
    }));

test('H13: a store known to list out of order is sorted here', () =>
  served({ settings: { listOrder: 'unordered' } }, async ({ remote, server }) => {
    for (let i = 0; i < 2500; i++) server.store.put('demo', `f${String(i).padStart(5, '0')}`, 'x');
    server.addFault({ operation: 'ListObjectsV2', list: 'outOfOrder', count: 99 });
    const paths = (await deep(remote)).map((entry) => (entry.kind === 'file' ? entry.path : ''));
    assert.equal(paths.length, 2500);
    assert.deepEqual(paths, [...paths].sort());
  }));

test('a page that failed can be asked for again, and the list is whole', () =>
  served({}, async ({ remote, server }) => {
    for (let i = 0; i < 2500; i++) server.store.put('demo', `f${String(i).padStart(5, '0')}`, 'x');
    server.addFault({ operation: 'ListObjectsV2', code: 'SlowDown', retryAfter: 3, skip: 1 });
    const pages = remote.listRecursive(demo, {}, calm)[Symbol.asyncIterator]();
    let count = (await pages.next()).value?.length ?? 0;
    await assert.rejects(
      pages.next(),
      (error) => isRemoteError(error, 'rateLimited') && error.retryAfterMs === 3000,
    );
    for (let page = await pages.next(); !page.done; page = await pages.next()) count += page.value.length;
    assert.equal(count, 2500);
  }));

test('H29: a listing knows the modified times that a stat or an upload told, until the object changes', () =>
  inTemporaryFolder(async (cacheFolder) => {
    await served({ host: { cacheFolder } }, async ({ remote, server, asked }) => {
      const time = { s: 1600000000, ns: 7 };
      await write(remote, at(demo, 'ours'), 'x', { modified: time });
      server.store.put('demo', 'theirs', 'y', { metadata: { mtime: '1500000000.5' } });
      server.store.put('demo', 'changed', 'z', { metadata: { mtime: '1400000000' } });
      for (const name of ['theirs', 'changed']) await remote.stat(at(demo, name), calm);
      await remote.close();
      server.store.put('demo', 'changed', 'zz');
      const again = await openS3(
        settingsFor(server),
        hostWith({ secretAccessKey: server.secretAccessKey }, { cacheFolder }),
      );
      asked();
      const known = new Map(
        (await deep(again)).map((entry) => [
          entry.kind === 'file' ? entry.path : '',
          entry.kind === 'file' && entry,
        ]),
      );
      assert.deepEqual(asked(), ['ListObjectsV2']);
      assert.deepEqual((known.get('demo/ours') || undefined)?.modified, time);
      assert.deepEqual((known.get('demo/theirs') || undefined)?.modified, { s: 1500000000, ns: 500_000_000 });
      assert.equal((known.get('demo/theirs') || undefined)?.exact, true);
      assert.equal((known.get('demo/changed') || undefined)?.modified, undefined);
      await again.close();
    });
  }));

// ---- reading -----------------------------------------------------------------------------------------------------

test('a body that breaks off makes the stream fail', () =>
  served({}, async ({ remote, server }) => {
    server.store.put('demo', 'f', pattern(500_000));
    server.addFault({ operation: 'GetObject', cutResponseAfterBytes: 100_000 });
    const { stream } = await remote.read(at(demo, 'f'), {}, calm);
    await failsWith(drain(stream), 'unavailable', /closed the connection|connection ended/);
  }));

test('a body damaged on its way is found by its CRC32', () =>
  served({ settings: { checksums: 'whenSupported' } }, async ({ remote, server }) => {
    await write(remote, at(demo, 'f'), pattern(200_000));
    server.addFault({ operation: 'GetObject', damageResponse: true });
    const { stream } = await remote.read(at(demo, 'f'), {}, calm);
    await failsWith(drain(stream), 'corrupted', /checksum/);
  }));

// ---- refusals, in words ------------------------------------------------------------------------------------------

test('wrong keys, a missing bucket, a dead endpoint and a skewed clock are told in words', () =>
  served({ host: patient() }, async ({ remote, server }) => {
    const host = (secretAccessKey: string) => hostWith({ secretAccessKey });
    const wrongSecret = await openS3(settingsFor(server), host('not-the-secret'));
    await failsWith(deep(wrongSecret), 'unauthenticated', /secret access key of "demo"/);
    const wrongKey = await openS3(settingsFor(server, { accessKeyId: 'AKIANOBODY' }), host('x'));
    await failsWith(deep(wrongKey), 'unauthenticated', /does not know the access key/);
    const noSecret = await openS3(settingsFor(server), hostWith());
    await failsWith(deep(noSecret), 'unauthenticated', /secret access key of "demo" is not known/);
    await failsWith(
      pagesOf(remote.list(parsePath('nobucket/x'), {}, calm)),
      'notFound',
      /no bucket "nobucket"/,
    );
    await failsWith(remote.stat(parsePath('nobucket'), calm), 'notFound', /no bucket "nobucket"/);
    await failsWith(remote.makeFolder(parsePath('nobucket'), calm), 'unsupported', /New Bucket/);
    const dead = await openS3(settingsFor(server, { endpoint: 'http://127.0.0.1:1' }), host('x'));
    await failsWith(deep(dead), 'unavailable', /127\.0\.0\.1:1 refuses connections/);
    await failsWith(
      dead.features.properties?.(demo, calm) ?? deep(dead),
      'unavailable',
      /refuses connections/,
    );
    for (const each of [wrongSecret, wrongKey, noSecret, dead]) await each.close();
  }));

test('H10: a clock far off is refused once, and signed right from then on', () =>
  served({}, async ({ remote, server }) => {
    server.store.put('demo', 'f', 'x');
    server.setClock(Date.now() + 3_600_000);
    await failsWith(remote.stat(at(demo, 'f'), calm), 'unavailable', /clock differs/);
    assert.equal((await remote.stat(at(demo, 'f'), calm)).kind, 'file');
    await write(remote, at(demo, 'g'), 'y');
  }));

test('an archived object says how it can be had (A31)', () =>
  served({}, async ({ remote, server }) => {
    server.store.put('demo', 'old', 'x', { storageClass: 'GLACIER' });
    const [entry] = await deep(remote);
    assert.match((entry?.kind === 'file' && entry.readonly) || '', /restore-object/);
    await failsWith(remote.read(at(demo, 'old'), {}, calm), 'archived', /must be restored/);
  }));

test('a refused removal among many is told by its path (H31)', () =>
  served({}, async ({ remote, server }) => {
    for (let i = 0; i < 1200; i++) server.store.put('demo', `f${i}`, 'x');
    const paths = Array.from({ length: 1200 }, (_, i) => at(demo, `f${i}`));
    server.addFault({ operation: 'DeleteObjects', code: 'AccessDenied', status: 403, skip: 1 });
    await failsWith(remote.removeFiles(paths, calm), 'forbidden', /access denied/);
    assert.equal(server.store.keys('demo').length, 200);
    const failures = await remote.removeFiles([at(demo, 'f1199'), at(demo, 'gone')], calm);
    assert.equal(failures.size, 0);
    assert.ok(
      server.requests.every(
        (request) => request.operation !== 'DeleteObjects' || request.headers['content-md5'],
      ),
    );
  }));

test('a source that fails in the middle of a streamed upload ends the upload with its own error', () =>
  served({ settings: { uploadCutoff: '1Gi' } }, async ({ remote, server }) => {
    const size = 9 * mebi;
    const lost = new Error('the disk went away');
    let opened = 0;
    const source: ByteSource = {
      size,
      async open() {
        const fails = opened++ > 0; // the reading for the MD5 works
        return Readable.from(
          (function* () {
            for (let i = 0; i < 9; i++) {
              if (fails && i === 5) throw lost;
              yield Buffer.alloc(mebi);
            }
          })(),
          { objectMode: false },
        );
      },
    };
    await assert.rejects(
      remote.write(at(demo, 'f'), source, {}, noPrecondition, calm),
      (error) => error === lost,
    );
    assert.equal(server.store.get('demo', 'f'), undefined);
  }));
