import { createHash } from 'node:crypto';
import path from 'node:path';
import { PersistentLineCache } from '../../../base/lineCache';
import type { Log } from '../../../base/log';
import type { Instant } from '../../../remote/modifiedTime';

/** Facts of a HEAD that a listing doesn't have. */
export interface StoredFacts {
  readonly modified: Instant;
  readonly md5?: string;
}

/** Identifies the version of an object by the fields that a listing has. */
export interface ObjectVersion {
  /** ETag without quotes. */
  readonly etag: string;
  /** LastModified in milliseconds since the epoch. */
  readonly serverModifiedMs: number;
}

const header = 'cloud-remotes stored times 1';
/** Per bucket; a full cache drops the oldest entries. A full file takes about 40 MB of memory. */
const defaultMaxEntries = 1_000_000;
/** Replaces an MD5 that equals the ETag, as for nearly every object that was not uploaded in parts. */
const sameAsEtag = '=';

/**
 * Caches the modified times of a bucket's objects between sessions, so a sync without changes needs no HEAD (H29): a listing doesn't have
 * `X-Amz-Meta-Mtime`. An entry is valid while ETag and LastModified of the listing match it. Losing the file costs only HEADs.
 *
 * One line per object: key, etag, earliest and latest LastModified (ms), seconds and nanoseconds of the time, md5; tab-separated.
 */
export class ModifiedTimeCache {
  private readonly lines: PersistentLineCache;

  /** `file` undefined = entries are kept for this session only. */
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

  /** The file for a bucket of an endpoint. Its name reveals neither. */
  static fileFor(folder: string | undefined, endpoint: string, bucket: string): string | undefined {
    if (folder === undefined) return undefined;
    const name = createHash('sha256').update(`${endpoint}\n${bucket}`).digest('hex').slice(0, 32);
    return path.join(folder, `s3-${name}.times`);
  }

  /** Reads the file, unless it is the one that was read or written last. Await it before `find`. Never fails. */
  load(): Promise<void> {
    return this.lines.load();
  }

  /** The facts of the object that a listing shows in this version. */
  find(key: string, version: ObjectVersion): StoredFacts | undefined {
    const { etag, serverModifiedMs } = version;
    const line = this.lines.get(key);
    if (!line?.startsWith(etag) || line[etag.length] !== '\t') return undefined;
    const [from, to, s, ns, md5] = line.slice(etag.length + 1).split('\t');
    if (serverModifiedMs < Number(from) || serverModifiedMs > Number(to)) return undefined;
    const modified = { s: Number(s), ns: Number(ns) };
    return md5 ? { modified, md5: md5 === sameAsEtag ? etag : md5 } : { modified };
  }

  /** Caches the facts of a HEAD. Its LastModified has whole seconds where a listing may have milliseconds. */
  cacheRead(key: string, version: ObjectVersion, facts: StoredFacts): void {
    const from = Math.floor(version.serverModifiedMs / 1000) * 1000;
    this.put(key, version.etag, from, from + 999, facts);
  }

  /** Caches the facts of our own write, whose LastModified is between `fromMs` and `toMs` by the clock of the service. */
  cacheWrite(key: string, etag: string, fromMs: number, toMs: number, facts: StoredFacts): void {
    this.put(key, etag, Math.floor(fromMs), Math.ceil(toMs), facts);
  }

  forget(key: string): void {
    this.lines.delete(key);
  }

  get size(): number {
    return this.lines.size;
  }

  /** Writes pending entries and waits for a running write. Never fails. */
  save(): Promise<void> {
    return this.lines.save();
  }

  private put(key: string, etag: string, from: number, to: number, facts: StoredFacts): void {
    if (/[\t\n\r]|[^\0-\xff]/.test(etag)) return;
    const { modified, md5 } = facts;
    const stored = md5 === etag ? sameAsEtag : (md5 ?? '');
    this.lines.set(key, `${etag}\t${from}\t${to}\t${modified.s}\t${modified.ns}\t${stored}`);
  }
}
