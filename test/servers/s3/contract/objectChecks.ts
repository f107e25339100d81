import assert from 'node:assert/strict';
import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { answered, type Check, checks, refused, type World, WRONG_ETAG } from './check';

function get(world: World, key: string, more: Partial<GetObjectCommandInput> = {}) {
  return world.run(GetObjectCommand, { Key: key, ...more });
}

function head(world: World, key: string) {
  return world.run(HeadObjectCommand, { Key: key });
}

function copy(world: World, from: string, to: string, more: Partial<CopyObjectCommandInput> = {}) {
  const CopySource = `${world.bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  return world.run(CopyObjectCommand, { Key: to, CopySource, ...more });
}

const OLD = new Date('2001-02-03T04:05:06Z');
const soon = (): Date => new Date(Date.now() + 3_600_000);

export const objectChecks: Check[] = checks('objects', {
  'GET returns the object, and HEAD the same facts': async (world) => {
    const put = await world.put('a', 'hello', { ContentType: 'text/plain' });
    assert.equal(put.ETag, '"5d41402abc4b2a76b9719d911017c592"');
    const got = await get(world, 'a');
    assert.equal(await got.Body?.transformToString(), 'hello');
    const told = await head(world, 'a');
    for (const answer of [got, told]) {
      assert.equal(answer.ETag, put.ETag);
      assert.equal(answer.ContentLength, 5);
      assert.equal(answer.ContentType, 'text/plain');
      assert.equal(answer.AcceptRanges, 'bytes');
    }
    assert.equal(told.LastModified?.getTime(), got.LastModified?.getTime());
  },
  'an empty object exists': async (world) => {
    await world.put('empty', '');
    assert.equal((await head(world, 'empty')).ContentLength, 0);
    assert.equal(await world.read('empty'), '');
  },
  'user metadata and system headers come back': async (world) => {
    const facts = {
      Metadata: { mtime: '1700000000.123456789', 'with-dash': 'v 1' },
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment; filename="x.txt"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ContentType: 'text/x-test; charset=utf-8',
    };
    await world.put('a', 'x', facts);
    const told = await head(world, 'a');
    for (const [name, value] of Object.entries(facts))
      assert.deepEqual(told[name as keyof typeof told], value, name);
  },
  'the default Content-Type is binary/octet-stream': async (world) => {
    answered(await world.send('PUT', 'a', { body: 'x' }), 200);
    assert.match((await head(world, 'a')).ContentType ?? '', /^(binary|application)\/octet-stream$/);
  },
  'a missing key is NoSuchKey, and HEAD of it 404': async (world) => {
    await refused(get(world, 'nothing'), 404, 'NoSuchKey');
    await refused(head(world, 'nothing'), 404);
  },
  'a DELETE of a missing object succeeds': async (world) => {
    answered(await world.send('DELETE', 'nothing'), 204);
  },
  'ranges: first bytes, from the middle, the last bytes': async (world) => {
    await world.put('a', '0123456789');
    const range = async (Range: string): Promise<unknown[]> => {
      const got = await get(world, 'a', { Range });
      return [
        await got.Body?.transformToString(),
        got.ContentRange,
        got.ContentLength,
        got.$metadata.httpStatusCode,
      ];
    };
    assert.deepEqual(await range('bytes=0-3'), ['0123', 'bytes 0-3/10', 4, 206]);
    assert.deepEqual(await range('bytes=7-'), ['789', 'bytes 7-9/10', 3, 206]);
    assert.deepEqual(await range('bytes=-2'), ['89', 'bytes 8-9/10', 2, 206]);
    assert.deepEqual(await range('bytes=8-100'), ['89', 'bytes 8-9/10', 2, 206]);
  },
  'a range after the end is 416': async (world) => {
    await world.put('a', '0123456789');
    await refused(get(world, 'a', { Range: 'bytes=10-' }), 416, 'InvalidRange');
  },
  'response headers can be overridden in the query': async (world) => {
    await world.put('a');
    const got = await get(world, 'a', {
      ResponseContentType: 'text/other',
      ResponseContentDisposition: 'inline',
    });
    assert.deepEqual([got.ContentType, got.ContentDisposition], ['text/other', 'inline']);
  },
  'DeleteObjects reports each key, also missing ones': async (world) => {
    await world.put('a');
    await world.put('b');
    const Objects = ['a', 'b', 'nothing', 'with &<>"'].map((Key) => ({ Key }));
    const { Deleted, Errors } = await world.run(DeleteObjectsCommand, { Delete: { Objects } });
    assert.deepEqual(Deleted?.map((d) => d.Key).sort(), ['a', 'b', 'nothing', 'with &<>"']);
    assert.equal(Errors?.length ?? 0, 0);
    assert.deepEqual(await world.keys(), []);
  },
  'DeleteObjects in quiet mode names only errors': async (world) => {
    await world.put('a');
    const input = { Delete: { Objects: [{ Key: 'a' }], Quiet: true } };
    assert.equal((await world.run(DeleteObjectsCommand, input)).Deleted?.length ?? 0, 0);
    assert.equal(await world.exists('a'), false);
  },
  'DeleteObjects takes 1,000 keys and refuses 1,001': async (world) => {
    const objects = (count: number) => Array.from({ length: count }, (_, i) => ({ Key: `k${i}` }));
    await world.put('k7');
    const send = (count: number) => world.run(DeleteObjectsCommand, { Delete: { Objects: objects(count) } });
    assert.equal((await send(1000)).Deleted?.length, 1000);
    assert.equal(await world.exists('k7'), false);
    await refused(send(1001), 400, 'MalformedXML');
  },
  'DeleteObjects without Content-MD5 or checksum is refused': async (world) => {
    await world.put('a');
    const body = '<Delete><Object><Key>a</Key></Object></Delete>';
    answered(await world.send('POST', '', { query: { delete: '' }, body }), 400);
    assert.equal(await world.exists('a'), true);
  },
  'metadata above 2 KB is MetadataTooLarge': async (world) => {
    const headers = { 'x-amz-meta-big': 'v'.repeat(3000) };
    answered(await world.send('PUT', 'a', { headers, body: 'x' }), 400, 'MetadataTooLarge');
  },
  'a PUT without a length is MissingContentLength': async (world) => {
    answered(await world.send('PUT', 'a', { body: 'x', withoutLength: true }), 411, 'MissingContentLength');
  },
});

export const copyChecks: Check[] = checks('copy', {
  'a copy has content, metadata and headers of its source': async (world) => {
    await world.put('a', 'hello', {
      Metadata: { m: '1' },
      ContentType: 'text/plain',
      CacheControl: 'no-store',
    });
    const { CopyObjectResult } = await copy(world, 'a', 'b');
    assert.ok(CopyObjectResult?.LastModified instanceof Date);
    assert.equal(await world.read('b'), 'hello');
    const told = await head(world, 'b');
    assert.deepEqual(
      [told.Metadata, told.ContentType, told.CacheControl],
      [{ m: '1' }, 'text/plain', 'no-store'],
    );
    assert.equal(told.ETag, CopyObjectResult?.ETag);
  },
  'REPLACE takes metadata and headers from the request': async (world) => {
    await world.put('a', 'hello', { Metadata: { m: '1', n: '2' }, ContentType: 'text/plain' });
    await copy(world, 'a', 'b', {
      MetadataDirective: 'REPLACE',
      Metadata: { o: '3' },
      ContentType: 'text/css',
    });
    const told = await head(world, 'b');
    assert.deepEqual([told.Metadata, told.ContentType], [{ o: '3' }, 'text/css']);
  },
  'a copy onto itself needs REPLACE': async (world) => {
    await world.put('a', 'hello', { Metadata: { m: '1' } });
    await refused(copy(world, 'a', 'a'), 400, 'InvalidRequest');
    await copy(world, 'a', 'a', { MetadataDirective: 'REPLACE', Metadata: { m: '2' } });
    assert.deepEqual((await head(world, 'a')).Metadata, { m: '2' });
    assert.equal(await world.read('a'), 'hello');
  },
  'sources may have unicode, plus, percent and slashes': async (world) => {
    for (const key of ['ü ñ', 'a+b', '100%', 'd/e f/g', 'x?y#z']) {
      await world.put(key, key);
      await copy(world, key, 'target');
      assert.equal(await world.read('target'), key);
    }
  },
  'a missing source is NoSuchKey': async (world) => {
    await refused(copy(world, 'nothing', 'b'), 404, 'NoSuchKey');
  },
  'copy-source-if-match holds or is PreconditionFailed': async (world) => {
    const { ETag } = await world.put('a', 'hello');
    await copy(world, 'a', 'b', { CopySourceIfMatch: ETag });
    await refused(copy(world, 'a', 'c', { CopySourceIfMatch: '"other"' }), 412, 'PreconditionFailed');
    assert.equal(await world.exists('c'), false);
  },
  'copy-source-if-none-match holds or is PreconditionFailed': async (world) => {
    const { ETag } = await world.put('a', 'hello');
    await copy(world, 'a', 'b', { CopySourceIfNoneMatch: '"other"' });
    await refused(copy(world, 'a', 'c', { CopySourceIfNoneMatch: ETag }), 412, 'PreconditionFailed');
  },
  'copy-source-if-(un)modified-since hold or are PreconditionFailed': async (world) => {
    await world.put('a', 'hello');
    await copy(world, 'a', 'b', { CopySourceIfModifiedSince: OLD });
    await refused(copy(world, 'a', 'c', { CopySourceIfUnmodifiedSince: OLD }), 412, 'PreconditionFailed');
  },
  'the target condition If-None-Match:* protects an existing object': async (world) => {
    await world.put('a', 'new');
    await world.put('b', 'old');
    await refused(copy(world, 'a', 'b', { IfNoneMatch: '*' }), 412, 'PreconditionFailed');
    assert.equal(await world.read('b'), 'old');
  },
  'the copy of a copy keeps the ETag of plain content': async (world) => {
    const { ETag } = await world.put('a', 'hello');
    await copy(world, 'a', 'b');
    assert.equal((await copy(world, 'b', 'c')).CopyObjectResult?.ETag, ETag);
  },
});

export const conditionChecks: Check[] = checks('conditions', {
  'GET If-Match gives the object or 412': async (world) => {
    const { ETag } = await world.put('a');
    await get(world, 'a', { IfMatch: ETag });
    await refused(get(world, 'a', { IfMatch: '"other"' }), 412, 'PreconditionFailed');
  },
  'GET If-None-Match gives 304 for the same ETag': async (world) => {
    const { ETag } = await world.put('a');
    await refused(get(world, 'a', { IfNoneMatch: ETag }), 304);
    await get(world, 'a', { IfNoneMatch: '"other"' });
  },
  'HEAD with If-None-Match is 304, with a wrong If-Match 412': async (world) => {
    const { ETag } = await world.put('a');
    answered(await world.send('HEAD', 'a', { headers: { 'if-none-match': ETag ?? '' } }), 304);
    answered(await world.send('HEAD', 'a', { headers: { 'if-match': '"other"' } }), 412);
  },
  'GET If-Modified-Since and If-Unmodified-Since': async (world) => {
    await world.put('a');
    await get(world, 'a', { IfModifiedSince: OLD });
    await refused(get(world, 'a', { IfUnmodifiedSince: OLD }), 412, 'PreconditionFailed');
    await get(world, 'a', { IfUnmodifiedSince: soon() });
  },
  'a true If-Match outranks a false If-Unmodified-Since': async (world) => {
    const { ETag } = await world.put('a');
    await get(world, 'a', { IfMatch: ETag, IfUnmodifiedSince: OLD });
  },
  'a true If-None-Match outranks a false If-Modified-Since': async (world) => {
    await world.put('a');
    await get(world, 'a', { IfNoneMatch: '"other"', IfModifiedSince: soon() });
  },
  'PUT If-None-Match:* creates but never overwrites': async (world) => {
    await world.put('a', 'first', { IfNoneMatch: '*' });
    await refused(world.put('a', 'second', { IfNoneMatch: '*' }), 412, 'PreconditionFailed');
    assert.equal(await world.read('a'), 'first');
  },
  'PUT If-Match overwrites only an object with that ETag': async (world) => {
    const { ETag } = await world.put('a', 'first');
    await refused(world.put('a', 'wrong', { IfMatch: WRONG_ETAG }), 412, 'PreconditionFailed');
    assert.equal(await world.read('a'), 'first');
    await world.put('a', 'second', { IfMatch: ETag });
    await refused(world.put('a', 'third', { IfMatch: ETag }), 412, 'PreconditionFailed');
    assert.equal(await world.read('a'), 'second');
  },
  'PUT If-Match without an object is NoSuchKey': async (world) => {
    await refused(world.put('nothing', 'x', { IfMatch: WRONG_ETAG }), 404, 'NoSuchKey');
    assert.equal(await world.exists('nothing'), false);
  },
  'of ten simultaneous PUTs with If-None-Match:* one succeeds': async (world) => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => world.put('a', `writer ${i}`, { IfNoneMatch: '*' })),
    );
    assert.equal(outcomes.filter((o) => o.status === 'fulfilled').length, 1);
  },
  'DELETE If-Match deletes only an object with that ETag': async (world) => {
    const { ETag } = await world.put('a', 'first');
    const remove = (IfMatch: string | undefined) => world.run(DeleteObjectCommand, { Key: 'a', IfMatch });
    await refused(remove(WRONG_ETAG), 412, 'PreconditionFailed');
    assert.equal(await world.read('a'), 'first');
    await remove(ETag);
    assert.equal(await world.exists('a'), false);
  },
  'DeleteObjects with an ETag deletes only an object with that ETag': async (world) => {
    const { ETag } = await world.put('a');
    await world.put('b');
    const Objects = [
      { Key: 'a', ETag },
      { Key: 'b', ETag: WRONG_ETAG },
    ];
    const { Errors } = await world.run(DeleteObjectsCommand, { Delete: { Objects } });
    assert.deepEqual(
      Errors?.map((e) => [e.Key, e.Code]),
      [['b', 'PreconditionFailed']],
    );
    assert.deepEqual(await world.keys(), ['b']);
  },
});

export const attributeChecks: Check[] = checks('attributes', {
  'the storage class is kept and listed': async (world) => {
    await world.put('a', 'x', { StorageClass: 'STANDARD_IA' });
    assert.equal((await head(world, 'a')).StorageClass, 'STANDARD_IA');
  },
  'an unknown storage class is InvalidStorageClass': async (world) => {
    const headers = { 'x-amz-storage-class': 'ATTIC' };
    answered(await world.send('PUT', 'a', { headers, body: 'x' }), 400, 'InvalidStorageClass');
  },
  'HEAD of an archived object succeeds, GET does not': async (world) => {
    await world.put('a', 'x', { StorageClass: 'GLACIER' });
    assert.equal((await head(world, 'a')).StorageClass, 'GLACIER');
    await refused(get(world, 'a'), 403, 'InvalidObjectState');
  },
  'tags given with the PUT are kept and counted': async (world) => {
    await world.put('a', 'x', { Tagging: 'k1=v1&k%202=v%2B2' });
    assert.equal((await get(world, 'a')).TagCount, 2);
    const { TagSet } = await world.run(GetObjectTaggingCommand, { Key: 'a' });
    const tags = Object.fromEntries((TagSet ?? []).map((t) => [t.Key, t.Value]));
    assert.deepEqual(tags, { k1: 'v1', 'k 2': 'v+2' });
  },
  'tags can be replaced without changing the object': async (world) => {
    const { ETag } = await world.put('a', 'x', { Tagging: 'k=v' });
    const Tagging = { TagSet: [{ Key: 'new', Value: 'a b+c-d=e._:/@' }] };
    await world.run(PutObjectTaggingCommand, { Key: 'a', Tagging });
    const { TagSet } = await world.run(GetObjectTaggingCommand, { Key: 'a' });
    assert.deepEqual(TagSet, Tagging.TagSet);
    assert.equal((await head(world, 'a')).ETag, ETag);
  },
  'a copy keeps tags unless they are replaced': async (world) => {
    await world.put('a', 'x', { Tagging: 'k=v' });
    await copy(world, 'a', 'b');
    await copy(world, 'a', 'c', { TaggingDirective: 'REPLACE', Tagging: 'n=w' });
    const tagsOf = async (Key: string) => (await world.run(GetObjectTaggingCommand, { Key })).TagSet;
    assert.deepEqual(await tagsOf('b'), [{ Key: 'k', Value: 'v' }]);
    assert.deepEqual(await tagsOf('c'), [{ Key: 'n', Value: 'w' }]);
  },
  'answers show the server-side encryption': async (world) => {
    const put = await world.put('a', 'x', { ServerSideEncryption: 'AES256' });
    assert.equal(put.ServerSideEncryption, 'AES256');
    assert.equal((await head(world, 'a')).ServerSideEncryption, 'AES256');
  },
  'a canned ACL is accepted': async (world) => {
    await world.put('a', 'x', { ACL: 'private' });
    assert.equal(await world.read('a'), 'x');
  },
});
