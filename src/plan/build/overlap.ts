import path from 'node:path';
import { type Capabilities, matchKey, storagePath } from '../../remote/capabilities';
import { isWithin, type RemotePath } from '../../remote/remotePath';
import { type Place, placeText } from '../model/plan';

/** The parts of an endpoint that decide whether two of them overlap. */
interface OverlapSide {
  readonly place: Place;
  readonly root: RemotePath;
  readonly remote: { readonly capabilities: Pick<Capabilities, 'names' | 'storageId'> };
}

/**
 * Why source and target can't be synced because one lies within the other (A33, H35, R25), as a sentence that names both, or undefined.
 * Remotes of different names and folders behind links are recognized by their `storageId`; an access point of a bucket is not.
 */
export function overlapProblem(source: OverlapSide, target: OverlapSide): string | undefined {
  const from = placeText(source.place);
  const to = placeText(target.place);
  switch (overlap(source, target)) {
    case 'same':
      return `The source and the target are the same place: ${from}.`;
    case 'targetInside':
      return `The target ${to} lies within the source ${from}. Each sync would copy the copies again.`;
    case 'sourceInside':
      return `The source ${from} lies within the target ${to}. Choose places that don't overlap.`;
    case 'none':
      return undefined;
  }
}

/**
 * Why the backup folder can't be used, as a sentence that names both places, or undefined (R23). Within the target, its files would be
 * deleted as extra; around the target, backups would overwrite target files; within the source, its files would be copied.
 */
export function backupProblem(
  backup: OverlapSide,
  source: OverlapSide,
  target: OverlapSide,
): string | undefined {
  const overlapped = [target, source].find((side) => overlap(side, backup) !== 'none');
  if (!overlapped) return undefined;
  const which = overlapped === target ? 'target' : 'source';
  return `The backup folder ${placeText(backup.place)} overlaps the ${which} ${placeText(overlapped.place)}. Choose a folder beside it.`;
}

function overlap(
  source: OverlapSide,
  target: OverlapSide,
): 'none' | 'same' | 'targetInside' | 'sourceInside' {
  const [from, to] = comparablePaths(source, target);
  if (from === undefined || to === undefined) return 'none';
  if (from === to) return 'same';
  if (isWithin(to, from)) return 'targetInside';
  return isWithin(from, to) ? 'sourceInside' : 'none';
}

/** Both places as paths in one tree, or nothing when they are in different trees. */
function comparablePaths(source: OverlapSide, target: OverlapSide): readonly [RemotePath?, RemotePath?] {
  const [from, to] = [source.remote.capabilities, target.remote.capabilities];
  const caseSensitive = from.names.caseSensitive && to.names.caseSensitive;
  const foldsUnicode = from.names.foldsUnicode || to.names.foldsUnicode;
  const key = (text: string) => matchKey(text, { caseSensitive, foldsUnicode }) as RemotePath;
  const [fromThere, toThere] = [storagePath(from, source.root), storagePath(to, target.root)];
  if (fromThere !== undefined && toThere !== undefined) return [key(fromThere), key(toThere)];
  if (source.place.kind === 'folder' && target.place.kind === 'folder')
    return [key(diskPath(source.place.path)), key(diskPath(target.place.path))];
  const oneRemote =
    source.remote === target.remote ||
    (source.place.kind === 'remote' &&
      target.place.kind === 'remote' &&
      source.place.remote === target.place.remote);
  return oneRemote ? [key(source.root), key(target.root)] : [];
}

/** The absolute path with `/` between parts and none at the ends, comparable to any RemotePath. */
function diskPath(text: string): string {
  return path.resolve(text).split(path.sep).filter(Boolean).join('/');
}
