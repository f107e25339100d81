import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../../app';
import type { Place } from '../../plan/model/plan';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { fromUri, remoteScheme } from './remoteUri';

export function remotePlace(address: RemoteAddress): Place {
  return { kind: 'remote', remote: address.remote, path: address.path };
}

/** `remote:bucket/path`, or the folder's path on this machine. */
export function describePlace(place: Place): string {
  if (place.kind === 'remote') return formatAddress(place);
  return place.kind === 'folder' ? place.path : vscode.Uri.parse(place.uri).toString(true);
}

/** As a title names a place: what lies in the workspace from its folder's name on, another folder by its last part. */
export function shortPlace(place: Place): string {
  if (place.kind === 'remote') return formatAddress(place);
  const uri = place.kind === 'folder' ? vscode.Uri.file(place.path) : vscode.Uri.parse(place.uri);
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (!folder) return path.posix.basename(uri.path) || describePlace(place);
  return folder.name + uri.path.slice(folder.uri.path.length);
}

/** The place that a Uri of the Explorer is: on this machine, on a remote, or in a folder that another extension provides. */
export function placeOfUri(uri: vscode.Uri, app: App): Place {
  if (uri.scheme === 'file') return { kind: 'folder', path: uri.fsPath };
  if (uri.scheme === remoteScheme) {
    const names = app.remotes().map(({ settings }) => settings.name);
    return { kind: 'remote', ...fromUri(uri, names) };
  }
  return { kind: 'uri', uri: uri.toString() };
}

/** A place as it is named in sentences: `photos:site/css`, or just the remote's name for its top. */
export function placeName(address: RemoteAddress): string {
  return address.path === '' ? address.remote : formatAddress(address);
}
