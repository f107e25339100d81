import { defaultExcludes, type FilterDialect, type FilterRule, type PlanOptions } from '../model/planOptions';
import { aliasRules } from './aliasRules';
import {
  awsRules,
  type CompiledRule,
  type CompiledRules,
  type FilterNames,
  RuleDecider,
  rcloneRules,
} from './filterRules';
import { gitignoreRules } from './gitignoreRules';
import type { IgnoreFileRules } from './ignoreFileRules';

/**
 * Which files take part. Both sides of a plan are asked with the same relative paths, so that none can hide
 * only one of a pair (H3, H4).
 */
export interface Filter {
  /** Whether the file at `path` (relative to the sync root) takes part. */
  includes(path: string): boolean;
  /**
   * Whether everything below the folder at `path` is out, so that it need not be listed. Never true above an
   * included file.
   */
  maySkipFolder(path: string): boolean;
}

/** The options that a filter is made of. */
export type FilterOptions = Pick<PlanOptions, 'filters' | 'filterDialect' | 'useDefaultExcludes'>;

/** Rules that belong together. A file is in when every set lets it and each folder above it in. */
export interface RuleSet {
  readonly of: 'usualExcludes' | 'filters' | 'ignoreFile';
  /** Whether `lets` may answer no for a folder. */
  readonly hasFolderRules: boolean;
  /** Whether the rules let this in, leaving its parents aside. A folder ends in `/`. */
  allows(path: string): boolean;
  /** The rule that `lets` goes by; undefined where none is about it, and it is in. */
  ruleFor(path: string): CompiledRule | undefined;
}

const exactNames: FilterNames = { caseSensitive: true, foldsUnicode: false };

/**
 * The filter that the options ask for, and the ignore files where some were read. `names` says which spellings are one name in this plan:
 * a filter that told them apart would hide a file on one side only, and its twin would look like one to delete. Throws RemoteError
 * `badSettings` naming a bad pattern.
 */
export function createFilter(
  options: FilterOptions,
  names: FilterNames = exactNames,
  ignoreFiles?: IgnoreFileRules,
): Filter {
  const [first, second, ...others] = ruleSets(options, names, ignoreFiles);
  const both =
    first instanceof OrderedRules && second instanceof OrderedRules ? first.and(second) : undefined;
  const sets = both ? [both, ...others] : [first, second, ...others].filter((set) => set !== undefined);
  return new RuleFilter(sets, names.foldsUnicode);
}

/** The sets of rules that a filter goes by. Throws as `createFilter`. */
export function ruleSets(
  options: FilterOptions,
  names: FilterNames,
  ignoreFiles: IgnoreFileRules | undefined,
): readonly RuleSet[] {
  const { filters, filterDialect } = options;
  return [
    ...(options.useDefaultExcludes ? [usualExcludes(names)] : []),
    ...(filters.length > 0 ? [new OrderedRules('filters', rulesIn[filterDialect](filters, names))] : []),
    ...(ignoreFiles ? [new IgnoreFileRuleSet(ignoreFiles)] : []),
  ];
}

function usualExcludes(names: FilterNames): RuleSet {
  const rules = rcloneRules(
    defaultExcludes.map((exclude) => ({ exclude })),
    names,
  );
  const aliases = aliasRules(names);
  return new OrderedRules('usualExcludes', {
    files: [...rules.files, ...aliases.files],
    folders: [...rules.folders, ...aliases.folders],
  });
}

const rulesIn: Readonly<
  Record<FilterDialect, (rules: readonly FilterRule[], names: FilterNames) => CompiledRules>
> = { rclone: rcloneRules, aws: awsRules, gitignore: gitignoreRules };

class OrderedRules implements RuleSet {
  readonly of: RuleSet['of'];
  readonly hasFolderRules: boolean;
  private readonly rules: CompiledRules;
  private readonly ofFiles: RuleDecider;
  private readonly ofFolders: RuleDecider;

  constructor(of: RuleSet['of'], rules: CompiledRules) {
    this.of = of;
    this.rules = rules;
    this.ofFiles = new RuleDecider(rules.files);
    this.ofFolders = rules.folders === rules.files ? this.ofFiles : new RuleDecider(rules.folders);
    this.hasFolderRules = rules.folders.length > 0;
  }

  allows(path: string): boolean {
    return (path.endsWith('/') ? this.ofFolders : this.ofFiles).decide(path) ?? true;
  }

  /** What both sets let in, in one pass, where this one only leaves out. */
  and(next: OrderedRules): OrderedRules | undefined {
    const { files, folders } = this.rules;
    if ([...files, ...folders].some(({ include }) => include)) return undefined;
    return new OrderedRules(next.of, {
      files: [...files, ...next.rules.files],
      folders: [...folders, ...next.rules.folders],
    });
  }

  ruleFor(path: string): CompiledRule | undefined {
    const rules = path.endsWith('/') ? this.rules.folders : this.rules.files;
    return rules.find(({ matches }) => matches.test(path));
  }
}

class IgnoreFileRuleSet implements RuleSet {
  readonly of = 'ignoreFile';
  readonly hasFolderRules = true;
  private readonly rules: IgnoreFileRules;

  constructor(rules: IgnoreFileRules) {
    this.rules = rules;
  }

  allows(path: string): boolean {
    return this.rules.allows(path);
  }

  ruleFor(path: string): CompiledRule | undefined {
    return this.rules.ruleFor(path);
  }
}

/** The folders above `path`, from the top, each with its slash. */
export function* foldersAbove(path: string): Generator<string> {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    yield path.slice(0, slash + 1);
}

class RuleFilter implements Filter {
  private readonly sets: readonly RuleSet[];
  private readonly normal: boolean;
  private readonly hasFolderRules: boolean;
  /** The folder asked about last: files come sorted, so the next one mostly lies there too. */
  private lastFolder = '';
  private lastSkipped = false;

  constructor(sets: readonly RuleSet[], normal: boolean) {
    this.sets = sets;
    this.normal = normal;
    this.hasFolderRules = sets.some((set) => set.hasFolderRules);
  }

  includes(path: string): boolean {
    const text = this.normal ? path.normalize('NFC') : path;
    for (const set of this.sets) if (!set.allows(text)) return false;
    if (!this.hasFolderRules) return true;
    const slash = text.lastIndexOf('/');
    return slash < 0 || !this.skips(text.slice(0, slash + 1));
  }

  maySkipFolder(path: string): boolean {
    return path !== '' && this.skips(`${this.normal ? path.normalize('NFC') : path}/`);
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
