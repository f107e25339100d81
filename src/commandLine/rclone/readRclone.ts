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
  ambiguousFlagProblem,
  applyRemoteSettings,
  type Operand,
  onlyFile,
  operandName,
  parentOperand,
  parseRcloneOperand,
  resolvePlace,
} from '../operands';
import { isProblem, type LineProblem } from '../shellWords';
import { escapedForRclone } from '../translateFilters';
import { buildFilterRules } from './rcloneFilters';
import { actingRcloneFlags, newRcloneState, type RcloneParseState, rcloneLetters } from './rcloneFlags';
import { decideUnknownFlag, passiveRcloneFlags } from './rcloneOtherFlags';

const verbs = {
  sync: 'sync',
  copy: 'copy',
  move: 'move',
  check: 'check',
  copyto: 'copy',
  moveto: 'move',
} as const;

export const rcloneFlags: FlagRules = new Map([...passiveRcloneFlags, ...actingRcloneFlags]);

/** What follows `rclone` in a line. See `readCommandLine`. */
export function readRclone(
  words: readonly string[],
  assigned: ReadonlyMap<string, string>,
  context: ReadingContext,
): ReadCommand | LineProblem {
  const { flags: found, operands, ambiguous } = scanFlags(words, grammarOf(rcloneFlags, 3, rcloneLetters));
  if (ambiguous.length > 0) return ambiguousFlagProblem(ambiguous);
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

  const state = newRcloneState(context, typedVerb, verb);
  const verdicts = refuseDeletesBelowMaxDepth(
    evaluateFlags(found, rcloneFlags, state, decideUnknownFlag),
    state,
  );

  const source = parseOperand(from, state, assigned, context);
  if (isProblem(source)) return source;
  const target = parseOperand(to, state, assigned, context);
  if (isProblem(target)) return target;
  const sides = resolveSides(typedVerb, source, target, state, context);
  if (isProblem(sides)) return sides;
  const filters = buildFilters(state);
  if (isProblem(filters)) return filters;

  const sourcePlace = resolvePlace(sides.source, context.remotes);
  if (isProblem(sourcePlace)) return sourcePlace;
  const targetPlace = resolvePlace(sides.target, context.remotes);
  if (isProblem(targetPlace)) return targetPlace;
  const backup = resolveBackupFolder(state, targetPlace, context);
  if (backup !== undefined && isProblem(backup)) return backup;

  applyComparison(state);
  return {
    tool: 'rclone',
    verb: typedVerb,
    source: sourcePlace,
    target: targetPlace,
    options: { ...state.options, ...filters, ...backup },
    flags: applyRemoteSettings(
      refuseOverridesOfNamedRemotes(verdicts, state, [sides.source, sides.target], context),
      isUndecided(targetPlace) ? undefined : targetPlace.place,
      context,
    ),
  };
}

/** Flags that say which remote ":s3:" stands for change one that is named for this run, where it is set otherwise. */
function refuseOverridesOfNamedRemotes(
  verdicts: readonly EvaluatedFlag[],
  { hints }: ParseState,
  operands: readonly Operand[],
  { remotes }: ReadingContext,
): readonly EvaluatedFlag[] {
  const named = operands.flatMap((operand) =>
    operand.where === 'named'
      ? remotes.filter(({ name, kind }) => name === operand.remote && kind === 's3')
      : [],
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
function refuseDeletesBelowMaxDepth(
  verdicts: readonly EvaluatedFlag[],
  { options, filterFlags }: RcloneParseState,
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
function parseOperand(
  text: string,
  { hints }: ParseState,
  assigned: ReadonlyMap<string, string>,
  context: ReadingContext,
): Operand | LineProblem {
  const operand = parseRcloneOperand(text, context);
  if (isProblem(operand) || operand.where !== 'store') return operand;
  return {
    ...operand,
    hints: {
      profile: operand.hints.profile ?? hints.profile ?? assigned.get('AWS_PROFILE'),
      endpoint: operand.hints.endpoint ?? hints.endpoint,
      region: operand.hints.region ?? hints.region,
      awsByDefault: operand.hints.awsByDefault,
    },
  };
}

/** A source that is one file becomes its folder with that file alone, as rclone treats it. */
function resolveSides(
  verb: string,
  source: Operand,
  target: Operand,
  { options }: RcloneParseState,
  { kindOf }: ReadingContext,
): { readonly source: Operand; readonly target: Operand } | LineProblem {
  const kind = source.where === 'here' ? kindOf?.(source.path) : source.isFolder ? 'folder' : undefined;
  const named = verb === 'copyto' || verb === 'moveto';
  // Whether something on a remote is a file can't be told from the line; these verbs are mostly used for files.
  const isFile =
    kind === 'file' || (named && kind === undefined && /[^/\\.][^/\\]*\.\w+$/.test(operandName(source)));
  if (!isFile) return { source, target };
  const name = operandName(source);
  if (name === '' || pathProblem(name) !== undefined)
    return { problem: `The file name "${name}" can't be used.` };
  options.only = onlyFile(name);
  if (options.verb === 'sync') options.verb = 'copy';
  if (!named) return { source: parentOperand(source), target };
  if (operandName(target) === name) return { source: parentOperand(source), target: parentOperand(target) };
  return {
    problem: `The copy would be named "${operandName(target)}", but copies keep their names here. Use "rclone ${verb === 'copyto' ? 'copy' : 'move'}" and name the folder.`,
  };
}

/** Files named one by one are patterns for these alone: a name that the source lacks is no error, as for rclone. */
function buildFilters(state: RcloneParseState): { readonly filters: readonly FilterRule[] } | LineProblem {
  const { files } = state.filterFlags;
  const rules = buildFilterRules(state.filterFlags);
  if (files === undefined) return { filters: rules };
  const { minSize, maxSize, minAge, maxAge } = state.options;
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
function resolveBackupFolder(
  { backupDir }: RcloneParseState,
  target: ReadPlace,
  context: ReadingContext,
): { readonly backupFolder: string } | LineProblem | undefined {
  if (backupDir === undefined) return undefined;
  const operand = parseRcloneOperand(backupDir, context);
  if (isProblem(operand)) return { problem: `--backup-dir: ${operand.problem}` };
  const elsewhere = {
    problem: `--backup-dir must lie on the side of the target, but "${backupDir}" does not.`,
  };
  if (isUndecided(target)) return operand.where === 'store' ? { backupFolder: operand.path } : elsewhere;
  const { place } = target;
  if (operand.where === 'here')
    return place.kind === 'folder' ? { backupFolder: path.resolve(operand.path) } : elsewhere;
  if (place.kind !== 'remote') return elsewhere;
  const own = operand.where === 'named' ? operand : resolvePlace(operand, context.remotes);
  if (isProblem(own)) return own;
  const remote =
    'remote' in own
      ? own.remote
      : isUndecided(own) || own.place.kind !== 'remote'
        ? undefined
        : own.place.remote;
  if (remote !== undefined && remote !== place.remote) return elsewhere;
  return operand.path === '' ? { problem: '--backup-dir names no folder.' } : { backupFolder: operand.path };
}

/** What the flags say together, whatever their order. */
function applyComparison(state: RcloneParseState): void {
  const { options, compares } = state;
  if (compares.sizeOnly) options.compare = 'size-only';
  else if (compares.checksum) options.compare = 'checksum';
  if (options.verb === 'sync') options.deletes = state.deleteTime ?? 'after';
  if (state.tracksRenames) options.trackRenames = state.renamesBy ?? 'hash';
}
