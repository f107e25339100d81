import fs, { type BigIntStats, constants } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { addAbortListener, removeAbortListener } from '../../base/aborts';
import { type FileEntry, isSameFile } from '../../remote/entry';
import type { ContentDigests, Pieces, ReadOptions, ReadResult, WholeContent } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { changedError, fileEntry } from './localEntry';
import { codeOf, localError } from './localErrors';
import type { LocalPaths } from './localPaths';
import { OpenFile } from './openFile';
import { pathOfDescriptor } from './pathHandle';
import { waitingCalls } from './syncFileCalls';

const chunkBytes = 256 * 1024;

/** O_NONBLOCK, because opening a pipe would wait for its writer. */
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

const bigint = { bigint: true } as const;

/** Kernels round modified times to a tick of up to about 10 ms; a second change within one tick is invisible. */
const tickMs = 20;

/**
 * Opens a file for reading. The stream fails with `changed` when the file changes meanwhile (sync-semantics H21): its facts are read
 * before the first byte and compared after the last. Without `followSymlinks`, a file behind a link fails with `changed`.
 */
export async function readLocal(
  paths: LocalPaths,
  path: RemotePath,
  { range, expected }: ReadOptions,
  followSymlinks: boolean,
  signal: AbortSignal,
): Promise<ReadResult> {
  const { file, before, entry } = await openAsSeen(paths, path, expected, followSymlinks, signal);
  const start = Math.min(range?.start ?? 0, entry.size);
  const end = Math.max(start, Math.min(range?.end ?? entry.size, entry.size));
  return { stream: new FileStream(file, path, before, start, end, signal), entry };
}

/** Reads the whole file into memory. Detects changes as `readLocal` does. */
export async function readWholeLocal(
  paths: LocalPaths,
  seen: FileEntry,
  followSymlinks: boolean,
  signal: AbortSignal,
): Promise<WholeContent> {
  if (paths.ownThread && seen.size <= chunkBytes && !waitingCalls.isSlow) {
    const whole = waitingCalls.measure(() => readSmallNow(paths, seen, followSymlinks), 5);
    if (whole) return whole;
  }
  const { file, before, entry } = await openAsSeen(paths, seen.path, seen, followSymlinks, signal);
  try {
    const content = Buffer.allocUnsafe(entry.size);
    for (let at = 0; at < content.length; ) {
      const bytesRead = await file.read(content.subarray(at, at + chunkBytes), at);
      signal.throwIfAborted();
      if (bytesRead === 0) throw changedError(seen.path);
      at += bytesRead;
    }
    await checkUnchanged(file, before, seen.path);
    return { content, entry };
  } finally {
    await file.close();
  }
}

/** Reads a file by synchronous calls; undefined when it has just been changed (see `settledStats`). Throws as `readWholeLocal`. */
function readSmallNow(paths: LocalPaths, seen: FileEntry, followSymlinks: boolean): WholeContent | undefined {
  const { path } = seen;
  const descriptor = fs.openSync(paths.absolute(path), readFlags);
  try {
    if (!followSymlinks) paths.assertNoLinkNow(path, pathOfDescriptor(descriptor));
    const before = fs.fstatSync(descriptor, bigint);
    if (!isSettled(before)) return undefined;
    const entry = seenEntry(path, before, seen);
    const content = contentBuffer(entry.size);
    for (let at = 0; at < content.length; ) {
      const bytesRead = fs.readSync(descriptor, content, at, content.length - at, at);
      if (bytesRead === 0) throw changedError(path);
      at += bytesRead;
    }
    assertSame(before, fs.fstatSync(descriptor, bigint), path);
    return { content, entry };
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Bytes of one slab, and of the largest content that is read into one: memory of its own for each small file costs more than its read. */
const slabBytes = 256 * 1024;
const maxSlabContent = 16 * 1024;

let slab = Buffer.alloc(0);
let slabUsed = 0;

function contentBuffer(size: number): Buffer {
  if (size > maxSlabContent) return Buffer.allocUnsafe(size);
  if (slab.length - slabUsed < size) {
    slab = Buffer.allocUnsafeSlow(slabBytes);
    slabUsed = 0;
  }
  slabUsed += size;
  return slab.subarray(slabUsed - size, slabUsed);
}

/** Fills `into` with the bytes of the file from `start` on. Detects changes as `readLocal` does. */
export async function readIntoLocal(
  paths: LocalPaths,
  seen: FileEntry,
  start: number,
  into: Buffer,
  onFilled: (bytes: number) => void,
  followSymlinks: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { file, before } = await openAsSeen(paths, seen.path, seen, followSymlinks, signal);
  try {
    if (!(await file.fill(into, start))) throw changedError(seen.path);
    await checkUnchanged(file, before, seen.path);
    onFilled(into.length);
  } finally {
    await file.close();
  }
}

/** The digests of the whole file and of its pieces, see `Remote.computeDigests`. Detects changes as `readLocal` does. */
export async function digestLocal(
  paths: LocalPaths,
  seen: FileEntry,
  pieces: Pieces,
  followSymlinks: boolean,
  signal: AbortSignal,
): Promise<ContentDigests> {
  const { file, before, entry } = await openAsSeen(paths, seen.path, seen, followSymlinks, signal);
  try {
    const digests = await file.digests(entry.size, pieces, signal);
    await checkUnchanged(file, before, seen.path);
    return digests;
  } catch (error) {
    throw codeOf(error) === 'ESHORT' ? changedError(seen.path) : error;
  } finally {
    await file.close();
  }
}

interface SeenFile {
  readonly file: OpenFile;
  /** The facts before the first byte is read. */
  readonly before: BigIntStats;
  readonly entry: FileEntry;
}

async function openAsSeen(
  paths: LocalPaths,
  path: RemotePath,
  expected: FileEntry | undefined,
  followSymlinks: boolean,
  signal: AbortSignal,
): Promise<SeenFile> {
  const file = await OpenFile.open(paths.absolute(path), readFlags, paths.ownThread);
  try {
    if (!followSymlinks) await paths.assertNoLink(path, file.place());
    const before = await settledStats(file, signal);
    const entry = seenEntry(path, before, expected);
    signal.throwIfAborted();
    return { file, before, entry };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The entry of an open file. Throws unless it is a regular file, and the `expected` one. */
function seenEntry(path: RemotePath, stats: BigIntStats, expected: FileEntry | undefined): FileEntry {
  if (stats.isDirectory()) throw new RemoteError('isAFolder', `"${path}" is a folder, so it has no content.`);
  if (!stats.isFile()) throw new RemoteError('unsupported', `"${path}" is not a regular file.`);
  const entry = fileEntry(path, stats);
  if (expected && !isSameFile(expected, entry)) throw changedError(path);
  return entry;
}

/** Runs before the last bytes are passed on, so that no reader completes a mix of two contents. */
async function checkUnchanged(file: OpenFile, before: BigIntStats, path: RemotePath): Promise<void> {
  assertSame(before, await file.stat(), path);
}

function assertSame(before: BigIntStats, after: BigIntStats, path: RemotePath): void {
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs || after.ctimeNs !== before.ctimeNs)
    throw changedError(path);
}

/** The facts of the file, read when its last change is old enough that a further change would be visible. */
async function settledStats(file: OpenFile, signal: AbortSignal): Promise<BigIntStats> {
  const stats = await file.stat();
  if (isSettled(stats)) return stats;
  await sleep(tickMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  return file.stat();
}

/** Whether a further change would be visible in the modified time. */
function isSettled(stats: BigIntStats): boolean {
  const age = Date.now() - Number(stats.mtimeMs);
  return !stats.isFile() || age < 0 || age > tickMs;
}

class FileStream extends Readable {
  private readonly onAbort = () => this.destroy(this.signal.reason);
  private pending: Promise<void> | undefined;

  constructor(
    private readonly file: OpenFile,
    private readonly path: RemotePath,
    private readonly before: BigIntStats,
    private position: number,
    private readonly end: number,
    private readonly signal: AbortSignal,
  ) {
    super({ highWaterMark: chunkBytes });
    addAbortListener(signal, this.onAbort);
  }

  override _read(): void {
    this.pending = this.readChunk().then(
      (chunk) => void this.push(chunk),
      (error) => void this.destroy(localError(error, this.path, "can't be read") as Error),
    );
  }

  private async readChunk(): Promise<Buffer | null> {
    const length = Math.min(chunkBytes, this.end - this.position);
    if (length > 0) {
      const buffer = Buffer.allocUnsafe(length);
      const bytesRead = await this.file.read(buffer, this.position);
      if (bytesRead === 0) throw changedError(this.path);
      this.position += bytesRead;
      if (this.position >= this.end) await checkUnchanged(this.file, this.before, this.path);
      return buffer.subarray(0, bytesRead);
    }
    if (this.before.size === 0n) await checkUnchanged(this.file, this.before, this.path);
    return null;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    removeAbortListener(this.signal, this.onAbort);
    const close = async () => {
      await this.pending;
      await this.file.close();
    };
    close().then(
      () => done(error),
      (closing) => done(error ?? closing),
    );
  }
}
