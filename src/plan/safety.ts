import path from 'node:path';
import { withoutSecrets } from '../base/maskedText';
import { type Capabilities, locate, matchKey } from '../remote/capabilities';
import { formatAddress } from '../remote/remoteAddress';
import { isWithin, type RemotePath } from '../remote/remotePath';
import type { Conflict, DeleteFile, ListingProblem, Place, Plan, SafetyFinding } from './plan';
import type { MaxDelete } from './planOptions';

/** Fewer deletes than this are never called many: in a small folder half of the files is soon reached. */
const fewDeletes = 10;

/** A place as people read it. */
export function placeText(place: Place): string {
  if (place.kind === 'remote') return formatAddress(place);
  return place.kind === 'folder' ? place.path : withoutSecrets(place.uri);
}

/**
 * Deletes are withheld when the source has no file at all: an unmounted disk or a mistyped prefix looks just
 * like that (H1, H27).
 */
export function emptySource(sourceFiles: number, deletes: number): SafetyFinding | undefined {
  if (sourceFiles > 0 || deletes === 0) return undefined;
  return {
    kind: 'emptySource',
    message: `The source has no files, so ${files(deletes)} of the target would be deleted. Nothing will be deleted.`,
    effect: 'deletesWithheld',
  };
}

/** Deletes are withheld when anything could not be listed or asked for, on either side (H2, R21). */
export function incompleteListing(
  problems: readonly ListingProblem[],
  deletes: number,
): SafetyFinding | undefined {
  const [first] = problems;
  if (!first || deletes === 0) return undefined;
  return {
    kind: 'incompleteListing',
    message: `Part of the ${first.side} could not be read ("${first.path}"), so nothing will be deleted.`,
    effect: 'deletesWithheld',
  };
}

/** Deletes are withheld when a file that must not be changed differs: what else the source has wrong isn't known (R10). */
export function immutableConflict(
  conflicts: readonly Conflict[],
  deletes: number,
): SafetyFinding | undefined {
  const immutable = conflicts.filter(({ because }) => because === 'immutable');
  const [first] = immutable;
  if (!first || deletes === 0) return undefined;
  const which =
    immutable.length === 1
      ? `"${first.path}" differs and must not be changed`
      : `${immutable.length} files differ and must not be changed`;
  return {
    kind: 'immutableConflict',
    message: `${which}, so nothing will be deleted.`,
    effect: 'deletesWithheld',
  };
}

/**
 * All deletes are withheld when there are more than any part of `maxDelete` allows (R22, H27): more files, more bytes, or a larger share
 * of the target's files. Decided before the first delete, where rclone stops after so many.
 */
export function tooManyDeletes(
  deletes: readonly DeleteFile[],
  targetFiles: number,
  maxDelete: MaxDelete | undefined,
): SafetyFinding | undefined {
  if (!maxDelete || deletes.length === 0) return undefined;
  const { files: most, percent, bytes: mostBytes } = maxDelete;
  const bytes = deletes.reduce((sum, { before }) => sum + before.size, 0);
  const some = deletes.length === 1 ? '1 file' : `${deletes.length} files`;
  const over =
    most !== undefined && deletes.length > most
      ? `${some} would be deleted, but ${most === 0 ? 'none' : `only ${most}`} may be`
      : percent !== undefined && deletes.length * 100 > percent * targetFiles
        ? `${deletes.length} of the target's ${targetFiles} files would be deleted, but only ${percent} % may be`
        : mostBytes !== undefined && bytes > mostBytes
          ? `${some} with ${bytesText(bytes)} would be deleted, but only ${bytesText(mostBytes)} may be`
          : undefined;
  if (over === undefined) return undefined;
  return { kind: 'tooManyDeletes', message: `${over}. Nothing will be deleted.`, effect: 'deletesWithheld' };
}

/**
 * The run asks once more when more than half of the target's files, and at least 10, would be deleted (H27).
 */
export function manyDeletes(deletes: number, targetFiles: number): SafetyFinding | undefined {
  if (deletes < fewDeletes || deletes * 2 <= targetFiles) return undefined;
  return {
    kind: 'manyDeletes',
    message: `${deletes} of the target's ${targetFiles} files will be deleted.`,
    effect: 'confirm',
  };
}

function bytesText(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}

function files(count: number): string {
  return count === 1 ? 'the only file' : `all ${count} files`;
}

/** Where something is, as far as is needed to tell whether two things overlap. */
interface OverlapSide {
  readonly place: Place;
  readonly root: RemotePath;
  readonly remote: { readonly capabilities: Pick<Capabilities, 'names' | 'location'> };
}

/**
 * Why source and target can't be synced because one lies within the other (A33, H35, R25), as a sentence that
 * names both, or undefined. Remotes of different names and folders behind links are seen through as far as their `location` tells;
 * that an access point leads to a bucket can't be.
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
 * Why the folder for old files can't be there, as a sentence that names both, or undefined: within the target its files would be
 * deleted as extra or be in the way, around it they would be overwritten by what is kept, and within the source they would be copied (R23).
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
  const [from, to] = comparable(source, target);
  if (from === undefined || to === undefined) return 'none';
  if (from === to) return 'same';
  if (isWithin(to, from)) return 'targetInside';
  return isWithin(from, to) ? 'sourceInside' : 'none';
}

/** Both places as paths in one tree, or nothing when they are in different ones. */
function comparable(source: OverlapSide, target: OverlapSide): readonly [RemotePath?, RemotePath?] {
  const [from, to] = [source.remote.capabilities, target.remote.capabilities];
  const caseSensitive = from.names.caseSensitive && to.names.caseSensitive;
  const foldsUnicode = from.names.foldsUnicode || to.names.foldsUnicode;
  const key = (text: string) => matchKey(text, { caseSensitive, foldsUnicode }) as RemotePath;
  const [fromThere, toThere] = [locate(from, source.root), locate(to, target.root)];
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

/** Absolute, with `/` between parts and none at the ends, so that it can be compared like any path. */
function diskPath(text: string): string {
  return path.resolve(text).split(path.sep).filter(Boolean).join('/');
}

/** Whether running the plan takes files away, from either side. */
export function removesFiles({ actions }: Pick<Plan, 'actions'>): boolean {
  return actions.some(
    (action) =>
      action.kind === 'deleteFile' ||
      action.kind === 'removeSource' ||
      ('removesSource' in action && action.removesSource === true),
  );
}
