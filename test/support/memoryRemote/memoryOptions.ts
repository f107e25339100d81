import type { Clock } from '../../../src/base/clock';
import type { NameRules } from '../../../src/remote/capabilities';
import type { Instant } from '../../../src/remote/modifiedTime';
import type { RemoteError } from '../../../src/remote/remoteError';
import type { RemotePath } from '../../../src/remote/remotePath';

/** The behaviour of the store. The defaults are those of a disk on Linux with atomic preconditions. */
export interface MemoryOptions {
  readonly caseInsensitive?: boolean;
  readonly foldsUnicode?: boolean;
  readonly forbids?: NameRules['forbids'];
  /** Nanoseconds that modified times are cut to; 'none' keeps only the server's time. Default 1. */
  readonly timePrecisionNs?: number | 'none';
  /** Whether listings hold the modified time. Default true. */
  readonly listsModified?: boolean;
  /** Whether `stat` returns an MD5. Default true. */
  readonly knowsMd5?: boolean;
  /** Whether listings hold the MD5 as well, as S3's do by the ETag. Default: as `knowsMd5`. */
  readonly listsMd5?: boolean;
  /** False: folders are only common prefixes, as in S3. Default true. */
  readonly hasDirectories?: boolean;
  /** Most entries in a page. Default 1000. */
  readonly pageSize?: number;
  /** Milliseconds of every call and every page. */
  readonly latencyMs?: number;
  /** `listRecursive` lists out of order, as some servers do. */
  readonly unordered?: boolean;
  /** Optional calls that are absent, so that tests reach the callers' alternatives. */
  readonly without?: readonly OptionalPower[];
  /** Whether folders can be moved and trashed whole. Default false: then file by file. */
  readonly wholeFolders?: boolean;
  readonly failures?: readonly MemoryFailure[];
  readonly clock?: Clock;
}

export type OptionalPower =
  | 'listRecursive'
  | 'removeFiles'
  | 'serverSideCopy'
  | 'serverSideMove'
  | 'setModifiedTime';

export type MemoryOperation =
  | OptionalPower
  | 'serverSideMoveFolder'
  | 'trashFolder'
  | 'list'
  | 'stat'
  | 'read'
  | 'write'
  | 'removeFile'
  | 'makeFolder'
  | 'removeFolder';

export interface MemoryFacts {
  readonly modified?: Instant;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly readonly?: string;
}

/** One request made of the store; each page of a listing is one. */
export interface MemoryCall {
  readonly operation: MemoryOperation;
  readonly path: RemotePath;
  /** The number of this call among those of its operation, from 1. */
  readonly nth: number;
}

/** Which calls fail, and how. */
export interface MemoryFailure {
  /** The calls that fail; an object matches calls with equal values. */
  readonly when: Partial<MemoryCall> | ((call: MemoryCall) => boolean);
  readonly error: RemoteError | ((call: MemoryCall) => RemoteError);
  /**
   * before (default): without effect. after: with its effect, only the response is lost. A number: after so many bytes of the
   * body of a read or write.
   */
  readonly at?: 'before' | 'after' | number;
}

/** Whether a failure applies to a call. */
export function meets(call: MemoryCall, when: MemoryFailure['when']): boolean {
  if (typeof when === 'function') return when(call);
  return Object.entries(when).every(([fact, value]) => call[fact as keyof MemoryCall] === value);
}
