import path from 'node:path';
import type { FilterRule } from '../../plan/model/planOptions';
import { pathProblem } from '../../remote/remotePath';
import { isUndecided, type ReadCommand, type ReadingContext, type ReadPlace } from '../commandLine';
import {
  type EvaluatedFlag,
  evaluateFlags,
  type FlagRules,
  grammarOf,
  type ParseState,
  refused,
  scanFlags,
} from '../flags';
import {
  judgedWithPlaces,
  nameOfSpot,
  type Operand,
  onlyFile,
  parentSpot,
  parseRcloneOperand,
  placeOfSpot,
  unsureProblem,
} from '../operands';
import { isProblem, type LineProblem } from '../shellWords';
import { escapedForRclone } from '../translateFilters';
import { rulesOf } from './rcloneFilters';
import { actingRcloneFlags, newRcloneDraft, type RcloneDraft, rcloneLetters } from './rcloneFlags';
import { judgeOther, otherRcloneFlags } from './rcloneOtherFlags';

const verbs = {
  sync: 'sync',
  copy: 'copy',
  move: 'move',
  check: 'check',
  copyto: 'copy',
  moveto: 'move',
} as const;

export const rcloneFlags: FlagRules = new Map([...otherRcloneFlags, ...actingRcloneFlags]);

/** What follows `rclone` in a line. See `readCommandLine`. */
export function readRclone(
  words: readonly string[],
  assigned: ReadonlyMap<string, string>,
  context: ReadingContext,
): ReadCommand | LineProblem {
  const { flags: found, operands, unsure } = scanFlags(words, grammarOf(rcloneFlags, 3, rcloneLetters));
  if (unsure.length > 0) return unsureProblem(unsure);
  // What may be the value of a flag that nobody knows may be a secret.
  const isSure = !found.some(({ name }) => !rcloneFlags.has(name));
  const shown = (text: string) => (isSure ? text : '…');
  const [typedVerb = '', from, to, ...more] = operands;
  const verb = verbs[typedVerb as keyof typeof verbs];
  if (verb === undefined || !Object.hasOwn(verbs, typedVerb))
    return {
      problem:
        typedVerb === 'bisync'
          ? '"rclone bisync" changes both sides, which is not offered. Understood are sync, copy, move, check, copyto and moveto.'
          : `"rclone ${shown(typedVerb)}" is neither a copy nor a sync. Understood are sync, copy, move, check, copyto and moveto.`,
    };
  if (from === undefined || to === undefined)
    return { problem: `"rclone ${typedVerb}" needs a source and a target.` };
  if (more.length > 0) return { problem: `There is a path too many: "${shown(more[0] ?? '')}".` };

  const draft = newRcloneDraft(context, typedVerb, verb);
  const verdicts = withoutDeeperDeletes(evaluateFlags(found, rcloneFlags, draft, judgeOther), draft);

  const source = spotOf(from, draft, assigned, context);
  if (isProblem(source)) return source;
  const target = spotOf(to, draft, assigned, context);
  if (isProblem(target)) return target;
  const sides = sidesOf(typedVerb, source, target, draft, context);
  if (isProblem(sides)) return sides;
  const filters = filtersOf(draft);
  if (isProblem(filters)) return filters;

  const sourcePlace = placeOfSpot(sides.source, context.remotes);
  if (isProblem(sourcePlace)) return sourcePlace;
  const targetPlace = placeOfSpot(sides.target, context.remotes);
  if (isProblem(targetPlace)) return targetPlace;
  const backup = backupOf(draft, targetPlace, context);
  if (backup !== undefined && isProblem(backup)) return backup;

  applyComparison(draft);
  return {
    tool: 'rclone',
    verb: typedVerb,
    source: sourcePlace,
    target: targetPlace,
    options: { ...draft.options, ...filters, ...backup },
    flags: judgedWithPlaces(
      verdictsOnNamed(verdicts, draft, [sides.source, sides.target], context),
      isUndecided(targetPlace) ? undefined : targetPlace.place,
      context,
    ),
  };
}

/** Flags that say which remote ":s3:" stands for change one that is named for this run, where it is set otherwise. */
function verdictsOnNamed(
  verdicts: readonly EvaluatedFlag[],
  { hints }: ParseState,
  spots: readonly Operand[],
  { remotes }: ReadingContext,
): readonly EvaluatedFlag[] {
  const named = spots.flatMap((spot) =>
    spot.where === 'named' ? remotes.filter(({ name, kind }) => name === spot.remote && kind === 's3') : [],
  );
  return verdicts.map((verdict) => {
    const which = (['profile', 'endpoint', 'region'] as const).find(
      (name) => verdict.flag === `--s3-${name}`,
    );
    const changed = which && named.find((remote) => remote[which] !== hints[which]);
    if (!changed) return verdict;
    const { means: _, ...rest } = verdict;
    return {
      ...rest,
      ...refused(
        `It would change "${changed.name}" for this run only. Change that with Edit Remote, or name another remote.`,
      ),
    };
  });
}

/** rclone looks no deeper on the target either; as a filter rule the depth would let go what is hidden by it. */
function withoutDeeperDeletes(
  verdicts: readonly EvaluatedFlag[],
  { options, filterFlags }: RcloneDraft,
): readonly EvaluatedFlag[] {
  if (!options.deleteExcluded || filterFlags.maxDepth === undefined) return verdicts;
  delete options.deleteExcluded;
  return verdicts.map(({ means, ...one }) =>
    one.flag === '--delete-excluded'
      ? {
          ...one,
          ...refused('Beside --max-depth it would delete here what lies deeper, which rclone leaves alone.'),
        }
      : { ...one, ...(means !== undefined && { means }) },
  );
}

/** An operand; flags and variables say more about one that is made on the fly. */
function spotOf(
  text: string,
  { hints }: ParseState,
  assigned: ReadonlyMap<string, string>,
  context: ReadingContext,
): Operand | LineProblem {
  const spot = parseRcloneOperand(text, context);
  if (isProblem(spot) || spot.where !== 'store') return spot;
  return {
    ...spot,
    hints: {
      profile: spot.hints.profile ?? hints.profile ?? assigned.get('AWS_PROFILE'),
      endpoint: spot.hints.endpoint ?? hints.endpoint,
      region: spot.hints.region ?? hints.region,
      awsByDefault: spot.hints.awsByDefault,
    },
  };
}

/** A source that is one file becomes its folder with that file alone, as rclone treats it. */
function sidesOf(
  verb: string,
  source: Operand,
  target: Operand,
  { options }: RcloneDraft,
  { kindOf }: ReadingContext,
): { readonly source: Operand; readonly target: Operand } | LineProblem {
  const kind = source.where === 'here' ? kindOf?.(source.path) : source.isFolder ? 'folder' : undefined;
  const named = verb === 'copyto' || verb === 'moveto';
  // Whether something on a remote is a file can't be told from the line; these verbs are mostly used for files.
  const isFile =
    kind === 'file' || (named && kind === undefined && /[^/\\.][^/\\]*\.\w+$/.test(nameOfSpot(source)));
  if (!isFile) return { source, target };
  const name = nameOfSpot(source);
  if (name === '' || pathProblem(name) !== undefined)
    return { problem: `The file name "${name}" can't be used.` };
  options.only = onlyFile(name);
  if (options.verb === 'sync') options.verb = 'copy';
  if (!named) return { source: parentSpot(source), target };
  if (nameOfSpot(target) === name) return { source: parentSpot(source), target: parentSpot(target) };
  return {
    problem: `The copy would be named "${nameOfSpot(target)}", but copies keep their names here. Use "rclone ${verb === 'copyto' ? 'copy' : 'move'}" and name the folder.`,
  };
}

/** Files named one by one are patterns for these alone: a name that the source lacks is no error, as for rclone. */
function filtersOf(draft: RcloneDraft): { readonly filters: readonly FilterRule[] } | LineProblem {
  const { files } = draft.filterFlags;
  const rules = rulesOf(draft.filterFlags);
  if (files === undefined) return { filters: rules };
  const { minSize, maxSize, minAge, maxAge } = draft.options;
  if (rules.length > 0 || [minSize, maxSize, minAge, maxAge].some((limit) => limit !== undefined))
    return { problem: '--files-from must stand alone: rclone takes no other filters along with it.' };
  // rclone takes off slashes at both ends: what is named is a file in any case.
  const names = files.map((name) => name.replace(/^\/+|\/+$/g, '')).filter((name) => name !== '');
  const bad = names.find((name) => pathProblem(name) !== undefined);
  if (bad !== undefined)
    return { problem: `The file of --files-from names "${bad}", which ${pathProblem(bad)}.` };
  if (names.length === 0)
    return { problem: 'The file of --files-from names no file, so nothing would be copied.' };
  return { filters: names.map((name) => ({ include: `/${escapedForRclone(name)}` })) };
}

/** The folder that is kept: a whole path on the target's remote, or on this machine (R23). */
function backupOf(
  { backupDir }: RcloneDraft,
  target: ReadPlace,
  context: ReadingContext,
): { readonly backupFolder: string } | LineProblem | undefined {
  if (backupDir === undefined) return undefined;
  const spot = parseRcloneOperand(backupDir, context);
  if (isProblem(spot)) return { problem: `--backup-dir: ${spot.problem}` };
  const elsewhere = {
    problem: `--backup-dir must lie on the side of the target, but "${backupDir}" does not.`,
  };
  if (isUndecided(target)) return spot.where === 'store' ? { backupFolder: spot.path } : elsewhere;
  const { place } = target;
  if (spot.where === 'here')
    return place.kind === 'folder' ? { backupFolder: path.resolve(spot.path) } : elsewhere;
  if (place.kind !== 'remote') return elsewhere;
  const own = spot.where === 'named' ? spot : placeOfSpot(spot, context.remotes);
  if (isProblem(own)) return own;
  const remote =
    'remote' in own
      ? own.remote
      : isUndecided(own) || own.place.kind !== 'remote'
        ? undefined
        : own.place.remote;
  if (remote !== undefined && remote !== place.remote) return elsewhere;
  return spot.path === '' ? { problem: '--backup-dir names no folder.' } : { backupFolder: spot.path };
}

/** What the flags say together, whatever their order. */
function applyComparison(draft: RcloneDraft): void {
  const { options, compares } = draft;
  if (compares.sizeOnly) options.compare = 'size-only';
  else if (compares.checksum) options.compare = 'checksum';
  if (options.verb === 'sync') options.deletes = draft.deleteTime ?? 'after';
  if (draft.tracksRenames) options.trackRenames = draft.renamesBy ?? 'hash';
}
