import path from 'node:path';
import type { FilterRule, PlanOptions } from '../../plan/model/planOptions';
import { parsePath } from '../../remote/remotePath';
import type { ReadCommand, ReadingContext } from '../commandLine';
import { type FoundFlag, scanLine, sourceAndTarget } from '../flagScanner';
import { type EvaluatedFlag, evaluateFlags, type ParseState, refused } from '../flags';
import { LineError } from '../lineProblem';
import { foldersOfFile, type Operand, operandName, parseAwsOperand, type Sides } from '../operands';
import { applyRemoteSettings, resolvePlace } from '../resolvePlace';
import { awsFlags, awsFlagsOf } from './awsFlags';

const verbs = ['sync', 'cp', 'mv'];

/** Reads the words after `aws`. Throws LineError. See `readCommandLine`. */
export function readAws(
  words: readonly string[],
  assigned: ReadonlyMap<string, string>,
  context: ReadingContext,
): ReadCommand {
  const line = scanLine(words, awsFlags, 4);
  const [service = '', verb = '', ...places] = line.operands;
  if (service !== 's3')
    throw new LineError(`"aws ${line.shown(service)}" is not supported. The line must be for "aws s3".`);
  if (!verbs.includes(verb))
    throw new LineError(
      `"aws s3 ${line.shown(verb)}" is not a copy or a sync. Supported are "aws s3 sync", "cp" and "mv".`,
    );
  const [from, to] = sourceAndTarget(`aws s3 ${verb}`, places, line);

  const state: ParseState = { context, verb, options: awsDefaults(verb), filters: [], hints: {} };
  const verdicts = evaluateAwsFlags(line.flags, state);
  const [source, target] = parseOperands(from, to, assigned, state);
  const filters = relativeFilters(state.filters, [source, target]);
  const isRecursive = verb === 'sync' || line.flags.some(({ name }) => name === 'recursive');
  const sides = isRecursive ? { source, target } : singleFile(source, target, state);

  const sourcePlace = resolvePlace(sides.source, context.remotes);
  const targetPlace = resolvePlace(sides.target, context.remotes);
  return {
    tool: 'aws',
    verb,
    source: sourcePlace,
    target: targetPlace,
    options: { ...state.options, filters },
    flags: applyRemoteSettings(verdicts, targetPlace, context),
  };
}

/** The defaults of aws. `cp` and `mv` don't compare: they copy every file, like `ignoreTimes`. */
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

/** Flags that another verb has, and switches with a value, are unknown to aws: it has no `--delete=true`. */
function evaluateAwsFlags(found: readonly FoundFlag[], state: ParseState): EvaluatedFlag[] {
  const { verb } = state;
  const prefix = `not for ${verb}: `;
  const isUnknownHere = ({ name, value }: FoundFlag) =>
    awsFlagsOf[name]?.includes(verb) === false ||
    (awsFlags.get(name)?.arity === 'none' && value !== undefined);
  return evaluateFlags(
    found.map((one) => (isUnknownHere(one) ? { ...one, name: prefix + one.name } : one)),
    awsFlags,
    state,
    ({ name, typed, value }) =>
      refused(
        name.startsWith(prefix)
          ? `"aws s3 ${verb}" does not have this flag${value === undefined ? '' : ' with a value'}.`
          : `${typed} is unknown.`,
      ),
  );
}

function parseOperands(
  from: string,
  to: string,
  assigned: ReadonlyMap<string, string>,
  { hints, context }: ParseState,
): readonly [source: Operand, target: Operand] {
  const profile = hints.profile ?? assigned.get('AWS_DEFAULT_PROFILE') ?? assigned.get('AWS_PROFILE');
  const endpoint = hints.endpoint ?? assigned.get('AWS_ENDPOINT_URL_S3') ?? assigned.get('AWS_ENDPOINT_URL');
  const parse = (text: string, region: string | undefined) =>
    parseAwsOperand(text, { profile, endpoint, region, awsByDefault: true }, context);
  const source = parse(from, hints.sourceRegion ?? hints.region);
  const target = parse(to, hints.region);
  if (source.where === 'here' && target.where === 'here')
    throw new LineError('"aws s3" copies from or to S3: one of the paths must start with s3://.');
  return [source, target];
}

/**
 * aws joins a pattern to the root of each side, so an absolute pattern applies to one side only. Here patterns are relative to both
 * sides (A16, H3), so a pattern below a side becomes relative to it.
 */
function relativeFilters(rules: readonly FilterRule[], operands: readonly Operand[]): readonly FilterRule[] {
  const roots = operands.map((operand) => {
    const root = operand.where === 'here' ? operand.path.replaceAll(path.sep, '/') : `s3://${operand.path}`;
    return `${root.replace(/\/+$/, '')}/`;
  });
  return rules.map((rule) => {
    const pattern = 'include' in rule ? rule.include : rule.exclude;
    const root = roots.find((one) => pattern.replaceAll('\\', '/').startsWith(one));
    if (root === undefined && /^(?:s3:\/\/|[A-Za-z]:[/\\])/i.test(pattern))
      throw new LineError(
        `The pattern "${pattern}" is an absolute path outside both sides, so it matches nothing. Make it relative to them.`,
      );
    const relative = pattern.slice(root?.length ?? 0);
    return 'include' in rule ? { include: relative } : { exclude: relative };
  });
}

/** Turns the copy of one file into a copy between folders of only this file, which must keep its name. */
function singleFile(source: Operand, target: Operand, { verb, options, context }: ParseState): Sides {
  const isFolder = source.where === 'here' ? context.kindOf?.(source.path) === 'folder' : source.isFolder;
  const isBucket = (operand: Operand) => operand.where !== 'here' && !operand.path.includes('/');
  const name = operandName(source);
  if (isFolder || isBucket(source) || name === '')
    throw new LineError(
      `"aws s3 ${verb}" copies one file, but the source is a folder. Add --recursive to copy its content.`,
    );
  options.only = [{ file: parsePath(name) }];
  const separator = target.where === 'here' ? path.sep : '/';
  const remedy = `Write the folder with a "${separator}" at the end.`;
  return foldersOfFile(source, target, target.isFolder || isBucket(target), remedy);
}
