import type { FileEntry } from '../../remote/entry';
import { type Instant, instantFromMs, nsBetween } from '../../remote/modifiedTime';
import type { PlanOptions } from '../model/planOptions';
import { parseAge, parseSize } from '../model/quantities';

/** The options that limits are made of. */
export type LimitOptions = Pick<PlanOptions, 'minSize' | 'maxSize' | 'minAge' | 'maxAge'>;

/** Which files take part by their size and modified time, whatever their names are. */
export interface Limits {
  /** Why a file of so many bytes is out, as the end of a sentence ("is smaller than 10K"); undefined when it is in. */
  sizeProblem(bytes: number): string | undefined;
  /** The same for a modified time. */
  timeProblem(modified: Instant): string | undefined;
  /** Whether `timeProblem` can ever be one, so that times have to be known. */
  readonly needTimes: boolean;
}

/**
 * The limits that the options set, or undefined when they set none; ages are counted back from `nowMs`. Both ends are in, as with rclone:
 * `minSize` and `maxSize` in bytes, `minAge` and `maxAge` since the last modification. Throws RemoteError `badSettings` for a text
 * that is no size or age.
 */
export function createLimits(options: LimitOptions, nowMs: number): Limits | undefined {
  const { minSize, maxSize, minAge, maxAge } = options;
  if (minSize === undefined && maxSize === undefined && minAge === undefined && maxAge === undefined)
    return undefined;
  const least = minSize === undefined ? 0 : parseSize(minSize, 'minSize');
  const most = maxSize === undefined ? Number.POSITIVE_INFINITY : parseSize(maxSize, 'maxSize');
  const ago = (age: string, option: string) => instantFromMs(nowMs - parseAge(age, option));
  const newest = minAge === undefined ? undefined : ago(minAge, 'minAge');
  const oldest = maxAge === undefined ? undefined : ago(maxAge, 'maxAge');
  return {
    needTimes: newest !== undefined || oldest !== undefined,
    sizeProblem(bytes) {
      if (bytes < least) return `is smaller than ${sizeText(minSize)}`;
      if (bytes > most) return `is larger than ${sizeText(maxSize)}`;
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

/**
 * The time that the age limits go by, or undefined when only a `stat` can tell. `byServer`: the service's own time stands in for the
 * owner's (A1, R9).
 */
export function timeForLimits(file: FileEntry, byServer: boolean): Instant | undefined {
  if (byServer) return file.serverModified ?? file.modified;
  // An object without a time of its owner's has none but the service's (R1).
  return file.modified ?? (file.exact ? file.serverModified : undefined);
}
