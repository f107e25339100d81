import type { Plan } from '../plan/model/plan';
import type { FileEntry } from '../remote/entry';
import { actionOf, conflictOf, type PlanIndex, pathOf, rowClasses, skippedOf } from './planIndex';
import type { ItemRow, RowSide, RowState } from './planRow';

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
