import type { Place } from '../../src/plan/model/plan';
import type { RemoteErrorKind } from '../../src/remote/remoteError';
import { parsePath, type RemotePath } from '../../src/remote/remotePath';
import type { MemoryOptions } from '../support/memoryRemote/memoryOptions';
import type { MemoryRemote } from '../support/memoryRemote/memoryRemote';

/** Every store holds its files below one of these, and old files in the third. */
export const from = parsePath('from');
export const to = parsePath('to');
export const kept = parsePath('kept');

const likeDisk: MemoryOptions = { knowsMd5: false };
const likeStore: MemoryOptions = { hasDirectories: false, listsModified: false };
const disk: Place = { kind: 'folder', path: '/disk' };
const store = (remote: string, path: RemotePath): Place => ({ kind: 'remote', remote, path });

/** Kinds of sides. Without `target` both folders are on one remote. */
export const kinds: readonly {
  readonly source: MemoryOptions;
  readonly target?: MemoryOptions;
  readonly places: [Place, Place];
}[] = [
  { source: likeDisk, target: likeStore, places: [disk, store('store', to)] },
  { source: likeStore, target: likeDisk, places: [store('store', from), disk] },
  { source: likeStore, target: likeStore, places: [store('one', from), store('other', to)] },
  { source: likeStore, places: [store('one', from), store('one', to)] },
];

/** Kinds of the random failures; some come twice as often. */
export const errors: readonly RemoteErrorKind[] = [
  'unavailable',
  'unavailable',
  'rateLimited',
  'corrupted',
  'other',
  'forbidden',
  'changed',
  'quotaExceeded',
  'unauthenticated',
];

/** The content of the files below a folder, by relative path. */
export type Files = Map<string, string>;

export function filesBelow(remote: MemoryRemote, root: RemotePath): Files {
  const files: Files = new Map();
  for (const path of remote.paths())
    if (path.startsWith(`${root}/`)) files.set(path.slice(root.length + 1), remote.text(path) ?? '');
  return files;
}
