import { withoutSecrets } from '../../base/maskedText';
import type { Endpoint } from '../../remote/endpoint';
import type { FileEntry, UnsupportedReason } from '../../remote/entry';
import type { Instant } from '../../remote/modifiedTime';
import { formatAddress } from '../../remote/remoteAddress';
import type { RemoteErrorKind } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import type { PlanOptions } from './planOptions';

/**
 * Everything that a run will do, decided before it starts: immutable and JSON-safe. The preview shows, the dry run prints and the runner
 * executes the same object.
 *
 * Invariants (`checkPlan`):
 * 1. equal listings and options give an equal plan, in the same order;
 * 2. there is one action per path; a `moveFile` counts by its new path, and its old path has no other action;
 * 3. every action that overwrites or deletes carries `before`, the entry that was compared;
 * 4. only the verb sync deletes on the target (a check lists deletes but can't be run), and not with a listing problem or an empty source;
 * 5. actions are sorted by `executionOrder`;
 * 6. planning again after a complete run gives no actions;
 * 7. every entry listed on the source is counted exactly once: action, conflict, skipped, unchanged or deselected. The same holds for the
 *    target, except files that only the target has when no deletes were requested.
 */
export interface Plan {
  readonly version: 1;
  readonly source: Place;
  readonly target: Place;
  readonly options: PlanOptions;
  readonly actions: readonly Action[];
  readonly conflicts: readonly Conflict[];
  readonly skipped: readonly Skipped[];
  readonly unchanged: Tally;
  /** Files and unusable entries listed on each side after filtering. */
  readonly listed: { readonly source: Tally; readonly target: Tally };
  readonly problems: readonly ListingProblem[];
  readonly safety: readonly SafetyFinding[];
  readonly totals: PlanTotals;
  /**
   * The folder that keeps overwritten and deleted target files; absent without a backup. On the target's remote, or for a target on this
   * machine another folder of it, outside of the target's root.
   */
  readonly backup?: Place;
  /** Paths of the unchanged files; only with the verb `check`. */
  readonly same?: readonly RemotePath[];
  /** Sides that store no modified times although the mode compares them: files of equal size count as the same. Absent when none. */
  readonly withoutTimes?: readonly SideName[];
  /** Actions that the user deselected (`selectActions`); absent in a complete plan. */
  readonly deselected?: Tally;
}

export type SideName = 'source' | 'target';

/** One side of a plan: an absolute path on this machine, a folder of a virtual workspace as the editor names it, or a folder of a remote. */
export type Place =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'uri'; readonly uri: string }
  | { readonly kind: 'remote'; readonly remote: string; readonly path: RemotePath };

/** A place as logs, sentences and journals show it, without secrets in a Uri. */
export function placeText(place: Place): string {
  if (place.kind === 'remote') return formatAddress(place);
  return place.kind === 'folder' ? place.path : withoutSecrets(place.uri);
}

/** Whether two places are written alike; different texts may still lead to one folder. */
export function samePlace(a: Place, b: Place): boolean {
  if (a.kind === 'folder') return b.kind === 'folder' && a.path === b.path;
  if (a.kind === 'uri') return b.kind === 'uri' && a.uri === b.uri;
  return b.kind === 'remote' && a.remote === b.remote && a.path === b.path;
}

export interface Tally {
  readonly files: number;
  readonly bytes: number;
}

interface ActionBase {
  /** Unique in the plan and stable for equal listings: the kind's letter and the path. */
  readonly id: string;
  /** Relative to both roots; as spelled on the source, or on the target for a delete. */
  readonly path: RemotePath;
}

export interface CopyFile extends ActionBase {
  readonly kind: 'copyFile';
  /** upload: folder → remote; download: remote → folder; copy: both places of one kind. */
  readonly direction: 'upload' | 'download' | 'copy';
  readonly source: FileEntry;
  /** The target's file at this path, if any. The copy keeps the target's spelling of the path (R12). */
  readonly before?: FileEntry;
  readonly because:
    | 'onlyInSource'
    | 'sizeDiffers'
    | 'sourceIsNewer'
    | 'targetIsNewer'
    | 'timeDiffers'
    | 'hashDiffers'
    /** `ignoreTimes` copies every pair. */
    | 'always';
  /**
   * The modified time of the copy where it isn't the source's own. `aws` and `exact-timestamps` compare a downloaded file with
   * `LastModified`, so without that time every run would download it again (A10).
   */
  readonly storeModified?: Instant;
  /** The verb is `move`: the source file is removed after the copy is verified. */
  readonly removesSource?: true;
}

/** A target file that was renamed on the source: it is moved on the target (R24). */
export interface MoveFile extends ActionBase {
  readonly kind: 'moveFile';
  readonly source: FileEntry;
  /** The target's file at its old path, relative to the root in `from`. */
  readonly before: FileEntry;
  readonly from: RemotePath;
  readonly because: 'renamed';
  /** As in CopyFile. */
  readonly storeModified?: Instant;
}

/** The verb is `move`, and the target already has this file: only the source file is removed. */
export interface RemoveSource extends ActionBase {
  readonly kind: 'removeSource';
  readonly source: FileEntry;
  /** The same file on the target. */
  readonly before: FileEntry;
  readonly because: 'alreadyThere';
}

/** Equal content, different modified time: only the time is set (rclone's `touch`, R7). */
export interface SetTime extends ActionBase {
  readonly kind: 'setTime';
  readonly source: FileEntry;
  readonly before: FileEntry;
  readonly because: 'onlyTimeDiffers';
  /** As in CopyFile. */
  readonly removesSource?: true;
}

export interface DeleteFile extends ActionBase {
  readonly kind: 'deleteFile';
  readonly before: FileEntry;
  /** excluded: the filters exclude the file, and `deleteExcluded` deletes such files. */
  readonly because: 'notInSource' | 'excluded';
  /**
   * The path of a copy that needs this delete first, because the target can't hold a file and a folder of one name. Such deletes come
   * before all copies, whatever `PlanOptions.deletes` says.
   */
  readonly makesRoomFor?: RemotePath;
}

/** A target folder that deletes leave empty and the source doesn't have. It is removed if it is empty at that time, as rclone does. */
export interface RemoveFolder extends ActionBase {
  readonly kind: 'removeFolder';
  readonly because: 'emptied';
  readonly before?: never;
}

export type Action = CopyFile | SetTime | MoveFile | RemoveSource | DeleteFile | RemoveFolder;

/** Two entries that need the same name. Both sides are left alone. */
export interface Conflict {
  readonly path: RemotePath;
  /**
   * fileAgainstFolder: a file on one side is a folder on the other, or `a` stands beside `a/b` and the target can't hold both.
   * sameName: several names of one side are one name on the other (case, Unicode form); the first is used, and this one is not.
   * immutable: the target file differs, and must not be changed (R10).
   */
  readonly because: 'fileAgainstFolder' | 'sameName' | 'immutable';
  readonly source?: FileEntry;
  readonly target?: FileEntry;
  /** The other name, for messages. */
  readonly with?: string;
}

/** A listed entry that is left alone, and why. */
export interface Skipped {
  /** As the side spells it; for display. */
  readonly path: string;
  readonly side: SideName;
  /**
   * Besides the reasons of unsupported entries: badName, tooLarge: the target can't hold it; archived: can't be read without a restore;
   * protected: its counterpart is unknown or must not be touched; vanished: removed between the listing and a later request;
   * unverified: sizes agree and content should be compared, but no hash is known on both sides (R8, H24).
   */
  readonly because:
    | UnsupportedReason
    | 'badName'
    | 'tooLarge'
    | 'archived'
    | 'protected'
    | 'vanished'
    | 'unverified';
  /** The end of a sentence: "has a character that Windows does not allow in names". */
  readonly detail?: string;
  readonly bytes?: number;
}

/** A folder that could not be listed, or a file whose facts could not be read. Nothing is deleted in the whole run then (R21). */
export interface ListingProblem {
  readonly side: SideName;
  readonly path: RemotePath;
  readonly kind: RemoteErrorKind;
  readonly message: string;
}

export interface SafetyFinding {
  /** tooManyDeletes: more than `maxDelete` allows. immutableConflict: an immutable file differs, so nothing is deleted (R10). */
  readonly kind: 'emptySource' | 'incompleteListing' | 'manyDeletes' | 'tooManyDeletes' | 'immutableConflict';
  /** A sentence for people. */
  readonly message: string;
  /** deletesWithheld: the plan has no deletes. confirm: the run asks for confirmation. */
  readonly effect: 'deletesWithheld' | 'confirm';
}

export interface PlanTotals {
  readonly upload: Tally;
  readonly download: Tally;
  readonly copy: Tally;
  readonly setTime: Tally;
  /** `moveFile` actions: renames on the target. */
  readonly rename: Tally;
  /** Source files that are removed without a copy (`removeSource`). */
  readonly removeSource: Tally;
  readonly delete: Tally;
  /** Its `files` are folders. */
  readonly removeFolder: Tally;
  readonly conflict: Tally;
  readonly skipped: Tally;
}

/** Progress while a plan is being made: numbers of files so far. */
export interface PlanProgress {
  readonly listed: { readonly source: number; readonly target: number };
  /** Pairs whose facts are requested one by one, and how many of these requests are completed. */
  readonly compared: { readonly requested: number; readonly completed: number };
  readonly actions: number;
}

/** One opened side of a plan: the remote, the root in it, and the place that they belong to. */
export interface PlanEndpoint extends Endpoint {
  readonly place: Place;
}
