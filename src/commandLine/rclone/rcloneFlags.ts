import type { FilterRule, PlanOptions } from '../../plan/model/planOptions';
import {
  type FlagDecision,
  type FlagRule,
  type FlagRules,
  flag,
  flagOfSetting,
  ignored,
  type ParseState,
  refused,
  unavailable,
  understood,
} from '../flags';
import { type FilterFlags, noFilterFlags, parseFilterRule, readPatternFile } from './rcloneFilters';
import { ageOf, durationMs, sizeOf } from './rcloneQuantities';

/** A state of a line of rclone. */
export interface RcloneParseState extends ParseState {
  readonly filterFlags: FilterFlags;
  /** What decides how pairs are compared, whatever the order of the flags (R6). */
  readonly compares: { sizeOnly?: true; checksum?: true };
  /** Set by `--delete-before` and its like; rclone takes one of them. */
  deleteTime?: 'before' | 'during' | 'after';
  tracksRenames?: true;
  renamesBy?: 'hash' | 'modified';
  backupDir?: string;
}

/** A state with what rclone does when no flag says otherwise. `typedVerb` is the command as written, `verb` what it means here. */
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
    },
    filters: [],
    hints: {},
    filterFlags: noFilterFlags(),
    compares: {},
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

type OnOff = {
  [Name in keyof PlanOptions]-?: PlanOptions[Name] extends boolean | undefined ? Name : never;
}[keyof PlanOptions];

const acting: readonly (readonly [string, FlagRule])[] = [
  // What is compared, and what is done with pairs.
  act('checksum', (_, state) => {
    state.compares.checksum = true;
    return understood('compares sizes and hashes, not times');
  }),
  act('size-only', (_, state) => {
    state.compares.sizeOnly = true;
    return understood('compares sizes only');
  }),
  on('ignore-existing', 'ignoreExisting', 'leaves alone what the target has'),
  on('ignore-times', 'ignoreTimes', 'copies every file, the same or not'),
  on('update', 'update', 'leaves alone what is newer on the target'),
  on('ignore-size', 'ignoreSize', 'does not compare sizes'),
  on('immutable', 'immutable', 'never changes what the target has: a difference is a conflict'),
  on('no-update-modtime', 'keepTargetTimes', 'where only the time differs it stays'),
  on('use-server-modtime', 'useServerTimes', "takes the service's times"),
  act('one-way', (_, state) => {
    if (state.verb !== 'check') return refused(`"rclone ${state.verb}" does not know it.`);
    state.options.oneWay = true;
    return understood('leaves out what only the target has');
  }),
  on('copy-links', 'followSymlinks', 'follows links'),
  act('modify-window=', (value, state) => {
    const ms = durationMs(value);
    if (ms === undefined) return refused('It must be a duration such as 1s or 500ms.');
    state.options.modifyWindowMs = ms;
    return understood(`times less than ${value} apart are equal`);
  }),
  act('no-check-dest', () => refused('The target is always listed before anything is copied.')),

  // Deletes and what becomes of what is replaced.
  ...(['before', 'during', 'after'] as const).map((when) =>
    act(`delete-${when}`, (_, state) => {
      if (state.verb !== 'sync') return ignored(`"rclone ${state.verb}" deletes nothing on the target.`);
      if (state.deleteTime !== undefined && state.deleteTime !== when)
        return refused(`It contradicts --delete-${state.deleteTime}.`);
      state.deleteTime = when;
      return understood(`deletes ${when === 'during' ? 'while it copies' : `${when} everything is copied`}`);
    }),
  ),
  act('delete-excluded', (_, state) => {
    if (state.verb !== 'sync') return ignored(`"rclone ${state.verb}" deletes nothing on the target.`);
    state.options.deleteExcluded = true;
    return understood('deletes on the target what the filters leave out');
  }),
  act('max-delete=', (value, state) => {
    if (/^-\d+$/.test(value)) return ignored('Less than zero stands for no limit.');
    if (!/^\d+$/.test(value)) return refused('It must be a whole number.');
    state.options.maxDelete = { ...state.options.maxDelete, files: Number(value) };
    return understood('when more would be deleted, nothing is (rclone stops halfway)');
  }),
  act('max-delete-size=', (value, state) => {
    const size = sizeOf(value);
    if (size === 'off') return ignored('There is no limit.');
    const bytes = size === undefined ? undefined : bytesOf(size);
    if (bytes === undefined) return refused('It must be a size such as 10M.');
    state.options.maxDelete = { ...state.options.maxDelete, bytes };
    return understood('when more bytes would be deleted, nothing is');
  }),
  act('backup-dir=', (value, state) => {
    if (state.verb === 'check') return ignored('"rclone check" changes nothing.');
    state.backupDir = value;
    return understood('keeps there what it replaces and deletes');
  }),
  act('track-renames', (_, state) => {
    if (state.verb !== 'sync') return ignored(`"rclone ${state.verb}" does not track renames.`);
    state.tracksRenames = true;
    return understood('moves on the target what was only renamed');
  }),
  act('track-renames-strategy=', (value, state) => {
    const strategies = { hash: 'hash', modtime: 'modified' } as const;
    const strategy = strategies[value as keyof typeof strategies];
    if (strategy === undefined)
      return unavailable(
        'Renames are known by "hash" or by "modtime" here; of several files the one of the same name is taken.',
      );
    state.renamesBy = strategy;
    return understood(
      strategy === 'hash' ? 'renames are known by content' : 'renames are known by size and time',
    );
  }),

  // Filters.
  patterns('include=', (state, rules) => state.filterFlags.include.push(rules), 'include'),
  patterns('exclude=', (state, rules) => state.filterFlags.exclude.push(rules), 'exclude'),
  patternsFrom('include-from=', (state, rules) => state.filterFlags.includeFrom.push(rules), 'include'),
  patternsFrom('exclude-from=', (state, rules) => state.filterFlags.excludeFrom.push(rules), 'exclude'),
  act('filter=', (value, state) => {
    const rule = parseFilterRule(value);
    if (rule === undefined) return refused('A rule begins with "+ " or "- ".');
    state.filterFlags.filter.push([rule]);
    return understood(
      rule === '!' ? 'forgets the rules before it' : 'a filter rule; the first that matches decides',
    );
  }),
  act('filter-from=', (value, state) => {
    const lines = readPatternFile(value, state.context);
    if (typeof lines === 'string') return refused(lines);
    const rules = lines.map(parseFilterRule);
    const bad = rules.indexOf(undefined);
    if (bad >= 0) return refused(`Its line "${lines[bad]}" does not begin with "+ " or "- ".`);
    state.filterFlags.filterFrom.push(rules.flatMap((rule) => (rule === undefined ? [] : [rule])));
    return understood(`filter rules of that file, as they are now (${lines.length})`);
  }),
  ...(['files-from=', 'files-from-raw='] as const).map((name) =>
    act(name, (value, state) => {
      const lines = readPatternFile(value, state.context, name === 'files-from-raw=');
      if (typeof lines === 'string') return refused(lines);
      state.filterFlags.files = [...(state.filterFlags.files ?? []), ...lines];
      return understood(`only the files named there, as they are now (${lines.length})`);
    }),
  ),
  size('min-size=', 'minSize'),
  size('max-size=', 'maxSize'),
  age('min-age=', 'minAge'),
  age('max-age=', 'maxAge'),
  act('max-depth=', (value, state) => {
    if (/^-\d+$/.test(value)) return ignored('Less than zero stands for no limit.');
    if (!/^[1-9]\d{0,2}$/.test(value)) return refused('It must be a whole number of at least 1.');
    state.filterFlags.maxDepth = Number(value);
    return understood('a filter rule that leaves out what lies deeper');
  }),
  act('exclude-if-present=', () => refused('Folders are not left out by a file that lies in them.')),

  act('dry-run', () => understood('the preview is that: nothing is written before you apply it')),
  act('interactive', () => understood('the preview is that: each change can be unticked')),

  // Which remote is meant by ":s3:".
  hint('s3-profile=', 'profile'),
  hint('s3-endpoint=', 'endpoint'),
  hint('s3-region=', 'region'),
  flagOfSetting('s3-acl=', 'acl', 'ACL'),
  flagOfSetting('s3-storage-class=', 'storageClass', 'Storage class'),
  flagOfSetting('s3-server-side-encryption=', 'serverSideEncryption', 'Server-side encryption'),
  flagOfSetting('s3-sse-kms-key-id=', 'sseKmsKeyId', 'KMS key'),
];

/** A rule of rclone's own: its state has more parts. */
function act(
  name: string,
  read: (value: string, state: RcloneParseState) => FlagDecision,
): readonly [string, FlagRule] {
  return flag(name, (value, state) => read(value, state as RcloneParseState));
}

function on(name: string, option: OnOff, means: string): readonly [string, FlagRule] {
  return act(name, (_, state) => {
    state.options[option] = true;
    return understood(means);
  });
}

function hint(name: string, which: 'profile' | 'endpoint' | 'region'): readonly [string, FlagRule] {
  return act(name, (value, state) => {
    state.hints[which] = value;
    return understood('tells which remote ":s3:" stands for');
  });
}

type Kind = 'include' | 'exclude';

function ruleOf(kind: Kind, pattern: string): FilterRule {
  return kind === 'include' ? { include: pattern } : { exclude: pattern };
}

function patterns(
  name: string,
  add: (state: RcloneParseState, rules: FilterRule[]) => unknown,
  kind: Kind,
): readonly [string, FlagRule] {
  return act(name, (value, state) => {
    if (value === '') return refused('The pattern is empty.');
    add(state, [ruleOf(kind, value)]);
    return understood(
      kind === 'include' ? 'takes in what matches; what no rule matches is out' : 'leaves out what matches',
    );
  });
}

function patternsFrom(
  name: string,
  add: (state: RcloneParseState, rules: FilterRule[]) => unknown,
  kind: Kind,
): readonly [string, FlagRule] {
  return act(name, (value, state) => {
    const lines = readPatternFile(value, state.context);
    if (typeof lines === 'string') return refused(lines);
    add(
      state,
      lines.map((line) => ruleOf(kind, line)),
    );
    return understood(`the patterns of that file, as they are now (${lines.length})`);
  });
}

function size(name: string, option: 'minSize' | 'maxSize'): readonly [string, FlagRule] {
  return act(name, (value, state) => {
    const found = sizeOf(value);
    if (found === undefined) return refused('It must be a size such as 100K or 1.5M.');
    if (found === 'off') return ignored('There is no limit.');
    state.options[option] = found;
    return understood(
      `only files of at ${option === 'minSize' ? 'least' : 'most'} ${typeof found === 'number' ? `${found} bytes` : found}`,
    );
  });
}

function age(name: string, option: 'minAge' | 'maxAge'): readonly [string, FlagRule] {
  return act(name, (value, state) => {
    const found = ageOf(value, state.context.now);
    if (found === undefined)
      return refused('It must be an age such as 90s, 12h or 7d, or a day such as 2026-01-31.');
    if (found === 'off') return ignored('There is no limit.');
    state.options[option] = found;
    return understood(`only files modified at ${option === 'minAge' ? 'least' : 'most'} ${found} ago`);
  });
}

function bytesOf(size: number | string): number | undefined {
  if (typeof size === 'number') return size;
  const power = 'KMGTPE'.indexOf(size.slice(-1)) + 1;
  return power === 0 ? undefined : Math.trunc(Number(size.slice(0, -1)) * 1024 ** power);
}

export const actingRcloneFlags: FlagRules = new Map(acting);
