import type { Action, Conflict, Plan, Skipped } from '../plan/model/plan';
import type { FileEntry } from '../remote/entry';
import {
  actionOf,
  conflictOf,
  type PlanIndex,
  pathOf,
  type RowClass,
  rowClasses,
  type Section,
  skippedOf,
} from './planIndex';

/** The reasons for a row's place; each is a key of the strings. */
export type Reason = Action['because'] | Conflict['because'] | Skipped['because'];

/** The states of an action's row during and after a run. */
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

/** The states of rows that take part in a run, in the order of the summary. */
export type RunRowState = Exclude<RowState, 'none' | 'leftOut'>;
export const runStates = rowStates.filter(
  (state): state is RunRowState => state !== 'none' && state !== 'leftOut',
);

/** One row as the page draws it: plain data that the page turns into text. */
export type Row = SectionRow | FolderRow | ItemRow;

export type Tick = 'on' | 'off' | 'some';

interface RowBase {
  /** Stable: the same file has the same key in a later plan. */
  readonly key: string;
  /** 1 = outermost. */
  readonly level: number;
  /** The key of its parent folder or group. */
  readonly parent?: string;
}

/** A heading of a group. */
export interface SectionRow extends RowBase {
  readonly kind: 'section';
  readonly section: Section;
  readonly expanded: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Deletes only: whether deletes are enabled. */
  readonly gate?: boolean;
}

export interface FolderRow extends RowBase {
  readonly kind: 'folder';
  readonly section: Section;
  readonly label: string;
  readonly path: string;
  readonly expanded: boolean;
  /** Counts the visible rows below it. */
  readonly files: number;
  readonly bytes: number;
  /** Absent when nothing below it can be ticked. */
  readonly tick?: Tick;
  /** True when the ticks below cannot change because deletes are not enabled. */
  readonly locked?: boolean;
  /** Counts the actions that take part in the run. */
  readonly run?: FolderRun;
}

/** The outcomes of a run below a folder. Cancelled actions and actions that never started are not finished. */
export interface FolderRun {
  readonly total: number;
  /** Number of rows that are done, copied only, failed or changed. */
  readonly ended: number;
  readonly failed: number;
  /** Absent when zero. */
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
  /** True for a new file, absent for a replacement. */
  readonly isNew: boolean;
  readonly source?: RowSide;
  readonly target?: RowSide;
  /** An addition to the reason: the other name, or the rest of a sentence. */
  readonly detail?: string;
  readonly side?: 'source' | 'target';
  /** Absent when it can't be ticked. */
  readonly tick?: boolean;
  /** True when the tick cannot change because deletes are not enabled. */
  readonly locked?: boolean;
  readonly state?: RowState;
  /** The share that is transferred, 0…1, while it is moving. */
  readonly share?: number;
  /** The reason for a failure. */
  readonly error?: string;
}

export interface RowSide {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly time?: number;
}

/** The state of a row in the view, besides its place in the plan. */
export interface RowNow {
  readonly key: string;
  readonly level: number;
  readonly parent: string;
  readonly tick?: boolean;
  readonly locked?: boolean;
  readonly state: RowState;
  readonly share: number | undefined;
  readonly error: string | undefined;
}

/** Builds the row of one item: an action, a conflict or a skipped file. */
export function itemRow(index: PlanIndex, item: number, now: RowNow): ItemRow {
  const { plan } = index;
  return {
    kind: 'item',
    key: now.key,
    level: now.level,
    parent: now.parent,
    class: rowClasses[index.classOf[item] ?? 0] ?? 'skipped',
    path: pathOf(plan, item),
    ...facts(plan, item),
    ...(now.tick === undefined ? {} : { tick: now.tick }),
    ...(now.locked ? { locked: true } : {}),
    ...(now.state === 'none' ? {} : { state: now.state }),
    ...(now.share === undefined ? {} : { share: now.share }),
    ...(now.error === undefined ? {} : { error: now.error }),
  };
}
type Facts = Pick<ItemRow, 'because' | 'isNew' | 'source' | 'target' | 'detail' | 'side'>;

function facts(plan: Plan, item: number): Facts {
  const action = actionOf(plan, item);
  if (action) {
    const { because } = action;
    if (action.kind === 'removeFolder') return { because, isNew: false };
    if (action.kind === 'deleteFile')
      return {
        because,
        isNew: false,
        target: side(action.before),
        ...(action.makesRoomFor !== undefined && {
          detail: `goes first, to make room for “${action.makesRoomFor}”`,
        }),
      };
    const detail = action.kind === 'moveFile' ? { detail: action.from } : {};
    if (action.before === undefined) return { because, isNew: true, source: side(action.source) };
    return { because, isNew: false, source: side(action.source), target: side(action.before), ...detail };
  }
  const conflict = conflictOf(plan, item);
  if (conflict) {
    return {
      because: conflict.because,
      isNew: false,
      ...(conflict.source ? { source: side(conflict.source) } : {}),
      ...(conflict.target ? { target: side(conflict.target) } : {}),
      ...(conflict.with === undefined ? {} : { detail: conflict.with }),
    };
  }
  const skipped = skippedOf(plan, item);
  const size = skipped?.bytes === undefined ? undefined : { size: skipped.bytes };
  return {
    because: skipped?.because ?? 'protected',
    isNew: false,
    ...(skipped ? { side: skipped.side } : {}),
    ...(skipped?.detail === undefined ? {} : { detail: skipped.detail }),
    ...(size === undefined ? {} : skipped?.side === 'target' ? { target: size } : { source: size }),
  };
}

/** Returns the owner's modified time, or the service's when the owner's is unknown. */
function side(entry: FileEntry): RowSide {
  const time = entry.modified ?? entry.serverModified;
  return { size: entry.size, ...(time ? { time: time.s * 1000 + Math.floor(time.ns / 1e6) } : {}) };
}
