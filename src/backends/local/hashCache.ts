import { createHash } from 'node:crypto';
import fs, { type BigIntStats, constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { digest } from '../../base/digest';
import { PersistentLineCache } from '../../base/lineCache';
import type { Log } from '../../base/log';
import type { FileEntry } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';
import { versionOf } from './localEntry';
import type { LocalPaths } from './localPaths';
import { readLocal } from './localReading';
import { OpenFile } from './openFile';
import { pathOfDescriptor } from './pathHandle';
import { waitingCalls } from './syncFileCalls';

const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Files that are hashed at once by calls in the thread pool. */
const poolConcurrency = 16;
/** Milliseconds after which synchronous calls give other tasks of the thread a turn. */
const maxTurnMs = 10;
/** Opening, reading, facts, closing. */
const callsPerFile = 4;
/** Kernels round times to a tick of up to about 10 ms; a change within the tick of the reading may be invisible. */
const tickMs = 20;

/** Maximum cached files; the oldest entries are dropped first. A full file takes about 40 MB of memory. */
const defaultMaxEntries = 1_000_000;
/** Milliseconds between a change and a read below which a second change may not be visible in the file's times. */
const settledAfterMs = 2000;

/** The mark of a file's content: its version (see `fileEntry`) and the time of its last change in nanoseconds. */
export function markOf(version: string, ctimeNs: bigint): string {
  return `${version}-${ctimeNs}`;
}

/**
 * Identifies the content of a file. The mark changes with size, modified time, inode and ctime; a program that keeps the size and
 * resets the modified time can't reset the ctime.
 */
interface HashedFile {
  /** Absolute. */
  readonly path: string;
  readonly mark: string;
  /** The later of mtime and ctime, in milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/**
 * Persistent cache of MD5s of local files, so that a comparison by checksum reads each file only once. A hash is returned only for an
 * unchanged mark. Losing the cache file only costs reading.
 *
 * One line per file: path, mark, MD5; tab-separated.
 */
export class HashCache {
  private readonly lines: PersistentLineCache;

  /** `folder` holds the cache file; undefined = hashes last for this session only. */
  constructor(folder: string | undefined, log: Log, maxEntries = defaultMaxEntries) {
    this.lines = new PersistentLineCache({
      file: folder === undefined ? undefined : path.join(folder, 'local.hashes'),
      header: 'cloud-remotes local hashes 1',
      what: 'The cache of hashes',
      tag: 'plan',
      log,
      maxEntries,
    });
  }

  /** Reads the cache file once. Await it before `get`. Never rejects. */
  load(): Promise<void> {
    return this.lines.load();
  }

  /** The entry of the file at an absolute path, with its MD5 if it is cached. */
  withMd5(entry: FileEntry, absolute: string, ctimeNs: bigint): FileEntry {
    const md5 = entry.version === undefined ? undefined : this.get(absolute, markOf(entry.version, ctimeNs));
    return md5 === undefined ? entry : { ...entry, md5 };
  }

  /** Lower-case hex MD5; undefined when it is not cached. */
  get(file: string, mark: string): string | undefined {
    const line = this.lines.get(file);
    if (!line?.startsWith(mark) || line[mark.length] !== '\t') return undefined;
    const md5 = line.slice(mark.length + 1);
    return /^[0-9a-f]{32}$/.test(md5) ? md5 : undefined;
  }

  /** Caches the MD5 of content that was read from `readFromMs` on (milliseconds since the epoch), unless the file changed just before. */
  store({ path: file, mark, modifiedMs }: HashedFile, md5: string, readFromMs: number): void {
    if (modifiedMs > readFromMs - settledAfterMs || /[\t\n\r]/.test(mark)) return;
    this.lines.set(file, `${mark}\t${md5}`);
  }

  /** Writes pending lines and waits for a running write. Never rejects. */
  save(): Promise<void> {
    return this.lines.save();
  }
}

/** Computes MD5s of the files of a folder and caches them. */
export class LocalHashing {
  constructor(
    private readonly paths: LocalPaths,
    private readonly hashes: HashCache,
    private readonly followSymlinks: boolean,
  ) {}

  /** See Remote. Throws errors of `node:fs` and RemoteErrors. */
  async computeMd5(file: FileEntry, signal: AbortSignal): Promise<string> {
    const absolute = this.paths.absolute(file.path);
    // Read before the content, so that a change meanwhile leaves a cache entry that never matches.
    const { ctimeNs } = await stat(absolute, { bigint: true });
    const mtimeMs = file.modified ? instantToMs(file.modified) : Number.POSITIVE_INFINITY;
    const modifiedMs = Math.max(mtimeMs, Number(ctimeNs / 1_000_000n));
    const hashed = { path: absolute, mark: markOf(file.version ?? '', ctimeNs), modifiedMs };
    await this.hashes.load();
    const cached = file.version === undefined ? undefined : this.hashes.get(absolute, hashed.mark);
    if (cached !== undefined) return cached;
    const readFromMs = Date.now();
    const whole = createHash('md5');
    const { stream } = await readLocal(
      this.paths,
      file.path,
      { expected: file },
      this.followSymlinks,
      signal,
    );
    for await (const chunk of stream) whole.update(chunk);
    signal.throwIfAborted();
    const md5 = whole.digest('hex');
    this.hashes.store(hashed, md5, readFromMs);
    return md5;
  }

  /** See Remote. The cache is not asked: a listing with `knownHashes` has done so. Throws only the signal's reason. */
  async computeMd5s(
    files: readonly FileEntry[],
    signal: AbortSignal,
  ): Promise<readonly (string | undefined)[]> {
    const found = new Array<string | undefined>(files.length);
    let next = 0;
    while (this.paths.ownThread && next < files.length && !waitingCalls.isSlow)
      next = await this.hashNow(files, next, found, signal);
    const inPool = async () => {
      for (let i = next++; i < files.length; i = next++)
        found[i] = await this.hashInPool(files[i] as FileEntry, signal);
    };
    await Promise.all(Array.from({ length: Math.min(poolConcurrency, files.length - next) }, inPool));
    signal.throwIfAborted();
    return found;
  }

  /** Hashes files from `first` on for a turn of the thread, by synchronous calls. Resolves to the next file. */
  private async hashNow(
    files: readonly FileEntry[],
    first: number,
    found: (string | undefined)[],
    signal: AbortSignal,
  ): Promise<number> {
    const begin = performance.now();
    let next = first;
    while (next < files.length && !waitingCalls.isSlow) {
      const file = files[next] as FileEntry;
      found[next++] = waitingCalls.measure(() => this.hashSmall(file), callsPerFile);
      if (performance.now() - begin < maxTurnMs) continue;
      await nextTurn();
      signal.throwIfAborted();
      break;
    }
    return next;
  }

  /** Undefined when the file can't be read, or isn't as listed. */
  private hashSmall(file: FileEntry): string | undefined {
    try {
      const absolute = this.paths.absolute(file.path);
      const descriptor = fs.openSync(absolute, readFlags);
      try {
        if (!this.followSymlinks) this.paths.assertNoLinkNow(file.path, pathOfDescriptor(descriptor));
        const readFromMs = Date.now();
        const content = Buffer.allocUnsafe(file.size);
        let at = 0;
        for (let read = -1; read !== 0 && at < file.size; at += read)
          read = fs.readSync(descriptor, content, at, file.size - at, at);
        const stats = fs.fstatSync(descriptor, { bigint: true });
        return this.hashContent(file, absolute, content.subarray(0, at), stats, readFromMs);
      } finally {
        fs.closeSync(descriptor);
      }
    } catch {
      return undefined;
    }
  }

  /** As `hashSmall`, by calls that leave a busy disk to the thread pool. */
  private async hashInPool(file: FileEntry, signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted) return undefined;
    try {
      const absolute = this.paths.absolute(file.path);
      const opened = await OpenFile.open(absolute, readFlags, this.paths.ownThread);
      try {
        if (!this.followSymlinks) await this.paths.assertNoLink(file.path, opened.place());
        const readFromMs = Date.now();
        const content = Buffer.allocUnsafe(file.size);
        let at = 0;
        for (let read = -1; read !== 0 && at < file.size; at += read)
          read = await opened.read(content.subarray(at), at);
        const stats = await opened.stat();
        return this.hashContent(file, absolute, content.subarray(0, at), stats, readFromMs);
      } finally {
        await opened.close();
      }
    } catch {
      return undefined;
    }
  }

  /**
   * The MD5 of what was read from `readFromMs` on; undefined unless the facts afterwards are those of the listing and the last change is
   * older than the reading, so that nothing changed in between.
   */
  private hashContent(
    { version = '', size }: FileEntry,
    absolute: string,
    content: Buffer,
    stats: BigIntStats,
    readFromMs: number,
  ): string | undefined {
    const { mtimeNs, ctimeNs } = stats;
    const modifiedMs = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
    if (content.length !== size || versionOf(stats) !== version || modifiedMs > readFromMs - tickMs)
      return undefined;
    const md5 = digest('md5', content);
    this.hashes.store({ path: absolute, mark: markOf(version, ctimeNs), modifiedMs }, md5, readFromMs);
    return md5;
  }
}
