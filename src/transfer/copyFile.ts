import { Readable } from 'node:stream';
import type { Writable } from '../base/writable';
import { type FileEntry, isSameFile } from '../remote/entry';
import type { Instant } from '../remote/modifiedTime';
import type {
  ByteRange,
  ByteSource,
  FileAttributes,
  FileFacts,
  Precondition,
  Remote,
  ResumableWrite,
  WholeContent,
} from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { RemotePath } from '../remote/remotePath';
import type { CopyPair } from './existingCopy';

/** Files up to this many bytes are copied in memory: one request reads, one writes. */
export const inMemoryLimit = 1024 * 1024;

/** The limit for files of this machine, in bytes. */
const lentFrom = 512 * 1024;

export interface CopyRequest {
  readonly from: Remote;
  /** The listed file; the copy fails with `changed` when the file differs. */
  readonly source: FileEntry;
  readonly to: Remote;
  readonly target: RemotePath;
  readonly precondition: Precondition;
  /** The modified time of the copy. Default: the source's. */
  readonly modified?: Instant | undefined;
  /** Whether the copy must be safe from a power cut when this ends, because its source is removed then. */
  readonly durable?: boolean;
  /** Lets the write go on where an earlier attempt stopped. */
  readonly resume?: ResumableWrite | undefined;
  readonly onProgress?: (bytes: number) => void;
}

/** ok: both sides have the same MD5. unknown: the sizes are equal and an MD5 is missing (sync-semantics H25). */
export type Verification = 'ok' | 'unknown';

export interface CopyResult {
  readonly entry: FileEntry;
  readonly verification: Verification;
}

/**
 * Copies one file: on the server within one remote or service, else through this process with bounded memory. The copy gets the
 * modified time and is verified; a wrong copy is removed, and `corrupted` is thrown. Throws `changed` when the source differs from
 * `source` or the precondition fails; then nothing was written.
 */
export async function copyFile(request: CopyRequest, signal: AbortSignal): Promise<CopyResult> {
  const { from, to, target } = request;
  const onServer = !request.modified && (from === to || areInOneService(from, to));
  const copied =
    (onServer ? await serverSideCopy(request, signal) : undefined) ?? (await streamCopy(request, signal));
  const verification = verify(copied.source, copied.copy);
  if (verification !== 'bad') return { entry: copied.copy, verification };
  try {
    // Not aborted with `signal`: a wrong copy must not stay.
    await to.removeFile(target, { kind: 'ifMatch', entry: copied.copy }, new AbortController().signal);
  } catch (cause) {
    if (!isRemoteError(cause, 'notFound', 'changed'))
      throw new RemoteError(
        'corrupted',
        `The copy "${target}" is not what was sent, and it could not be removed again: ${(cause as Error).message} Don't rely on it.`,
        { cause },
      );
  }
  throw new RemoteError('corrupted', `The copy "${target}" was not what was sent, so it was removed again.`);
}

/** Compares a copy with its source by size and MD5. */
function verify(source: FileEntry, copy: FileEntry): Verification | 'bad' {
  if (source.size !== copy.size) return 'bad';
  if (source.md5 === undefined || copy.md5 === undefined) return 'unknown';
  return source.md5 === copy.md5 ? 'ok' : 'bad';
}

async function serverSideCopy(request: CopyRequest, signal: AbortSignal): Promise<CopyPair | undefined> {
  const { from, to, source, target, precondition, onProgress } = request;
  const within = from === to;
  try {
    const copy = await (within
      ? to.serverSideCopy?.(source, target, precondition, signal)
      : to.serverSideCopyFrom?.(source, target, precondition, signal));
    if (!copy) return undefined;
    if (request.durable) await to.makeDurable?.(copy, signal);
    onProgress?.(copy.size);
    return { source: source.exact ? source : withoutMd5(source), copy };
  } catch (error) {
    // The service may be unable to copy this file (too large, another region); then it is streamed.
    if (isRemoteError(error, ...(within ? (['unsupported'] as const) : refusals))) return undefined;
    throw within ? await classifyNotFound(error, from, source, signal) : error;
  }
}

/** Errors of a copy between two remotes that say nothing about reading from one and writing to the other. */
const refusals = ['unsupported', 'forbidden', 'badSettings', 'notFound', 'other'] as const;

/** Whether the service itself can copy between these two remotes. */
function areInOneService(from: Remote, to: Remote): boolean {
  const { serverSideCopyGroup } = to.capabilities;
  return serverSideCopyGroup !== undefined && serverSideCopyGroup === from.capabilities.serverSideCopyGroup;
}

/** Whether the copy of a file of `size` bytes reads it whole into memory. */
export function isCopiedInMemory({ readInto, capabilities }: Remote, size: number): boolean {
  // A disk fills the memory that all transfers share, and needs no request for it.
  return size <= (readInto && capabilities.isLocalDisk ? lentFrom : inMemoryLimit);
}

async function streamCopy(request: CopyRequest, signal: AbortSignal): Promise<CopyPair> {
  const { to, target, precondition } = request;
  const isSmall = isCopiedInMemory(request.from, request.source.size);
  const { source, body, attributes } = await (isSmall ? bufferedBody : streamedBody)(request, signal);
  return {
    source,
    copy: await to.write(target, body, facts(request, source, attributes), precondition, signal),
  };
}

/** A source with everything that is known of it, and its content. */
interface Opened {
  readonly source: FileEntry;
  readonly attributes?: FileAttributes | undefined;
  readonly body: ByteSource;
}

async function streamedBody(request: CopyRequest, signal: AbortSignal): Promise<Opened> {
  const { from } = request;
  const { source, attributes } = await resolveSource(request, signal);
  const { readInto, computeDigests, capabilities } = from;
  const { readsRanges, isLocalDisk } = capabilities;
  // Ranges of a file without a version may be of different contents.
  const inRanges = source.version !== undefined && (source.md5 !== undefined || !readsRanges?.checkLess);
  const body: ByteSource = {
    size: source.size,
    open: async (range, openSignal) => (await readSource(from, source, range, openSignal)).stream,
    ...(source.md5 !== undefined && { md5: source.md5 }),
    ...(!isLocalDisk && { rereadIsExpensive: true }),
    ...(readsRanges && inRanges && { rangesAtOnce: readsRanges.atOnce }),
    ...(readInto && {
      readInto: (start, into, onFilled, readSignal) =>
        ofSource(source, readInto.call(from, source, start, into, onFilled, readSignal)),
    }),
    ...(computeDigests && {
      digests: (pieces, readSignal) =>
        ofSource(source, computeDigests.call(from, source, pieces, readSignal)),
    }),
  };
  return { source, attributes, body };
}

/** Reads the whole file first: the read also returns the attributes, and a modified time that a listing may lack. */
async function bufferedBody({ from, to, source: seen }: CopyRequest, signal: AbortSignal): Promise<Opened> {
  const whole = await wholeSource(from, seen, signal);
  const { content, entry } = whole;
  const attributes = to.capabilities.keepsAttributes ? whole.attributes : undefined;
  const source = entry.path === seen.path ? entry : { ...entry, path: seen.path };
  return { source, attributes, body: memorySource(content, entry.md5) };
}

/** Bytes in memory as the body of a write. `md5` is their lower-case hex MD5, if it is known. */
export function memorySource(content: Uint8Array, md5?: string): ByteSource {
  const source: Writable<ByteSource> = {
    size: content.length,
    bytes: async () => content,
    open: async (range) =>
      Readable.from([content.subarray(range?.start ?? 0, range?.end)], { objectMode: false }),
  };
  if (md5 !== undefined) source.md5 = md5;
  return source;
}

function facts(request: CopyRequest, source: FileEntry, attributes: FileAttributes | undefined): FileFacts {
  // Without an owner's time, the service's time counts (sync-semantics R1).
  const modified = request.modified ?? source.modified ?? source.serverModified;
  const facts: Writable<FileFacts> = {};
  if (modified) facts.modified = modified;
  if (attributes) facts.attributes = attributes;
  if (request.durable) facts.durable = true;
  if (request.resume) facts.resume = request.resume;
  if (request.onProgress) facts.onProgress = request.onProgress;
  return facts;
}

/**
 * The source with its modified time and exact MD5, by one request where the listing lacks them; and with its attributes, from the
 * same request, where both sides keep them.
 */
async function resolveSource(request: CopyRequest, signal: AbortSignal): Promise<Omit<Opened, 'body'>> {
  const { from, to, source } = request;
  if (from.capabilities.keepsAttributes && to.capabilities.keepsAttributes) {
    const { stream, entry, attributes } = await readSource(from, source, { start: 0, end: 0 }, signal);
    stream.destroy();
    return { source: { ...withoutMd5(source), ...entry, path: source.path }, attributes };
  }
  if (source.exact || (source.md5 === undefined && (request.modified || source.modified))) return { source };
  try {
    const now = await from.stat(source.path, signal);
    if (now.kind === 'file' && isSameFile(source, now)) return { source: { ...withoutMd5(source), ...now } };
  } catch (error) {
    throw asSourceError(error, source, 'notFound');
  }
  throw isGone(source);
}

/**
 * Drops an MD5 that comes from a listing. The ETag of a KMS-encrypted object looks like an MD5 but isn't one, and only a request for
 * the object shows the encryption.
 */
function withoutMd5({ md5: _, ...file }: FileEntry): FileEntry {
  return file;
}

async function wholeSource(from: Remote, source: FileEntry, signal: AbortSignal): Promise<WholeContent> {
  if (from.readToBuffer) return ofSource(source, from.readToBuffer(source, signal));
  const { stream, ...facts } = await readSource(from, source, undefined, signal);
  return { ...facts, content: await collect(stream, facts.entry) };
}

function readSource(
  from: Remote,
  source: FileEntry,
  range: ByteRange | undefined,
  signal: AbortSignal,
): ReturnType<Remote['read']> {
  return ofSource(source, from.read(source.path, { expected: source, ...(range && { range }) }, signal));
}

async function ofSource<T>(source: FileEntry, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw asSourceError(error, source, 'notFound', 'isAFolder');
  }
}

/** A missing source is reported as `changed` (H20), so that it isn't confused with a missing target. */
function asSourceError(error: unknown, source: FileEntry, ...kinds: ('notFound' | 'isAFolder')[]): unknown {
  return isRemoteError(error, ...kinds) ? isGone(source, error) : error;
}

/** Within one remote, `notFound` may concern the source or the target's folder; a stat of the source decides. */
export async function classifyNotFound(
  error: unknown,
  remote: Remote,
  source: FileEntry,
  signal: AbortSignal,
): Promise<unknown> {
  if (!isRemoteError(error, 'notFound')) return error;
  const isThere = await remote.stat(source.path, signal).then(
    () => true,
    (cause) => !isRemoteError(cause, 'notFound'),
  );
  return isThere ? error : isGone(source, error);
}

function isGone(source: FileEntry, cause?: unknown): RemoteError {
  return new RemoteError('changed', `"${source.path}" is no longer what was listed.`, { cause });
}

async function collect(stream: Readable, entry: FileEntry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > entry.size) break;
    chunks.push(chunk);
  }
  if (length !== entry.size)
    throw new RemoteError('corrupted', `"${entry.path}" did not have the expected ${entry.size} bytes.`);
  const [first] = chunks;
  return first && chunks.length === 1 ? first : Buffer.concat(chunks, length);
}
