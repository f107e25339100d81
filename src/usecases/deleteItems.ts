import { setMaxListeners } from 'node:events';
import { deepestFirst } from '../base/groupBy';
import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
import { type Entry, type FileEntry, isSameFile } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { type RemotePath, rootPath } from '../remote/remotePath';
import { removingCopied } from '../remote/removeCopied';
import { deleteInFolder, type FileToDelete, partitionDeletes } from '../transfer/deleteBatches';
import { FailureCollector } from './itemFailures';
import { type ItemTree, listItem, type NamedItem } from './listItems';
import { type PlaceLocks, withItemsLock } from './placeLocks';

/** The content of a delete, for the confirmation before it. */
export interface ItemsToDelete {
  readonly trees: readonly ItemTree[];
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  /** Names of entries that can't be deleted; the folders that hold them will stay. */
  readonly unusable: readonly string[];
}

/** Lists everything at and below the items. `onFound` receives the number of files so far. Throws as `listItem`. */
export async function countItems(
  remote: Remote,
  items: readonly NamedItem[],
  signal: AbortSignal,
  onFound: (files: number) => void = () => {},
): Promise<ItemsToDelete> {
  const trees: ItemTree[] = [];
  const sum = (of: (tree: ItemTree) => number) => trees.reduce((total, tree) => total + of(tree), 0);
  for (const item of items) {
    const before = sum((tree) => tree.files.length);
    trees.push(await listItem(remote, item, signal, (files) => onFound(before + files)));
  }
  return {
    trees,
    files: sum((tree) => tree.files.length),
    folders: sum((tree) => tree.folders.length),
    bytes: sum((tree) => tree.bytes),
    unusable: trees.flatMap((tree) => tree.unusable.map((entry) => entry.name)),
  };
}

export interface DeleteOptions {
  /** Deletes only the content of the named folders, as to empty a bucket. */
  readonly keepTop?: boolean;
  readonly transfers?: number;
  /** Keeps this work out of the places of runs: throws PlaceOccupied before anything is done. */
  readonly locks?: PlaceLocks | undefined;
  readonly onProgress?: (filesDone: number) => void;
}

/**
 * Deletes the counted files, then their folders, deepest first. A file that changed after the count stays, and so does a new entry with
 * its folder. Where the remote can move a folder to the trash, an unchanged folder goes there whole. Throws a RemoteError that names
 * the files and folders that could not be deleted; when aborted, rejects with the signal's reason, and the rest stays.
 */
export function deleteItems(
  remote: Remote,
  counted: ItemsToDelete,
  options: DeleteOptions,
  signal: AbortSignal,
): Promise<void> {
  const tops = counted.trees.flatMap(({ files: [file], folders: [folder] }) => folder ?? file?.path ?? []);
  const what = tops.length === 1 ? `delete ${tops[0]}` : `delete ${tops.length} items`;
  const places = () => tops.map((root) => ({ remote, root, shown: `"${root}"`, writes: true }));
  return withItemsLock(options.locks, what, places, signal, () =>
    deleteUnlocked(remote, counted, options, signal),
  );
}

async function deleteUnlocked(
  remote: Remote,
  { trees, files }: ItemsToDelete,
  options: DeleteOptions,
  signal: AbortSignal,
): Promise<void> {
  setMaxListeners(0, signal);
  const failures = new FailureCollector();
  let done = 0;
  const onRemoved = (count: number) => {
    done += count;
    options.onProgress?.(done);
  };
  const { keepTop = false, transfers = maxRemovals } = options;
  for (const tree of trees) {
    if (!keepTop && (await moveToTrash(remote, tree, failures, signal))) {
      onRemoved(tree.files.length);
      continue;
    }
    await removeTree(remote, tree, { transfers, keepTop, onRemoved }, failures, signal);
    for (const { name } of tree.unusable)
      failures.add(name, new RemoteError('unsupported', `"${name}" can't be deleted from here.`));
  }
  failures.throwIfAny('deleted', files);
}

/** Moves a folder to the trash by one request; false where the remote can't, or where the content differs from the counted content. */
async function moveToTrash(
  remote: Remote,
  tree: ItemTree,
  failures: FailureCollector,
  signal: AbortSignal,
): Promise<boolean> {
  const [top] = tree.folders;
  if (!remote.trashFolder || top === undefined || top === rootPath) return false;
  try {
    if (!isAsCounted(tree, await listItem(remote, { path: top, kind: 'folder' }, signal))) return false;
    await remote.trashFolder(top, signal);
    failures.succeeded();
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (!isRemoteError(error, 'notFound')) failures.add(top, error);
    return true;
  }
}

function isAsCounted(counted: ItemTree, now: ItemTree): boolean {
  const keys = keysOf(counted);
  const files = new Map(counted.files.map((file) => [file.path, file]));
  const isUnchanged = (file: FileEntry) => isSameFile(files.get(file.path) ?? file, file);
  return [...keysOf(now)].every((key) => keys.has(key)) && now.files.every(isUnchanged);
}

/** Kind and path of every entry of a tree. */
function keysOf({ files, folders, unusable }: ItemTree): Set<string> {
  const fileKeys = files.map(({ path }) => `file ${path}`);
  return new Set([...fileKeys, ...folders.map((path) => `folder ${path}`), ...unusable.map(keyOf)]);
}

function keyOf(entry: Entry): string {
  return `${entry.kind} ${entryPath(entry)}`;
}

function entryPath(entry: Entry): string {
  return entry.kind === 'unusable' ? `${entry.folder}/${entry.name}` : entry.path;
}

export interface RemoveTreeOptions {
  /** Files that are already gone. */
  readonly skip?: ReadonlySet<FileEntry>;
  /**
   * Whether each file has a copy elsewhere. Then each file is removed under its own precondition, which some services check atomically;
   * otherwise the files of a folder are rechecked and removed in batches.
   */
  readonly copied?: boolean;
  readonly transfers: number;
  readonly keepTop?: boolean;
  readonly onRemoved?: (files: number) => void;
}

/** Concurrent requests that remove something. */
const maxRemovals = 16;

/** A batch takes a listing of its folder, and each single delete takes two requests. */
const batchThreshold = 2;

/**
 * Removes the unchanged files of a tree and then its folders. Adds every failure, changed file and new entry to `failures`. Rejects only
 * when aborted.
 */
export async function removeTree(
  remote: Remote,
  tree: ItemTree,
  options: RemoveTreeOptions,
  failures: FailureCollector,
  signal: AbortSignal,
): Promise<void> {
  const { skip, copied = false } = options;
  const transfers = Math.min(options.transfers, maxRemovals);
  const ended = ({ before }: FileToDelete, error: unknown) => {
    if (isRemoteError(error, 'notFound')) return;
    if (error !== undefined) failures.add(before.path, copied ? error : explainChange(error, before));
    else {
      failures.succeeded();
      options.onRemoved?.(1);
    }
  };
  const removeOne = async (item: FileToDelete) => {
    const { path } = item.before;
    const remove = () => remote.removeFile(path, { kind: 'ifMatch', entry: item.before }, signal);
    const removal = copied ? removingCopied(path, remove) : remove();
    ended(item, await removal.catch((error: unknown) => error));
  };
  const removeSiblings = ([folder, siblings]: readonly [RemotePath, readonly FileToDelete[]]) =>
    // Rejects only when aborted; the signal is checked below.
    deleteInFolder(folder, siblings, remote, ended, signal).catch(() => {});
  const deletes = tree.files.filter((file) => !skip?.has(file)).map((before) => ({ before }));
  const threshold = copied ? Number.POSITIVE_INFINITY : batchThreshold;
  const { single, byFolder } = partitionDeletes(deletes, remote, threshold);
  const slots = new WeightedSemaphore(transfers);
  const batchWeight = () => Math.ceil(transfers / 4);
  const stop = () => failures.shouldAbort;
  await forEachConcurrent(single, slots, () => 1, removeOne, signal, stop);
  await forEachConcurrent(byFolder, slots, batchWeight, removeSiblings, signal, stop);
  signal.throwIfAborted();
  if (!failures.shouldAbort) await removeFolders(remote, tree, options, failures, signal);
}

function explainChange(error: unknown, { path }: FileEntry): unknown {
  if (!isRemoteError(error, 'changed', 'isAFolder')) return error;
  const message = `"${path}" has changed since it was listed, so it stays.`;
  return new RemoteError('changed', message, { cause: error });
}

/** Deepest folders first; folders of one depth are removed concurrently. */
async function removeFolders(
  remote: Remote,
  tree: ItemTree,
  options: RemoveTreeOptions,
  failures: FailureCollector,
  signal: AbortSignal,
): Promise<void> {
  const known = keysOf(tree);
  const slots = new WeightedSemaphore(Math.min(options.transfers, maxRemovals));
  const removeOne = async (folder: RemotePath) => {
    try {
      await remote.removeFolder(folder, signal);
    } catch (error) {
      // A folder that its files merely implied disappeared with the last of them.
      if (isRemoteError(error, 'notFound')) return;
      const isExplained =
        isRemoteError(error, 'notEmpty') && (await addNewEntries(remote, folder, known, failures, signal));
      if (!isExplained) failures.add(folder, error);
    }
  };
  const folders = options.keepTop ? tree.folders.slice(1) : tree.folders;
  for (const level of deepestFirst(folders, (folder) => folder)) {
    await forEachConcurrent(level, slots, () => 1, removeOne, signal);
    signal.throwIfAborted();
  }
}

/**
 * Adds the entries of a folder that are not in `known` to `failures`. Returns whether the folder's entries explain why it stays: each
 * known entry that is left has its own failure.
 */
async function addNewEntries(
  remote: Remote,
  folder: RemotePath,
  known: ReadonlySet<string>,
  failures: FailureCollector,
  signal: AbortSignal,
): Promise<boolean> {
  let isEmpty = true;
  try {
    for await (const page of remote.list(folder, {}, signal))
      for (const entry of page) {
        isEmpty = false;
        if (known.has(keyOf(entry))) continue;
        const path = entryPath(entry);
        const message = `"${path}" was added to "${folder}" after that was listed, so both stay.`;
        failures.add(path, new RemoteError('notEmpty', message));
      }
  } catch (error) {
    signal.throwIfAborted();
    if (!isRemoteError(error)) throw error;
    return false;
  }
  return !isEmpty;
}
