import { matchKey } from '../../remote/capabilities';
import { parentPath, type RemotePath } from '../../remote/remotePath';
import type { CompiledRule, FilterNames } from './filterRules';
import { RuleDecider } from './filterRules';
import { gitignoreLines } from './gitignoreRules';

/** The rules of one folder's ignore files, the strongest first. */
interface FolderRules {
  readonly rules: readonly CompiledRule[];
  readonly quick: RuleDecider;
}

interface Level extends FolderRules {
  /** What of a path is about the folder, with its slash. */
  readonly cut: number;
}

/**
 * What the ignore files of a tree say, as git reads them: a deeper file is stronger, within a folder the one that was added later, and
 * within a file the later line. A path's parents are asked for by the filter, from the top, so that what lies in an ignored folder can't
 * be taken back.
 *
 * Both sides are asked with paths relative to their root, whatever side the files were read from (H4).
 */
export class IgnoreFileRules {
  private readonly folders = new Map<string, FolderRules>();
  private readonly names: FilterNames;
  private lastFolder: string | undefined;
  private lastLevels: readonly Level[] = [];

  constructor(names: FilterNames) {
    this.names = names;
  }

  /** Takes the content of the ignore file at `file`, relative to the root. What lies in its folder must not have been asked about yet. */
  add(file: RemotePath, content: string): void {
    const key = matchKey(parentPath(file), this.names);
    const own = gitignoreLines(content, this.names, file).files;
    const rules = [...own, ...(this.folders.get(key)?.rules ?? [])];
    this.folders.set(key, { rules, quick: new RuleDecider(rules) });
    this.lastFolder = undefined;
  }

  /** The rule that decides about `path` itself, whatever is said of its parents. A folder ends in `/`. */
  ruleFor(path: string): CompiledRule | undefined {
    for (const { cut, rules } of this.levelsOf(path)) {
      const own = path.slice(cut);
      const rule = rules.find(({ matches }) => matches.test(own));
      if (rule) return rule;
    }
    return undefined;
  }

  /** Whether that rule, if any, lets `path` in. */
  allows(path: string): boolean {
    if (this.folders.size === 0) return true;
    for (const { cut, quick } of this.levelsOf(path)) {
      const included = quick.decide(path.slice(cut));
      if (included !== undefined) return included;
    }
    return true;
  }

  /** The folders above `path` that have rules, the deepest first. */
  private levelsOf(path: string): readonly Level[] {
    const slash = path.lastIndexOf('/', path.length - 2);
    const folder = slash < 0 ? '' : path.slice(0, slash);
    if (folder === this.lastFolder) return this.lastLevels;
    const levels: Level[] = [];
    for (let at = folder as RemotePath; ; at = parentPath(at)) {
      const found = this.folders.get(matchKey(at, this.names));
      if (found) levels.push({ ...found, cut: at === '' ? 0 : at.length + 1 });
      if (at === '') break;
    }
    this.lastFolder = folder;
    this.lastLevels = levels;
    return levels;
  }
}
