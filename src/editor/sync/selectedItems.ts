import path from 'node:path';
import type { Place } from '../../plan/model/plan';
import type { SelectedPath } from '../../plan/model/selectedPaths';
import { RemoteError } from '../../remote/remoteError';
import { parsePath, type RemotePath } from '../../remote/remotePath';

/** A file or folder that somebody selected to be copied. */
export interface SelectedItem {
  readonly kind: 'file' | 'folder';
  readonly place: Place;
}

/** What a plan has to cover for a selection: a folder, and what in it is meant. */
export interface SelectedSource {
  readonly source: Place;
  /** Absent when the whole folder is meant. */
  readonly only?: readonly SelectedPath[];
  /** The one folder that is meant, whose own name may be kept at the target. */
  readonly folderName?: string;
}

/**
 * Puts a selection into the form of a plan, so that single files go through the same preview as folders: one folder is its
 * own source; anything else is its nearest common folder, with the items named in it. Pure. Throws RemoteError
 * `unsupported` when the items lie on different remotes or disks.
 */
export function sourceOfSelection(items: readonly SelectedItem[]): SelectedSource {
  const [first] = items;
  if (!first) throw new RemoteError('unsupported', 'Nothing is selected.');
  if (items.length === 1 && first.kind === 'folder') {
    const folderName = nameOfPlace(first.place);
    return { source: first.place, ...(folderName && { folderName }) };
  }
  if (items.some(({ place }) => storeOf(place) !== storeOf(first.place)))
    throw new RemoteError(
      'unsupported',
      'The selected items lie on different remotes. Copy them one remote at a time.',
    );
  const all = items.map((item) => ({ item, parts: partsOf(item.place) }));
  const common = all.map(({ parts }) => parts.slice(0, -1)).reduce(commonStart);
  const only = all.map(({ item, parts }): SelectedPath => {
    const path = parsePath(parts.slice(common.length).join('/'));
    return item.kind === 'folder' ? { folder: path } : { file: path };
  });
  return { source: placeAt(first.place, common), only };
}

function commonStart(a: readonly string[], b: readonly string[]): string[] {
  const end = a.findIndex((part, i) => part !== b[i]);
  return a.slice(0, end < 0 ? a.length : end);
}

/** Two items with one of these have a common folder. */
function storeOf(place: Place): string {
  switch (place.kind) {
    case 'remote':
      return `${place.remote}:`;
    case 'folder':
      return path.parse(place.path).root.toLowerCase();
    case 'uri':
      return splitUri(place.uri).store;
  }
}

function partsOf(place: Place): string[] {
  const text =
    place.kind === 'folder'
      ? place.path.slice(path.parse(place.path).root.length).replaceAll(path.sep, '/')
      : place.kind === 'uri'
        ? splitUri(place.uri).path
        : place.path;
  return text.split('/').filter((part) => part !== '');
}

function placeAt(like: Place, parts: readonly string[]): Place {
  switch (like.kind) {
    case 'remote':
      return { ...like, path: parsePath(parts.join('/')) };
    case 'folder':
      return { kind: 'folder', path: path.join(path.parse(like.path).root, ...parts) };
    case 'uri':
      return { kind: 'uri', uri: joinUri(splitUri(like.uri).store, parts) };
  }
}

/** `vscode-vfs://github/owner/repo` as what stands before the path, and the path with its escapes read. */
function splitUri(uri: string): { store: string; path: string } {
  const [, store = '', escaped = ''] = /^([^:]+:\/\/[^/?#]*)([^?#]*)/.exec(uri) ?? [];
  return { store, path: decodeURIComponent(escaped) };
}

function joinUri(store: string, parts: readonly string[]): string {
  return [store, ...parts.map(encodeURIComponent)].join('/');
}

/** The last part of a place; empty for the top of a remote. Pure. */
export function nameOfPlace(place: Place): string {
  return partsOf(place).at(-1) ?? '';
}

/** `name` below `folder`. Throws RemoteError `badName`. */
export function placeBelow(folder: Place, name: string): Place {
  if (folder.kind === 'folder') return { kind: 'folder', path: path.join(folder.path, name) };
  if (folder.kind === 'uri')
    return {
      kind: 'uri',
      uri: joinUri(splitUri(folder.uri).store, [...partsOf(folder), ...name.split('/')]),
    };
  const joined: RemotePath = parsePath(folder.path === '' ? name : `${folder.path}/${name}`);
  return { ...folder, path: joined };
}
