import path from 'node:path';
import type { FilterRule, PlanOptions } from '../../plan/model/planOptions';
import { isUndecided, type ReadCommand, type ReadingContext } from '../commandLine';
import { evaluateFlags, grammarOf, type ParseState, refused, scanFlags } from '../flags';
import {
  ambiguousFlagProblem,
  applyRemoteSettings,
  type Operand,
  onlyFile,
  operandName,
  parentOperand,
  parseAwsOperand,
  resolvePlace,
} from '../operands';
import { isProblem, type LineProblem } from '../shellWords';
import { awsFlags, awsFlagsOf } from './awsFlags';

const verbs = ['sync', 'cp', 'mv'];

/** What follows `aws` in a line. See `readCommandLine`. */
export function readAws(
  words: readonly string[],
  assigned: ReadonlyMap<string, string>,
  context: ReadingContext,
): ReadCommand | LineProblem {
  const { flags: found, operands, ambiguous } = scanFlags(words, grammarOf(awsFlags, 4));
  const isSure = !found.some(({ name }) => !awsFlags.has(name));
  const [service, verb = '', from, to, ...more] = operands;
  if (ambiguous.length > 0) return ambiguousFlagProblem(ambiguous);
  // What may be the value of a flag that nobody knows may be a secret.
  const shown = (text: string) => (isSure ? text : '…');
  if (service !== 's3')
    return {
      problem: `"aws ${shown(service ?? '')}" is not understood. The line must be one for "aws s3".`,
    };
  if (!verbs.includes(verb))
    return {
      problem: `"aws s3 ${shown(verb)}" is neither a copy nor a sync. Understood are "aws s3 sync", "cp" and "mv".`,
    };
  if (from === undefined || to === undefined)
    return { problem: `"aws s3 ${verb}" needs a source and a target.` };
  if (more.length > 0) return { problem: `There is a path too many: "${shown(more[0] ?? '')}".` };

  const state: ParseState = { context, verb, options: awsDefaults(verb), filters: [], hints: {} };
  const knownHere = found.map((one) => {
    const only = awsFlagsOf[one.name];
    // A switch of aws takes no value, not even true.
    const isSwitch = awsFlags.get(one.name)?.arity === 'none';
    return (only === undefined || only.includes(verb)) && !(isSwitch && one.value !== undefined);
  });
  const verdicts = evaluateFlags(
    found.map((one, i) => (knownHere[i] ? one : { ...one, name: `not for ${verb}: ${one.name}` })),
    awsFlags,
    state,
    ({ name, typed, value }) =>
      refused(
        name.startsWith('not for')
          ? `"aws s3 ${verb}" does not know it${value === undefined ? '' : ' with a value'}.`
          : `${typed} is not known.`,
      ),
  );

  const profile = state.hints.profile ?? assigned.get('AWS_DEFAULT_PROFILE') ?? assigned.get('AWS_PROFILE');
  const endpoint =
    state.hints.endpoint ?? assigned.get('AWS_ENDPOINT_URL_S3') ?? assigned.get('AWS_ENDPOINT_URL');
  const hints = (region: string | undefined) => ({ profile, endpoint, region, awsByDefault: true });
  let source = parseAwsOperand(from, hints(state.hints.sourceRegion ?? state.hints.region), context);
  if (isProblem(source)) return source;
  let target = parseAwsOperand(to, hints(state.hints.region), context);
  if (isProblem(target)) return target;
  if (source.where === 'here' && target.where === 'here')
    return { problem: '"aws s3" copies from or to S3: one of the paths must begin with s3://.' };

  const filters = relativeFilters(state.filters, [source, target]);
  if (isProblem(filters)) return filters;

  const recursive = verb === 'sync' || found.some(({ name }) => name === 'recursive');
  if (!recursive) {
    const one = singleFile(verb, source, target, context);
    if (isProblem(one)) return one;
    state.options.only = onlyFile(operandName(source));
    source = parentOperand(source);
    target = one.target;
  }
  const sourcePlace = resolvePlace(source, context.remotes);
  if (isProblem(sourcePlace)) return sourcePlace;
  const targetPlace = resolvePlace(target, context.remotes);
  if (isProblem(targetPlace)) return targetPlace;
  return {
    tool: 'aws',
    verb,
    source: sourcePlace,
    target: targetPlace,
    options: { ...state.options, filters },
    flags: applyRemoteSettings(verdicts, isUndecided(targetPlace) ? undefined : targetPlace.place, context),
  };
}

/**
 * aws joins a pattern to the root of each side, so a whole path means something on one side only; here patterns are relative to both
 * (A16, H3). One that lies below a side is made so.
 */
function relativeFilters(
  rules: readonly FilterRule[],
  operands: readonly Operand[],
): readonly FilterRule[] | LineProblem {
  const roots = operands.map((operand) =>
    operand.where === 'here' ? operand.path.replaceAll(path.sep, '/') : `s3://${operand.path}`,
  );
  const relative: FilterRule[] = [];
  for (const rule of rules) {
    const pattern = 'include' in rule ? rule.include : rule.exclude;
    const root = roots.find((one) => pattern.replaceAll('\\', '/').startsWith(`${one.replace(/\/+$/, '')}/`));
    if (root === undefined && /^(?:s3:\/\/|[A-Za-z]:[/\\])/i.test(pattern))
      return {
        problem: `The pattern "${pattern}" is a whole path outside of both sides, so it matches nothing. Write it relative to them.`,
      };
    const text = root === undefined ? pattern : pattern.slice(root.replace(/\/+$/, '').length + 1);
    relative.push('include' in rule ? { include: text } : { exclude: text });
  }
  return relative;
}

/** `cp` and `mv` compare nothing: they send every file (as `ignoreTimes`). */
function awsDefaults(verb: string): ParseState['options'] {
  const common = {
    compare: 'aws',
    deletes: 'none',
    filters: [],
    filterDialect: 'aws',
    useDefaultExcludes: false,
    followSymlinks: true,
  } as const satisfies Omit<PlanOptions, 'verb'>;
  if (verb === 'sync') return { verb: 'sync', ...common };
  return { verb: verb === 'mv' ? 'move' : 'copy', ...common, ignoreTimes: true };
}

/** The folder that one file goes to, which must keep its name. */
function singleFile(
  verb: string,
  source: Operand,
  target: Operand,
  { kindOf }: ReadingContext,
): { readonly target: Operand } | LineProblem {
  const isFolder = source.where === 'here' ? kindOf?.(source.path) === 'folder' : source.isFolder;
  const name = operandName(source);
  const bucketOnly = source.where !== 'here' && !source.path.includes('/');
  if (isFolder || bucketOnly || name === '')
    return {
      problem: `"aws s3 ${verb}" copies one file, but the source is a folder. Add --recursive for all that is in it.`,
    };
  if (target.isFolder || (target.where !== 'here' && !target.path.includes('/'))) return { target };
  if (operandName(target) === name) return { target: parentOperand(target) };
  const into = target.where === 'here' ? path.sep : '/';
  return {
    problem: `The copy would be named "${operandName(target)}", but copies keep their names here. Write the folder with a "${into}" at its end.`,
  };
}
