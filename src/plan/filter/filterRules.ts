import type { NameRules } from '../../remote/capabilities';
import { RemoteError } from '../../remote/remoteError';
import type { FilterRule } from '../model/planOptions';
import { fnmatchGlob, folderGlobs, rcloneGlob } from './glob';
import { PathAutomaton } from './pathAutomaton';
import { type PathPattern, PatternProblem } from './pathPattern';
import { checkSize } from './pathProgram';

/**
 * How names are to be compared when patterns are matched, so that a filter can't tell two spellings of one
 * file apart.
 */
export type FilterNames = Pick<NameRules, 'caseSensitive' | 'foldsUnicode'>;

/** One rule. */
export interface CompiledRule {
  readonly include: boolean;
  readonly pattern: PathPattern;
  readonly matches: PathAutomaton;
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
    const text = `${include ? '+' : '-'} ${written}`;
    const told = { include, text, ...(implied && { implied: true as const }) };
    const rule = compile(told, written, glob, rcloneGlob, names);
    if (both || !forFolder) {
      files.push(rule);
      if (include || glob === '*')
        for (const folder of folderGlobs(glob))
          if (folder !== '/') folders.push(compile(told, written, folder, rcloneGlob, names));
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
    const text = `--${include ? 'include' : 'exclude'} ${pattern}`;
    const compiled = compile({ include, text }, pattern, glob, fnmatchGlob, names);
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

type RuleSource = Pick<CompiledRule, 'include' | 'text' | 'implied' | 'file'>;

/** A rule of that pattern. */
export function createRule(told: RuleSource, pattern: PathPattern): CompiledRule {
  return { ...told, pattern, matches: new PathAutomaton([{ pattern, number: 0 }]) };
}

function compile(
  told: RuleSource,
  written: string,
  glob: string,
  read: (glob: string, fold: boolean) => PathPattern,
  names: FilterNames,
): CompiledRule {
  try {
    const pattern = read(names.foldsUnicode ? glob.normalize('NFC') : glob, !names.caseSensitive);
    checkSize(pattern);
    return createRule(told, pattern);
  } catch (error) {
    if (error instanceof PatternProblem) throw badPattern(written, error.message);
    if (error instanceof SyntaxError) throw badPattern(written, `makes no sense (${error.message})`);
    throw error;
  }
}

function badPattern(pattern: string, problem: string): RemoteError {
  return new RemoteError('badSettings', `The filter pattern ${JSON.stringify(pattern)} ${problem}.`);
}

/** What the first of the rules that matches a path says of it; undefined when none is about it. One pass, however many rules there are. */
export class RuleDecider {
  private readonly automaton: PathAutomaton;
  private readonly included: readonly boolean[];

  constructor(rules: readonly CompiledRule[]) {
    // Neighbours that say the same need not be told apart.
    const included: boolean[] = [];
    const patterns = rules.map(({ include, pattern }) => {
      if (included.at(-1) !== include) included.push(include);
      return { pattern, number: included.length - 1 };
    });
    this.included = included;
    this.automaton = new PathAutomaton(patterns);
  }

  decide(path: string): boolean | undefined {
    return this.included[this.automaton.first(path)];
  }

  /** See PathAutomaton. */
  get work(): number {
    return this.automaton.work;
  }
}
