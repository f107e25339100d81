import type { Conflict, Plan, Skipped } from '../../../src/plan/model/plan';
import { parseAge, parseSize } from '../../../src/plan/model/quantities';
import type { Case, ReadCase, TreeItem } from './cases';
import type { RealOutcome } from './realActions';

/** One path for which the real tool and we decide differently. */
export interface Difference {
  readonly path: string;
  readonly real: string | undefined;
  readonly ours: string | undefined;
}

interface Results {
  readonly given: ReadCase;
  readonly real: RealOutcome;
  readonly plan: Plan;
}

export interface DeliberateDifference {
  /** What we do, with the rules that say so. */
  readonly name: string;
  readonly reason: string;
  /** Must be as narrow as the reason. */
  readonly applies: (difference: Difference, results: Results) => boolean;
}

export const deliberateDifferences: readonly DeliberateDifference[] = [
  {
    name: 'an empty source deletes nothing (H1)',
    reason: 'A disk that is not mounted and a mistyped prefix look the same.',
    applies: (difference, { plan }) => isKept(difference) && has(plan, 'emptySource'),
  },
  {
    name: 'a malformed key is rejected, and stays on the target (table 1.5, A25, H17, H19)',
    reason:
      'Its cleaned spelling is another name: a copy to that name would repeat in each run, or leave the root.',
    applies: ({ path, ours }, { given, plan }) =>
      ours === undefined && isMalformedKey(path, given) && isSkipped(plan, path),
  },
  {
    name: 'files that a malformed key may stand for are not deleted (A25)',
    reason: 'The tool deletes the file of the cleaned name and sends that name again.',
    applies: (difference, { given, plan }) =>
      isKept(difference) &&
      isProtected(plan, difference.path) &&
      given.source.items.some((item) => isOdd(item.path)),
  },
  {
    name: 'the counterpart of an unusable source entry is not deleted (H2, A22)',
    reason: 'A link that is broken or not followed is unknown, not absent.',
    applies: (difference, { given, plan }) =>
      isKept(difference) &&
      isProtected(plan, difference.path) &&
      given.source.items.some((item) => item.link !== undefined),
  },
  {
    name: 'a filter tests a malformed key by the name that it may stand for (A25, H4)',
    reason: 'A rule that excludes that name excludes the key too, and so protects it.',
    applies: ({ path, ours }, { given, plan }) =>
      ours === undefined &&
      isMalformedKey(path, given) &&
      given.options.filters.length > 0 &&
      !isSkipped(plan, path),
  },
  {
    name: 'a broken link protects only its own counterpart from being deleted (H2, R21)',
    reason: 'The path that it may stand for is known; rclone deletes nothing in the whole run.',
    applies: ({ real, ours }, { given, real: outcome }) =>
      given.tool === 'rclone' &&
      real === undefined &&
      ours === 'delete' &&
      given.source.items.some((item) => item.link === 'nowhere') &&
      warns(outcome, 'not deleting files as there were IO errors'),
  },
  {
    name: 'a file against a folder is a conflict at plan time (H16, R14)',
    reason: 'A disk cannot hold both; the tool fails one of the two during the run.',
    applies: ({ path, ours }, { given, plan }) =>
      ours === undefined &&
      given.target.kind === 'disk' &&
      (isConflict(plan, path, 'fileAgainstFolder') || (isProtected(plan, path) && isBelowFile(path, given))),
  },
  {
    name: 'a target file that would be renamed to a name in conflict is deleted as usual (H16, R24)',
    reason: 'The new name is impossible; rclone fails when it renames the file.',
    applies: ({ path, real: theirs, ours }, { real, plan }) =>
      theirs === undefined &&
      ours === 'delete' &&
      renamesOfTool(real).some(([to, from]) => from === path && isConflict(plan, to, 'fileAgainstFolder')),
  },
  {
    name: 'a target file in conflict with a folder is not renamed (H16, R24)',
    reason: 'It stays where it is; rclone renames it, and so makes room for the folder.',
    applies: ({ path, ours }, { real, plan }) =>
      ours === 'copy' &&
      renamesOfTool(real).some(([to, from]) => to === path && isInConflictWithFolder(plan, from)),
  },
  {
    name: 'aws patterns that begin with ./ or / are relative to the root (A16, H3)',
    reason: 'The tool joins them to the roots, so they exclude nothing, or files of one side only.',
    applies: (_, { given }) => given.tool === 'aws' && patternsOf(given).some((text) => /^\.?\//.test(text)),
  },
  {
    name: 'with size-only, spellings of one name in two Unicode forms are one file (A24, R12, H14)',
    reason:
      'The mode size-only is the same for both tools and matches names as rclone does; aws has two files.',
    applies: ({ path }, { given }) =>
      given.tool === 'aws' && given.options.compare === 'size-only' && hasUnicodeDuplicate(path, given),
  },
  {
    name: 'above the limit of deletes nothing is deleted, and every copy is made (R22, H27)',
    reason: 'rclone deletes up to the limit, then stops the run.',
    applies: (difference, { real: outcome, plan }) =>
      (has(plan, 'tooManyDeletes') && isWithheld(difference)) ||
      ((has(plan, 'tooManyDeletes') || has(plan, 'immutableConflict')) &&
        difference.real === undefined &&
        (difference.ours === 'copy' || difference.ours === 'touch') &&
        warns(outcome, '--max-delete threshold reached')),
  },
  {
    name: 'protected files do not count against the limit of deletes (R22, H2, H3)',
    reason: 'They are not deleted here; rclone counts them, and so may stop early.',
    applies: ({ real, ours }, { given, real: outcome, plan }) =>
      real === undefined &&
      (ours === 'delete' || ours === 'copy' || ours === 'touch') &&
      ((hasLimits(given) && given.options.deleteExcluded === true) ||
        plan.skipped.some(({ side, because }) => side === 'target' && because === 'protected')) &&
      warns(outcome, '--max-delete threshold reached'),
  },
  {
    name: 'an immutable file that differs withholds every delete and rename (R10)',
    reason:
      'rclone finds the difference after deletes before and during, and does not count a rename as a delete.',
    applies: (difference, { plan }) => has(plan, 'immutableConflict') && isWithheld(difference),
  },
  {
    name: 'the time of an immutable file is not set either (R10)',
    reason: 'rclone does the same without --dry-run.',
    applies: ({ path, real, ours }, { plan }) =>
      real === 'touch' && ours === undefined && isConflict(plan, path, 'immutable'),
  },
  {
    name: 'a target file whose source is outside the size or age limits is not deleted (H3)',
    reason: 'The source has the file; rclone treats it as absent.',
    applies: ({ path, real, ours }, { given, plan }) =>
      (real === 'delete' || real === '-') &&
      (ours === undefined || ours === '!') &&
      isProtected(plan, path) &&
      hasLimits(given),
  },
  {
    name: 'a target file outside the size or age limits is compared (H3)',
    reason: 'It may be the same; rclone ignores it, and copies the source file again.',
    applies: ({ path, real, ours }, { given }) => {
      const there = itemAt(path, given.target.items);
      const theirs = given.command === 'check' ? '+' : 'copy';
      return real === theirs && ours !== 'copy' && there !== undefined && isOutOfLimits(there, given);
    },
  },
  {
    name: 'a move keeps source files that cannot be verified (R8, H24)',
    reason: 'The source would be the only copy; rclone treats a missing hash as equal.',
    applies: ({ path, real, ours }, { plan }) =>
      real === 'remove source' && ours === undefined && isSkipped(plan, path, 'unverified'),
  },
  {
    name: 'a move keeps source files that are older than the target (R11)',
    reason: 'Their content has no other copy; rclone removes every file that it need not copy.',
    applies: ({ real, ours }, { given }) =>
      given.command === 'move' &&
      given.options.update === true &&
      real === 'remove source' &&
      ours === undefined,
  },
  {
    name: 'of several possible renames, the first by path is made (R24)',
    reason: 'Content or times are equal, so each of them is right; rclone takes any.',
    applies: ({ path }, { given, real, plan }) => {
      const [theirs, ours] = [renamesOfTool(real), renamesOfPlan(plan)];
      if (theirs.length === ours.length && [...theirs, ...ours].some((one) => one.includes(path)))
        return true;
      const same = (a: string, b: string, items: readonly TreeItem[]) =>
        itemAt(a, items)?.content === itemAt(b, items)?.content;
      return theirs.some(([to, from]) =>
        ours.some(
          ([ourTo, ourFrom]) =>
            (to === ourTo && [to, from, ourFrom].includes(path) && same(from, ourFrom, given.target.items)) ||
            (from === ourFrom && [to, ourTo].includes(path) && same(to, ourTo, given.source.items)),
        ),
      );
    },
  },
  {
    name: 'a comparison by checksum finds renames by content, whatever the strategy (R24)',
    reason: 'The user asks for content to be compared; rclone compares times.',
    applies: ({ path }, { given, plan }) =>
      given.options.trackRenames === 'modified' &&
      given.options.compare === 'checksum' &&
      renamesOfPlan(plan).some((one) => one.includes(path)),
  },
  {
    name: 'empty and excluded files are not renamed, nor by time where content differs or is compared (R24)',
    reason: 'Too many files are empty; an excluded file must go; a checksum comparison ignores times.',
    applies: ({ path, ours }, { given, real, plan }) => {
      const [to, from] = renamesOfTool(real).find((one) => one.includes(path)) ?? [];
      const [source, target] = [itemAt(to, given.source.items), itemAt(from, given.target.items)];
      if (!source || !target || (ours !== 'copy' && ours !== 'delete')) return false;
      return (
        source.content === '' ||
        plan.actions.some((action) => action.path === from && action.because === 'excluded') ||
        (given.options.trackRenames === 'modified' &&
          (given.options.compare === 'checksum' || source.content !== target.content))
      );
    },
  },
  {
    name: 'size and age limits delete nothing, not even with deleteExcluded (H3)',
    reason: 'They select the files of a run; rclone deletes all files outside the limits.',
    applies: (difference, { given }) =>
      isKept(difference) && given.options.deleteExcluded === true && hasLimits(given),
  },
  {
    name: 'a check marks entries that cannot be compared (R11, H2, H17)',
    reason: 'rclone ignores links and malformed keys, or treats the files that they hide as missing.',
    applies: ({ path, real, ours }, { plan }) =>
      ours === '!' && real !== '!' && [...plan.skipped, ...plan.conflicts].some((left) => left.path === path),
  },
  {
    name: 'of names that match, the name with the same spelling on the other side is used (R13)',
    reason: 'rclone uses the first name, and so may overwrite another file than the file of the same name.',
    applies: ({ path }, { given }) => given.tool === 'rclone' && hasUnicodeDuplicate(path, given),
  },
  {
    name: 'a filter treats spellings of one name in two Unicode forms alike, where they are one file (H4, H14, R12)',
    reason:
      'rclone matches names in form C but filters them as spelled, so a rule can exclude one of a pair only. With size-only we match names as rclone does, for aws too.',
    applies: ({ path }, { given }) =>
      (given.tool === 'rclone' || given.options.compare === 'size-only') &&
      path.normalize('NFC') !== path.normalize('NFD') &&
      patternsOf(given).some((text) => beyondAscii.test(text)),
  },
  {
    name: 'times of a disk are compared to the microsecond (R5)',
    reason: 'Finer times cannot be set on a disk, so each run would find a difference.',
    applies: ({ path, real, ours }, { given, plan }) => {
      const [source, target] = [itemAt(path, given.source.items), itemAt(path, given.target.items)];
      // A move then removes the source file, as rclone does after it has set the time.
      const isSame = ours === undefined || (given.command === 'move' && ours === 'remove source');
      // With `--update` rclone takes the target as newer: it copies nothing, and a move removes the source without a copy.
      const isNotNewer =
        plan.options.update === true && ours === 'copy' && (real === undefined || real === 'remove source');
      if (given.tool !== 'rclone' || !(isSame || isNotNewer) || !source || !target) return false;
      if (given.source.kind !== 'disk' && given.target.kind !== 'disk') return false;
      const apart = source.modified - target.modified;
      return apart > -1000n && apart < 1000n && apart !== 0n;
    },
  },
  {
    name: 'without refreshTimes the time of an object of equal content stays (R6, R7)',
    reason:
      'The listing of a store lacks the time, and a HEAD for each object costs more than the time is worth.',
    applies: ({ path, real, ours }, { given, plan }) => {
      const [source, target] = [itemAt(path, given.source.items), itemAt(path, given.target.items)];
      const { refreshTimes, update, useServerTimes, compare } = plan.options;
      return (
        real === 'touch' &&
        ours === undefined &&
        source?.content === target?.content &&
        (given.command === 'sync' || given.command === 'copy') &&
        (given.source.kind === 'store' || given.target.kind === 'store') &&
        compare === 'rclone' &&
        !(refreshTimes || update || useServerTimes)
      );
    },
  },
];

/** The first deliberate difference that applies. */
export function reasonFor(difference: Difference, results: Results): DeliberateDifference | undefined {
  return deliberateDifferences.find(({ applies }) => applies(difference, results));
}

/** Only the tool deletes the file. */
function isKept({ real, ours }: Difference): boolean {
  return real === 'delete' && ours === undefined;
}

/** Only the tool deletes or renames the file. */
function isWithheld(difference: Difference): boolean {
  return isKept(difference) || (isRename(difference.real) && difference.ours === 'copy');
}

function has(plan: Plan, kind: Plan['safety'][number]['kind']): boolean {
  return plan.safety.some((finding) => finding.kind === kind);
}

function warns({ warnings }: RealOutcome, words: string): boolean {
  return warnings.some((warning) => warning.includes(words));
}

function isRename(action: string | undefined): boolean {
  return action?.startsWith('moved from ') ?? false;
}

/** New and old names of what the real tool renames. */
function renamesOfTool({ actions }: RealOutcome): readonly (readonly [string, string])[] {
  const renames = [...actions].filter(([, action]) => isRename(action));
  return renames.map(([path, action]) => [path, action.slice('moved from '.length)]);
}

function renamesOfPlan({ actions }: Plan): readonly (readonly [string, string])[] {
  const renames = actions.filter((action) => action.kind === 'moveFile');
  return renames.map(({ path, from }) => [path, from]);
}

function hasLimits({ options: { minSize, maxSize, minAge, maxAge } }: ReadCase): boolean {
  return [minSize, maxSize, minAge, maxAge].some((limit) => limit !== undefined);
}

/** Approximate: the tool may use the item's own time or the store's. */
function isOutOfLimits({ content, modified, object }: TreeItem, { options }: ReadCase): boolean {
  const { minSize, maxSize, minAge, maxAge } = options;
  const size = Buffer.byteLength(content);
  const times = [Number(modified / 1_000_000n), object?.stored].filter((time) => time !== undefined);
  const ages = times.map((time) => Date.now() - time);
  return (
    (minSize !== undefined && size < parseSize(minSize, 'minSize')) ||
    (maxSize !== undefined && size > parseSize(maxSize, 'maxSize')) ||
    (minAge !== undefined && ages.some((age) => age < parseAge(minAge, 'minAge'))) ||
    (maxAge !== undefined && ages.some((age) => age > parseAge(maxAge, 'maxAge')))
  );
}

function isSkipped(plan: Plan, path: string, because?: Skipped['because']): boolean {
  return plan.skipped.some((one) => one.path === path && (because === undefined || one.because === because));
}

function isProtected(plan: Plan, path: string): boolean {
  return plan.skipped.some(
    (one) => one.path === path && one.side === 'target' && one.because === 'protected',
  );
}

function isConflict(plan: Plan, path: string, because: Conflict['because']): boolean {
  return plan.conflicts.some((one) => one.path === path && one.because === because);
}

/** Whether a file below a folder at `path` is in conflict with the file there. */
function isInConflictWithFolder({ conflicts }: Plan, path: string): boolean {
  return conflicts.some((one) => one.because === 'fileAgainstFolder' && one.path.startsWith(`${path}/`));
}

function patternsOf({ options }: ReadCase): readonly string[] {
  return options.filters.map((rule) => ('include' in rule ? rule.include : rule.exclude));
}

function itemAt(path: string | undefined, items: readonly TreeItem[]): TreeItem | undefined {
  return items.find((item) => item.path === path);
}

const beyondAscii = /[^\0-\x7f]/;

/** Whether a name has another spelling in one of the trees that is the same in Unicode normal form C. */
function hasUnicodeDuplicate(path: string, { source, target }: Case): boolean {
  return [...source.items, ...target.items].some(
    (item) => item.path !== path && item.path.normalize('NFC') === path.normalize('NFC'),
  );
}

/** A key with an empty part or a dot part, or a folder's marker that has content. */
function isOdd(key: string): boolean {
  return key.split('/').some((part) => part === '' || part === '.' || part === '..');
}

function isMalformedKey(path: string, { source, target }: Case): boolean {
  return isOdd(path) && [...source.items, ...target.items].some((item) => item.path === path);
}

/** Whether a side has a file with the name of a folder above `path`. */
function isBelowFile(path: string, { source, target }: Case): boolean {
  const isAbove = (item: TreeItem) => path.startsWith(`${item.path}/`);
  return source.items.some(isAbove) || target.items.some(isAbove);
}
