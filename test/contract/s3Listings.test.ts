import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3Remote } from '../../src/backends/s3/s3Remote';
import { isRemoteError } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import type { S3TestServer } from '../servers/s3/s3Server';
import { at, calm, pagesOf, write } from '../support/remoteCalls';
import { ofKind } from '../support/remoteErrors';
import { hostWith, inTemporaryFolder, openS3, served, settingsFor } from '../unit/backends/s3/s3Fixture';

const demo = parsePath('demo');

async function deep(remote: S3Remote) {
  return (await pagesOf(remote.listRecursive(demo, {}, calm))).flat();
}

/** Fills the bucket with more keys than two pages hold. */
function fill(server: S3TestServer): void {
  for (let i = 0; i < 2500; i++) server.store.put('demo', `f${String(i).padStart(5, '0')}`, 'x');
}

test('the first page of a folder of 20,000 keys is one request', () =>
  served({}, async ({ remote, server, asked }) => {
    for (let i = 0; i < 20_000; i++) server.store.put('demo', `many/${i}`, '');
    const pages = remote.list(at(demo, 'many'), { pageSize: 500 }, calm)[Symbol.asyncIterator]();
    assert.equal((await pages.next()).value?.length, 500);
    assert.deepEqual(asked(), ['ListObjectsV2']);
  }));

test('keys that are no paths are unusable, with a reason and a protected path (table 1.5, A18, A19, A25, R15, H17)', () =>
  served({}, async ({ remote, server }) => {
    for (const key of ['a//b', '/abs', '../x', 'q/./r', 'full/', 'ok.txt', 'empty/', 'c\u0001d'])
      server.store.put('demo', key, key === 'empty/' ? '' : 'content');
    const found = await deep(remote);
    const shown = found.map((entry) =>
      entry.kind === 'unusable' ? `${entry.name} ${entry.reason} ${entry.protects}` : entry.path,
    );
    assert.deepEqual(shown, [
      '../x dotPart demo/x',
      '/abs emptyPart demo/abs',
      'a//b emptyPart demo/a/b',
      'demo/c\u0001d',
      'full/ nonEmptyFolderMarker demo/full',
      'demo/ok.txt',
      'q/./r dotPart demo/q/r',
    ]);
    const top = (await pagesOf(remote.list(demo, {}, calm))).flat();
    const names = top.map((entry) =>
      entry.kind === 'unusable' ? `${entry.name} ${entry.reason}` : entry.path,
    );
    assert.deepEqual(names.sort(), [
      '../ dotPart',
      '/ emptyPart',
      'demo/a',
      'demo/c\u0001d',
      'demo/empty',
      'demo/full',
      'demo/ok.txt',
      'demo/q',
    ]);
    const inA = (await pagesOf(remote.list(at(demo, 'a'), {}, calm))).flat();
    assert.deepEqual(
      inA.map((entry) => entry.kind === 'unusable' && entry.reason),
      ['emptyPart'],
    );
  }));

for (const [list, says] of [
  ['outOfOrder', /out of order/],
  ['noToken', /ends in the middle/],
  ['repeatPage', /same page|twice|circle/],
  ['cutXml', /cut off/],
] as const)
  test(`H12: a listing spoilt by ${list} is corrupted, never short`, () =>
    served({}, async ({ remote, server }) => {
      fill(server);
      server.addFault({ operation: 'ListObjectsV2', list, count: 9, skip: list === 'repeatPage' ? 1 : 0 });
      await assert.rejects(deep(remote), ofKind('corrupted', says));
    }));

test('H13: the listing of a store with unordered lists is sorted', () =>
  served({ settings: { listOrder: 'unordered' } }, async ({ remote, server }) => {
    fill(server);
    server.addFault({ operation: 'ListObjectsV2', list: 'outOfOrder', count: 99 });
    const paths = (await deep(remote)).map((entry) => (entry.kind === 'file' ? entry.path : ''));
    assert.equal(paths.length, 2500);
    assert.deepEqual(paths, [...paths].sort());
  }));

test('a failed page can be requested again, and the list is complete', () =>
  served({}, async ({ remote, server }) => {
    fill(server);
    server.addFault({ operation: 'ListObjectsV2', code: 'SlowDown', retryAfter: 3, skip: 1 });
    const pages = remote.listRecursive(demo, {}, calm)[Symbol.asyncIterator]();
    let count = (await pages.next()).value?.length ?? 0;
    const isLimited = (error: unknown) => isRemoteError(error, 'rateLimited') && error.retryAfterMs === 3000;
    await assert.rejects(pages.next(), isLimited);
    for (let page = await pages.next(); !page.done; page = await pages.next()) count += page.value.length;
    assert.equal(count, 2500);
  }));

test('H29: a listing has the modified times of earlier stats and uploads, until the object changes', () =>
  inTemporaryFolder(async (cacheFolder) => {
    await served({ host: { cacheFolder } }, async ({ remote, server, asked }) => {
      const time = { s: 1600000000, ns: 7 };
      await write(remote, at(demo, 'ours'), 'x', { modified: time });
      server.store.put('demo', 'theirs', 'y', { metadata: { mtime: '1500000000.5' } });
      server.store.put('demo', 'changed', 'z', { metadata: { mtime: '1400000000' } });
      for (const name of ['theirs', 'changed']) await remote.stat(at(demo, name), calm);
      await remote.close();
      server.store.put('demo', 'changed', 'zz');
      const host = hostWith({ secretAccessKey: server.secretAccessKey }, { cacheFolder });
      const again = await openS3(settingsFor(server), host);
      asked();
      const files = (await deep(again)).flatMap((entry) => (entry.kind === 'file' ? [entry] : []));
      const [changed, ours, theirs] = files;
      assert.deepEqual(asked(), ['ListObjectsV2']);
      assert.equal(files.map(({ path }) => path).join(), 'demo/changed,demo/ours,demo/theirs');
      assert.equal(changed?.modified, undefined);
      assert.deepEqual(ours?.modified, time);
      assert.deepEqual(theirs?.modified, { s: 1500000000, ns: 500_000_000 });
      assert.equal(theirs?.exact, true);
      await again.close();
    });
  }));
