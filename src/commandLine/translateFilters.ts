import { defaultExcludes, type FilterRule, type PlanOptions } from '../plan/model/planOptions';

/** What the filters of a plan are in another tool's language, or why they can't be said there. */
export type Translated = { readonly rules: readonly FilterRule[] } | { readonly cannot: string };

type Filters = Pick<PlanOptions, 'filters' | 'filterDialect' | 'useDefaultExcludes' | 'only'>;

/**
 * All rules that decide which files take part, the usual excludes and `only` among them, as one list for rclone, whose first match
 * decides (R16–R18). Pure.
 */
export function filtersForRclone(options: Filters): Translated {
  const usual = options.useDefaultExcludes ? defaultExcludes.map((exclude) => ({ exclude })) : [];
  const own: FilterRule[] = [];
  if (options.filters.length > 0 && options.filterDialect === 'gitignore')
    return { cannot: 'rclone has no rules as .gitignore has them' };
  if (options.filterDialect === 'aws')
    for (const rule of options.filters.toReversed()) {
      const glob = rcloneGlob('include' in rule ? rule.include : rule.exclude);
      if (glob === undefined)
        return { cannot: 'its filters are those of aws, and one has no counterpart in rclone' };
      own.push('include' in rule ? { include: glob } : { exclude: glob });
    }
  else own.push(...options.filters);
  const onlyIncludes = own.length > 0 && own.every((rule) => 'include' in rule);
  if (options.only) {
    if (own.some((rule) => 'include' in rule))
      return { cannot: 'it is about some files only and has rules that include others' };
    const named = options.only.map((one) => ({
      include: 'file' in one ? `/${escapedForRclone(one.file)}` : `/${escapedForRclone(one.folder)}/**`,
    }));
    return { rules: [...usual, ...own, ...named, { exclude: '/**' }] };
  }
  if (options.filterDialect === 'rclone' && onlyIncludes && usual.length > 0)
    return { rules: [...usual, ...own, { exclude: '/**' }] };
  if (options.filterDialect === 'aws' && onlyIncludes && usual.length === 0) return { rules: [] };
  return { rules: [...usual, ...own] };
}

/** The same for aws, whose last match decides (A14, A15). Pure. */
export function filtersForAws(options: Filters): Translated {
  const usual = options.useDefaultExcludes ? defaultExcludes.map((exclude) => ({ exclude })) : [];
  const fromRclone = options.filterDialect === 'aws' ? usual : [...usual, ...options.filters];
  const translated: FilterRule[] = [];
  if (options.filters.length > 0 && options.filterDialect === 'gitignore')
    return { cannot: 'aws has no rules as .gitignore has them' };
  for (const rule of fromRclone) {
    const globs = 'exclude' in rule ? awsGlobs(rule.exclude) : undefined;
    if (!globs) return { cannot: 'its filters are those of rclone, and one has no counterpart in aws' };
    translated.push(...globs.map((exclude) => ({ exclude })));
  }
  const own = options.filterDialect === 'aws' ? options.filters : [];
  if (!options.only) return { rules: [...own, ...translated] };
  if (own.some((rule) => 'include' in rule))
    return { cannot: 'it is about some files only and has rules that include others' };
  const named = options.only.map((one) => ({
    include: 'file' in one ? escapedForAws(one.file) : `${escapedForAws(one.folder)}/*`,
  }));
  return { rules: [{ exclude: '*' }, ...named, ...own, ...translated] };
}

/** An fnmatch pattern of a whole path as a glob that rclone anchors at the root; undefined for `?`, which matches `/` as well here. */
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
      // A set of fnmatch may match a slash, and has no escapes: only plain ones are the same in both.
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

/** A simple exclude of rclone as patterns of aws; undefined when it isn't simple enough to be surely the same. */
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

/** `text` so that rclone's patterns mean exactly it. Pure. */
export function escapedForRclone(text: string): string {
  return text.replace(/[*?[\]{}\\]/g, '\\$&');
}

function escapedForAws(text: string): string {
  return text.replace(/[*?[]/g, '[$&]');
}
