import type { Capabilities } from '../../remote/capabilities';
import type { FileEntry } from '../../remote/entry';
import { type Instant, nsBetween } from '../../remote/modifiedTime';
import type { Place } from '../model/plan';
import type { ComparisonMode, PlanOptions } from '../model/planOptions';

/** What a pair of files is, and because of what. */
export type Comparison =
  | {
      readonly verdict: 'same';
      /**
       * What the sameness rests on. order: only that the older one is on the side where `aws` expects it, which doesn't say that the
       * content is the same (A7). With `ignoreSize` the sizes may differ all the same.
       */
      readonly because: 'size' | 'sizeAndTime' | 'sizeAndHash' | 'sizeAndOrder';
    }
  /** Not to be touched, whatever the content is. Never to be taken for `same`. */
  | { readonly verdict: 'leftAlone'; readonly because: 'existing' | 'targetIsNewer' }
  | {
      readonly verdict: 'different';
      readonly because:
        | 'sizeDiffers'
        | 'sourceIsNewer'
        | 'targetIsNewer'
        | 'timeDiffers'
        | 'hashDiffers'
        | 'onlyTimeDiffers'
        | 'always';
    }
  /** Sizes agree, and there is no hash that both sides know. Never to be taken for `same`. */
  | { readonly verdict: 'unknown'; readonly because: 'noCommonHash' }
  /**
   * times: a `stat` of each side whose time isn't known. hashes: a `stat` of each side that isn't exact and doesn't tell its MD5.
   * content: the content's MD5 of each side that doesn't tell it.
   */
  | { readonly verdict: 'needsFacts'; readonly because: 'times' | 'hashes' | 'content' };

export type Direction = 'upload' | 'download' | 'copy';

/** Everything that a comparison depends on besides the two files. */
export interface ComparisonRules
  extends Pick<PlanOptions, 'ignoreExisting' | 'ignoreTimes' | 'update' | 'ignoreSize' | 'keepTargetTimes'> {
  readonly mode: ComparisonMode;
  readonly direction: Direction;
  /**
   * Times nearer than this are equal (rclone), and times are cut to this (aws). 'none': a side keeps no
   * times.
   */
  readonly windowNs: number | 'none';
  /** Whether a side's time is the service's own, as `aws` compares it (A1) or the options want it (R9), instead of the owner's. */
  readonly serverTime: { readonly source: boolean; readonly target: boolean };
}

export function directionOf(source: Place, target: Place): Direction {
  const [fromRemote, toRemote] = [source.kind === 'remote', target.kind === 'remote'];
  if (fromRemote === toRemote) return 'copy';
  return toRemote ? 'upload' : 'download';
}

/** Whether the mode goes by the rules of `aws s3 sync` (§1), else by rclone's (§2). */
export function usesAwsRules(mode: ComparisonMode): boolean {
  return mode === 'aws' || mode === 'exact-timestamps';
}

/** Whether times were to be compared but can't be, so that sizes alone decide. */
export function comparesBySize({ mode, windowNs, ignoreExisting, ignoreTimes }: ComparisonRules): boolean {
  if (ignoreExisting || ignoreTimes) return false;
  return windowNs === 'none' && mode !== 'size-only' && mode !== 'checksum';
}

/** `aws` keeps microseconds (A8). */
const awsPrecisionNs = 1000;
const nsPerMs = 1e6;
/** What rclone's `--update` allows for where a side keeps no times: about how exactly the time of an upload is known. */
const updateWindowNs = 1e9;

/**
 * The rules that the options ask for between these two sides. Of a check only sizes and hashes count: its `rclone` is `checksum`, and what
 * would keep a sync from touching a file doesn't make it alike (R11).
 */
export function comparisonRules(
  options: PlanOptions,
  source: { readonly place: Place; readonly capabilities: Capabilities },
  target: { readonly place: Place; readonly capabilities: Capabilities },
): ComparisonRules {
  const isCheck = options.verb === 'check';
  const mode = isCheck && options.compare === 'rclone' ? 'checksum' : options.compare;
  const likeAws = usesAwsRules(mode);
  const byServer = likeAws || (options.useServerTimes === true && !isCheck);
  const serverTime = {
    source: byServer && source.place.kind === 'remote',
    target: byServer && target.place.kind === 'remote',
  };
  let windowNs: number | 'none' = likeAws
    ? awsPrecisionNs
    : Math.max(1, (options.modifyWindowMs ?? 0) * nsPerMs);
  for (const [side, timeIsServers] of [
    [source, serverTime.source],
    [target, serverTime.target],
  ] as const) {
    if (timeIsServers || windowNs === 'none') continue;
    const own = side.capabilities.timePrecisionNs;
    windowNs = own === 'none' ? 'none' : Math.max(windowNs, own);
  }
  const { ignoreExisting, ignoreTimes, update, ignoreSize, keepTargetTimes } = options;
  return {
    mode,
    direction: directionOf(source.place, target.place),
    windowNs,
    serverTime,
    ...(!isCheck && { ...(ignoreExisting && { ignoreExisting }), ...(ignoreTimes && { ignoreTimes }) }),
    ...(!isCheck && !likeAws && { ...(update && { update }), ...(keepTargetTimes && { keepTargetTimes }) }),
    ...(!likeAws && ignoreSize && { ignoreSize }),
  };
}

/**
 * Decides about a pair of files by the first line that applies. T = modified time; "known" after `stat` where
 * a listing doesn't tell it.
 *
 * | mode             | flag             | T_src, T_dst     | decision                                                              |
 * |------------------|------------------|------------------|-----------------------------------------------------------------------|
 * | any              | ignoreExisting   |                  | left alone                                                            |
 * | any              | ignoreTimes      |                  | always (different)                                                    |
 * | not like aws     | update           | T_dst is newer   | left alone, even if sizes differ                                      |
 * | any              | not ignoreSize   |                  | if sizes differ: sizeDiffers                                          |
 * | size-only        |                  |                  | same                                                                  |
 * | checksum (§2.2)  |                  |                  | hashes equal: same; differ: hashDiffers; one is missing: unknown      |
 * | rclone (§2.2)    | not with update  | one side has none| same                                                                  |
 * | rclone           |                  | within the window| same                                                                  |
 * | rclone           |                  | else             | hashes equal: onlyTimeDiffers, or same with keepTargetTimes; differ:  |
 * |                  |                  |                  | hashDiffers; one is missing: timeDiffers                              |
 * | aws (§1.2)       | upload, copy     | T_src > T_dst    | sourceIsNewer                                                         |
 * | aws              | download         | T_src < T_dst    | targetIsNewer (A7)                                                    |
 * | exact-timestamps | download         | T_src > T_dst    | sourceIsNewer; else as aws                                            |
 * | both             |                  | else             | same                                                                  |
 *
 * The window (R5): |ΔT| strictly less than the largest of `modifyWindowMs` and the precision of both sides is equal; with `update` and a
 * side that keeps no times a second. aws cuts both times to the microsecond, or to what the disk keeps where that is coarser (A8, A10).
 * A time that nobody knows makes rclone look at the hash, and makes aws transfer (timeDiffers).
 *
 * `hashed` says that what could be learnt by reading content has been: a hash that is missing then stays so.
 */
export function compareFiles(
  source: FileEntry,
  target: FileEntry,
  rules: ComparisonRules,
  hashed: boolean,
): Comparison {
  if (rules.ignoreExisting) return { verdict: 'leftAlone', because: 'existing' };
  if (rules.ignoreTimes) return { verdict: 'different', because: 'always' };
  const sizesDiffer = source.size !== target.size && !rules.ignoreSize;
  if (rules.update && !usesAwsRules(rules.mode)) {
    if (!(knowsTime(source, rules.serverTime.source) && knowsTime(target, rules.serverTime.target)))
      return { verdict: 'needsFacts', because: 'times' };
    const windowNs = rules.windowNs === 'none' ? updateWindowNs : rules.windowNs;
    const ahead = sourceAgeDifference(source, target, rules);
    if (ahead !== undefined && -ahead >= windowNs) return { verdict: 'leftAlone', because: 'targetIsNewer' };
  }
  if (sizesDiffer) return { verdict: 'different', because: 'sizeDiffers' };
  switch (rules.mode) {
    case 'size-only':
      return { verdict: 'same', because: 'size' };
    case 'checksum':
      return compareHashes(source, target, hashed, {
        equal: { verdict: 'same', because: 'sizeAndHash' },
        missing: { verdict: 'unknown', because: 'noCommonHash' },
      });
    case 'rclone':
      return compareLikeRclone(source, target, rules, hashed);
    case 'aws':
    case 'exact-timestamps':
      return compareLikeAws(source, target, rules);
  }
}

function compareLikeRclone(
  source: FileEntry,
  target: FileEntry,
  rules: ComparisonRules,
  hashed: boolean,
): Comparison {
  const { serverTime, update, keepTargetTimes } = rules;
  if (rules.windowNs === 'none' && !update) return { verdict: 'same', because: 'size' };
  if (!(knowsTime(source, serverTime.source) && knowsTime(target, serverTime.target)))
    return { verdict: 'needsFacts', because: 'times' };
  const ahead = sourceAgeDifference(source, target, rules);
  if (ahead !== undefined && rules.windowNs === 'none' && Math.abs(ahead) < updateWindowNs)
    return { verdict: 'same', because: 'size' };
  if (ahead !== undefined && rules.windowNs !== 'none' && Math.abs(ahead) < rules.windowNs)
    return { verdict: 'same', because: 'sizeAndTime' };
  return compareHashes(source, target, hashed, {
    equal: keepTargetTimes
      ? { verdict: 'same', because: 'sizeAndHash' }
      : { verdict: 'different', because: 'onlyTimeDiffers' },
    missing: { verdict: 'different', because: 'timeDiffers' },
  });
}

/** The time that counts, as far as it is known; undefined also when only a `stat` can tell. */
export function timeOf(file: FileEntry, byServer: boolean): Instant | undefined {
  return byServer ? (file.serverModified ?? file.modified) : (file.modified ?? file.serverModified);
}

/** Whether a `stat` could tell nothing more about the time that counts. An object without an own time has the service's (R1). */
export function knowsTime(file: FileEntry, byServer: boolean): boolean {
  if (file.exact) return true;
  return byServer ? timeOf(file, true) !== undefined : file.modified !== undefined;
}

/** By how many nanoseconds the source is newer than the target; undefined when nobody knows a time. */
function sourceAgeDifference(
  source: FileEntry,
  target: FileEntry,
  { serverTime }: ComparisonRules,
): number | undefined {
  const sourceTime = timeOf(source, serverTime.source);
  const targetTime = timeOf(target, serverTime.target);
  return sourceTime && targetTime && nsBetween(sourceTime, targetTime);
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
  if (lacks(source) || lacks(target)) return { verdict: 'needsFacts', because: 'hashes' };
  return hashed ? outcome.missing : { verdict: 'needsFacts', because: 'content' };
}

function compareLikeAws(source: FileEntry, target: FileEntry, rules: ComparisonRules): Comparison {
  const sourceTime = timeOf(source, rules.serverTime.source);
  const targetTime = timeOf(target, rules.serverTime.target);
  if (rules.windowNs === 'none') return { verdict: 'same', because: 'size' };
  if (!sourceTime || !targetTime) return { verdict: 'different', because: 'timeDiffers' };
  const order = compareTruncated(sourceTime, targetTime, rules.windowNs);
  const download = rules.direction === 'download';
  if (order > 0 && (!download || rules.mode === 'exact-timestamps'))
    return { verdict: 'different', because: 'sourceIsNewer' };
  if (order < 0 && download) return { verdict: 'different', because: 'targetIsNewer' };
  return { verdict: 'same', because: order === 0 ? 'sizeAndTime' : 'sizeAndOrder' };
}

/** Order of two times after both are cut down to whole units of `unitNs`. */
function compareTruncated(a: Instant, b: Instant, unitNs: number): number {
  const unitS = Math.max(1, Math.floor(unitNs / 1e9));
  const seconds = Math.floor(a.s / unitS) - Math.floor(b.s / unitS);
  if (seconds !== 0 || unitNs >= 1e9) return seconds;
  return Math.floor(a.ns / unitNs) - Math.floor(b.ns / unitNs);
}
