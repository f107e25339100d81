import type { FilterRule, PlanOptions } from '../../plan/model/planOptions';
import {
  bySetting,
  type FlagDecision,
  type FlagRule,
  type FlagRules,
  flag,
  ignored,
  type ParseState,
  refused,
  unavailable,
  understood,
} from '../flags';
import { type FilterFlags, filterRule, noFilterFlags, patternLines } from './rcloneFilters';
import { ageOf, durationMs, sizeOf } from './rcloneQuantities';

/** A draft of a line of rclone. */
export interface RcloneDraft extends ParseState {
  readonly filterFlags: FilterFlags;
  /** What decides how pairs are compared, whatever the order of the flags (R6). */
  readonly compares: { sizeOnly?: true; checksum?: true };
  /** Set by `--delete-before` and its like; rclone takes one of them. */
  deleteTime?: 'before' | 'during' | 'after';
  tracksRenames?: true;
  renamesBy?: 'hash' | 'modified';
  backupDir?: string;
}

/** A draft with what rclone does when no flag says otherwise. `typedVerb` is the command as written, `verb` what it means here. */
export function newRcloneDraft(
  context: ParseState['context'],
  typedVerb: string,
  verb: ParseState['options']['verb'],
): RcloneDraft {
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
  act('checksum', (_, draft) => {
    draft.compares.checksum = true;
    return understood('compares sizes and hashes, not times');
  }),
  act('size-only', (_, draft) => {
    draft.compares.sizeOnly = true;
    return understood('compares sizes only');
  }),
  on('ignore-existing', 'ignoreExisting', 'leaves alone what the target has'),
  on('ignore-times', 'ignoreTimes', 'copies every file, the same or not'),
  on('update', 'update', 'leaves alone what is newer on the target'),
  on('ignore-size', 'ignoreSize', 'does not compare sizes'),
  on('immutable', 'immutable', 'never changes what the target has: a difference is a conflict'),
  on('no-update-modtime', 'keepTargetTimes', 'where only the time differs it stays'),
  on('use-server-modtime', 'useServerTimes', "takes the service's times"),
  act('one-way', (_, draft) => {
    if (draft.verb !== 'check') return refused(`"rclone ${draft.verb}" does not know it.`);
    draft.options.oneWay = true;
    return understood('leaves out what only the target has');
  }),
  on('copy-links', 'followSymlinks', 'follows links'),
  act('modify-window=', (value, draft) => {
    const ms = durationMs(value);
    if (ms === undefined) return refused('It must be a duration such as 1s or 500ms.');
    draft.options.modifyWindowMs = ms;
    return understood(`times less than ${value} apart are equal`);
  }),
  act('no-check-dest', () => refused('The target is always listed before anything is copied.')),

  // Deletes and what becomes of what is replaced.
  ...(['before', 'during', 'after'] as const).map((when) =>
    act(`delete-${when}`, (_, draft) => {
      if (draft.verb !== 'sync') return ignored(`"rclone ${draft.verb}" deletes nothing on the target.`);
      if (draft.deleteTime !== undefined && draft.deleteTime !== when)
        return refused(`It contradicts --delete-${draft.deleteTime}.`);
      draft.deleteTime = when;
      return understood(`deletes ${when === 'during' ? 'while it copies' : `${when} everything is copied`}`);
    }),
  ),
  act('delete-excluded', (_, draft) => {
    if (draft.verb !== 'sync') return ignored(`"rclone ${draft.verb}" deletes nothing on the target.`);
    draft.options.deleteExcluded = true;
    return understood('deletes on the target what the filters leave out');
  }),
  act('max-delete=', (value, draft) => {
    if (/^-\d+$/.test(value)) return ignored('Less than zero stands for no limit.');
    if (!/^\d+$/.test(value)) return refused('It must be a whole number.');
    draft.options.maxDelete = { ...draft.options.maxDelete, files: Number(value) };
    return understood('when more would be deleted, nothing is (rclone stops halfway)');
  }),
  act('max-delete-size=', (value, draft) => {
    const size = sizeOf(value);
    if (size === 'off') return ignored('There is no limit.');
    const bytes = size === undefined ? undefined : bytesOf(size);
    if (bytes === undefined) return refused('It must be a size such as 10M.');
    draft.options.maxDelete = { ...draft.options.maxDelete, bytes };
    return understood('when more bytes would be deleted, nothing is');
  }),
  act('backup-dir=', (value, draft) => {
    if (draft.verb === 'check') return ignored('"rclone check" changes nothing.');
    draft.backupDir = value;
    return understood('keeps there what it replaces and deletes');
  }),
  act('track-renames', (_, draft) => {
    if (draft.verb !== 'sync') return ignored(`"rclone ${draft.verb}" does not track renames.`);
    draft.tracksRenames = true;
    return understood('moves on the target what was only renamed');
  }),
  act('track-renames-strategy=', (value, draft) => {
    const strategies = { hash: 'hash', modtime: 'modified' } as const;
    const strategy = strategies[value as keyof typeof strategies];
    if (strategy === undefined)
      return unavailable(
        'Renames are known by "hash" or by "modtime" here; of several files the one of the same name is taken.',
      );
    draft.renamesBy = strategy;
    return understood(
      strategy === 'hash' ? 'renames are known by content' : 'renames are known by size and time',
    );
  }),

  // Filters.
  patterns('include=', (draft, rules) => draft.filterFlags.include.push(rules), 'include'),
  patterns('exclude=', (draft, rules) => draft.filterFlags.exclude.push(rules), 'exclude'),
  patternsFrom('include-from=', (draft, rules) => draft.filterFlags.includeFrom.push(rules), 'include'),
  patternsFrom('exclude-from=', (draft, rules) => draft.filterFlags.excludeFrom.push(rules), 'exclude'),
  act('filter=', (value, draft) => {
    const rule = filterRule(value);
    if (rule === undefined) return refused('A rule begins with "+ " or "- ".');
    draft.filterFlags.filter.push([rule]);
    return understood(
      rule === '!' ? 'forgets the rules before it' : 'a filter rule; the first that matches decides',
    );
  }),
  act('filter-from=', (value, draft) => {
    const lines = patternLines(value, draft.context);
    if (typeof lines === 'string') return refused(lines);
    const rules = lines.map(filterRule);
    const bad = rules.indexOf(undefined);
    if (bad >= 0) return refused(`Its line "${lines[bad]}" does not begin with "+ " or "- ".`);
    draft.filterFlags.filterFrom.push(rules.flatMap((rule) => (rule === undefined ? [] : [rule])));
    return understood(`filter rules of that file, as they are now (${lines.length})`);
  }),
  ...(['files-from=', 'files-from-raw='] as const).map((name) =>
    act(name, (value, draft) => {
      const lines = patternLines(value, draft.context, name === 'files-from-raw=');
      if (typeof lines === 'string') return refused(lines);
      draft.filterFlags.files = [...(draft.filterFlags.files ?? []), ...lines];
      return understood(`only the files named there, as they are now (${lines.length})`);
    }),
  ),
  size('min-size=', 'minSize'),
  size('max-size=', 'maxSize'),
  age('min-age=', 'minAge'),
  age('max-age=', 'maxAge'),
  act('max-depth=', (value, draft) => {
    if (/^-\d+$/.test(value)) return ignored('Less than zero stands for no limit.');
    if (!/^[1-9]\d{0,2}$/.test(value)) return refused('It must be a whole number of at least 1.');
    draft.filterFlags.maxDepth = Number(value);
    return understood('a filter rule that leaves out what lies deeper');
  }),
  act('exclude-if-present=', () => refused('Folders are not left out by a file that lies in them.')),

  act('dry-run', () => understood('the preview is that: nothing is written before you apply it')),
  act('interactive', () => understood('the preview is that: each change can be unticked')),

  // Which remote is meant by ":s3:".
  hint('s3-profile=', 'profile'),
  hint('s3-endpoint=', 'endpoint'),
  hint('s3-region=', 'region'),
  bySetting('s3-acl=', 'acl', 'ACL'),
  bySetting('s3-storage-class=', 'storageClass', 'Storage class'),
  bySetting('s3-server-side-encryption=', 'serverSideEncryption', 'Server-side encryption'),
  bySetting('s3-sse-kms-key-id=', 'sseKmsKeyId', 'KMS key'),
];

/** A rule of rclone's own: its draft has more parts. */
function act(
  name: string,
  read: (value: string, draft: RcloneDraft) => FlagDecision,
): readonly [string, FlagRule] {
  return flag(name, (value, draft) => read(value, draft as RcloneDraft));
}

function on(name: string, option: OnOff, means: string): readonly [string, FlagRule] {
  return act(name, (_, draft) => {
    draft.options[option] = true;
    return understood(means);
  });
}

function hint(name: string, which: 'profile' | 'endpoint' | 'region'): readonly [string, FlagRule] {
  return act(name, (value, draft) => {
    draft.hints[which] = value;
    return understood('tells which remote ":s3:" stands for');
  });
}

type Kind = 'include' | 'exclude';

function ruleOf(kind: Kind, pattern: string): FilterRule {
  return kind === 'include' ? { include: pattern } : { exclude: pattern };
}

function patterns(
  name: string,
  add: (draft: RcloneDraft, rules: FilterRule[]) => unknown,
  kind: Kind,
): readonly [string, FlagRule] {
  return act(name, (value, draft) => {
    if (value === '') return refused('The pattern is empty.');
    add(draft, [ruleOf(kind, value)]);
    return understood(
      kind === 'include' ? 'takes in what matches; what no rule matches is out' : 'leaves out what matches',
    );
  });
}

function patternsFrom(
  name: string,
  add: (draft: RcloneDraft, rules: FilterRule[]) => unknown,
  kind: Kind,
): readonly [string, FlagRule] {
  return act(name, (value, draft) => {
    const lines = patternLines(value, draft.context);
    if (typeof lines === 'string') return refused(lines);
    add(
      draft,
      lines.map((line) => ruleOf(kind, line)),
    );
    return understood(`the patterns of that file, as they are now (${lines.length})`);
  });
}

function size(name: string, option: 'minSize' | 'maxSize'): readonly [string, FlagRule] {
  return act(name, (value, draft) => {
    const found = sizeOf(value);
    if (found === undefined) return refused('It must be a size such as 100K or 1.5M.');
    if (found === 'off') return ignored('There is no limit.');
    draft.options[option] = found;
    return understood(
      `only files of at ${option === 'minSize' ? 'least' : 'most'} ${typeof found === 'number' ? `${found} bytes` : found}`,
    );
  });
}

function age(name: string, option: 'minAge' | 'maxAge'): readonly [string, FlagRule] {
  return act(name, (value, draft) => {
    const found = ageOf(value, draft.context.now);
    if (found === undefined)
      return refused('It must be an age such as 90s, 12h or 7d, or a day such as 2026-01-31.');
    if (found === 'off') return ignored('There is no limit.');
    draft.options[option] = found;
    return understood(`only files modified at ${option === 'minAge' ? 'least' : 'most'} ${found} ago`);
  });
}

function bytesOf(size: number | string): number | undefined {
  if (typeof size === 'number') return size;
  const power = 'KMGTPE'.indexOf(size.slice(-1)) + 1;
  return power === 0 ? undefined : Math.trunc(Number(size.slice(0, -1)) * 1024 ** power);
}

export const actingRcloneFlags: FlagRules = new Map(acting);
