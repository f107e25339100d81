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
  readonly parent?: string | undefined;
}

/** A heading of a group. */
export interface SectionRow extends RowBase {
  readonly kind: 'section';
  readonly section: Section;
  readonly expanded: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Deletes only: whether deletes are enabled. */
  readonly gate?: boolean | undefined;
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
  readonly tick?: Tick | undefined;
  /** True when the ticks below cannot change because deletes are not enabled. */
  readonly locked?: boolean | undefined;
  /** Counts the actions that take part in the run. */
  readonly run?: FolderRun | undefined;
}

/** The outcomes of a run below a folder. Cancelled actions and actions that never started are not finished. */
export interface FolderRun {
  readonly total: number;
  /** Number of rows that are done, copied only, failed or changed. */
  readonly ended: number;
  readonly failed: number;
  readonly copied: number;
  readonly changed: number;
  readonly cancelled: number;
  readonly notStarted: number;
}

export interface ItemRow extends RowBase {
  readonly kind: 'item';
  readonly class: RowClass;
  readonly path: string;
  readonly because: Reason;
  /** True for a new file, absent for a replacement. */
  readonly isNew: boolean;
  readonly source?: RowSide | undefined;
  readonly target?: RowSide | undefined;
  /** An addition to the reason: the other name, or the rest of a sentence. */
  readonly detail?: string | undefined;
  readonly side?: 'source' | 'target' | undefined;
  /** Absent when it can't be ticked. */
  readonly tick?: boolean | undefined;
  /** True when the tick cannot change because deletes are not enabled. */
  readonly locked?: boolean | undefined;
  readonly state?: RowState | undefined;
  /** The share that is transferred, 0…1, while it is moving. */
  readonly share?: number | undefined;
  /** The reason for a failure. */
  readonly error?: string | undefined;
}

export interface RowSide {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly time?: number | undefined;
}

/** The part of an item's row that changes while the plan stays. */
export type ItemNow = Pick<ItemRow, 'key' | 'level' | 'parent' | 'tick' | 'locked' | 'share' | 'error'> & {
  readonly state: RowState;
};

/** Builds the row of one item: an action, a conflict or a skipped file. */
export function itemRow({ plan, classOf }: PlanIndex, item: number, now: ItemNow): ItemRow {
  return {
    kind: 'item',
    ...now,
    state: now.state === 'none' ? undefined : now.state,
    class: rowClasses[classOf[item] ?? 0] ?? 'skipped',
    path: pathOf(plan, item),
    ...facts(plan, item),
  };
}

type Facts = Pick<ItemRow, 'because' | 'isNew' | 'source' | 'target' | 'detail' | 'side'>;

function facts(plan: Plan, item: number): Facts {
  const action = actionOf(plan, item);
  if (action) {
    const { because } = action;
    if (action.kind === 'removeFolder') return { because, isNew: false };
    if (action.kind === 'deleteFile') {
      const { before, makesRoomFor } = action;
      const detail = makesRoomFor && `goes first, to make room for “${makesRoomFor}”`;
      return { because, isNew: false, target: side(before), detail };
    }
    const detail = action.kind === 'moveFile' ? action.from : undefined;
    const [source, target] = [side(action.source), side(action.before)];
    return { because, isNew: target === undefined, source, target, detail };
  }
  const conflict = conflictOf(plan, item);
  if (conflict) {
    const { because, source, target, with: detail } = conflict;
    return { because, isNew: false, source: side(source), target: side(target), detail };
  }
  const skipped = skippedOf(plan, item);
  const { because = 'protected', detail, side: inSide, bytes } = skipped ?? {};
  const size = bytes === undefined ? undefined : { size: bytes };
  const sides = inSide === 'target' ? { target: size } : { source: size };
  return { because, isNew: false, side: inSide, detail, ...sides };
}

/** Returns the owner's modified time, or the service's when the owner's is unknown. */
function side(entry: FileEntry | undefined): RowSide | undefined {
  if (!entry) return undefined;
  const time = entry.modified ?? entry.serverModified;
  return { size: entry.size, time: time && time.s * 1000 + Math.floor(time.ns / 1e6) };
}
