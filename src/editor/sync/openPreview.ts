import type { SyncRequest } from '../../app';
import type { Place } from '../../plan/model/plan';
import type { PlanOptions } from '../../plan/model/planOptions';
import type { RecordedRun } from '../../transfer/journal/recordedRun';
import type { CheckedSettings } from '../platform/checkedSettings';
import { formatPlace } from '../platform/places';
import type { EditorContext } from '../window/editorContext';
import { showFailure } from '../window/errorMessages';
import type { CommandRow } from '../window/window';
import type { RecentPlaces } from './pickSyncPlaces';
import { offerToSave } from './unsavedDocuments';

/** The dependencies of the commands that copy and sync. */
export interface SyncContext extends Omit<EditorContext, 'changes'> {
  readonly recent: RecentPlaces;
  /** The request of the preview used last, with its current options. */
  readonly lastPlanned: () => SyncRequest | undefined;
  /** Opens the preview of a plan for the request; nothing is written before the user applies it. */
  readonly preview: (request: SyncRequest, title: string) => unknown;
  /** Opens the preview of an unfinished run, which offers to continue it. */
  readonly showUnfinished: (run: RecordedRun) => unknown;
}

/** A command that shows its errors. `what` names the failure: "Nothing was copied". */
export function commandRow(
  { output }: Pick<SyncContext, 'output'>,
  id: string,
  what: string,
  run: (args: readonly unknown[]) => Promise<unknown>,
): CommandRow {
  return {
    id: `cloudRemotes.${id}`,
    run: (...args) => run(args).catch((error: unknown) => showFailure(error, { what }, output)),
  };
}

/** Offers to save edited files of the source, then opens the preview. `what` names the part of the source in the title. */
export async function openPreview(
  context: Pick<SyncContext, 'app' | 'preview'>,
  request: SyncRequest,
  what = formatPlace(request.source, 'short'),
): Promise<void> {
  if (!(await offerToSave(context.app, request.source))) return;
  const verb = verbNames[request.options.verb];
  await context.preview(request, `${verb}: ${what} → ${formatPlace(request.target, 'short')}`);
}

export const verbNames = { copy: 'Copy', sync: 'Sync', move: 'Move', check: 'Compare' } as const;

/** The options from the settings. Only a sync deletes. Pure. */
export function planOptionsFor(settings: CheckedSettings, verb: PlanOptions['verb']): PlanOptions {
  const { compare, deleteExtraneous, exclude, useDefaultExcludes, followSymlinks } = settings;
  const { ignoreFiles, trackRenames, maxDelete } = settings;
  return {
    verb,
    compare,
    deletes: verb === 'sync' && deleteExtraneous ? 'after' : 'none',
    filters: exclude,
    filterDialect: 'rclone',
    useDefaultExcludes,
    followSymlinks,
    ...(ignoreFiles.length > 0 && { ignoreFiles }),
    ...(verb === 'sync' && trackRenames !== 'none' && { trackRenames }),
    ...(verb === 'sync' && maxDelete && { maxDelete }),
  };
}

/** The options without those that these two sides don't support: ignore files are read on this machine only. Pure. */
export function withoutUnsupportedOptions(options: PlanOptions, source: Place, target: Place): PlanOptions {
  if (source.kind === 'folder' || target.kind === 'folder') return options;
  const { ignoreFiles: _, ...rest } = options;
  return rest;
}
