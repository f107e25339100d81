import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CHECKSUM_ALGORITHMS, checksumOf } from '../requests/checksums';
import { answered, type Check, checks, type World } from './check';
import { type ChunkSigner, frameChunk, type RawRequest } from './signedRequest';

const md5 = (data: Buffer | string): string => createHash('md5').update(data).digest('base64');
const crc32 = (data: Buffer | string): string => checksumOf('crc32', [Buffer.from(data)]);
const CONTENT = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(400));

/** An aws-chunked PUT with an unsigned trailer. */
function unsignedTrailer(body: Buffer, trailer: string, decodedLength = CONTENT.length): Partial<RawRequest> {
  return {
    payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    headers: {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': String(decodedLength),
      'x-amz-trailer': 'x-amz-checksum-crc32',
    },
    body: Buffer.concat([body, Buffer.from(`${trailer}\r\n`)]),
  };
}

const framed = Buffer.concat([
  frameChunk(CONTENT.subarray(0, 8192)),
  frameChunk(CONTENT.subarray(8192)),
  frameChunk(Buffer.alloc(0)),
]);

/** An aws-chunked PUT whose chunks are signed. */
function signedChunks(spoil: (body: Buffer) => Buffer, trailer?: string): Partial<RawRequest> {
  const make = (signer: ChunkSigner): Buffer => {
    const parts = [CONTENT.subarray(0, 8192), CONTENT.subarray(8192), Buffer.alloc(0)];
    const chunks = parts.map((part) => frameChunk(part, signer));
    const line = trailer === undefined ? '' : `${trailer}\r\n`;
    const signature =
      trailer === undefined ? '' : `x-amz-trailer-signature:${signer.trailer(`${trailer}\n`)}\r\n`;
    return spoil(Buffer.concat([...chunks, Buffer.from(`${line}${signature}\r\n`)]));
  };
  return {
    payloadHash: `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer === undefined ? '' : '-TRAILER'}`,
    headers: {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': String(CONTENT.length),
      ...(trailer === undefined ? {} : { 'x-amz-trailer': 'x-amz-checksum-crc32' }),
    },
    signedChunks: { make },
  };
}

const asIs = (body: Buffer): Buffer => body;
const flipped = (body: Buffer): Buffer => {
  body[4000] = (body[4000] ?? 0) ^ 1;
  return body;
};

async function stored(world: World): Promise<void> {
  assert.equal(await world.read('a'), CONTENT.toString());
}

async function notStored(world: World): Promise<void> {
  assert.equal(await world.exists('a'), false, 'the object was stored');
}

export const bodyChecks: Check[] = [
  ...checks('bodies', {
    'a stream from the SDK with its default trailer is stored as sent': async (world) => {
      const Body = Readable.from([CONTENT.subarray(0, 8192), CONTENT.subarray(8192)]);
      await world.client.send(
        new PutObjectCommand({ Bucket: world.bucket, Key: 'a', Body, ContentLength: CONTENT.length }),
      );
      await stored(world);
    },
    'a stream from the SDK without checksums is stored as sent': async (world) => {
      const Body = Readable.from([CONTENT.subarray(0, 8192), CONTENT.subarray(8192)]);
      await world.plainClient.send(
        new PutObjectCommand({ Bucket: world.bucket, Key: 'a', Body, ContentLength: CONTENT.length }),
      );
      await stored(world);
    },
    'aws-chunked does not appear in Content-Encoding, but gzip does': async (world) => {
      const Body = Readable.from([CONTENT]);
      const input = {
        Bucket: world.bucket,
        Key: 'a',
        Body,
        ContentLength: CONTENT.length,
        ContentEncoding: 'gzip',
      };
      await world.client.send(new PutObjectCommand(input));
      const told = await world.client.send(new HeadObjectCommand({ Bucket: world.bucket, Key: 'a' }));
      assert.equal(told.ContentEncoding, 'gzip');
      assert.equal(told.ContentLength, CONTENT.length);
    },
    'the right Content-MD5 is accepted': async (world) => {
      answered(
        await world.send('PUT', 'a', { body: CONTENT, headers: { 'content-md5': md5(CONTENT) } }),
        200,
      );
      await stored(world);
    },
    'a wrong Content-MD5 is BadDigest and stores nothing': async (world) => {
      const answer = await world.send('PUT', 'a', {
        body: CONTENT,
        headers: { 'content-md5': md5('other') },
      });
      answered(answer, 400, 'BadDigest');
      await notStored(world);
    },
    'a malformed Content-MD5 is InvalidDigest': async (world) => {
      const answer = await world.send('PUT', 'a', { body: CONTENT, headers: { 'content-md5': 'bm9uZQ==' } });
      answered(answer, 400, 'InvalidDigest');
      await notStored(world);
    },
    'a body with another SHA-256 than the signed one is refused': async (world) => {
      const payloadHash = createHash('sha256').update('other').digest('hex');
      answered(
        await world.send('PUT', 'a', { body: CONTENT, payloadHash }),
        400,
        'XAmzContentSHA256Mismatch',
      );
      await notStored(world);
    },
    'UNSIGNED-PAYLOAD is accepted': async (world) => {
      answered(await world.send('PUT', 'a', { body: CONTENT, payloadHash: 'UNSIGNED-PAYLOAD' }), 200);
      await stored(world);
    },
    'two different checksum headers are refused': async (world) => {
      const headers = {
        'x-amz-checksum-crc32': crc32(CONTENT),
        'x-amz-checksum-sha1': checksumOf('sha1', [CONTENT]),
      };
      answered(await world.send('PUT', 'a', { body: CONTENT, headers }), 400, 'InvalidRequest');
      await notStored(world);
    },
    'an unsigned trailer is checked: right': async (world) => {
      const more = unsignedTrailer(framed, `x-amz-checksum-crc32:${crc32(CONTENT)}\r\n`);
      answered(await world.send('PUT', 'a', more), 200);
      await stored(world);
    },
    'an unsigned trailer is checked: wrong': async (world) => {
      const more = unsignedTrailer(framed, `x-amz-checksum-crc32:${crc32('other')}\r\n`);
      answered(await world.send('PUT', 'a', more), 400, 'BadDigest');
      await notStored(world);
    },
    'an announced trailer that is missing is refused': async (world) => {
      answered(await world.send('PUT', 'a', unsignedTrailer(framed, '')), 400, 'MalformedTrailerError');
      await notStored(world);
    },
    'a wrong decoded length is refused': async (world) => {
      const trailer = `x-amz-checksum-crc32:${crc32(CONTENT)}\r\n`;
      const answer = await world.send('PUT', 'a', unsignedTrailer(framed, trailer, CONTENT.length + 1));
      answered(answer, 400);
      await notStored(world);
    },
    'broken chunk framing is refused': async (world) => {
      const broken = Buffer.concat([Buffer.from('zz\r\n'), framed.subarray(4)]);
      const more = unsignedTrailer(broken, `x-amz-checksum-crc32:${crc32(CONTENT)}\r\n`);
      assert.ok((await world.send('PUT', 'a', more)).status >= 400);
      await notStored(world);
    },
    'a chunk below 8 KiB that is not the last is InvalidChunkSizeError': async (world) => {
      const parts = [CONTENT.subarray(0, 5000), CONTENT.subarray(5000), Buffer.alloc(0)];
      const body = Buffer.concat(parts.map((part) => frameChunk(part)));
      const more = unsignedTrailer(body, `x-amz-checksum-crc32:${crc32(CONTENT)}\r\n`);
      answered(await world.send('PUT', 'a', more), 403, 'InvalidChunkSizeError');
      await notStored(world);
    },
    'signed chunks are checked: right': async (world) => {
      answered(await world.send('PUT', 'a', signedChunks(asIs)), 200);
      await stored(world);
    },
    'signed chunks are checked: a flipped bit': async (world) => {
      answered(await world.send('PUT', 'a', signedChunks(flipped)), 403, 'SignatureDoesNotMatch');
      await notStored(world);
    },
    'a signed trailer is checked: right': async (world) => {
      answered(
        await world.send('PUT', 'a', signedChunks(asIs, `x-amz-checksum-crc32:${crc32(CONTENT)}`)),
        200,
      );
      await stored(world);
    },
    'a signed trailer is checked: wrong checksum': async (world) => {
      const more = signedChunks(asIs, `x-amz-checksum-crc32:${crc32('other')}`);
      answered(await world.send('PUT', 'a', more), 400, 'BadDigest');
      await notStored(world);
    },
  }),
  ...checks(
    'bodies',
    Object.fromEntries(
      CHECKSUM_ALGORITHMS.flatMap((algorithm): [string, (world: World) => Promise<void>][] => [
        [
          `${algorithm} in a header is kept and shown on request`,
          async (world) => {
            const value = checksumOf(algorithm, [CONTENT]);
            const headers = { [`x-amz-checksum-${algorithm}`]: value };
            answered(await world.send('PUT', 'a', { body: CONTENT, headers }), 200);
            const told = await world.send('HEAD', 'a', { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
            assert.equal(told.headers[`x-amz-checksum-${algorithm}`], value);
            const silent = await world.send('HEAD', 'a');
            assert.equal(silent.headers[`x-amz-checksum-${algorithm}`], undefined);
          },
        ],
        [
          `a wrong ${algorithm} is BadDigest and stores nothing`,
          async (world) => {
            const headers = {
              [`x-amz-checksum-${algorithm}`]: checksumOf(algorithm, [Buffer.from('other')]),
            };
            answered(await world.send('PUT', 'a', { body: CONTENT, headers }), 400, 'BadDigest');
            await notStored(world);
          },
        ],
      ]),
    ),
  ),
];
