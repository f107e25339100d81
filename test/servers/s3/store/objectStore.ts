import { createHash, randomBytes } from 'node:crypto';
import type { ChecksumAlgorithm } from '../requests/checksums';
import { S3Error } from '../requests/s3Error';
import { SortedKeys } from './sortedKeys';

const EMPTY: Readonly<Record<string, string>> = Object.freeze({});

/** The facts of a new object besides its key. */
export interface ObjectFacts {
  body: Buffer | readonly Buffer[];
  /** The ETag without quotes; by default the MD5 of the body. */
  etag?: string | undefined;
  /** Milliseconds since 1970. */
  lastModified: number;
  /** Content-Type, Cache-Control and similar headers, names in lower case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** User metadata, names in lower case without `x-amz-meta-`. */
  metadata?: Readonly<Record<string, string>> | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
  storageClass?: string | undefined;
  /** `x-amz-server-side-encryption…` headers, which answers repeat. */
  encryption?: Readonly<Record<string, string>> | undefined;
  checksum?: StoredChecksum | undefined;
  /** Sizes of the parts of a multipart upload. */
  partSizes?: readonly number[] | undefined;
}

/** The facts of a new object that come from its request's headers. */
export type FactsOfRequest = {
  [Name in 'headers' | 'metadata' | 'tags' | 'storageClass' | 'encryption']: NonNullable<ObjectFacts[Name]>;
};

/** The checksum of an object. */
export interface StoredChecksum {
  algorithm: ChecksumAlgorithm;
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** One stored object, or one version of it. */
export class StoredObject {
  readonly deleteMarker = false;
  readonly size: number;
  readonly etag: string;
  lastModified: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly encryption: Readonly<Record<string, string>>;
  readonly checksum: StoredChecksum | undefined;
  readonly partSizes: readonly number[] | undefined;
  /** When a restored archived object can be read, in milliseconds since 1970. */
  restored: { from: number; until: number } | undefined = undefined;
  versionId = 'null';
  private readonly data: Buffer | readonly Buffer[];

  constructor(
    readonly key: string,
    facts: ObjectFacts,
  ) {
    this.data = facts.body;
    this.size = Buffer.isBuffer(facts.body) ? facts.body.length : sizeOf(facts.body);
    this.etag = facts.etag ?? md5(this.chunks).toString('hex');
    this.lastModified = facts.lastModified;
    this.headers = facts.headers ?? EMPTY;
    this.metadata = facts.metadata ?? EMPTY;
    this.tags = facts.tags ?? EMPTY;
    this.storageClass = facts.storageClass ?? 'STANDARD';
    this.encryption = facts.encryption ?? EMPTY;
    this.checksum = facts.checksum;
    this.partSizes = facts.partSizes;
  }

  /** The content, in pieces as it arrived. */
  get chunks(): readonly Buffer[] {
    return Buffer.isBuffer(this.data) ? [this.data] : this.data;
  }

  /** The whole content in one Buffer. */
  get body(): Buffer {
    return Buffer.isBuffer(this.data) ? this.data : Buffer.concat(this.data);
  }

  /** The content as UTF-8 text. */
  get text(): string {
    return this.body.toString('utf8');
  }

  get contentType(): string {
    return this.headers['content-type'] ?? 'binary/octet-stream';
  }
}

/** The trace of a DELETE in a versioned bucket. */
export interface DeleteMarker {
  readonly deleteMarker: true;
  readonly key: string;
  readonly lastModified: number;
  versionId: string;
}

export type Version = StoredObject | DeleteMarker;

/** A bucket: the current objects in key order and, after versioning was enabled, all versions. */
export class Bucket {
  readonly keys = new SortedKeys();
  private readonly objects = new Map<string, StoredObject>();
  /** Newest first, per key. Stays empty until versioning is enabled for the first time. */
  private readonly history = new Map<string, Version[]>();
  readonly historyKeys = new SortedKeys();
  private versioningStatus: 'Enabled' | 'Suspended' | undefined;
  /** Behave like a store on a file system: no object in the place of a folder or below another object, with VersityGW's codes. */
  likeFiles = false;
  /**
   * Behave like SeaweedFS (4.53): a PUT creates the folders above its key, and they stay when the object goes. The conditions of
   * writes take a folder for an object, and HEAD shows it under its name with a slash; listings without a delimiter do not.
   */
  keepsFolders = false;
  /** Without a slash at the end. */
  private readonly folders = new Set<string>();
  /** The default encryption; with `aws:kms` an ETag looks like an MD5 but is not the content's. */
  defaultEncryption: 'AES256' | 'aws:kms' | undefined;

  constructor(
    readonly name: string,
    /** The location constraint; empty for us-east-1, as in S3. */
    readonly location: string,
    readonly created: number,
  ) {}

  get versioning(): 'Enabled' | 'Suspended' | undefined {
    return this.versioningStatus;
  }

  set versioning(status: 'Enabled' | 'Suspended' | undefined) {
    if (this.versioningStatus === undefined && status !== undefined) {
      for (const object of this.objects.values()) this.remember(object);
    }
    this.versioningStatus = status;
  }

  get isEmpty(): boolean {
    return this.objects.size === 0 && this.history.size === 0;
  }

  /** The current object of a key; undefined for a missing object and behind a delete marker. */
  current(key: string): StoredObject | undefined {
    return this.objects.get(key);
  }

  /** The object that a bucket with `keepsFolders` shows for a folder: the object of its name, or an empty one. */
  folder(path: string): StoredObject | undefined {
    const name = path.replace(/\/$/, '');
    if (!this.folders.has(name)) return undefined;
    const headers = { 'content-type': 'application/x-directory' };
    return (
      this.objects.get(name) ??
      new StoredObject(name, {
        body: [],
        etag: `${md5([]).toString('hex')}-0`,
        headers,
        lastModified: this.created,
      })
    );
  }

  /** All versions of a key, newest first. */
  versions(key: string): readonly Version[] {
    const current = this.objects.get(key);
    return this.history.get(key) ?? (current === undefined ? [] : [current]);
  }

  /** Stores the object as the current one, with a version id in a versioned bucket. */
  put(object: StoredObject): void {
    if (this.likeFiles) this.checkRoom(object.key);
    if (this.keepsFolders) for (const folder of foldersAbove(object.key)) this.folders.add(folder);
    if (this.versioningStatus !== undefined) {
      object.versionId = this.versioningStatus === 'Enabled' ? newVersionId() : 'null';
      this.remember(object);
    }
    if (!this.objects.has(object.key)) this.keys.add(object.key);
    this.objects.set(object.key, object);
  }

  private checkRoom(key: string): void {
    for (const folder of foldersAbove(key))
      if (this.objects.has(folder))
        throw new S3Error('ObjectParentIsFile', 'Object parent already exists as a file.');
    for (const other of this.objects.keys())
      if (other.startsWith(`${key}/`))
        throw new S3Error('ExistingObjectIsDirectory', 'Existing Object is a directory.');
  }

  /** Stores many objects as `put` does, but sorts their keys only once. */
  putMany(objects: readonly StoredObject[]): void {
    if (this.versioningStatus !== undefined) {
      for (const object of objects) this.put(object);
      return;
    }
    for (const object of objects) this.objects.set(object.key, object);
    this.keys.addMany(objects.map((object) => object.key));
  }

  /** Removes the current object, or hides it behind a delete marker. @returns the marker */
  delete(key: string, now: number): DeleteMarker | undefined {
    const removed = this.objects.delete(key);
    if (removed) this.keys.delete(key);
    if (key.endsWith('/') && ![...this.objects.keys()].some((other) => other.startsWith(key)))
      this.folders.delete(key.slice(0, -1));
    if (this.versioningStatus === undefined) return undefined;
    const versionId = this.versioningStatus === 'Enabled' ? newVersionId() : 'null';
    const marker: DeleteMarker = { deleteMarker: true, key, lastModified: now, versionId };
    this.remember(marker);
    return marker;
  }

  /** Deletes one version permanently. @returns the version; undefined for an unknown id */
  deleteVersion(key: string, versionId: string): Version | undefined {
    const versions = this.versions(key);
    const version = versions.find((v) => v.versionId === versionId);
    if (version === undefined) return undefined;
    const left = versions.filter((v) => v !== version);
    if (this.history.has(key)) {
      if (left.length > 0) this.history.set(key, left);
      else {
        this.history.delete(key);
        this.historyKeys.delete(key);
      }
    }
    const newest = left[0];
    if (newest !== undefined && !newest.deleteMarker) {
      if (!this.objects.has(key)) this.keys.add(key);
      this.objects.set(key, newest);
    } else if (this.objects.delete(key)) {
      this.keys.delete(key);
    }
    return version;
  }

  private remember(version: Version): void {
    const earlier = this.history.get(version.key);
    if (earlier === undefined) {
      this.history.set(version.key, [version]);
      this.historyKeys.add(version.key);
      return;
    }
    // A bucket has at most one version "null" of a key; a write replaces it.
    const kept = version.versionId === 'null' ? earlier.filter((v) => v.versionId !== 'null') : earlier;
    this.history.set(version.key, [version, ...kept]);
  }
}

/** The facts of an object that a test puts directly into the store. */
export interface PutOptions {
  metadata?: Record<string, string>;
  /** Milliseconds since 1970 or a Date; by default the server's clock. */
  lastModified?: number | Date;
  contentType?: string;
  /** Further system headers, names in lower case, such as `cache-control`. */
  headers?: Record<string, string>;
  storageClass?: string;
  tags?: Record<string, string>;
}

/** All buckets, with direct access for tests in the same process: no request, no signature, no log line. */
export class ObjectStore {
  private readonly byName = new Map<string, Bucket>();

  /** @param now the server's clock, milliseconds since 1970 */
  constructor(private readonly now: () => number) {}

  /** Buckets sorted by name. */
  get buckets(): Bucket[] {
    return [...this.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Creates a bucket; returns an existing bucket unchanged. */
  createBucket(name: string, options: { location?: string; versioning?: boolean } = {}): Bucket {
    const existing = this.byName.get(name);
    if (existing) return existing;
    const bucket = new Bucket(name, options.location ?? '', this.now());
    if (options.versioning) bucket.versioning = 'Enabled';
    this.byName.set(name, bucket);
    return bucket;
  }

  /** Removes a bucket with its content. */
  deleteBucket(name: string): void {
    this.byName.delete(name);
  }

  /** The bucket, or undefined. */
  findBucket(name: string): Bucket | undefined {
    return this.byName.get(name);
  }

  /** The bucket; throws S3Error NoSuchBucket. */
  bucket(name: string): Bucket {
    const bucket = this.byName.get(name);
    if (bucket === undefined)
      throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
    return bucket;
  }

  /** Puts an object into an existing bucket. */
  put(
    bucket: string,
    key: string,
    body: Buffer | readonly Buffer[] | string,
    options: PutOptions = {},
  ): StoredObject {
    const object = new StoredObject(key, {
      body: typeof body === 'string' ? Buffer.from(body) : body,
      lastModified: options.lastModified === undefined ? this.now() : Number(options.lastModified),
      headers: {
        ...options.headers,
        ...(options.contentType === undefined ? {} : { 'content-type': options.contentType }),
      },
      metadata: options.metadata,
      tags: options.tags,
      storageClass: options.storageClass,
    });
    this.bucket(bucket).put(object);
    return object;
  }

  /** The current object, or undefined. */
  get(bucket: string, key: string): StoredObject | undefined {
    return this.bucket(bucket).current(key);
  }

  /** Deletes as a DELETE request would; does nothing for a missing object. */
  delete(bucket: string, key: string): void {
    this.bucket(bucket).delete(key, this.now());
  }

  /** All current keys in UTF-8 byte order. */
  keys(bucket: string): string[] {
    return [...this.bucket(bucket).keys];
  }

  /**
   * Fills an existing bucket with `count` objects, made in the order of their index.
   * Consecutive bodies that are the same Buffer are hashed only once.
   */
  fillMany(
    bucket: string,
    count: number,
    makeKey: (index: number) => string,
    makeBody: (index: number) => Buffer | string = () => 'x',
  ): void {
    const target = this.bucket(bucket);
    const lastModified = this.now();
    let before: Buffer | string | undefined;
    let body: Buffer = Buffer.alloc(0);
    let etag = '';
    const objects: StoredObject[] = [];
    for (let index = 0; index < count; index++) {
      const made = makeBody(index);
      if (made !== before) {
        before = made;
        body = typeof made === 'string' ? Buffer.from(made) : made;
        etag = md5([body]).toString('hex');
      }
      objects.push(new StoredObject(makeKey(index), { body, etag, lastModified }));
    }
    target.putMany(objects);
  }
}

/** The total size of the pieces, in bytes. */
export function sizeOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** The MD5 of the concatenated pieces. */
export function md5(chunks: readonly Buffer[]): Buffer {
  const hash = createHash('md5');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}

/** The folders above a key, the deepest first, without a slash at the end. */
function* foldersAbove(key: string): Iterable<string> {
  for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) yield key.slice(0, at);
}

function newVersionId(): string {
  return randomBytes(24).toString('base64url');
}
