import type { Plan } from '../../../src/plan/model/plan';
import { parseAge, parseSize } from '../../../src/plan/model/quantities';
import type { Case, ReadCase, TreeItem } from './cases';
import type { RealOutcome } from './realActions';

/** One path about which the real tool and we decide differently. */
export interface Difference {
  readonly path: string;
  readonly real: string | undefined;
  readonly ours: string | undefined;
}

export interface Surroundings {
  readonly given: ReadCase;
  readonly real: RealOutcome;
  readonly plan: Plan;
}

/** A difference that is meant. `applies` must be as narrow as the reason. */
export interface DeliberateDifference {
  /** What we do, with the rules that say so. */
  readonly name: string;
  readonly reason: string;
  readonly applies: (difference: Difference, surroundings: Surroundings) => boolean;
}

export const deliberateDifferences: readonly DeliberateDifference[] = [
  {
    name: 'an empty source deletes nothing (H1)',
    reason: 'A disk that is not mounted and a mistyped prefix look just like that.',
    applies: ({ real, ours }, { plan }) =>
      real === 'delete' && ours === undefined && has(plan, 'emptySource'),
  },
  {
    name: 'a key that is no path is refused, and left alone on the target (table 1.5, A25, H17, H19)',
    reason:
      'Its cleaned spelling is another name: written there, it would be sent again for ever or leave the root.',
    applies: ({ path, ours }, { given, plan }) =>
      ours === undefined &&
      isMalformedKey(path, given) &&
      plan.skipped.some((skipped) => skipped.path === path),
  },
  {
    name: 'what a refused key may stand for is not deleted (A25)',
    reason: 'The tool deletes the twin and sends the normalised name again.',
    applies: ({ path, real, ours }, { given, plan }) =>
      real === 'delete' &&
      ours === undefined &&
      isProtected(plan, path) &&
      given.source.items.some((item) => isOdd(item.path)),
  },
  {
    name: 'the twin of a source that can not be used is not deleted (H2, A22)',
    reason: 'A broken link or one that is not followed is unknown, not absent.',
    applies: ({ path, real, ours }, { given, plan }) =>
      real === 'delete' &&
      ours === undefined &&
      isProtected(plan, path) &&
      given.source.items.some((item) => item.link !== undefined),
  },
  {
    name: 'a filter sees a key that is no path by the name that it may stand for (A25, H4)',
    reason: 'Whatever hides that name hides the key as well, and so protects it.',
    applies: ({ path, ours }, { given, plan }) =>
      ours === undefined &&
      isMalformedKey(path, given) &&
      given.options.filters.length > 0 &&
      !plan.skipped.some((skipped) => skipped.path === path),
  },
  {
    name: 'a broken link keeps its own twin from being deleted, and no other file (H2, R21)',
    reason: 'What it may stand for is known; rclone deletes nothing in the whole run.',
    applies: ({ real, ours }, { given, real: outcome }) =>
      given.tool === 'rclone' &&
      real === undefined &&
      ours === 'delete' &&
      given.source.items.some((item) => item.link === 'nowhere') &&
      told(outcome, 'not deleting files as there were IO errors'),
  },
  {
    name: 'a file against a folder is a conflict at plan time (H16, R14)',
    reason: 'A disk can not hold both; the tool finds out half way and fails one of the two.',
    applies: ({ path, ours }, { given, plan }) =>
      ours === undefined &&
      given.target.kind === 'disk' &&
      (plan.conflicts.some(
        (conflict) => conflict.because === 'fileAgainstFolder' && conflict.path === path,
      ) ||
        (isProtected(plan, path) && onBothAsFileAndFolder(path, given))),
  },
  {
    name: 'a file of the target that would be renamed to a name in conflict is deleted as any other (H16, R24)',
    reason: 'What it would become can not be there; rclone finds out when it renames it.',
    applies: ({ path, real: theirs, ours }, { real, plan }) =>
      theirs === undefined &&
      ours === 'delete' &&
      renamesOfTool(real).some(
        ([to, from]) =>
          from === path &&
          plan.conflicts.some((conflict) => conflict.because === 'fileAgainstFolder' && conflict.path === to),
      ),
  },
  {
    name: 'aws patterns that begin with ./ or / are relative to the root (A16, H3)',
    reason: 'The tool joins them to the roots, so that they hide nothing, or one side only.',
    applies: (_, { given }) =>
      given.tool === 'aws' &&
      given.options.filters.some((rule) => /^\.?\//.test('include' in rule ? rule.include : rule.exclude)),
  },
  {
    name: 'by size only, spellings of one name in two Unicode forms are one file (A24, R12, H14)',
    reason:
      'Sizes are compared alike for both tools, and names then as rclone matches them; aws would hold two files.',
    applies: ({ path }, { given }) =>
      given.tool === 'aws' && given.options.compare === 'size-only' && hasUnicodeTwin(path, given),
  },
  {
    name: 'over the limit of deletes nothing is deleted, and everything is copied (R22, H27)',
    reason: 'rclone deletes up to the limit, then stops whatever it is doing.',
    applies: ({ real, ours }, { real: outcome, plan }) =>
      (has(plan, 'tooManyDeletes') &&
        ((real === 'delete' && ours === undefined) || (isRename(real) && ours === 'copy'))) ||
      ((has(plan, 'tooManyDeletes') || has(plan, 'immutableConflict')) &&
        real === undefined &&
        (ours === 'copy' || ours === 'touch') &&
        told(outcome, '--max-delete threshold reached')),
  },
  {
    name: 'what is protected does not count against the limit of deletes (R22, H2, H3)',
    reason: 'It is not deleted here; rclone counts it, and so may stop before all that is to be done.',
    applies: ({ real, ours }, { given, real: outcome, plan }) =>
      real === undefined &&
      (ours === 'delete' || ours === 'copy' || ours === 'touch') &&
      ((hasLimits(given) && given.options.deleteExcluded === true) ||
        plan.skipped.some(({ side, because }) => side === 'target' && because === 'protected')) &&
      told(outcome, '--max-delete threshold reached'),
  },
  {
    name: 'an immutable file that differs withholds every delete and rename, whenever they would go (R10)',
    reason: 'rclone has made those before and during by then, and takes a rename for no delete.',
    applies: ({ real, ours }, { plan }) =>
      has(plan, 'immutableConflict') &&
      ((real === 'delete' && ours === undefined) || (isRename(real) && ours === 'copy')),
  },
  {
    name: 'of an immutable file not even the time is set (R10)',
    reason: 'That is what rclone does when it is no dry run.',
    applies: ({ path, real, ours }, { plan }) =>
      real === 'touch' &&
      ours === undefined &&
      plan.conflicts.some((conflict) => conflict.path === path && conflict.because === 'immutable'),
  },
  {
    name: 'a file of the target whose source is outside of the size or age limits is not deleted (H3)',
    reason: 'The source has it, and limits are no wish to delete; rclone takes it for absent.',
    applies: ({ path, real, ours }, { given, plan }) =>
      (real === 'delete' || real === '-') &&
      (ours === undefined || ours === '!') &&
      isProtected(plan, path) &&
      hasLimits(given),
  },
  {
    name: 'a file of the target that is outside of the size or age limits is compared nevertheless (H3)',
    reason: 'It is there, and may be the same; rclone does not see it, and sends the file once more.',
    applies: ({ path, real, ours }, { given }) => {
      const there = itemAt(path, given.target.items);
      const theirs = given.command === 'check' ? '+' : 'copy';
      return real === theirs && ours !== 'copy' && there !== undefined && isOutOfLimits(there, given);
    },
  },
  {
    name: 'a move keeps the source of what can not be verified (R8, H24)',
    reason: 'It would be the only copy; rclone takes a missing hash for an equal one.',
    applies: ({ path, real, ours }, { plan }) =>
      real === 'remove source' &&
      ours === undefined &&
      plan.skipped.some((skipped) => skipped.path === path && skipped.because === 'unverified'),
  },
  {
    name: 'a move keeps the source of what the target has newer (R11)',
    reason: 'Its content is nowhere else; rclone removes whatever it need not copy.',
    applies: ({ real, ours }, { given }) =>
      given.command === 'move' &&
      given.options.update === true &&
      real === 'remove source' &&
      ours === undefined,
  },
  {
    name: 'of several renames that fit, the first in the order of paths is made (R24)',
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
    name: 'a comparison by checksum knows renames by content, whatever the strategy (R24)',
    reason: 'Content is what is to be compared then; rclone goes by the times.',
    applies: ({ path }, { given, plan }) =>
      given.options.trackRenames === 'modified' &&
      given.options.compare === 'checksum' &&
      renamesOfPlan(plan).some((one) => one.includes(path)),
  },
  {
    name: 'a rename is not made of empty files, of excluded ones, by time where content differs or is to be compared (R24)',
    reason: 'Too many files are empty; an excluded file is wanted gone; a checksum is no matter of times.',
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
    name: 'size and age limits delete nothing, not even with what is excluded (H3)',
    reason: 'They choose what to look at; rclone deletes all that they leave out.',
    applies: ({ real, ours }, { given }) =>
      real === 'delete' && ours === undefined && given.options.deleteExcluded === true && hasLimits(given),
  },
  {
    name: 'a check names what can not be compared (R11, H2, H17)',
    reason: 'rclone passes over links and odd keys, or takes what they hide for missing.',
    applies: ({ path, real, ours }, { plan }) =>
      ours === '!' && real !== '!' && [...plan.skipped, ...plan.conflicts].some((left) => left.path === path),
  },
  {
    name: 'of names that match alike, the one that is spelled the same on the other side is used (R13)',
    reason: 'rclone takes the first one, and so may copy over another file than the one with this very name.',
    applies: ({ path }, { given }) => given.tool === 'rclone' && hasUnicodeTwin(path, given),
  },
  {
    name: 'a filter takes spellings of one name in two Unicode forms for one (H4, R12)',
    reason:
      'rclone matches names in form C but filters them as they are, so a rule can hide one of a pair only.',
    applies: ({ path }, { given }) =>
      given.tool === 'rclone' &&
      path.normalize('NFC') !== path.normalize('NFD') &&
      given.options.filters.some((rule) => beyondAscii.test('include' in rule ? rule.include : rule.exclude)),
  },
  {
    name: 'times of a disk are compared to the microsecond (R5)',
    reason: 'Finer ones can not be set there, so the next run would find them different again.',
    applies: ({ path, ours }, { given }) => {
      const [source, target] = [itemAt(path, given.source.items), itemAt(path, given.target.items)];
      // A move then takes what is already there from the source, as rclone does after it has set the time.
      const isSame = ours === undefined || (given.command === 'move' && ours === 'remove source');
      if (given.tool !== 'rclone' || !isSame || !source || !target) return false;
      if (given.source.kind !== 'disk' && given.target.kind !== 'disk') return false;
      const apart = source.modified - target.modified;
      return apart > -1000n && apart < 1000n && apart !== 0n;
    },
  },
];

/** The first class that a difference belongs to. */
export function reasonFor(
  difference: Difference,
  surroundings: Surroundings,
): DeliberateDifference | undefined {
  return deliberateDifferences.find((candidate) => candidate.applies(difference, surroundings));
}

function has(plan: Plan, kind: Plan['safety'][number]['kind']): boolean {
  return plan.safety.some((finding) => finding.kind === kind);
}

function told({ warnings }: RealOutcome, words: string): boolean {
  return warnings.some((warning) => warning.includes(words));
}

function isRename(action: string | undefined): boolean {
  return action?.startsWith('moved from ') ?? false;
}

/** New and old names of what the real tool renames. */
function renamesOfTool({ actions }: RealOutcome): readonly (readonly [string, string])[] {
  return [...actions].flatMap(([path, action]) =>
    isRename(action) ? [[path, action.slice('moved from '.length)] as const] : [],
  );
}

function renamesOfPlan({ actions }: Plan): readonly (readonly [string, string])[] {
  return actions.flatMap((action) =>
    action.kind === 'moveFile' ? [[action.path, action.from] as const] : [],
  );
}

function hasLimits({ options: { minSize, maxSize, minAge, maxAge } }: ReadCase): boolean {
  return [minSize, maxSize, minAge, maxAge].some((limit) => limit !== undefined);
}

/** As well as the item itself tells: its time may be its own or the store's. */
function isOutOfLimits({ content, modified, object }: TreeItem, { options }: ReadCase): boolean {
  const { minSize, maxSize, minAge, maxAge } = options;
  const size = Buffer.byteLength(content);
  const ages = [Number(modified / 1_000_000n), object?.stored].flatMap((time) =>
    time === undefined ? [] : [Date.now() - time],
  );
  return (
    (minSize !== undefined && size < parseSize(minSize, 'minSize')) ||
    (maxSize !== undefined && size > parseSize(maxSize, 'maxSize')) ||
    (minAge !== undefined && ages.some((age) => age < parseAge(minAge, 'minAge'))) ||
    (maxAge !== undefined && ages.some((age) => age > parseAge(maxAge, 'maxAge')))
  );
}

function isProtected(plan: Plan, path: string): boolean {
  return plan.skipped.some(
    (skipped) => skipped.path === path && skipped.side === 'target' && skipped.because === 'protected',
  );
}

function itemAt(path: string | undefined, items: readonly TreeItem[]): TreeItem | undefined {
  return items.find((item) => item.path === path);
}

const beyondAscii = /[^\0-\x7f]/;

/** Whether a name has another spelling in one of the trees that is the same in Unicode normal form C. */
function hasUnicodeTwin(path: string, { source, target }: Case): boolean {
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

/** Whether one side has a file where the other one has the folder that this lies in. */
function onBothAsFileAndFolder(path: string, { source, target }: Case): boolean {
  const isAbove = (item: TreeItem) => path.startsWith(`${item.path}/`);
  return source.items.some(isAbove) || target.items.some(isAbove);
}
