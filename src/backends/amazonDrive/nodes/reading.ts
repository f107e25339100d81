import { Readable } from 'node:stream';
import type { HttpResponse } from '../../../http/httpResponse';
import { type ExpectedBody, md5Checksum, readVerified, verifyStream } from '../../../http/verifiedBody';
import type { FileEntry } from '../../../remote/entry';
import type { ReadOptions, ReadResult, WholeContent } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { hasDriveReason } from '../api/driveErrors';
import { nodeIdOfVersion } from '../api/driveNode';
import { changedMeanwhile, fileAt, isSameContent, notThere, unchangedFile } from './preconditions';
import type { DriveSession } from './session';

/**
 * Opens the content of a file. A download doesn't name the version of its content, so the node is read first. The stream fails when the
 * connection ends early, and when its whole content has another MD5.
 */
export async function readFile(
  session: DriveSession,
  path: RemotePath,
  { range, expected }: ReadOptions,
  signal: AbortSignal,
): Promise<ReadResult> {
  signal.throwIfAborted();
  const { node, entry } = await (expected
    ? unchangedFile(session, path, expected, signal)
    : fileAt(session, path, signal));
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? entry.size, entry.size);
  // HTTP has no empty range.
  if (end <= start) return { stream: Readable.from([]), entry };
  const isWhole = start === 0 && end === entry.size;
  const header = isWhole ? undefined : `bytes=${start}-${end - 1}`;
  let response: HttpResponse;
  try {
    response = await openDownload(session, node.id, entry, header, signal);
  } catch (error) {
    if (hasDriveReason(error, 'rangeOutside')) throw changedMeanwhile(path, error);
    if (!isRemoteError(error, 'notFound')) throw error;
    session.cache.forget(path);
    throw expected ? changedMeanwhile(path, error) : notThere(path);
  }
  if (!isOfRange(response, entry, start, end)) {
    response.destroy();
    throw new RemoteError('corrupted', `Amazon Drive sent other bytes of "${path}" than requested.`);
  }
  return {
    stream: verifyStream(response.stream(), expectedBody(entry, end - start, isWhole), signal),
    entry,
  };
}

/**
 * Reads a listed file by one request: its MD5 proves that the content is the listed one. Reads the node as well when the MD5 is unknown or
 * differs.
 */
export async function readWholeFile(
  session: DriveSession,
  file: FileEntry,
  signal: AbortSignal,
): Promise<WholeContent> {
  signal.throwIfAborted();
  const { cache } = session;
  let id = nodeIdOfVersion(file.version);
  // An empty content proves nothing.
  const provesContent = file.md5 !== undefined && file.size > 0;
  if (id === undefined || !provesContent || cache.file(file.path)?.id !== id)
    id = (await unchangedFile(session, file.path, file, signal)).node.id;
  if (file.size === 0) return { content: Buffer.alloc(0), entry: file };
  try {
    const response = await openDownload(session, id, file, undefined, signal);
    return {
      content: await readVerified(response, expectedBody(file, file.size, true), signal),
      entry: file,
    };
  } catch (error) {
    if (isRemoteError(error, 'notFound')) {
      cache.forget(file.path);
      throw changedMeanwhile(file.path, error);
    }
    if (isRemoteError(error, 'corrupted')) await assertUnchanged(session, file, id, signal);
    throw error;
  }
}

/** Throws `changed` when the node no longer has the content of `file`. */
async function assertUnchanged(
  { cache, nodes }: DriveSession,
  file: FileEntry,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const node = await nodes.nodeIfThere(id, file.path, signal);
  if (node && isSameContent(file, node)) return;
  cache.forget(file.path);
  throw changedMeanwhile(file.path);
}

async function openDownload(
  { api, tempLinkThreshold }: DriveSession,
  id: string,
  entry: FileEntry,
  range: string | undefined,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const about = `"${entry.path}"`;
  if (entry.size >= tempLinkThreshold) {
    const { tempLink } = await api.node(id, about, signal, true);
    if (tempLink !== undefined && URL.canParse(tempLink) && /^https?:/i.test(tempLink))
      return api.downloadLink(tempLink, range, about, signal);
  }
  return api.download(id, range, about, signal);
}

function isOfRange(response: HttpResponse, { size }: FileEntry, start: number, end: number): boolean {
  const { statusCode, headers } = response;
  if (start === 0 && end === size && statusCode === 200) return true;
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(headers['content-range'] ?? '') ?? [];
  return statusCode === 206 && Number(first) === start && Number(last) === end - 1;
}

function expectedBody({ path, md5 }: FileEntry, length: number, isWhole: boolean): ExpectedBody {
  return {
    path,
    length,
    checksum: isWhole && md5 !== undefined ? md5Checksum(md5) : undefined,
    retriesShortStream: true,
    connectionError: (error) => {
      const { code } = error as { readonly code?: unknown };
      const details = { cause: error, ...(typeof code === 'string' && { code }) };
      return new RemoteError('unavailable', `The connection ended while "${path}" was being read.`, details);
    },
  };
}
