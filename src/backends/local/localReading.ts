import { type BigIntStats, constants } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { addAbortListener, removeAbortListener } from '../../base/aborts';
import type { FileEntry } from '../../remote/entry';
import { isSameFile } from '../../remote/entry';
import type { ReadOptions, ReadResult, WholeContent } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { fileEntry } from './localEntry';
import { localError } from './localErrors';
import type { LocalPaths } from './localPaths';
import { OpenFile } from './openFile';

const chunkBytes = 256 * 1024;

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
  try {
    const start = Math.min(range?.start ?? 0, entry.size);
    const end = Math.max(start, Math.min(range?.end ?? entry.size, entry.size));
    return { stream: new FileStream(file, path, before, start, end, signal), entry };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads the whole file into memory. Detects changes as `readLocal` does. */
export async function readWholeLocal(
  paths: LocalPaths,
  seen: FileEntry,
  followSymlinks: boolean,
  signal: AbortSignal,
): Promise<WholeContent> {
  const { file, before, entry } = await openAsSeen(paths, seen.path, seen, followSymlinks, signal);
  try {
    const content = Buffer.allocUnsafe(entry.size);
    for (let at = 0; at < content.length; ) {
      const bytesRead = await file.read(content.subarray(at, at + chunkBytes), at);
      signal.throwIfAborted();
      if (bytesRead === 0) throw changed(seen.path);
      at += bytesRead;
    }
    await checkUnchanged(file, before, seen.path);
    return { content, entry };
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
  // O_NONBLOCK, because opening a pipe would wait for its writer.
  const file = await OpenFile.open(paths.absolute(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!followSymlinks) await paths.assertNoLink(path, file.place());
    const before = await settledStats(file, signal);
    if (before.isDirectory())
      throw new RemoteError('isAFolder', `"${path}" is a folder, so it has no content.`);
    if (!before.isFile()) throw new RemoteError('unsupported', `"${path}" is no regular file.`);
    const entry = fileEntry(path, before);
    if (expected && !isSameFile(expected, entry)) throw changed(path);
    signal.throwIfAborted();
    return { file, before, entry };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Runs before the last bytes are passed on, so that no reader completes a mix of two contents. */
async function checkUnchanged(file: OpenFile, before: BigIntStats, path: RemotePath): Promise<void> {
  const after = await file.stat();
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs || after.ctimeNs !== before.ctimeNs)
    throw changed(path);
}

/** The facts of the file, read when its last change is old enough that a further change would be visible. */
async function settledStats(file: OpenFile, signal: AbortSignal): Promise<BigIntStats> {
  const stats = await file.stat();
  const age = Date.now() - Number(stats.mtimeMs);
  if (!stats.isFile() || age < 0 || age > tickMs) return stats;
  await sleep(tickMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  return file.stat();
}

function changed(path: RemotePath): RemoteError {
  return new RemoteError('changed', `"${path}" has changed since it was listed.`);
}

class FileStream extends Readable {
  private readonly file: OpenFile;
  private readonly path: RemotePath;
  private readonly before: BigIntStats;
  private readonly end: number;
  private readonly signal: AbortSignal;
  private readonly onAbort: () => void;
  private position: number;
  private pending: Promise<void> | undefined;

  constructor(
    file: OpenFile,
    path: RemotePath,
    before: BigIntStats,
    start: number,
    end: number,
    signal: AbortSignal,
  ) {
    super({ highWaterMark: chunkBytes });
    this.file = file;
    this.path = path;
    this.before = before;
    this.position = start;
    this.end = end;
    this.signal = signal;
    this.onAbort = () => this.destroy(signal.reason);
    addAbortListener(signal, this.onAbort);
  }

  override _read(): void {
    this.pending = this.readOn().then(
      (chunk) => {
        this.push(chunk);
      },
      (error) => {
        this.destroy(localError(error, this.path, "can't be read") as Error);
      },
    );
  }

  private async readOn(): Promise<Buffer | null> {
    const wanted = Math.min(chunkBytes, this.end - this.position);
    if (wanted > 0) {
      const buffer = Buffer.allocUnsafe(wanted);
      const bytesRead = await this.file.read(buffer, this.position);
      if (bytesRead === 0) throw changed(this.path);
      this.position += bytesRead;
      if (this.position < this.end) return buffer.subarray(0, bytesRead);
      await checkUnchanged(this.file, this.before, this.path);
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
