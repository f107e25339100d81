import type { PlanView } from './planView';
import type { TableState } from './previewProtocol';

/** What the page is told of a view besides its rows. */
export function tableFacts(
  view: PlanView,
): Omit<TableState, 'table' | 'scanMs' | 'scannedAt' | 'ticksFixed' | 'running'> {
  const { shown, all } = view.matches;
  const tick = view.tickOfShown;
  const { listed, unchanged } = view.plan;
  return {
    rowCount: view.rowCount,
    shown,
    all,
    classes: view.summary(),
    unchanged: unchanged.files,
    extra: Math.max(0, listed.target.files - unchanged.files),
    listed: Math.max(listed.source.files, listed.target.files),
    filter: view.filter,
    flat: view.flat,
    deletesIncluded: view.deletesIncluded,
    ...(tick ? { tickOfShown: tick } : {}),
  };
}
