import { comparePaths, parentPath, type RemotePath } from '../../remote/remotePath';
import type { FileFolderConflicts } from './fileFolderConflicts';
import { StringHashSet } from './hashSet';
import type { Match } from './match';
import { foldedKey, type NameFolding } from './nameFolding';

interface Group {
  readonly sources: Match[];
  readonly targets: Match[];
}

/** What had no equal on the other side, until all names are known. */
export class FoldedNameJoin {
  private readonly kept: Match[] = [];
  private readonly seen = new StringHashSet();
  /** Folders of what both sides spell alike. */
  private readonly seenFolders = new StringHashSet();
  private lastFolder: RemotePath = '' as RemotePath;
  private readonly folding: NameFolding;
  private readonly clashes: FileFolderConflicts | undefined;

  /** `clashes` where the target has real folders. */
  constructor(folding: NameFolding, clashes: FileFolderConflicts | undefined) {
    this.folding = folding;
    // Only what a disk takes for one name can be in the way of another spelling.
    this.clashes = folding.onDisk ? clashes : undefined;
  }

  /** Notes a name that both sides spell alike, so that another spelling of it is known for a twin. */
  matched(path: RemotePath): void {
    this.seen.add(foldedKey(path, this.folding));
    const folder = parentPath(path);
    if (!this.clashes || folder === this.lastFolder) return;
    this.lastFolder = folder;
    for (let at = foldedKey(folder, this.folding) as RemotePath; at !== ''; at = parentPath(at))
      this.seenFolders.add(at);
  }

  keep(match: Match): void {
    this.kept.push(match);
  }

  join(): readonly Match[] {
    const groups = new Map<string, Group>();
    for (const match of this.kept) {
      const key = foldedKey(match.path, this.folding);
      let group = groups.get(key);
      if (!group) {
        group = { sources: [], targets: [] };
        groups.set(key, group);
      }
      (match.source ? group.sources : group.targets).push(match);
    }
    const blocked = this.foldedClashes(groups);
    const joined: Match[] = [];
    for (const [key, { sources, targets }] of groups) {
      if (this.seen.has(key)) {
        for (const twin of [...sources, ...targets]) joined.push(sameName(twin, undefined));
        continue;
      }
      const [source, ...moreSources] = sources;
      const [target, ...moreTargets] = targets;
      const blockedBy = blocked.get(key);
      if (blockedBy !== undefined)
        for (const match of [...sources, ...targets])
          joined.push({ ...match, nameConflict: { because: 'fileAgainstFolder', with: blockedBy } });
      else if (source) {
        joined.push({
          path: source.path,
          source: source.source,
          target: target?.target,
          nameConflict: undefined,
        });
        for (const twin of moreSources) joined.push(sameName(twin, source.path));
        for (const twin of moreTargets) joined.push(sameName(twin, target?.path));
      } else {
        // No spelling is left on the source, so each of them is extra.
        joined.push(...targets);
      }
    }
    return joined.sort((a, b) => comparePaths(a.path, b.path));
  }

  /**
   * Finds files that would have to be folders as well under another spelling, `A` beside `a/b`, by the rules of FileFolderConflicts: those of
   * one spelling are found there. Gives the names that can't be, by key, each with the file in its way.
   */
  private foldedClashes(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, string> {
    const blocked = new Map<string, string>();
    const { clashes } = this;
    if (!clashes) return blocked;
    for (const [key, group] of groups) {
      const longer = group.sources[0] ?? group.targets[0];
      if (!longer) continue;
      // Something in the folder is there on both sides, so the folder stays and no new file can take its name.
      if (this.seenFolders.has(key) && !group.targets.length) clashes.refuse(longer.path, `${longer.path}/`);
      for (let at = parentPath(key as RemotePath); at !== ''; at = parentPath(at)) {
        if (this.seen.has(at)) blocked.set(key, longer.path.slice(0, spelledLength(longer.path, at)));
        const above = groups.get(at);
        if (!above) continue;
        const [source] = above.sources;
        const [target] = above.targets;
        if (target) {
          if (!source) clashes.refuse(target.path, longer.path);
          blocked.set(key, target.path);
        } else if (source) {
          clashes.refuse(source.path, longer.path);
          if (!group.sources.length) blocked.set(key, source.path);
        }
      }
    }
    return blocked;
  }
}

/** How much of `path` spells the folder with the key `folder`: spellings may differ in length, parts don't in number. */
function spelledLength(path: RemotePath, folder: string): number {
  return path.split('/').slice(0, folder.split('/').length).join('/').length;
}

function sameName(match: Match, other: string | undefined): Match {
  return { ...match, nameConflict: { because: 'sameName', with: other } };
}
