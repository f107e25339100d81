import path from 'node:path';
import { PersistentLineCache } from '../../base/lineCache';
import type { Log } from '../../base/log';

/** Maximum cached files; the oldest entries are dropped first. About 150 MB of memory when full. */
const defaultMaxEntries = 500_000;
/** Milliseconds between a change and a read below which a second change may not be visible in the file's times. */
const settledAfterMs = 2000;

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
 * One line per file: path, mark, MD5; tab-separated. The cache file is loaded at the first `find`.
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

  /** Lower-case hex MD5; undefined when it is not cached. Never rejects. */
  async find({ path: file, mark }: HashedFile): Promise<string | undefined> {
    await this.lines.load();
    const [cachedMark, md5 = ''] = this.lines.get(file)?.split('\t') ?? [];
    return cachedMark === mark && /^[0-9a-f]{32}$/.test(md5) ? md5 : undefined;
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
