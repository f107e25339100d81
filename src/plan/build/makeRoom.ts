import type { RemotePath } from '../../remote/remotePath';
import type { Conflict, CopyFile, DeleteFile, SetTime } from '../model/plan';

/**
 * Marks the deletes that make room for a copy. `room` says what has to go from the target, all of it, before a file of the source can be
 * copied; a copy of which something stays is a conflict instead. Pure.
 */
export function makeRoom<T extends CopyFile | SetTime>(
  copies: readonly T[],
  deletes: readonly DeleteFile[],
  room: ReadonlyMap<RemotePath, readonly RemotePath[]> = new Map(),
): {
  readonly copies: readonly T[];
  readonly deletes: readonly DeleteFile[];
  readonly conflicts: readonly Conflict[];
} {
  if (room.size === 0) return { copies, deletes, conflicts: [] };
  const gone = new Set(deletes.map(({ path }) => path));
  const madeFor = new Map<RemotePath, RemotePath>();
  const conflicts: Conflict[] = [];
  const kept = copies.filter(({ path, source, kind }) => {
    const needed = kind === 'copyFile' ? (room.get(path) ?? []) : [];
    const inTheWay = needed.find((one) => !gone.has(one));
    if (inTheWay !== undefined)
      conflicts.push({ path, because: 'fileAgainstFolder', source, with: inTheWay });
    else for (const one of needed) if (!madeFor.has(one)) madeFor.set(one, path);
    return inTheWay === undefined;
  });
  const marked = deletes.map((action) => {
    const makesRoomFor = madeFor.get(action.path);
    return makesRoomFor === undefined ? action : { ...action, makesRoomFor };
  });
  return { copies: kept, deletes: marked, conflicts };
}
