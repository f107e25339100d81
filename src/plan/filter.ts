import {
  awsRules,
  type CompiledRule,
  type CompiledRules,
  type FilterNames,
  rcloneRules,
} from './filterRules';
import { defaultExcludes, type PlanOptions } from './planOptions';

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

const asWritten: FilterNames = { caseSensitive: true, foldsUnicode: false };

/**
 * The filter that the options ask for. `names` says which spellings are one name in this plan: a filter that
 * told them apart would hide a file on one side only, and its twin would look like one to delete. Throws
 * RemoteError `badSettings` naming a bad pattern.
 */
export function createFilter(
  options: Pick<PlanOptions, 'filters' | 'filterDialect' | 'useDefaultExcludes'>,
  names: FilterNames = asWritten,
): Filter {
  const sets: CompiledRules[] = [];
  if (options.useDefaultExcludes)
    sets.push(
      rcloneRules(
        defaultExcludes.map((exclude) => ({ exclude })),
        names,
      ),
    );
  if (options.filters.length > 0)
    sets.push((options.filterDialect === 'aws' ? awsRules : rcloneRules)(options.filters, names));
  return new RuleFilter(sets, names.foldsUnicode);
}

class RuleFilter implements Filter {
  private readonly sets: readonly CompiledRules[];
  private readonly normal: boolean;
  private readonly asksFolders: boolean;
  /** The folder asked about last: files come sorted, so the next one mostly lies there too. */
  private lastFolder = '';
  private lastSkipped = false;

  constructor(sets: readonly CompiledRules[], normal: boolean) {
    this.sets = sets;
    this.normal = normal;
    this.asksFolders = sets.some((set) => set.folders.length > 0);
  }

  includes(path: string): boolean {
    const text = this.normal ? path.normalize('NFC') : path;
    for (const set of this.sets) if (!passes(set.files, text)) return false;
    if (!this.asksFolders) return true;
    const slash = text.lastIndexOf('/');
    return slash < 0 || !this.skips(text.slice(0, slash));
  }

  maySkipFolder(path: string): boolean {
    return path !== '' && this.skips(this.normal ? path.normalize('NFC') : path);
  }

  private skips(folder: string): boolean {
    if (folder === this.lastFolder) return this.lastSkipped;
    let skipped = false;
    for (let end = folder.indexOf('/'); !skipped; end = folder.indexOf('/', end + 1)) {
      const ancestor = end < 0 ? `${folder}/` : folder.slice(0, end + 1);
      skipped = this.sets.some((set) => !passes(set.folders, ancestor));
      if (end < 0) break;
    }
    this.lastFolder = folder;
    this.lastSkipped = skipped;
    return skipped;
  }
}

function passes(rules: readonly CompiledRule[], text: string): boolean {
  for (const rule of rules) if (rule.matches.test(text)) return rule.include;
  return true;
}
