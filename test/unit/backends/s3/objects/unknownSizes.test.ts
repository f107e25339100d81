import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../../../src/base/log';
import { withRetry } from '../../../../../src/remote/layers/withRetry';
import { parsePath } from '../../../../../src/remote/remotePath';
import { copyFile } from '../../../../../src/transfer/copyFile';
import type { S3Fault } from '../../../../servers/s3/requests/faults';
import { createFakeClock } from '../../../../support/fakeClock';
import {
  at,
  body,
  calm,
  drain,
  noPrecondition,
  pagesOf,
  pattern,
  read,
  statFile,
  write,
} from '../../../../support/remoteCalls';
import { served } from '../s3Fixture';

const demo = parsePath('demo');
const mebi = 1024 * 1024;
const always = { count: Number.POSITIVE_INFINITY };
const contents: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  one: Buffer.from('x'),
  small: pattern(12_345),
  large: pattern(3 * mebi),
};

const withoutLength: Readonly<Record<string, readonly S3Fault[]>> = {
  'every answer comes in chunks': [{ chunked: true }],
  'answers to HEAD tell no length': [
    { operation: 'HeadObject', answerHeaders: { 'content-length': undefined }, chunked: true },
  ],
  'no answer tells a length, ranges neither': [
    { operation: ['HeadObject', 'GetObject'], chunked: true, answerHeaders: { 'content-range': undefined } },
  ],
  'ranges are of an unknown whole': [
    { operation: 'HeadObject', chunked: true },
    {
      operation: 'GetObject',
      chunked: true,
      when: ({ headers }) => headers.range === 'bytes=0-0',
      answerHeaders: { 'content-range': 'bytes 0-0/*' },
    },
  ],
};

test('files have their size although responses have no length', async () => {
  for (const [what, faults] of Object.entries(withoutLength))
    await served({}, async ({ remote, server }) => {
      for (const [name, content] of Object.entries(contents)) server.store.put('demo', name, content);
      for (const fault of faults) server.addFault({ ...fault, ...always });
      const layered = withRetry(remote, { clock: createFakeClock(), log: silentLog });
      const listed = (await pagesOf(remote.list(demo, {}, calm))).flat();
      for (const entry of listed) {
        assert.ok(entry.kind === 'file');
        const content = contents[entry.path.slice(5)];
        assert.ok(content);
        const about = `${what}: ${entry.path}`;
        assert.equal((await statFile(layered, entry.path)).size, content.length, about);
        assert.deepEqual(await read(layered, entry.path), content, about);
        const expected = await layered.read(entry.path, { expected: entry }, calm);
        assert.equal(expected.entry.size, content.length, about);
        assert.deepEqual(await drain(expected.stream), content, about);
        assert.deepEqual((await remote.readToBuffer(entry, calm)).content, content, about);
        const copy = at(demo, `copy of ${entry.path.slice(5)}`);
        await copyFile(
          { from: remote, source: entry, to: layered, target: copy, precondition: noPrecondition },
          calm,
        );
        await layered.serverSideMove?.(
          await statFile(layered, copy),
          at(demo, 'moved'),
          noPrecondition,
          calm,
        );
        assert.deepEqual(
          Buffer.concat(server.store.get('demo', 'moved')?.chunks as Buffer[]),
          content,
          about,
        );
      }
    });
});

test('an object with another size than listed is rejected before any byte is stored', async () => {
  const served300 = 300 * mebi;
  const ways: Readonly<Record<string, S3Fault>> = {
    'longer, in chunks': { fillerBytes: served300 },
    'longer, with its length': {
      fillerBytes: served300,
      answerHeaders: { 'content-length': String(served300) },
    },
    'shorter, with its length': { fillerBytes: 4, answerHeaders: { 'content-length': '4' } },
    'shorter, in chunks': { fillerBytes: 4 },
    'empty, in chunks': { fillerBytes: 0 },
    'a part of something longer': {
      fillerBytes: 10,
      answerHeaders: { 'content-length': '10', 'content-range': `bytes 0-9/${served300}` },
    },
  };
  for (const [what, fault] of Object.entries(ways))
    await served({}, async ({ remote, server }) => {
      server.store.put('demo', 'f', '0123456789');
      const [listed] = (await pagesOf(remote.list(demo, {}, calm))).flat();
      assert.ok(listed?.kind === 'file');
      server.addFault({ operation: 'GetObject', ...fault, ...always });
      const before = process.memoryUsage().arrayBuffers;
      const damaged = (error: unknown) => {
        assert.equal((error as { kind?: string }).kind, 'corrupted', `${what}: ${error}`);
        return true;
      };
      await assert.rejects(remote.readToBuffer(listed, calm), damaged);
      await assert.rejects(async () => {
        let kept = 0;
        const { stream } = await remote.read(listed.path, { expected: listed }, calm);
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          kept += chunk.length;
          assert.ok(kept <= 10, what);
        }
      }, damaged);
      assert.ok(process.memoryUsage().arrayBuffers - before < 64 * mebi, what);
    });
});

test('a HEAD that contradicts the listing is rejected, also where a copy sends no other request', () =>
  served({}, async ({ remote, server }) => {
    server.store.put('demo', 'f', pattern(2 * mebi));
    const [listed] = (await pagesOf(remote.list(demo, {}, calm))).flat();
    assert.ok(listed?.kind === 'file');
    server.addFault({ operation: 'HeadObject', answerHeaders: { 'content-length': '9999999' }, ...always });
    await assert.rejects(
      remote.read(listed.path, { expected: listed, range: { start: 0, end: 0 } }, calm),
      /listed with 2097152 bytes and now has 9999999/,
    );
  }));

test('a ranged read accepts exactly the requested range', async () => {
  const spoilt: Readonly<Record<string, S3Fault>> = {
    'another range': { answerHeaders: { 'content-range': 'bytes 3-7/10' } },
    'another whole': { answerHeaders: { 'content-range': 'bytes 2-6/11' } },
    'more than the range': { fillerBytes: 6, answerHeaders: { 'content-range': 'bytes 2-6/10' } },
    'less than the range': { fillerBytes: 3, answerHeaders: { 'content-range': 'bytes 2-6/10' } },
    'another length': {
      fillerBytes: 6,
      answerHeaders: { 'content-range': 'bytes 2-6/10', 'content-length': '6' },
    },
    'no range': { answerHeaders: { 'content-range': undefined } },
  };
  for (const [what, fault] of Object.entries(spoilt))
    await served({}, async ({ remote, server }) => {
      server.store.put('demo', 'f', '0123456789');
      const file = await statFile(remote, at(demo, 'f'));
      server.addFault({ operation: 'GetObject', ...fault, ...always });
      await assert.rejects(
        async () =>
          drain((await remote.read(file.path, { expected: file, range: { start: 2, end: 7 } }, calm)).stream),
        { kind: 'corrupted' },
        what,
      );
    });
  await served({}, async ({ remote, server }) => {
    server.store.put('demo', 'f', '0123456789');
    server.addFault({
      operation: 'GetObject',
      chunked: true,
      answerHeaders: { 'content-range': 'bytes 2-6/*' },
      ...always,
    });
    const file = await statFile(remote, at(demo, 'f'));
    const { stream } = await remote.read(file.path, { expected: file, range: { start: 2, end: 7 } }, calm);
    assert.equal(String(await drain(stream)), '23456');
  });
});

test('an object without an ETag is accepted when the response is otherwise that of an S3 service', async () => {
  const without: readonly NonNullable<S3Fault['answerHeaders']>[] = [
    { etag: undefined },
    { etag: undefined, 'x-amz-request-id': undefined, 'x-amz-id-2': undefined },
    { etag: undefined, 'last-modified': undefined },
    { etag: '' },
  ];
  for (const answerHeaders of without)
    await served({}, async ({ remote, server }) => {
      server.store.put('demo', 'f', 'content');
      server.addFault({
        operation: ['HeadObject', 'GetObject', 'PutObject'],
        ...always,
        answerHeaders,
        when: ({ method }) =>
          method !== 'PUT' ||
          answerHeaders?.['x-amz-id-2'] !== undefined ||
          !('x-amz-id-2' in (answerHeaders ?? {})),
      });
      const file = await statFile(remote, at(demo, 'f'));
      assert.equal(file.version, undefined);
      assert.equal(String(await read(remote, file.path)), 'content');
      assert.equal(String((await remote.readToBuffer(file, calm)).content), 'content');
      await remote.write(at(demo, 'g'), body('new'), {}, noPrecondition, calm);
      await remote.serverSideCopy(file, at(demo, 'h'), noPrecondition, calm);
      assert.deepEqual(server.store.keys('demo'), ['f', 'g', 'h']);
    });
});

test('a web page is rejected as an object', async () => {
  for (const headers of [
    { 'content-type': 'text/html' },
    { 'content-type': 'text/html', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
    {},
  ])
    await served({}, async ({ remote, server }) => {
      server.addFault({ body: '<html>sign in</html>', headers, ...always });
      await assert.rejects(remote.stat(at(demo, 'f'), calm), { kind: 'corrupted' });
      await assert.rejects(read(remote, at(demo, 'f')), { kind: 'corrupted' });
      await assert.rejects(write(remote, at(demo, 'f'), 'x'), { kind: 'corrupted' });
    });
});

test('parts are completed by plain ETags, also where a service or proxy marks them as weak or omits them', async () => {
  for (const etag of [
    (plain: string) => `W/"${plain}"`,
    (plain: string) => `w/"${plain}"`,
    (plain: string) => plain,
    (plain: string) => `"${plain}"`,
    () => undefined,
  ])
    await served({ settings: { uploadCutoff: '5Mi', chunkSize: '5Mi' } }, async ({ remote, server }) => {
      const content = pattern(11 * mebi);
      for (const number of [1, 2, 3]) {
        const digest = (await import('node:crypto'))
          .createHash('md5')
          .update(content.subarray((number - 1) * 5 * mebi, number * 5 * mebi))
          .digest('hex');
        server.addFault({
          operation: 'UploadPart',
          when: ({ query }) => query.get('partNumber') === String(number),
          answerHeaders: { etag: etag(digest) },
          ...always,
        });
      }
      await write(remote, at(demo, 'f'), content);
      assert.equal(server.store.get('demo', 'f')?.size, content.length);
    });
});
