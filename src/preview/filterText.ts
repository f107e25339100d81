import type { FilterDialect, FilterRule } from '../plan/model/planOptions';

/** The signs that begin a rule in each dialect, one rule a line, as the tool itself writes them. */
export const ruleMarks: Readonly<
  Record<FilterDialect, { readonly exclude: string; readonly include: string }>
> = {
  rclone: { exclude: '- ', include: '+ ' },
  aws: { exclude: '--exclude ', include: '--include ' },
  gitignore: { exclude: '', include: '!' },
};

/** Writes the rules as text, one a line. */
export function rulesToText(rules: readonly FilterRule[], dialect: FilterDialect): string {
  const marks = ruleMarks[dialect];
  return rules
    .map((rule) => {
      if ('include' in rule) return marks.include + rule.include;
      // In `.gitignore` these signs begin a comment and an include.
      const escaped = dialect === 'gitignore' && /^[#!]/.test(rule.exclude) ? '\\' : '';
      return marks.exclude + escaped + rule.exclude;
    })
    .join('\n');
}

/**
 * Reads rules from text. Returns the rules, or the number (from 1) of the first line that is not a rule. Skips empty lines and
 * comments (`#`); in `.gitignore`, `\#` begins a name.
 */
export function rulesFromText(
  text: string,
  dialect: FilterDialect,
): { readonly rules: readonly FilterRule[] } | { readonly badLine: number } {
  const marks = ruleMarks[dialect];
  const rules: FilterRule[] = [];
  for (const [i, written] of text.split(/\r?\n/).entries()) {
    const line = dialect === 'gitignore' ? written : written.trim();
    if (line.trim() === '' || line.startsWith('#')) continue;
    const { include, exclude } = marks;
    if (line.startsWith(include) && line.length > include.length)
      rules.push({ include: unquoted(line.slice(include.length), dialect) });
    else if (line.startsWith(exclude) && line.length > exclude.length && line !== include)
      rules.push({ exclude: unquoted(line.slice(exclude.length), dialect) });
    else return { badLine: i + 1 };
  }
  return { rules };
}

/** Removes quotes: users copy patterns of `aws` from command lines. */
function unquoted(pattern: string, dialect: FilterDialect): string {
  if (dialect !== 'aws') return pattern;
  const [, quoted] = /^(?:"([^"]*)"|'([^']*)')$/.exec(pattern)?.filter((part) => part !== undefined) ?? [];
  return quoted ?? pattern;
}

/**
 * Returns a test for paths that contain `text`, regardless of case and of how accents are composed (macOS decomposes them).
 * Undefined when `text` is blank, so that callers can skip the test.
 */
export function textMatcher(text: string): ((path: string) => boolean) | undefined {
  const sought = text.trim();
  if (sought === '') return undefined;
  const forms = new Set([sought, sought.normalize('NFC'), sought.normalize('NFD')].map(escapeRegExp));
  const pattern = new RegExp([...forms].join('|'), 'iu');
  return (path) => pattern.test(path);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
