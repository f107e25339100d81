import { RemoteError } from '../../remote/remoteError';
import type { FilterRule } from '../model/planOptions';
import { type CompiledRule, type CompiledRules, createRule, type FilterNames } from './filterRules';
import { wildmatch } from './wildmatch';

/**
 * The lines of a .gitignore as rules of which the first that matches decides: in git the last one does, so they are turned round. What
 * git makes nothing of (comments, blank lines) is left out. `file` is where the lines stand. Every line is about paths relative to that
 * file's folder, and about folders as well as files.
 */
export function gitignoreLines(text: string, names: FilterNames, file?: string): CompiledRules {
  const rules: CompiledRule[] = [];
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  for (const line of lines) {
    const rule = compileLine(line, names);
    if (rule) rules.push({ ...rule, ...(file !== undefined && { file }) });
  }
  rules.reverse();
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
    const rule = compileLine(line, names);
    if (rule) rules.push(rule);
  }
  rules.reverse();
  return { files: rules, folders: rules };
}

function compileLine(line: string, names: FilterNames): CompiledRule | undefined {
  if (line.startsWith('#') || lineProblem(line) !== undefined) return undefined;
  const include = line.startsWith('!');
  const pattern = include ? line.slice(1) : line;
  const spelled = names.foldsUnicode ? pattern.normalize('NFC') : pattern;
  return createRule({ include, text: line }, wildmatch(spelled, !names.caseSensitive));
}

/** Why git would never match anything with this line, as the end of a sentence. Comments are fine. */
function lineProblem(line: string): string | undefined {
  const pattern = line.replace(/^!/, '');
  if (/^ *$/.test(pattern) || pattern === '/') return 'names nothing';
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) return 'ends with "\\", which has nothing to escape';
  return undefined;
}
