import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { DriveHttp } from '../../../../../src/backends/amazonDrive/api/driveHttp';
import { Pacer } from '../../../../../src/backends/amazonDrive/api/pacer';
import { WeightedSemaphore } from '../../../../../src/base/semaphore';
import type { Remote } from '../../../../../src/remote/remote';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import { refreshToken } from '../../../../../src/signIn/tokenEndpoint';
import { createFakeClock } from '../../../../support/fakeClock';
import {
  at,
  calm,
  deepNames,
  noPrecondition,
  pagesOf,
  pattern,
  statFile,
  write,
} from '../../../../support/remoteCalls';
import { served } from '../s3Fixture';

const demo = parsePath('demo');
const mebi = 1024 * 1024;
/** In bytes: more than any response may have, and more than a test could read. */
const endless = 64 * 1024 * mebi;
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi', copyCutoff: '5Mi' };

/** The peak of additional buffer memory during `work`, in bytes. */
async function heldBy(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 5);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  return most;
}

const asks: readonly [string, (remote: Remote) => Promise<unknown> | undefined][] = [
  ['ListObjectsV2', (remote) => deepNames(remote, demo)],
  ['ListObjectsV2', (remote) => pagesOf(remote.list(demo, {}, calm))],
  ['ListBuckets', (remote) => pagesOf(remote.list(parsePath(''), {}, calm))],
  ['PutObject', (remote) => write(remote, at(demo, 'new'), 'new')],
  ['CreateMultipartUpload', (remote) => write(remote, at(demo, 'new'), pattern(6 * mebi))],
  ['UploadPart', (remote) => write(remote, at(demo, 'new'), pattern(6 * mebi))],
  ['CompleteMultipartUpload', (remote) => write(remote, at(demo, 'new'), pattern(6 * mebi))],
  [
    'CopyObject',
    async (remote) =>
      remote.serverSideCopy?.(await statFile(remote, at(demo, 'f')), at(demo, 'g'), noPrecondition, calm),
  ],
  ['DeleteObjects', (remote) => remote.removeFiles?.([at(demo, 'f')], calm)],
  ['GetBucketLocation', (remote) => remote.features?.properties?.(demo, calm)],
];

test('endless responses are cut off, and the error names the operation', async () => {
  for (const [operation, ask] of asks)
    for (const answerHeaders of [{}, { 'content-length': String(endless) }] as const)
      await served({ settings: inParts, host: { clock: createFakeClock() } }, async ({ remote, server }) => {
        server.store.put('demo', 'f', 'content');
        server.addFault({ operation, fillerBytes: endless, answerHeaders, count: 99 });
        const held = await heldBy(() =>
          assert.rejects(
            async () => ask(remote),
            (error) => {
              assert.ok(isRemoteError(error, 'corrupted', 'unavailable'), `${operation}: ${error}`);
              assert.match(error.message, new RegExp(operation));
              return true;
            },
          ),
        );
        assert.ok(held < 200 * mebi, `${operation}: ${held}`);
      });
});

test('an endless error document has its status', async () => {
  for (const [operation, ask] of asks)
    await served({ settings: inParts, host: { clock: createFakeClock() } }, async ({ remote, server }) => {
      server.store.put('demo', 'f', 'content');
      server.addFault({ operation, status: 403, code: 'AccessDenied', fillerBytes: endless, count: 99 });
      const held = await heldBy(() =>
        assert.rejects(async () => {
          const answer = await ask(remote);
          if (operation === 'GetBucketLocation') throw answer;
        }),
      );
      assert.ok(held < 100 * mebi, `${operation}: ${held}`);
    });
});

test('endless responses of Amazon Drive and of a sign-in are cut off', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const piece = Buffer.alloc(mebi, 0x20);
    const send = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', send);
    send();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const clock = createFakeClock();
  const drive = new DriveHttp({
    tokens: { token: async () => 't', renewed: async () => 't' },
    pacer: new Pacer({ clock, minSleepMs: 0, random: () => 0 }),
    slots: new WeightedSemaphore(4),
    clock,
  });
  try {
    for (const ask of [
      () => drive.json({ method: 'GET', url, about: 'the nodes' }, calm),
      () => refreshToken({ tokenUrl: url, clientId: 'c' }, 'r', clock, calm),
    ]) {
      const held = await heldBy(() => assert.rejects(ask, (error) => isRemoteError(error, 'corrupted')));
      assert.ok(held < 200 * mebi, String(held));
    }
  } finally {
    drive.close();
    server.closeAllConnections();
    server.close();
  }
});
