import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { MultipartUploadJournal } from '../../../../../src/backends/s3/objects/multipart/multipartJournal';
import type { S3Remote } from '../../../../../src/backends/s3/s3Remote';
import { silentLog } from '../../../../../src/base/log';
import { parsePath } from '../../../../../src/remote/remotePath';
import { body, calm, failingBody, pattern, write } from '../../../../support/remoteCalls';
import { inTemporaryFolder, served } from '../s3Fixture';

const mebi = 1024 * 1024;
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi' };
const big = parsePath('demo/big');

async function begun(remote: S3Remote, key: string): Promise<string> {
  const { client } = await remote.requests.connection.sdkFor('demo');
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: 'demo', Key: key }));
  assert.ok(UploadId);
  return UploadId;
}

async function openKeys(remote: S3Remote): Promise<(string | undefined)[]> {
  const { client } = await remote.requests.connection.sdkFor('demo');
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'demo' }));
  return Uploads.map(({ Key }) => Key);
}

/** Turns the entry into one of another process. */
function rewrite(folder: string, change: (note: Record<string, unknown>) => void): void {
  for (const name of readdirSync(path.join(folder, 'uploads'))) {
    const file = path.join(folder, 'uploads', name);
    const note = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    change(note);
    writeFileSync(file, JSON.stringify(note));
  }
}

/** The id of an ended process. */
const deadPid = spawnSync(process.execPath, ['-e', '']).pid;

test('H23: the next multipart upload aborts uploads that a crashed process left open, and no others', async () => {
  await inTemporaryFolder((cacheFolder) =>
    served({ settings: inParts, host: { cacheFolder } }, async ({ remote, server }) => {
      const location = remote.capabilities.storageId ?? '';
      const notes = new MultipartUploadJournal(cacheFolder, silentLog);
      const crashed = await begun(remote, 'crashed');
      await notes.record({ location, bucket: 'demo', key: 'crashed', uploadId: crashed });
      await notes.record({ location, bucket: 'demo', key: 'gone', uploadId: 'gone-already' });
      rewrite(cacheFolder, (note) => Object.assign(note, { pid: deadPid }));
      const running = await begun(remote, 'running');
      await notes.record({ location, bucket: 'demo', key: 'running', uploadId: running });
      await begun(remote, "someone else's");

      await remote.write(big, body(pattern(6 * mebi)), {}, { kind: 'none' }, calm);
      assert.deepEqual((await openKeys(remote)).sort(), ['running', "someone else's"]);
      assert.equal(readdirSync(path.join(cacheFolder, 'uploads')).length, 1, 'only the running one is noted');
      assert.equal(server.store.get('demo', 'big')?.size, 6 * mebi);
    }),
  );
});

test('H23: an upload that a crash left open is no orphan while its run can be continued', async () => {
  await inTemporaryFolder((cacheFolder) =>
    served({ settings: inParts, host: { cacheFolder } }, async ({ remote }) => {
      const location = remote.capabilities.storageId ?? '';
      const notes = new MultipartUploadJournal(cacheFolder, silentLog);
      for (const [key, keptWhile] of [
        ['unfinished', process.execPath],
        ['ended', path.join(cacheFolder, 'no such run')],
      ] as const)
        await notes.record({ location, bucket: 'demo', key, uploadId: await begun(remote, key), keptWhile });
      rewrite(cacheFolder, (note) => Object.assign(note, { pid: deadPid }));
      await write(remote, big, pattern(6 * mebi));
      assert.deepEqual(await openKeys(remote), ['unfinished']);
    }),
  );
});

test('uploads of other machines and services are not aborted', async () => {
  await inTemporaryFolder((cacheFolder) =>
    served({ settings: inParts, host: { cacheFolder } }, async ({ remote }) => {
      const location = remote.capabilities.storageId ?? '';
      const notes = new MultipartUploadJournal(cacheFolder, silentLog);
      await notes.record({ location, bucket: 'demo', key: 'k', uploadId: await begun(remote, 'there') });
      rewrite(cacheFolder, (note) => Object.assign(note, { pid: deadPid, host: 'another.example' }));
      await notes.record({ location: 's3:else', bucket: 'demo', key: 'k', uploadId: 'x' });
      writeFileSync(path.join(cacheFolder, 'uploads', 'half.json'), '{"location":');
      await write(remote, big, pattern(6 * mebi));
      assert.deepEqual(await openKeys(remote), ['there']);
      assert.equal(readdirSync(path.join(cacheFolder, 'uploads')).length, 3);
    }),
  );
});

test('no journal entry stays after an upload, successful or failed', async () => {
  await inTemporaryFolder((cacheFolder) =>
    served({ settings: inParts, host: { cacheFolder } }, async ({ remote }) => {
      await write(remote, big, pattern(6 * mebi));
      const source = { ...failingBody(8 * mebi, 6 * mebi, new Error('broken')), rereadIsExpensive: true };
      await assert.rejects(remote.write(big, source, {}, { kind: 'none' }, calm));
      assert.deepEqual(readdirSync(path.join(cacheFolder, 'uploads')), []);
      assert.deepEqual(await openKeys(remote), []);
    }),
  );
});
