import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import test from 'node:test';
import { digestsOfBody, fillFrom } from '../../../../../src/backends/s3/objects/digests';
import type { ByteSource } from '../../../../../src/remote/remote';
import { digestsInPieces, piecesOf } from '../../../../support/digests';
import { at, calm, noPrecondition, pattern, refused } from '../../../../support/remoteCalls';
import { served } from '../s3Fixture';

const demo = 'demo' as Parameters<typeof at>[0];

/** A source that opens the next of `contents` each time, in chunks of `chunkBytes`. */
function source(chunkBytes: number, ...contents: readonly Buffer[]): ByteSource {
  let opened = 0;
  return {
    size: contents[0]?.length ?? 0,
    async open(range) {
      const content = contents[Math.min(opened++, contents.length - 1)]?.subarray(range?.start, range?.end);
      const chunks: Buffer[] = [];
      for (let start = 0; start < (content?.length ?? 0); start += chunkBytes)
        chunks.push(content?.subarray(start, start + chunkBytes) ?? Buffer.alloc(0));
      return Readable.from(chunks);
    },
  };
}

test('each piece of a body has its digests, for all chunk sizes', async () => {
  const content = pattern(10_007);
  for (const chunkBytes of [1, 999, 1000, 2500, 20_000])
    for (const pieces of [1000, 5000, 10_007, 50_000].flatMap((size) => [
      piecesOf(size),
      { size, withCrc32: false },
    ]))
      assert.deepEqual(
        await digestsOfBody(source(chunkBytes, content), pieces, calm),
        digestsInPieces(content, pieces),
        `${chunkBytes}, ${pieces.size}`,
      );
});

test('a part is read from its place, by a stream or by the source itself, and only in full', async () => {
  const content = pattern(10_007);
  const inMemory: ByteSource = {
    ...source(1, content),
    readInto: async (start, into) => void content.copy(into, 0, start),
    open: () => assert.fail('no stream is needed'),
  };
  for (const body of [source(999, content), inMemory]) {
    const part = Buffer.alloc(5000);
    await fillFrom(body, 4000, part, calm);
    assert.ok(part.equals(content.subarray(4000, 9000)));
  }
  await refused(fillFrom(source(999, content), 8000, Buffer.alloc(5000), calm), 'changed');
});

test('a source that changes between two reads is rejected and nothing is stored, by a service that checks no MD5 too', async (t) => {
  const content = pattern(11 * 1024 * 1024);
  const other = Buffer.from(content);
  other[7_000_000] = ~(other[7_000_000] ?? 0) & 0xff;
  for (const serverSideEncryption of [undefined, 'aws:kms'])
    await served(
      {
        settings: {
          chunkSize: '5Mi',
          uploadCutoff: 0,
          ...(serverSideEncryption && { serverSideEncryption }),
        },
      },
      async ({ remote, server }) => {
        const { requests } = remote;
        const { putPart } = requests;
        if (serverSideEncryption)
          t.mock.method(requests, 'putPart', (...[request, signal]: Parameters<typeof putPart>) =>
            putPart.call(requests, { ...request, contentMd5: undefined }, signal),
          );
        const changing = source(65_536, content, other);
        await refused(remote.write(at(demo, 'f'), changing, {}, noPrecondition, calm), 'corrupted');
        assert.equal(server.store.get('demo', 'f'), undefined);
        assert.equal(server.uploads.size, 0);
      },
    );
});

test('a service that stores other content than was sent is detected by its MD5', async (t) => {
  const other = createHash('md5').update('other').digest('hex');
  await served({ settings: { uploadCutoff: '20Mi' } }, async ({ remote }) => {
    const { requests } = remote;
    const { put } = requests;
    t.mock.method(requests, 'put', async (...args: Parameters<typeof put>) => {
      return { ...(await put.apply(requests, args)), etag: other };
    });
    for (const size of [0, 5, 9 * 1024 * 1024])
      await assert.rejects(
        remote.write(at(demo, 'f'), source(65_536, pattern(size)), {}, noPrecondition, calm),
        { kind: 'corrupted', message: /other content/ },
        `${size} bytes`,
      );
  });
  await served({ settings: { chunkSize: '5Mi', uploadCutoff: 0 } }, async ({ remote, server }) => {
    const { requests } = remote;
    const { putPart } = requests;
    t.mock.method(requests, 'putPart', async (...args: Parameters<typeof putPart>) => {
      await putPart.apply(requests, args);
      return `"${other}"`;
    });
    await refused(
      remote.write(at(demo, 'g'), source(65_536, pattern(6 * 1024 * 1024)), {}, noPrecondition, calm),
      'corrupted',
    );
    assert.equal(server.store.get('demo', 'g'), undefined);
  });
});
