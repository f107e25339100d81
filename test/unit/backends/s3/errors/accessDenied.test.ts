import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileEntry } from '../../../../../src/remote/entry';
import type { Remote } from '../../../../../src/remote/remote';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import {
  at,
  calm,
  deepNames,
  names,
  noPrecondition,
  pattern,
  readText,
  statFile,
  write,
} from '../../../../support/remoteCalls';
import { served } from '../s3Fixture';

const mebi = 1024 * 1024;
const demo = parsePath('demo');
const file = at(demo, 'file');
const large = pattern(6 * mebi);
const copy = (remote: Remote, source: FileEntry) =>
  remote.serverSideCopy?.(source, at(demo, 'copy'), noPrecondition, calm);
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi', copyCutoff: '5Mi' };

test('the error of a denied request names the operation and the action, for both clients', async () => {
  const table: readonly [string, RegExp, (remote: Remote) => Promise<unknown> | undefined][] = [
    ['ListBuckets', /s3:ListAllMyBuckets/, (remote) => names(remote, parsePath(''))],
    ['ListObjectsV2', /s3:ListBucket/, (remote) => deepNames(remote, demo)],
    ['GetObject', /s3:GetObject/, (remote) => readText(remote, file)],
    ['PutObject', /s3:PutObject/, (remote) => write(remote, at(demo, 'new'), 'new')],
    ['CreateMultipartUpload', /s3:PutObject/, (remote) => write(remote, at(demo, 'new'), large)],
    ['UploadPart', /s3:PutObject/, (remote) => write(remote, at(demo, 'new'), large)],
    ['CompleteMultipartUpload', /s3:PutObject/, (remote) => write(remote, at(demo, 'new'), large)],
    [
      'CopyObject',
      /s3:GetObject or s3:PutObject/,
      async (remote) => copy(remote, await statFile(remote, file)),
    ],
    [
      'UploadPartCopy',
      /s3:GetObject or s3:PutObject/,
      async (remote) => copy(remote, await statFile(remote, at(demo, 'large'))),
    ],
    ['DeleteObject', /s3:DeleteObject/, (remote) => remote.removeFile(file, noPrecondition, calm)],
    [
      'CreateBucket',
      /s3:CreateBucket/,
      (remote) => remote.features?.createBucket?.('new-bucket', undefined, calm),
    ],
    ['DeleteBucket', /s3:DeleteBucket/, (remote) => remote.removeFolder(demo, calm)],
  ];
  for (const [operation, action, ask] of table)
    await served({ settings: inParts }, async ({ remote, server }) => {
      server.store.put('demo', 'file', 'content');
      server.store.put('demo', 'large', large);
      const words = `User: ann is not authorized because of <script> & "${operation}"`;
      server.addFault({ operation, code: 'AccessDenied', message: words, status: 403, count: 99 });
      await assert.rejects(
        async () => ask(remote),
        (error) => {
          assert.ok(isRemoteError(error, 'forbidden'), `${operation}: ${error}`);
          assert.match(error.message, new RegExp(`access denied to ${operation}\\.`));
          assert.match(error.message, action);
          assert.ok(error.message.endsWith(`says: ${words}.`), error.message);
          return true;
        },
      );
    });
});

test('each failure of a batch delete names the missing permission', () =>
  served({}, async ({ remote, server }) => {
    server.addFault({
      operation: 'DeleteObjects',
      body: '<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>held by a legal hold</Message></Error><Error><Key>b</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>',
      headers: { 'x-amz-request-id': '1', 'content-type': 'application/xml' },
    });
    const failures = await remote.removeFiles([at(demo, 'a'), at(demo, 'b')], calm);
    const said = (name: string) => failures.get(at(demo, name))?.message ?? '';
    assert.match(said('a'), /Object Lock/);
    assert.match(said('b'), /access denied to DeleteObjects. The policy lacks s3:DeleteObject/);
  }));
