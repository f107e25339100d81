import { Readable } from 'node:stream';
import { type ExpectedBody, lengthMismatch, readVerified, verifyStream } from '../../../http/verifiedBody';
import type { FileEntry } from '../../../remote/entry';
import { isSameFile } from '../../../remote/entry';
import type { ReadOptions, ReadResult, WholeContent } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { toRemoteError } from '../errors/s3Errors';
import type { GetResponse } from '../http/requestTypes';
import type { S3Api } from '../http/s3Api';
import { entryOfFacts, type ObjectFacts, type UnsizedFacts } from '../model/objectInfo';
import { aboutObject, type ObjectLocation, parseFilePath } from '../model/objectKey';
import { fileAttributesOf } from './attributes';
import { crc32Checksum } from './digests';

/**
 * Opens an object's content. The stream fails, and never just ends, when the body is cut short; the whole object is checked
 * against its CRC32 where the service told one. Breaking off frees the connection.
 */
export async function readObject(
  requests: S3Api,
  path: RemotePath,
  options: ReadOptions,
  onFacts: (facts: ObjectFacts) => void,
  signal: AbortSignal,
): Promise<ReadResult> {
  const place = parseFilePath(path);
  const { range, expected } = options;
  if (range?.end !== undefined && range.end <= range.start)
    return nothing(requests, path, place, options, signal);
  let answer: GetResponse;
  try {
    answer = await getAsSeen(requests, path, place, options, signal);
  } catch (error) {
    // A range that begins at the end or beyond (of an empty object, say) holds no bytes; HTTP calls that an error.
    if (range && isRemoteError(error) && error.code?.includes('416'))
      return nothing(requests, path, place, options, signal);
    throw error;
  }
  try {
    const facts = await sized(requests, place, answer.facts, expected, signal);
    const entry = entryAsSeen(path, expected, facts);
    const length = lengthOfBody(answer, facts.size, options, path);
    onFacts(facts);
    const attributes = fileAttributesOf(facts);
    return {
      stream: verifyStream(answer.stream, expectedBody(requests, place, answer, length), signal),
      entry,
      attributes,
    };
  } catch (error) {
    answer.stream.destroy();
    throw error;
  }
}

/** The whole of an object in memory, as checked as `readObject` checks it. */
export async function readWholeObject(
  requests: S3Api,
  file: FileEntry,
  onFacts: (facts: ObjectFacts) => void,
  signal: AbortSignal,
): Promise<WholeContent> {
  const place = parseFilePath(file.path);
  const answer = await getAsSeen(requests, file.path, place, { expected: file }, signal);
  try {
    const facts = await sized(requests, place, answer.facts, file, signal);
    const entry = entryAsSeen(file.path, file, facts);
    lengthOfBody(answer, facts.size, {}, file.path);
    const content = await readVerified(
      answer.stream,
      expectedBody(requests, place, answer, facts.size),
      signal,
    );
    onFacts(facts);
    return { content, entry, attributes: fileAttributesOf(facts) };
  } catch (error) {
    answer.stream.destroy();
    throw error;
  }
}

async function getAsSeen(
  requests: S3Api,
  path: RemotePath,
  place: ObjectLocation,
  { range, expected }: ReadOptions,
  signal: AbortSignal,
): Promise<GetResponse> {
  try {
    return await requests.get(
      place,
      {
        range: range && `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`,
        ifMatch: expected?.version,
        withChecksum: requests.config.checksums === 'whenSupported' && !range,
      },
      signal,
    );
  } catch (error) {
    if (expected && isRemoteError(error, 'notFound'))
      throw new RemoteError('changed', `"${path}" was removed by someone else in the meantime.`, {
        cause: error,
      });
    throw error;
  }
}

/**
 * The facts with the object's size. An answer in chunks doesn't tell it; then it is that of what was seen, and the body is counted, or it is
 * asked for.
 */
async function sized(
  requests: S3Api,
  place: ObjectLocation,
  facts: UnsizedFacts,
  expected: FileEntry | undefined,
  signal: AbortSignal,
): Promise<ObjectFacts> {
  if (facts.size !== undefined) return { ...facts, size: facts.size };
  if (expected) return { ...facts, size: expected.size };
  const now = await requests.head(place, signal);
  if (now.etag !== facts.etag) throw changedMeanwhile(aboutObject(place).path);
  return { ...facts, size: now.size };
}

/** Throws `changed` when it isn't what was seen, `damaged` when it is and has another size: then one of the service's two answers is wrong. */
function entryAsSeen(path: RemotePath, expected: FileEntry | undefined, facts: ObjectFacts): FileEntry {
  const entry = entryOfFacts(path, facts);
  if (!expected) return entry;
  if (!isSameFile(expected, entry)) throw changedMeanwhile(path);
  if (expected.size !== entry.size)
    throw new RemoteError(
      'corrupted',
      `"${path}" was listed with ${expected.size} bytes, and now has ${entry.size} under the same ETag. Nothing of it was taken.`,
    );
  return entry;
}

function changedMeanwhile(path: string): RemoteError {
  return new RemoteError('changed', `"${path}" was changed by someone else in the meantime.`);
}

function expectedBody(
  requests: S3Api,
  place: ObjectLocation,
  { crc32 }: GetResponse,
  length: number,
): ExpectedBody {
  const about = aboutObject(place, 'GetObject');
  return {
    path: about.path,
    length,
    checksum: crc32 === undefined ? undefined : crc32Checksum(crc32),
    retriesShortStream: false,
    connectionError: (error) => toRemoteError(error, requests.context(about)) as Error,
  };
}

/** The answer for a range that holds no bytes. */
async function nothing(
  requests: S3Api,
  path: RemotePath,
  place: ObjectLocation,
  { expected }: ReadOptions,
  signal: AbortSignal,
): Promise<ReadResult> {
  const facts = await requests.head(place, signal);
  const entry = entryAsSeen(path, expected, facts);
  return { stream: Readable.from([]), entry, attributes: fileAttributesOf(facts) };
}

/** Bytes that the body must have. Throws `damaged` when the answer isn't of the range that was asked for, or announces another length. */
function lengthOfBody(
  { contentRange, bodyLength }: GetResponse,
  size: number,
  { range }: ReadOptions,
  path: RemotePath,
): number {
  const isWhole = !range || (range.start === 0 && contentRange === undefined && (range.end ?? size) >= size);
  const end = isWhole ? size : Math.min(range.end ?? size, size);
  const start = isWhole ? 0 : range.start;
  const got = /^bytes (\d+)-(\d+)\//.exec(contentRange ?? '');
  const isRight = got ? Number(got[1]) === start && Number(got[2]) === end - 1 : isWhole;
  if (!isRight)
    throw new RemoteError('corrupted', `The service gave other bytes of "${path}" than were asked for.`);
  if (bodyLength !== undefined && bodyLength !== end - start)
    throw lengthMismatch(bodyLength, { path, length: end - start });
  return end - start;
}
