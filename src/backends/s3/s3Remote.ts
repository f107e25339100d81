import type { Capabilities } from '../../remote/capabilities';
import type { Entry, FileEntry } from '../../remote/entry';
import { type Instant, instantFromMs } from '../../remote/modifiedTime';
import { pagesByCursor, RetryablePages } from '../../remote/pages';
import type {
  ByteSource,
  FileFacts,
  ListOptions,
  Precondition,
  ReadOptions,
  ReadResult,
  RecursiveListOptions,
  Remote,
  RemoteFeatures,
  WholeContent,
} from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { comparePaths, type RemotePath, rootPath } from '../../remote/remotePath';
import { removingCopied } from '../../remote/removeCopied';
import type { BackendHost } from '../backend';
import { BucketVersioning } from './buckets/versioning';
import { S3WholeBuckets } from './buckets/wholeBuckets';
import { type S3Config, serverSideCopyGroupOf, storageIdOf } from './config/s3Config';
import type { S3Connection } from './http/connection';
import { S3Api } from './http/s3Api';
import { isDirectoryBucket } from './model/bucketNames';
import { entryOfFacts, etagIsMd5, type ObjectFacts } from './model/objectInfo';
import { parseFilePath, parseObjectPath } from './model/objectKey';
import { type Copied, copyObject } from './objects/copying';
import { removeObject, removeObjects } from './objects/deleting';
import { checkBucket, makeFolder, removeFolder, removeMarker } from './objects/folders';
import { type BucketKnowledge, listBelow, listFolder } from './objects/listing';
import { isImpliedFolder, lookByListing } from './objects/lookup';
import { ModifiedTimeCache } from './objects/modifiedTimeCache';
import { createBucket, propertiesOf, shareLink } from './objects/properties';
import { readObject, readWholeObject } from './objects/reading';
import { uploadFile } from './objects/upload';

/** 10,000 parts of 5 GiB. */
const maxFileSize = 10_000 * 5 * 1024 ** 3;

/** Buckets and their objects as a Remote. Makes no request until asked; see s3Backend.ts. */
export class S3Remote implements Remote {
  readonly capabilities: Capabilities;
  readonly features: RemoteFeatures;
  readonly requests: S3Api;
  private readonly times = new Map<string, ModifiedTimeCache>();
  private readonly versioning: BucketVersioning;
  private readonly bucketsWithKms = new Set<string>();

  constructor(
    private readonly config: S3Config,
    private readonly host: BackendHost,
    private readonly connection: S3Connection,
  ) {
    const requests = new S3Api(config, connection);
    this.requests = requests;
    this.capabilities = {
      timePrecisionNs: 1,
      listsModified: false,
      hash: 'md5',
      // 1,024 bytes of key after a bucket of at most 63 and a slash; uploads check the key itself.
      names: { caseSensitive: true, foldsUnicode: false, forbids: 'nothing', maxPathBytes: 1024 + 64 },
      maxFileSize,
      preconditions: config.conditionalWrites === 'enforced' ? 'atomic' : 'checkThenAct',
      hasDirectories: false,
      get oneKindPerName() {
        return config.fileSystem || requests.sawFileSystem;
      },
      keepsAttributes: true,
      storageId: storageIdOf(config),
      ...(config.credentials !== 'anonymous' && { serverSideCopyGroup: serverSideCopyGroupOf(config) }),
    };
    this.versioning = new BucketVersioning(this.requests, host.clock);
    this.features = {
      versionKeeping: (path, signal) => this.versioning.of(parseObjectPath(path).bucket, signal),
      wholeBuckets: new S3WholeBuckets(this.requests, this.versioning, (bucket) =>
        this.versioning.forget(bucket),
      ),
      shareLink: (path, seconds, signal) => shareLink(this.requests, path, seconds, signal),
      properties: (path, signal) => propertiesOf(this.requests, path, signal),
      createBucket: (name, location, signal) => {
        this.versioning.forget(name);
        return createBucket(this.requests, name, location, signal);
      },
    };
  }

  list(folder: RemotePath, options: ListOptions, signal: AbortSignal): AsyncIterable<readonly Entry[]> {
    if (folder === rootPath) return this.listBuckets(options, signal);
    return listFolder(
      this.requests,
      folder,
      options,
      this.bucketFacts(parseObjectPath(folder).bucket),
      signal,
    );
  }

  listRecursive(
    folder: RemotePath,
    _options: RecursiveListOptions,
    signal: AbortSignal,
  ): AsyncIterable<readonly Entry[]> {
    const listBucket = (path: RemotePath) => {
      const { bucket } = parseObjectPath(path);
      const unordered = this.config.listOrder === 'unordered' || isDirectoryBucket(bucket);
      return listBelow(this.requests, path, this.bucketFacts(bucket), unordered, signal);
    };
    if (folder !== rootPath) return listBucket(folder);
    let buckets: RemotePath[] | undefined;
    let current: RetryablePages<readonly Entry[]> | undefined;
    return new RetryablePages<readonly Entry[]>(async () => {
      if (!buckets) {
        const found: RemotePath[] = [];
        for await (const page of this.listBuckets({}, signal))
          for (const entry of page) if (entry.kind === 'folder') found.push(entry.path);
        // As whole paths sort: a bucket's name is always followed by a slash in them.
        buckets = found.sort((a, b) => comparePaths(`${a}/`, `${b}/`));
      }
      for (;;) {
        const bucket: RemotePath | undefined = buckets[0];
        if (bucket === undefined) return { done: true, value: undefined };
        current ??= listBucket(bucket);
        const page = await current.next();
        if (!page.done) return page;
        buckets.shift();
        current = undefined;
      }
    });
  }

  async stat(path: RemotePath, signal: AbortSignal): Promise<Entry> {
    signal.throwIfAborted();
    const { bucket, key } = parseObjectPath(path);
    if (bucket === '') return { kind: 'folder', path };
    if (key === '') {
      await checkBucket(this.requests, bucket, signal);
      return { kind: 'folder', path, role: 'bucket' };
    }
    try {
      return this.cacheFacts(path, await this.requests.head(parseFilePath(path), signal));
    } catch (error) {
      if (isRemoteError(error, 'forbidden')) {
        const found = await lookByListing(this.requests, path, error, signal);
        return found === 'folder' ? { kind: 'folder', path } : entryOfFacts(path, found);
      }
      if (!isRemoteError(error, 'notFound') || !(await this.isFolder(path, signal))) throw error;
      return { kind: 'folder', path };
    }
  }

  /** Where nothing may be listed, there is none as far as anyone can tell. */
  private async isFolder(path: RemotePath, signal: AbortSignal): Promise<boolean> {
    try {
      return await isImpliedFolder(this.requests, path, signal);
    } catch (error) {
      if (isRemoteError(error, 'forbidden')) return false;
      throw error;
    }
  }

  async read(path: RemotePath, options: ReadOptions, signal: AbortSignal): Promise<ReadResult> {
    signal.throwIfAborted();
    return readObject(this.requests, path, options, (facts) => void this.cacheFacts(path, facts), signal);
  }

  async readToBuffer(file: FileEntry, signal: AbortSignal): Promise<WholeContent> {
    signal.throwIfAborted();
    return readWholeObject(this.requests, file, (facts) => void this.cacheFacts(file.path, facts), signal);
  }

  async write(
    path: RemotePath,
    body: ByteSource,
    facts: FileFacts,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    const { entry, storedFromMs, storedToMs, encryptedWithKms } = await uploadFile(
      this.requests,
      this.host,
      path,
      body,
      facts,
      precondition,
      signal,
    );
    const { bucket, key } = parseObjectPath(path);
    if (encryptedWithKms) this.bucketsWithKms.add(bucket);
    const times = this.timesOf(bucket);
    if (
      entry.modified &&
      entry.version !== undefined &&
      storedFromMs !== undefined &&
      storedToMs !== undefined
    )
      times.rememberWritten(key, entry.version, storedFromMs, storedToMs, {
        modified: entry.modified,
        ...(entry.md5 && { md5: entry.md5 }),
      });
    else times.forget(key);
    return entry;
  }

  async removeFile(path: RemotePath, precondition: Precondition, signal: AbortSignal): Promise<void> {
    await removeObject(this.requests, path, precondition, signal);
    this.forget(path);
  }

  async removeFiles(
    paths: readonly RemotePath[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RemotePath, Error>> {
    const failures = await removeObjects(this.requests, paths, signal);
    for (const path of paths) if (!failures.has(path)) this.forget(path);
    return failures;
  }

  makeFolder(path: RemotePath, signal: AbortSignal): Promise<void> {
    return makeFolder(this.requests, path, signal);
  }

  removeFolder(path: RemotePath, signal: AbortSignal): Promise<void> {
    this.versioning.forget(path);
    return removeFolder(this.requests, path, signal);
  }

  removeFolderMark(folder: RemotePath, signal: AbortSignal): Promise<void> {
    return removeMarker(this.requests, folder, signal);
  }

  async serverSideCopy(
    source: FileEntry,
    to: RemotePath,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    signal.throwIfAborted();
    if (source.path === to) throw new RemoteError('unsupported', `"${to}" can't be copied onto itself.`);
    const copied = await copyObject(this.requests, this.host, source, to, precondition, {}, signal);
    this.cacheCopy(copied);
    return copied.entry;
  }

  /** Copies what another remote on this service shows; `capabilities.serverSideCopyGroup` tells which those are. */
  async serverSideCopyFrom(
    source: FileEntry,
    to: RemotePath,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    signal.throwIfAborted();
    if (source.path === to) throw new RemoteError('unsupported', `"${to}" can't be copied onto itself.`);
    const copied = await copyObject(
      this.requests,
      this.host,
      source,
      to,
      precondition,
      { ownClass: true },
      signal,
    );
    this.cacheCopy(copied);
    return copied.entry;
  }

  /** Copies, looks that the copy is whole, and only then removes the source, if it is still what was copied. */
  async serverSideMove(
    source: FileEntry,
    to: RemotePath,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    const copied = await this.serverSideCopy(source, to, precondition, signal);
    const there = await this.requests.head(parseFilePath(to), signal);
    if (there.size !== source.size || (copied.version !== undefined && there.etag !== copied.version))
      throw new RemoteError('corrupted', `"${to}" is not what was copied there; "${source.path}" was kept.`);
    await removingCopied(source.path, () =>
      this.removeFile(source.path, { kind: 'ifMatch', entry: source }, signal),
    );
    return this.cacheFacts(to, there);
  }

  async setModifiedTime(file: FileEntry, time: Instant, signal: AbortSignal): Promise<FileEntry> {
    signal.throwIfAborted();
    const precondition: Precondition = { kind: 'ifMatch', entry: file };
    const changed = await copyObject(
      this.requests,
      this.host,
      file,
      file.path,
      precondition,
      { modified: time },
      signal,
    );
    this.cacheCopy(changed);
    return changed.entry;
  }

  /** Writes what is known of modified times and ends connections. */
  async close(): Promise<void> {
    await Promise.all([...this.times.values()].map((times) => times.save()));
    this.connection.close();
  }

  private listBuckets({ namePrefix = '', pageSize }: ListOptions, signal: AbortSignal) {
    const root = parseObjectPath(this.config.root).bucket;
    return pagesByCursor<readonly Entry[], string>(async (token) => {
      signal.throwIfAborted();
      if (root !== '')
        return {
          value: root.startsWith(namePrefix)
            ? [{ kind: 'folder', path: root as RemotePath, role: 'bucket' }]
            : [],
        };
      const answer = await this.requests.run({}, signal, ({ client, sdk }) =>
        client.send(
          new sdk.ListBucketsCommand({
            ...(token === undefined ? {} : { ContinuationToken: token }),
            // Asking for pages is an addition of AWS; elsewhere all come at once.
            ...(pageSize !== undefined && this.config.endpoint === undefined ? { MaxBuckets: pageSize } : {}),
          }),
          { abortSignal: signal },
        ),
      );
      if (token !== undefined && answer.ContinuationToken === token)
        throw new RemoteError('corrupted', 'The service lists its buckets in a circle.');
      const entries: Entry[] = [];
      for (const { Name = '', CreationDate } of answer.Buckets ?? [])
        if (Name !== '' && Name.startsWith(namePrefix))
          entries.push({
            kind: 'folder',
            path: Name as RemotePath,
            role: 'bucket',
            ...(CreationDate && { modified: instantFromMs(CreationDate.getTime()) }),
          });
      return { value: entries, next: answer.ContinuationToken };
    });
  }

  /** The entry that `facts` show, remembered for later listings. */
  private cacheFacts(path: RemotePath, facts: ObjectFacts): FileEntry {
    const entry = entryOfFacts(path, facts);
    const { bucket, key } = parseObjectPath(path);
    if (!etagIsMd5(facts)) this.bucketsWithKms.add(bucket);
    if (facts.etag !== undefined && facts.lastModifiedMs !== undefined && entry.modified)
      this.timesOf(bucket).remember(
        key,
        { etag: facts.etag, serverModifiedMs: facts.lastModifiedMs },
        { modified: entry.modified, ...(entry.md5 && { md5: entry.md5 }) },
      );
    return entry;
  }

  private cacheCopy({ entry, lastModifiedMs }: Copied): void {
    const { bucket, key } = parseObjectPath(entry.path);
    if (entry.version !== undefined && lastModifiedMs !== undefined && entry.modified)
      this.timesOf(bucket).remember(
        key,
        { etag: entry.version, serverModifiedMs: lastModifiedMs },
        { modified: entry.modified, ...(entry.md5 && { md5: entry.md5 }) },
      );
    else this.forget(entry.path);
  }

  private forget(path: RemotePath): void {
    const { bucket, key } = parseObjectPath(path);
    this.timesOf(bucket).forget(key);
  }

  private bucketFacts(bucket: string): BucketKnowledge {
    const { config, bucketsWithKms } = this;
    return {
      times: this.timesOf(bucket),
      get etagsAreNoMd5() {
        return (
          config.serverSideEncryption?.startsWith('aws:kms') === true ||
          bucketsWithKms.has(bucket) ||
          isDirectoryBucket(bucket)
        );
      },
    };
  }

  private timesOf(bucket: string): ModifiedTimeCache {
    let times = this.times.get(bucket);
    if (!times) {
      const endpoint = this.config.endpoint ?? 'aws';
      times = new ModifiedTimeCache(
        ModifiedTimeCache.fileFor(this.host.cacheFolder, endpoint, bucket),
        this.host.log,
      );
      this.times.set(bucket, times);
    }
    return times;
  }
}
