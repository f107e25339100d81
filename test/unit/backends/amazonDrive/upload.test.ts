import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { ByteSource } from '../../../../src/remote/remote';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import {
  at,
  body,
  calm,
  ifAbsent,
  ifMatch,
  names,
  noPrecondition,
  pattern,
  refused,
  statFile,
  wholeBody,
} from '../../../support/remoteCalls';
import { fileJson, patient, servedDrive } from './driveFixture';

test('upload: fifty concurrent writes create a new folder once, with one request per file and shared checks', () =>
  servedDrive({}, async ({ remote, drive, requested }) => {
    const folder = parsePath('new/deeper');
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        remote.write(at(folder, `f${i}`), body(`${i}`), {}, ifAbsent, calm),
      ),
    );
    const operations = requested();
    assert.equal(operations.filter((operation) => operation === 'upload').length, 50);
    assert.equal(operations.filter((operation) => operation === 'createFolder').length, 2);
    assert.equal(operations.filter((operation) => operation === 'listNodes').length, 1, 'the upper folder');
    assert.ok(operations.length >= 55, 'both folders are verified at the end');
    assert.ok(operations.length <= 53 + 25, `${operations.length} requests: reads are shared`);
    assert.equal(drive.tree('new/deeper').length, 50);
  }));

test('upload: a form is sent with its exact length in bounded memory', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    const size = 24 * 1024 * 1024;
    let mostAhead = 0;
    let given = 0;
    let sent = 0;
    const source: ByteSource = {
      size,
      open: async () =>
        Readable.from(
          (function* () {
            const chunk = pattern(64 * 1024);
            for (let at = 0; at < size; at += chunk.length) {
              given += chunk.length;
              mostAhead = Math.max(mostAhead, given - sent);
              yield chunk;
            }
          })(),
          { objectMode: false },
        ),
    };
    const onProgress = (bytes: number) => {
      sent = bytes;
    };
    server.addFault({ operation: 'upload', requestBytesPerSecond: 60 * 1024 * 1024, status: 503, count: 0 });
    await remote.write(parsePath('big'), source, { onProgress }, noPrecondition, calm);
    assert.equal(drive.read('big').length, size);
    const upload = server.requests.find(({ operation }) => operation === 'upload');
    assert.equal(Number(upload?.headers['content-length']), upload?.bytesIn);
    assert.ok(mostAhead < 4 * 1024 * 1024, `${mostAhead} bytes ahead`);
  }));

test('upload: an overwrite keeps the node, with its labels and its other folders', () =>
  servedDrive({}, async ({ remote, drive, requested }) => {
    drive.putFile('Mixed.txt', 'old', { labels: ['red'], description: 'mine' });
    drive.makeFolder('other');
    drive.link('Mixed.txt', 'other');
    const { id } = drive.nodeAt('Mixed.txt');
    await names(remote, rootPath);
    requested();
    const entry = await remote.write(parsePath('mixed.TXT'), body('new'), {}, noPrecondition, calm);
    assert.equal(entry.path, 'Mixed.txt');
    assert.deepEqual(requested(), ['getNode', 'overwrite']);
    const node = drive.nodeAt('other/Mixed.txt');
    assert.equal(node.id, id);
    assert.deepEqual(node.labels, ['red']);
    assert.equal(drive.read('other/Mixed.txt').toString(), 'new');
  }));

test('upload: the precondition decides when a name is taken', () =>
  servedDrive({}, async ({ remote, another, drive }) => {
    await names(remote, rootPath);
    const other = await another();
    await other.write(parsePath('f'), body('theirs'), {}, ifAbsent, calm);
    await refused(remote.write(parsePath('F'), body('mine'), {}, ifAbsent, calm), 'alreadyExists');
    assert.equal(drive.read('f').toString(), 'theirs');
    await remote.write(parsePath('F'), body('mine'), {}, noPrecondition, calm);
    assert.equal(drive.read('f').toString(), 'mine');
    assert.deepEqual(drive.tree(), ['f']);
  }));

test('upload: a file that the index doesn’t show yet is overwritten, not duplicated', () =>
  servedDrive({ server: { indexLagMs: 60_000 } }, async ({ remote, drive }) => {
    drive.putFile('f', 'theirs');
    await remote.write(parsePath('f'), body('mine'), {}, noPrecondition, calm);
    assert.equal(drive.read('f').toString(), 'mine');
    assert.equal([...drive.tree()].length, 1);
  }));

test('upload: a file whose upload failed is recognised by size and MD5 when it appears', async () => {
  const options = { fakeClock: true, settings: { upload_wait_per_gb: '2000h' } };
  for (const status of [408, 500, 503, 504])
    await servedDrive(options, async ({ remote, server, drive, requested }) => {
      drive.makeFolder('d');
      await names(remote, parsePath('d'));
      requested();
      server.addFault({ operation: 'upload', status, appearsAfterMs: 0 });
      const entry = await remote.write(parsePath('d/f'), body(pattern(3000)), {}, ifAbsent, calm);
      assert.equal(entry.size, 3000);
      assert.equal(requested().filter((operation) => operation === 'upload').length, 1);
    });
});

test('upload: a file is recognised after a lost response, and when it appears between two polls', () =>
  servedDrive({ fakeClock: true, settings: { upload_wait_per_gb: '2000h' } }, async (it) => {
    const { remote, server, requested, clock } = it;
    server.addFault({ operation: 'upload', loseResponse: true });
    await remote.write(parsePath('lost'), body(pattern(3000)), {}, ifAbsent, calm);
    server.addFault({ operation: 'upload', status: 504, appearsAfterMs: 30 });
    server.addFault({ operation: 'listNodes', url: /name/, delayMs: 20, count: 9 });
    await remote.write(parsePath('late'), body(pattern(3000)), {}, ifAbsent, calm);
    assert.equal(requested().filter((operation) => operation === 'upload').length, 2);
    assert.ok(clock.waits.filter((ms) => ms === 5000).length <= 5);
  }));

test('upload: old content of the same size is not mistaken for the new content', () =>
  servedDrive({ fakeClock: true, settings: { upload_wait_per_gb: '2000h' } }, async (it) => {
    const { remote, server, drive, requested } = it;
    drive.putFile('f', 'old content!!');
    const seen = await statFile(remote, parsePath('f'));
    requested();
    server.addFault({ operation: 'overwrite', status: 500 });
    await refused(
      remote.write(parsePath('f'), body('new content!!'), {}, ifMatch(seen), calm),
      'unavailable',
    );
    assert.equal(drive.read('f').toString(), 'old content!!');
    assert.equal(drive.trashedNodes().length, 0);
    server.addFault({ operation: 'overwrite', status: 500 });
    await patient(remote).write(parsePath('f'), body('new content!!'), {}, ifMatch(seen), calm);
    assert.equal(drive.read('f').toString(), 'new content!!');
  }));

test('upload: no polls follow an incomplete body, a wait of zero, or a rejection', () =>
  servedDrive({ fakeClock: true }, async ({ remote, server, requested, another }) => {
    await names(remote, rootPath);
    requested();
    server.addFault({ operation: 'upload', cutRequestAfterBytes: 100_000 });
    await refused(remote.write(parsePath('f'), body(pattern(8_300_000)), {}, ifAbsent, calm), 'unavailable');
    for (const status of [400, 403, 429, 509]) {
      server.addFault({ operation: 'upload', status });
      await assert.rejects(remote.write(parsePath('f'), body('x'), {}, ifAbsent, calm));
    }
    assert.deepEqual(new Set(requested()), new Set(['upload']));
    const hasty = await another({ upload_wait_per_gb: 0 });
    server.addFault({ operation: 'upload', status: 504, appearsAfterMs: 60_000 });
    await refused(hasty.write(parsePath('f'), body('x'), {}, ifAbsent, calm), 'unavailable');
    assert.ok(!requested().includes('listNodes'));
  }));

test('upload: a small file whose response was lost is one file after the retry', () =>
  servedDrive({ settings: { upload_wait_per_gb: 0 } }, async ({ remote, server, drive }) => {
    for (const source of [body('hello'), wholeBody(''), body('')]) {
      server.addFault({ operation: 'upload', loseResponse: true });
      const path = parsePath(`f${drive.tree().length}`);
      const entry = await patient(remote).write(path, source, {}, ifAbsent, calm);
      assert.equal(entry.size, source.size);
    }
    assert.deepEqual(drive.tree(), ['f0', 'f1', 'f2']);
  }));

test('upload: a new file that was stored corrupted is trashed and sent again', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    const fault = server.addFault({ operation: 'upload', damageStored: true, count: 2 });
    await patient(remote).write(parsePath('f'), body(pattern(5000)), {}, ifAbsent, calm);
    assert.equal(fault.hits, 2);
    assert.ok(drive.read('f').equals(pattern(5000)));
    assert.deepEqual(drive.tree(), ['f']);
    assert.equal(drive.trashedNodes().length, 2);
    server.addFault({ operation: 'upload', damageStored: true, count: Number.POSITIVE_INFINITY });
    await refused(patient(remote).write(parsePath('g'), body('xyz'), {}, ifAbsent, calm), 'corrupted');
    assert.deepEqual(drive.tree(), ['f']);
  }));

test('upload: an overwrite that was stored corrupted is sent again and is no change by someone else', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    const seen = await remote.write(parsePath('f'), body('first'), {}, ifAbsent, calm);
    const fault = server.addFault({ operation: 'overwrite', damageStored: true, count: 2 });
    await patient(remote).write(parsePath('f'), body('second'), {}, ifMatch(seen), calm);
    assert.equal(fault.hits, 2);
    assert.equal(drive.read('f').toString(), 'second');
    assert.equal(drive.trashedNodes().length, 0);
    const now = await statFile(remote, parsePath('f'));
    const forever = server.addFault({
      operation: 'overwrite',
      damageStored: true,
      count: Number.POSITIVE_INFINITY,
    });
    await refused(patient(remote).write(parsePath('f'), body('third'), {}, ifMatch(now), calm), 'corrupted');
    assert.equal(forever.hits, 8, 'as many attempts as the retry layer makes');
  }));

for (const [what, size, stored] of [
  ['cut by one byte', 5000, 4999],
  ['empty', 5000, 0],
  ['longer by one byte', 5000, 5001],
  ['no longer empty', 0, 1],
  ['cut, and too large to be held in memory', 700_000, 262_144],
] as const)
  test(`upload: without an MD5 the size shows that the service stored a file ${what}`, () =>
    servedDrive({}, async ({ remote, server, drive }) => {
      const operation = ['upload', 'overwrite', 'getNode', 'listNodes'] as const;
      const withoutMd5 = { operation, lacksMd5: true, count: Number.POSITIVE_INFINITY };
      const content = pattern(size, 7);
      const corrupted = server.addFault({ operation: 'upload', storesBytes: stored, lacksMd5: true });
      server.addFault(withoutMd5);
      await refused(remote.write(parsePath('f'), body(content), {}, ifAbsent, calm), 'corrupted');
      assert.deepEqual([corrupted.hits, drive.tree(), drive.trashedNodes().length], [1, [], 1]);
      const seen = await remote.write(parsePath('f'), body(content), {}, ifAbsent, calm);
      assert.equal(seen.md5, undefined);

      server.clearFaults();
      const corruptedToo = server.addFault({ operation: 'overwrite', storesBytes: stored, lacksMd5: true });
      server.addFault(withoutMd5);
      const changed = pattern(size, 8);
      await assert.rejects(
        remote.write(parsePath('f'), body(changed), {}, ifMatch(seen), calm),
        (error) =>
          isRemoteError(error, 'corrupted') &&
          error.message.includes(`with ${stored} bytes instead of ${size}`),
      );
      // The retry layer writes again with the same precondition, over our own corrupted content.
      await remote.write(parsePath('f'), body(changed), {}, ifMatch(seen), calm);
      assert.equal(corruptedToo.hits, 1);
      assert.ok(drive.read('f').equals(changed));
      assert.deepEqual([drive.tree(), drive.trashedNodes().length], [['f'], 1]);
    }));

test('upload: a token that expires during a large upload is renewed and the file is sent again', () =>
  servedDrive({}, async ({ remote, server, drive, tokens }) => {
    await names(remote, rootPath);
    server.addFault({ operation: 'upload', status: 401, answerAfterRequestBytes: 1_000_000 });
    const content = pattern(6_000_000);
    await remote.write(parsePath('f'), body(content), {}, ifAbsent, calm);
    assert.equal(tokens.renewals, 1);
    assert.ok(drive.read('f').equals(content));
  }));

test('upload: a large file is not sent to a name that is taken', () =>
  servedDrive({}, async ({ remote, drive, requested }) => {
    drive.putFile('f', 'x');
    await refused(
      remote.write(parsePath('f'), body(pattern(9_000_000)), {}, ifAbsent, calm),
      'alreadyExists',
    );
    assert.ok(!requested().includes('upload'));
  }));

test('upload: a folder that disappears is created again once', () =>
  servedDrive({}, async ({ remote, drive }) => {
    await remote.write(parsePath('a/b/f1'), body('1'), {}, ifAbsent, calm);
    drive.trash('a');
    await remote.write(parsePath('a/b/f2'), body('2'), {}, ifAbsent, calm);
    assert.deepEqual(drive.tree(), ['a/', 'a/b/', 'a/b/f2']);
  }));

test('upload: a file above the size limit is rejected with the name of the setting', () =>
  servedDrive({ settings: { max_size: '1Ki' } }, async ({ remote, requested }) => {
    assert.equal(remote.capabilities.maxFileSize, 1024);
    await assert.rejects(
      remote.write(parsePath('f'), body(pattern(1025)), {}, noPrecondition, calm),
      (error) => isRemoteError(error, 'unsupported') && /max_size/.test(error.message),
    );
    assert.deepEqual(requested(), []);
  }));

test('upload: a file that the service still processes is awaited, not trashed', async () => {
  for (const precondition of [ifAbsent, noPrecondition])
    await servedDrive({ fakeClock: true }, async ({ remote, server, drive, clock }) => {
      if (precondition === noPrecondition) drive.putFile('f', 'old');
      await names(remote, rootPath);
      const operation = precondition === noPrecondition ? 'overwrite' : 'upload';
      const state = { status: 'PENDING', contentProperties: undefined };
      const pending = () => fileJson(drive, drive.nodeAt('f').id, 'f', state);
      server.addFault({ operation, status: 201, afterDoing: true, body: { toJSON: pending } });
      server.addFault({
        operation: 'getNode',
        skip: precondition === noPrecondition ? 1 : 0,
        count: 2,
        status: 200,
        body: { toJSON: pending },
      });
      const entry = await remote.write(parsePath('f'), body('content'), {}, precondition, calm);
      assert.equal(entry.size, 7);
      assert.equal(drive.read('f').toString(), 'content');
      assert.deepEqual(drive.trashedNodes(), []);
      assert.deepEqual(clock.waits.filter((ms) => ms === 5000).length, 2);
    });
});

test('upload: a file that someone else trashed during the write is changed', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('f', 'old');
    const seen = await statFile(remote, parsePath('f'));
    const { id } = drive.nodeAt('f');
    const response = fileJson(drive, id, 'f', { status: 'TRASH' });
    server.addFault({
      operation: 'overwrite',
      status: 200,
      body: { ...response, contentProperties: { size: 3, version: 2 } },
    });
    await refused(remote.write(parsePath('f'), body('new'), {}, ifMatch(seen), calm), 'changed');
    server.addFault({
      operation: 'overwrite',
      status: 200,
      body: { ...response, status: 'PENDING', contentProperties: undefined },
    });
    server.addFault({ operation: 'getNode', skip: 1, status: 404 });
    await refused(remote.write(parsePath('f'), body('new'), {}, ifMatch(seen), calm), 'changed');
    assert.deepEqual(drive.trashedNodes(), []);
  }));

for (const [name, size] of [
  ['a small file', 3000],
  ['an empty file', 0],
  ['a file whose name is looked up first', 8_400_000],
] as const)
  test(`upload: ${name} whose response was lost is recognised by the id in the error, however late the index is`, () =>
    servedDrive({ fakeClock: true, settings: { upload_wait_per_gb: 0 } }, async (it) => {
      const { remote, server, drive, clock } = it;
      drive.makeFolder('d/e');
      await names(remote, parsePath('d/e'));
      server.setIndexLag(600_000);
      server.addFault({ operation: 'upload', loseResponse: true });
      const path = parsePath('d/e/New File');
      const entry = await patient(remote, clock).write(path, body(pattern(size)), {}, ifAbsent, calm);
      assert.deepEqual([entry.path, entry.size], [path, size]);
      assert.equal(drive.tree().filter((each) => each.includes('New')).length, 1);
      assert.equal(drive.trashedNodes().length, 0);
    }));

test('upload: a name that another client took is reported as taken, however late the index is', () =>
  servedDrive({ fakeClock: true }, async ({ remote, server, drive, clock }) => {
    await names(remote, rootPath);
    server.setIndexLag(600_000);
    drive.putFile('f', 'theirs');
    drive.makeFolder('g');
    for (const [name, status] of [
      ['f', 503],
      ['f', 500],
      ['g', 503],
    ] as const) {
      server.addFault({ operation: 'upload', status });
      const write = patient(remote, clock).write(parsePath(name), body('ours!!'), {}, ifAbsent, calm);
      await refused(write, 'alreadyExists');
    }
    assert.equal(drive.read('f').toString(), 'theirs');
  }));
