import type { FileEntry } from '../../remote/entry';
import type { RemotePath } from '../../remote/remotePath';
import type { Comparison } from '../compare/comparison';
import { foldedKey, type NameFolding } from '../match/nameFolding';
import type { Conflict, CopyFile, RemoveSource, SetTime } from '../model/plan';
import type { ComparisonMode } from '../model/planOptions';

/**
 * Why a file that counts as the same on both sides must not be removed from the source by a move, as the end of a sentence, or undefined:
 * it may be the only one of its content. `serverTimes`: times of a service were compared. What the user compares by size only is known well enough.
 */
export function moveRisk(
  source: FileEntry,
  target: FileEntry,
  because: (Comparison & { readonly verdict: 'same' })['because'],
  compare: ComparisonMode,
  serverTimes: boolean,
): string | undefined {
  if (because === 'sizeAndHash') return undefined;
  const hashes = source.md5 !== undefined && target.md5 !== undefined;
  if (hashes && source.md5 !== target.md5)
    return 'has other content on the target, so it stays on the source';
  if (source.size !== target.size) return 'has another size on the target, so it stays on the source';
  if (because === 'size' && compare !== 'size-only')
    return 'could be compared with the target by its size only, so it stays on the source';
  // When a service took two files in says nothing about what is in them.
  const owned = source.modified !== undefined && target.modified !== undefined;
  if (because === 'sizeAndTime' && !(owned && !serverTimes) && !hashes)
    return 'was compared by the times of the service only, so it stays on the source';
  if (because === 'sizeAndOrder')
    return 'has the size of the target but another time, so it stays on the source';
  return undefined;
}

/**
 * The actions of a move without files of which another name of the source is one and the same to the target; those are added to
 * `conflicts`. Once the first was gone, the next move would put the second over it, and the first would be nowhere.
 */
export function excludeNameCollisions<T extends CopyFile | SetTime | RemoveSource>(
  actions: readonly T[],
  conflicts: Conflict[],
  folding: NameFolding,
): readonly T[] {
  const twins = new Map<string, RemotePath>();
  for (const { because, path, source } of conflicts)
    if (because === 'sameName' && source) twins.set(foldedKey(path, folding), path);
  if (twins.size === 0) return actions;
  return actions.filter(({ path, source, before }) => {
    const twin = twins.get(foldedKey(path, folding));
    if (twin === undefined) return true;
    conflicts.push({ path, because: 'sameName', source, ...(before && { target: before }), with: twin });
    return false;
  });
}
