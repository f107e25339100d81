import path from 'node:path';
import type { FilterRule } from '../../plan/model/planOptions';
import { isRemoteError } from '../../remote/remoteError';
import type { ReadingContext } from '../commandLine';

/** The filter flags of one line, per kind in the order typed. */
export interface FilterFlags {
  readonly include: FilterRule[][];
  readonly includeFrom: FilterRule[][];
  readonly exclude: FilterRule[][];
  readonly excludeFrom: FilterRule[][];
  readonly filter: (FilterRule | '!')[][];
  readonly filterFrom: (FilterRule | '!')[][];
  /** The names from `--files-from`; undefined without that flag. */
  files?: string[];
  maxDepth?: number;
}

export function noFilterFlags(): FilterFlags {
  return { include: [], includeFrom: [], exclude: [], excludeFrom: [], filter: [], filterFrom: [] };
}

/**
 * The ordered rules that rclone builds: includes, includes from files, excludes, excludes from files, filters, filters from files,
 * regardless of their order in the line; `!` clears the rules before it. A file that no rule matches is included, or excluded if the
 * line has an include flag (R16). A plan excludes it only if all rules are includes. Pure.
 */
export function buildFilterRules(flags: FilterFlags): FilterRule[] {
  const { include, includeFrom, exclude, excludeFrom, filter, filterFrom, maxDepth } = flags;
  let rules: FilterRule[] = [];
  for (const rule of [include, includeFrom, exclude, excludeFrom, filter, filterFrom].flat(2))
    if (rule === '!') rules = [];
    else rules.push(rule);
  const onlyIncludes = rules.every((rule) => 'include' in rule);
  if (include.length > 0 || includeFrom.length > 0) {
    // A plan with only include rules already excludes the rest.
    if (!onlyIncludes || rules.length === 0 || maxDepth !== undefined) rules.push({ exclude: '/**' });
  } else if (onlyIncludes) rules = [];
  return maxDepth === undefined ? rules : [{ exclude: `/${'*/'.repeat(maxDepth)}**` }, ...rules];
}

/** Parses the value of `--filter`: `+ pattern`, `- pattern` or `!`. Undefined when malformed. Pure. */
export function parseFilterRule(text: string): FilterRule | '!' | undefined {
  if (text === '!') return '!';
  if (text.length < 3) return undefined;
  if (text.startsWith('- ')) return { exclude: text.slice(2) };
  return text.startsWith('+ ') ? { include: text.slice(2) } : undefined;
}

/** The lines of a pattern file without empty ones, and unless `raw` trimmed and without comments; a sentence when it can't be read. */
export function readPatternFile(
  name: string,
  { folder, readFile }: ReadingContext,
  raw = false,
): readonly string[] | string {
  if (name === '-') return 'There is no terminal to read from.';
  if (folder === undefined && !path.isAbsolute(name)) return `The file ${name} can't be read.`;
  let text: string | undefined;
  try {
    text = readFile?.(path.resolve(folder ?? '/', name));
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    return `The file ${error.message}`;
  }
  if (text === undefined) return `The file ${name} can't be read.`;
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  return raw
    ? lines.filter((line) => line !== '')
    : lines.map((line) => line.trim()).filter((line) => line !== '' && !/^[#;]/.test(line));
}
