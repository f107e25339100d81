import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openLocalRemote } from '../../../../../src/backends/local/localRemote';
import type { FileEntry } from '../../../../../src/remote/entry';
import type { Remote } from '../../../../../src/remote/remote';
import { parsePath } from '../../../../../src/remote/remotePath';
import { copyFile } from '../../../../../src/transfer/copyFile';
import { calm, noPrecondition, pagesOf, pattern, write } from '../../../../support/remoteCalls';
import { hostWith, inTemporaryFolder, openS3, type ServedRemote, served, settingsFor } from '../s3Fixture';

// A bucket that encrypts with a KMS key by default: its ETags look like MD5s but are not, and a listing doesn't show that. A client that trusts
// them rejects or removes good copies, or stores a wrong MD5 with them.

const mebi = 1024 * 1024;
/** In bytes: sent from memory, as a stream, and in parts. */
const sizes = [5, 3 * mebi, 12 * mebi];
const settings = { uploadCutoff: '10Mi', chunkSize: '5Mi' };

function inKmsBucket(work: (it: ServedRemote) => Promise<void>): Promise<void> {
  return served({ settings, server: { buckets: ['kms', 'plain'] } }, async (it) => {
    it.server.store.bucket('kms').defaultEncryption = 'aws:kms';
    await work(it);
  });
}

/** The file in the listing of a new session, which has not read any object of the bucket. */
async function firstListed(it: ServedRemote, key: string): Promise<FileEntry> {
  const stranger = await another(it);
  try {
    const all = (await pagesOf(stranger.list(parsePath('kms'), {}, calm))).flat();
    const found = all.find((entry) => entry.kind === 'file' && entry.path === `kms/${key}`);
    assert.ok(found?.kind === 'file');
    return found;
  } finally {
    await stranger.close?.();
  }
}

function another({ server }: ServedRemote): Promise<Remote> {
  return openS3(settingsFor(server, settings), hostWith({ secretAccessKey: server.secretAccessKey }));
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const md5chksum = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64');

/** Stores the file by a plain PUT without our metadata, as another tool does. */
async function putByAnother(it: ServedRemote, key: string, bytes: Buffer): Promise<void> {
  const remote = await another(it);
  try {
    await write(remote, parsePath(`kms/${key}`), bytes);
  } finally {
    await remote.close?.();
  }
  const stored = it.server.store.get('kms', key);
  assert.ok(stored && stored.etag !== md5(bytes), 'the ETag is no MD5');
  it.server.store.delete('kms', key);
  const object = it.server.store.put('kms', key, bytes);
  Object.assign(object, { etag: md5(Buffer.from(stored.etag)), encryption: stored.encryption });
}

test('uploads of every size work', () =>
  inKmsBucket(async ({ remote, server }) => {
    for (const size of sizes) {
      const bytes = pattern(size);
      const entry = await write(remote, parsePath(`kms/up-${size}`), bytes);
      assert.equal(entry.md5, md5(bytes));
      assert.ok(server.store.get('kms', `up-${size}`)?.body.equals(bytes));
    }
  }));

test('downloads do not count as corrupted', () =>
  inKmsBucket((it) =>
    inTemporaryFolder(async (folder) => {
      const to = openLocalRemote({ root: folder });
      for (const size of sizes) {
        const bytes = pattern(size);
        await putByAnother(it, `down-${size}`, bytes);
        const source = await firstListed(it, `down-${size}`);
        assert.equal(source.md5 !== undefined, true, 'the listing shows what looks like an MD5');
        const from = await another(it);
        const target = parsePath(`down-${size}`);
        for (const modified of [undefined, { s: 7, ns: 0 }])
          await copyFile({ from, source, to, target, precondition: noPrecondition, modified }, calm);
        assert.ok((await readFile(path.join(folder, `down-${size}`))).equals(bytes));
        await from.close?.();
      }
    }),
  ));

test('a server-side copy is kept, and a copy by download and upload has no wrong MD5', () =>
  inKmsBucket(async (it) => {
    const { server } = it;
    for (const size of sizes) {
      const bytes = pattern(size);
      await putByAnother(it, `s-${size}`, bytes);
      const source = await firstListed(it, `s-${size}`);
      const from = await another(it);
      const other = await another(it);
      const through = Object.assign(await another(it), { serverSideCopyFrom: undefined });
      for (const bucket of ['kms', 'plain'])
        for (const [way, to] of [
          ['within', from],
          ['through', through],
          ['from', other],
        ] as const) {
          const about = `${bucket}/${way}-${size}`;
          const target = parsePath(about);
          await copyFile({ from, source, to, target, precondition: noPrecondition }, calm);
          const copy = server.store.get(bucket, `${way}-${size}`);
          assert.ok(copy, about);
          assert.ok(copy.body.equals(bytes), about);
          const stored = copy.metadata['md5chksum'];
          assert.ok(stored === undefined || stored === md5chksum(bytes), `${about}: ${stored}`);
        }
      await from.close?.();
      await other.close?.();
      await through.close?.();
    }
  }));

test('a server-side copy is kept when the MD5 in the metadata differs from the ETag', () =>
  inKmsBucket(async (it) => {
    const bytes = pattern(4 * mebi);
    await putByAnother(it, 'told', bytes);
    const object = it.server.store.get('kms', 'told');
    assert.ok(object);
    Object.assign(object, { metadata: { md5chksum: md5chksum(bytes) } });
    const source = await firstListed(it, 'told');
    const from = await another(it);
    const done = await copyFile(
      { from, source, to: from, target: parsePath('kms/told-copy'), precondition: noPrecondition },
      calm,
    );
    assert.equal(done.entry.md5, md5(bytes));
    assert.ok(it.server.store.get('kms', 'told-copy')?.body.equals(bytes));
    await from.close?.();
  }));

test('after one object was read, listings of its bucket have no MD5s, but listings of other buckets do', () =>
  inKmsBucket(async (it) => {
    await putByAnother(it, 'a', Buffer.from('a'));
    await write(it.remote, parsePath('plain/a'), 'a');
    const listed = async (bucket: string) =>
      (await pagesOf(it.remote.list(parsePath(bucket), {}, calm))).flat()[0] as FileEntry;
    await it.remote.stat(parsePath('kms/a'), calm);
    await putByAnother(it, 'b', Buffer.from('b'));
    it.server.store.delete('kms', 'a');
    assert.equal((await listed('kms')).md5, undefined);
    assert.equal((await listed('plain')).md5, md5(Buffer.from('a')));
  }));
