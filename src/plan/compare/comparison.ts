import type { Capabilities } from '../../remote/capabilities';
import type { FileEntry } from '../../remote/entry';
import { type Instant, nsBetween } from '../../remote/modifiedTime';
import type { CopyFile, Place, SideName } from '../model/plan';
import {
  type ComparisonMode,
  leavesUnlistedTimes,
  type PlanOptions,
  usesAwsRules,
} from '../model/planOptions';

/** The result of comparing a pair of files, with its reason. */
export type Comparison =
  | {
      readonly verdict: 'same';
      /**
       * The facts that were equal. sizeAndOrder: only that the older file is on the side where `aws` expects it, which doesn't prove equal
       * content (A7). With `ignoreSize` the sizes may differ.
       */
      readonly because: 'size' | 'sizeAndTime' | 'sizeAndHash' | 'sizeAndOrder';
    }
  /** An option keeps the pair from being touched, whatever its content. Never treat it as `same`. */
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
  /** Sizes agree, but no hash is known on both sides. Never treat it as `same`. */
  | { readonly verdict: 'unknown'; readonly because: 'noCommonHash' }
  /**
   * times: a `stat` of each side whose time is unknown. hashes: a `stat` of each side that has no MD5 and isn't exact. content: the MD5 of
   * the content of each side that has none.
   */
  | { readonly verdict: 'needsFacts'; readonly because: 'times' | 'hashes' | 'content' };

/** The reasons of a verdict. */
export type Reason<Verdict extends Comparison['verdict']> = Extract<
  Comparison,
  { readonly verdict: Verdict }
>['because'];

export type Direction = CopyFile['direction'];

/** Everything besides the two files that a comparison depends on. */
export interface ComparisonRules
  extends Pick<PlanOptions, 'ignoreExisting' | 'ignoreTimes' | 'update' | 'ignoreSize'> {
  /** Whether equal content is the same, whatever the times: by `keepTargetTimes`, or because a side lists no times. */
  readonly equalContentIsSame: boolean;
  readonly mode: ComparisonMode;
  readonly direction: Direction;
  /** Nanoseconds within which times are equal (rclone), or to which times are truncated (aws). 'none': a side stores no times. */
  readonly windowNs: number | 'none';
  /** Whether a side's time is the service's own, for `aws` (A1) or by `useServerTimes` (R9), instead of the owner's. */
  readonly serverTime: Readonly<Record<SideName, boolean>>;
}

export function directionOf(source: Place, target: Place): Direction {
  const [fromRemote, toRemote] = [source.kind === 'remote', target.kind === 'remote'];
  if (fromRemote === toRemote) return 'copy';
  return toRemote ? 'upload' : 'download';
}

/** Whether the mode compares times but a side stores none, so that sizes alone decide. */
export function comparesBySize({ mode, windowNs, ignoreExisting, ignoreTimes }: ComparisonRules): boolean {
  if (ignoreExisting || ignoreTimes) return false;
  return windowNs === 'none' && mode !== 'size-only' && mode !== 'checksum';
}

/** `aws` keeps microseconds (A8). */
const awsPrecisionNs = 1000;
const nsPerMs = 1e6;

/** rclone's window for `--update` where a side stores no times: about the precision of an upload's time. */
const updateWindowNs = 1e9;

/**
 * The rules that the options select for these two sides. A check compares content: its mode `rclone` means `checksum`, and options that
 * keep a sync from touching a file are ignored (R11).
 */
export function comparisonRules(
  options: PlanOptions,
  source: { readonly place: Place; readonly capabilities: Capabilities },
  target: { readonly place: Place; readonly capabilities: Capabilities },
): ComparisonRules {
  const isCheck = options.verb === 'check';
  const mode = isCheck && options.compare === 'rclone' ? 'checksum' : options.compare;
  const byAwsRules = usesAwsRules(mode);
  const byServer = byAwsRules || (options.useServerTimes === true && !isCheck);
  const serverTime = {
    source: byServer && source.place.kind === 'remote',
    target: byServer && target.place.kind === 'remote',
  };
  const precisions = [
    serverTime.source ? 1 : source.capabilities.timePrecisionNs,
    serverTime.target ? 1 : target.capabilities.timePrecisionNs,
  ];
  const windowNs = precisions.reduce(
    (widest, own) => (widest === 'none' || own === 'none' ? 'none' : Math.max(widest, own)),
    byAwsRules ? awsPrecisionNs : (options.modifyWindowMs ?? 0) * nsPerMs,
  );
  return {
    mode,
    direction: directionOf(source.place, target.place),
    windowNs,
    serverTime,
    ignoreExisting: !isCheck && options.ignoreExisting === true,
    ignoreTimes: !isCheck && options.ignoreTimes === true,
    update: !isCheck && !byAwsRules && options.update === true,
    equalContentIsSame:
      !isCheck &&
      !byAwsRules &&
      (options.keepTargetTimes === true ||
        (leavesUnlistedTimes(options) &&
          !(source.capabilities.listsModified && target.capabilities.listsModified))),
    ignoreSize: !byAwsRules && options.ignoreSize === true,
  };
}

/**
 * Compares a pair of files by the first row that applies. T = modified time. `hashed`: all content that can be read has been hashed, so a
 * missing hash stays missing.
 *
 * | mode             | flag             | T_src, T_dst     | decision                                                              |
 * |------------------|------------------|------------------|-----------------------------------------------------------------------|
 * | any              | ignoreExisting   |                  | left alone                                                            |
 * | any              | ignoreTimes      |                  | always (different)                                                    |
 * | not by aws rules | update           | T_dst is newer   | left alone, even if sizes differ                                      |
 * | any              | not ignoreSize   |                  | if sizes differ: sizeDiffers                                          |
 * | size-only        |                  |                  | same                                                                  |
 * | checksum (§2.2)  |                  |                  | hashes equal: same; differ: hashDiffers; one is missing: unknown      |
 * | rclone (§2.2)    | not with update  | one side has none| same                                                                  |
 * | rclone           | equalContentIsSame|                 | hashes are known and equal: same                                      |
 * | rclone           |                  | within the window| same                                                                  |
 * | rclone           |                  | else             | hashes equal: onlyTimeDiffers, or same with equalContentIsSame;       |
 * |                  |                  |                  | differ: hashDiffers; one is missing: timeDiffers                      |
 * | aws (§1.2)       | upload, copy     | T_src > T_dst    | sourceIsNewer                                                         |
 * | aws              | download         | T_src < T_dst    | targetIsNewer (A7)                                                    |
 * | exact-timestamps | download         | T_src > T_dst    | sourceIsNewer; else as aws                                            |
 * | both             |                  | else             | same                                                                  |
 *
 * The window (R5): times are equal when |ΔT| is strictly less than the largest of `modifyWindowMs` and the precision of both sides; with
 * `update` and a side that stores no times, less than a second. aws truncates both times to the microsecond, or to the precision of the
 * disk where that is coarser (A8, A10). An unknown time makes rclone compare hashes, and makes aws transfer (timeDiffers).
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
    const ahead = sourceAgeDifference(source, target, rules);
    if (ahead !== undefined && -ahead >= windowOf(rules))
      return { verdict: 'leftAlone', because: 'targetIsNewer' };
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
      return compareByRcloneRules(source, target, rules, hashed);
    case 'aws':
    case 'exact-timestamps':
      return compareByAwsRules(source, target, rules);
  }
}

function compareByRcloneRules(
  source: FileEntry,
  target: FileEntry,
  rules: ComparisonRules,
  hashed: boolean,
): Comparison {
  const { serverTime, update, equalContentIsSame } = rules;
  if (rules.windowNs === 'none' && !update) return { verdict: 'same', because: 'size' };
  if (equalContentIsSame && source.md5 !== undefined && source.md5 === target.md5)
    return { verdict: 'same', because: 'sizeAndHash' };
  if (!(knowsTime(source, serverTime.source) && knowsTime(target, serverTime.target)))
    return { verdict: 'needsFacts', because: 'times' };
  const ahead = sourceAgeDifference(source, target, rules);
  if (ahead !== undefined && Math.abs(ahead) < windowOf(rules))
    return { verdict: 'same', because: rules.windowNs === 'none' ? 'size' : 'sizeAndTime' };
  return compareHashes(source, target, hashed, {
    equal: equalContentIsSame
      ? { verdict: 'same', because: 'sizeAndHash' }
      : { verdict: 'different', because: 'onlyTimeDiffers' },
    missing: { verdict: 'different', because: 'timeDiffers' },
  });
}

/** Nanoseconds within which rclone's modes take two times as equal. */
function windowOf({ windowNs }: ComparisonRules): number {
  return windowNs === 'none' ? updateWindowNs : windowNs;
}

/** The time that is compared; undefined when it is unknown, or only a `stat` can tell it. */
export function timeOf(file: FileEntry, byServer: boolean): Instant | undefined {
  return byServer ? (file.serverModified ?? file.modified) : (file.modified ?? file.serverModified);
}

/** Whether a `stat` can't add anything to the time that is compared. An object without an owner's time has the service's (R1). */
export function knowsTime(file: FileEntry, byServer: boolean): boolean {
  if (file.exact) return true;
  return byServer ? timeOf(file, true) !== undefined : file.modified !== undefined;
}

/** Nanoseconds by which the source is newer than the target; undefined when a time is unknown. */
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

function compareByAwsRules(source: FileEntry, target: FileEntry, rules: ComparisonRules): Comparison {
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

/** Compares two times after both are truncated to units of `unitNs`. */
function compareTruncated(a: Instant, b: Instant, unitNs: number): number {
  const unitS = Math.max(1, Math.floor(unitNs / 1e9));
  const seconds = Math.floor(a.s / unitS) - Math.floor(b.s / unitS);
  if (seconds !== 0 || unitNs >= 1e9) return seconds;
  return Math.floor(a.ns / unitNs) - Math.floor(b.ns / unitNs);
}
