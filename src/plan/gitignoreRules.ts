import ignore, { type Ignore } from 'ignore';
import { RemoteError } from '../remote/remoteError';
import type { CompiledRule, CompiledRules, FilterNames, Matcher } from './filterRules';
import type { FilterRule } from './planOptions';

/**
 * The lines of a .gitignore as rules of which the first that matches decides: in git the last one does, so they are turned round. What
 * git makes nothing of (comments, blank lines) is left out. `file` is where the lines stand. Every line is about paths relative to that
 * file's folder, and about folders as well as files.
 */
export function gitignoreLines(text: string, names: FilterNames, file?: string): CompiledRules {
  const rules: CompiledRule[] = [];
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  for (const line of lines) {
    const rule = compiled(line, names);
    if (rule) rules.unshift({ ...rule, ...(file !== undefined && { file }) });
  }
  return { files: rules, folders: rules };
}

/**
 * The user's own rules in that dialect: an exclude is a line as it is, an include the same line with `!`. Throws RemoteError
 * `badSettings` for one that could never match, which git would pass over.
 */
export function gitignoreRules(given: readonly FilterRule[], names: FilterNames): CompiledRules {
  const rules: CompiledRule[] = [];
  for (const one of given) {
    const line = 'include' in one ? `!${one.include}` : one.exclude;
    const problem = lineProblem(line);
    if (problem !== undefined)
      throw new RemoteError('badSettings', `The filter pattern ${JSON.stringify(line)} ${problem}.`);
    const rule = compiled(line, names);
    if (rule) rules.unshift(rule);
  }
  return { files: rules, folders: rules };
}

function compiled(line: string, names: FilterNames): CompiledRule | undefined {
  if (line.startsWith('#') || lineProblem(line) !== undefined) return undefined;
  const include = line.startsWith('!');
  const pattern = include ? line.slice(1) : line;
  return { include, text: line, matches: new GitPatterns([pattern], names) };
}

/** Why git would never match anything with this line, as the end of a sentence. Comments are fine. */
function lineProblem(line: string): string | undefined {
  const pattern = line.replace(/^!/, '');
  if (/^ *$/.test(pattern) || pattern === '/') return 'names nothing';
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) return 'ends with "\\", which has nothing to escape';
  return undefined;
}

/** Answers that the library may remember at most: it would keep one for every path it was ever asked about. */
const rememberedAnswers = 1000;

/**
 * Whether any of some patterns matches a path itself, be it ignored or taken back. A folder ends in `/`.
 *
 * The library would answer for the folders above as well, of which it knows only the rules of one file; here they are the filter's to
 * ask for. It does so for what is ignored only, so every pattern is given to it as one that takes back.
 */
class GitPatterns implements Matcher {
  private readonly patterns: readonly string[];
  private readonly names: FilterNames;
  private readonly compiled: Ignore;
  private current: Ignore;
  private answers = 0;

  constructor(patterns: readonly string[], names: FilterNames) {
    this.patterns = patterns;
    this.names = names;
    const spelled = patterns.map((pattern) => (names.foldsUnicode ? pattern.normalize('NFC') : pattern));
    this.compiled = this.empty().add(spelled.map((pattern) => ({ pattern: `!${pattern}` })));
    this.current = this.compiled;
  }

  test(path: string): boolean {
    if (++this.answers > rememberedAnswers) {
      this.answers = 1;
      this.current = this.empty().add(this.compiled);
    }
    return this.current.test(path).unignored;
  }

  joined(next: Matcher): Matcher | undefined {
    return next instanceof GitPatterns
      ? new GitPatterns([...this.patterns, ...next.patterns], this.names)
      : undefined;
  }

  /** Relative paths are let through: a key may look like one of those that the library refuses. */
  private empty(): Ignore {
    return ignore({ ignorecase: !this.names.caseSensitive, allowRelativePaths: true });
  }
}
