import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../../src/remote/entry';
import type { Remote } from '../../../src/remote/remote';
import { RemoteError } from '../../../src/remote/remoteError';
import { parsePath, rootPath } from '../../../src/remote/remotePath';
import { folderPager, type Pager, sortPage } from '../../../src/usecases/browseRemote';

const file = (name: string): Entry => ({ kind: 'file', path: parsePath(name), size: 1 });
const folder = (name: string): Entry => ({ kind: 'folder', path: parsePath(name) });

/** A pager of 200 items over a listing of `pages`; an Error among them is thrown once in its turn. */
function paged(pages: readonly (readonly Entry[] | Error)[]) {
  const left = [...pages];
  const seen = { lists: 0, requests: 0 };
  const list: Remote['list'] = async function* (_folder, _options, signal) {
    seen.lists++;
    for (const [at, page] of left.entries()) {
      signal.throwIfAborted();
      seen.requests++;
      if (page instanceof Error) {
        left.splice(at, 1);
        throw page;
      }
      yield page;
    }
  };
  const open = async () => ({ list }) as unknown as Remote;
  return { pages: folderPager(open, rootPath, { pageSize: 200 }), seen };
}

const names = (pages: Pager<Entry>) =>
  pages.items.map((entry) => (entry.kind === 'unusable' ? '' : entry.path));
const many = (count: number, prefix = 'f') =>
  Array.from({ length: count }, (_, i) => file(`${prefix}${String(i).padStart(5, '0')}`));

const firstPages: readonly (readonly [string, readonly (readonly Entry[])[], number, boolean, number])[] = [
  ['a full first page may have more behind it', [many(200), many(200, 'g')], 200, true, 1],
  [
    "a full page that is one short, for the folder's own marker, is full",
    [many(199), many(200, 'g')],
    199,
    true,
    1,
  ],
  ['a page that is not full ends the listing', [many(3)], 3, false, 1],
  ['empty pages are passed over', [[], [], many(2)], 2, false, 3],
];
for (const [title, listed, items, mayHaveMore, requests] of firstPages)
  test(`${title}: ${requests} ${requests === 1 ? 'request' : 'requests'}`, async () => {
    const { pages, seen } = paged(listed);
    await pages.more();
    assert.equal(pages.items.length, items);
    assert.equal(pages.mayHaveMore, mayHaveMore);
    assert.deepEqual(seen, { lists: 1, requests });
  });

test('a short page before another page is not the last page', async () => {
  const { pages } = paged([many(3), many(200, 'g')]);
  await pages.more();
  assert.equal(pages.items.length, 200);
  assert.equal(pages.mayHaveMore, true);
  await pages.more();
  assert.equal(pages.items.length, 203);
  assert.equal(pages.mayHaveMore, false);
});

test('a page of a service that ignores the page size is split', async () => {
  const { pages, seen } = paged([many(1000)]);
  for (const shown of [200, 400, 600]) {
    await pages.more();
    assert.equal(pages.items.length, shown);
  }
  assert.equal(seen.requests, 1);
});

test('two calls at once load one page', async () => {
  const { pages, seen } = paged([many(200), many(200, 'g')]);
  await Promise.all([pages.more(), pages.more()]);
  assert.equal(pages.items.length, 200);
  assert.equal(seen.requests, 1);
});

test('after an error the rows stay, and the next call lists again', async () => {
  const { pages, seen } = paged([many(200), new RemoteError('unavailable', 'Gone.'), many(5, 'g')]);
  await pages.more();
  await assert.rejects(pages.more(), { kind: 'unavailable' });
  assert.equal(pages.items.length, 200);
  await pages.more();
  assert.equal(pages.items.length, 200);
  await pages.more();
  assert.equal(pages.items.length, 205);
  assert.equal(seen.lists, 2);
});

test('a cancelled listing rejects with the reason and starts no request', async () => {
  const { pages, seen } = paged([many(3)]);
  const reason = new Error('closed');
  pages.cancel(reason);
  await assert.rejects(pages.more(), (error) => error === reason);
  assert.equal(seen.requests, 0);
});

test('a whole folder is sorted by natural name order, folders first', async () => {
  const { pages } = paged([[file('img10'), file('Img2'), folder('zoo'), file('a'), folder('Bar')]]);
  await pages.more();
  assert.deepEqual(names(pages), ['Bar', 'zoo', 'a', 'Img2', 'img10']);
});

test("one page of many keeps the store's order, so that the next page follows", () => {
  const page = sortPage([file('b'), file('a'), file('B'), folder('c')], false);
  assert.deepEqual(
    page.map((entry) => entry.kind !== 'unusable' && entry.path),
    ['c', 'B', 'a', 'b'],
  );
});
