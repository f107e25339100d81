import type { FilterRule, PlanOptions } from '../../plan/model/planOptions';
import {
  type FlagDecision,
  type FlagRules,
  flag,
  flagOfSetting,
  hintFlag,
  ignored,
  type NamedRule,
  optionFlag,
  type ParseState,
  refused,
  unavailable,
  understood,
} from '../flags';
import { type FilterFlags, noFilterFlags, parseFilterRule, readPatternFile } from './rcloneFilters';
import { ageOf, durationMs, sizeOf } from './rcloneQuantities';

/** What the flags of a line of rclone say so far. */
export interface RcloneParseState extends ParseState {
  readonly filterFlags: FilterFlags;
  /** From `--delete-before` and its alternatives; rclone accepts only one of them. */
  deleteTime?: 'before' | 'during' | 'after';
  tracksRenames?: true;
  renamesBy?: 'hash' | 'modified';
  backupDir?: string;
}

/** The defaults of rclone. `typedVerb` is the command as written, `verb` that of the plan. */
export function newRcloneState(
  context: ParseState['context'],
  typedVerb: string,
  verb: ParseState['options']['verb'],
): RcloneParseState {
  return {
    context,
    verb: typedVerb,
    options: {
      verb,
      compare: 'rclone',
      deletes: 'none',
      filters: [],
      filterDialect: 'rclone',
      useDefaultExcludes: false,
      followSymlinks: false,
      refreshTimes: true,
    },
    filters: [],
    hints: {},
    filterFlags: noFilterFlags(),
  };
}

/** The short forms of rclone's flags. */
export const rcloneLetters: Readonly<Record<string, string>> = {
  c: 'checksum',
  C: 'checkfile',
  f: 'filter',
  h: 'help',
  i: 'interactive',
  I: 'ignore-times',
  l: 'links',
  L: 'copy-links',
  M: 'metadata',
  n: 'dry-run',
  P: 'progress',
  q: 'quiet',
  u: 'update',
  v: 'verbose',
  V: 'version',
  x: 'one-file-system',
};

const noLimit = ignored('It sets no limit.');

/** Flags without a value that set an option, by the option. */
export const rcloneSwitches = {
  ignoreExisting: ['ignore-existing', 'skips files that exist on the target'],
  ignoreTimes: ['ignore-times', 'copies every file, even if it is the same'],
  update: ['update', 'skips files that are newer on the target'],
  ignoreSize: ['ignore-size', 'does not compare sizes'],
  immutable: ['immutable', 'never changes files on the target: a difference is a conflict'],
  keepTargetTimes: ['no-update-modtime', 'keeps the time on the target if only the time differs'],
  useServerTimes: ['use-server-modtime', 'uses the upload times of the service'],
} as const satisfies { readonly [Name in keyof PlanOptions]?: readonly [flag: string, means: string] };

const comparisonFlags: readonly NamedRule[] = [
  flag('checksum', (_, { options }) => {
    // --size-only takes precedence (R6).
    if (options.compare !== 'size-only') options.compare = 'checksum';
    return understood('compares sizes and hashes, not times');
  }),
  optionFlag('size-only', { compare: 'size-only' }, 'compares sizes only'),
  ...Object.entries(rcloneSwitches).map(([option, [name, means]]) =>
    optionFlag(name, { [option]: true }, means),
  ),
  act('one-way', (_, { verb, options }) => {
    if (verb !== 'check') return refused(`"rclone ${verb}" does not have this flag.`);
    options.oneWay = true;
    return understood('ignores files that exist only on the target');
  }),
  optionFlag('copy-links', { followSymlinks: true }, 'follows symbolic links'),
  act('modify-window=', (value, { options }) => {
    const ms = durationMs(value);
    if (ms === undefined) return refused('It must be a duration such as 1s or 500ms.');
    options.modifyWindowMs = ms;
    return understood(`times less than ${value} apart are equal`);
  }),
  act('no-check-dest', () => refused('The target is always listed before the copies.')),
];

const deleteFlags: readonly NamedRule[] = [
  ...(['before', 'during', 'after'] as const).map((when) =>
    syncOnly(`delete-${when}`, 'deletes nothing on the target', (_, state) => {
      if (state.deleteTime !== undefined && state.deleteTime !== when)
        return refused(`It contradicts --delete-${state.deleteTime}.`);
      state.deleteTime = when;
      return understood(when === 'during' ? 'deletes during the copies' : `deletes ${when} all copies`);
    }),
  ),
  syncOnly('delete-excluded', 'deletes nothing on the target', (_, { options }) => {
    options.deleteExcluded = true;
    return understood('deletes files on the target that the filters exclude');
  }),
  act('max-delete=', (value, { options }) => {
    if (/^-\d+$/.test(value)) return noLimit;
    if (!/^\d+$/.test(value)) return refused('It must be a whole number.');
    options.maxDelete = { ...options.maxDelete, files: Number(value) };
    return understood('deletes nothing if more files would be deleted (rclone stops halfway)');
  }),
  act('max-delete-size=', (value, { options }) => {
    const size = sizeOf(value);
    if (size === 'off') return noLimit;
    const bytes = size === undefined ? undefined : bytesOf(size);
    if (bytes === undefined) return refused('It must be a size such as 10M.');
    options.maxDelete = { ...options.maxDelete, bytes };
    return understood('deletes nothing if more bytes would be deleted');
  }),
  act('backup-dir=', (value, state) => {
    if (state.verb === 'check') return ignored('"rclone check" changes nothing.');
    state.backupDir = value;
    return understood('keeps replaced and deleted files there');
  }),
  syncOnly('track-renames', 'does not track renames', (_, state) => {
    state.tracksRenames = true;
    return understood('moves renamed files on the target');
  }),
  act('track-renames-strategy=', (value, state) => {
    if (value !== 'hash' && value !== 'modtime')
      return unavailable(
        'Renames are detected by "hash" or "modtime"; among several files, the one with the same name is used.',
      );
    state.renamesBy = value === 'hash' ? 'hash' : 'modified';
    return understood(`detects renames by ${value === 'hash' ? 'content' : 'size and time'}`);
  }),
];

const filterFlags: readonly NamedRule[] = [
  ...patternFlags('include'),
  ...patternFlags('exclude'),
  act('filter=', (value, state) => {
    const rule = parseFilterRule(value);
    if (rule === undefined) return refused('A rule starts with "+ " or "- ".');
    state.filterFlags.filter.push([rule]);
    return understood(rule === '!' ? 'clears the rules before it' : 'a filter rule; the first match decides');
  }),
  fileFlag('filter-from=', (lines, state) => {
    const rules = lines.map(parseFilterRule);
    const bad = rules.indexOf(undefined);
    if (bad >= 0) return refused(`Its line "${lines[bad]}" does not start with "+ " or "- ".`);
    state.filterFlags.filterFrom.push(rules.filter((rule) => rule !== undefined));
    return understood(`filter rules of the current file (${lines.length})`);
  }),
  ...(['files-from=', 'files-from-raw='] as const).map((name) =>
    fileFlag(
      name,
      (lines, { filterFlags: flags }) => {
        flags.files = [...(flags.files ?? []), ...lines];
        return understood(`only the files named in the current file (${lines.length})`);
      },
      name === 'files-from-raw=',
    ),
  ),
  sizeFlag('min-size=', 'minSize', 'least'),
  sizeFlag('max-size=', 'maxSize', 'most'),
  ageFlag('min-age=', 'minAge', 'least'),
  ageFlag('max-age=', 'maxAge', 'most'),
  act('max-depth=', (value, state) => {
    if (/^-\d+$/.test(value)) return noLimit;
    if (!/^[1-9]\d{0,2}$/.test(value)) return refused('It must be a whole number of at least 1.');
    state.filterFlags.maxDepth = Number(value);
    return understood('a filter rule that excludes deeper files');
  }),
  act('exclude-if-present=', () => refused('Excluding folders by a marker file is not supported.')),
];

const remoteFlags: readonly NamedRule[] = [
  ...(['profile', 'endpoint', 'region'] as const).map((hint) =>
    hintFlag(`s3-${hint}=`, hint, 'selects the remote of ":s3:"'),
  ),
  flagOfSetting('s3-acl=', 'acl', 'ACL'),
  flagOfSetting('s3-storage-class=', 'storageClass', 'Storage class'),
  flagOfSetting('s3-server-side-encryption=', 'serverSideEncryption', 'Server-side encryption'),
  flagOfSetting('s3-sse-kms-key-id=', 'sseKmsKeyId', 'KMS key'),
];

export const actingRcloneFlags: FlagRules = new Map([
  ...comparisonFlags,
  ...deleteFlags,
  ...filterFlags,
  act('dry-run', () => understood('the preview does this: nothing is written before you apply it')),
  act('interactive', () => understood('the preview does this: you can deselect each change')),
  ...remoteFlags,
]);

/** A rule that needs the state of rclone: `readRclone` evaluates it with no other state. */
function act(name: string, read: (value: string, state: RcloneParseState) => FlagDecision): NamedRule {
  return flag(name, (value, state) => read(value, state as RcloneParseState));
}

/** A flag without effect on other verbs than sync: `otherwise` completes "rclone copy …". */
function syncOnly(
  name: string,
  otherwise: string,
  read: (value: string, state: RcloneParseState) => FlagDecision,
): NamedRule {
  return act(name, (value, state) =>
    state.verb === 'sync' ? read(value, state) : ignored(`"rclone ${state.verb}" ${otherwise}.`),
  );
}

/** A flag that names a file of patterns. */
function fileFlag(
  name: string,
  read: (lines: readonly string[], state: RcloneParseState) => FlagDecision,
  raw = false,
): NamedRule {
  return act(name, (value, state) => {
    const lines = readPatternFile(value, state.context, raw);
    return typeof lines === 'string' ? refused(lines) : read(lines, state);
  });
}

function patternFlags(kind: 'include' | 'exclude'): NamedRule[] {
  const ruleOf = (pattern: string): FilterRule =>
    kind === 'include' ? { include: pattern } : { exclude: pattern };
  const means =
    kind === 'include' ? 'includes matches; files that match no rule are excluded' : 'excludes matches';
  return [
    act(`${kind}=`, (value, state) => {
      if (value === '') return refused('The pattern is empty.');
      state.filterFlags[kind].push([ruleOf(value)]);
      return understood(means);
    }),
    fileFlag(`${kind}-from=`, (lines, state) => {
      state.filterFlags[`${kind}From`].push(lines.map(ruleOf));
      return understood(`the patterns of the current file (${lines.length})`);
    }),
  ];
}

type Bound = 'least' | 'most';

function sizeFlag(name: string, option: 'minSize' | 'maxSize', bound: Bound): NamedRule {
  return flag(name, (value, { options }) => {
    const size = sizeOf(value);
    if (size === undefined) return refused('It must be a size such as 100K or 1.5M.');
    if (size === 'off') return noLimit;
    options[option] = size;
    return understood(`only files of at ${bound} ${typeof size === 'number' ? `${size} bytes` : size}`);
  });
}

function ageFlag(name: string, option: 'minAge' | 'maxAge', bound: Bound): NamedRule {
  return flag(name, (value, { options, context }) => {
    const age = ageOf(value, context.now);
    if (age === undefined)
      return refused('It must be an age such as 90s, 12h or 7d, or a date such as 2026-01-31.');
    if (age === 'off') return noLimit;
    options[option] = age;
    return understood(`only files modified at ${bound} ${age} ago`);
  });
}

function bytesOf(size: number | string): number | undefined {
  if (typeof size === 'number') return size;
  const power = 'KMGTPE'.indexOf(size.slice(-1)) + 1;
  return power === 0 ? undefined : Math.trunc(Number(size.slice(0, -1)) * 1024 ** power);
}
