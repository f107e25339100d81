import type { NameRules } from '../../remote/capabilities';
import { RemoteError } from '../../remote/remoteError';
import type { FilterRule } from '../model/planOptions';
import { fnmatchGlob, folderGlobs, rcloneGlob } from './glob';
import { PathAutomaton } from './pathAutomaton';
import { type PathPattern, PatternProblem } from './pathPattern';
import { checkSize } from './pathProgram';

/** How patterns compare names, so that a filter treats all spellings of one file alike. */
export type FilterNames = Pick<NameRules, 'caseSensitive' | 'foldsUnicode'>;

export interface CompiledRule {
  readonly include: boolean;
  readonly pattern: PathPattern;
  readonly matches: PathAutomaton;
  /** In the syntax of its dialect. */
  readonly text: string;
  /** No user wrote the rule: it follows from the others. */
  readonly implied?: true;
  /** The ignore file that holds the rule, relative to the root. */
  readonly file?: string;
}

/** The common form of all dialects: ordered rules of which the first match decides. Without a match the path is included. */
export interface CompiledRules {
  readonly files: readonly CompiledRule[];
  /** Tested with a folder's path plus `/`. A file is included only when every folder above it is. */
  readonly folders: readonly CompiledRule[];
}

/** Rules of one origin. A file is included when every set allows the file and each folder above it. */
export interface RuleSet {
  readonly origin: 'usualExcludes' | 'filters' | 'ignoreFile';
  /** Whether `allows` may be false for a folder. */
  readonly hasFolderRules: boolean;
  /** Whether the rules allow this path itself, regardless of its parents. A folder ends in `/`. */
  allows(path: string): boolean;
  /** The rule that decides `allows`; undefined where no rule matches, and the path is allowed. */
  ruleFor(path: string): CompiledRule | undefined;
}

/** Compiles rules of rclone (R16–R18). With includes only, everything else is excluded. Throws RemoteError `badSettings` that names a bad pattern. */
export function rcloneRules(rules: readonly FilterRule[], names: FilterNames): CompiledRules {
  const files: CompiledRule[] = [];
  const folders: CompiledRule[] = [];
  const add = (include: boolean, written: string, implied?: true) => {
    const pattern = written.startsWith('./') ? written.replace(/^(?:\.\/)+/, '/') : written;
    const forFolder = pattern.endsWith('/');
    const glob = forFolder && !include ? `${pattern}**` : pattern;
    const both = glob.includes('**');
    const text = `${include ? '+' : '-'} ${written}`;
    const source = { include, text, ...(implied && { implied }) };
    const rule = compile(source, written, glob, rcloneGlob, names);
    if (both || !forFolder) {
      files.push(rule);
      if (include || glob === '*')
        for (const folder of folderGlobs(glob))
          if (folder !== '/') folders.push(compile(source, written, folder, rcloneGlob, names));
    }
    if (both || forFolder) folders.push(rule);
  };
  for (const { include, pattern } of rules.map(read)) add(include, pattern);
  if (rules.length > 0 && rules.every((rule) => 'include' in rule)) add(false, '/**', true);
  return { files, folders };
}

/**
 * Compiles rules of `aws` (A14, A15). The last match wins there, so the list is reversed. Every pattern matches the full relative path; a
 * leading `./` or `/` is redundant (A16, H3).
 */
export function awsRules(rules: readonly FilterRule[], names: FilterNames): CompiledRules {
  const files: CompiledRule[] = [];
  const folders: CompiledRule[] = [];
  for (const { include, pattern } of rules.map(read).reverse()) {
    const glob = pattern.replace(/^(?:\.?\/)+/, '');
    if (glob === '') throw badPattern(pattern, 'names nothing');
    const text = `--${include ? 'include' : 'exclude'} ${pattern}`;
    const compiled = compile({ include, text }, pattern, glob, fnmatchGlob, names);
    files.push(compiled);
    // A pattern that ends in `*` and matches `folder/` matches everything below too. It decides only when no include takes precedence.
    if (!include && glob.endsWith('*') && files.every(({ include: included }) => !included))
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

export function createRule(source: RuleSource, pattern: PathPattern): CompiledRule {
  return { ...source, pattern, matches: new PathAutomaton([{ pattern, number: 0 }]) };
}

function compile(
  source: RuleSource,
  written: string,
  glob: string,
  read: (glob: string, fold: boolean) => PathPattern,
  names: FilterNames,
): CompiledRule {
  try {
    const pattern = read(names.foldsUnicode ? glob.normalize('NFC') : glob, !names.caseSensitive);
    checkSize(pattern);
    return createRule(source, pattern);
  } catch (error) {
    if (error instanceof PatternProblem) throw badPattern(written, error.message);
    if (error instanceof SyntaxError) throw badPattern(written, `makes no sense (${error.message})`);
    throw error;
  }
}

function badPattern(pattern: string, problem: string): RemoteError {
  return new RemoteError('badSettings', `The filter pattern ${JSON.stringify(pattern)} ${problem}.`);
}

/** Decides a path by the first matching rule, in one pass for any number of rules; undefined when no rule matches. */
export class RuleDecider {
  private readonly automaton: PathAutomaton;
  private readonly included: readonly boolean[];

  constructor(rules: readonly CompiledRule[]) {
    // Adjacent rules with the same result share a number.
    const included: boolean[] = [];
    const patterns = rules.map(({ include, pattern }) => {
      if (included.at(-1) !== include) included.push(include);
      return { pattern, number: included.length - 1 };
    });
    this.included = included;
    this.automaton = new PathAutomaton(patterns);
  }

  decide(path: string): boolean | undefined {
    return this.included[this.automaton.lowestMatch(path)];
  }

  /** See `PathAutomaton.work`. */
  get work(): number {
    return this.automaton.work;
  }
}
