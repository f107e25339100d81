import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable, Transform } from 'node:stream';
import { forgetAbort, hearAbort } from '../../../base/aborts';
import type { FileEntry } from '../../../remote/entry';
import type { ReadOptions, ReadResult, WholeContent } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { hasDriveReason } from '../api/driveErrors';
import { networkError } from '../api/driveNetworkErrors';
import { isAvailable, nodeIdOfVersion } from '../api/driveNode';
import { changedMeanwhile, fileAt, isSameContent, notThere, unchangedFile } from './preconditions';
import type { DriveSession } from './session';

/**
 * Opens a file's content. The service doesn't tell which content a download is of, so the file is looked at first; the stream fails, and
 * never just ends, when it is cut, and when all of it is read and its MD5 is another.
 */
export async function readFile(
  context: DriveSession,
  path: RemotePath,
  { range, expected }: ReadOptions,
  signal: AbortSignal,
): Promise<ReadResult> {
  const file = await (expected
    ? unchangedFile(context, path, expected, signal)
    : fileAt(context, path, signal));
  const { entry } = file;
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? entry.size, entry.size);
  // The rest of an empty or shorter file holds no bytes; HTTP calls that an error.
  if (end <= start) return { stream: Readable.from([]), entry };
  const isWhole = start === 0 && end === entry.size;
  let answer: IncomingMessage;
  try {
    answer = await opened(
      context,
      file.node.id,
      entry,
      isWhole ? undefined : `bytes=${start}-${end - 1}`,
      signal,
    );
  } catch (error) {
    if (hasDriveReason(error, 'rangeOutside')) throw changedMeanwhile(path, error);
    if (!isRemoteError(error, 'notFound')) throw error;
    context.cache.forget(path);
    throw expected ? changedMeanwhile(path, error) : notThere(path);
  }
  try {
    checkRange(answer, entry, start, end);
  } catch (error) {
    answer.destroy();
    throw error;
  }
  return { stream: checked(answer, entry, end - start, isWhole, signal), entry };
}

/**
 * All of a small file that was seen, in one request: its MD5 tells afterwards that it is what was seen. Only where the MD5 isn't known, or
 * is another, is the file looked at.
 */
export async function readWholeFile(
  context: DriveSession,
  file: FileEntry,
  signal: AbortSignal,
): Promise<WholeContent> {
  const { cache } = context;
  let id = nodeIdOfVersion(file.version);
  const canTell = file.md5 !== undefined && file.size > 0;
  if (id === undefined || !canTell || cache.file(file.path)?.id !== id)
    id = (await unchangedFile(context, file.path, file, signal)).node.id;
  // Reading nothing would tell nothing.
  if (file.size === 0) return { content: Buffer.alloc(0), entry: file };
  try {
    const answer = await opened(context, id, file, undefined, signal);
    return { content: await contentOf(answer, file, signal), entry: file };
  } catch (error) {
    if (isRemoteError(error, 'notFound')) {
      cache.forget(file.path);
      throw changedMeanwhile(file.path, error);
    }
    if (isRemoteError(error, 'corrupted')) await orChanged(context, file, id, signal);
    throw error;
  }
}

/** What came is not what was seen: throws `changed` when the file isn't that one any more. */
async function orChanged(
  { api, cache }: DriveSession,
  file: FileEntry,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const node = await api.node(id, `"${file.path}"`, signal).catch((error: unknown) => {
    if (isRemoteError(error, 'notFound')) return undefined;
    throw error;
  });
  if (node && isAvailable(node) && isSameContent(file, node)) return;
  cache.forget(file.path);
  throw changedMeanwhile(file.path);
}

async function opened(
  { api, tempLinkThreshold }: DriveSession,
  id: string,
  entry: FileEntry,
  range: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const about = `"${entry.path}"`;
  if (entry.size >= tempLinkThreshold) {
    const { tempLink } = await api.node(id, about, signal, true);
    if (tempLink !== undefined && URL.canParse(tempLink) && /^https?:/i.test(tempLink))
      return api.downloadLink(tempLink, range, about, signal);
  }
  return api.download(id, range, about, signal);
}

/** Throws `damaged` when the answer isn't of the range that was asked for. */
function checkRange(answer: IncomingMessage, { path, size }: FileEntry, start: number, end: number): void {
  if (start === 0 && end === size && answer.statusCode === 200) return;
  const got = /^bytes (\d+)-(\d+)\//.exec(answer.headers['content-range'] ?? '');
  if (answer.statusCode !== 206 || Number(got?.[1]) !== start || Number(got?.[2]) !== end - 1)
    throw new RemoteError('corrupted', `Amazon Drive gave other bytes of "${path}" than were asked for.`);
}

/** A body in memory, by its events: an iterator would cost more than the reading. */
function contentOf(answer: IncomingMessage, file: FileEntry, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const fail = (error: unknown) => {
      reject(error);
      answer.destroy();
    };
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      // No more than was announced is held, whatever comes.
      if (received > file.size) fail(lengthMismatch(received, file));
    });
    answer.once('end', () => {
      const [first] = chunks;
      const content = first && chunks.length === 1 ? first : Buffer.concat(chunks);
      if (received !== file.size) reject(lengthMismatch(received, file));
      else if (file.md5 !== undefined && createHash('md5').update(content).digest('hex') !== file.md5)
        reject(checksumMismatch(file));
      else resolve(content);
    });
    answer.once('error', (error) => reject(signal.aborted ? signal.reason : readingError(error, file)));
    answer.once('close', () => {
      if (signal.aborted) reject(signal.reason);
      else if (!answer.readableEnded) reject(connectionEnded(received, file));
    });
  });
}

function checked(
  source: IncomingMessage,
  file: FileEntry,
  length: number,
  isWhole: boolean,
  signal: AbortSignal,
): Readable {
  let received = 0;
  const hash = isWhole && file.md5 !== undefined ? createHash('md5') : undefined;
  const checker = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.length;
      if (received > length) return done(lengthMismatch(received, file));
      hash?.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      if (received !== length) return done(connectionEnded(received, file));
      done(hash && hash.digest('hex') !== file.md5 ? checksumMismatch(file) : null);
    },
  });
  // A reader hears of the failure anyway; one that has lost interest must not bring the process down.
  checker.on('error', () => {});
  const onAbort = () => checker.destroy(signal.reason);
  hearAbort(signal, onAbort);
  source.once('error', (error) =>
    checker.destroy(signal.aborted ? signal.reason : readingError(error, file)),
  );
  // A connection that ends early may close without an error.
  source.once('close', () => {
    if (!source.readableEnded) checker.destroy(connectionEnded(received, file));
  });
  checker.once('close', () => {
    forgetAbort(signal, onAbort);
    source.destroy();
  });
  return source.pipe(checker);
}

function readingError(error: unknown, { path }: FileEntry): RemoteError {
  const { code } = networkError(error, 'Amazon Drive');
  return new RemoteError('unavailable', `The connection ended while "${path}" was being read.`, {
    cause: error,
    ...(code !== undefined && { code }),
  });
}

function lengthMismatch(received: number, { path, size }: FileEntry): RemoteError {
  return new RemoteError('corrupted', `${received} bytes of "${path}" came, where it has ${size}.`);
}

function checksumMismatch({ path }: FileEntry): RemoteError {
  return new RemoteError('corrupted', `"${path}" arrived corrupted: its MD5 is another.`);
}

function connectionEnded(received: number, { path, size }: FileEntry): RemoteError {
  return new RemoteError(
    'unavailable',
    `The connection ended after ${received} of the ${size} bytes of "${path}".`,
  );
}
