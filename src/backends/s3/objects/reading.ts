import { Readable } from 'node:stream';
import {
  type ExpectedBody,
  lengthMismatch,
  readVerified,
  readVerifiedInto,
  verifyStream,
} from '../../../http/verifiedBody';
import type { FileEntry } from '../../../remote/entry';
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
import { assertUnchanged } from './preconditions';

/** Receives the facts of a response, and its entry. */
type OnFacts = (facts: ObjectFacts, entry: FileEntry) => void;

/**
 * Opens an object's content. The stream fails when the body is cut short, or when a whole object doesn't match the CRC32 that the service sent.
 * Destroying the stream frees the connection.
 */
export async function readObject(
  requests: S3Api,
  path: RemotePath,
  options: ReadOptions,
  onFacts: OnFacts,
  signal: AbortSignal,
): Promise<ReadResult> {
  const place = parseFilePath(path);
  const { range, expected } = options;
  if (range?.end !== undefined && range.end <= range.start)
    return readNothing(requests, path, place, options, signal);
  let response: GetResponse;
  try {
    response = await getAsSeen(requests, path, place, options, signal);
  } catch (error) {
    // HTTP treats a range that starts at the end of the object or beyond, such as of an empty object, as an error.
    if (range && isRemoteError(error) && error.code?.includes('416'))
      return readNothing(requests, path, place, options, signal);
    throw error;
  }
  try {
    const facts = await withSize(requests, place, response.facts, expected, signal);
    const entry = entryAsSeen(path, expected, facts);
    const length = lengthOfBody(response, facts.size, options, path);
    onFacts(facts, entry);
    const attributes = fileAttributesOf(facts);
    return {
      stream: verifyStream(response.body.stream(), expectedBody(requests, place, response, length), signal),
      entry,
      attributes,
    };
  } catch (error) {
    response.body.destroy();
    throw error;
  }
}

/** Reads a whole object into memory, with the checks of `readObject`. */
export async function readWholeObject(
  requests: S3Api,
  file: FileEntry,
  onFacts: OnFacts,
  signal: AbortSignal,
): Promise<WholeContent> {
  const place = parseFilePath(file.path);
  const response = await getAsSeen(requests, file.path, place, { expected: file }, signal);
  try {
    const facts = await withSize(requests, place, response.facts, file, signal);
    const entry = entryAsSeen(file.path, file, facts);
    lengthOfBody(response, facts.size, {}, file.path);
    const content = await readVerified(
      response.body,
      expectedBody(requests, place, response, facts.size),
      signal,
    );
    onFacts(facts, entry);
    return {
      content,
      entry,
      // Few targets keep attributes.
      get attributes() {
        return fileAttributesOf(facts);
      },
    };
  } catch (error) {
    response.body.destroy();
    throw error;
  }
}

/** Reads a range of an object into memory; see `Remote.readInto`. */
export async function readObjectInto(
  requests: S3Api,
  file: FileEntry,
  start: number,
  into: Buffer,
  onFilled: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { path, size } = file;
  const place = parseFilePath(path);
  const end = start + into.length;
  if (end === start || end > size) {
    entryAsSeen(path, file, await requests.head(place, signal));
    if (end === start) return;
    throw new RemoteError('changed', `"${path}" has fewer bytes than were expected.`);
  }
  const options = { range: { start, end }, expected: file };
  const response = await getAsSeen(requests, path, place, options, signal);
  try {
    const facts = await withSize(requests, place, response.facts, file, signal);
    entryAsSeen(path, file, facts);
    const length = lengthOfBody(response, facts.size, options, path, 'unsupported');
    const expected = expectedBody(requests, place, response, length);
    await readVerifiedInto(response.body, into, expected, onFilled, signal);
  } catch (error) {
    response.body.destroy();
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

/** Adds the size that a chunked response lacks: the expected one, which the body is checked against, or that of a HEAD. */
async function withSize(
  requests: S3Api,
  place: ObjectLocation,
  facts: UnsizedFacts,
  expected: FileEntry | undefined,
  signal: AbortSignal,
): Promise<ObjectFacts> {
  if (hasSize(facts)) return facts;
  if (expected) return { ...facts, size: expected.size };
  const now = await requests.head(place, signal);
  if (now.etag === facts.etag) return { ...facts, size: now.size };
  throw new RemoteError(
    'changed',
    `"${aboutObject(place).path}" was changed by someone else in the meantime.`,
  );
}

function hasSize(facts: UnsizedFacts): facts is ObjectFacts {
  return facts.size !== undefined;
}

/** Throws `changed` for another version, `corrupted` for another size of the same version: then one of the two responses is wrong. */
function entryAsSeen(path: RemotePath, expected: FileEntry | undefined, facts: ObjectFacts): FileEntry {
  if (!expected) return entryOfFacts(path, facts);
  const entry = assertUnchanged(expected, facts);
  if (expected.size !== entry.size)
    throw new RemoteError(
      'corrupted',
      `"${path}" was listed with ${expected.size} bytes and now has ${entry.size} under the same ETag, so it was not read.`,
    );
  return entry;
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

/** The result for a range without bytes. */
async function readNothing(
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

/** The length of the body. Throws `otherwise` when the response has another range than requested, `corrupted` when it announces another length. */
function lengthOfBody(
  { contentRange, bodyLength }: GetResponse,
  size: number,
  { range }: ReadOptions,
  path: RemotePath,
  otherwise: 'corrupted' | 'unsupported' = 'corrupted',
): number {
  const isWhole = !range || (range.start === 0 && contentRange === undefined && (range.end ?? size) >= size);
  const end = isWhole ? size : Math.min(range.end ?? size, size);
  const start = isWhole ? 0 : range.start;
  const received = /^bytes (\d+)-(\d+)\//.exec(contentRange ?? '');
  const isRequested = received ? Number(received[1]) === start && Number(received[2]) === end - 1 : isWhole;
  if (!isRequested)
    throw new RemoteError(otherwise, `The service returned another range of "${path}" than requested.`);
  if (bodyLength !== undefined && bodyLength !== end - start)
    throw lengthMismatch(bodyLength, { path, length: end - start });
  return end - start;
}
