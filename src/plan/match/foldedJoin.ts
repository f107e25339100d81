import { matchKey } from '../../remote/capabilities';
import { comparePaths, parentPath, type RemotePath } from '../../remote/remotePath';
import type { FileFolderConflicts } from './fileFolderConflicts';
import { StringHashSet } from './hashSet';
import type { Match, NameConflict } from './match';
import type { NameFolding } from './nameFolding';

/** The spellings of one folded name that have no equal on the other side, in the order of paths. */
interface Group {
  readonly sources: Match[];
  readonly targets: Match[];
}

/**
 * Joins the names that have no equal spelling on the other side by their folded key, once all names are known:
 *
 * 1. a name whose key both sides spell alike elsewhere is a `sameName` conflict: writing it would overwrite that file;
 * 2. of several spellings on one side the first is used, and the others are `sameName` conflicts;
 * 3. a name that is a folder under another spelling is a `fileAgainstFolder` conflict, where a side can't hold both;
 * 4. a key without a source is extra on the target in all its spellings.
 */
export class FoldedNameJoin {
  private readonly unmatched: Match[] = [];
  private readonly matchedKeys = new StringHashSet();
  /** Keys of all folders above a matched name. */
  private readonly matchedFolders = new StringHashSet();
  private lastFolder: RemotePath = '' as RemotePath;
  private readonly conflicts: FileFolderConflicts | undefined;

  /** `conflicts` where the target can't hold a file and a folder of one name. */
  constructor(
    private readonly folding: NameFolding,
    conflicts: FileFolderConflicts | undefined,
  ) {
    // Spellings can only conflict where the disk treats them as the same name.
    this.conflicts = folding.onDisk ? conflicts : undefined;
  }

  /** Records a name that both sides spell alike. */
  addMatched(path: RemotePath): void {
    this.matchedKeys.add(matchKey(path, this.folding));
    const folder = parentPath(path);
    if (!this.conflicts || folder === this.lastFolder) return;
    this.lastFolder = folder;
    for (let at = matchKey(folder, this.folding) as RemotePath; at !== ''; at = parentPath(at))
      this.matchedFolders.add(at);
  }

  addUnmatched(match: Match): void {
    this.unmatched.push(match);
  }

  /** The matches of all unmatched names, in the order of paths. */
  join(): readonly Match[] {
    const groups = this.groups();
    const blocked = this.blockedKeys(groups);
    return [...groups]
      .flatMap(([key, group]) => this.joinGroup(key, group, blocked.get(key)))
      .sort((a, b) => comparePaths(a.path, b.path));
  }

  private groups(): ReadonlyMap<string, Group> {
    const groups = new Map<string, Group>();
    for (const match of this.unmatched) {
      const key = matchKey(match.path, this.folding);
      const group = groups.get(key) ?? { sources: [], targets: [] };
      groups.set(key, group);
      (match.source ? group.sources : group.targets).push(match);
    }
    return groups;
  }

  private joinGroup(key: string, { sources, targets }: Group, blockedBy?: string): readonly Match[] {
    const all = [...sources, ...targets];
    if (this.matchedKeys.has(key)) return all.map((match) => sameName(match, undefined));
    if (blockedBy !== undefined) {
      const nameConflict: NameConflict = { because: 'fileAgainstFolder', with: blockedBy };
      return all.map((match) => ({ ...match, nameConflict }));
    }
    const [source, ...moreSources] = sources;
    const [target, ...moreTargets] = targets;
    if (!source) return targets;
    return [
      { path: source.path, source: source.source, target: target?.target, nameConflict: undefined },
      ...moreSources.map((match) => sameName(match, source.path)),
      ...moreTargets.map((match) => sameName(match, target?.path)),
    ];
  }

  /**
   * The keys of names that can't exist because another spelling makes them a folder (`A` beside `a/b`), each with the name in the way.
   * Conflicts within one spelling are found by FileFolderConflicts, whose rules hold here too.
   */
  private blockedKeys(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, string> {
    const blocked = new Map<string, string>();
    const { conflicts } = this;
    if (!conflicts) return blocked;
    for (const [key, group] of groups) {
      const longer = group.sources[0] ?? group.targets[0];
      if (!longer) continue;
      // Both sides have a file in the folder of this name, so the folder stays and no new file can take its name.
      if (this.matchedFolders.has(key) && group.targets.length === 0)
        conflicts.refuse(longer.path, `${longer.path}/`);
      for (let at = parentPath(key as RemotePath); at !== ''; at = parentPath(at)) {
        if (this.matchedKeys.has(at)) blocked.set(key, spelledPrefix(longer.path, at));
        const above = groups.get(at);
        const [source, target] = [above?.sources[0], above?.targets[0]];
        if (target) {
          if (!source) conflicts.refuse(target.path, longer.path);
          blocked.set(key, target.path);
        } else if (source) {
          conflicts.refuse(source.path, longer.path);
          if (group.sources.length === 0) blocked.set(key, source.path);
        }
      }
    }
    return blocked;
  }
}

/** The folder of `path` that has the key `folderKey`. Spellings may differ in length, but not in their number of parts. */
function spelledPrefix(path: RemotePath, folderKey: string): string {
  return path.split('/').slice(0, folderKey.split('/').length).join('/');
}

function sameName(match: Match, other: string | undefined): Match {
  return { ...match, nameConflict: { because: 'sameName', with: other } };
}
