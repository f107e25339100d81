import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type PagePlace,
  RangedListing,
  type RequestPage,
} from '../../../../../src/backends/s3/listing/rangedListing';
import type { ListedObject, ListPage } from '../../../../../src/backends/s3/model/objectInfo';
import { isRemoteError, RemoteError } from '../../../../../src/remote/remoteError';
import { comparePaths } from '../../../../../src/remote/remotePath';
import { randomNumbers } from '../../../../support/random';

/** Whether this is the first page of a listing that begins in the middle. */
function isStart({ token, after }: PagePlace): boolean {
  return token === undefined && after !== undefined;
}

/** A service that holds `keys`, and the requests that it got. */
class Store {
  keys: readonly string[];
  readonly requests: PagePlace[] = [];
  running = 0;
  mostRunning = 0;

  constructor(
    keys: Iterable<string>,
    readonly pageSize: number,
    private readonly random: () => number = () => 0,
  ) {
    this.keys = [...new Set(keys)].sort(comparePaths);
  }

  /** Changes a page, or throws, before it is sent. */
  spoil: (page: ListPage, place: PagePlace) => ListPage = (page) => page;

  readonly request: RequestPage = async (place) => {
    this.requests.push(place);
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      // Responses overtake each other.
      for (let turns = Math.floor(this.random() * 8); turns >= 0; turns--) await undefined;
      await new Promise((resolve) => setImmediate(resolve));
      return this.spoil(this.page(place), place);
    } finally {
      this.running--;
    }
  };

  page(place: PagePlace): ListPage {
    const after = place.token ?? place.after ?? '';
    let at = 0;
    for (let end = this.keys.length; at < end; ) {
      const middle = (at + end) >> 1;
      if (comparePaths(this.keys[middle] as string, after) <= 0) at = middle + 1;
      else end = middle;
    }
    const found = this.keys.slice(at, at + this.pageSize);
    const truncated = at + found.length < this.keys.length;
    return {
      objects: found.map(objectOf),
      prefixes: [],
      undecodable: [],
      truncated,
      nextToken: truncated ? found.at(-1) : undefined,
    };
  }
}

function objectOf(key: string): ListedObject {
  return { key, size: 1, etag: 'e', lastModifiedMs: 0, storageClass: undefined };
}

async function keysOf(store: Store, splits = true): Promise<string[]> {
  const listing = new RangedListing('b', 'p/', splits, store.request);
  const keys: string[] = [];
  for (let page = await listing.next(); page; page = await listing.next()) {
    keys.push(...page.objects.map(({ key }) => key));
    keys.push(...page.undecodable.map((name) => `undecodable ${name}`));
  }
  return keys;
}

const dense = (count: number) =>
  Array.from({ length: count }, (_, i) => `p/f${String(i).padStart(8, '0')}.txt`);

/** Kinds of key sets that a split can't foresee. */
const kinds: Record<string, (random: () => number, count: number) => string[]> = {
  'dense numbers': (_random, count) => dense(count),
  'numbers of all lengths': (_random, count) => Array.from({ length: count }, (_, i) => `p/f${i}.txt`),
  'random hex': (random, count) =>
    Array.from(
      { length: count },
      () =>
        `p/${Math.floor(random() * 2 ** 48)
          .toString(16)
          .padStart(12, '0')}`,
    ),
  folders: (random, count) =>
    Array.from({ length: count }, (_, i) => `p/d${Math.floor(random() * 20)}/f${i % 100}/${i}.jpg`),
  'long shared prefixes': (random, count) =>
    Array.from({ length: count }, (_, i) => `p/${'a long name '.repeat(1 + Math.floor(random() * 12))}/${i}`),
  'skewed to the end': (_random, count) => [
    ...dense(Math.floor(count / 10)),
    ...Array.from({ length: count }, (_, i) => `p/z/z/z/${String(i).padStart(6, '0')}`),
  ],
  unicode: (random, count) =>
    Array.from({ length: count }, () => {
      const points = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
        const kind = Math.floor(random() * 5);
        if (kind === 0) return 0x61 + Math.floor(random() * 26);
        if (kind === 1) return 0xe000 + Math.floor(random() * 0x1000);
        if (kind === 2) return 0x1f600 + Math.floor(random() * 64);
        return kind === 3 ? 0x25 : 0x4e00 + Math.floor(random() * 2000);
      });
      return `p/${String.fromCodePoint(...points)}`;
    }),
};

for (const [kind, make] of Object.entries(kinds))
  test(`a listing by ranges is the listing page by page, with few more requests: ${kind}`, async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = randomNumbers(seed);
      const pageSize = [3, 10, 50][seed % 3] ?? 10;
      const count = Math.floor(random() * pageSize * (seed % 4 === 0 ? 300 : 40));
      const store = new Store(make(random, count), pageSize, random);
      assert.deepEqual(await keysOf(store), store.keys, `seed ${seed}`);
      const least = Math.max(1, Math.ceil(store.keys.length / pageSize));
      assert.ok(
        store.requests.length <= least * 1.15 + 16,
        `seed ${seed}: ${store.requests.length} requests for ${least} pages`,
      );
    }
  });

test('a long listing has several requests at once, and a short one has no more than it needs', async () => {
  const long = new Store(dense(20_000), 100);
  await keysOf(long);
  assert.ok(long.mostRunning >= 8, `${long.mostRunning} at once`);
  for (const [count, most] of [
    [0, 1],
    [99, 1],
    [100, 1],
    [150, 4],
    [350, 8],
  ] as const) {
    const store = new Store(dense(count), 100);
    await keysOf(store);
    assert.ok(store.requests.length <= most, `${store.requests.length} requests for ${count} keys`);
  }
});

test('a caller that is slow gets pages from memory that is bounded', async () => {
  const store = new Store(dense(100_000), 100);
  const listing = new RangedListing('b', 'p/', true, store.request);
  await listing.next();
  await listing.next();
  for (let i = 0; i < 2000; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(store.requests.length <= 40, `${store.requests.length} requests for 2 pages`);
});

/** Ways in which a service may treat starts in the middle and its pages; each still tells the truth page by page from the first key. */
const oddities: Record<string, (store: Store, random: () => number) => void> = {
  'ignores starts': (store) => {
    store.spoil = (page, place) =>
      isStart(place) ? store.page({ token: undefined, after: undefined }) : page;
  },
  'refuses starts': (store) => {
    store.spoil = (page, place) => {
      if (isStart(place)) throw new RemoteError('unsupported', 'no start-after');
      return page;
    };
  },
  'starts too late': (store) => {
    store.spoil = (page, place) =>
      isStart(place) ? { ...page, objects: page.objects.slice(Math.ceil(page.objects.length / 3)) } : page;
  },
  'ends after a start': (store) => {
    store.spoil = (page, place) =>
      isStart(place)
        ? { ...page, objects: page.objects.slice(0, 2), truncated: false, nextToken: undefined }
        : page;
  },
  'sends nothing after a start': (store) => {
    store.spoil = (page, place) =>
      isStart(place) ? { ...page, objects: [], truncated: false, nextToken: undefined } : page;
  },
  'reverses a page after a start': (store) => {
    store.spoil = (page, place) => (isStart(place) ? { ...page, objects: page.objects.toReversed() } : page);
  },
  'ends too early after a start': (store, random) => {
    store.spoil = (page, { token, after }) =>
      token !== undefined && after !== undefined && random() < 0.3
        ? { ...page, truncated: false, nextToken: undefined }
        : page;
  },
  'has pages of any size': (store, random) => {
    store.spoil = (page) => {
      const size = 1 + Math.floor(random() * page.objects.length);
      if (size >= page.objects.length) return page;
      const objects = page.objects.slice(0, size);
      return { ...page, objects, truncated: true, nextToken: objects.at(-1)?.key };
    };
  },
  'has pages with nothing on them': (store, random) => {
    let pages = 0;
    store.spoil = (page, { token, after }) => {
      if (random() > 0.2) return page;
      const at = token?.split('#')[0] ?? after ?? '';
      return { ...page, objects: [], truncated: true, nextToken: `${at}#${pages++}` };
    };
    const { page } = store;
    store.page = ({ token, after }) => page.call(store, { token: token?.split('#')[0], after });
  },
};

for (const [oddity, apply] of Object.entries(oddities))
  test(`a service that ${oddity} is listed as page by page`, async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = randomNumbers(seed);
      const [, make] = Object.entries(kinds)[seed % Object.keys(kinds).length] ?? [];
      const store = new Store(make?.(random, Math.floor(random() * 3000)) ?? [], 20, random);
      apply(store, random);
      assert.deepEqual(await keysOf(store), store.keys, `seed ${seed}`);
    }
  });

const spoilt: Record<string, (page: ListPage) => ListPage> = {
  'has no token': (page) => ({ ...page, truncated: true, nextToken: undefined }),
  'is out of order': (page) => ({ ...page, objects: page.objects.toReversed() }),
  'has a key twice': (page) => ({ ...page, objects: page.objects.flatMap((object) => [object, object]) }),
};

for (const [what, spoil] of Object.entries(spoilt))
  test(`every page of a listing counts: the listing fails where one ${what}`, async () => {
    const whole = new Store(dense(3000), 20);
    for (let at = 0; at < 150; at += 7) {
      const bad = whole.keys[at * 20 + 10] ?? '';
      const store = new Store(whole.keys, 20);
      store.spoil = (page) => (page.objects.some(({ key }) => key === bad) ? spoil(page) : page);
      const listing = new RangedListing('b', 'p/', true, store.request);
      const keys: string[] = [];
      await assert.rejects(
        async () => {
          for (let page = await listing.next(); page; page = await listing.next())
            keys.push(...page.objects.map(({ key }) => key));
        },
        (error) => isRemoteError(error, 'corrupted'),
      );
      assert.deepEqual(keys, whole.keys.slice(0, keys.length));
      assert.ok(!keys.includes(bad));
    }
  });

test('requests that fail now and then are repeated when the caller asks again, and nothing is lost', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomNumbers(seed);
    const [, make] = Object.entries(kinds)[seed % Object.keys(kinds).length] ?? [];
    const store = new Store(make?.(random, Math.floor(random() * 3000)) ?? [], 20, random);
    store.spoil = (page) => {
      if (random() < 0.15) throw new RemoteError('rateLimited', 'slow down');
      return page;
    };
    const listing = new RangedListing('b', 'p/', true, store.request);
    const keys: string[] = [];
    for (let done = false; !done; )
      try {
        const page = await listing.next();
        keys.push(...(page?.objects.map(({ key }) => key) ?? []));
        done = page === undefined;
      } catch (error) {
        assert.ok(isRemoteError(error, 'rateLimited'));
      }
    assert.deepEqual(keys, store.keys, `seed ${seed}`);
  }
});

test('a page that always fails is a failure of the listing, wherever it lies', async () => {
  const whole = new Store(dense(3000), 20);
  for (let at = 0; at < 150; at += 11) {
    const bad = whole.keys[at * 20 + 10] ?? '';
    const store = new Store(whole.keys, 20);
    store.spoil = (page) => {
      if (page.objects.some(({ key }) => key === bad)) throw new RemoteError('unavailable', 'broken');
      return page;
    };
    const listing = new RangedListing('b', 'p/', true, store.request);
    let failures = 0;
    const keys: string[] = [];
    while (failures < 5)
      try {
        const page = await listing.next();
        assert.ok(page, 'the listing ended');
        keys.push(...page.objects.map(({ key }) => key));
      } catch (error) {
        assert.ok(isRemoteError(error, 'unavailable'));
        failures++;
      }
    assert.ok(!keys.includes(bad));
    assert.deepEqual(keys, whole.keys.slice(0, keys.length));
  }
});

test('after a failure nothing is requested before the caller asks again', async () => {
  const store = new Store(dense(3000), 20);
  store.spoil = (page, { token }) => {
    if (token !== undefined) throw new RemoteError('unavailable', 'broken');
    return page;
  };
  const listing = new RangedListing('b', 'p/', true, store.request);
  await listing.next();
  await assert.rejects(listing.next());
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  const { length } = store.requests;
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(store.requests.length, length);
});

test('keys that come and go during the listing: what stays is listed once, in order', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomNumbers(seed);
    const stable = dense(1500).filter((_, i) => i % 3 !== 0);
    const changing = dense(1500).filter((_, i) => i % 3 === 0);
    const store = new Store(stable, 20, random);
    store.spoil = (page) => {
      const extra = changing.filter(() => random() < 0.5);
      store.keys = [...stable, ...extra].sort(comparePaths);
      return page;
    };
    const keys = await keysOf(store);
    for (const [i, key] of keys.entries()) if (i > 0) assert.ok(comparePaths(keys[i - 1] ?? '', key) < 0);
    const listed = new Set(keys);
    assert.deepEqual(
      stable.filter((key) => !listed.has(key)),
      [],
      `seed ${seed}`,
    );
  }
});

test('names that are no text appear once', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomNumbers(seed);
    const store = new Store(dense(1500), 20, random);
    const marked = new Set(store.keys.filter(() => random() < 0.002));
    store.spoil = (page) => ({
      ...page,
      undecodable: page.objects.filter(({ key }) => marked.has(key)).map(({ key }) => `%FF${key}`),
    });
    const keys = await keysOf(store);
    const expected = [...store.keys, ...[...marked].map((key) => `undecodable %FF${key}`)];
    assert.deepEqual(keys.toSorted(), expected.toSorted(), `seed ${seed}`);
  }
});

test('a listing without splits is one request after the other', async () => {
  const store = new Store(dense(3000), 20);
  assert.deepEqual(await keysOf(store, false), store.keys);
  assert.equal(store.mostRunning, 1);
  assert.equal(store.requests.length, 150);
});
