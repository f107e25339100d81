import { createHash } from 'node:crypto';
import path from 'node:path';
import { PersistentLineCache } from '../../../base/lineCache';
import type { Log } from '../../../base/log';
import type { Instant } from '../../../remote/modifiedTime';

/** What a HEAD told about an object besides what a listing tells. */
export interface StoredFacts {
  readonly modified: Instant;
  readonly md5?: string;
}

/** The marks by which a listing shows that an object is still the one that was looked at. */
export interface ObjectVersion {
  /** ETag without quotes. */
  readonly etag: string;
  /** LastModified in milliseconds since the epoch. */
  readonly serverModifiedMs: number;
}

const header = 'cloud-remotes stored times 1';
/** Most objects kept per bucket; the ones learned first are dropped first. About 250 MB of memory when full. */
const defaultMaxEntries = 1_000_000;
/** Stands for the MD5 of nearly every object that was sent in one piece. */
const sameAsEtag = '=';

/**
 * Modified times of a bucket's objects, kept between sessions, so that a sync in which nothing changed needs no HEAD
 * (sync-semantics H29). A listing doesn't tell `X-Amz-Meta-Mtime`; these facts are used only while ETag and LastModified of
 * the listing agree with them. Losing the file, or a part of it, costs HEADs and nothing else.
 *
 * One line per object: key, etag, earliest and latest LastModified (ms), seconds and nanoseconds of the time, md5; tab-separated.
 */
export class ModifiedTimeCache {
  private readonly lines: PersistentLineCache;

  /** `file` undefined = facts are kept for this session only. */
  constructor(file: string | undefined, log: Log, maxEntries = defaultMaxEntries) {
    this.lines = new PersistentLineCache({
      file,
      header,
      what: 'The cache of modified times',
      tag: 'list',
      log,
      maxEntries,
    });
  }

  /** The file for a bucket of an endpoint in `folder`; its name tells nothing about either. */
  static fileFor(folder: string | undefined, endpoint: string, bucket: string): string | undefined {
    if (folder === undefined) return undefined;
    const name = createHash('sha256').update(`${endpoint}\n${bucket}`).digest('hex').slice(0, 32);
    return path.join(folder, `s3-${name}.times`);
  }

  /** Reads the file unless that was done. To be awaited before `find`. Never fails. */
  load(): Promise<void> {
    return this.lines.load();
  }

  /** What is known of the object that a listing shows with these marks. */
  find(key: string, marks: ObjectVersion): StoredFacts | undefined {
    const line = this.lines.get(key);
    if (!line) return undefined;
    const [etag, from, to, s, ns, md5] = line.split('\t');
    if (etag !== marks.etag) return undefined;
    if (marks.serverModifiedMs < Number(from) || marks.serverModifiedMs > Number(to)) return undefined;
    const modified = { s: Number(s), ns: Number(ns) };
    return md5 ? { modified, md5: md5 === sameAsEtag ? etag : md5 } : { modified };
  }

  /** Remembers what a HEAD told. Its LastModified has whole seconds where a listing may have milliseconds. */
  remember(key: string, marks: ObjectVersion, facts: StoredFacts): void {
    const from = Math.floor(marks.serverModifiedMs / 1000) * 1000;
    this.put(key, marks.etag, from, from + 999, facts);
  }

  /**
   * Remembers what we wrote ourselves. The answer doesn't tell LastModified; it lies between `fromMs` and `toMs` by
   * the service's clock.
   */
  rememberWritten(key: string, etag: string, fromMs: number, toMs: number, facts: StoredFacts): void {
    this.put(key, etag, Math.floor(fromMs), Math.ceil(toMs), facts);
  }

  forget(key: string): void {
    this.lines.delete(key);
  }

  get size(): number {
    return this.lines.size;
  }

  /** Writes what is unwritten; waits for a write under way. Never fails. */
  save(): Promise<void> {
    return this.lines.save();
  }

  private put(key: string, etag: string, from: number, to: number, facts: StoredFacts): void {
    if (/[\t\n\r]/.test(etag)) return;
    const { modified, md5 } = facts;
    const stored = md5 === etag ? sameAsEtag : (md5 ?? '');
    this.lines.set(key, `${etag}\t${from}\t${to}\t${modified.s}\t${modified.ns}\t${stored}`);
  }
}
