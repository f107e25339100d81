import path from 'node:path';
import { PersistentLineCache } from '../../base/lineCache';
import type { Log } from '../../base/log';

/** Most files kept; the ones learnt first are dropped first. About 150 MB of memory when full. */
const defaultMaxEntries = 500_000;
/** A file that was changed less than this before it was read may be changed again without its time showing it, in milliseconds. */
const settledAfterMs = 2000;

/**
 * What a file is recognised by, and when it was changed. The mark changes with its size, modified time and inode, and with the time that
 * the system notes of every change: whoever keeps a file's size and sets its modified time back can't set that one.
 */
export interface HashedFile {
  /** Absolute. */
  readonly path: string;
  readonly mark: string;
  /** The later of both times, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/**
 * MD5s of local files, kept between sessions, so that comparing by checksum reads each file once and not each time. A hash is given only
 * for the very mark that it was learnt with. Losing the file, or a part of it, costs reading and nothing else.
 *
 * One line per file: path, mark, MD5; tab-separated. The file is read when a hash is asked for the first time.
 */
export class HashCache {
  private readonly lines: PersistentLineCache;

  /** `folder` is that of caches; undefined = hashes are kept for this session only. */
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

  /** Lower-case hex; undefined when it isn't known. Never fails. */
  async find({ path: file, mark }: HashedFile): Promise<string | undefined> {
    await this.lines.load();
    const [known, md5 = ''] = this.lines.get(file)?.split('\t') ?? [];
    return known === mark && /^[0-9a-f]{32}$/.test(md5) ? md5 : undefined;
  }

  /** Keeps the MD5 of what was read from `readFromMs` on (milliseconds since 1970), unless the file was changed only just before. */
  store({ path: file, mark, modifiedMs }: HashedFile, md5: string, readFromMs: number): void {
    if (modifiedMs > readFromMs - settledAfterMs || /[\t\n\r]/.test(mark)) return;
    this.lines.set(file, `${mark}\t${md5}`);
  }

  /** Writes what is unwritten; waits for a write under way. Never fails. */
  save(): Promise<void> {
    return this.lines.save();
  }
}
