import { mapConcurrent } from '../base/semaphore';
import type { FileEntry, UnsupportedEntry } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { RemoteError } from '../remote/remoteError';
import { comparePaths, type RemotePath } from '../remote/remotePath';

/** Everything at and below one path. Paths are of the remote. */
export interface ItemTree {
  /** Whether the path itself is a file. */
  readonly isFile: boolean;
  readonly files: readonly FileEntry[];
  /** Parents before children; the path itself first, when it is a folder. */
  readonly folders: readonly RemotePath[];
  /** Entries that can be neither copied nor deleted. */
  readonly unusable: readonly UnsupportedEntry[];
  readonly bytes: number;
}

/** A path that the user selected. A store can hold a file `a` beside a folder `a`; then `kind` tells them apart. */
export interface NamedItem {
  readonly path: RemotePath;
  /** Absent: whichever exists at `path`, a file rather than a folder. */
  readonly kind?: 'file' | 'folder';
}

/** Folders listed concurrently. */
const maxListingConcurrency = 8;

/**
 * Lists everything at and below a path, folder by folder, because a recursive listing doesn't show empty folders. Throws every error of
 * a listing, and `notFound` when the path doesn't exist or has another kind. `onFound` receives the number of files so far.
 */
export async function listItem(
  remote: Remote,
  { path, kind }: NamedItem,
  signal: AbortSignal,
  onFound: (files: number) => void = () => {},
): Promise<ItemTree> {
  const top = await remote.stat(path, signal);
  const hasSiblingFolder = top.kind === 'file' && kind === 'folder' && !remote.capabilities.hasDirectories;
  if (!hasSiblingFolder && kind !== undefined && top.kind !== 'unusable' && top.kind !== kind)
    throw new RemoteError('notFound', `"${path}" is no longer a ${kind}, but a ${top.kind}.`);
  if (top.kind === 'file' && !hasSiblingFolder)
    return { isFile: true, files: [top], folders: [], unusable: [], bytes: top.size };
  if (top.kind === 'unusable') return { isFile: false, files: [], folders: [], unusable: [top], bytes: 0 };
  const files: FileEntry[] = [];
  const folders: RemotePath[] = [path];
  const unusable: UnsupportedEntry[] = [];
  let level: RemotePath[] = [path];
  while (level.length > 0) {
    const below: RemotePath[] = [];
    await mapConcurrent(level.length, maxListingConcurrency, signal, async (i, stop) => {
      for await (const page of remote.list(level[i] as RemotePath, {}, stop))
        for (const entry of page) {
          if (entry.kind === 'file') files.push(entry);
          else if (entry.kind === 'folder') below.push(entry.path);
          else unusable.push(entry);
        }
      onFound(files.length);
    });
    folders.push(...below);
    level = below;
  }
  files.sort((a, b) => comparePaths(a.path, b.path));
  return { isFile: false, files, folders, unusable, bytes: files.reduce((sum, file) => sum + file.size, 0) };
}
