import * as vscode from 'vscode';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { isWithin, joinPath, relativePath } from '../../remote/remotePath';
import { foldName, fromUri, remoteScheme, toUri } from './remoteUri';

/** The open files at or below `place` that have unsaved changes; of one kind of place where a kind is given. `names` are those of the remotes. */
export function unsavedBelow(
  place: RemoteAddress,
  names: readonly string[],
  kind?: 'file' | 'folder',
): RemoteAddress[] {
  return vscode.workspace.textDocuments.flatMap((document) => {
    const address = document.isDirty ? addressOf(document.uri, names) : undefined;
    return address && isBelow(address, place, kind) ? [address] : [];
  });
}

/** What was open at or below `from` is opened at its new place instead. */
export async function moveTabs(
  from: RemoteAddress,
  to: RemoteAddress,
  kind?: 'file' | 'folder',
): Promise<void> {
  for (const group of vscode.window.tabGroups.all)
    for (const tab of group.tabs) {
      if (!(tab.input instanceof vscode.TabInputText)) continue;
      const address = addressOf(tab.input.uri, [from.remote]);
      if (!address || tab.isDirty || !isBelow(address, from, kind)) continue;
      const path = joinPath(to.path, relativePath(address.path, from.path));
      const options = { viewColumn: group.viewColumn, preview: tab.isPreview, preserveFocus: true };
      await vscode.window.tabGroups.close(tab);
      await vscode.window.showTextDocument(toUri({ remote: to.remote, path }), options);
    }
}

/** A folder may have a file of its own name beside it, and that one is not in it. */
function isBelow(address: RemoteAddress, place: RemoteAddress, kind?: 'file' | 'folder'): boolean {
  if (foldName(address.remote) !== foldName(place.remote) || !isWithin(address.path, place.path))
    return false;
  return kind === undefined || (kind === 'file') === (address.path === place.path);
}

function addressOf(uri: vscode.Uri, names: readonly string[]): RemoteAddress | undefined {
  if (uri.scheme !== remoteScheme) return undefined;
  try {
    return fromUri(uri, names);
  } catch {
    return undefined; // no path of a remote
  }
}
