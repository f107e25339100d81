import type { FileEntry } from '../../remote/entry';
import { type Instant, instantFromMs, nsBetween } from '../../remote/modifiedTime';
import type { PlanOptions } from '../model/planOptions';
import { parseAge, parseSize } from '../model/quantities';

/** The options that define limits. */
export type LimitOptions = Pick<PlanOptions, 'minSize' | 'maxSize' | 'minAge' | 'maxAge'>;

/** Decides which files take part by size and modified time. */
export interface Limits {
  /** Why a file of this size is excluded, as the end of a sentence ("is smaller than 10K"), or undefined. */
  sizeProblem(bytes: number): string | undefined;
  /** Why a file of this modified time is excluded, or undefined. */
  timeProblem(modified: Instant): string | undefined;
  /** Whether there are age limits, so that modified times must be known. */
  readonly needTimes: boolean;
}

/**
 * The limits of the options, or undefined when there are none. Ages count back from `nowMs` (epoch). Both ends are included, as with rclone.
 * Throws RemoteError `badSettings` for an invalid size or age.
 */
export function createLimits(options: LimitOptions, nowMs: number): Limits | undefined {
  const { minSize, maxSize, minAge, maxAge } = options;
  if (minSize === undefined && maxSize === undefined && minAge === undefined && maxAge === undefined)
    return undefined;
  const minBytes = minSize === undefined ? 0 : parseSize(minSize, 'minSize');
  const maxBytes = maxSize === undefined ? Number.POSITIVE_INFINITY : parseSize(maxSize, 'maxSize');
  const ago = (age: string, option: string) => instantFromMs(nowMs - parseAge(age, option));
  const newest = minAge === undefined ? undefined : ago(minAge, 'minAge');
  const oldest = maxAge === undefined ? undefined : ago(maxAge, 'maxAge');
  return {
    needTimes: newest !== undefined || oldest !== undefined,
    sizeProblem(bytes) {
      if (bytes < minBytes) return `is smaller than ${sizeText(minSize)}`;
      if (bytes > maxBytes) return `is larger than ${sizeText(maxSize)}`;
      return undefined;
    },
    timeProblem(modified) {
      if (newest && nsBetween(modified, newest) > 0) return `was modified less than ${minAge} ago`;
      if (oldest && nsBetween(modified, oldest) < 0) return `was modified more than ${maxAge} ago`;
      return undefined;
    },
  };
}

function sizeText(size: number | string | undefined): string {
  if (typeof size === 'string' && /[a-z]/i.test(size)) return size;
  return `${size} ${Number(size) === 1 ? 'byte' : 'bytes'}`;
}

/** The time that age limits apply to, or undefined when only a `stat` can tell it. `byServer`: the service's time replaces the owner's (A1, R9). */
export function timeForLimits(file: FileEntry, byServer: boolean): Instant | undefined {
  if (byServer) return file.serverModified ?? file.modified;
  // An object without the owner's time has only the service's (R1).
  return file.modified ?? (file.exact ? file.serverModified : undefined);
}
