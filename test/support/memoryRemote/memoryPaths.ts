import { parentPath, type RemotePath } from '../../../src/remote/remotePath';

/** Counts parts, because a folded name may have another length. */
export function firstParts(path: RemotePath, count: number): RemotePath {
  return path.split('/').slice(0, count).join('/') as RemotePath;
}

export function isSkipped(
  path: RemotePath,
  top: RemotePath,
  skip?: (folder: RemotePath) => boolean,
): boolean {
  for (let folder = parentPath(path); folder.length > top.length; folder = parentPath(folder))
    if (skip?.(folder)) return true;
  return false;
}
