import { composed } from '../../remote/capabilities';
import { defaultExcludes, type FilterDialect, type FilterRule, type PlanOptions } from '../model/planOptions';
import { aliasRules } from './aliasRules';
import {
  awsRules,
  type CompiledRule,
  type CompiledRules,
  type FilterNames,
  RuleDecider,
  type RuleSet,
  rcloneRules,
} from './filterRules';
import { gitignoreRules } from './gitignoreRules';
import type { IgnoreFileRules } from './ignoreFileRules';

/** Decides which files take part. Both sides use the same relative paths, so a filter can't exclude only one file of a pair (H3, H4). */
export interface Filter {
  /** Whether the file at `path` (relative to the sync root) takes part. */
  includes(path: string): boolean;
  /** Whether everything below the folder at `path` is excluded, so that it need not be listed. Never true above an included file. */
  maySkipFolder(path: string): boolean;
}

/** The options that define a filter. */
export type FilterOptions = Pick<PlanOptions, 'filters' | 'filterDialect' | 'useDefaultExcludes'>;

const exactNames: FilterNames = { caseSensitive: true, foldsUnicode: false };

/**
 * The filter of the options and of the ignore files, if any. `names` says which spellings are one name in this plan: a filter that
 * distinguished them would exclude a file on one side only, and its counterpart would look like a file to delete. Throws RemoteError
 * `badSettings` that names a bad pattern.
 */
export function createFilter(
  options: FilterOptions,
  names: FilterNames = exactNames,
  ignoreFiles?: IgnoreFileRules,
): Filter {
  const sets = ruleSets(options, names, ignoreFiles);
  const [first, second, ...others] = sets;
  const bothOrdered = first instanceof OrderedRules && second instanceof OrderedRules;
  return new RuleFilter(bothOrdered ? [first.and(second), ...others] : sets, names.foldsUnicode);
}

/** The sets of rules of a filter. Throws as `createFilter`. */
export function ruleSets(
  options: FilterOptions,
  names: FilterNames,
  ignoreFiles: IgnoreFileRules | undefined,
): readonly RuleSet[] {
  const { filters, filterDialect } = options;
  return [
    ...(options.useDefaultExcludes ? [usualExcludes(names)] : []),
    ...(filters.length > 0 ? [new OrderedRules('filters', rulesIn[filterDialect](filters, names))] : []),
    ...(ignoreFiles ? [ignoreFiles] : []),
  ];
}

function usualExcludes(names: FilterNames): RuleSet {
  const excludes = defaultExcludes.map((exclude) => ({ exclude }));
  return new OrderedRules('usualExcludes', joined(rcloneRules(excludes, names), aliasRules(names)));
}

function joined(first: CompiledRules, next: CompiledRules): CompiledRules {
  return { files: [...first.files, ...next.files], folders: [...first.folders, ...next.folders] };
}

const rulesIn: Readonly<
  Record<FilterDialect, (rules: readonly FilterRule[], names: FilterNames) => CompiledRules>
> = { rclone: rcloneRules, aws: awsRules, gitignore: gitignoreRules };

class OrderedRules implements RuleSet {
  readonly hasFolderRules: boolean;
  private readonly ofFiles: RuleDecider;
  private readonly ofFolders: RuleDecider;

  constructor(
    readonly origin: RuleSet['origin'],
    private readonly rules: CompiledRules,
  ) {
    this.ofFiles = new RuleDecider(rules.files);
    this.ofFolders = rules.folders === rules.files ? this.ofFiles : new RuleDecider(rules.folders);
    this.hasFolderRules = rules.folders.length > 0;
  }

  allows(path: string): boolean {
    return (path.endsWith('/') ? this.ofFolders : this.ofFiles).decide(path) ?? true;
  }

  /** Both sets as one, which decides in a single pass. Only for a set without includes, as the usual excludes. */
  and(next: OrderedRules): OrderedRules {
    return new OrderedRules(next.origin, joined(this.rules, next.rules));
  }

  ruleFor(path: string): CompiledRule | undefined {
    const rules = path.endsWith('/') ? this.rules.folders : this.rules.files;
    return rules.find(({ matches }) => matches.test(path));
  }
}

/** The folders above `path`, from the top, each with a trailing slash. */
export function* foldersAbove(path: string): Generator<string> {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    yield path.slice(0, slash + 1);
}

class RuleFilter implements Filter {
  private readonly hasFolderRules: boolean;
  /** The last folder and its result: files come sorted, so the next one is usually in the same folder. */
  private lastFolder = '';
  private lastSkipped = false;

  constructor(
    private readonly sets: readonly RuleSet[],
    private readonly normalizes: boolean,
  ) {
    this.hasFolderRules = sets.some((set) => set.hasFolderRules);
  }

  includes(path: string): boolean {
    const text = this.normalizes ? composed(path) : path;
    for (const set of this.sets) if (!set.allows(text)) return false;
    if (!this.hasFolderRules) return true;
    const slash = text.lastIndexOf('/');
    return slash < 0 || !this.skips(text.slice(0, slash + 1));
  }

  maySkipFolder(path: string): boolean {
    return path !== '' && this.skips(`${this.normalizes ? composed(path) : path}/`);
  }

  private skips(folder: string): boolean {
    if (folder === this.lastFolder) return this.lastSkipped;
    let skipped = false;
    for (const ancestor of foldersAbove(folder)) {
      skipped = this.sets.some((set) => !set.allows(ancestor));
      if (skipped) break;
    }
    this.lastFolder = folder;
    this.lastSkipped = skipped;
    return skipped;
  }
}
