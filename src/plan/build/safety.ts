import type { Action, Conflict, DeleteFile, ListingProblem, Plan, SafetyFinding } from '../model/plan';
import type { MaxDelete } from '../model/planOptions';
import { bytesText } from '../model/quantities';

/** Fewer deletes need no confirmation: in a small folder, half of the files are soon reached. */
const fewDeletes = 10;

function withheld(kind: SafetyFinding['kind'], message: string): SafetyFinding {
  return { kind, message, effect: 'deletesWithheld' };
}

/** Deletes are withheld when the source has no files: an unmounted disk or a mistyped prefix looks the same (H1, H27). */
export function emptySource(sourceFiles: number, deletes: number): SafetyFinding | undefined {
  if (sourceFiles > 0 || deletes === 0) return undefined;
  const files = deletes === 1 ? 'the only file' : `all ${deletes} files`;
  return withheld(
    'emptySource',
    `The source has no files, so ${files} of the target would be deleted. Nothing will be deleted.`,
  );
}

/** Deletes are withheld when a listing or a request failed on either side (H2, R21). */
export function incompleteListing(
  problems: readonly ListingProblem[],
  deletes: number,
): SafetyFinding | undefined {
  const [first] = problems;
  if (!first || deletes === 0) return undefined;
  return withheld(
    'incompleteListing',
    `Part of the ${first.side} could not be read ("${first.path}"), so nothing will be deleted.`,
  );
}

/** Deletes are withheld when an immutable file differs, because more of the source may be wrong (R10). */
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
  return withheld('immutableConflict', `${which}, so nothing will be deleted.`);
}

/**
 * All deletes are withheld when they exceed any part of `maxDelete` (R22, H27): files, bytes, or the share of the target's files. This is
 * decided before the first delete; rclone stops after so many.
 */
export function tooManyDeletes(
  deletes: readonly DeleteFile[],
  targetFiles: number,
  maxDelete: MaxDelete | undefined,
): SafetyFinding | undefined {
  const over = maxDelete && deletes.length > 0 ? exceeded(deletes, targetFiles, maxDelete) : undefined;
  return over === undefined ? undefined : withheld('tooManyDeletes', `${over}. Nothing will be deleted.`);
}

function exceeded(
  deletes: readonly DeleteFile[],
  targetFiles: number,
  { files, percent, bytes }: MaxDelete,
): string | undefined {
  const count = deletes.length;
  const some = count === 1 ? '1 file' : `${count} files`;
  if (files !== undefined && count > files)
    return `${some} would be deleted, but ${files === 0 ? 'none' : `only ${files}`} may be`;
  if (percent !== undefined && count * 100 > percent * targetFiles)
    return `${count} of the target's ${targetFiles} files would be deleted, but only ${percent} % may be`;
  const size = deletes.reduce((sum, { before }) => sum + before.size, 0);
  if (bytes !== undefined && size > bytes)
    return `${some} with ${bytesText(size)} would be deleted, but only ${bytesText(bytes)} may be`;
  return undefined;
}

/** The run asks for confirmation when more than half of the target's files, and at least 10, would be deleted (H27). */
export function manyDeletes(deletes: number, targetFiles: number): SafetyFinding | undefined {
  if (deletes < fewDeletes || deletes * 2 <= targetFiles) return undefined;
  return {
    kind: 'manyDeletes',
    message: `${deletes} of the target's ${targetFiles} files will be deleted.`,
    effect: 'confirm',
  };
}

/** Whether running the plan removes files from either side. */
export function removesFiles({ actions }: Pick<Plan, 'actions'>): boolean {
  return actions.some((action) => action.kind === 'deleteFile' || removesSourceFile(action));
}

export function removesSourceFile(action: Action): boolean {
  return action.kind === 'removeSource' || ('removesSource' in action && action.removesSource === true);
}
