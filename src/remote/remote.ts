import type { Readable } from 'node:stream';
import type { Capabilities } from './capabilities';
import type { Entry, FileEntry } from './entry';
import type { Instant } from './modifiedTime';
import type { RemotePath } from './remotePath';
import type { ServiceWaits } from './serviceWaits';

/**
 * The port to one storage. Calls that only some storages support are optional.
 *
 * Every implementation guarantees (checked by test/contract/remoteContract.ts):
 * - errors are RemoteErrors only; cancellation rejects with the signal's reason, and a signal that is already
 *   aborted means that no request starts;
 * - after a failed or cancelled write the old content, or none, is visible under the final name, never a part of the new one;
 * - a listing yields everything or throws: a failure half-way is an error, never a short list;
 * - no implementation retries; layers/withRetry.ts does.
 */
export interface Remote {
  readonly capabilities: Capabilities;

  /**
   * One folder, page by page, in no guaranteed order. A page is one request, made when the caller pulls the page.
   * Throws `notFound` when the folder doesn't exist; a store of prefixes can't tell, and yields nothing.
   */
  list(folder: RemotePath, options: ListOptions, signal: AbortSignal): AsyncIterable<readonly Entry[]>;

  /**
   * Every file and unsupported entry below `folder` at any depth, page by page, without folders. Files come in the order of
   * `comparePaths` over whole paths. Throws `corrupted` when the service breaks that order.
   */
  listRecursive?(
    folder: RemotePath,
    options: RecursiveListOptions,
    signal: AbortSignal,
  ): AsyncIterable<readonly Entry[]>;

  /** The exact facts of one entry. Throws `notFound`. An implied folder (some key starts with `path/`) is a folder. */
  stat(path: RemotePath, signal: AbortSignal): Promise<Entry>;

  /**
   * The content, or a range of it. Throws `changed` when the file differs from `options.expected`.
   * When the body ends early the stream fails with `corrupted` or `unavailable`; it never ends silently.
   */
  read(path: RemotePath, options: ReadOptions, signal: AbortSignal): Promise<ReadResult>;

  /**
   * The whole content of `file` in memory, as `read` with `expected`, without the cost of a stream for each of many small
   * files. Throws every error of that read and its stream.
   */
  readToBuffer?(file: FileEntry, signal: AbortSignal): Promise<WholeContent>;

  /**
   * Fills `into` with the bytes of `file` from `start` on, without the cost of a stream. Throws every error of that read and its
   * stream; `unsupported` where the service sends only whole files. `onFilled` receives the number of bytes so far.
   */
  readInto?(
    file: FileEntry,
    start: number,
    into: Buffer,
    onFilled: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void>;

  /** The digests of `file`, computed beside other work. Throws every error of a read. Present where reading a file twice is cheap. */
  computeDigests?(file: FileEntry, pieces: Pieces, signal: AbortSignal): Promise<ContentDigests>;

  /**
   * The MD5 (lower-case hex) of a file whose entry has none, from a cache or by reading it. Throws every error of `read`.
   * If this call is absent, callers read the file.
   */
  computeMd5?(file: FileEntry, signal: AbortSignal): Promise<string>;

  /**
   * The MD5s (lower-case hex) of many small files, in their order, without a promise for each. Undefined for a file that can't be read
   * or has changed since it was listed. Present on a disk only, where reading is cheap.
   */
  computeMd5s?(files: readonly FileEntry[], signal: AbortSignal): Promise<readonly (string | undefined)[]>;

  /**
   * Writes a whole file. Resolves to the stored entry, as exact as possible without another request.
   * The length and (where the service can) the checksum are verified before the content becomes visible.
   */
  write(
    path: RemotePath,
    body: ByteSource,
    facts: FileFacts,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry>;

  /**
   * Removes what an interrupted write of `path` left, by what it recorded (`ResumableWrite`), or without a record what can't be continued;
   * what is gone already is no error. The caller knows that nobody is writing there. Absent where nothing is left.
   */
  discardWrite?(
    path: RemotePath,
    recorded: readonly Readonly<Record<string, unknown>>[],
    signal: AbortSignal,
  ): Promise<void>;

  /** Throws `notFound` when absent, `changed` when the precondition doesn't hold, `isAFolder` for a folder. */
  removeFile(path: RemotePath, precondition: Precondition, signal: AbortSignal): Promise<void>;

  /** Makes a folder and its parents; an existing folder is no error. Throws `alreadyExists` for a file of that name. */
  makeFolder(path: RemotePath, signal: AbortSignal): Promise<void>;

  /** Removes an empty folder. Throws `notEmpty` when it isn't, `notFound` when absent. */
  removeFolder(path: RemotePath, signal: AbortSignal): Promise<void>;

  /**
   * Removes the marker object that `makeFolder` stored, where folders are only prefixes; files in the folder stay. A marker with
   * content stays too. A missing marker is no error.
   */
  removeFolderMark?(folder: RemotePath, signal: AbortSignal): Promise<void>;

  /**
   * Removes many files by one request. Resolves to the failures by path; every other file is gone. There are no preconditions,
   * so the caller rechecks before.
   */
  removeFiles?(paths: readonly RemotePath[], signal: AbortSignal): Promise<ReadonlyMap<RemotePath, Error>>;

  /** Server-side copy within this remote, with all metadata. Throws `changed` when the source differs from `source`. */
  serverSideCopy?: ServerSideCall;

  /**
   * As `serverSideCopy`, from another remote with the same `capabilities.serverSideCopyGroup`. The settings of this remote apply to
   * the copy. When it throws, nothing was written.
   */
  serverSideCopyFrom?: ServerSideCall;

  /** Server-side move of a file. If this call is absent, callers copy, verify and remove. */
  serverSideMove?: ServerSideCall;

  /**
   * Server-side move or rename of a folder and its content in one request. Makes the parents of `to`. Throws `notFound`, and
   * `alreadyExists` when something is at `to`. If this call is absent, callers move file by file.
   */
  serverSideMoveFolder?(folder: RemotePath, to: RemotePath, signal: AbortSignal): Promise<void>;

  /** Moves a folder and its content to the trash (`features.trash`), which can restore it as it was. Throws `notFound`. */
  trashFolder?(folder: RemotePath, signal: AbortSignal): Promise<void>;

  /**
   * Makes an existing file safe from a power cut, as `FileFacts.durable` does for a new one. Throws `changed` when the file differs
   * from `file`. Absent where stored files are always safe.
   */
  makeDurable?(file: FileEntry, signal: AbortSignal): Promise<void>;

  /** Sets only the modified time; content and other metadata stay. */
  setModifiedTime?(file: FileEntry, time: Instant, signal: AbortSignal): Promise<FileEntry>;

  /**
   * The changes at the service since `cursor`, which an earlier call returned (absent = from now on). Added and removed entries
   * are reported with their folder. Changes whose path the service can't tell are left out.
   */
  pollChanges?(cursor: string | undefined, signal: AbortSignal): Promise<RemoteChanges>;

  /** Features that only appear in the tree's menus. */
  readonly features?: RemoteFeatures;

  /** The waits that the service currently requests; set by layers/withRetry.ts. */
  readonly waits?: ServiceWaits;

  /** Closes connections. No call may follow. */
  close?(): Promise<void>;
}

/** Copies or moves the file `source` to `to`. Resolves to the entry at `to`. */
type ServerSideCall = (
  source: FileEntry,
  to: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
) => Promise<FileEntry>;

export interface ListOptions {
  /** Lists only names with this prefix; the service filters. */
  readonly namePrefix?: string;
  /** Maximum entries per page; the service may send fewer. */
  readonly pageSize?: number;
}

export interface RecursiveListOptions {
  /** Whether links to files and folders are followed (loops are detected and reported) or reported as `symlink`. */
  readonly followSymlinks?: boolean;
  /** Whether files get MD5s that are known without reading, from a cache. A listing of a service has its MD5s in any case. */
  readonly knownHashes?: boolean;
  /** Whether a folder is skipped, which saves its requests. Pure. */
  skipFolder?(path: RemotePath): boolean;
}

export interface ReadOptions {
  readonly range?: ByteRange;
  readonly expected?: FileEntry;
}

/** Bytes from `start` up to but not including `end` (to the end of the file when absent). */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface ReadResult {
  readonly stream: Readable;
  /** The file that is read; its `version` belongs to this content. */
  readonly entry: FileEntry;
  /** Further metadata of the service, if it keeps any. */
  readonly attributes?: FileAttributes;
}

/** Metadata besides content and time. A copy in another store gets it too (sync-semantics A12). */
export interface FileAttributes {
  /** HTTP headers of the content, by lower-case name: `content-type`, `cache-control`, `content-encoding`, … */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata by lower-case name, without modified time and checksum. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A ReadResult with the content in memory, `entry.size` bytes long. */
export interface WholeContent extends Omit<ReadResult, 'stream'> {
  readonly content: Buffer;
}

/** The pieces in which a content is sent. */
export interface Pieces {
  /** Bytes of each piece but the last, which may be shorter. */
  readonly size: number;
  /** Whether their CRC32 is wanted. */
  readonly withCrc32: boolean;
}

/** Digests of a content that is sent in pieces. */
export interface ContentDigests {
  /** Of the whole, lower-case hex. */
  readonly md5: string;
  /** Of each piece: its MD5 in lower-case hex, and its CRC32 as an unsigned number if it is wanted. */
  readonly pieces: readonly { readonly md5: string; readonly crc32?: number | undefined }[];
}

/** A body that can be opened several times, so that a failed request can be repeated. */
export interface ByteSource {
  /** Whole length in bytes. */
  readonly size: number;
  /** Opens the bytes of `range`, by default all. Fails with `changed` when the source changed since it was listed. */
  open(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable>;
  /** The whole body, if it is in memory or small, so that it needs no stream. */
  bytes?(signal: AbortSignal): Promise<Uint8Array>;
  /** As `Remote.readInto`. */
  readInto?(
    start: number,
    into: Buffer,
    onFilled: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** How many calls of `readInto` at once are faster than one stream; absent where none are. */
  readonly rangesAtOnce?: number;
  /** The digests of the body, if the source can compute them beside other work. Fails as `open`. */
  digests?(pieces: Pieces, signal: AbortSignal): Promise<ContentDigests>;
  /** Lower-case hex MD5, if it is known without reading. */
  readonly md5?: string;
  /** True when every opening is a download; then nothing is read only for its checksum. */
  readonly rereadIsExpensive?: boolean;
}

export interface FileFacts {
  /** Stored as the modified time (`X-Amz-Meta-Mtime` in rclone's format, or the disk's mtime). */
  readonly modified?: Instant;
  /** Default: guessed from the name. */
  readonly contentType?: string;
  /** The attributes of the copied file. A remote that keeps no attributes ignores them. */
  readonly attributes?: FileAttributes;
  /**
   * Whether content, times, name and new folders are safe from a power cut when the call ends; the content is safe before the
   * file gets its name. Services ignore this: a confirmed write is durable there.
   */
  readonly durable?: boolean;
  /** Keeps the content type, headers, user metadata, storage class and tags of the file at this path. For saves in an editor. */
  readonly keepAttributes?: boolean;
  /** Present when the write may be continued later. A cancelled write then leaves what `recorded` names, and only that. */
  readonly resume?: ResumableWrite;
  /** Receives the bytes sent so far; the number decreases when a part is sent again. */
  readonly onProgress?: (bytesSent: number) => void;
}

/**
 * Lets a write go on where an earlier attempt stopped. An implementation trusts no fact: it verifies what is there, and begins from the
 * start when anything differs.
 */
export interface ResumableWrite {
  /** What earlier attempts and this one recorded, oldest first, in the implementation's own form; JSON-safe. */
  readonly recorded: readonly Readonly<Record<string, unknown>>[];
  /** Records a fact at once, so that it survives the end of the process. Never throws. */
  record(fact: Readonly<Record<string, unknown>>): void;
  /** The absolute path of a file that exists as long as the write may be continued. */
  readonly keptWhile: string;
}

/** What must be at the path of a write or removal. Otherwise the call throws `changed`, or `alreadyExists` for `ifAbsent`. */
export type Precondition =
  | { readonly kind: 'none' }
  | { readonly kind: 'ifAbsent' }
  | { readonly kind: 'ifMatch'; readonly entry: FileEntry };

export interface RemoteFeatures {
  /** A URL that gives anyone the content for `seconds`. */
  shareLink?(path: RemotePath, seconds: number, signal: AbortSignal): Promise<string>;
  /** All facts that the service has about one entry, as titled groups of names and values for display. */
  properties?(path: RemotePath, signal: AbortSignal): Promise<readonly PropertyGroup[]>;
  /** The storage space of the account. */
  quota?(signal: AbortSignal): Promise<Quota>;
  /** Present where deleting moves entries to a trash. */
  readonly trash?: Trash;
  /**
   * Whether content that is deleted or overwritten at `path` stays as an older version. Cached per bucket for a while.
   * Throws only the signal's reason.
   */
  versionKeeping?(path: RemotePath, signal: AbortSignal): Promise<VersionKeeping>;
  /** Present where a bucket may hold more than its current files. */
  readonly wholeBuckets?: WholeBuckets;
  /** Makes a bucket at the top level. `location` is a region or location constraint; absent = the remote's own. */
  createBucket?(name: string, location: string | undefined, signal: AbortSignal): Promise<void>;
}

/** `suspended`: older versions exist, but new writes and deletes leave none. */
export type VersionKeeping = 'kept' | 'suspended' | 'notKept' | 'unknown';

/** Deletes a bucket with all its versions permanently. */
export interface WholeBuckets {
  /**
   * Counts everything in a bucket. Undefined when the bucket holds only current files or the service has no versions; callers then
   * list and remove it like any folder. Throws when the content can't be determined.
   */
  count(
    bucket: RemotePath,
    signal: AbortSignal,
    onFound?: (versions: number) => void,
  ): Promise<BucketContent | undefined>;
  /**
   * Removes the counted content and the bucket. Checks first that all of it can be removed; throws `changed` when the content
   * differs from `content`. When a later step fails, the error says how much is gone.
   */
  remove(
    bucket: RemotePath,
    content: BucketContent,
    onProgress: (removed: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

/** How much is in a bucket, in numbers. */
export interface BucketContent {
  readonly files: number;
  readonly bytes: number;
  readonly olderVersions: number;
  readonly olderBytes: number;
  readonly deleteMarkers: number;
  readonly unfinishedUploads: number;
  /** Files, older versions and delete markers together. */
  readonly total: number;
  /** Versions that can't be removed here. */
  readonly unusable: number;
}

/** The changes between two cursors. */
export interface RemoteChanges {
  readonly cursor: string;
  /** Files and folders whose content or presence may have changed; 'everything' when the service can't tell which. */
  readonly paths: readonly RemotePath[] | 'everything';
}

/** Total and free bytes of the account. */
export interface Quota {
  readonly total: number;
  readonly available: number;
}

/** Deleted entries, until they are restored or the service drops them. */
export interface Trash {
  /** Deleted entries, page by page. A deleted folder is one item, without its content. */
  list(options: ListOptions, signal: AbortSignal): AsyncIterable<readonly TrashedItem[]>;
  /** Restores an item to its old path. Throws `alreadyExists` when that is taken, `notFound` when the item has left the trash. */
  restore(item: TrashedItem, signal: AbortSignal): Promise<void>;
}

export interface TrashedItem {
  /** The service's id. */
  readonly id: string;
  readonly kind: 'file' | 'folder';
  readonly name: string;
  /** The old path, if it is known. */
  readonly path?: RemotePath;
  /** Bytes of a file. */
  readonly size?: number;
  readonly deleted?: Instant;
}

export interface PropertyGroup {
  readonly title: string;
  readonly properties: readonly { readonly name: string; readonly value: string }[];
}
