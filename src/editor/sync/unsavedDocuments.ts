import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../../app';
import type { Place } from '../../plan/model/plan';
import { isWithin } from '../../remote/remotePath';
import { formatPlace } from '../platform/places';
import { fromUri, remoteScheme } from '../platform/remoteUri';
import { countOf } from '../window/numberFormat';
import * as window from '../window/window';

/**
 * Offers to save edited files of the source, because a copy reads saved files only. Resolves to false when the user cancels or a
 * file could not be saved.
 */
export async function offerToSave(app: Pick<App, 'remotes'>, source: Place): Promise<boolean> {
  const unsaved = vscode.workspace.textDocuments.filter(
    (document) => document.isDirty && isBelow(document.uri, source, app),
  );
  const [first] = unsaved;
  if (!first) return true;
  const one = unsaved.length === 1;
  const what = one ? path.posix.basename(first.uri.path) : countOf(unsaved.length, 'file');
  const [save, goOn] = [one ? 'Save' : 'Save All', 'Continue Without Saving'];
  const chosen = await window.showWarningMessage(
    `${what} in ${formatPlace(source, 'short')} ${one ? 'has' : 'have'} unsaved changes.`,
    { modal: true, detail: 'Only what is saved is compared and copied.' },
    save,
    goOn,
  );
  if (chosen === goOn) return true;
  if (chosen !== save) return false;
  // One at a time, so that only the first failed save shows a message.
  for (const document of unsaved) if (!(await document.save())) return false;
  return true;
}

function isUriBelow(uri: vscode.Uri, folder: vscode.Uri): boolean {
  const within = `${folder.path.replace(/\/$/, '')}/`;
  return uri.scheme === folder.scheme && uri.authority === folder.authority && uri.path.startsWith(within);
}

function isBelow(uri: vscode.Uri, place: Place, app: Pick<App, 'remotes'>): boolean {
  if (place.kind === 'folder') {
    if (uri.scheme !== 'file') return false;
    const relative = path.relative(place.path, uri.fsPath);
    return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  }
  if (place.kind === 'uri') return isUriBelow(uri, vscode.Uri.parse(place.uri, true));
  if (uri.scheme !== remoteScheme) return false;
  const address = fromUri(
    uri,
    app.remotes().map(({ settings }) => settings.name),
  );
  return address.remote === place.remote && isWithin(address.path, place.path);
}
