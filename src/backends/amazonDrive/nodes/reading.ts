import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { type ExpectedBody, md5Checksum, readVerified, verifyStream } from '../../../http/verifiedBody';
import type { FileEntry } from '../../../remote/entry';
import type { ReadOptions, ReadResult, WholeContent } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { hasDriveReason } from '../api/driveErrors';
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
  const expectedContent = expectedBody(entry, end - start, isWhole);
  return { stream: verifyStream(answer, expectedContent, signal), entry };
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
    return { content: await readVerified(answer, expectedBody(file, file.size, true), signal), entry: file };
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

function expectedBody(file: FileEntry, length: number, isWhole: boolean): ExpectedBody {
  const { path, md5 } = file;
  return {
    path,
    length,
    checksum: isWhole && md5 !== undefined ? md5Checksum(md5) : undefined,
    retriesShortStream: true,
    connectionError: (error) => readingError(error, file),
  };
}

function readingError(error: unknown, { path }: FileEntry): RemoteError {
  const { code } = error as { readonly code?: unknown };
  return new RemoteError('unavailable', `The connection ended while "${path}" was being read.`, {
    cause: error,
    ...(typeof code === 'string' && { code }),
  });
}
