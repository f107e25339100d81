import { defaultExcludes, type FilterRule, type PlanOptions } from '../plan/model/planOptions';

/** The filters of a plan in the notation of a tool, or why they have no equivalent. */
export type Translated = { readonly rules: readonly FilterRule[] } | { readonly cannot: string };

type Filters = Pick<PlanOptions, 'filters' | 'filterDialect' | 'useDefaultExcludes' | 'only'>;

/** All rules, with the default excludes and `only`, as one list for rclone, whose first match decides (R16–R18). Pure. */
export function filtersForRclone(options: Filters): Translated {
  const defaults = options.useDefaultExcludes ? defaultExcludes.map((exclude) => ({ exclude })) : [];
  const own: FilterRule[] = [];
  if (options.filters.length > 0 && options.filterDialect === 'gitignore')
    return { cannot: 'rclone does not support .gitignore rules' };
  if (options.filterDialect === 'aws')
    for (const rule of options.filters.toReversed()) {
      const glob = rcloneGlob('include' in rule ? rule.include : rule.exclude);
      if (glob === undefined) return { cannot: 'it has aws filters, and one has no equivalent in rclone' };
      own.push('include' in rule ? { include: glob } : { exclude: glob });
    }
  else own.push(...options.filters);
  const onlyIncludes = own.length > 0 && own.every((rule) => 'include' in rule);
  if (options.only) {
    if (own.some((rule) => 'include' in rule))
      return { cannot: 'it is limited to some files and has rules that include others' };
    const named = options.only.map((one) => ({
      include: 'file' in one ? `/${escapedForRclone(one.file)}` : `/${escapedForRclone(one.folder)}/**`,
    }));
    return { rules: [...defaults, ...own, ...named, { exclude: '/**' }] };
  }
  if (options.filterDialect === 'rclone' && onlyIncludes && defaults.length > 0)
    return { rules: [...defaults, ...own, { exclude: '/**' }] };
  if (options.filterDialect === 'aws' && onlyIncludes && defaults.length === 0) return { rules: [] };
  return { rules: [...defaults, ...own] };
}

/** The rules as one list for aws, whose last match decides (A14, A15). Pure. */
export function filtersForAws(options: Filters): Translated {
  const defaults = options.useDefaultExcludes ? defaultExcludes.map((exclude) => ({ exclude })) : [];
  const fromRclone = options.filterDialect === 'aws' ? defaults : [...defaults, ...options.filters];
  const translated: FilterRule[] = [];
  if (options.filters.length > 0 && options.filterDialect === 'gitignore')
    return { cannot: 'aws does not support .gitignore rules' };
  for (const rule of fromRclone) {
    const globs = 'exclude' in rule ? awsGlobs(rule.exclude) : undefined;
    if (!globs) return { cannot: 'it has rclone filters, and one has no equivalent in aws' };
    translated.push(...globs.map((exclude) => ({ exclude })));
  }
  const own = options.filterDialect === 'aws' ? options.filters : [];
  if (!options.only) return { rules: [...own, ...translated] };
  if (own.some((rule) => 'include' in rule))
    return { cannot: 'it is limited to some files and has rules that include others' };
  const named = options.only.map((one) => ({
    include: 'file' in one ? escapedForAws(one.file) : `${escapedForAws(one.folder)}/*`,
  }));
  return { rules: [{ exclude: '*' }, ...named, ...own, ...translated] };
}

/** A glob of rclone, anchored at the root, for an fnmatch pattern; undefined for `?`, because in fnmatch it also matches `/`. */
function rcloneGlob(pattern: string): string | undefined {
  const bare = pattern.replace(/^(?:\.?\/)+/, '');
  let glob = '/';
  for (let i = 0; i < bare.length; i++) {
    const char = bare[i] ?? '';
    const set = /^\[(!?)(\]?[^\]]*)\]/.exec(bare.slice(i));
    if (char === '?' || (char === '[' && !set)) return undefined;
    if (char === '*') glob += glob.endsWith('**') ? '' : '**';
    else if (set) {
      const [whole, not = '', members = ''] = set;
      // A set of fnmatch may match a slash and has no escapes, so only plain sets mean the same in both.
      if (not !== '' || !/^[\p{L}\p{N}_.-]+$/u.test(members)) {
        const single = not === '' && /^[*?[]$/.test(members);
        if (!single) return undefined;
        glob += `\\${members}`;
      } else glob += `[${members}]`;
      i += whole.length - 1;
    } else glob += escapedForRclone(char);
  }
  return glob;
}

/** Patterns of aws for a simple exclude of rclone; undefined when they might not mean the same. */
function awsGlobs(pattern: string): readonly string[] | undefined {
  const anchored = pattern.startsWith('/');
  const body = anchored ? pattern.slice(1) : pattern;
  const below = /\/(?:\*\*)?$/.exec(body);
  const core = below ? body.slice(0, below.index) : body;
  if (!anchored && !below && /^\*[^*?[\]{}\\/]+$/.test(core)) return [core];
  if (core === '' || /[*?[\]{}\\]/.test(core)) return undefined;
  const end = below ? '/*' : '';
  return anchored ? [core + end] : [core + end, `*/${core}${end}`];
}

/** Escapes `text` so that rclone's patterns match it literally. Pure. */
export function escapedForRclone(text: string): string {
  return text.replace(/[*?[\]{}\\]/g, '\\$&');
}

function escapedForAws(text: string): string {
  return text.replace(/[*?[]/g, '[$&]');
}

/** Whether a plan has limits on sizes or ages. Pure. */
export function hasLimits({ minSize, maxSize, minAge, maxAge }: PlanOptions): boolean {
  return [minSize, maxSize, minAge, maxAge].some((limit) => limit !== undefined);
}
