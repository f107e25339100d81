import path from 'node:path';
import type { Place } from '../../plan/model/plan';
import type { SelectedPath } from '../../plan/model/selectedPaths';
import { RemoteError } from '../../remote/remoteError';
import { parsePath } from '../../remote/remotePath';

/** A file or folder that the user selected. */
export interface SelectedItem {
  readonly kind: 'file' | 'folder';
  readonly place: Place;
}

/** The part of a folder that a plan must cover for a selection. */
export interface SelectedSource {
  readonly source: Place;
  /** The selected items in it; absent for the whole folder. */
  readonly only?: readonly SelectedPath[];
  /** The only selected folder, whose name the target may keep. */
  readonly folderName?: string;
}

/**
 * The source of a selection: a single folder is its own source; otherwise the source is the nearest common folder, of which only the
 * items take part. Pure. Throws RemoteError `unsupported` when the items are on different remotes or disks.
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
      'The selected items are on different remotes. Copy from one remote at a time.',
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

/** Two items with the same root have a common folder. */
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

/** Splits `vscode-vfs://github/owner/repo` into scheme with authority, and the decoded path. */
function splitUri(uri: string): { store: string; path: string } {
  const [, store = '', escaped = ''] = /^([^:]+:\/\/[^/?#]*)([^?#]*)/.exec(uri) ?? [];
  return { store, path: decodeURIComponent(escaped) };
}

function joinUri(store: string, parts: readonly string[]): string {
  return [store, ...parts.map(encodeURIComponent)].join('/');
}

/** The last part of a place; empty for the root of a remote. Pure. */
export function nameOfPlace(place: Place): string {
  return partsOf(place).at(-1) ?? '';
}

/** The place `name` below `folder`. Throws RemoteError `badName`. */
export function placeBelow(folder: Place, name: string): Place {
  if (folder.kind === 'folder') return { kind: 'folder', path: path.join(folder.path, name) };
  return placeAt(folder, [...partsOf(folder), ...name.split('/')]);
}
