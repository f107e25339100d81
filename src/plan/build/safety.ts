import type { Conflict, DeleteFile, ListingProblem, Plan, SafetyFinding } from '../model/plan';
import type { MaxDelete } from '../model/planOptions';

/** Fewer deletes are never called many: in a small folder, half of the files is soon reached. */
const fewDeletes = 10;

/** Deletes are withheld when the source has no files: an unmounted disk or a mistyped prefix looks the same (H1, H27). */
export function emptySource(sourceFiles: number, deletes: number): SafetyFinding | undefined {
  if (sourceFiles > 0 || deletes === 0) return undefined;
  return {
    kind: 'emptySource',
    message: `The source has no files, so ${files(deletes)} of the target would be deleted. Nothing will be deleted.`,
    effect: 'deletesWithheld',
  };
}

/** Deletes are withheld when a listing or a request failed on either side (H2, R21). */
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
  return {
    kind: 'immutableConflict',
    message: `${which}, so nothing will be deleted.`,
    effect: 'deletesWithheld',
  };
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
  if (!maxDelete || deletes.length === 0) return undefined;
  const { files: maxFiles, percent, bytes: maxBytes } = maxDelete;
  const bytes = deletes.reduce((sum, { before }) => sum + before.size, 0);
  const some = deletes.length === 1 ? '1 file' : `${deletes.length} files`;
  const over =
    maxFiles !== undefined && deletes.length > maxFiles
      ? `${some} would be deleted, but ${maxFiles === 0 ? 'none' : `only ${maxFiles}`} may be`
      : percent !== undefined && deletes.length * 100 > percent * targetFiles
        ? `${deletes.length} of the target's ${targetFiles} files would be deleted, but only ${percent} % may be`
        : maxBytes !== undefined && bytes > maxBytes
          ? `${some} with ${bytesText(bytes)} would be deleted, but only ${bytesText(maxBytes)} may be`
          : undefined;
  if (over === undefined) return undefined;
  return { kind: 'tooManyDeletes', message: `${over}. Nothing will be deleted.`, effect: 'deletesWithheld' };
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

function bytesText(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}

function files(count: number): string {
  return count === 1 ? 'the only file' : `all ${count} files`;
}

/** Whether running the plan removes files from either side. */
export function removesFiles({ actions }: Pick<Plan, 'actions'>): boolean {
  return actions.some(
    (action) =>
      action.kind === 'deleteFile' ||
      action.kind === 'removeSource' ||
      ('removesSource' in action && action.removesSource === true),
  );
}
