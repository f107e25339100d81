import { RemoteError } from '../../remote/remoteError';

/** How an option is written in settings. `parsePlanOptions` has one reader for each kind. */
export type OptionKind =
  | 'choice'
  | 'flag'
  | 'milliseconds'
  | 'size'
  | 'age'
  | 'backupFolder'
  | 'deleteLimits'
  | 'filterRules'
  | 'selectedPaths'
  | 'fileNames';

export interface OptionRow {
  readonly kind: OptionKind;
  /** The values of a choice. */
  readonly choices?: readonly string[];
  /** An option without a default is off, and absent, unless it is given. */
  readonly default?: unknown;
  /** Flags of the other tools with the same effect, as Markdown for the README; absent where a tool has none. */
  readonly aws?: string;
  readonly rclone?: string;
}

/**
 * The options of a plan, one row each: checks, defaults, the list of known names, and the table in the README come from here.
 * `PlanOptions` explains each option.
 */
export const planOptionSchema = {
  verb: {
    kind: 'choice',
    choices: ['copy', 'sync', 'move', 'check'],
    default: 'sync',
    aws: '`s3 sync`, `cp --recursive`, `mv --recursive`',
    rclone: '`sync`, `copy`, `move`, `check`',
  },
  compare: {
    kind: 'choice',
    choices: ['rclone', 'aws', 'exact-timestamps', 'size-only', 'checksum'],
    default: 'rclone',
    aws: '`--size-only`, `--exact-timestamps`',
    rclone: '`--checksum`, `--size-only`',
  },
  deletes: {
    kind: 'choice',
    choices: ['none', 'before', 'during', 'after'],
    default: 'none',
    aws: '`--delete`',
    rclone: '`sync`; `--delete-before`, `-during`, `-after`',
  },
  filters: {
    kind: 'filterRules',
    default: [],
    aws: '`--exclude`, `--include`',
    rclone: '`--filter`, `--include`, `--exclude`, `…-from`',
  },
  filterDialect: { kind: 'choice', choices: ['rclone', 'aws', 'gitignore'], default: 'rclone' },
  useDefaultExcludes: { kind: 'flag', default: true },
  followSymlinks: { kind: 'flag', default: true, aws: '`--no-follow-symlinks`', rclone: '`--copy-links`' },
  only: {
    kind: 'selectedPaths',
    aws: '`cp` and `mv` of one file',
    rclone: '`copyto`, `moveto`, `--files-from`',
  },
  ignoreExisting: { kind: 'flag', rclone: '`--ignore-existing`' },
  ignoreTimes: { kind: 'flag', aws: '`cp`, `mv`', rclone: '`--ignore-times`' },
  update: { kind: 'flag', rclone: '`--update`' },
  ignoreSize: { kind: 'flag', rclone: '`--ignore-size`' },
  immutable: { kind: 'flag', rclone: '`--immutable`' },
  keepTargetTimes: { kind: 'flag', rclone: '`--no-update-modtime`' },
  refreshTimes: { kind: 'flag' },
  useServerTimes: { kind: 'flag', rclone: '`--use-server-modtime`' },
  oneWay: { kind: 'flag', rclone: '`check --one-way`' },
  deleteExcluded: { kind: 'flag', rclone: '`--delete-excluded`' },
  modifyWindowMs: { kind: 'milliseconds', rclone: '`--modify-window`' },
  maxDelete: { kind: 'deleteLimits', rclone: '`--max-delete`, `--max-delete-size`' },
  backupFolder: { kind: 'backupFolder', rclone: '`--backup-dir`' },
  trackRenames: {
    kind: 'choice',
    choices: ['none', 'hash', 'modified'],
    rclone: '`--track-renames`, `--track-renames-strategy`',
  },
  minSize: { kind: 'size', rclone: '`--min-size`' },
  maxSize: { kind: 'size', rclone: '`--max-size`' },
  minAge: { kind: 'age', rclone: '`--min-age`' },
  maxAge: { kind: 'age', rclone: '`--max-age`' },
  ignoreFiles: { kind: 'fileNames' },
} as const satisfies Readonly<Record<string, OptionRow>>;

export type OptionName = keyof typeof planOptionSchema;

/** In the order of the schema. */
export const optionNames = Object.keys(planOptionSchema) as readonly OptionName[];

/** `badSettings` for one option. `allowed` is the end of a sentence. */
export function invalidOption(name: string, value: unknown, allowed: string): RemoteError {
  return new RemoteError(
    'badSettings',
    `The option "${name}" is ${JSON.stringify(value) ?? String(value)}, but must be ${allowed}.`,
  );
}
