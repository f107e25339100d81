import assert from 'node:assert/strict';
import fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import { silentLog } from '../../src/base/log';
import { withRetry } from '../../src/remote/layers/withRetry';
import { parsePath } from '../../src/remote/remotePath';
import { copyFile } from '../../src/transfer/copyFile';
import type { S3Fault } from '../servers/s3/requests/faults';
import { createFakeClock } from '../support/fakeClock';
import { calm, ifAbsent, pattern, refused, statFile } from '../support/remoteCalls';
import { temporaryFolder } from '../support/temporaryFolder';
import { type ServedRemote, served } from '../unit/backends/s3/s3Fixture';

// A large object comes in several ranges at once, into one file.

const mebi = 1024 * 1024;
const content = pattern(41 * mebi + 5);
const object = parsePath('demo/large');
const always = { count: Number.POSITIVE_INFINITY };

/** Runs `work` with the object on a server; `download` copies it to a new folder. */
async function given(
  t: TestContext,
  work: (
    it: ServedRemote & { download(): Promise<Buffer>; left(): string[]; ranges(): string[] },
  ) => Promise<void>,
  settings: Record<string, unknown> = {},
  prepare: (it: ServedRemote) => void = () => {},
): Promise<void> {
  const folder = temporaryFolder(t);
  await served({ settings }, async (it) => {
    it.server.store.put('demo', 'large', content);
    prepare(it);
    const from = withRetry(it.remote, { clock: createFakeClock(), log: silentLog });
    const source = await statFile(from, object);
    it.server.clearRequests();
    await work({
      ...it,
      async download() {
        const target = parsePath('f');
        const to = openLocalRemote({ root: folder });
        await copyFile({ from, source, to, target, precondition: ifAbsent }, calm);
        return fs.readFileSync(`${folder}/f`);
      },
      left: () => fs.readdirSync(folder),
      ranges: () =>
        it.server.requests
          .filter(({ operation }) => operation === 'GetObject')
          .map(({ headers }) => String(headers['range'] ?? 'whole')),
    });
  });
}

test('each range is asked for once, of the listed version', (t) =>
  given(t, async ({ server, download, ranges }) => {
    assert.ok((await download()).equals(content));
    const expected = [0, 8, 16, 24, 32, 40].map(
      (n) => `bytes=${n * mebi}-${Math.min((n + 8) * mebi, content.length) - 1}`,
    );
    assert.deepEqual(ranges().sort(), expected.sort());
    for (const { headers } of server.requests) assert.match(String(headers['if-match']), /^"[0-9a-f]{32}"$/);
  }));

test('an object that changes between two ranges is changed, and no file is left', (t) =>
  given(t, async ({ server, download, left }) => {
    let seen = 0;
    server.addFault({
      operation: 'GetObject',
      when: () => {
        if (++seen === 3) server.store.put('demo', 'large', pattern(content.length, 9));
        return false;
      },
    });
    await refused(download(), 'changed');
    assert.deepEqual(left(), []);
  }));

test('the same holds where the service ignores If-Match', (t) =>
  given(t, async ({ remote, server, download, left }) => {
    const { get } = remote.requests;
    let seen = 0;
    t.mock.method(remote.requests, 'get', (...[place, options, signal]: Parameters<typeof get>) => {
      if (++seen === 3) server.store.put('demo', 'large', pattern(content.length, 9));
      return get.call(remote.requests, place, { ...options, ifMatch: undefined }, signal);
    });
    await refused(download(), 'changed');
    assert.deepEqual(left(), []);
  }));

test('a service without ranges, or with wrong ones, sends the object as one stream', async (t) => {
  await given(t, async ({ remote, download, ranges }) => {
    const { get } = remote.requests;
    t.mock.method(remote.requests, 'get', (...[place, options, signal]: Parameters<typeof get>) =>
      get.call(remote.requests, place, { ...options, range: undefined }, signal),
    );
    assert.ok((await download()).equals(content));
    assert.ok(ranges().length <= 5, 'it is not asked again for each range');
  });
  await given(t, async ({ server, download }) => {
    const answerHeaders = { 'content-range': `bytes 3-7/${content.length}` };
    server.addFault({ operation: 'GetObject', when: isOfRange, answerHeaders, ...always });
    assert.ok((await download()).equals(content));
  });
});

const isOfRange: NonNullable<S3Fault['when']> = ({ headers }) => headers['range'] !== undefined;

test('a range that breaks off goes on at its byte', (t) =>
  given(t, async ({ server, download, ranges }) => {
    server.addFault({ operation: 'GetObject', cutResponseAfterBytes: 3 * mebi, count: 4 });
    assert.ok((await download()).equals(content));
    const asked = ranges().map((range) => {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
      return Number(last) - Number(first) + 1;
    });
    const bytes = asked.reduce((sum, length) => sum + length, 0);
    assert.ok(bytes <= content.length + 4 * 6 * mebi, `${bytes} bytes were asked for`);
  }));

test('a damaged range is found', (t) =>
  given(t, async ({ server, download, left }) => {
    server.addFault({ operation: 'GetObject', damageResponse: true, skip: 2 });
    await refused(download(), 'corrupted');
    assert.deepEqual(left(), []);
  }));

test('where only a read of the whole has a checksum, and the object has no MD5, one stream is read', async (t) => {
  for (const [checksums, expected] of [
    ['whenSupported', 1],
    ['whenRequired', 6],
  ] as const)
    await given(
      t,
      async ({ download, ranges }) => {
        assert.ok((await download()).equals(content));
        assert.equal(ranges().length, expected, checksums);
      },
      { checksums },
      ({ server }) => {
        const answerHeaders = { 'x-amz-server-side-encryption': 'aws:kms' };
        server.addFault({ answerHeaders, ...always });
      },
    );
});
