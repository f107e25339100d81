import { setMaxListeners } from 'node:events';
import type { FileEntry } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { type RemotePath, rootPath } from '../remote/remotePath';
import { eachInSlots, Slots } from '../remote/slots';
import { defaultTransfers } from '../transfer/transferWeight';
import { Failures } from './itemFailures';
import { type ItemTree, listItem, type NamedItem } from './itemTree';

/** What a delete would take away, for the question before it. */
export interface ItemsToDelete {
  readonly trees: readonly ItemTree[];
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  /** Things below that can't be deleted from here, by name; the folders that hold them will stay. */
  readonly unusable: readonly string[];
}

/** Lists all that is at and below the items, so that a question can tell how much it is. */
export async function countItems(
  remote: Remote,
  items: readonly NamedItem[],
  signal: AbortSignal,
  onFound: (files: number) => void = () => {},
): Promise<ItemsToDelete> {
  const trees: ItemTree[] = [];
  let before = 0;
  for (const item of items) {
    const tree = await listItem(remote, item, signal, (files) => onFound(before + files));
    trees.push(tree);
    before += tree.files.length;
  }
  const sum = (of: (tree: ItemTree) => number) => trees.reduce((total, tree) => total + of(tree), 0);
  return {
    trees,
    files: sum((tree) => tree.files.length),
    folders: sum((tree) => tree.folders.length),
    bytes: sum((tree) => tree.bytes),
    unusable: trees.flatMap((tree) => tree.unusable.map((entry) => entry.name)),
  };
}

export interface DeleteOptions {
  /** Leaves the folders named themselves (a bucket to be emptied) and takes only what is in them. */
  readonly keepTop?: boolean;
  readonly transfers?: number;
  readonly onProgress?: (filesDone: number) => void;
}

/**
 * Deletes what was counted: files first, then their folders, deepest first. What came to be after the count is not touched and keeps its
 * folder. Where folders can be moved to a trash, each goes there whole, with what came to be in it. Throws a RemoteError that names what is left when something could not be deleted; rejects with the
 * signal's reason when aborted, and then the rest is still there.
 */
export async function deleteItems(
  remote: Remote,
  { trees, files }: ItemsToDelete,
  options: DeleteOptions,
  signal: AbortSignal,
): Promise<void> {
  setMaxListeners(0, signal);
  const failures = new Failures();
  let done = 0;
  for (const tree of trees) {
    const [top] = tree.folders;
    if (remote.trashFolder && top !== undefined && top !== rootPath && !options.keepTop) {
      try {
        await remote.trashFolder(top, signal);
        failures.succeeded();
        done += tree.files.length;
        options.onProgress?.(done);
      } catch (error) {
        signal.throwIfAborted();
        if (!isRemoteError(error, 'notFound')) failures.add(top, error);
      }
      continue;
    }
    await removeTree(
      remote,
      tree,
      {
        guarded: false,
        transfers: options.transfers ?? defaultTransfers,
        keepTop: options.keepTop ?? false,
        onRemoved: (count) => {
          done += count;
          options.onProgress?.(done);
        },
      },
      failures,
      signal,
    );
    for (const { name } of tree.unusable)
      failures.add(
        name,
        new RemoteError('unsupported', `"${name}" is no name that can be deleted from here.`),
      );
  }
  failures.throwIfAny('deleted', files);
}

export interface RemoveTreeOptions {
  /** Files that are gone already. */
  readonly skip?: ReadonlySet<FileEntry>;
  /** Whether each file must still be the one that was listed; needs a request per file. */
  readonly guarded: boolean;
  readonly transfers: number;
  readonly keepTop?: boolean;
  readonly onRemoved?: (files: number) => void;
}

/** Files in one request, where a service has one for many. */
const batchSize = 1000;

/** Removes the files and then the folders of a tree; what fails is added to `failures`. Rejects only when aborted. */
export async function removeTree(
  remote: Remote,
  tree: ItemTree,
  options: RemoveTreeOptions,
  failures: Failures,
  signal: AbortSignal,
): Promise<void> {
  const files = options.skip ? tree.files.filter((file) => !options.skip?.has(file)) : tree.files;
  const slots = new Slots(options.transfers);
  const { removeFiles } = remote;
  if (removeFiles && !options.guarded && files.length > 1) {
    const batches = Array.from({ length: Math.ceil(files.length / batchSize) }, (_, i) =>
      files.slice(i * batchSize, (i + 1) * batchSize).map((file) => file.path),
    );
    const removeBatch = async (batch: readonly RemotePath[]) => {
      try {
        const failed = await removeFiles.call(remote, batch, signal);
        for (const [path, error] of failed) failures.add(path, error);
        if (failed.size < batch.length) failures.succeeded();
        options.onRemoved?.(batch.length - failed.size);
      } catch (error) {
        for (const path of batch) failures.add(path, error);
      }
    };
    const weight = () => Math.ceil(options.transfers / 4);
    await eachInSlots(batches, slots, weight, removeBatch, signal, () => failures.areHopeless);
  } else {
    const removeOne = async (file: FileEntry) => {
      try {
        const guard = options.guarded
          ? ({ must: 'beUnchanged', entry: file } as const)
          : ({ must: 'anything' } as const);
        await remote.removeFile(file.path, guard, signal);
        failures.succeeded();
        options.onRemoved?.(1);
      } catch (error) {
        // Gone is what was wanted.
        if (!isRemoteError(error, 'notFound')) failures.add(file.path, error);
      }
    };
    await eachInSlots(
      files,
      slots,
      () => 1,
      removeOne,
      signal,
      () => failures.areHopeless,
    );
  }
  signal.throwIfAborted();
  if (!failures.areHopeless) await removeFolders(remote, tree, options, failures, signal);
}

/** Deepest first; those of one depth together. */
async function removeFolders(
  remote: Remote,
  tree: ItemTree,
  options: RemoveTreeOptions,
  failures: Failures,
  signal: AbortSignal,
): Promise<void> {
  const byDepth = new Map<number, RemotePath[]>();
  for (const folder of options.keepTop ? tree.folders.slice(1) : tree.folders) {
    const depth = folder === '' ? 0 : folder.split('/').length;
    const level = byDepth.get(depth);
    if (level) level.push(folder);
    else byDepth.set(depth, [folder]);
  }
  const slots = new Slots(options.transfers);
  const removeOne = async (folder: RemotePath) => {
    try {
      await remote.removeFolder(folder, signal);
    } catch (error) {
      // A folder that was only implied went with its last file.
      if (!isRemoteError(error, 'notFound')) failures.add(folder, error);
    }
  };
  for (const depth of [...byDepth.keys()].sort((a, b) => b - a)) {
    await eachInSlots(byDepth.get(depth) ?? [], slots, () => 1, removeOne, signal);
    signal.throwIfAborted();
  }
}
