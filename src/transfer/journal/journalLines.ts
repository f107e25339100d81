import type { Conflict, ListingProblem, Plan, Skipped } from '../../plan/model/plan';
import type { FileEntry } from '../../remote/entry';
import type { RemotePath } from '../../remote/remotePath';
import type { ActionOutcome, ActionResult } from '../runReport';

/** Another number means lines that this version can't read. */
export const journalVersion = 2;

/** The storage behind each place, so that a run isn't continued after a remote of the same name leads elsewhere. */
export interface RunPlaces {
  readonly source: string;
  readonly target: string;
  readonly backup?: string;
}

/** What an action made, as far as the storage told it: enough to recognise the file later. */
export type MadeFile = Pick<FileEntry, 'size' | 'modified' | 'md5' | 'version'>;

/** A fact that a write recorded for its continuation, in the form of the remote that wrote it. JSON-safe. */
export type WriteFact = Readonly<Record<string, unknown>>;

/** How many lines of each kind follow the first line, before anything is done. */
export interface PlannedCounts {
  readonly actions: number;
  readonly conflicts: number;
  readonly skipped: number;
  readonly problems: number;
}

/**
 * One line of a journal. `n` is the position of an action in the plan; times are milliseconds since the epoch.
 *
 * 1. `runBegun`, then the plan: as many lines of each kind as `planned` says. Nothing is done before they are written.
 * 2. `begun` is written ahead: an action outside of all its ranges has done nothing. A range covers actions that follow soon.
 * 3. `done` and `ended` are written in batches. An action without such a line may be done.
 */
export type JournalLine =
  | {
      readonly event: 'runBegun';
      readonly version: number;
      readonly at: number;
      readonly run: string;
      readonly pid: number;
      readonly host: string;
      readonly places: RunPlaces;
      /** The plan without its lists. */
      readonly plan: Plan;
      readonly planned: PlannedCounts;
      /** False where the plan's places can't be written without secrets. */
      readonly continuable: boolean;
    }
  | { readonly event: 'action'; readonly action: Plan['actions'][number] }
  | { readonly event: 'conflict'; readonly conflict: Conflict }
  | { readonly event: 'skipped'; readonly skipped: Skipped }
  | { readonly event: 'problem'; readonly problem: ListingProblem }
  | { readonly event: 'runContinued'; readonly at: number; readonly pid: number; readonly host: string }
  | { readonly event: 'begun'; readonly from: number; readonly to: number }
  /** The target's old file is in the backup, at `path`. */
  | { readonly event: 'kept'; readonly n: number; readonly path: RemotePath }
  | { readonly event: 'fact'; readonly n: number; readonly fact: WriteFact }
  | { readonly event: 'done'; readonly n: number; readonly made?: MadeFile }
  | {
      readonly event: 'ended';
      readonly n: number;
      readonly outcome: ActionOutcome;
      readonly error?: ActionResult['error'];
    }
  | {
      readonly event: 'runEnded';
      readonly at: number;
      readonly totals?: Readonly<Record<ActionOutcome, number>>;
      readonly bytes?: number;
      readonly kept?: number;
      /** The run ended by an error instead of a report. */
      readonly broken?: true;
    };
