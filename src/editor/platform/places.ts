import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../../app';
import type { Place } from '../../plan/model/plan';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { fromUri, remoteScheme, type UriParts } from './remoteUri';

export function toPlace(address: RemoteAddress): Place {
  return { kind: 'remote', remote: address.remote, path: address.path };
}

/**
 * A place as the window shows it. `full`: `remote:bucket/path`, a path of this machine, or a decoded Uri. `short`, for titles: a path
 * that starts with the name of its workspace folder, or else the last part of a local path.
 */
export function formatPlace(place: Place, style: 'full' | 'short' = 'full'): string {
  if (place.kind === 'remote') return formatAddress(place);
  if (style === 'full')
    return place.kind === 'folder' ? place.path : vscode.Uri.parse(place.uri).toString(true);
  const uri = place.kind === 'folder' ? vscode.Uri.file(place.path) : vscode.Uri.parse(place.uri);
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  return folder
    ? folder.name + uri.path.slice(folder.uri.path.length)
    : path.posix.basename(uri.path) || formatPlace(place);
}

/** An address in a sentence: `photos:site/css`, or only `photos` for the top of the remote. */
export function shortAddress(address: RemoteAddress): string {
  return address.path === '' ? address.remote : formatAddress(address);
}

/** The place of a Uri of the Explorer. */
export function placeOfUri(uri: vscode.Uri, app: App): Place {
  if (uri.scheme === 'file') return { kind: 'folder', path: uri.fsPath };
  if (uri.scheme === remoteScheme) return { kind: 'remote', ...addressOfUri(uri, app) };
  return { kind: 'uri', uri: uri.toString() };
}

/** The address of a Uri of `remoteScheme`. Throws RemoteError `badName` when the path can't be one of a remote. */
export function addressOfUri(uri: UriParts, app: Pick<App, 'remotes'>): RemoteAddress {
  return fromUri(uri, remoteNames(app));
}

export function remoteNames(app: Pick<App, 'remotes'>): string[] {
  return app.remotes().map(({ settings }) => settings.name);
}
