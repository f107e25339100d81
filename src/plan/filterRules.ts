import type { NameRules } from '../remote/capabilities';
import { RemoteError } from '../remote/remoteError';
import { fnmatchSource, folderGlobs, PatternProblem, rcloneGlobSource } from './glob';
import type { FilterRule } from './planOptions';

/**
 * How names are to be compared when patterns are matched, so that a filter can't tell two spellings of one
 * file apart.
 */
export type FilterNames = Pick<NameRules, 'caseSensitive' | 'foldsUnicode'>;

/** Whether a path matches. A regular expression is one. */
export interface Matcher {
  test(path: string): boolean;
  /** One that matches what this or the next does, where that is quicker than both. */
  joined?(next: Matcher): Matcher | undefined;
}

/** One rule, or several neighbours of one kind, as a single expression. */
export interface CompiledRule {
  readonly include: boolean;
  readonly matches: Matcher;
  /** As its dialect writes it. */
  readonly text: string;
  /** Nobody wrote it: what it says follows from the others. */
  readonly implied?: true;
  /** The ignore file that it stands in, relative to the root. */
  readonly file?: string;
}

/**
 * Every dialect in one form: ordered rules of which the first that matches decides, and without a match the
 * thing is in.
 */
export interface CompiledRules {
  readonly files: readonly CompiledRule[];
  /** Tested with a folder's path plus `/`. A file is in only when every folder above it is. */
  readonly folders: readonly CompiledRule[];
}

/**
 * rclone's reading of the rules (R16–R18). When there are includes only, everything else is excluded. Throws
 * RemoteError `badSettings` that names the pattern that can't be read.
 */
export function rcloneRules(rules: readonly FilterRule[], names: FilterNames): CompiledRules {
  const files: CompiledRule[] = [];
  const folders: CompiledRule[] = [];
  const add = (include: boolean, written: string, implied = false) => {
    const pattern = written.startsWith('./') ? written.replace(/^(?:\.\/)+/, '/') : written;
    const forFolder = pattern.endsWith('/');
    const glob = forFolder && !include ? `${pattern}**` : pattern;
    const both = glob.includes('**');
    const told = { text: `${include ? '+' : '-'} ${written}`, ...(implied && { implied: true as const }) };
    const rule = { ...told, ...compile(include, written, glob, rcloneGlobSource, names) };
    if (both || !forFolder) {
      files.push(rule);
      if (include || glob === '*')
        for (const folder of folderGlobs(glob))
          if (folder !== '/')
            folders.push({ ...told, ...compile(include, written, folder, rcloneGlobSource, names) });
    }
    if (both || forFolder) folders.push(rule);
  };
  for (const rule of rules) {
    const { include, pattern } = read(rule);
    add(include, pattern);
  }
  if (rules.length > 0 && rules.every((rule) => 'include' in rule)) add(false, '/**', true);
  return { files, folders };
}

/**
 * `aws`'s reading (A14, A15): the last match wins, so the list is turned round. Every pattern is about the
 * whole relative path; a leading `./` or `/` only says so once more (A16, H3).
 */
export function awsRules(rules: readonly FilterRule[], names: FilterNames): CompiledRules {
  const files: CompiledRule[] = [];
  const folders: CompiledRule[] = [];
  for (let i = rules.length - 1; i >= 0; i--) {
    const rule = rules[i];
    if (!rule) continue;
    const { include, pattern } = read(rule);
    const glob = pattern.replace(/^(?:\.?\/)+/, '');
    if (glob === '') throw badPattern(pattern, 'names nothing');
    const compiled = {
      text: `--${include ? 'include' : 'exclude'} ${pattern}`,
      ...compile(include, pattern, glob, fnmatchSource, names),
    };
    files.push(compiled);
    // What ends in `*` and matches `folder/` matches everything below as well; that decides only while no
    // include is stronger.
    if (!include && glob.endsWith('*') && files.every((stronger) => !stronger.include))
      folders.push(compiled);
  }
  return { files, folders };
}

function read(rule: FilterRule): { include: boolean; pattern: string } {
  const include = 'include' in rule;
  const pattern = include ? rule.include : rule.exclude;
  if (pattern === '') throw badPattern(pattern, 'is empty');
  return { include, pattern };
}

function compile(
  include: boolean,
  pattern: string,
  glob: string,
  sourceOf: (glob: string) => string,
  names: FilterNames,
): Pick<CompiledRule, 'include' | 'matches'> {
  try {
    const source = sourceOf(names.foldsUnicode ? glob.normalize('NFC') : glob);
    const flags = names.caseSensitive ? 'u' : 'iu';
    return { include, matches: expression(source, flags, glob.includes('{{')) };
  } catch (error) {
    if (error instanceof PatternProblem) throw badPattern(pattern, error.message);
    if (error instanceof SyntaxError) throw badPattern(pattern, `makes no sense (${error.message})`);
    throw error;
  }
}

/** A regular expression written by the user may use escapes that JavaScript knows only in its older mode. */
function expression(source: string, flags: string, maybeOld: boolean): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    if (!maybeOld) throw error;
    return new RegExp(source, flags.replace('u', ''));
  }
}

function badPattern(pattern: string, problem: string): RemoteError {
  return new RemoteError('badSettings', `The filter pattern ${JSON.stringify(pattern)} ${problem}.`);
}

/** Neighbours of one kind as one expression: each path is then looked at fewer times. What decides is the same. */
export function merged(rules: readonly CompiledRule[]): readonly CompiledRule[] {
  const result: CompiledRule[] = [];
  for (const rule of rules) {
    const last = result.at(-1);
    const both = last && last.include === rule.include ? joined(last.matches, rule.matches) : undefined;
    if (last && both) result[result.length - 1] = { ...last, matches: both };
    else result.push(rule);
  }
  return result;
}

function joined(a: Matcher, b: Matcher): Matcher | undefined {
  if (!(a instanceof RegExp && b instanceof RegExp)) return a.joined?.(b);
  return a.flags === b.flags && mergeable(a) && mergeable(b)
    ? new RegExp(`${a.source}|${b.source}`, a.flags)
    : undefined;
}

/** A number or name of a group would point elsewhere in a longer expression. */
function mergeable({ source }: RegExp): boolean {
  return !/\\[1-9]|\\k|\((?:\?<[^=!]|[^?])/.test(source);
}
