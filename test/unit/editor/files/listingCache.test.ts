import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FolderNames, ListingCache } from '../../../../src/editor/files/listingCache';
import { parsePath } from '../../../../src/remote/remotePath';

const at = (path: string) => ({ remote: 'photos', path: parsePath(path) });

function names(folder: string, files: string[], complete = true): FolderNames {
  const entry = (name: string) => ({ kind: 'file', path: parsePath(`${folder}/${name}`), size: 1 }) as const;
  return { entries: new Map(files.map((name) => [name, entry(name)])), complete };
}

async function cacheWith(folder: string, prefix: string, listed: FolderNames, keepMs = 1000) {
  let now = 0;
  const cache = new ListingCache(() => now);
  await cache.load(at(folder), prefix, keepMs, async () => listed);
  return { cache, pass: (ms: number) => (now += ms) };
}

test('a listing answers for its entries and for absent paths in and below it', async () => {
  const { cache } = await cacheWith('b/site', '', names('b/site', ['a.txt']));
  assert.equal((cache.lookUp(at('b/site/a.txt')) as { size: number }).size, 1);
  assert.equal(cache.lookUp(at('b/site/pom.xml')), 'absent');
  assert.equal(cache.lookUp(at('b/site/.vscode/settings.json')), 'absent');
  assert.equal(cache.lookUp(at('b/other/x')), undefined);
});

test("a listing doesn't answer for paths below an existing folder", async () => {
  const listed = names('b', []);
  const entries = new Map([['site', { kind: 'folder', path: parsePath('b/site') } as const]]);
  const { cache } = await cacheWith('b', '', { ...listed, entries });
  assert.equal(cache.lookUp(at('b/site/x')), undefined);
});

test('a truncated listing makes no name absent', async () => {
  const { cache } = await cacheWith('b/site', '', names('b/site', ['a.txt'], false));
  assert.equal(cache.lookUp(at('b/site/z.txt')), undefined);
});

test('a listing of a prefix answers only for names with that prefix', async () => {
  const { cache } = await cacheWith('b/site', '.', names('b/site', ['.htaccess']));
  assert.equal(cache.lookUp(at('b/site/.git/config')), 'absent');
  assert.equal((cache.lookUp(at('b/site/.htaccess')) as { kind: string }).kind, 'file');
  assert.equal(cache.lookUp(at('b/site/index.html')), undefined);
});

test('a list of buckets makes no bucket absent', async () => {
  const { cache } = await cacheWith('', '', { entries: new Map(), complete: true });
  assert.equal(cache.lookUp(at('hidden-bucket')), undefined);
});

test('entries expire before absences', async () => {
  const { cache, pass } = await cacheWith('b/site', '.', names('b/site', ['.env']), 60_000);
  pass(5_000);
  assert.equal(cache.lookUp(at('b/site/.env')), undefined);
  assert.equal(cache.lookUp(at('b/site/.git')), 'absent');
  pass(60_000);
  assert.equal(cache.lookUp(at('b/site/.git')), undefined);
});

test('a change evicts its folder and the folders above and below', async () => {
  let now = 0;
  const cache = new ListingCache(() => now++);
  for (const folder of ['b', 'b/site', 'b/site/img', 'b/other'])
    await cache.load(at(folder), '', 1000, async () => names(folder, []));
  cache.forgetAllOf([at('b/site')]);
  assert.deepEqual(
    ['b', 'b/site', 'b/site/img', 'b/other'].map((folder) => cache.has(at(folder), '')),
    [false, false, false, true],
  );
});

test('concurrent requests share one listing', async () => {
  const cache = new ListingCache(() => 0);
  let lists = 0;
  const load = async () => {
    lists++;
    return names('b', []);
  };
  await Promise.all([1, 2, 3].map(() => cache.load(at('b'), '', 1000, load)));
  assert.equal(lists, 1);
});

test('a listing that ran during a change is not cached', async () => {
  const cache = new ListingCache(() => 0);
  await cache.load(at('b'), '', 1000, async () => {
    cache.forgetAllOf([at('b/new.txt')]);
    return names('b', []);
  });
  assert.equal(cache.lookUp(at('b/new.txt')), undefined);
});

test('a failed listing throws and is not cached', async () => {
  const cache = new ListingCache(() => 0);
  await assert.rejects(
    cache.load(at('b'), '', 1000, () => Promise.reject(new Error('offline'))),
    /offline/,
  );
  assert.equal(cache.has(at('b'), ''), false);
});

test('many changes evict the same listings at once as one by one', async () => {
  const folders = ['b', 'b/site', 'b/site/css', 'b/site/css/deep', 'b/other', 'b/sitemap', 'c'];
  const changed = [
    'b/site/css',
    'b/site/css/new.css',
    'b/sitemap/a',
    'b/site/css',
    'c/x',
    'b/site/a.txt',
    '',
  ];
  for (let count = 1; count <= changed.length; count++) {
    const some = changed.slice(changed.length - count).map(at);
    const caches = [new ListingCache(() => 0), new ListingCache(() => 0)] as const;
    for (const cache of caches)
      for (const folder of folders) await cache.load(at(folder), '', 1000, async () => names(folder, ['x']));
    for (const address of some) caches[0].forgetAllOf([address]);
    caches[1].forgetAllOf(some);
    for (const folder of folders)
      assert.equal(caches[1].has(at(folder), ''), caches[0].has(at(folder), ''), `${folder} of ${count}`);
  }
});
