import { RemoteError } from '../../remote/remoteError';
import type { FilterRule } from '../model/planOptions';
import { type CompiledRule, type CompiledRules, createRule, type FilterNames } from './filterRules';
import { wildmatch } from './wildmatch';

/**
 * Compiles the lines of a .gitignore. Skips lines that git ignores (comments, blank lines). `file` is the ignore file; every line applies to
 * files and folders, by paths relative to that file's folder.
 */
export function gitignoreLines(text: string, names: FilterNames, file?: string): CompiledRules {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  return lastMatchWins(lines.map((line) => compileLine(line, names, file)));
}

/**
 * Compiles the user's rules in the syntax of .gitignore: an exclude is a line, an include is a line with `!`. Throws RemoteError
 * `badSettings` for a line that could never match, which git would ignore.
 */
export function gitignoreRules(given: readonly FilterRule[], names: FilterNames): CompiledRules {
  const compiled = given.map((rule) => {
    const line = 'include' in rule ? `!${rule.include}` : rule.exclude;
    const problem = lineProblem(line);
    if (problem !== undefined)
      throw new RemoteError('badSettings', `The filter pattern ${JSON.stringify(line)} ${problem}.`);
    return compileLine(line, names);
  });
  return lastMatchWins(compiled);
}

/** The rules in reverse order: elsewhere the first match decides. */
function lastMatchWins(compiled: readonly (CompiledRule | undefined)[]): CompiledRules {
  const rules = compiled.filter((rule) => rule !== undefined).reverse();
  return { files: rules, folders: rules };
}

function compileLine(line: string, names: FilterNames, file?: string): CompiledRule | undefined {
  if (line.startsWith('#') || lineProblem(line) !== undefined) return undefined;
  const include = line.startsWith('!');
  const pattern = include ? line.slice(1) : line;
  const spelled = names.foldsUnicode ? pattern.normalize('NFC') : pattern;
  const source = { include, text: line, ...(file !== undefined && { file }) };
  return createRule(source, wildmatch(spelled, !names.caseSensitive));
}

/** Why this line could never match in git, as the end of a sentence. Comments have no problem. */
function lineProblem(line: string): string | undefined {
  const pattern = line.replace(/^!/, '');
  if (/^ *$/.test(pattern) || pattern === '/') return 'names nothing';
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) return 'ends with "\\", which has nothing to escape';
  return undefined;
}
