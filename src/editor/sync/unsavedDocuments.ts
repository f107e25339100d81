import { posix } from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../../app';
import type { Place } from '../../plan/model/plan';
import { isWithin } from '../../remote/remotePath';
import { addressOfUri, formatPlace } from '../platform/places';
import { isAtOrBelow, remoteScheme } from '../platform/remoteUri';
import { isInFolder } from '../platform/savedSyncs';
import { countOf } from '../window/numberFormat';
import * as window from '../window/window';

/** Offers to save edited files of the source, since a copy reads saved files only. Resolves to false after a cancel or a failed save. */
export async function offerToSave(app: Pick<App, 'remotes'>, source: Place): Promise<boolean> {
  const unsaved = vscode.workspace.textDocuments.filter(
    (document) => document.isDirty && isBelow(document.uri, source, app),
  );
  const [first] = unsaved;
  if (!first) return true;
  const one = unsaved.length === 1;
  const what = one ? posix.basename(first.uri.path) : countOf(unsaved.length, 'file');
  const [save, skip] = [one ? 'Save' : 'Save All', 'Continue Without Saving'];
  const chosen = await window.showWarningMessage(
    `${what} in ${formatPlace(source, 'short')} ${one ? 'has' : 'have'} unsaved changes.`,
    { modal: true, detail: 'Only saved content is compared and copied.' },
    save,
    skip,
  );
  if (chosen === skip) return true;
  if (chosen !== save) return false;
  // One at a time, so that only the first failed save shows a message.
  for (const document of unsaved) if (!(await document.save())) return false;
  return true;
}

function isBelow(uri: vscode.Uri, place: Place, app: Pick<App, 'remotes'>): boolean {
  if (place.kind === 'folder') return uri.scheme === 'file' && isInFolder(uri.fsPath, place.path);
  if (place.kind === 'uri') return isAtOrBelow(uri, vscode.Uri.parse(place.uri, true));
  if (uri.scheme !== remoteScheme) return false;
  const { remote, path } = addressOfUri(uri, app);
  return remote === place.remote && isWithin(path, place.path);
}
