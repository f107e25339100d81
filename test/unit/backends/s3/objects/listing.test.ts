import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListOptions } from '../../../../../src/remote/remote';
import { parsePath } from '../../../../../src/remote/remotePath';
import type { ListFault } from '../../../../servers/s3/requests/faults';
import { calm, deepNames, pagesOf, refused } from '../../../../support/remoteCalls';
import { type ServedRemote, served } from '../s3Fixture';

const demo = parsePath('demo');

async function rows({ remote }: ServedRemote, options: ListOptions, folder = demo): Promise<string[]> {
  const entries = (await pagesOf(remote.list(folder, options, calm))).flat();
  return entries.map((entry) => (entry.kind === 'unusable' ? entry.name : entry.path)).sort();
}

const keys = ['a/1', 'a/2', 'b/1', 'b.txt', 'c/1', 'c/d/1', 'c/d/2', 'c/e/1', 'ü/1'];

test('KeyCount is ignored', async () => {
  for (const list of ['wrongKeyCount', 'noKeyCount'] as const)
    await served({}, async (it) => {
      for (const key of keys) it.server.store.put('demo', key, 'x');
      it.server.addFault({ operation: 'ListObjectsV2', list, count: 99 });
      assert.deepEqual(await deepNames(it.remote, demo), [...keys].sort());
      assert.equal((await rows(it, { pageSize: 2 })).length, 5);
      assert.equal((await it.remote.stat(parsePath('demo/c/d'), calm)).kind, 'folder');
    });
});

test('a common prefix that the next page repeats is one row', () =>
  served({}, async (it) => {
    for (const key of keys) it.server.store.put('demo', key, 'x');
    it.server.addFault({ operation: 'ListObjectsV2', list: 'repeatPrefix', count: Number.POSITIVE_INFINITY });
    const top = ['demo/a', 'demo/b', 'demo/b.txt', 'demo/c', 'demo/ü'];
    for (const pageSize of [1, 2, 3, 4, 1000])
      assert.deepEqual(await rows(it, { pageSize }), top, `${pageSize}`);
    assert.deepEqual(await rows(it, { pageSize: 1 }, parsePath('demo/c')), [
      'demo/c/1',
      'demo/c/d',
      'demo/c/e',
    ]);
    assert.deepEqual(await rows(it, { pageSize: 1, namePrefix: 'c' }), ['demo/c']);
    assert.deepEqual(await deepNames(it.remote, demo), [...keys].sort());
  }));

test('endless pages without anything new are an error, also with new tokens', () =>
  served({}, async (it) => {
    const page = (token: number) =>
      `<ListBucketResult><Name>demo</Name><IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></ListBucketResult>`;
    let pages = 0;
    it.server.addFault({ operation: 'ListObjectsV2', count: 99, body: () => page(pages++) });
    await refused(rows(it, {}), 'corrupted');
    assert.ok(pages < 20, String(pages));
  }));

test('a listing with a continuation token continues without IsTruncated', () =>
  served({}, async (it) => {
    const pages = [
      '<NextContinuationToken>t</NextContinuationToken><Contents><Key>a</Key><Size>1</Size></Contents>',
      '<Contents><Key>b</Key><Size>1</Size></Contents>',
    ];
    it.server.addFault({
      operation: 'ListObjectsV2',
      count: 2,
      body: ({ query }) =>
        `<ListBucketResult><Name>demo</Name>${pages[query.has('continuation-token') ? 1 : 0]}</ListBucketResult>`,
    });
    assert.deepEqual(await rows(it, {}), ['demo/a', 'demo/b']);
  }));

test('a truncated listing is rejected', async () => {
  for (const list of ['cutXml', 'noToken', 'repeatPage'] satisfies ListFault[])
    await served({}, async (it) => {
      for (const key of ['k1', 'k2', 'k3', 'k4']) it.server.store.put('demo', key, 'x');
      it.server.addFault({ operation: 'ListObjectsV2', list, count: 99 });
      await refused(rows(it, { pageSize: 2 }), 'corrupted');
    });
});
