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

/** What the view knows of a row besides its place in the plan. */
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

/** The row of one item: an action, a conflict or something skipped. */
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

/** The owner's modified time where it is known, else the service's. */
function side(entry: FileEntry): RowSide {
  const time = entry.modified ?? entry.serverModified;
  return { size: entry.size, ...(time ? { time: time.s * 1000 + Math.floor(time.ns / 1e6) } : {}) };
}
