import type { RecordedRun } from '../../transfer/journal/recordedRun';
import { formatPlace } from '../platform/places';
import { doneIn } from '../preview/unfinishedRun';
import { format } from '../window/numberFormat';
import * as window from '../window/window';
import { type SyncContext, verbNames } from './openPreview';

/** Lets the user choose an unfinished run, and opens its preview or discards it. */
export async function continueRun({ app, showUnfinished }: SyncContext): Promise<void> {
  const runs = await app.unfinishedRuns();
  if (runs.length === 0) {
    void window.showInformationMessage('No run is unfinished.');
    return;
  }
  const rows = runs.map((run) => ({ ...rowOf(run), run }));
  const chosen = await window.showQuickPick(rows, {
    title: 'Continue Unfinished Run',
    placeHolder: 'The run to continue or discard',
  });
  if (!chosen) return;
  const choices = [
    { label: 'Continue…', description: 'opens the preview of what is left', discards: false },
    { label: 'Discard', description: 'what is done stays done', discards: true },
  ];
  const choice = await window.showQuickPick(choices, {
    title: chosen.label,
    placeHolder: chosen.description,
  });
  if (!choice) return;
  if (choice.discards) await app.discardRun(chosen.run.run);
  else await showUnfinished(chosen.run);
}

function rowOf(run: RecordedRun): { label: string; description: string; detail: string } {
  const { source, target, options, actions } = run.plan;
  const [from, to] = [formatPlace(source, 'short'), formatPlace(target, 'short')];
  const { count, exactTime } = format();
  return {
    label: `${verbNames[options.verb]}: ${from} → ${to}`,
    description: `${count(doneIn(run))} of ${count(actions.length)} done`,
    detail: exactTime(run.startedAt),
  };
}
