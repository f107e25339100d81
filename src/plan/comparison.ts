import type { Capabilities } from '../remote/capabilities';
import type { FileEntry } from '../remote/entry';
import { type Instant, nsBetween } from '../remote/modifiedTime';
import type { Place } from './plan';
import type { ComparisonMode } from './planOptions';

/** What a pair of files is, and because of what. */
export type Comparison =
  | { readonly verdict: 'same'; readonly because: 'size' | 'sizeAndTime' | 'sizeAndHash' }
  | {
      readonly verdict: 'different';
      readonly because:
        | 'sizeDiffers'
        | 'sourceIsNewer'
        | 'targetIsNewer'
        | 'timeDiffers'
        | 'hashDiffers'
        | 'onlyTimeDiffers';
    }
  /** Sizes agree, and there is no hash that both sides know. Never to be taken for `same`. */
  | { readonly verdict: 'unknown'; readonly because: 'noCommonHash' }
  /**
   * exact: a `stat` of each side that isn't exact. hash: the content's MD5 of each side that doesn't tell it.
   */
  | { readonly verdict: 'needsFacts'; readonly because: 'exact' | 'hash' };

export type Direction = 'upload' | 'download' | 'copy';

/** Everything that a comparison depends on besides the two files. */
export interface ComparisonRules {
  readonly mode: ComparisonMode;
  readonly direction: Direction;
  /**
   * Times nearer than this are equal (rclone), and times are cut to this (aws). 'none': a side keeps no
   * times.
   */
  readonly windowNs: number | 'none';
  /** Whether a side's time is the service's own, as `aws` compares it (A1), instead of the owner's. */
  readonly serverTime: { readonly source: boolean; readonly target: boolean };
}

export function directionOf(source: Place, target: Place): Direction {
  const [fromRemote, toRemote] = [source.kind === 'remote', target.kind === 'remote'];
  if (fromRemote === toRemote) return 'copy';
  return toRemote ? 'upload' : 'download';
}

/** Whether times were to be compared but can't be, so that sizes alone decide. */
export function comparesBySize({ mode, windowNs }: ComparisonRules): boolean {
  return windowNs === 'none' && mode !== 'size-only' && mode !== 'checksum';
}

/** `aws` keeps microseconds (A8). */
const awsPrecisionNs = 1000;

export function comparisonRules(
  mode: ComparisonMode,
  source: { readonly place: Place; readonly capabilities: Capabilities },
  target: { readonly place: Place; readonly capabilities: Capabilities },
): ComparisonRules {
  const likeAws = mode === 'aws' || mode === 'exact-timestamps';
  const serverTime = {
    source: likeAws && source.place.kind === 'remote',
    target: likeAws && target.place.kind === 'remote',
  };
  let windowNs: number | 'none' = likeAws ? awsPrecisionNs : 1;
  for (const [side, byServer] of [
    [source, serverTime.source],
    [target, serverTime.target],
  ] as const) {
    if (byServer || windowNs === 'none') continue;
    const own = side.capabilities.timePrecisionNs;
    windowNs = own === 'none' ? 'none' : Math.max(windowNs, own);
  }
  return { mode, direction: directionOf(source.place, target.place), windowNs, serverTime };
}

/**
 * Decides about a pair of files by the first line that applies. T = modified time; "known" after `stat` where
 * a listing doesn't tell it.
 *
 * | mode             | sizes differ | else                                                                            |
 * |------------------|--------------|---------------------------------------------------------------------------------|
 * | size-only        | sizeDiffers  | same                                                                            |
 * | checksum (§2.2)  | sizeDiffers  | hashes equal: same; differ: hashDiffers; one is missing: unknown                |
 * | rclone (§2.2)    | sizeDiffers  | a side keeps no times: same. T within the window: same. Else hashes equal:      |
 * |                  |              | onlyTimeDiffers; differ: hashDiffers; one is missing: timeDiffers               |
 * | aws (§1.2)       | sizeDiffers  | upload, copy: T_src > T_dst: sourceIsNewer, else same                           |
 * |                  |              | download: T_src < T_dst: targetIsNewer, else same (A7)                          |
 * | exact-timestamps | sizeDiffers  | upload, copy: as aws; download: T_src < T_dst: targetIsNewer, T_src > T_dst:    |
 * |                  |              | sourceIsNewer, else same                                                        |
 *
 * The window (R5): |ΔT| strictly less than the coarser precision of both sides is equal. aws cuts both times
 * to the microsecond, or to what the disk keeps where that is coarser (A8, A10). A time that nobody knows
 * makes rclone look at the hash, and makes aws transfer (timeDiffers).
 *
 * `hashed` says that what could be learnt by reading content has been: a hash that is missing then stays so.
 */
export function compareFiles(
  source: FileEntry,
  target: FileEntry,
  rules: ComparisonRules,
  hashed: boolean,
): Comparison {
  if (source.size !== target.size) return { verdict: 'different', because: 'sizeDiffers' };
  switch (rules.mode) {
    case 'size-only':
      return { verdict: 'same', because: 'size' };
    case 'checksum':
      return compareHashes(source, target, hashed, {
        equal: { verdict: 'same', because: 'sizeAndHash' },
        missing: { verdict: 'unknown', because: 'noCommonHash' },
      });
    case 'rclone':
      return compareLikeRclone(source, target, rules.windowNs, hashed);
    case 'aws':
    case 'exact-timestamps':
      return compareLikeAws(source, target, rules);
  }
}

function compareLikeRclone(
  source: FileEntry,
  target: FileEntry,
  windowNs: number | 'none',
  hashed: boolean,
): Comparison {
  if (windowNs === 'none') return { verdict: 'same', because: 'size' };
  if (!(knowsTime(source) && knowsTime(target))) return { verdict: 'needsFacts', because: 'exact' };
  const sourceTime = source.modified ?? source.serverModified;
  const targetTime = target.modified ?? target.serverModified;
  if (sourceTime && targetTime && Math.abs(nsBetween(sourceTime, targetTime)) < windowNs)
    return { verdict: 'same', because: 'sizeAndTime' };
  return compareHashes(source, target, hashed, {
    equal: { verdict: 'different', because: 'onlyTimeDiffers' },
    missing: { verdict: 'different', because: 'timeDiffers' },
  });
}

function knowsTime(file: FileEntry): boolean {
  return file.modified !== undefined || file.exact === true;
}

function compareHashes(
  source: FileEntry,
  target: FileEntry,
  hashed: boolean,
  outcome: { readonly equal: Comparison; readonly missing: Comparison },
): Comparison {
  if (source.md5 !== undefined && target.md5 !== undefined)
    return source.md5 === target.md5 ? outcome.equal : { verdict: 'different', because: 'hashDiffers' };
  const lacks = (file: FileEntry) => file.md5 === undefined && !file.exact;
  if (lacks(source) || lacks(target)) return { verdict: 'needsFacts', because: 'exact' };
  return hashed ? outcome.missing : { verdict: 'needsFacts', because: 'hash' };
}

function compareLikeAws(source: FileEntry, target: FileEntry, rules: ComparisonRules): Comparison {
  const sourceTime = awsTime(source, rules.serverTime.source);
  const targetTime = awsTime(target, rules.serverTime.target);
  if (rules.windowNs === 'none') return { verdict: 'same', because: 'size' };
  if (!sourceTime || !targetTime) return { verdict: 'different', because: 'timeDiffers' };
  const order = compareCut(sourceTime, targetTime, rules.windowNs);
  const download = rules.direction === 'download';
  if (order > 0 && (!download || rules.mode === 'exact-timestamps'))
    return { verdict: 'different', because: 'sourceIsNewer' };
  if (order < 0 && download) return { verdict: 'different', because: 'targetIsNewer' };
  return { verdict: 'same', because: 'sizeAndTime' };
}

function awsTime(file: FileEntry, byServer: boolean): Instant | undefined {
  return byServer ? (file.serverModified ?? file.modified) : (file.modified ?? file.serverModified);
}

/** Order of two times after both are cut down to whole units of `unitNs`. */
function compareCut(a: Instant, b: Instant, unitNs: number): number {
  const unitS = Math.max(1, Math.floor(unitNs / 1e9));
  const seconds = Math.floor(a.s / unitS) - Math.floor(b.s / unitS);
  if (seconds !== 0 || unitNs >= 1e9) return seconds;
  return Math.floor(a.ns / unitNs) - Math.floor(b.ns / unitNs);
}
