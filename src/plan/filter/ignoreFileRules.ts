import { matchKey } from '../../remote/capabilities';
import { parentPath, type RemotePath } from '../../remote/remotePath';
import { type CompiledRule, type FilterNames, RuleDecider, type RuleSet } from './filterRules';
import { gitignoreLines } from './gitignoreRules';

/** The rules of one folder's ignore files, in order of precedence. */
interface FolderRules {
  readonly rules: readonly CompiledRule[];
  readonly decider: RuleDecider;
}

interface Level extends FolderRules {
  /** Length of the folder's path with its slash. */
  readonly prefixLength: number;
}

/**
 * The rules of a tree's ignore files, with git's precedence: a deeper file before a higher one, within a folder the file added later, and
 * within a file the later line. The filter checks a path's parents first, from the top, so a file in an ignored folder can't be included
 * again.
 *
 * Both sides use paths relative to their root, whichever side the files were read from (H4).
 */
export class IgnoreFileRules implements RuleSet {
  readonly origin = 'ignoreFile';
  readonly hasFolderRules = true;
  private readonly folders = new Map<string, FolderRules>();
  private lastFolder: string | undefined;
  private lastLevels: readonly Level[] = [];

  constructor(private readonly names: FilterNames) {}

  /** Adds the ignore file at `file`, relative to the root. Must be called before any path in its folder is checked. */
  add(file: RemotePath, content: string): void {
    const key = matchKey(parentPath(file), this.names);
    const own = gitignoreLines(content, this.names, file).files;
    const rules = [...own, ...(this.folders.get(key)?.rules ?? [])];
    this.folders.set(key, { rules, decider: new RuleDecider(rules) });
    this.lastFolder = undefined;
  }

  ruleFor(path: string): CompiledRule | undefined {
    for (const { prefixLength, rules } of this.levelsOf(path)) {
      const own = path.slice(prefixLength);
      const rule = rules.find(({ matches }) => matches.test(own));
      if (rule) return rule;
    }
    return undefined;
  }

  allows(path: string): boolean {
    if (this.folders.size === 0) return true;
    for (const { prefixLength, decider } of this.levelsOf(path)) {
      const included = decider.decide(path.slice(prefixLength));
      if (included !== undefined) return included;
    }
    return true;
  }

  /** The folders above `path` that have rules, deepest first. */
  private levelsOf(path: string): readonly Level[] {
    const slash = path.lastIndexOf('/', path.length - 2);
    const folder = slash < 0 ? '' : path.slice(0, slash);
    if (folder === this.lastFolder) return this.lastLevels;
    const levels: Level[] = [];
    for (let at = folder as RemotePath; ; at = parentPath(at)) {
      const found = this.folders.get(matchKey(at, this.names));
      if (found) levels.push({ ...found, prefixLength: at === '' ? 0 : at.length + 1 });
      if (at === '') break;
    }
    this.lastFolder = folder;
    this.lastLevels = levels;
    return levels;
  }
}
