import type { Log } from '../../../base/log';
import type { FileEntry } from '../../../remote/entry';
import type { RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import type { ListingFacts } from '../listing/listedEntries';
import { isDirectoryBucket } from '../model/bucketNames';
import { entryOfFacts, etagIsMd5, type ObjectFacts } from '../model/objectInfo';
import { parseObjectPath } from '../model/objectKey';
import type { Copied } from '../objects/copying';
import { ModifiedTimeCache } from '../objects/modifiedTimeCache';
import type { Uploaded } from '../objects/upload';

/** Facts about the objects of all buckets that a listing lacks: modified times, and whether ETags are MD5s. */
export class BucketFacts {
  private readonly times = new Map<string, ModifiedTimeCache>();
  private readonly bucketsWithKms = new Set<string>();

  /** `cacheFolder` undefined = modified times are kept for this session only. */
  constructor(
    private readonly requests: S3Api,
    private readonly cacheFolder: string | undefined,
    private readonly log: Log,
  ) {}

  of(bucket: string): ListingFacts {
    const { bucketsWithKms } = this;
    const { serverSideEncryption } = this.requests.config;
    return {
      times: this.timesOf(bucket),
      get etagsAreNoMd5() {
        return (
          serverSideEncryption?.startsWith('aws:kms') === true ||
          bucketsWithKms.has(bucket) ||
          isDirectoryBucket(bucket)
        );
      },
    };
  }

  /** The entry of an object from a HEAD or GET, cached for later listings. */
  cacheRead(path: RemotePath, facts: ObjectFacts): FileEntry {
    const entry = entryOfFacts(path, facts);
    this.cacheEntry(facts, entry);
    return entry;
  }

  /** As `cacheRead`, with the entry of the facts. */
  cacheEntry(facts: ObjectFacts, entry: FileEntry): void {
    if (!etagIsMd5(facts)) this.bucketsWithKms.add(parseObjectPath(entry.path).bucket);
    this.cacheVersion(entry, facts.lastModifiedMs);
  }

  cacheCopy({ entry, lastModifiedMs }: Copied): FileEntry {
    if (!this.cacheVersion(entry, lastModifiedMs)) this.forget(entry.path);
    return entry;
  }

  /** Returns whether the entry has everything that the cache needs. */
  private cacheVersion(entry: FileEntry, serverModifiedMs: number | undefined): boolean {
    const { path, version: etag, modified, md5 } = entry;
    if (etag === undefined || serverModifiedMs === undefined || !modified) return false;
    const { bucket, key } = parseObjectPath(path);
    this.timesOf(bucket).cacheRead(key, { etag, serverModifiedMs }, { modified, ...(md5 && { md5 }) });
    return true;
  }

  cacheWrite({ entry, storedFromMs, storedToMs, encryptedWithKms }: Uploaded): FileEntry {
    const { path, version: etag, modified, md5 } = entry;
    const { bucket, key } = parseObjectPath(path);
    if (encryptedWithKms) this.bucketsWithKms.add(bucket);
    if (modified && etag !== undefined && storedFromMs !== undefined && storedToMs !== undefined) {
      const facts = { modified, ...(md5 && { md5 }) };
      this.timesOf(bucket).cacheWrite(key, etag, storedFromMs, storedToMs, facts);
    } else this.forget(path);
    return entry;
  }

  forget(path: RemotePath): void {
    const { bucket, key } = parseObjectPath(path);
    this.timesOf(bucket).forget(key);
  }

  /** Writes the modified times to disk. Never fails. */
  async save(): Promise<void> {
    await Promise.all([...this.times.values()].map((times) => times.save()));
  }

  private timesOf(bucket: string): ModifiedTimeCache {
    let times = this.times.get(bucket);
    if (!times) {
      const endpoint = this.requests.config.endpoint ?? 'aws';
      const file = ModifiedTimeCache.fileFor(this.cacheFolder, endpoint, bucket);
      times = new ModifiedTimeCache(file, this.log);
      this.times.set(bucket, times);
    }
    return times;
  }
}
