import * as vscode from 'vscode';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { isWithin, joinPath, relativePath } from '../../remote/remotePath';
import { foldName, fromUri, remoteScheme, toUri } from './remoteUri';

type Kind = 'file' | 'folder';

/** The open files at or below `place` with unsaved changes. With `kind`, `place` is only the file or only the folder of that name. */
export function unsavedBelow(place: RemoteAddress, kind?: Kind): RemoteAddress[] {
  return vscode.workspace.textDocuments.flatMap((document) => {
    const address = document.isDirty ? addressOf(document.uri, place.remote) : undefined;
    return address && isBelow(address, place, kind) ? [address] : [];
  });
}

/** Opens the clean tabs at or below `from` at their new place and closes the old tabs. */
export async function moveTabs(from: RemoteAddress, to: RemoteAddress, kind?: Kind): Promise<void> {
  for (const group of vscode.window.tabGroups.all)
    for (const tab of group.tabs) {
      if (!(tab.input instanceof vscode.TabInputText)) continue;
      const address = addressOf(tab.input.uri, from.remote);
      if (!address || tab.isDirty || !isBelow(address, from, kind)) continue;
      const path = joinPath(to.path, relativePath(address.path, from.path));
      const options = { viewColumn: group.viewColumn, preview: tab.isPreview, preserveFocus: true };
      await vscode.window.tabGroups.close(tab);
      await vscode.window.showTextDocument(toUri({ remote: to.remote, path }), options);
    }
}

/** A store can hold a file beside a folder of the same name; `kind` tells them apart. */
function isBelow(address: RemoteAddress, place: RemoteAddress, kind?: Kind): boolean {
  if (foldName(address.remote) !== foldName(place.remote) || !isWithin(address.path, place.path))
    return false;
  return kind === undefined || (kind === 'file') === (address.path === place.path);
}

/** The address of a Uri; its remote is spelled as `remote` if it is that one. */
function addressOf(uri: vscode.Uri, remote: string): RemoteAddress | undefined {
  if (uri.scheme !== remoteScheme) return undefined;
  try {
    return fromUri(uri, [remote]);
  } catch {
    return undefined; // not a path of a remote
  }
}
