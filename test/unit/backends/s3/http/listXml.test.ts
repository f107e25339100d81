import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { parseListing } from '../../../../../src/backends/s3/http/listXml';
import { entryOfFacts, md5OfFacts, type ObjectFacts } from '../../../../../src/backends/s3/model/objectInfo';
import {
  copySourceOf,
  isUnsupportedReason,
  keyDecoder,
  parseObjectPath,
  pathOfKey,
} from '../../../../../src/backends/s3/model/objectKey';
import { partSizeFor } from '../../../../../src/backends/s3/objects/multipartUpload';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';

const listing = (inner: string) =>
  `<?xml version="1.0"?>\n<ListBucketResult xmlns="x"><Name>b</Name><Prefix></Prefix>${inner}</ListBucketResult>`;
const contents = (key: string) =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;abc&quot;</ETag><Size>7</Size><Owner><ID>i</ID></Owner><StorageClass>STANDARD</StorageClass></Contents>`;

const parse = (xml: string) => parseListing(Buffer.from(xml), 'b');

test('a page has objects, prefixes and a token', () => {
  const page = parse(
    listing(
      `<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken><KeyCount>2</KeyCount><EncodingType>url</EncodingType>${contents('d%20e%2Bf')}<CommonPrefixes><Prefix>g+h/</Prefix></CommonPrefixes>`,
    ),
  );
  assert.deepEqual(page, {
    objects: [
      {
        key: 'd e+f',
        size: 7,
        etag: 'abc',
        lastModifiedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
        storageClass: 'STANDARD',
      },
    ],
    prefixes: ['g h/'],
    undecodable: [],
    truncated: true,
    nextToken: 'a&b',
  });
});

test('H18: keys are decoded once, and only if the service marks them as encoded', () => {
  const plain = parse(listing(contents('100%25+&amp;&#x41;')));
  assert.equal(plain?.objects[0]?.key, '100%25+&A');
  const encoded = parse(listing(`<EncodingType>url</EncodingType>${contents('100%2525')}`));
  assert.equal(encoded?.objects[0]?.key, '100%25');
  assert.equal(keyDecoder('url')('%E0%A4'), undefined);
  assert.deepEqual(parse(listing(`<EncodingType>url</EncodingType>${contents('%FF')}`))?.undecodable, [
    '%FF',
  ]);
});

test('any keys, times, ETags and classes are read as they were written', () => {
  const text = fc.oneof(
    fc.string({
      unit: fc.constantFrom('a', '/', '&', '<', '>', '"', ' ', 'é', '写', '\u{1f600}'),
      maxLength: 20,
    }),
    fc.constantFrom('GLACIER', 'STANDARD', 'd41d8cd98f00b204e9800998ecf8427e', 'é'.repeat(16)),
  );
  const object = fc.record({
    key: text,
    size: fc.oneof(fc.nat(), fc.maxSafeNat()),
    etag: text.filter((etag) => etag !== '' && !/^W\/|"/.test(etag)),
    lastModifiedMs: fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map(Number),
    storageClass: text,
  });
  const escaped = (value: string) =>
    value.replace(/[&<>"]/g, (unit) => ({ '&': '&amp;', '<': '&lt;', '>': '&#62;' })[unit] ?? '&quot;');
  const row = (one: {
    key: string;
    size: number;
    etag: string;
    lastModifiedMs: number;
    storageClass: string;
  }) =>
    `<Contents><ETag>&quot;${escaped(one.etag)}&quot;</ETag><Key>${escaped(one.key)}</Key>` +
    `<Size>${one.size}</Size><StorageClass>${escaped(one.storageClass)}</StorageClass>` +
    `<LastModified>${new Date(one.lastModifiedMs).toISOString()}</LastModified></Contents>`;
  fc.assert(
    fc.property(fc.array(object, { maxLength: 6 }), (objects) => {
      const read = parse(listing(objects.map(row).join('')))?.objects;
      assert.deepEqual(
        read,
        objects.map((one) => ({ ...one })),
      );
    }),
    { numRuns: 500 },
  );
});

test('an object keeps nothing of its page in memory', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const page = Buffer.from(listing(contents('a key that is long enough').repeat(1000)));
  const used = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  const kept = Array.from({ length: 100 }, () => parseListing(Buffer.from(page), 'b')?.objects[0]);
  const bytes = used() - before;
  assert.ok(bytes < 10 * page.length, `${bytes} bytes for objects of ${kept.length} pages of ${page.length}`);
});

test('a page that is cut off or lacks sizes is `corrupted`', () => {
  const whole = listing(`<KeyCount>1</KeyCount>${contents('k')}`);
  const spoilt = [
    whole.slice(0, -5),
    whole.slice(0, whole.indexOf('<Size>')),
    whole.replace('<Size>7</Size>', ''),
    whole.replace('<Size>7</Size>', '<Size></Size>'),
  ];
  for (const xml of spoilt)
    assert.throws(
      () => parse(xml),
      (error) => isRemoteError(error, 'corrupted'),
    );
  assert.equal(parse(whole)?.objects.length, 1);
});

test('KeyCount is ignored', () => {
  for (const count of [
    '<KeyCount>0</KeyCount>',
    '<KeyCount>1000</KeyCount>',
    '<KeyCount>-1</KeyCount>',
    '<KeyCount></KeyCount>',
    '<KeyCount/>',
    '<KeyCount>many</KeyCount>',
    '',
  ]) {
    const page = listing(`${count}<IsTruncated>false</IsTruncated>${contents('k')}${contents('l')}`);
    assert.deepEqual(
      parse(page)?.objects.map(({ key }) => key),
      ['k', 'l'],
      count,
    );
  }
});

test('other XML is left to a general parser', () => {
  assert.equal(parse('<html></html>'), undefined);
  assert.equal(parse(listing('<Contents a="b"></Contents>')), undefined);
  assert.equal(parse(listing(contents('<![CDATA[x]]>'))), undefined);
});

test('a key is a path or has a reason against it', () => {
  assert.equal(pathOfKey('b', 'a/c d'), 'b/a/c d');
  for (const [key, reason] of [
    ['a//b', 'emptyPart'],
    ['/a', 'emptyPart'],
    ['a//', 'emptyPart'],
    ['a/', 'nonEmptyFolderMarker'],
    ['../a', 'dotPart'],
    ['a/./b', 'dotPart'],
    ['a/..', 'dotPart'],
    ['a\0b', 'invalidText'],
  ] as const)
    assert.equal(pathOfKey('b', key), reason, key);
  assert.equal(isUnsupportedReason(pathOfKey('b', 'dotPart')), false);
});

test('an access point is one part of a path, and has a form of its own in a copy source', () => {
  const place = parseObjectPath(parsePath('arn:aws:s3:eu-west-1:123456789012:accesspoint:mine/a b/c'));
  assert.equal(place.key, 'a b/c');
  assert.equal(
    decodeURIComponent(copySourceOf(place)),
    'arn:aws:s3:eu-west-1:123456789012:accesspoint/mine/object/a b/c',
  );
  assert.equal(copySourceOf({ bucket: 'b', key: "ü +%'/x" }), 'b/%C3%BC%20%2B%25%27/x');
});

const facts: ObjectFacts = {
  size: 1,
  etag: 'D41D8CD98F00B204E9800998ECF8427E',
  lastModifiedMs: 1_600_000_000_000,
  storageClass: undefined,
  metadata: {},
  customerKey: false,
  tagCount: 0,
};

test('R3: the MD5 is md5chksum or a plain ETag, never the ETag of parts or of KMS', () => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  assert.equal(md5OfFacts(facts), md5);
  assert.equal(md5OfFacts({ ...facts, etag: `${md5}-2` }), undefined);
  assert.equal(md5OfFacts({ ...facts, serverSideEncryption: 'aws:kms' }), undefined);
  assert.equal(md5OfFacts({ ...facts, customerKey: true }), undefined);
  assert.equal(md5OfFacts({ ...facts, serverSideEncryption: 'AES256' }), md5);
  const md5chksum = Buffer.alloc(16, 1).toString('base64');
  assert.equal(md5OfFacts({ ...facts, etag: 'x-2', metadata: { md5chksum } }), '01'.repeat(16));
  assert.equal(md5OfFacts({ ...facts, metadata: { md5chksum: 'AAAA' } }), md5);
});

test('R1, R2: the modified time is in the metadata, else it is LastModified', () => {
  const path = parsePath('b/k');
  const server = { s: 1_600_000_000, ns: 0 };
  assert.deepEqual(entryOfFacts(path, facts).modified, server);
  assert.deepEqual(entryOfFacts(path, { ...facts, metadata: { mtime: '-1.5' } }).modified, {
    s: -2,
    ns: 500_000_000,
  });
  assert.deepEqual(entryOfFacts(path, { ...facts, metadata: { mtime: 'yesterday' } }).modified, server);
});

test('an archived object is read-only until it is restored (A31)', () => {
  const path = parsePath('b/k');
  const archived = { ...facts, storageClass: 'DEEP_ARCHIVE' };
  assert.match(entryOfFacts(path, archived).readonly ?? '', /archived/);
  assert.match(
    entryOfFacts(path, { ...archived, restore: 'ongoing-request="true"' }).readonly ?? '',
    /being restored/,
  );
  assert.equal(
    entryOfFacts(path, { ...archived, restore: 'ongoing-request="false", expiry-date="x"' }).readonly,
    undefined,
  );
});

test('parts grow so that no more than 10,000 are needed (A30, R4)', () => {
  const mebi = 1024 * 1024;
  assert.equal(partSizeFor(20 * mebi, 8 * mebi), 8 * mebi);
  for (const size of [80_001 * mebi, 5 * 1024 ** 4, 48 * 1024 ** 4]) {
    const part = partSizeFor(size, 8 * mebi);
    assert.ok(Math.ceil(size / part) <= 10_000);
    assert.equal(part % mebi, 0);
  }
});
