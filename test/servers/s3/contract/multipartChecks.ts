import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { checksumOf } from '../requests/checksums';
import { answered, type Check, checks, refused, type World, WRONG_ETAG } from './check';

const MIB = 1024 * 1024;
const part = (letter: string, size = 5 * MIB): Buffer => Buffer.alloc(size, letter);

async function create(
  world: World,
  Key = 'big',
  more: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<string> {
  const { UploadId } = await world.runPlain(CreateMultipartUploadCommand, { Key, ...more });
  return UploadId ?? '';
}

async function upload(
  world: World,
  UploadId: string,
  PartNumber: number,
  Body: Buffer,
  Key = 'big',
): Promise<CompletedPart> {
  const { ETag } = await world.runPlain(UploadPartCommand, { Key, UploadId, PartNumber, Body });
  return { PartNumber, ETag };
}

function complete(
  world: World,
  UploadId: string,
  Parts: CompletedPart[],
  more: Partial<CompleteMultipartUploadCommandInput> = {},
) {
  const input = { Key: 'big', UploadId, MultipartUpload: { Parts }, ...more };
  return world.runPlain(CompleteMultipartUploadCommand, input);
}

export const multipartChecks: Check[] = checks('multipart', {
  'parts become one object with the ETag md5(md5s)-n': async (world) => {
    const id = await create(world, 'big', { Metadata: { m: '1' }, ContentType: 'text/plain' });
    const bodies = [part('a'), part('b', 100)];
    const parts = [
      await upload(world, id, 1, bodies[0] as Buffer),
      await upload(world, id, 2, bodies[1] as Buffer),
    ];
    assert.equal(await world.exists('big'), false);
    const { ETag } = await complete(world, id, parts);
    const digests = bodies.map((body) => createHash('md5').update(body).digest());
    assert.equal(ETag, `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2"`);
    const told = await world.run(HeadObjectCommand, { Key: 'big' });
    assert.deepEqual([told.ContentLength, told.ETag, told.ContentType], [5 * MIB + 100, ETag, 'text/plain']);
    assert.deepEqual(told.Metadata, { m: '1' });
    assert.equal(await world.read('big'), Buffer.concat(bodies).toString());
  },
  'part numbers may have gaps': async (world) => {
    const id = await create(world);
    const parts = [await upload(world, id, 3, part('a')), await upload(world, id, 10_000, part('b', 1))];
    await complete(world, id, parts);
    assert.equal((await world.read('big')).length, 5 * MIB + 1);
  },
  'a part sent again replaces the first': async (world) => {
    const id = await create(world);
    await upload(world, id, 1, Buffer.from('old'));
    await complete(world, id, [await upload(world, id, 1, Buffer.from('new'))]);
    assert.equal(await world.read('big'), 'new');
  },
  'only the last part may be small: EntityTooSmall': async (world) => {
    const id = await create(world);
    const parts = [await upload(world, id, 1, part('a', 100)), await upload(world, id, 2, part('b', 100))];
    await refused(complete(world, id, parts), 400, 'EntityTooSmall');
    assert.equal(await world.exists('big'), false);
  },
  'a wrong part ETag is InvalidPart': async (world) => {
    const id = await create(world);
    await upload(world, id, 1, Buffer.from('x'));
    await refused(complete(world, id, [{ PartNumber: 1, ETag: WRONG_ETAG }]), 400, 'InvalidPart');
  },
  'a part that was never sent is InvalidPart': async (world) => {
    const id = await create(world);
    const one = await upload(world, id, 1, part('a'));
    await refused(complete(world, id, [one, { PartNumber: 2, ETag: one.ETag }]), 400, 'InvalidPart');
  },
  'parts in the wrong order are InvalidPartOrder': async (world) => {
    const id = await create(world);
    const parts = [await upload(world, id, 1, part('a')), await upload(world, id, 2, part('b'))];
    await refused(complete(world, id, parts.reverse()), 400, 'InvalidPartOrder');
  },
  'part number 10,001 is InvalidArgument': async (world) => {
    const id = await create(world);
    await refused(upload(world, id, 10_001, Buffer.from('x')), 400, 'InvalidArgument');
  },
  'an upload can continue after a refused completion': async (world) => {
    const id = await create(world);
    const one = await upload(world, id, 1, Buffer.from('x'));
    await refused(complete(world, id, [{ ...one, ETag: WRONG_ETAG }]), 400);
    await complete(world, id, [one]);
    assert.equal(await world.read('big'), 'x');
  },
  'ListParts gives the parts in pages': async (world) => {
    const id = await create(world);
    const one = await upload(world, id, 1, Buffer.from('1'));
    await upload(world, id, 2, Buffer.from('22'));
    await upload(world, id, 5, Buffer.from('55555'));
    const input = { Key: 'big', UploadId: id };
    const first = await world.run(ListPartsCommand, { ...input, MaxParts: 2 });
    assert.deepEqual(
      first.Parts?.map((p) => `${p.PartNumber}: ${p.Size}`),
      ['1: 1', '2: 2'],
    );
    assert.equal(first.Parts?.[0]?.ETag, one.ETag);
    assert.equal(first.IsTruncated, true);
    const PartNumberMarker = first.NextPartNumberMarker;
    const rest = await world.run(ListPartsCommand, { ...input, PartNumberMarker });
    assert.deepEqual(
      rest.Parts?.map((p) => p.PartNumber),
      [5],
    );
    assert.equal(rest.IsTruncated, false);
  },
  'ListMultipartUploads shows only open uploads': async (world) => {
    const id = await create(world, 'd/one');
    const other = await create(world, 'two');
    const done = await create(world, 'done');
    const part = await upload(world, done, 1, Buffer.from('x'), 'done');
    const input = { Key: 'done', UploadId: done };
    await world.runPlain(CompleteMultipartUploadCommand, { ...input, MultipartUpload: { Parts: [part] } });
    const all = await world.run(ListMultipartUploadsCommand, {});
    assert.deepEqual(
      all.Uploads?.map((u) => `${u.Key} ${u.UploadId}`),
      [`d/one ${id}`, `two ${other}`],
    );
    const below = await world.run(ListMultipartUploadsCommand, { Prefix: 'd/' });
    assert.deepEqual(
      below.Uploads?.map((u) => u.Key),
      ['d/one'],
    );
  },
  'after Abort the upload is gone': async (world) => {
    const id = await create(world);
    await upload(world, id, 1, Buffer.from('x'));
    const input = { Key: 'big', UploadId: id };
    await world.run(AbortMultipartUploadCommand, input);
    await refused(upload(world, id, 2, Buffer.from('x')), 404, 'NoSuchUpload');
    await refused(world.run(ListPartsCommand, input), 404, 'NoSuchUpload');
    assert.equal(await world.exists('big'), false);
  },
  'an unknown upload id is NoSuchUpload': async (world) => {
    const one = { PartNumber: 1, ETag: WRONG_ETAG };
    await refused(complete(world, 'ca4f6a3c-0000-4000-8000-000000000000', [one]), 404, 'NoSuchUpload');
  },
  'UploadPartCopy takes a whole object or a range': async (world) => {
    await world.put('source', part('s'));
    const id = await create(world);
    const input = { Key: 'big', UploadId: id, CopySource: `${world.bucket}/source` };
    const whole = await world.run(UploadPartCopyCommand, { ...input, PartNumber: 1 });
    const range = { PartNumber: 2, CopySourceRange: 'bytes=10-19' };
    const some = await world.run(UploadPartCopyCommand, { ...input, ...range });
    await complete(world, id, [
      { PartNumber: 1, ETag: whole.CopyPartResult?.ETag },
      { PartNumber: 2, ETag: some.CopyPartResult?.ETag },
    ]);
    assert.equal((await world.read('big')).length, 5 * MIB + 10);
  },
  'Complete with If-None-Match:* never overwrites': async (world) => {
    await world.put('big', 'old');
    const id = await create(world);
    const one = await upload(world, id, 1, Buffer.from('new'));
    await refused(complete(world, id, [one], { IfNoneMatch: '*' }), 412, 'PreconditionFailed');
    assert.equal(await world.read('big'), 'old');
  },
  'Complete with If-Match overwrites only an object with that ETag': async (world) => {
    const { ETag } = await world.put('big', 'old');
    const id = await create(world);
    const one = await upload(world, id, 1, Buffer.from('new'));
    await refused(complete(world, id, [one], { IfMatch: WRONG_ETAG }), 412, 'PreconditionFailed');
    await complete(world, id, [one], { IfMatch: ETag });
    assert.equal(await world.read('big'), 'new');
  },
  'a part with a wrong Content-MD5 is BadDigest': async (world) => {
    const id = await create(world);
    const headers = { 'content-md5': createHash('md5').update('other').digest('base64') };
    const query = { partNumber: '1', uploadId: id };
    answered(await world.send('PUT', 'big', { query, headers, body: 'x' }), 400, 'BadDigest');
  },
  'parts with CRC32 give a checksum of checksums': async (world) => {
    const id = await create(world, 'big', { ChecksumAlgorithm: 'CRC32' });
    const bodies = [part('a'), Buffer.from('tail')];
    const parts: CompletedPart[] = [];
    for (const [index, Body] of bodies.entries()) {
      const input = {
        Key: 'big',
        UploadId: id,
        PartNumber: index + 1,
        Body,
        ChecksumAlgorithm: 'CRC32',
      } as const;
      const { ETag } = await world.run(UploadPartCommand, input);
      parts.push({ PartNumber: index + 1, ETag, ChecksumCRC32: checksumOf('crc32', [Body]) });
    }
    await complete(world, id, parts);
    const told = await world.run(HeadObjectCommand, { Key: 'big', ChecksumMode: 'ENABLED' });
    const digests = bodies.map((body) => Buffer.from(checksumOf('crc32', [body]), 'base64'));
    assert.equal(told.ChecksumCRC32, `${checksumOf('crc32', digests)}-2`);
  },
  'GET returns a part by its number': async (world) => {
    const id = await create(world);
    await complete(world, id, [
      await upload(world, id, 1, part('a')),
      await upload(world, id, 2, Buffer.from('bb')),
    ]);
    const answer = await world.send('GET', 'big', { query: { partNumber: '2' } });
    answered(answer, 206);
    assert.equal(answer.text, 'bb');
    assert.equal(answer.headers['x-amz-mp-parts-count'], '2');
  },
});
