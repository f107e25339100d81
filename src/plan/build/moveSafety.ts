import { matchKey } from '../../remote/capabilities';
import type { FileEntry } from '../../remote/entry';
import type { RemotePath } from '../../remote/remotePath';
import type { Reason } from '../compare/comparison';
import type { NameFolding } from '../match/nameFolding';
import type { Conflict, CopyFile, RemoveSource, SetTime } from '../model/plan';
import type { ComparisonMode } from '../model/planOptions';

/**
 * Why a move must not remove a source file that counts as the same on both sides, as the end of a sentence, or undefined: it may be the
 * only copy of its content. `serverTimes`: times of a service were compared. With `size-only` the user accepts equal sizes.
 */
export function moveRisk(
  source: FileEntry,
  target: FileEntry,
  because: Reason<'same'>,
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
  // The times at which a service received two files prove nothing about their content.
  const owned = source.modified !== undefined && target.modified !== undefined;
  if (because === 'sizeAndTime' && !(owned && !serverTimes) && !hashes)
    return 'was compared by the times of the service only, so it stays on the source';
  if (because === 'sizeAndOrder')
    return 'has the size of the target but another time, so it stays on the source';
  return undefined;
}

/**
 * The actions of a move without files whose name is the same to the target as another source name; these are added to `conflicts`. After
 * moving the first file, the next move would overwrite it with the second and the first would be lost.
 */
export function excludeNameCollisions<T extends CopyFile | SetTime | RemoveSource>(
  actions: readonly T[],
  conflicts: Conflict[],
  folding: NameFolding,
): readonly T[] {
  const duplicates = new Map<string, RemotePath>();
  for (const { because, path, source } of conflicts)
    if (because === 'sameName' && source) duplicates.set(matchKey(path, folding), path);
  if (duplicates.size === 0) return actions;
  return actions.filter(({ path, source, before }) => {
    const duplicate = duplicates.get(matchKey(path, folding));
    if (duplicate === undefined) return true;
    conflicts.push({ path, because: 'sameName', source, ...(before && { target: before }), with: duplicate });
    return false;
  });
}
