import { RemoteError } from '../../remote/remoteError';
import { parseAge, parseSize } from './quantities';
import { parseSelected, type SelectedPath } from './selectedPaths';

/** What the user wants of a copy or sync. Plain data: stands as `options` in `cloudRemotes.syncs` and in a Plan. */
export interface PlanOptions {
  /**
   * `copy` never deletes, whatever `deletes` says. `sync` makes the target like the source. `move` copies, then removes each source
   * file whose content is on the target. `check` only compares: its plan says what a sync with deletes would do, names the
   * unchanged files (`Plan.same`), and can't be run.
   */
  readonly verb: Verb;
  readonly compare: ComparisonMode;
  /**
   * When files that only the target has are deleted. `after` (all copies, and only if none failed) is the safe way; `before` frees
   * room first; `during` goes in the order of paths (R20, A26).
   */
  readonly deletes: DeleteTime;
  /** Ordered rules; what decides depends on the dialect. Excluded files are invisible on both sides, so they are never deleted. */
  readonly filters: readonly FilterRule[];
  /**
   * `rclone`: first match wins, `*` stops at `/` (R16–R18). `aws`: last match wins, `*` crosses `/` (A14–A16). `gitignore`: the
   * patterns of excludes are lines of a .gitignore, last match wins; an include is a line that begins with `!`.
   */
  readonly filterDialect: FilterDialect;
  /** Whether `defaultExcludes` stand before the user's rules. */
  readonly useDefaultExcludes: boolean;
  /** Whether links in a local source are followed (A21) or reported as skipped. */
  readonly followSymlinks: boolean;
  /**
   * Only these files and folders take part (as far as the filters let them), and only they are looked at on either side;
   * absent = everything. What isn't named is neither copied nor deleted.
   */
  readonly only?: readonly SelectedPath[];

  // What follows is off when absent. The names are rclone's.

  /** A pair that exists on both sides is never touched (`--ignore-existing`, §2.2 step 1). */
  readonly ignoreExisting?: boolean;
  /** A pair that exists on both sides is always copied (`--ignore-times`, step 2). */
  readonly ignoreTimes?: boolean;
  /** A target file that is newer than the source's is left alone (`--update`, steps 3–5). */
  readonly update?: boolean;
  /** Sizes are not compared (`--ignore-size`, step 6). */
  readonly ignoreSize?: boolean;
  /** Existing target files are never changed: what would be is a conflict, and nothing is deleted (`--immutable`, R10). */
  readonly immutable?: boolean;
  /** Where only the time differs it is left as it is (`--no-update-modtime`, step 9). */
  readonly keepTargetTimes?: boolean;
  /** The service's time stands in for the owner's, so none has to be asked for (`--use-server-modtime`, R9). */
  readonly useServerTimes?: boolean;
  /** A check passes over what only the target has (`--one-way`, R11). Other verbs are as they are without it. */
  readonly oneWay?: boolean;
  /** Times nearer than this many milliseconds are equal (`--modify-window`, R5). */
  readonly modifyWindowMs?: number;
  /** When more than any of these would be deleted, nothing is (R22). `percent` is of the target's files. */
  readonly maxDelete?: MaxDelete;
  /** Target files that the filters exclude are deleted too (`--delete-excluded`, R19); the usual excludes stay protected. */
  readonly deleteExcluded?: boolean;
  /**
   * A folder of the target's remote into which overwritten and deleted files are moved first (`--backup-dir`, R23): a whole path
   * there, as `bucket/backups/{date}`; `{date}` becomes the time of the plan. It must not overlap the target.
   */
  readonly backupFolder?: string;
  /** Files that only moved are moved on the target as well, known by content or by size and modified time (`--track-renames`, R24). */
  readonly trackRenames?: RenameTracking;
  /** Only files of at least, at most this size: bytes, or rclone's `10K`, `1.5M`, `2G` (units of 1024). */
  readonly minSize?: number | string;
  readonly maxSize?: number | string;
  /** Only files modified at least, at most so long before the plan: rclone's `90s`, `30m`, `12h`, `7d`, `2w`, `6M`, `1y`. */
  readonly minAge?: string;
  readonly maxAge?: string;
  /** Names of ignore files in .gitignore's syntax (`.gitignore`) that are read in every folder of the side that is a disk. */
  readonly ignoreFiles?: readonly string[];
}

export type Verb = 'copy' | 'sync' | 'move' | 'check';
export type DeleteTime = 'none' | 'before' | 'during' | 'after';
export type FilterDialect = 'rclone' | 'aws' | 'gitignore';
export type RenameTracking = 'none' | 'hash' | 'modified';

export interface MaxDelete {
  readonly files?: number;
  readonly percent?: number;
  readonly bytes?: number;
}

/**
 * - `rclone`: size, then modified time, then hash (sync-semantics §2.2);
 * - `aws`: size, then LastModified, exactly as `aws s3 sync` (§1);
 * - `exact-timestamps`: as `aws`, with `--exact-timestamps`;
 * - `size-only`; `checksum` (size, then hash; §2.2 step 7).
 */
export type ComparisonMode = 'rclone' | 'aws' | 'exact-timestamps' | 'size-only' | 'checksum';

export const comparisonModes: readonly ComparisonMode[] = [
  'rclone',
  'aws',
  'exact-timestamps',
  'size-only',
  'checksum',
];

export type FilterRule = { readonly include: string } | { readonly exclude: string };

/** Never wanted in a bucket, or holding secrets of the editor and its extensions. rclone spelling. */
export const defaultExcludes: readonly string[] = [
  // A folder, or in a linked work tree or submodule a file.
  '.git',
  '.git/**',
  '.vscode/**',
  '.DS_Store',
  'Thumbs.db',
];

export const defaultPlanOptions: PlanOptions = {
  verb: 'sync',
  compare: 'rclone',
  deletes: 'none',
  filters: [],
  filterDialect: 'rclone',
  useDefaultExcludes: true,
  followSymlinks: true,
};

/**
 * Whether the plan says of files that only the target has that they are to be deleted. A check names them as a sync would, unless it goes
 * one way only.
 */
export function wantsDeletes({
  verb,
  deletes,
  oneWay,
}: Pick<PlanOptions, 'verb' | 'deletes' | 'oneWay'>): boolean {
  return verb === 'check' ? !oneWay : verb === 'sync' && deletes !== 'none';
}

const flags = [
  'ignoreExisting',
  'ignoreTimes',
  'update',
  'ignoreSize',
  'immutable',
  'keepTargetTimes',
  'useServerTimes',
  'oneWay',
  'deleteExcluded',
] as const;

const known: readonly string[] = [
  ...Object.keys(defaultPlanOptions),
  'only',
  ...flags,
  'modifyWindowMs',
  'maxDelete',
  'backupFolder',
  'trackRenames',
  'minSize',
  'maxSize',
  'minAge',
  'maxAge',
  'ignoreFiles',
];

/**
 * Checked options from settings or a terminal; what isn't named has its default, or stays absent where it has none. Throws RemoteError
 * `badSettings` naming the field, what was found there and what is allowed; also for limits between which no file can be. The patterns
 * themselves are read by `createFilter`, and whether the backup folder lies well by the plan.
 */
export function parsePlanOptions(value: unknown): PlanOptions {
  const given = value ?? {};
  if (!isRecord(given)) throw bad('The options', given, 'an object such as {"deletes": "after"}');
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new RemoteError('badSettings', `The option "${name}" is unknown. Known are ${known.join(', ')}.`);
  const options: PlanOptions = {
    verb: oneOf(given, 'verb', ['copy', 'sync', 'move', 'check']),
    compare: oneOf(given, 'compare', comparisonModes),
    deletes: oneOf(given, 'deletes', ['none', 'before', 'during', 'after']),
    filters: given['filters'] === undefined ? [] : filtersFrom(given['filters']),
    filterDialect: oneOf(given, 'filterDialect', ['rclone', 'aws', 'gitignore']),
    useDefaultExcludes: yesOrNo(given, 'useDefaultExcludes'),
    followSymlinks: yesOrNo(given, 'followSymlinks'),
    ...(given['only'] !== undefined && { only: parseSelected(given['only']) }),
    ...flagsFrom(given),
    ...optional(given, 'modifyWindowMs', windowFrom),
    ...optional(given, 'maxDelete', maxDeleteFrom),
    ...optional(given, 'backupFolder', backupFolderFrom),
    ...optional(given, 'trackRenames', trackingFrom),
    ...optional(given, 'minSize', sizeFrom),
    ...optional(given, 'maxSize', sizeFrom),
    ...optional(given, 'minAge', ageFrom),
    ...optional(given, 'maxAge', ageFrom),
    ...optional(given, 'ignoreFiles', ignoreFilesFrom),
  };
  refuseEmptyRange(options);
  return options;
}

type Given = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneOf<Name extends 'verb' | 'compare' | 'deletes' | 'filterDialect'>(
  given: Given,
  name: Name,
  allowed: readonly PlanOptions[Name][],
): PlanOptions[Name] {
  const value = given[name];
  return value === undefined ? defaultPlanOptions[name] : among(value, name, allowed);
}

function among<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw bad(`The option "${name}"`, value, `one of ${allowed.map((a) => `"${a}"`).join(', ')}`);
  return found;
}

function yesOrNo(given: Given, name: 'useDefaultExcludes' | 'followSymlinks'): boolean {
  return flagFrom(given[name] ?? defaultPlanOptions[name], name);
}

function flagFrom(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw bad(`The option "${name}"`, value, 'true or false');
  return value;
}

function flagsFrom(given: Given): Partial<Record<(typeof flags)[number], boolean>> {
  return Object.assign({}, ...flags.map((name) => optional(given, name, flagFrom)));
}

/** The option under its name as `read` gives it, or nothing where it isn't given. */
function optional<Name extends string, T>(
  given: Given,
  name: Name,
  read: (value: unknown, name: Name) => T,
): Partial<Record<Name, T>> {
  const value = given[name];
  return value === undefined ? {} : ({ [name]: read(value, name) } as Record<Name, T>);
}

function windowFrom(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw bad(`The option "${name}"`, value, 'a number of milliseconds, 0 or more');
  return value;
}

function maxDeleteFrom(value: unknown, name: string): MaxDelete {
  const parts: readonly string[] = ['files', 'percent', 'bytes'];
  if (
    !isRecord(value) ||
    Object.keys(value).length === 0 ||
    Object.keys(value).some((part) => !parts.includes(part))
  )
    throw bad(
      `The option "${name}"`,
      value,
      'an object with "files", "percent" or "bytes" such as {"files": 100, "percent": 50}',
    );
  for (const [part, most] of Object.entries(value)) {
    const isCount = typeof most === 'number' && Number.isSafeInteger(most) && most >= 0;
    if (!isCount || (part === 'percent' && most > 100))
      throw bad(
        `The option "${name}.${part}"`,
        most,
        part === 'percent' ? 'a whole number from 0 to 100' : 'a whole number, 0 or more',
      );
  }
  return value as MaxDelete;
}

/** Where it is and whether it overlaps the target is found out when there is a target. */
function backupFolderFrom(value: unknown, name: string): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw bad(`The option "${name}"`, value, 'the path of a folder such as "bucket/backups/{date}"');
  if (value.split(/[/\\]/).includes('..')) throw bad(`The option "${name}"`, value, 'a path without ".."');
  return value;
}

function trackingFrom(value: unknown, name: string): RenameTracking {
  return among(value, name, ['none', 'hash', 'modified']);
}

function sizeFrom(value: unknown, name: string): number | string {
  if (typeof value !== 'number' && typeof value !== 'string')
    throw bad(`The option "${name}"`, value, 'a number of bytes or a size such as "10K", "1.5M" or "2G"');
  parseSize(value, name);
  return value;
}

function ageFrom(value: unknown, name: string): string {
  if (typeof value !== 'string')
    throw bad(`The option "${name}"`, value, 'an age such as "90s", "30m", "7d" or "1y"');
  parseAge(value, name);
  return value;
}

function ignoreFilesFrom(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value))
    throw bad(`The option "${name}"`, value, 'a list of file names such as [".gitignore"]');
  return value.map((file: unknown, i) => {
    if (typeof file !== 'string' || /^\.{0,2}$|[/\\\0]/.test(file))
      throw bad(
        `The option "${name}[${i}]"`,
        file,
        'the name of a file without a folder, such as ".gitignore"',
      );
    return file;
  });
}

/** Limits that no file can keep would make a source look empty. */
function refuseEmptyRange({ minSize, maxSize, minAge, maxAge }: PlanOptions): void {
  if (
    minSize !== undefined &&
    maxSize !== undefined &&
    parseSize(minSize, 'minSize') > parseSize(maxSize, 'maxSize')
  )
    throw nothingBetween('minSize', minSize, 'maxSize', maxSize);
  if (minAge !== undefined && maxAge !== undefined && parseAge(minAge, 'minAge') > parseAge(maxAge, 'maxAge'))
    throw nothingBetween('minAge', minAge, 'maxAge', maxAge);
}

function nothingBetween(
  low: string,
  least: number | string,
  high: string,
  most: number | string,
): RemoteError {
  return new RemoteError(
    'badSettings',
    `The option "${low}" is ${JSON.stringify(least)}, more than "${high}" with ${JSON.stringify(most)}, so no file would take part.`,
  );
}

function filtersFrom(value: unknown): readonly FilterRule[] {
  if (!Array.isArray(value))
    throw bad('The option "filters"', value, 'a list such as [{"exclude": "*.tmp"}]');
  return value.map((rule: unknown, i) => {
    const keys = isRecord(rule) ? Object.keys(rule) : [];
    const pattern = isRecord(rule) ? (rule['include'] ?? rule['exclude']) : undefined;
    if (keys.length !== 1 || typeof pattern !== 'string' || pattern === '')
      throw bad(
        `The option "filters[${i}]"`,
        rule,
        'either {"include": "pattern"} or {"exclude": "pattern"}',
      );
    return keys[0] === 'include' ? { include: pattern } : { exclude: pattern };
  });
}

function bad(what: string, value: unknown, allowed: string): RemoteError {
  return new RemoteError(
    'badSettings',
    `${what} is ${JSON.stringify(value) ?? String(value)}, but must be ${allowed}.`,
  );
}
