import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
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
  /** What is there but can be neither copied nor deleted by us. */
  readonly unusable: readonly UnsupportedEntry[];
  readonly bytes: number;
}

/** A path that somebody pointed at. A store can hold a file `a` beside a folder `a`: then only `kind` tells which is meant. */
export interface NamedItem {
  readonly path: RemotePath;
  /** Absent: whatever is there, a file rather than a folder. */
  readonly kind?: 'file' | 'folder';
}

/** Folders listed at once. */
const maxListingConcurrency = 8;

/**
 * Lists all that is at and below a path: every page of every folder, or it throws. Folder by folder, because only so empty
 * folders are seen too. Throws `notFound` when nothing (of the kind meant) is there.
 */
export async function listItem(
  remote: Remote,
  { path, kind }: NamedItem,
  signal: AbortSignal,
  onFound: (files: number) => void = () => {},
): Promise<ItemTree> {
  const top = await remote.stat(path, signal);
  const twin = top.kind === 'file' && kind === 'folder' && !remote.capabilities.hasDirectories;
  if ((top.kind === 'file' && kind === 'folder' && !twin) || (top.kind === 'folder' && kind === 'file'))
    throw new RemoteError('notFound', `There is no ${kind} "${path}" any more, but a ${top.kind}.`);
  if (top.kind === 'file' && !twin)
    return { isFile: true, files: [top], folders: [], unusable: [], bytes: top.size };
  if (top.kind === 'unusable') return { isFile: false, files: [], folders: [], unusable: [top], bytes: 0 };
  const files: FileEntry[] = [];
  const folders: RemotePath[] = [path];
  const unusable: UnsupportedEntry[] = [];
  const slots = new WeightedSemaphore(maxListingConcurrency);
  let failure: { readonly error: unknown } | undefined;
  let level: RemotePath[] = [path];
  while (level.length > 0) {
    const below: RemotePath[] = [];
    const listOne = async (folder: RemotePath) => {
      try {
        for await (const page of remote.list(folder, {}, signal))
          for (const entry of page) {
            if (entry.kind === 'file') files.push(entry);
            else if (entry.kind === 'folder') below.push(entry.path);
            else unusable.push(entry);
          }
        onFound(files.length);
      } catch (error) {
        failure ??= { error };
      }
    };
    await forEachConcurrent(
      level,
      slots,
      () => 1,
      listOne,
      signal,
      () => failure !== undefined,
    );
    signal.throwIfAborted();
    if (failure) throw failure.error;
    folders.push(...below);
    level = below;
  }
  files.sort((a, b) => comparePaths(a.path, b.path));
  return { isFile: false, files, folders, unusable, bytes: files.reduce((sum, file) => sum + file.size, 0) };
}
