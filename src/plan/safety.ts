import path from 'node:path';
import { type Capabilities, locate, matchKey } from '../remote/capabilities';
import { formatAddress } from '../remote/remoteAddress';
import { isWithin, type RemotePath } from '../remote/remotePath';
import type { ListingProblem, Place, SafetyFinding } from './plan';

/** Fewer deletes than this are never called many: in a small folder half of the files is soon reached. */
const fewDeletes = 10;

/** A place as people read it. */
export function placeText(place: Place): string {
  if (place.kind === 'remote') return formatAddress(place);
  return place.kind === 'folder' ? place.path : place.uri;
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

function files(count: number): string {
  return count === 1 ? 'the only file' : `all ${count} files`;
}

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
