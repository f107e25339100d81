import { RemoteError } from '../remote/remoteError';
import { type NamedPath, parseNamed } from './namedPaths';

/** What the user wants of a copy or sync. Plain data: stands as `options` in `cloudRemotes.syncs` and in a Plan. */
export interface PlanOptions {
  /** `copy` never deletes, whatever `deletes` says. */
  readonly verb: 'copy' | 'sync';
  readonly compare: ComparisonMode;
  /** Whether files that only the target has are deleted (after all copies, and only if none failed). */
  readonly deletes: 'none' | 'after';
  /** Ordered rules; what decides depends on the dialect. Excluded files are invisible on both sides, so they are never deleted. */
  readonly filters: readonly FilterRule[];
  /** `rclone`: first match wins, `*` stops at `/` (R16–R18). `aws`: last match wins, `*` crosses `/` (A14–A16). */
  readonly filterDialect: 'rclone' | 'aws';
  /** Whether `defaultExcludes` stand before the user's rules. */
  readonly useDefaultExcludes: boolean;
  /** Whether links in a local source are followed (A21) or reported as skipped. */
  readonly followSymlinks: boolean;
  /**
   * Only these files and folders take part (as far as the filters let them), and only they are looked at on either side;
   * absent = everything. What isn't named is neither copied nor deleted.
   */
  readonly only?: readonly NamedPath[];
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
