import { type Instant, nsBetween } from './modifiedTime';
import type { RemotePath } from './remotePath';

/** Plain data about one listed thing. JSON-safe, no methods. What isn't known is absent, never 0 or "". */
export type Entry = FileEntry | FolderEntry | UnsupportedEntry;

export interface FileEntry {
  readonly kind: 'file';
  readonly path: RemotePath;
  /** Bytes as stored. */
  readonly size: number;
  /**
   * When the content was last modified, by the owner's account: a disk's mtime, an object's `X-Amz-Meta-Mtime`.
   * Absent when this answer could not tell (a listing of objects); `serverModified` is then all there is.
   */
  readonly modified?: Instant;
  /** When the service last changed the object, by the service's clock (`LastModified`). */
  readonly serverModified?: Instant;
  /** Lower-case hex MD5 of the content, only where it surely is one (an ETag counts only when it is an MD5). */
  readonly md5?: string;
  /** The service's opaque mark of this very content (an ETag with its quotes removed, or an id with its version). */
  readonly version?: string;
  readonly storageClass?: string;
  /** Set when the content can't be read or replaced now, with the reason as a sentence (archived class, no permission). */
  readonly readonly?: string;
  /** True when `modified`, `md5` and the like are as complete as the service can make them; another `stat` would add nothing. */
  readonly exact?: boolean;
}

export interface FolderEntry {
  readonly kind: 'folder';
  readonly path: RemotePath;
  readonly modified?: Instant;
  /** What the folder is to the service, where that differs from a plain folder. */
  readonly role?: 'bucket';
}

/**
 * Something that is there but can't be handled as a file or folder: a key that is no path (`a//b`), a symlink, a
 * socket, an unreadable file. It is never planned, and its twin on the other side is never deleted (sync-semantics H2).
 */
export interface UnsupportedEntry {
  readonly kind: 'unusable';
  /** The folder it was found in. */
  readonly folder: RemotePath;
  /** The name or key as the service spells it, for display only. */
  readonly name: string;
  readonly reason: UnsupportedReason;
  /**
   * The path on the other side that it may stand for and that must therefore be left alone (an unreadable file's own
   * path; what a tool that cleans paths would make of `a//b`). Covers everything below it as well.
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
  | 'invalidText' // a name that isn't valid Unicode
  | 'oddName' // a name that is no part of a path, or that the path it looks like doesn't lead to
  | 'duplicateName' // several things with one name in a folder
  | 'symlink'
  | 'brokenLink'
  | 'linkLoop'
  | 'notRegular' // FIFO, socket, device
  | 'unreadable';

/**
 * Whether `now` is still the very file that `seen` describes. The version decides where both carry one; else size, MD5 and
 * modified time, as far as both know them. A modified time counts as moved when it differs by `precisionNs` or more.
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
