import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { ByteSource, FileFacts } from '../../../../../src/remote/remote';
import { parsePath } from '../../../../../src/remote/remotePath';
import { body, calm, ifAbsent, pattern } from '../../../../support/remoteCalls';
import { type MemoryRecord, memoryRecord } from '../../../../support/resumable';
import { inTemporaryFolder, type ServedRemote, served } from '../s3Fixture';

const mebi = 1024 * 1024;
const content = pattern(23 * mebi, 5);
const key = parsePath('demo/big');
const settings = { uploadCutoff: '5Mi', chunkSize: '5Mi', concurrency: 1 };
const modified = { s: 1000, ns: 0 };

/** Uploads until `parts` parts are confirmed, and cancels. */
async function cancelled(it: ServedRemote, record: MemoryRecord, parts: number, source = body(content)) {
  const stop = new AbortController();
  const onProgress = (bytes: number) => {
    if (bytes >= parts * 5 * mebi) stop.abort(new Error('Cancelled.'));
  };
  const facts = { modified, resume: record, onProgress };
  await assert.rejects(it.remote.write(key, source, facts, ifAbsent, stop.signal), /Cancelled/);
}

/** The numbers of the parts that were sent since `from` requests. */
function partsSince({ server }: ServedRemote, from: number): number[] {
  return server.requests
    .slice(from)
    .flatMap(({ operation, query }) => (operation === 'UploadPart' ? Number(query['partNumber']) : []))
    .sort((a, b) => a - b);
}

async function goOn(
  it: ServedRemote,
  record: MemoryRecord,
  source: ByteSource = body(content),
  more: FileFacts = {},
) {
  const from = it.server.requests.length;
  const facts = { modified, resume: record.again(), ...more };
  const entry = await it.remote.write(key, source, facts, ifAbsent, calm);
  return { entry, parts: partsSince(it, from) };
}

function assertStored({ server }: ServedRemote, expected = content): void {
  assert.ok(server.store.get('demo', 'big')?.body.equals(expected));
  assert.equal(server.uploads.size, 0, 'no upload is left open');
}

test('a cancelled upload goes on with the parts that the service holds', async () => {
  await served({ settings }, async (it) => {
    const record = memoryRecord();
    await cancelled(it, record, 3);
    assert.equal(it.server.uploads.size, 1);
    const { entry, parts } = await goOn(it, record);
    assert.ok(parts.length <= 2 && parts.every((number) => number > 3), `${parts}`);
    assert.equal(entry.md5, createHash('md5').update(content).digest('hex'));
    assertStored(it);
  });
});

test('parts whose response was lost are recognised by their ETag', async () => {
  await served({ settings }, async (it) => {
    const record = memoryRecord();
    await cancelled(it, record, 3);
    const killed = memoryRecord(record.recorded.filter((fact) => !('part' in fact)));
    const { parts } = await goOn(it, killed);
    assert.ok(
      parts.every((number) => number > 3),
      `${parts}`,
    );
    assertStored(it);
  });
});

test('parts that the service lists page by page are all recognised', async (t) => {
  await served({ settings }, async (it) => {
    const record = memoryRecord();
    await cancelled(it, record, 3);
    const { requests } = it.remote;
    const { sendCommand } = requests;
    t.mock.method(requests, 'sendCommand', (...[about, create, signal]: Parameters<typeof sendCommand>) => {
      const inPages: typeof create = (sdk) => {
        const command = create(sdk);
        if ('PartNumberMarker' in command.input) Object.assign(command.input, { MaxParts: 1 });
        return command;
      };
      return sendCommand.call(requests, about, inPages, signal);
    });
    const from = it.server.requests.length;
    const { parts } = await goOn(it, record);
    const pages = it.server.requests.slice(from).filter(({ operation }) => operation === 'ListParts');
    assert.ok(pages.length >= 3, `${pages.length} pages`);
    assert.ok(
      parts.every((number) => number > 3),
      `${parts}`,
    );
    assertStored(it);
  });
});

test('with encryption by KMS, where an ETag is no MD5, the recorded ETags count', async () => {
  await served({ settings: { ...settings, serverSideEncryption: 'aws:kms' } }, async (it) => {
    const record = memoryRecord();
    await cancelled(it, record, 3);
    const { parts } = await goOn(it, record);
    assert.ok(
      parts.every((number) => number > 3),
      `${parts}`,
    );
    assertStored(it);
  });
});

test('a part that differs from the source is sent again', async () => {
  await served({ settings }, async (it) => {
    const record = memoryRecord();
    const other = Buffer.from(content);
    other.writeUInt8(other.readUInt8(6 * mebi) ^ 1, 6 * mebi);
    // A source that was read wrong, or changed and got its time back.
    const misread: ByteSource = { ...body(other), rereadIsExpensive: true };
    await cancelled(it, record, 3, misread);
    const { parts } = await goOn(it, record, { ...body(content), rereadIsExpensive: true });
    assert.ok(parts.includes(2) && !parts.includes(1), `${parts}`);
    assertStored(it);
  });
});

test('an upload that the service no longer has begins again', async () => {
  await served({ settings }, async (it) => {
    const record = memoryRecord();
    await cancelled(it, record, 3);
    it.server.uploads.clear();
    const { parts } = await goOn(it, record);
    assert.deepEqual(parts, [1, 2, 3, 4, 5]);
    assertStored(it);
  });
});

test('an upload with other headers begins again, and the old one is aborted', async () => {
  await served({ settings }, async (it) => {
    const record = memoryRecord();
    await cancelled(it, record, 3);
    const { parts } = await goOn(it, record, body(content), { modified: { s: 2000, ns: 0 } });
    assert.deepEqual(parts, [1, 2, 3, 4, 5]);
    assertStored(it);
  });
});

test('without the permission to list parts the upload begins again', async () => {
  await served({ settings }, async (it) => {
    const record = memoryRecord();
    await cancelled(it, record, 3);
    it.server.addFault({ operation: 'ListParts', status: 403, code: 'AccessDenied' });
    const { parts } = await goOn(it, record);
    assert.deepEqual(parts, [1, 2, 3, 4, 5]);
    assertStored(it);
  });
});

test('an upload that fails is aborted although it could be continued', async () => {
  await served({ settings }, async (it) => {
    it.server.addFault({ operation: 'CompleteMultipartUpload', status: 403, code: 'AccessDenied' });
    const facts = { modified, resume: memoryRecord() };
    await assert.rejects(it.remote.write(key, body(content), facts, ifAbsent, calm));
    assert.equal(it.server.uploads.size, 0);
  });
});

test('H23: an open upload is no orphan while its run can be continued', async () => {
  await inTemporaryFolder((cacheFolder) =>
    served({ settings, host: { cacheFolder } }, async (it) => {
      const record = memoryRecord();
      await cancelled(it, record, 2);
      const [note = ''] = readdirSync(path.join(cacheFolder, 'uploads'));
      assert.match(note, /^[0-9a-f]{32}\.json$/);
      const { parts } = await goOn(it, record);
      assert.ok(parts.every((number) => number > 2));
      assertStored(it);
      assert.deepEqual(readdirSync(path.join(cacheFolder, 'uploads')), []);
    }),
  );
});

test('a discarded upload is aborted, and one that is gone is no error', async () => {
  await inTemporaryFolder((cacheFolder) =>
    served({ settings, host: { cacheFolder } }, async (it) => {
      const record = memoryRecord();
      await cancelled(it, record, 2);
      for (let twice = 0; twice < 2; twice++)
        await it.remote.discardWrite(key, record.again().recorded, calm);
      assert.equal(it.server.uploads.size, 0);
      assert.deepEqual(readdirSync(path.join(cacheFolder, 'uploads')), []);
    }),
  );
});

test('after crashes fewer parts are sent at once', async () => {
  const many = { ...settings, concurrency: 4 };
  for (const [crashes, most] of [
    [0, 4],
    [1, 2],
    [5, 1],
  ] as const)
    await served({ settings: many }, async (it) => {
      const record = memoryRecord();
      await cancelled(it, record, 1);
      const before = it.server.requests.length;
      it.server.addFault({ operation: 'UploadPart', delayMs: 30, count: Number.POSITIVE_INFINITY });
      const facts = Array.from({ length: crashes }, () => ({ continued: 'x' }));
      let atOnce = 0;
      const watch = setInterval(() => {
        const open = it.server.requests
          .slice(before)
          .filter((one) => one.operation === 'UploadPart' && one.status === 0);
        atOnce = Math.max(atOnce, open.length);
      }, 1);
      await goOn(it, memoryRecord([...record.recorded, ...facts]));
      clearInterval(watch);
      assert.ok(atOnce <= most, `${atOnce} at once after ${crashes} crashes`);
    });
});
