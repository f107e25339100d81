import { RemoteError } from '../remote/remoteError';
import { type NamedPath, parseNamed } from './namedPaths';

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
  readonly only?: readonly NamedPath[];

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

const known: readonly string[] = [...Object.keys(defaultPlanOptions), 'only'];

/**
 * Checked options from settings or a terminal; what isn't named has its default. Throws RemoteError `badSettings` naming the field, what
 * was found there and what is allowed. The patterns themselves are read by `createFilter`.
 */
export function parsePlanOptions(value: unknown): PlanOptions {
  const given = value ?? {};
  if (!isRecord(given)) throw bad('The options', given, 'an object such as {"deletes": "after"}');
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new RemoteError('badSettings', `The option "${name}" is unknown. Known are ${known.join(', ')}.`);
  return {
    verb: oneOf(given, 'verb', ['copy', 'sync']),
    compare: oneOf(given, 'compare', comparisonModes),
    deletes: oneOf(given, 'deletes', ['none', 'after']),
    filters: given['filters'] === undefined ? [] : filtersFrom(given['filters']),
    filterDialect: oneOf(given, 'filterDialect', ['rclone', 'aws']),
    useDefaultExcludes: yesOrNo(given, 'useDefaultExcludes'),
    followSymlinks: yesOrNo(given, 'followSymlinks'),
    ...(given['only'] !== undefined && { only: parseNamed(given['only']) }),
  };
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
  if (value === undefined) return defaultPlanOptions[name];
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw bad(`The option "${name}"`, value, `one of ${allowed.map((a) => `"${a}"`).join(', ')}`);
  return found;
}

function yesOrNo(given: Given, name: 'useDefaultExcludes' | 'followSymlinks'): boolean {
  const value = given[name] ?? defaultPlanOptions[name];
  if (typeof value !== 'boolean') throw bad(`The option "${name}"`, value, 'true or false');
  return value;
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
