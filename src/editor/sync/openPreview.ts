import type { App, SyncRequest } from '../../app';
import type { Place } from '../../plan/model/plan';
import type { PlanOptions } from '../../plan/model/planOptions';
import type { CheckedSettings } from '../platform/checkedSettings';
import { formatPlace } from '../platform/places';
import type { OutputLog } from '../window/outputLog';
import type { RememberedPlaces } from './pickSyncPlaces';
import { offerToSave } from './unsavedDocuments';

/** The dependencies of the commands that copy and sync. */
export interface SyncParts {
  readonly app: App;
  readonly settings: () => CheckedSettings;
  readonly output: OutputLog;
  readonly remembered: RememberedPlaces;
  /** The request of the preview used last, with its current options. */
  readonly lastPlanned: () => SyncRequest | undefined;
  /** Opens the preview of a plan for the request; nothing is written before the user applies it. */
  readonly preview: (request: SyncRequest, title: string) => unknown;
}

/**
 * Offers to save edited files of the source, then opens the preview. `what` names the part of the source in the title.
 */
export async function openPreview(
  parts: Pick<SyncParts, 'app' | 'preview'>,
  request: SyncRequest,
  what = formatPlace(request.source, 'short'),
): Promise<void> {
  if (!(await offerToSave(parts.app, request.source))) return;
  await parts.preview(
    request,
    `${verbNames[request.options.verb]}: ${what} → ${formatPlace(request.target, 'short')}`,
  );
}

const verbNames = { copy: 'Copy', sync: 'Sync', move: 'Move', check: 'Compare' } as const;

/** Returns the options from the settings. Only a sync deletes. Pure. */
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

/** Removes options that these two sides do not support: ignore files are read on this machine only. Pure. */
export function withoutUnsupportedOptions(options: PlanOptions, source: Place, target: Place): PlanOptions {
  if (source.kind === 'folder' || target.kind === 'folder') return options;
  const { ignoreFiles: _, ...rest } = options;
  return rest;
}
