import { isRecord } from '../../base/encoding';
import { RemoteError } from '../../remote/remoteError';
import {
  invalidOption,
  type OptionKind,
  type OptionName,
  type OptionRow,
  optionNames,
  planOptionSchema,
} from './optionSchema';
import { parseAge, parseSize } from './quantities';
import { parseSelected, type SelectedPath } from './selectedPaths';

/** The user's options of a copy, sync, move or check. Plain data: the `options` of `cloudRemotes.syncs` and of a Plan. */
export interface PlanOptions {
  /**
   * `copy` never deletes, whatever `deletes` says. `sync` makes the target like the source. `move` copies, then removes each source
   * file whose content is on the target. `check` only compares: its plan says what a sync with deletes would do, lists the
   * unchanged files (`Plan.same`), and can't be run.
   */
  readonly verb: Verb;
  readonly compare: ComparisonMode;
  /**
   * When files that only the target has are deleted. `after` deletes when all copies succeeded, which is safest; `before` frees space
   * first; `during` follows the order of paths (R20, A26).
   */
  readonly deletes: DeleteTime;
  /** Ordered rules; the dialect says which one decides. Excluded files are invisible on both sides, so they are never deleted. */
  readonly filters: readonly FilterRule[];
  /**
   * `rclone`: first match wins, `*` stops at `/` (R16–R18). `aws`: last match wins, `*` crosses `/` (A14–A16). `gitignore`: the
   * patterns of excludes are lines of a .gitignore, last match wins; an include is a line that begins with `!`.
   */
  readonly filterDialect: FilterDialect;
  /** Whether `defaultExcludes` apply before the user's rules. */
  readonly useDefaultExcludes: boolean;
  /** Whether links in a local source are followed (A21) or reported as skipped. */
  readonly followSymlinks: boolean;
  /** Only these files and folders take part, if the filters include them; everything when absent. Other files are neither listed, copied nor deleted. */
  readonly only?: readonly SelectedPath[];

  // The following options are off when absent. Most names are rclone's.

  /** Files that exist on both sides are never touched (`--ignore-existing`, sync-semantics §2.2 step 1). */
  readonly ignoreExisting?: boolean;
  /** Files that exist on both sides are always copied (`--ignore-times`, step 2). */
  readonly ignoreTimes?: boolean;
  /** A target file that is newer than the source's is left alone (`--update`, steps 3–5). */
  readonly update?: boolean;
  /** Sizes are not compared (`--ignore-size`, step 6). */
  readonly ignoreSize?: boolean;
  /** Existing target files are never changed: a difference is a conflict, and nothing is deleted then (`--immutable`, R10). */
  readonly immutable?: boolean;
  /** A modified time is not set where only the time differs (`--no-update-modtime`, step 9). */
  readonly keepTargetTimes?: boolean;
  /**
   * Times are compared as rclone does also where a listing lacks them. Off: files of equal content are then the same, whatever their
   * times, which saves a request for each object. A move and `update` always compare times.
   */
  readonly refreshTimes?: boolean;
  /** The service's time is used instead of the owner's, which saves requests (`--use-server-modtime`, R9). */
  readonly useServerTimes?: boolean;
  /** A check ignores files that only the target has (`--one-way`, R11). Has no effect on other verbs. */
  readonly oneWay?: boolean;
  /** Times that differ by less than this many milliseconds are equal (`--modify-window`, R5). */
  readonly modifyWindowMs?: number;
  /** When more than any of these would be deleted, nothing is deleted (R22). `percent` is of the target's files. */
  readonly maxDelete?: MaxDelete;
  /** Deletes target files that the filters exclude too (`--delete-excluded`, R19); the default excludes stay protected. */
  readonly deleteExcluded?: boolean;
  /**
   * A folder that keeps overwritten and deleted files (`--backup-dir`, R23): a full path of the target's remote, as
   * `bucket/backups/{date}`; `{date}` becomes the time of the plan. It must not overlap the target.
   */
  readonly backupFolder?: string;
  /** Renamed files are moved on the target, recognized by content or by size and modified time (`--track-renames`, R24). */
  readonly trackRenames?: RenameTracking;
  /** Only files of at least or at most this size: bytes, or rclone's `10K`, `1.5M`, `2G` (units of 1024). */
  readonly minSize?: number | string;
  readonly maxSize?: number | string;
  /** Only files modified at least or at most this long before the plan: rclone's `90s`, `30m`, `12h`, `7d`, `2w`, `6M`, `1y`. */
  readonly minAge?: string;
  readonly maxAge?: string;
  /** Names of ignore files in the syntax of .gitignore, which are read in every folder of the side that is a disk. */
  readonly ignoreFiles?: readonly string[];
}

type Choice<Name extends 'verb' | 'compare' | 'deletes' | 'filterDialect' | 'trackRenames'> =
  (typeof planOptionSchema)[Name]['choices'][number];

export type Verb = Choice<'verb'>;
export type DeleteTime = Choice<'deletes'>;
export type FilterDialect = Choice<'filterDialect'>;
export type RenameTracking = Choice<'trackRenames'>;

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
export type ComparisonMode = Choice<'compare'>;

export const comparisonModes: readonly ComparisonMode[] = planOptionSchema.compare.choices;

export type FilterRule = { readonly include: string } | { readonly exclude: string };

/** Files of no use in a bucket, or with secrets of the editor and its extensions. In rclone's syntax. */
export const defaultExcludes: readonly string[] = [
  // A folder; in a linked work tree or submodule a file.
  '.git',
  '.git/**',
  '.vscode/**',
  '.DS_Store',
  'Thumbs.db',
];

/** Whether the plan has deletes for files that only the target has. A check lists them as a sync would, unless it is `oneWay`. */
export function wantsDeletes({
  verb,
  deletes,
  oneWay,
}: Pick<PlanOptions, 'verb' | 'deletes' | 'oneWay'>): boolean {
  return verb === 'check' ? !oneWay : verb === 'sync' && deletes !== 'none';
}

/** Whether the mode follows `aws s3 sync` (sync-semantics §1) instead of rclone (§2). */
export function usesAwsRules(mode: ComparisonMode): boolean {
  return mode === 'aws' || mode === 'exact-timestamps';
}

/**
 * Whether the times of equal files stay as they are where a side lists no times, because comparing them takes a `stat` of each object.
 * A move has to carry the times along, and `update` decides by them.
 */
export function leavesUnlistedTimes(options: PlanOptions): boolean {
  const { verb, compare, refreshTimes, useServerTimes, update } = options;
  return (
    compare === 'rclone' && verb !== 'check' && verb !== 'move' && !refreshTimes && !useServerTimes && !update
  );
}

/**
 * Checks options from settings or a terminal and fills in the defaults. Throws RemoteError `badSettings` that names the option, the value
 * found and the values allowed; also for limits that no file can meet. Patterns are checked by `createFilter`, and the place of the backup
 * folder when there is a target.
 */
export function parsePlanOptions(value: unknown): PlanOptions {
  const given = value ?? {};
  if (!isRecord(given))
    throw new RemoteError(
      'badSettings',
      `The options are ${JSON.stringify(given)}, but must be an object such as {"deletes": "after"}.`,
    );
  for (const name of Object.keys(given))
    if (!optionNames.includes(name as OptionName))
      throw new RemoteError(
        'badSettings',
        `The option "${name}" is unknown. Known are ${optionNames.join(', ')}.`,
      );
  const read: Partial<Record<OptionName, unknown>> = {};
  for (const name of optionNames) {
    const { kind, choices = [], default: preset } = schema[name];
    const found = given[name];
    if (found !== undefined) read[name] = readers[kind](found, name, choices);
    else if (preset !== undefined) read[name] = preset;
  }
  const options = read as PlanOptions;
  rejectEmptyRange(options, 'minSize', 'maxSize', parseSize);
  rejectEmptyRange(options, 'minAge', 'maxAge', parseAge);
  return options;
}

/** Compiles only while the schema and `PlanOptions` have the same names. */
const schema: Readonly<Record<keyof PlanOptions, OptionRow>> = planOptionSchema;

/** Each returns the value as given, or throws `badSettings`. */
const readers: Readonly<
  Record<OptionKind, (value: unknown, name: OptionName, choices: readonly string[]) => unknown>
> = {
  choice(value, name, choices) {
    if (choices.some((choice) => choice === value)) return value;
    throw invalidOption(name, value, `one of ${choices.map((choice) => `"${choice}"`).join(', ')}`);
  },
  flag(value, name) {
    if (typeof value === 'boolean') return value;
    throw invalidOption(name, value, 'true or false');
  },
  milliseconds(value, name) {
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    throw invalidOption(name, value, 'a number of milliseconds, 0 or more');
  },
  size(value, name) {
    parseSize(value, name);
    return value;
  },
  age(value, name) {
    parseAge(value, name);
    return value;
  },
  backupFolder(value, name) {
    if (typeof value !== 'string' || value.trim() === '')
      throw invalidOption(name, value, 'the path of a folder such as "bucket/backups/{date}"');
    if (value.split(/[/\\]/).includes('..')) throw invalidOption(name, value, 'a path without ".."');
    return value;
  },
  deleteLimits(value, name) {
    const parts: readonly string[] = ['files', 'percent', 'bytes'];
    const limits = isRecord(value) ? Object.entries(value) : [];
    if (limits.length === 0 || limits.some(([part]) => !parts.includes(part)))
      throw invalidOption(
        name,
        value,
        'an object with "files", "percent" or "bytes" such as {"files": 100, "percent": 50}',
      );
    for (const [part, limit] of limits) {
      const isCount = typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0;
      if (part === 'percent' && !(isCount && limit <= 100))
        throw invalidOption(`${name}.${part}`, limit, 'a whole number from 0 to 100');
      if (!isCount) throw invalidOption(`${name}.${part}`, limit, 'a whole number, 0 or more');
    }
    return value;
  },
  filterRules(value, name) {
    if (!Array.isArray(value)) throw invalidOption(name, value, 'a list such as [{"exclude": "*.tmp"}]');
    return value.map((rule: unknown, i) => {
      const [[kind, pattern] = [], ...others] = isRecord(rule) ? Object.entries(rule) : [];
      const isRule = (kind === 'include' || kind === 'exclude') && others.length === 0;
      if (isRule && typeof pattern === 'string' && pattern !== '') return { [kind]: pattern };
      throw invalidOption(`${name}[${i}]`, rule, 'either {"include": "pattern"} or {"exclude": "pattern"}');
    });
  },
  selectedPaths: parseSelected,
  fileNames(value, name) {
    if (!Array.isArray(value))
      throw invalidOption(name, value, 'a list of file names such as [".gitignore"]');
    return value.map((file: unknown, i) => {
      if (typeof file === 'string' && !/^\.{0,2}$|[/\\\0]/.test(file)) return file;
      throw invalidOption(`${name}[${i}]`, file, 'the name of a file without a folder, such as ".gitignore"');
    });
  },
};

/** Limits that no file can meet would make a source look empty. */
function rejectEmptyRange(
  options: PlanOptions,
  minName: 'minSize' | 'minAge',
  maxName: 'maxSize' | 'maxAge',
  parse: (value: unknown, name: string) => number,
): void {
  const { [minName]: min, [maxName]: max } = options;
  if (min === undefined || max === undefined || parse(min, minName) <= parse(max, maxName)) return;
  throw new RemoteError(
    'badSettings',
    `The option "${minName}" is ${JSON.stringify(min)}, more than "${maxName}" with ${JSON.stringify(max)}, so no file would take part.`,
  );
}

export const defaultPlanOptions: PlanOptions = parsePlanOptions({});
