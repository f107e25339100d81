import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { answered, type Check, checks, refused, type World } from './check';

async function putAll(world: World, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => world.put(key, key.endsWith('/') ? '' : key)));
}

function list(world: World, input: Omit<ConstructorParameters<typeof ListObjectsV2Command>[0], 'Bucket'>) {
  return world.run(ListObjectsV2Command, input);
}

const keysOf = (page: { Contents?: { Key?: string | undefined }[] | undefined }): (string | undefined)[] =>
  (page.Contents ?? []).map((c) => c.Key);
const prefixesOf = (page: {
  CommonPrefixes?: { Prefix?: string | undefined }[] | undefined;
}): (string | undefined)[] => (page.CommonPrefixes ?? []).map((p) => p.Prefix);

export const bucketChecks: Check[] = checks('buckets', {
  'a new bucket is listed and its HEAD succeeds': async (world) => {
    const { Buckets } = await world.client.send(new ListBucketsCommand({}));
    assert.ok(Buckets?.some((b) => b.Name === world.bucket && b.CreationDate instanceof Date));
    await world.run(HeadBucketCommand, {});
  },
  'HEAD of a missing bucket is 404': async (world) => {
    await refused(world.run(HeadBucketCommand, { Bucket: world.anotherBucket() }), 404);
  },
  'listing a missing bucket is NoSuchBucket': async (world) => {
    await refused(world.run(ListObjectsV2Command, { Bucket: world.anotherBucket() }), 404, 'NoSuchBucket');
  },
  'writing into a missing bucket is NoSuchBucket': async (world) => {
    await refused(world.put('a', 'x', { Bucket: world.anotherBucket() }), 404, 'NoSuchBucket');
  },
  'a bad bucket name is InvalidBucketName': async (world) => {
    answered(await world.send('PUT', '', { path: '/Bad_Name' }), 400, 'InvalidBucketName');
  },
  'a repeated CreateBucket harms nothing': async (world) => {
    await world.put('a');
    const again = await world.send('PUT', '');
    // S3 answers 200 to the owner in us-east-1, and a conflict in other regions.
    if (again.status !== 200) answered(again, 409, 'BucketAlreadyOwnedByYou');
    assert.equal(await world.read('a'), 'x');
  },
  'a location constraint can be read back': async (world) => {
    const Bucket = world.anotherBucket();
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
    await world.run(CreateBucketCommand, { Bucket, CreateBucketConfiguration });
    const { LocationConstraint } = await world.run(GetBucketLocationCommand, { Bucket });
    assert.equal(LocationConstraint, 'eu-west-1');
  },
  'a bucket with an object is not deleted': async (world) => {
    await world.put('a');
    await refused(world.run(DeleteBucketCommand, {}), 409, 'BucketNotEmpty');
    assert.equal(await world.read('a'), 'x');
  },
  'an empty bucket is deleted': async (world) => {
    const Bucket = world.anotherBucket();
    await world.run(CreateBucketCommand, { Bucket });
    await world.run(DeleteBucketCommand, { Bucket });
    await refused(world.run(HeadBucketCommand, { Bucket }), 404);
  },
});

export const listingChecks: Check[] = checks('listing', {
  'keys come in the order of their UTF-8 bytes': async (world) => {
    const keys = ['\u{1f600}', '\uffee', 'z', 'é', 'A', 'Z', 'a-b', 'a.b', 'a/b', 'ab', '\ufb01x'];
    await putAll(world, keys);
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(await world.keys(), sorted);
    assert.deepEqual(await world.keys(3), sorted);
  },
  'paging gives each key once': async (world) => {
    const keys = Array.from({ length: 23 }, (_, i) => `k${String(i).padStart(2, '0')}`);
    await putAll(world, keys);
    for (const size of [1, 5, 22, 23, 24]) assert.deepEqual(await world.keys(size), keys);
  },
  'a page that is exactly full and last is not truncated': async (world) => {
    await putAll(world, ['a', 'b']);
    const page = await list(world, { MaxKeys: 2 });
    assert.equal(page.IsTruncated, false);
    assert.equal(page.NextContinuationToken, undefined);
    assert.equal(page.KeyCount, 2);
  },
  'a delimiter folds keys into common prefixes': async (world) => {
    await putAll(world, ['a', 'd/1', 'd/2', 'd/e/3', 'f/', 'g']);
    const top = await list(world, { Delimiter: '/' });
    assert.deepEqual(keysOf(top), ['a', 'g']);
    assert.deepEqual(prefixesOf(top), ['d/', 'f/']);
    const inner = await list(world, { Delimiter: '/', Prefix: 'd/' });
    assert.deepEqual(keysOf(inner), ['d/1', 'd/2']);
    assert.deepEqual(prefixesOf(inner), ['d/e/']);
    const marker = await list(world, { Delimiter: '/', Prefix: 'f/' });
    assert.deepEqual(keysOf(marker), ['f/']);
  },
  'paging with a delimiter repeats no prefix and drops none': async (world) => {
    const folders = Array.from({ length: 7 }, (_, i) => `d${i}/`);
    await putAll(world, [...folders.flatMap((f) => [`${f}1`, `${f}2`, `${f}3`]), 'd3x', 'x']);
    for (const MaxKeys of [1, 2, 3, 8]) {
      const seen: (string | undefined)[] = [];
      let token: string | undefined;
      do {
        const page = await list(world, {
          Delimiter: '/',
          MaxKeys,
          ...(token ? { ContinuationToken: token } : {}),
        });
        const found = [...keysOf(page), ...prefixesOf(page)];
        assert.ok(found.length <= MaxKeys);
        seen.push(...found);
        token = page.NextContinuationToken;
      } while (token !== undefined && seen.length < 50);
      assert.deepEqual(seen.sort(), [...folders, 'd3x', 'x'].sort());
    }
  },
  'a delimiter may be any text': async (world) => {
    await putAll(world, ['a--b', 'a--c', 'd']);
    const page = await list(world, { Delimiter: '--' });
    assert.deepEqual(prefixesOf(page), ['a--']);
    assert.deepEqual(keysOf(page), ['d']);
  },
  'a prefix may end in the middle of a name': async (world) => {
    await putAll(world, ['abc/1', 'abd', 'ab', 'b']);
    assert.deepEqual(keysOf(await list(world, { Prefix: 'ab' })), ['ab', 'abc/1', 'abd']);
    const folded = await list(world, { Prefix: 'ab', Delimiter: '/' });
    assert.deepEqual(prefixesOf(folded), ['abc/']);
  },
  'start-after begins after the key, whether or not the key exists': async (world) => {
    await putAll(world, ['a', 'b', 'c']);
    assert.deepEqual(keysOf(await list(world, { StartAfter: 'a' })), ['b', 'c']);
    assert.deepEqual(keysOf(await list(world, { StartAfter: 'aa' })), ['b', 'c']);
  },
  'encoding-type=url encodes keys and says so': async (world) => {
    await putAll(world, ['a b+c', 'é&<']);
    const answer = await world.send('GET', '', { query: { 'list-type': '2', 'encoding-type': 'url' } });
    answered(answer, 200);
    assert.match(answer.text, /<EncodingType>url<\/EncodingType>/);
    const keys = [...answer.text.matchAll(/<Key>([^<]*)<\/Key>/g)].map((m) => m[1] ?? '');
    assert.deepEqual(
      keys.map((k) => decodeURIComponent(k.replaceAll('+', ' '))),
      ['a b+c', 'é&<'],
    );
    assert.ok(keys.every((k) => /^[\x21-\x7e]*$/.test(k)));
  },
  'max-keys=0 gives nothing and is not truncated': async (world) => {
    await world.put('a');
    const page = await list(world, { MaxKeys: 0 });
    assert.deepEqual([page.KeyCount, page.IsTruncated], [0, false]);
  },
  'max-keys without a number is InvalidArgument': async (world) => {
    const query = { 'list-type': '2', 'max-keys': 'many' };
    answered(await world.send('GET', '', { query }), 400, 'InvalidArgument');
  },
  'an invented continuation token is InvalidArgument': async (world) => {
    await world.put('a');
    const query = { 'list-type': '2', 'continuation-token': '~~invented~~' };
    answered(await world.send('GET', '', { query }), 400, 'InvalidArgument');
  },
  'entries have size, ETag, date and storage class': async (world) => {
    const { ETag } = await world.put('a', 'hello');
    const [entry] = (await list(world, {})).Contents ?? [];
    assert.equal(entry?.Size, 5);
    assert.equal(entry?.ETag, ETag);
    assert.equal(entry?.StorageClass, 'STANDARD');
    assert.ok(Math.abs((entry?.LastModified?.getTime() ?? 0) - Date.now()) < 120_000);
  },
  'the owner comes only on request': async (world) => {
    await world.put('a');
    assert.equal((await list(world, {})).Contents?.[0]?.Owner, undefined);
    assert.ok((await list(world, { FetchOwner: true })).Contents?.[0]?.Owner?.ID);
  },
  'the first version of the call pages with a marker': async (world) => {
    await putAll(world, ['a', 'd/1', 'd/2', 'e', 'f']);
    const v1 = (input: object) => world.run(ListObjectsCommand, input);
    assert.deepEqual(keysOf(await v1({ MaxKeys: 2 })), ['a', 'd/1']);
    assert.deepEqual(keysOf(await v1({ Marker: 'd/1' })), ['d/2', 'e', 'f']);
    const folded = await v1({ Delimiter: '/', MaxKeys: 2 });
    assert.equal(folded.NextMarker, 'd/');
    assert.deepEqual(keysOf(await v1({ Delimiter: '/', Marker: 'd/' })), ['e', 'f']);
  },
  '1,100 keys need two pages of at most 1,000': async (world) => {
    const keys = Array.from({ length: 1100 }, (_, i) => `n${String(i).padStart(4, '0')}`);
    for (let i = 0; i < keys.length; i += 50) await putAll(world, keys.slice(i, i + 50));
    const first = await list(world, { MaxKeys: 5000 });
    assert.equal(first.Contents?.length, 1000);
    assert.equal(first.IsTruncated, true);
    assert.deepEqual(await world.keys(), keys);
  },
});

const ODD_KEYS = [
  'space + plus %25 percent',
  'äöü ßé 日本語 😀',
  'question?mark#hash',
  'star*back\\slash',
  '/leading',
  'trailing/',
  'double//slash',
  'triple///slash',
  '.',
  '..',
  './dot',
  '../up',
  'in/../between',
  'in/./between',
  'quote\'"',
  'amp&<>;',
  'line\r\nbreak',
  'tab\there',
  'control\u0001char',
  '=a&b=c',
  '%2e%2e',
  'x'.repeat(1024),
  `${'é'.repeat(511)}zz`,
];

export const keyChecks: Check[] = [
  ...checks(
    'keys',
    Object.fromEntries(
      ODD_KEYS.map((key): [string, (world: World) => Promise<void>] => {
        const shown = key.length > 60 ? `${key.slice(0, 3)}… of ${Buffer.byteLength(key)} bytes` : key;
        return [
          `${JSON.stringify(shown)} can be put, read, listed and deleted`,
          async (world) => {
            answered(await world.send('PUT', key, { body: key }), 200);
            const got = await world.send('GET', key);
            answered(got, 200);
            assert.equal(got.text, key);
            assert.deepEqual(await world.keys(), [key]);
            answered(await world.send('DELETE', key), 204);
            assert.deepEqual(await world.keys(), []);
          },
        ];
      }),
    ),
  ),
  ...checks('keys', {
    'a key of 1,025 bytes is KeyTooLongError': async (world) => {
      answered(await world.send('PUT', 'x'.repeat(1025), { body: 'x' }), 400, 'KeyTooLongError');
    },
    '`a` and `a/b` live side by side, and `A` is not `a`': async (world) => {
      for (const key of ['a', 'a/b', 'A']) await world.put(key, key);
      for (const key of ['a', 'a/b', 'A']) assert.equal(await world.read(key), key);
      assert.deepEqual(await world.keys(), ['A', 'a', 'a/b']);
    },
    'composed and decomposed letters are different keys': async (world) => {
      await world.put('\u00e9', 'composed');
      await world.put('e\u0301', 'decomposed');
      assert.equal(await world.read('\u00e9'), 'composed');
      assert.equal(await world.read('e\u0301'), 'decomposed');
      assert.deepEqual(await world.keys(), ['e\u0301', '\u00e9']);
    },
  }),
];
