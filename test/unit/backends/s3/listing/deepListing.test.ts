import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparePaths, parsePath } from '../../../../../src/remote/remotePath';
import { calm, deepNames, pagesOf } from '../../../../support/remoteCalls';
import { ofKind } from '../../../../support/remoteErrors';
import { type ServedRemote, served } from '../s3Fixture';

const demo = parsePath('demo');
const count = 15_000;
const keys = Array.from(
  { length: count },
  (_, i) => `d${i % 7}/${i % 3 === 0 ? '😀' : '～'} 100%+${i}.txt`,
).sort(comparePaths);

function fill({ server }: ServedRemote): void {
  for (const key of keys) server.store.put('demo', key, 'x');
}

const starts = ({ server }: ServedRemote) =>
  server.requests.filter(({ query }) => query['start-after'] !== undefined && !query['continuation-token']);

test('a long listing begins at several keys at once, and makes few more requests than it has pages', () =>
  served({}, async (it) => {
    fill(it);
    assert.deepEqual(await deepNames(it.remote, demo), keys);
    assert.ok(starts(it).length > 1);
    assert.ok(it.server.requests.length <= 22, `${it.server.requests.length} requests`);
  }));

test('a service that knows no start in the middle is listed from the first key on', () =>
  served({}, async (it) => {
    fill(it);
    const refused = it.server.addFault({
      operation: 'ListObjectsV2',
      when: ({ query }) => query.has('start-after'),
      count: Number.POSITIVE_INFINITY,
      status: 501,
      code: 'NotImplemented',
    });
    assert.deepEqual(await deepNames(it.remote, demo), keys);
    assert.ok(refused.hits <= 2, `${refused.hits} attempts`);
  }));

test('an unordered service is asked for no start in the middle', () =>
  served({ settings: { listOrder: 'unordered' } }, async (it) => {
    fill(it);
    assert.deepEqual(await deepNames(it.remote, demo), keys);
    assert.deepEqual(starts(it), []);
  }));

test('a listing that fails behind a start in the middle fails as a whole', () =>
  served({}, async (it) => {
    fill(it);
    it.server.addFault({
      operation: 'ListObjectsV2',
      when: ({ query }) => query.has('start-after') && query.has('continuation-token'),
      count: Number.POSITIVE_INFINITY,
      code: 'AccessDenied',
      status: 403,
    });
    await assert.rejects(pagesOf(it.remote.listRecursive(demo, {}, calm)), ofKind('forbidden'));
  }));

test('a listing that is aborted rejects with the reason, and requests nothing more', () =>
  served({}, async (it) => {
    fill(it);
    const stop = new AbortController();
    const pages = it.remote.listRecursive(demo, {}, stop.signal)[Symbol.asyncIterator]();
    await pages.next();
    await pages.next();
    stop.abort(new Error('enough'));
    await assert.rejects(async () => {
      while (!(await pages.next()).done);
    }, /enough/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(it.server.requests.length < 10, `${it.server.requests.length} requests`);
  }));
