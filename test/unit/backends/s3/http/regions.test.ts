import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../../../src/base/log';
import { withRetry } from '../../../../../src/remote/layers/withRetry';
import type { Remote } from '../../../../../src/remote/remote';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import type { S3TestServer } from '../../../../servers/s3/s3Server';
import { createFakeClock } from '../../../../support/fakeClock';
import {
  at,
  calm,
  deepNames,
  ifAbsent,
  noPrecondition,
  pattern,
  readText,
  statFile,
  write,
} from '../../../../support/remoteCalls';
import { served } from '../s3Fixture';

const mebi = 1024 * 1024;
const inParts = { uploadCutoff: '10Mi', chunkSize: '5Mi', copyCutoff: '5Mi' };
const far = parsePath('far');

/** A service with many regions at one address, and the bucket `far` in another region than the remote. */
function inAnotherRegion(work: (remote: Remote, server: S3TestServer) => Promise<void>): Promise<void> {
  const host = { clock: createFakeClock() };
  return served({ settings: inParts, server: { strictRegions: true }, host }, async ({ remote, server }) => {
    server.store.createBucket('far', { location: 'eu-west-3' });
    await work(withRetry(remote, { ...host, log: silentLog }), server);
  });
}

const contents = new Map([3, 9 * mebi, 11 * mebi].map((size) => [size, pattern(size)]));

/** Every way to change and read objects: in one piece, as a stream and in parts. */
async function useAll(remote: Remote): Promise<void> {
  for (const [size, content] of contents) {
    await write(remote, at(far, `f${size}`), content, {}, ifAbsent);
    const source = await statFile(remote, at(far, `f${size}`));
    await remote.serverSideCopy?.(source, at(far, `copy${size}`), noPrecondition, calm);
    await remote.setModifiedTime?.(source, { s: 5, ns: 0 }, calm);
  }
  await remote.makeFolder(at(far, 'folder'), calm);
  await remote.removeFiles?.([at(far, 'f3'), at(far, 'copy3')], calm);
  await write(remote, at(far, 'last'), 'last');
  assert.equal(await readText(remote, at(far, 'last')), 'last');
  assert.deepEqual(await deepNames(remote, far), [
    `copy${11 * mebi}`,
    `copy${9 * mebi}`,
    `f${11 * mebi}`,
    `f${9 * mebi}`,
    'last',
  ]);
}

test('after one redirect all requests for a bucket are signed for its region', () =>
  inAnotherRegion(async (remote, server) => {
    await useAll(remote);
    const strayed = server.requests.filter(({ status }) => status >= 300 && status !== 404);
    assert.equal(strayed.length, 1, strayed.map(({ operation, code }) => `${operation} ${code}`).join());
  }));

test('any first request finds the region: one of either client, or a stream', async () => {
  const firsts: Record<string, (remote: Remote) => Promise<unknown>> = {
    head: (remote) => remote.stat(at(far, 'here'), calm),
    list: (remote) => deepNames(remote, far),
    'the bucket itself': (remote) => remote.stat(far, calm),
    'a small upload': (remote) => write(remote, at(far, 'new'), 'new'),
    'a stream': (remote) => write(remote, at(far, 'new'), pattern(9 * mebi)),
    'an upload in parts': (remote) => write(remote, at(far, 'new'), pattern(11 * mebi)),
    removals: async (remote) => remote.removeFiles?.([at(far, 'here')], calm),
  };
  for (const [what, first] of Object.entries(firsts))
    await inAnotherRegion(async (remote, server) => {
      server.store.put('far', 'here', 'here');
      await first(remote);
      const strayed = server.requests.filter(({ status }) => status >= 300 && status !== 404);
      assert.equal(strayed.length, 1, what);
    });
});

test('concurrent requests that go to the wrong region all succeed', () =>
  inAnotherRegion(async (remote, server) => {
    const many = Array.from({ length: 20 }, (_, i) => i);
    server.addFault({ bucket: 'far', delayMs: 50, count: 40 });
    await Promise.all(many.map((i) => write(remote, at(far, `f${i}`), 'x')));
    assert.equal(server.store.keys('far').length, many.length);
  }));

test('concurrent requests of the SDK that go to the wrong region all succeed', () =>
  inAnotherRegion(async (remote, server) => {
    const many = Array.from({ length: 20 }, (_, i) => i);
    for (const i of many) server.store.put('far', `f${i}`, 'x');
    server.addFault({ bucket: 'far', delayMs: 50, count: 20 });
    await Promise.all(many.map((i) => remote.removeFiles?.([at(far, `f${i}`)], calm)));
    assert.deepEqual(server.store.keys('far'), []);
  }));

test('endless redirects to other regions end in an error after a few requests', () =>
  inAnotherRegion(async (remote, server) => {
    const elsewhere = (region: string, when: (signedFor: string) => boolean) =>
      server.addFault({
        operation: ['HeadObject', 'DeleteObjects'],
        when: ({ headers }) => when(headers.authorization ?? ''),
        status: 301,
        code: 'PermanentRedirect',
        headers: { 'x-amz-bucket-region': region },
        count: 1000,
      });
    elsewhere('r-two', (signed) => signed.includes('/r-one/'));
    elsewhere('r-one', (signed) => !signed.includes('/r-one/'));
    await assert.rejects(remote.stat(at(far, 'x'), calm), (error) => isRemoteError(error, 'badSettings'));
    await assert.rejects(
      async () => remote.removeFiles?.([at(far, 'x')], calm),
      (error) => isRemoteError(error, 'badSettings'),
    );
    assert.ok(server.requests.length <= 6, String(server.requests.length));
  }));

test('H10: all clients share the offset of a wrong clock, in every region', () =>
  inAnotherRegion(async (remote, server) => {
    for (const hours of [3, -5]) {
      server.setClock(Date.now() + hours * 3_600_000);
      server.store.deleteBucket('far');
      server.store.createBucket('far', { location: 'eu-west-3' });
      server.clearRequests();
      await useAll(remote);
      const skewed = server.requests.filter(({ code }) => code === 'RequestTimeTooSkewed');
      assert.ok(skewed.length >= 1 && skewed.length <= 3, `${hours} hours: ${skewed.length} were refused`);
    }
  }));
