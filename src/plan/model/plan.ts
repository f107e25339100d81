import type { Endpoint } from '../../remote/endpoint';
import type { FileEntry, UnsupportedReason } from '../../remote/entry';
import type { Instant } from '../../remote/modifiedTime';
import type { RemoteErrorKind } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import type { PlanOptions } from './planOptions';

/**
 * What is intended, decided before anything is done: immutable and JSON-safe. The same object is shown by the
 * preview, printed by the dry run, executed, logged and compared in tests.
 *
 * Invariants (`checkPlan`):
 * 1. the same listings and options give an equal plan, order included;
 * 2. one action per path (of a `moveFile`: the path it moves to; its old one has no other action);
 * 3. whatever overwrites or deletes carries `before`, the entry it was decided on;
 * 4. only the verb sync deletes on the target (a check names what it would delete); a plan to be run with a listing problem or an empty source has no deletes either;
 * 5. deletes come where `options.deletes` says: before or after everything else, or in the order of paths; source files go last, and
 *    emptied folders of the target after all that, those within others first;
 * 6. after a full run, planning again gives no actions;
 * 7. everything listed on the source is accounted for exactly once: action, conflict, skipped, unchanged or left out by the user;
 *    likewise on the target, save for files that only the target has and that stay because no deletes were wanted.
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
  /** Files and unusable entries seen on each side after filtering, whatever became of them. */
  readonly listed: { readonly source: Tally; readonly target: Tally };
  readonly problems: readonly ListingProblem[];
  readonly safety: readonly SafetyFinding[];
  readonly totals: PlanTotals;
  /**
   * Where overwritten and deleted target files are kept; absent when nowhere. Of the target's kind: of the target's own remote, or for a
   * folder of this machine another such folder, which is outside of the target's root and so is opened on its own to run the plan.
   */
  readonly backup?: Place;
  /** The unchanged files by name, of a plan with the verb `check` only. */
  readonly same?: readonly RemotePath[];
  /** Sides that keep no modified times, where those would be compared: there files of equal size count as the same. Absent when none. */
  readonly withoutTimes?: readonly ('source' | 'target')[];
  /** Actions that the user took out of this plan (`selectActions`); absent in a whole plan. */
  readonly deselected?: Tally;
}

/** One side of a plan. */
export type Place =
  | { readonly kind: 'folder' /** Absolute path on this machine. */; readonly path: string }
  | {
      readonly kind: 'uri' /** A folder of a virtual workspace, as the editor names it. */;
      readonly uri: string;
    }
  | { readonly kind: 'remote'; readonly remote: string; readonly path: RemotePath };

export interface Tally {
  readonly files: number;
  readonly bytes: number;
}

interface ActionBase {
  /** Unique in the plan and stable for equal listings: the kind's letter and the path. */
  readonly id: string;
  /** Relative to both roots; as spelled on the source (on the target for a delete). */
  readonly path: RemotePath;
}

export interface CopyFile extends ActionBase {
  readonly kind: 'copyFile';
  /** upload: folder → remote; download: remote → folder; copy: both of one kind. */
  readonly direction: 'upload' | 'download' | 'copy';
  readonly source: FileEntry;
  /** What the target has there now; absent when nothing. Its own spelling of the path is kept (R12). */
  readonly before?: FileEntry;
  readonly because:
    | 'onlyInSource'
    | 'sizeDiffers'
    | 'sourceIsNewer'
    | 'targetIsNewer'
    | 'timeDiffers'
    | 'hashDiffers'
    /** The options copy every pair, whatever it is (`ignoreTimes`). */
    | 'always';
  /**
   * The modified time to give the copy where it isn't the source's own: `aws` and `exact-timestamps` compare a
   * downloaded file with `LastModified`, so that is what it must carry, or it would be fetched again for ever (A10).
   */
  readonly storeModified?: Instant;
  /** The verb is `move`: the source file is removed once the copy is there and verified. */
  readonly removesSource?: true;
}

/** A file of the target that the source has under another name by now: it is moved there on the target (R24). */
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

/** The verb is `move`, and the target has this file already: only the source's is removed. */
export interface RemoveSource extends ActionBase {
  readonly kind: 'removeSource';
  readonly source: FileEntry;
  /** The target's file that is the same. */
  readonly before: FileEntry;
  readonly because: 'alreadyThere';
}

/** Equal content, another modified time: the time alone is set (rclone's `touch`, R7). */
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
  /** excluded: the filters hide it, and `deleteExcluded` wants such files gone. */
  readonly because: 'notInSource' | 'excluded';
  /**
   * What can't be copied while this is there, since the target can't hold a file and a folder of one name: then it goes before anything
   * is copied, whatever `PlanOptions.deletes` says.
   */
  readonly makesRoomFor?: RemotePath;
}

/** A folder of the target that deletes leave empty and the source doesn't have: it is removed if it is empty then, as rclone does. */
export interface RemoveFolder extends ActionBase {
  readonly kind: 'removeFolder';
  readonly because: 'emptied';
  readonly before?: never;
}

export type Action = CopyFile | SetTime | MoveFile | RemoveSource | DeleteFile | RemoveFolder;

/** Two things that want one name. Never executed; both sides are left as they are. */
export interface Conflict {
  readonly path: RemotePath;
  /**
   * fileAgainstFolder: a file on one side is a folder on the other, or `a` stands beside `a/b` and the target can't hold both.
   * sameName: several names of one side are one name on the other (case, Unicode form); the first is used, this one isn't.
   * immutable: the target's file differs, and must not be changed (R10).
   */
  readonly because: 'fileAgainstFolder' | 'sameName' | 'immutable';
  readonly source?: FileEntry;
  readonly target?: FileEntry;
  /** The other name, for a sentence. */
  readonly with?: string;
}

/** Something listed that is left alone, and why. */
export interface Skipped {
  /** As the side spells it; for display. */
  readonly path: string;
  readonly side: 'source' | 'target';
  /**
   * Besides what made it unusable: badName, tooLarge: the target can't hold it; archived: can't be read without a restore;
   * protected: its twin is unknown or may not be touched; vanished: gone between listing and asking for its facts;
   * unverified: sizes agree and content was to be compared, but there is no hash that both sides know (R8, H24).
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

/** A folder that could not be listed. Everything below it is unknown, so nothing is deleted in the whole run (R21). */
export interface ListingProblem {
  readonly side: 'source' | 'target';
  readonly path: RemotePath;
  readonly kind: RemoteErrorKind;
  readonly message: string;
}

export interface SafetyFinding {
  /** tooManyDeletes: more than `maxDelete` allows. immutableConflict: an immutable file differs, so nothing is deleted (R10). */
  readonly kind: 'emptySource' | 'incompleteListing' | 'manyDeletes' | 'tooManyDeletes' | 'immutableConflict';
  /** A sentence for people. */
  readonly message: string;
  /** withheld: the deletes were left out of the plan. confirm: the run asks once more. */
  readonly effect: 'deletesWithheld' | 'confirm';
}

export interface PlanTotals {
  readonly upload: Tally;
  readonly download: Tally;
  readonly copy: Tally;
  readonly setTime: Tally;
  /** `moveFile` actions: renames on the target. */
  readonly rename: Tally;
  /** Source files that are removed without being copied (`removeSource`). */
  readonly removeSource: Tally;
  readonly delete: Tally;
  /** Its `files` are folders. */
  readonly removeFolder: Tally;
  readonly conflict: Tally;
  readonly skipped: Tally;
}

/** Told while a plan is being made. Counts are of files seen so far. */
export interface PlanProgress {
  readonly listed: { readonly source: number; readonly target: number };
  /** Pairs whose facts had to be asked for one by one, and how many of those are answered. */
  readonly compared: { readonly requested: number; readonly completed: number };
  readonly actions: number;
}

/** One side of a plan, opened: the remote, where the tree starts in it, and the place that both stand for. */
export interface PlanEndpoint extends Endpoint {
  readonly place: Place;
}
