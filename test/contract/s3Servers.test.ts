import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { S3Remote } from '../../src/backends/s3/s3Remote';
import type { ByteSource } from '../../src/remote/remote';
import type { RemoteErrorKind } from '../../src/remote/remoteError';
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
import { ofKind } from '../support/remoteErrors';
import { hostWith, openS3, served, settingsFor } from '../unit/backends/s3/s3Fixture';

const demo = parsePath('demo');
const file = at(demo, 'f');
const mebi = 1024 * 1024;
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi', concurrency: 2 };
/** Retries without waiting. */
const patient = () => ({ clock: createFakeClock() });

function failsWith(promise: Promise<unknown>, kind: RemoteErrorKind, message: RegExp): Promise<void> {
  return assert.rejects(promise, ofKind(kind, message));
}

async function deep(remote: S3Remote) {
  return (await pagesOf(remote.listRecursive(demo, {}, calm))).flat();
}

// ---- uploads ----------------------------------------------------------------------------------------------------

test('R2, A11: an upload stores the modified time as rclone does and a type by its name, in one request', () =>
  served({}, async ({ remote, server, asked }) => {
    const facts = { modified: { s: 1700000000, ns: 500_000_000 } };
    await remote.write(at(demo, 'a/page.html'), wholeBody('hi'), facts, noPrecondition, calm);
    assert.deepEqual(asked(), ['PutObject']);
    const stored = server.store.get('demo', 'a/page.html');
    assert.equal(stored?.metadata['mtime'], '1700000000.5');
    assert.equal(stored?.headers['content-type'], 'text/html; charset=utf-8');
  }));

test('R4, H24: a multipart upload stores MD5 and time in the metadata', () =>
  served({ settings: inParts }, async ({ remote, server, asked }) => {
    const content = pattern(12 * mebi + 5);
    const entry = await write(remote, at(demo, 'large.bin'), content, { modified: { s: 1, ns: 0 } });
    assert.equal(
      asked().sort().join(),
      'CompleteMultipartUpload,CreateMultipartUpload,UploadPart,UploadPart,UploadPart',
    );
    const stored = server.store.get('demo', 'large.bin');
    assert.equal(Buffer.from(stored?.metadata['md5chksum'] ?? '', 'base64').toString('hex'), entry.md5);
    assert.match(entry.version ?? '', /^[0-9a-f]{32}-3$/);
    assert.equal((await statFile(remote, at(demo, 'large.bin'))).md5, entry.md5);
    assert.equal(server.uploads.size, 0);
  }));

test('a body that is expensive to reread is read once, and the entry has its MD5', () =>
  served({ settings: { chunkSize: '5Mi' } }, async ({ remote }) => {
    const content = pattern(11 * mebi);
    const inner = body(content);
    let opened = 0;
    const expensive: ByteSource = {
      ...inner,
      rereadIsExpensive: true,
      open: (range, signal) => {
        opened += (range?.end ?? content.length) - (range?.start ?? 0);
        return inner.open(range, signal);
      },
    };
    const entry = await remote.write(file, expensive, {}, noPrecondition, calm);
    assert.equal(opened, content.length);
    assert.match(entry.md5 ?? '', /^[0-9a-f]{32}$/);
  }));

test('only a failed part is sent again', () =>
  served({ settings: inParts, host: patient() }, async ({ remote, server, asked }) => {
    const content = pattern(11 * mebi);
    server.addFault({ operation: 'UploadPart', code: 'SlowDown', retryAfter: 1 });
    server.addFault({ operation: 'UploadPart', cutRequestAfterBytes: 100_000 });
    await write(remote, file, content);
    assert.equal(asked().filter((name) => name === 'UploadPart').length, 5);
    assert.ok((await drain((await remote.read(file, {}, calm)).stream)).equals(content));
  }));

test('H23: a failed or cancelled multipart upload leaves no parts', () =>
  served({ settings: inParts, host: patient() }, async ({ remote, server }) => {
    const content = pattern(11 * mebi);
    const denied = { code: 'AccessDenied', status: 403 };
    const fault = server.addFault({ operation: 'UploadPart', ...denied, count: 9, skip: 1 });
    await failsWith(write(remote, file, content), 'forbidden', /"demo\/f": access denied/);
    assert.ok(fault.hits > 0);
    assert.equal(server.uploads.size, 0);
    server.clearFaults();

    const stop = new AbortController();
    server.addFault({ operation: 'UploadPart', delayMs: 60_000, skip: 1, count: 9 });
    const reason = new Error('stopped');
    const facts = { onProgress: () => stop.abort(reason) };
    await assert.rejects(
      remote.write(file, body(content), facts, noPrecondition, stop.signal),
      (error) => error === reason,
    );
    assert.equal(server.uploads.size, 0);
    assert.equal(server.store.get('demo', 'f'), undefined);
  }));

test('a multipart upload whose last response is lost is recognised as done', () =>
  served({ settings: inParts, host: patient() }, async ({ remote, server }) => {
    server.addFault({ operation: 'CompleteMultipartUpload', loseResponse: true });
    const content = pattern(6 * mebi);
    const entry = await write(remote, file, content, {}, ifAbsent);
    assert.equal(server.store.get('demo', 'f')?.etag, entry.version);
    assert.equal(server.uploads.size, 0);
  }));

test('an object that somebody put there after a lost response is not taken for the upload', () =>
  served({ settings: inParts, host: patient() }, async ({ remote, server }) => {
    server.addFault({ operation: 'CompleteMultipartUpload', loseResponse: true });
    server.addFault({
      operation: 'HeadObject',
      when: () => {
        server.store.put('demo', 'f', 'theirs');
        return false;
      },
    });
    await assert.rejects(write(remote, file, pattern(6 * mebi)), { code: /NoSuchUpload/ });
    assert.equal(server.store.get('demo', 'f')?.text, 'theirs');
  }));

test('every upload has the storage class and encryption of the settings', () =>
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

test('a save keeps type, headers, metadata, storage class and tags, and sets the time', () =>
  served({ settings: inParts }, async ({ remote, server }) => {
    const headers = {
      'content-type': 'text/x-odd',
      'cache-control': 'max-age=60',
      'content-encoding': 'identity',
      'content-disposition': 'attachment',
      'content-language': 'de',
    };
    for (const content of [Buffer.from('new'), pattern(6 * mebi)]) {
      server.store.put('demo', 'page', 'old', {
        headers,
        metadata: { author: 'someone', mtime: '5', md5chksum: 'AAAAAAAAAAAAAAAAAAAAAA==' },
        tags: { 'a b': 'c+d', plain: '1' },
        storageClass: 'STANDARD_IA',
      });
      const seen = await statFile(remote, at(demo, 'page'));
      const facts = { keepAttributes: true, modified: { s: 1700000000, ns: 0 } };
      const entry = await remote.write(at(demo, 'page'), body(content), facts, ifMatch(seen), calm);
      const stored = server.store.get('demo', 'page');
      for (const [name, value] of Object.entries(headers))
        if (name !== 'content-encoding') assert.equal(stored?.headers[name], value);
      assert.equal(stored?.metadata['author'], 'someone');
      assert.equal(stored?.metadata['mtime'], '1700000000');
      assert.notEqual(stored?.metadata['md5chksum'], 'AAAAAAAAAAAAAAAAAAAAAA==');
      assert.deepEqual({ ...stored?.tags }, { 'a b': 'c+d', plain: '1' });
      assert.equal(stored?.storageClass, 'STANDARD_IA');
      assert.equal((await statFile(remote, at(demo, 'page'))).md5, entry.md5);
    }
  }));

test('a save sends If-Match, a new file If-None-Match', () =>
  served({}, async ({ remote, server }) => {
    const entry = await write(remote, file, 'one', {}, ifAbsent);
    await write(remote, file, 'two', {}, ifMatch(entry));
    const puts = server.requests.filter((request) => request.operation === 'PutObject');
    assert.equal(puts[0]?.headers['if-none-match'], '*');
    assert.equal(puts[1]?.headers['if-match'], `"${entry.version}"`);
    assert.ok(puts.every((request) => request.headers['content-md5']));
  }));

test('R7: setting a modified time keeps content, headers, metadata and tags, also of a multipart object', () =>
  served({ settings: { copyCutoff: '6Mi', chunkSize: '5Mi' } }, async ({ remote, server }) => {
    for (const content of [Buffer.from('content'), pattern(7 * mebi)]) {
      server.store.put('demo', 'f', content, {
        headers: { 'content-type': 'text/x-odd', 'cache-control': 'no-cache' },
        metadata: { author: 'someone', mtime: '5' },
        tags: { a: 'b' },
      });
      const before = await statFile(remote, file);
      const changed = await remote.setModifiedTime(before, { s: 1700000000, ns: 1 }, calm);
      const stored = server.store.get('demo', 'f');
      assert.equal(stored?.metadata['mtime'], '1700000000.000000001');
      assert.equal(stored?.metadata['author'], 'someone');
      assert.equal(stored?.headers['content-type'], 'text/x-odd');
      assert.equal(stored?.headers['cache-control'], 'no-cache');
      assert.deepEqual({ ...stored?.tags }, { a: 'b' });
      const after = await statFile(remote, file);
      assert.equal(after.version, changed.version);
      assert.equal(after.md5, before.md5);
      assert.ok((await drain((await remote.read(file, {}, calm)).stream)).equals(content));
    }
  }));

// ---- reading -----------------------------------------------------------------------------------------------------

test('a truncated body makes the stream fail', () =>
  served({}, async ({ remote, server }) => {
    server.store.put('demo', 'f', pattern(500_000));
    server.addFault({ operation: 'GetObject', cutResponseAfterBytes: 100_000 });
    const { stream } = await remote.read(file, {}, calm);
    await failsWith(drain(stream), 'unavailable', /closed the connection|connection ended/);
  }));

test('a corrupted body is detected by its CRC32', () =>
  served({ settings: { checksums: 'whenSupported' } }, async ({ remote, server }) => {
    await write(remote, file, pattern(200_000));
    server.addFault({ operation: 'GetObject', damageResponse: true });
    const { stream } = await remote.read(file, {}, calm);
    await failsWith(drain(stream), 'corrupted', /checksum/);
  }));

// ---- errors -----------------------------------------------------------------------------------------------------

test('wrong keys, a missing bucket and a dead endpoint have readable errors', () =>
  served({ host: patient() }, async ({ remote, server }) => {
    const host = (secretAccessKey: string) => hostWith({ secretAccessKey });
    const wrongSecret = await openS3(settingsFor(server), host('not-the-secret'));
    await failsWith(deep(wrongSecret), 'unauthenticated', /secret access key of "demo"/);
    const wrongKey = await openS3(settingsFor(server, { accessKeyId: 'AKIANOBODY' }), host('x'));
    await failsWith(deep(wrongKey), 'unauthenticated', /does not know the access key/);
    const noSecret = await openS3(settingsFor(server), hostWith());
    await failsWith(deep(noSecret), 'unauthenticated', /secret access key of "demo" is missing/);
    const missing = pagesOf(remote.list(parsePath('nobucket/x'), {}, calm));
    await failsWith(missing, 'notFound', /no bucket "nobucket"/);
    await failsWith(remote.stat(parsePath('nobucket'), calm), 'notFound', /no bucket "nobucket"/);
    await failsWith(remote.makeFolder(parsePath('nobucket'), calm), 'unsupported', /New Bucket/);
    const dead = await openS3(settingsFor(server, { endpoint: 'http://127.0.0.1:1' }), host('x'));
    await failsWith(deep(dead), 'unavailable', /127\.0\.0\.1:1 refuses connections/);
    const properties = dead.features.properties?.(demo, calm) ?? deep(dead);
    await failsWith(properties, 'unavailable', /refuses connections/);
    for (const each of [wrongSecret, wrongKey, noSecret, dead]) await each.close();
  }));

test('H10: a request with a wrong clock is refused once, and later ones are signed correctly', () =>
  served({}, async ({ remote, server }) => {
    server.store.put('demo', 'f', 'x');
    server.setClock(Date.now() + 3_600_000);
    await failsWith(remote.stat(file, calm), 'unavailable', /clock differs/);
    assert.equal((await remote.stat(file, calm)).kind, 'file');
    await write(remote, at(demo, 'g'), 'y');
  }));

test('an archived object says how to restore it (A31)', () =>
  served({}, async ({ remote, server }) => {
    server.store.put('demo', 'old', 'x', { storageClass: 'GLACIER' });
    const [entry] = await deep(remote);
    assert.match((entry?.kind === 'file' && entry.readonly) || '', /restore-object/);
    await failsWith(remote.read(at(demo, 'old'), {}, calm), 'archived', /must be restored/);
  }));

test('a refused removal among many names its path (H31)', () =>
  served({}, async ({ remote, server }) => {
    for (let i = 0; i < 1200; i++) server.store.put('demo', `f${i}`, 'x');
    const paths = Array.from({ length: 1200 }, (_, i) => at(demo, `f${i}`));
    server.addFault({ operation: 'DeleteObjects', code: 'AccessDenied', status: 403, skip: 1 });
    await failsWith(remote.removeFiles(paths, calm), 'forbidden', /access denied/);
    assert.equal(server.store.keys('demo').length, 200);
    const failures = await remote.removeFiles([at(demo, 'f1199'), at(demo, 'gone')], calm);
    assert.equal(failures.size, 0);
    const deletes = server.requests.filter(({ operation }) => operation === 'DeleteObjects');
    assert.ok(deletes.every(({ headers }) => headers['content-md5']));
  }));

test('a source that fails during a streamed upload ends it with its own error', () =>
  served({ settings: { uploadCutoff: '1Gi' } }, async ({ remote, server }) => {
    const size = 9 * mebi;
    const lost = new Error('the disk went away');
    let opened = 0;
    const source: ByteSource = {
      size,
      async open() {
        const fails = opened++ > 0; // the read for the MD5 succeeds
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
    const writing = remote.write(file, source, {}, noPrecondition, calm);
    await assert.rejects(writing, (error) => error === lost);
    assert.equal(server.store.get('demo', 'f'), undefined);
  }));
