import { type Instant, nsBetween } from './modifiedTime';
import type { RemotePath } from './remotePath';

/** One listed entry as JSON-safe data. Unknown facts are absent, never 0 or "". */
export type Entry = FileEntry | FolderEntry | UnsupportedEntry;

export interface FileEntry {
  readonly kind: 'file';
  readonly path: RemotePath;
  /** Bytes as stored. */
  readonly size: number;
  /**
   * The owner's modified time: a disk's mtime, an object's `X-Amz-Meta-Mtime`.
   * Absent when the response doesn't contain it (a listing of objects); then only `serverModified` is known.
   */
  readonly modified?: Instant;
  /** When the service stored the object, by the service's clock (`LastModified`). */
  readonly serverModified?: Instant;
  /** Lower-case hex MD5 of the content. An ETag counts only when it is an MD5. */
  readonly md5?: string;
  /** The service's opaque version of the content (an ETag without its quotes, or an id with a version). */
  readonly version?: string;
  readonly storageClass?: string;
  /** Why the content can't be read or replaced now, as a sentence (archived class, no permission). */
  readonly readonly?: string;
  /** True when a further `stat` would add no facts. */
  readonly exact?: boolean;
}

export interface FolderEntry {
  readonly kind: 'folder';
  readonly path: RemotePath;
  readonly modified?: Instant;
  /** Present when the service distinguishes this folder from a plain one. */
  readonly role?: 'bucket';
}

/**
 * An entry that is no usable file or folder: a malformed key (`a//b`), a symlink, a socket, an unreadable file. It is never
 * planned, and its counterpart on the other side is never deleted (sync-semantics H2).
 */
export interface UnsupportedEntry {
  readonly kind: 'unusable';
  /** The folder whose listing shows it. */
  readonly folder: RemotePath;
  /** The name or key as the service spells it, for display only. */
  readonly name: string;
  readonly reason: UnsupportedReason;
  /**
   * The path on the other side that it may correspond to, which is protected with everything below (an unreadable file's own
   * path; the cleaned path of `a//b`).
   */
  readonly protects?: RemotePath;
  readonly size?: number;
}

/** Storage classes whose content must be restored before it can be read. */
export const archivedStorageClasses: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

export type UnsupportedReason =
  | 'emptyPart' // a//b, /abs
  | 'dotPart' // ../x, ./x
  | 'nonEmptyFolderMarker' // key ends in "/" and has content
  | 'invalidText' // not valid Unicode
  | 'oddName' // not a valid part of a path, or its path leads elsewhere
  | 'duplicateName' // several entries of one name in a folder
  | 'symlink'
  | 'brokenLink'
  | 'linkLoop'
  | 'notRegular' // FIFO, socket, device
  | 'unreadable';

/**
 * Whether `now` is unchanged since `seen`. The version decides where both have one; else size, MD5 and modified time do, as far
 * as both know them. Modified times differ from `precisionNs` nanoseconds on.
 */
export function isSameFile(seen: FileEntry, now: FileEntry, precisionNs = 1): boolean {
  if (seen.version !== undefined && now.version !== undefined) return seen.version === now.version;
  if (seen.size !== now.size) return false;
  if (seen.md5 !== undefined && now.md5 !== undefined) return seen.md5 === now.md5;
  if (seen.modified && now.modified) return Math.abs(nsBetween(seen.modified, now.modified)) < precisionNs;
  if (seen.serverModified && now.serverModified)
    return Math.abs(nsBetween(seen.serverModified, now.serverModified)) < precisionNs;
  return true;
}
