import path from 'node:path';
import type { FilterRule } from '../../plan/model/planOptions';
import { parsePath, pathProblem } from '../../remote/remotePath';
import { isUndecided, type ReadCommand, type ReadingContext, type ReadPlace } from '../commandLine';
import { scanLine, sourceAndTarget } from '../flagScanner';
import { type EvaluatedFlag, evaluateFlags, type FlagRules, type ParseState, refused } from '../flags';
import { isProblem, LineError, orProblem } from '../lineProblem';
import { foldersOfFile, type Operand, operandName, parseRcloneOperand, type Sides } from '../operands';
import { applyRemoteSettings, resolvePlace } from '../resolvePlace';
import { escapedForRclone, hasLimits } from '../translateFilters';
import { buildFilterRules } from './rcloneFilters';
import { actingRcloneFlags, newRcloneState, type RcloneParseState, rcloneLetters } from './rcloneFlags';
import { decideUnknownFlag, passiveRcloneFlags } from './rcloneOtherFlags';

const verbs = new Map([
  ['sync', 'sync'],
  ['copy', 'copy'],
  ['move', 'move'],
  ['check', 'check'],
  ['copyto', 'copy'],
  ['moveto', 'move'],
] as const);
type RcloneVerb = Parameters<typeof verbs.get>[0];

const supported = 'Supported are sync, copy, move, check, copyto and moveto.';

export const rcloneFlags: FlagRules = new Map([...passiveRcloneFlags, ...actingRcloneFlags]);

/** Reads the words after `rclone`. Throws LineError. See `readCommandLine`. */
export function readRclone(
  words: readonly string[],
  assigned: ReadonlyMap<string, string>,
  context: ReadingContext,
): ReadCommand {
  const line = scanLine(words, rcloneFlags, 3, rcloneLetters);
  const [typedVerb = '', ...places] = line.operands;
  const verb = verbs.get(typedVerb as RcloneVerb);
  if (verb === undefined)
    throw new LineError(
      typedVerb === 'bisync'
        ? `"rclone bisync" changes both sides, which is not supported. ${supported}`
        : `"rclone ${line.shown(typedVerb)}" is not a copy or a sync. ${supported}`,
    );
  const [from, to] = sourceAndTarget(`rclone ${typedVerb}`, places, line);

  const state = newRcloneState(context, typedVerb, verb);
  const verdicts = evaluateFlags(line.flags, rcloneFlags, state, decideUnknownFlag);
  const operands = [from, to].map((text) => parseOperand(text, state, assigned)) as [Operand, Operand];
  const sides = resolveSides(...operands, state);
  const flags = [
    refuseDeletesBelowMaxDepth(state),
    refuseOverridesOfNamedRemotes(state, [sides.source, sides.target]),
  ].reduce((all, refuse) => all.map(refuse), verdicts);
  const filters = buildFilters(state);

  const source = resolvePlace(sides.source, context.remotes);
  const target = resolvePlace(sides.target, context.remotes);
  const backupFolder = resolveBackupFolder(state, target);
  applyDeletes(state);
  return {
    tool: 'rclone',
    verb: typedVerb,
    source,
    target,
    options: { ...state.options, filters, ...(backupFolder !== undefined && { backupFolder }) },
    flags: applyRemoteSettings(flags, target, context),
  };
}

/** Flags and variables add to the parameters of an on-the-fly remote. */
function parseOperand(
  text: string,
  { hints, context }: ParseState,
  assigned: ReadonlyMap<string, string>,
): Operand {
  const operand = parseRcloneOperand(text, context);
  if (operand.where !== 'store') return operand;
  const own = operand.hints;
  return {
    ...operand,
    hints: {
      profile: own.profile ?? hints.profile ?? assigned.get('AWS_PROFILE'),
      endpoint: own.endpoint ?? hints.endpoint,
      region: own.region ?? hints.region,
      awsByDefault: own.awsByDefault,
    },
  };
}

/** A source that is one file becomes its folder with only this file, as in rclone. */
function resolveSides(source: Operand, target: Operand, { verb, options, context }: RcloneParseState): Sides {
  const kind =
    source.where === 'here' ? context.kindOf?.(source.path) : source.isFolder ? 'folder' : undefined;
  const renames = verb === 'copyto' || verb === 'moveto';
  const name = operandName(source);
  // A line doesn't say whether a remote path is a file; copyto and moveto are mostly used for files.
  const isFile = kind === 'file' || (renames && kind === undefined && /[^/\\.][^/\\]*\.\w+$/.test(name));
  if (!isFile) return { source, target };
  if (name === '' || pathProblem(name) !== undefined)
    throw new LineError(`The file name "${name}" can't be used.`);
  options.only = [{ file: parsePath(name) }];
  if (options.verb === 'sync') options.verb = 'copy';
  const remedy = `Use "rclone ${verb === 'copyto' ? 'copy' : 'move'}" and write the folder.`;
  return foldersOfFile(source, target, !renames, remedy);
}

type Refusal = (verdict: EvaluatedFlag) => EvaluatedFlag;

function refuse({ means: _, ...rest }: EvaluatedFlag, because: string): EvaluatedFlag {
  return { ...rest, ...refused(because) };
}

/** In rclone the depth also limits the deletes on the target; as a filter rule it would let deeper files be deleted. */
function refuseDeletesBelowMaxDepth({ options, filterFlags }: RcloneParseState): Refusal {
  if (!options.deleteExcluded || filterFlags.maxDepth === undefined) return (verdict) => verdict;
  delete options.deleteExcluded;
  return (verdict) =>
    verdict.flag === '--delete-excluded'
      ? refuse(verdict, 'With --max-depth it would delete deeper files, which rclone leaves alone.')
      : verdict;
}

/** Flags that select the remote of ":s3:" would change a named S3 remote for this run if its settings differ. */
function refuseOverridesOfNamedRemotes(
  { hints, context }: ParseState,
  operands: readonly Operand[],
): Refusal {
  const named = operands.flatMap((operand) =>
    operand.where === 'named'
      ? context.remotes.filter(({ name, kind }) => name === operand.remote && kind === 's3')
      : [],
  );
  return (verdict) => {
    const hint = (['profile', 'endpoint', 'region'] as const).find((one) => verdict.flag === `--s3-${one}`);
    const changed = hint && named.find((remote) => remote[hint] !== hints[hint]);
    return changed
      ? refuse(
          verdict,
          `It would change "${changed.name}" for this run only. Change the remote with Edit Remote, or use another remote.`,
        )
      : verdict;
  };
}

/** `--files-from` becomes patterns for these files: a name that the source lacks is not an error, as in rclone. */
function buildFilters({ filterFlags, options }: RcloneParseState): readonly FilterRule[] {
  const { files } = filterFlags;
  const rules = buildFilterRules(filterFlags);
  if (files === undefined) return rules;
  if (rules.length > 0 || hasLimits(options))
    throw new LineError('--files-from must be the only filter: rclone accepts no others with it.');
  // rclone removes slashes at both ends: every name is a file.
  const names = files.map((name) => name.replace(/^\/+|\/+$/g, '')).filter((name) => name !== '');
  const bad = names.find((name) => pathProblem(name) !== undefined);
  if (bad !== undefined)
    throw new LineError(`The file of --files-from names "${bad}", which ${pathProblem(bad)}.`);
  if (names.length === 0)
    throw new LineError('The file of --files-from names no file, so nothing would be copied.');
  return names.map((name) => ({ include: `/${escapedForRclone(name)}` }));
}

/** The folder of --backup-dir: a whole path on the target's remote, or on this machine (R23). */
function resolveBackupFolder(
  { backupDir, context }: RcloneParseState,
  target: ReadPlace,
): string | undefined {
  if (backupDir === undefined) return undefined;
  const operand = orProblem(() => parseRcloneOperand(backupDir, context));
  if (isProblem(operand)) throw new LineError(`--backup-dir: ${operand.problem}`);
  const elsewhere = new LineError(
    `--backup-dir must be on the side of the target, but "${backupDir}" is not.`,
  );
  if (isUndecided(target)) {
    if (operand.where === 'store') return operand.path;
    throw elsewhere;
  }
  const { place } = target;
  if (operand.where === 'here') {
    if (place.kind === 'folder') return path.resolve(operand.path);
    throw elsewhere;
  }
  if (place.kind !== 'remote') throw elsewhere;
  const own = resolvePlace(operand, context.remotes);
  const isOther = !isUndecided(own) && own.place.kind === 'remote' && own.place.remote !== place.remote;
  if (isOther) throw elsewhere;
  if (operand.path === '') throw new LineError('--backup-dir names no folder.');
  return operand.path;
}

/** Applies flags that act together, regardless of their order. */
function applyDeletes({ options, deleteTime, tracksRenames, renamesBy }: RcloneParseState): void {
  if (options.verb === 'sync') options.deletes = deleteTime ?? 'after';
  if (tracksRenames) options.trackRenames = renamesBy ?? 'hash';
}
