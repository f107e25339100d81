import type { Capabilities } from '../../remote/capabilities';
import type { Entry, FileEntry } from '../../remote/entry';
import { RetryablePages } from '../../remote/pages';
import type { Precondition, Remote, RemoteFeatures } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { type RemotePath, rootPath } from '../../remote/remotePath';
import { removingCopied } from '../../remote/removeCopied';
import type { BackendHost } from '../backend';
import { BucketFacts } from './buckets/bucketFacts';
import { createBucket, listBuckets, sortedBuckets } from './buckets/bucketList';
import { BucketVersioning } from './buckets/versioning';
import { S3WholeBuckets } from './buckets/wholeBuckets';
import { type S3Config, serverSideCopyGroupOf, storageIdOf } from './config/s3Config';
import type { S3Connection } from './http/connection';
import { S3Api } from './http/s3Api';
import { listBelow } from './listing/deepListing';
import { listFolder } from './listing/folderListing';
import { isDirectoryBucket } from './model/bucketNames';
import { entryOfFacts, type ObjectFacts } from './model/objectInfo';
import { parseFilePath, parseObjectPath } from './model/objectKey';
import { type CopyOptions, copyObject } from './objects/copying';
import { removeObject, removeObjects } from './objects/deleting';
import { checkBucket, makeFolder, removeFolder, removeMarker } from './objects/folders';
import { isImpliedFolder, statByListing } from './objects/lookup';
import { recordedUpload } from './objects/multipart/openUpload';
import { discardUpload } from './objects/multipartUpload';
import { propertiesOf, shareLink } from './objects/properties';
import { readObject, readObjectInto, readWholeObject } from './objects/reading';
import { uploadFile } from './objects/upload';

/** 10,000 parts of 5 GiB. */
const maxFileSize = 10_000 * 5 * 1024 ** 3;

/** The methods of a Remote, optional ones included. */
type Methods = Required<Remote>;

/** Buckets and their objects as a Remote. The constructor makes no requests; see s3Backend.ts. */
export class S3Remote implements Remote {
  readonly capabilities: Capabilities;
  readonly features: RemoteFeatures;
  readonly requests: S3Api;
  private readonly facts: BucketFacts;
  private readonly versioning: BucketVersioning;

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
      manyClients: true,
      readsRanges: { atOnce: config.concurrency, checkLess: config.checksums === 'whenSupported' },
      storageId: storageIdOf(config),
      ...(config.credentials !== 'anonymous' && { serverSideCopyGroup: serverSideCopyGroupOf(config) }),
    };
    this.facts = new BucketFacts(requests, host.cacheFolder, host.log);
    this.versioning = new BucketVersioning(requests, host.clock);
    this.features = {
      versionKeeping: (path, signal) => this.versioning.of(parseObjectPath(path).bucket, signal),
      wholeBuckets: new S3WholeBuckets(requests, this.versioning),
      shareLink: (path, seconds, signal) => shareLink(requests, path, seconds, signal),
      properties: (path, signal) => propertiesOf(requests, path, signal),
      createBucket: (name, location, signal) => {
        this.versioning.forget(name);
        return createBucket(requests, name, location, signal);
      },
    };
  }

  readonly list: Methods['list'] = (folder, options, signal) => {
    if (folder === rootPath) return listBuckets(this.requests, options, signal);
    const { bucket } = parseObjectPath(folder);
    return listFolder(this.requests, folder, options, this.facts.of(bucket), signal);
  };

  readonly listRecursive: Methods['listRecursive'] = (folder, _options, signal) => {
    const listBucket = (path: RemotePath) => {
      const { bucket } = parseObjectPath(path);
      const unordered = this.config.listOrder === 'unordered' || isDirectoryBucket(bucket);
      return listBelow(this.requests, path, this.facts.of(bucket), unordered, signal);
    };
    if (folder !== rootPath) return listBucket(folder);
    let buckets: RemotePath[] | undefined;
    let current: RetryablePages<readonly Entry[]> | undefined;
    return new RetryablePages<readonly Entry[]>(async () => {
      buckets ??= await sortedBuckets(this.requests, signal);
      for (let [bucket] = buckets; bucket !== undefined; [bucket] = buckets) {
        current ??= listBucket(bucket);
        const page = await current.next();
        if (!page.done) return page;
        buckets.shift();
        current = undefined;
      }
      return { done: true, value: undefined };
    });
  };

  async stat(path: RemotePath, signal: AbortSignal): Promise<Entry> {
    signal.throwIfAborted();
    const { bucket, key } = parseObjectPath(path);
    if (bucket === '') return { kind: 'folder', path };
    if (key === '') {
      await checkBucket(this.requests, bucket, signal);
      return { kind: 'folder', path, role: 'bucket' };
    }
    try {
      return this.facts.cacheRead(path, await this.requests.head(parseFilePath(path), signal));
    } catch (error) {
      if (isRemoteError(error, 'forbidden')) {
        const found = await statByListing(this.requests, path, error, signal);
        return found === 'folder' ? { kind: 'folder', path } : entryOfFacts(path, found);
      }
      if (!isRemoteError(error, 'notFound') || !(await this.isFolder(path, signal))) throw error;
      return { kind: 'folder', path };
    }
  }

  /** False where listing is not allowed. */
  private async isFolder(path: RemotePath, signal: AbortSignal): Promise<boolean> {
    try {
      return await isImpliedFolder(this.requests, path, signal);
    } catch (error) {
      if (isRemoteError(error, 'forbidden')) return false;
      throw error;
    }
  }

  private readonly cacheFacts = (facts: ObjectFacts, entry: FileEntry) => this.facts.cacheEntry(facts, entry);

  readonly read: Methods['read'] = async (path, options, signal) => {
    signal.throwIfAborted();
    return readObject(this.requests, path, options, this.cacheFacts, signal);
  };

  readonly readToBuffer: Methods['readToBuffer'] = async (file, signal) => {
    signal.throwIfAborted();
    return readWholeObject(this.requests, file, this.cacheFacts, signal);
  };

  readonly readInto: Methods['readInto'] = async (file, start, into, onFilled, signal) => {
    signal.throwIfAborted();
    return readObjectInto(this.requests, file, start, into, onFilled, signal);
  };

  readonly write: Methods['write'] = async (path, body, facts, precondition, signal) => {
    const { requests, host } = this;
    return this.facts.cacheWrite(await uploadFile(requests, host, path, body, facts, precondition, signal));
  };

  readonly discardWrite: Methods['discardWrite'] = async (path, recorded, signal) => {
    signal.throwIfAborted();
    const uploadId = recordedUpload({ recorded });
    if (uploadId !== undefined) await discardUpload(this.requests, this.host, parseFilePath(path), uploadId);
  };

  readonly removeFile: Methods['removeFile'] = async (path, precondition, signal) => {
    await removeObject(this.requests, path, precondition, signal);
    this.facts.forget(path);
  };

  readonly removeFiles: Methods['removeFiles'] = async (paths, signal) => {
    const failures = await removeObjects(this.requests, paths, signal);
    for (const path of paths) if (!failures.has(path)) this.facts.forget(path);
    return failures;
  };

  readonly makeFolder: Methods['makeFolder'] = (path, signal) => makeFolder(this.requests, path, signal);

  readonly removeFolder: Methods['removeFolder'] = (path, signal) => {
    this.versioning.forget(path);
    return removeFolder(this.requests, path, signal);
  };

  readonly removeFolderMark: Methods['removeFolderMark'] = (folder, signal) =>
    removeMarker(this.requests, folder, signal);

  readonly serverSideCopy: Methods['serverSideCopy'] = (source, to, precondition, signal) =>
    this.copy(source, to, precondition, {}, signal);

  /** Copies a file of another remote with the same `capabilities.serverSideCopyGroup`. */
  readonly serverSideCopyFrom: Methods['serverSideCopyFrom'] = (source, to, precondition, signal) =>
    this.copy(source, to, precondition, { ownClass: true }, signal);

  private async copy(
    source: FileEntry,
    to: RemotePath,
    precondition: Precondition,
    options: CopyOptions,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    signal.throwIfAborted();
    if (source.path === to && !options.modified)
      throw new RemoteError('unsupported', `"${to}" can't be copied onto itself.`);
    const { requests, host } = this;
    return this.facts.cacheCopy(await copyObject(requests, host, source, to, precondition, options, signal));
  }

  readonly setModifiedTime: Methods['setModifiedTime'] = (file, modified, signal) =>
    this.copy(file, file.path, { kind: 'ifMatch', entry: file }, { modified }, signal);

  /** Copies, verifies the copy by a HEAD, then removes the source under the precondition that it is unchanged. */
  readonly serverSideMove: Methods['serverSideMove'] = async (source, to, precondition, signal) => {
    const copied = await this.serverSideCopy(source, to, precondition, signal);
    const there = await this.requests.head(parseFilePath(to), signal);
    if (there.size !== source.size || (copied.version !== undefined && there.etag !== copied.version))
      throw new RemoteError(
        'corrupted',
        `"${to}" differs from the file that was copied there, so "${source.path}" was kept.`,
      );
    await removingCopied(source.path, () =>
      this.removeFile(source.path, { kind: 'ifMatch', entry: source }, signal),
    );
    return this.facts.cacheRead(to, there);
  };

  /** Writes the cache of modified times and closes the connections. */
  async close(): Promise<void> {
    await this.facts.save();
    this.connection.close();
  }
}
