import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
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

async function streamed(world: World, client: S3Client): Promise<void> {
  const Body = Readable.from([CONTENT.subarray(0, 8192), CONTENT.subarray(8192)]);
  await world.run(PutObjectCommand, { Key: 'a', Body, ContentLength: CONTENT.length }, client);
  await stored(world);
}

/** A check that a PUT is accepted and stores the content. */
const accepted =
  (more: Partial<RawRequest>) =>
  async (world: World): Promise<void> => {
    answered(await world.send('PUT', 'a', more), 200);
    await stored(world);
  };

/** A check that a PUT is refused and stores nothing. */
const rejected =
  (status: number, code: string | undefined, more: Partial<RawRequest>) =>
  async (world: World): Promise<void> => {
    answered(await world.send('PUT', 'a', more), status, code);
    await notStored(world);
  };

const trailerOf = (data: Buffer | string): string => `x-amz-checksum-crc32:${crc32(data)}`;

export const bodyChecks: Check[] = [
  ...checks('bodies', {
    'a stream from the SDK with its default trailer is stored as sent': (world) =>
      streamed(world, world.client),
    'a stream from the SDK without checksums is stored as sent': (world) =>
      streamed(world, world.plainClient),
    'aws-chunked does not appear in Content-Encoding, but gzip does': async (world) => {
      const Body = Readable.from([CONTENT]);
      const input = { Key: 'a', Body, ContentLength: CONTENT.length, ContentEncoding: 'gzip' };
      await world.run(PutObjectCommand, input);
      const told = await world.run(HeadObjectCommand, { Key: 'a' });
      assert.equal(told.ContentEncoding, 'gzip');
      assert.equal(told.ContentLength, CONTENT.length);
    },
    'the right Content-MD5 is accepted': accepted({
      body: CONTENT,
      headers: { 'content-md5': md5(CONTENT) },
    }),
    'a wrong Content-MD5 is BadDigest and stores nothing': rejected(400, 'BadDigest', {
      body: CONTENT,
      headers: { 'content-md5': md5('other') },
    }),
    'a malformed Content-MD5 is InvalidDigest': rejected(400, 'InvalidDigest', {
      body: CONTENT,
      headers: { 'content-md5': 'bm9uZQ==' },
    }),
    'a body with another SHA-256 than the signed one is refused': rejected(400, 'XAmzContentSHA256Mismatch', {
      body: CONTENT,
      payloadHash: createHash('sha256').update('other').digest('hex'),
    }),
    'UNSIGNED-PAYLOAD is accepted': accepted({ body: CONTENT, payloadHash: 'UNSIGNED-PAYLOAD' }),
    'two different checksum headers are refused': rejected(400, 'InvalidRequest', {
      body: CONTENT,
      headers: {
        'x-amz-checksum-crc32': crc32(CONTENT),
        'x-amz-checksum-sha1': checksumOf('sha1', [CONTENT]),
      },
    }),
    'an unsigned trailer is checked: right': accepted(unsignedTrailer(framed, `${trailerOf(CONTENT)}\r\n`)),
    'an unsigned trailer is checked: wrong': rejected(
      400,
      'BadDigest',
      unsignedTrailer(framed, `${trailerOf('other')}\r\n`),
    ),
    'an announced trailer that is missing is refused': rejected(
      400,
      'MalformedTrailerError',
      unsignedTrailer(framed, ''),
    ),
    'a wrong decoded length is refused': rejected(
      400,
      undefined,
      unsignedTrailer(framed, `${trailerOf(CONTENT)}\r\n`, CONTENT.length + 1),
    ),
    'broken chunk framing is refused': async (world) => {
      const broken = Buffer.concat([Buffer.from('zz\r\n'), framed.subarray(4)]);
      const more = unsignedTrailer(broken, `${trailerOf(CONTENT)}\r\n`);
      assert.ok((await world.send('PUT', 'a', more)).status >= 400);
      await notStored(world);
    },
    'a chunk below 8 KiB that is not the last is InvalidChunkSizeError': async (world) => {
      const parts = [CONTENT.subarray(0, 5000), CONTENT.subarray(5000), Buffer.alloc(0)];
      const body = Buffer.concat(parts.map((part) => frameChunk(part)));
      const more = unsignedTrailer(body, `${trailerOf(CONTENT)}\r\n`);
      answered(await world.send('PUT', 'a', more), 403, 'InvalidChunkSizeError');
      await notStored(world);
    },
    'signed chunks are checked: right': accepted(signedChunks(asIs)),
    'signed chunks are checked: a flipped bit': rejected(403, 'SignatureDoesNotMatch', signedChunks(flipped)),
    'a signed trailer is checked: right': accepted(signedChunks(asIs, trailerOf(CONTENT))),
    'a signed trailer is checked: wrong checksum': rejected(
      400,
      'BadDigest',
      signedChunks(asIs, trailerOf('other')),
    ),
  }),
  ...CHECKSUM_ALGORITHMS.flatMap((algorithm) =>
    checks('bodies', {
      [`${algorithm} in a header is kept and shown on request`]: async (world) => {
        const value = checksumOf(algorithm, [CONTENT]);
        const headers = { [`x-amz-checksum-${algorithm}`]: value };
        answered(await world.send('PUT', 'a', { body: CONTENT, headers }), 200);
        const told = await world.send('HEAD', 'a', { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
        assert.equal(told.headers[`x-amz-checksum-${algorithm}`], value);
        const silent = await world.send('HEAD', 'a');
        assert.equal(silent.headers[`x-amz-checksum-${algorithm}`], undefined);
      },
      [`a wrong ${algorithm} is BadDigest and stores nothing`]: rejected(400, 'BadDigest', {
        body: CONTENT,
        headers: { [`x-amz-checksum-${algorithm}`]: checksumOf(algorithm, [Buffer.from('other')]) },
      }),
    }),
  ),
];
