import type { Readable } from 'node:stream';
import type { Capabilities } from './capabilities';
import type { Entry, FileEntry } from './entry';
import type { Instant } from './modifiedTime';
import type { RemotePath } from './remotePath';
import type { ServiceWaits } from './serviceWaits';

/**
 * The port to one storage. Only what every storage can do is required; other powers exist or are undefined.
 *
 * Callers may rely on this of every implementation (test/contract/remoteContract.ts checks it):
 * - errors are RemoteErrors only; cancellation rejects with the signal's reason, and a signal that is already
 *   aborted means that no request starts;
 * - after a failed or cancelled write nothing half-written is visible under the final name, and what was there before is still there;
 * - a listing yields everything or throws: a failure half-way is an error, never a short list;
 * - nothing is retried here; that is the work of layers/retrying.ts.
 */
export interface Remote {
  readonly capabilities: Capabilities;

  /**
   * One folder, page by page, in no promised order. A page is one request, made when the next page is asked for.
   * Throws `notFound` when the folder surely doesn't exist (a store of prefixes can't tell and yields nothing).
   */
  list(folder: RemotePath, options: ListOptions, signal: AbortSignal): AsyncIterable<readonly Entry[]>;

  /**
   * Every file (and unusable entry) below `folder` at any depth, page by page. Files come in the order of `comparePaths` over
   * whole paths; an implementation whose service breaks that order throws `damaged` rather than pass it on. No folders.
   */
  listRecursive?(
    folder: RemotePath,
    options: RecursiveListOptions,
    signal: AbortSignal,
  ): AsyncIterable<readonly Entry[]>;

  /** The exact facts of one thing. Throws `notFound`. An implied folder (some key starts with `path/`) is a folder. */
  stat(path: RemotePath, signal: AbortSignal): Promise<Entry>;

  /**
   * The content, or `range` of it. `expected` makes the read fail with `changed` when the file is no longer that one.
   * A body that ends early makes the stream fail with `damaged` or `unavailable`; it never just ends.
   */
  read(path: RemotePath, options: ReadOptions, signal: AbortSignal): Promise<ReadResult>;

  /**
   * The whole content of `file`, as it was seen, in memory: `read` with `expected`, without the cost of a stream for each
   * of many small files. Whatever would make that read or its stream fail makes this reject.
   */
  readToBuffer?(file: FileEntry, signal: AbortSignal): Promise<WholeContent>;

  /**
   * The MD5 (lower-case hex) of a file that doesn't tell it, where it is remembered from earlier readings. Whatever would make that
   * reading fail makes this reject. Without this power, callers read.
   */
  computeMd5?(file: FileEntry, signal: AbortSignal): Promise<string>;

  /**
   * Writes a whole file. The answer is the entry as now stored, as exact as can be told without another request.
   * The length and (where the service can) the checksum are verified before the content becomes visible.
   */
  write(
    path: RemotePath,
    body: ByteSource,
    facts: FileFacts,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry>;

  /** Throws `notFound` when absent, `changed` when the precondition doesn't hold, `isAFolder` for a folder. */
  removeFile(path: RemotePath, precondition: Precondition, signal: AbortSignal): Promise<void>;

  /** Makes a folder and its parents. Already there is fine. Throws `alreadyExists` when a file is in the way. */
  makeFolder(path: RemotePath, signal: AbortSignal): Promise<void>;

  /** Removes an empty folder. Throws `notEmpty` when it isn't, `notFound` when absent. */
  removeFolder(path: RemotePath, signal: AbortSignal): Promise<void>;

  /**
   * Takes away what was stored to mark a folder (`makeFolder`), whatever is in the folder by now; where folders are only prefixes. What
   * holds content stays. Not there is fine.
   */
  removeFolderMark?(folder: RemotePath, signal: AbortSignal): Promise<void>;

  /**
   * Many files at once where the service has a request for it. Resolves to the failures, by path; what isn't named is
   * gone. Has no preconditions: the caller rechecks before.
   */
  removeFiles?(paths: readonly RemotePath[], signal: AbortSignal): Promise<ReadonlyMap<RemotePath, Error>>;

  /** Server-side copy within this remote, metadata and all. `source` is what was seen there: `changed` when it differs. */
  serverSideCopy?(
    source: FileEntry,
    to: RemotePath,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry>;

  /**
   * Server-side copy from another remote with the same `capabilities.serverSideCopyGroup`, as `serverSideCopy`; `source` is what was seen there.
   * What the settings of this remote say of files written holds. When it throws, nothing was written.
   */
  serverSideCopyFrom?(
    source: FileEntry,
    to: RemotePath,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry>;

  /** Server-side move of a file. Without this power, callers copy, verify and remove. */
  serverSideMove?(
    source: FileEntry,
    to: RemotePath,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry>;

  /**
   * Server-side move or rename of a folder with all in it, in one go. Makes the parents of `to`. Throws `notFound`, and `alreadyExists`
   * when something is at `to`. Without this power, callers move file by file.
   */
  serverSideMoveFolder?(folder: RemotePath, to: RemotePath, signal: AbortSignal): Promise<void>;

  /** Moves a folder with all in it to the trash (`extras.trash`), in one go, from which it can be put back as it was. Throws `notFound`. */
  trashFolder?(folder: RemotePath, signal: AbortSignal): Promise<void>;

  /**
   * Makes a file that is there already safe from a power cut, as `FileFacts.durable` does for one that is written. Throws `changed` when
   * it is no longer that one. Absent where whatever is stored is safe.
   */
  makeDurable?(file: FileEntry, signal: AbortSignal): Promise<void>;

  /** Sets the modified time alone; content and other metadata stay. */
  setModifiedTime?(file: FileEntry, time: Instant, signal: AbortSignal): Promise<FileEntry>;

  /**
   * What anyone changed at the service since `checkpoint` (an earlier answer's; absent = from now on). Paths that can't be told are
   * left out; the folder of what was added or removed is named, not only the thing itself.
   */
  pollChanges?(checkpoint: string | undefined, signal: AbortSignal): Promise<RemoteChanges>;

  /** Powers that only show up in the tree's menus. */
  readonly features?: RemoteFeatures;

  /** Whether the service asks to wait just now, where requests are tried again (layers/retrying.ts). */
  readonly waits?: ServiceWaits;

  /** Ends connections. No call may follow. */
  close?(): Promise<void>;
}

export interface ListOptions {
  /** Only names that start with this, filtered by the service. */
  readonly namePrefix?: string;
  /** Most entries in a page; the service may give fewer. */
  readonly pageSize?: number;
}

export interface RecursiveListOptions {
  /** Whether links to files and folders are followed (loops are found and reported) or reported as `symlink`. */
  readonly followSymlinks?: boolean;
  /** Folders not to be entered, where entering costs something. Pure. */
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
  /** The file that is being read; its `version` is of this very content. */
  readonly entry: FileEntry;
  /** What else the service keeps of it; absent where it keeps nothing. */
  readonly attributes?: FileAttributes;
}

/** What a file has besides content and time, and what its copy in another store is to have as well (sync-semantics A12). */
export interface FileAttributes {
  /** What its content is served with, by header name in lower case: `content-type`, `cache-control`, `content-encoding`, … */
  readonly headers: Readonly<Record<string, string>>;
  /** The owner's own names (in lower case) and values. Modified time and checksum are not among them. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** As a ReadResult, with the content itself, `entry.size` bytes long. */
export interface WholeContent extends Omit<ReadResult, 'stream'> {
  readonly content: Buffer;
}

/** A body that can be opened again, so that a failed request can be sent again. */
export interface ByteSource {
  /** Whole length in bytes. */
  readonly size: number;
  /** Opens the bytes of `range` (all without one). A source that changed since it was looked at fails with `changed`. */
  open(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable>;
  /** The whole body at once, where it is in memory already or small: saves a stream per small file. */
  bytes?(signal: AbortSignal): Promise<Uint8Array>;
  /** Lower-case hex MD5 when it is known without reading. */
  readonly md5?: string;
  /** True when every opening is a download of its own; then nothing is read just to know its checksum. */
  readonly rereadIsExpensive?: boolean;
}

export interface FileFacts {
  /** Stored as the modified time (`X-Amz-Meta-Mtime` in rclone's format, or the disk's mtime). */
  readonly modified?: Instant;
  /** Guessed from the name when absent. */
  readonly contentType?: string;
  /** What the file that this is a copy of had elsewhere. Ignored by a remote that keeps no attributes. */
  readonly attributes?: FileAttributes;
  /**
   * Whether the file is to be safe from a power cut when the call ends: content, times, name, and the folders made for it. The content is so
   * before it gets its name. Of no meaning to a service, which keeps whatever it has confirmed.
   */
  readonly durable?: boolean;
  /** Keep what the file at this path has now: content type, headers, user metadata, storage class, tags. For saves in an editor. */
  readonly keepAttributes?: boolean;
  /** Bytes sent so far of this body; for progress. May go back when a part is sent again. */
  readonly onProgress?: (bytesSent: number) => void;
}

/** What must be there at the moment of writing or removing; otherwise `changed` (or `alreadyExists` for 'absent'). */
export type Precondition =
  | { readonly kind: 'none' }
  | { readonly kind: 'ifAbsent' }
  | { readonly kind: 'ifMatch'; readonly entry: FileEntry };

export interface RemoteFeatures {
  /** A web address that gives the content to anyone for `seconds`. */
  shareLink?(path: RemotePath, seconds: number, signal: AbortSignal): Promise<string>;
  /** Everything the service tells about one thing, in titled groups of name and value, for reading. */
  properties?(path: RemotePath, signal: AbortSignal): Promise<readonly PropertyGroup[]>;
  /** How much space there is. */
  quota?(signal: AbortSignal): Promise<Quota>;
  /** There where deleting means moving to a trash. */
  readonly trash?: Trash;
  /**
   * Whether what is deleted or overwritten at `path` stays as an older version. Asked once for each bucket and remembered for a while.
   * Throws only the signal's reason.
   */
  versionKeeping?(path: RemotePath, signal: AbortSignal): Promise<VersionKeeping>;
  /** There where a bucket may hold more than its current files. */
  readonly wholeBuckets?: WholeBuckets;
  /** Makes a bucket at the top level. `location` is a region or location constraint; absent = the remote's own. */
  createBucket?(name: string, location: string | undefined, signal: AbortSignal): Promise<void>;
}

/** `suspended`: older versions are there, but what is written and deleted now leaves none. */
export type VersionKeeping = 'kept' | 'suspended' | 'notKept' | 'unknown';

/** Deleting a bucket with all its versions: all of it goes for good, or nothing does. */
export interface WholeBuckets {
  /**
   * All that is in a bucket. Undefined when that surely is just its current files, or when the service knows no versions: then the
   * bucket is listed and removed like any folder. Throws when it can't be told what would go.
   */
  count(
    bucket: RemotePath,
    signal: AbortSignal,
    onFound?: (versions: number) => void,
  ): Promise<BucketContent | undefined>;
  /**
   * Removes what `count` answered, and the bucket. Before anything goes, it is made as sure as can be that all of it can; a bucket that
   * holds something else by now stays as it is (`changed`). When the rest fails after all, the error says how much is gone.
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
  /** Versions that can't be removed from here. */
  readonly unusable: number;
}

/** What was changed between two checkpoints. */
export interface RemoteChanges {
  readonly cursor: string;
  /** Files and folders whose content or presence may have changed; 'everything' when the service can't tell which. */
  readonly paths: readonly RemotePath[] | 'everything';
}

/** Bytes that the account may keep, and that are left of them. */
export interface Quota {
  readonly total: number;
  readonly available: number;
}

/** Where deleted things stay until they are restored or the service drops them. */
export interface Trash {
  /** What was deleted, page by page; of a deleted folder only the folder itself. */
  list(options: ListOptions, signal: AbortSignal): AsyncIterable<readonly TrashedItem[]>;
  /** Puts it back where it was. Throws `alreadyExists` when its name is taken by now, `notFound` when it is no longer in the trash. */
  restore(item: TrashedItem, signal: AbortSignal): Promise<void>;
}

export interface TrashedItem {
  /** The service's own id of it. */
  readonly id: string;
  readonly kind: 'file' | 'folder';
  readonly name: string;
  /** Where it was, when that is known. */
  readonly path?: RemotePath;
  /** Bytes of a file. */
  readonly size?: number;
  readonly deleted?: Instant;
}

export interface PropertyGroup {
  readonly title: string;
  readonly properties: readonly { readonly name: string; readonly value: string }[];
}
