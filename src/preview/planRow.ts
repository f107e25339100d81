import type { Action, Conflict, Skipped } from '../plan/model/plan';
import type { RowClass, Section } from './planIndex';

/** Why a row stands where it does; each is a key of the words. */
export type Reason = Action['because'] | Conflict['because'] | Skipped['because'];

/** What became of an action's row once a run has begun. */
export const rowStates = [
  'none',
  'queued',
  'moving',
  'done',
  'copied',
  'failed',
  'changed',
  'cancelled',
  'notStarted',
  'leftOut',
] as const;
export type RowState = (typeof rowStates)[number];

/** The states of what takes part in a run, in the order in which they are summed up. */
export type RunRowState = Exclude<RowState, 'none' | 'leftOut'>;
export const runStates = rowStates.filter(
  (state): state is RunRowState => state !== 'none' && state !== 'leftOut',
);

/** One row as the page draws it. Plain facts; the page puts them in words. */
export type Row = SectionRow | FolderRow | ItemRow;

export type Tick = 'on' | 'off' | 'some';

interface RowBase {
  /** The same thing has the same key in a later plan. */
  readonly key: string;
  /** 1 = outermost. */
  readonly level: number;
  /** The key of the folder or group around it. */
  readonly parent?: string;
}

/** The heading of a group. */
export interface SectionRow extends RowBase {
  readonly kind: 'section';
  readonly section: Section;
  readonly expanded: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Deletes only: whether they are included at all. */
  readonly gate?: boolean;
}

export interface FolderRow extends RowBase {
  readonly kind: 'folder';
  readonly section: Section;
  readonly label: string;
  readonly path: string;
  readonly expanded: boolean;
  /** Of the rows shown below it. */
  readonly files: number;
  readonly bytes: number;
  /** Absent when nothing below can be ticked. */
  readonly tick?: Tick;
  /** A closed gate keeps the ticks below from being changed. */
  readonly locked?: boolean;
  /** Of the actions that take part in the run. */
  readonly run?: FolderRun;
}

/** What a run has made of the rows below a folder. What was cancelled or never begun has not ended: nothing came of it. */
export interface FolderRun {
  readonly total: number;
  /** Done, copied only, failed or changed. */
  readonly ended: number;
  readonly failed: number;
  /** These are absent when there are none. */
  readonly copied?: number;
  readonly changed?: number;
  readonly cancelled?: number;
  readonly notStarted?: number;
}

export interface ItemRow extends RowBase {
  readonly kind: 'item';
  readonly class: RowClass;
  readonly path: string;
  readonly because: Reason;
  /** A new file, as opposed to one that replaces another. */
  readonly isNew: boolean;
  readonly source?: RowSide;
  readonly target?: RowSide;
  /** What there is to say besides: the other name, the rest of a sentence. */
  readonly detail?: string;
  readonly side?: 'source' | 'target';
  /** Absent when it can't be ticked. */
  readonly tick?: boolean;
  /** A closed gate keeps the tick from being changed. */
  readonly locked?: boolean;
  readonly state?: RowState;
  /** 0…1, while it is moving. */
  readonly share?: number;
  /** Why it failed. */
  readonly error?: string;
}

export interface RowSide {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly time?: number;
}
