import { createHash } from 'node:crypto';
import type { RequestBody } from '../../http/requestBody';
import { declaredPayloadHash, type Identity } from '../signIn/signatureCheck';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, startChecksum } from './checksums';
import { ChunkedBody } from './chunkedBody';
import { S3Error } from './s3Error';
import { headerOf, type S3Request } from './s3Request';

const SMALL_BODY = 1 << 20;

/** A complete request body that agrees with all lengths and checksums of its request. */
export interface ReceivedBody {
  chunks: readonly Buffer[];
  size: number;
  md5: Buffer;
  /** The client's checksum, verified. */
  checksum: { algorithm: ChecksumAlgorithm; value: string } | undefined;
  /** Whether a Content-MD5 or a checksum came with the body. */
  vouched: boolean;
}

/**
 * Reads and verifies a body: Content-MD5, `x-amz-content-sha256`, `x-amz-checksum-*` as header or trailer, the declared
 * lengths, and aws-chunked framing. Throws S3Error for the first mismatch, and an Error when the client goes away.
 */
export async function receiveBody(
  source: RequestBody,
  request: S3Request,
  identity: Identity | undefined,
): Promise<ReceivedBody> {
  const payloadHash = declaredPayloadHash(request);
  const streaming = payloadHash.startsWith('STREAMING-');
  const withTrailer = payloadHash.endsWith('-TRAILER');
  const expected = expectedChecksum(request, withTrailer);
  const contentMd5 = expectedMd5(request);
  const wantsSha256 = /^[0-9a-f]{64}$/i.test(payloadHash);

  const md5 = createHash('md5');
  const sha256 = wantsSha256 ? createHash('sha256') : undefined;
  const checksum = expected && startChecksum(expected.algorithm);
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (data: Buffer): void => {
    if (data.length === 0) return;
    chunks.push(data);
    size += data.length;
    md5.update(data);
    sha256?.update(data);
    checksum?.update(data);
  };
  const signed = payloadHash.startsWith('STREAMING-AWS4-HMAC-SHA256');
  const chunked = streaming ? new ChunkedBody(signed ? identity : undefined, withTrailer, take) : undefined;
  try {
    for (let piece = await source.read(); piece !== undefined; piece = await source.read())
      if (chunked) chunked.write(piece);
      else take(piece);
    chunked?.end();
  } catch (error) {
    // Clients read the refusal only when they have sent the whole body.
    await source.drain();
    throw error;
  }

  const decodedLength = headerOf(request, 'x-amz-decoded-content-length');
  if (streaming && Number(decodedLength) !== size)
    throw new S3Error('IncompleteBody', 'x-amz-decoded-content-length is not the size of the body.');
  const digest = md5.digest();
  if (contentMd5 !== undefined && !contentMd5.equals(digest))
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  if (sha256 && sha256.digest('hex') !== payloadHash.toLowerCase())
    throw new S3Error('XAmzContentSHA256Mismatch', 'x-amz-content-sha256 does not match.');
  let verified: ReceivedBody['checksum'];
  if (expected && checksum) {
    const value = expected.value ?? chunked?.trailers.get(`x-amz-checksum-${expected.algorithm}`);
    if (value === undefined) throw new S3Error('MalformedTrailerError', 'The announced trailer is missing.');
    if (checksum.base64() !== value) throw badChecksum(expected.algorithm);
    verified = { algorithm: expected.algorithm, value };
  }
  return {
    // A copy of a small body does not keep the socket's buffers alive.
    chunks: size <= SMALL_BODY ? [Buffer.concat(chunks, size)] : chunks,
    size,
    md5: digest,
    checksum: verified,
    vouched: contentMd5 !== undefined || verified !== undefined,
  };
}

/** The refusal of a body that does not have the client's checksum. */
export function badChecksum(algorithm: ChecksumAlgorithm): S3Error {
  return new S3Error('BadDigest', `The ${algorithm.toUpperCase()} did not match.`);
}

function expectedMd5(request: S3Request): Buffer | undefined {
  const header = headerOf(request, 'content-md5');
  if (header === undefined) return undefined;
  const bytes = Buffer.from(header, 'base64');
  if (bytes.length !== 16) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  return bytes;
}

function expectedChecksum(
  request: S3Request,
  withTrailer: boolean,
): { algorithm: ChecksumAlgorithm; value: string | undefined } | undefined {
  const inHeaders = CHECKSUM_ALGORITHMS.filter((a) => request.headers[`x-amz-checksum-${a}`] !== undefined);
  const trailer = withTrailer ? headerOf(request, 'x-amz-trailer')?.trim().toLowerCase() : undefined;
  const inTrailer = CHECKSUM_ALGORITHMS.filter((a) => trailer === `x-amz-checksum-${a}`);
  if (withTrailer && inTrailer.length === 0)
    throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported');
  if (inHeaders.length + inTrailer.length > 1)
    throw new S3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header.');
  const [header] = inHeaders;
  const [algorithm] = inTrailer;
  if (header !== undefined)
    return { algorithm: header, value: headerOf(request, `x-amz-checksum-${header}`) };
  if (algorithm !== undefined) return { algorithm, value: undefined };
  // CreateMultipartUpload announces a checksum and has no body.
  if (
    request.headers['x-amz-sdk-checksum-algorithm'] !== undefined &&
    request.operation !== 'CreateMultipartUpload'
  ) {
    throw new S3Error('InvalidRequest', 'The checksum of x-amz-sdk-checksum-algorithm is missing.');
  }
  return undefined;
}
