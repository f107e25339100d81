import { setMaxListeners } from 'node:events';
import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
import type { FileEntry } from '../remote/entry';
import { isSameFile } from '../remote/entry';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { type RemotePath, rootPath } from '../remote/remotePath';
import { removingCopied } from '../remote/removeCopied';
import { deleteInFolder, partitionDeletes } from '../transfer/deleteBatches';
import { defaultTransfers } from '../transfer/transferWeight';
import { FailureCollector } from './itemFailures';
import { type ItemTree, listItem, type NamedItem } from './listItems';
import { type PlaceLocks, withItemsLock } from './placeLocks';

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
  /** Keeps this out of the places of runs: then it throws PlaceOccupied, before anything is done. */
  readonly locks?: PlaceLocks | undefined;
  readonly onProgress?: (filesDone: number) => void;
}

/**
 * Deletes what was counted: files first, then their folders, deepest first. A file that is no longer the one that was counted stays, and
 * so does what came to be after the count, with its folder. Where folders can be moved to a trash, each goes there whole, if it still
 * holds just what was counted. Throws a RemoteError that names what is left when something could not be deleted; rejects with the
 * signal's reason when aborted, and then the rest is still there.
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
  const removal = {
    transfers: options.transfers ?? defaultTransfers,
    keepTop: options.keepTop ?? false,
    onRemoved,
  };
  for (const tree of trees) {
    if (!options.keepTop && (await trashed(remote, tree, failures, signal))) {
      onRemoved(tree.files.length);
      continue;
    }
    await removeTree(remote, tree, removal, failures, signal);
    for (const { name } of tree.unusable)
      failures.add(
        name,
        new RemoteError('unsupported', `"${name}" is no name that can be deleted from here.`),
      );
  }
  failures.throwIfAny('deleted', files);
}

/** Moves a folder to the trash whole; false where that can't be, or where it holds something else by now than what was counted. */
async function trashed(
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
    // Gone is what was wanted.
    if (!isRemoteError(error, 'notFound')) failures.add(top, error);
    return true;
  }
}

function isAsCounted(counted: ItemTree, now: ItemTree): boolean {
  if (now.files.length > counted.files.length || now.folders.length > counted.folders.length) return false;
  if (now.unusable.length > counted.unusable.length) return false;
  const files = new Map(counted.files.map((file) => [file.path, file]));
  const folders = new Set(counted.folders);
  const unusable = new Set(counted.unusable.map(({ folder, name }) => `${folder}/${name}`));
  const isSeen = (file: FileEntry) => {
    const seen = files.get(file.path);
    return seen !== undefined && isSameFile(seen, file);
  };
  return (
    now.files.every(isSeen) &&
    now.folders.every((folder) => folders.has(folder)) &&
    now.unusable.every(({ folder, name }) => unusable.has(`${folder}/${name}`))
  );
}

export interface RemoveTreeOptions {
  /** Files that are gone already. */
  readonly skip?: ReadonlySet<FileEntry>;
  /**
   * Each file has a copy elsewhere, and goes under its own precondition, which some services keep without a gap; else those of a folder go in
   * batches, looked at just before.
   */
  readonly copied?: boolean;
  readonly transfers: number;
  readonly keepTop?: boolean;
  readonly onRemoved?: (files: number) => void;
}

/** A folder's listing is a request, and each file by itself takes two. */
const worthListing = 2;

/**
 * Removes the files of a tree that still are what was listed, and then its folders; what fails, changed or came later is added to
 * `failures`. Rejects only when aborted.
 */
export async function removeTree(
  remote: Remote,
  tree: ItemTree,
  options: RemoveTreeOptions,
  failures: FailureCollector,
  signal: AbortSignal,
): Promise<void> {
  const files = options.skip ? tree.files.filter((file) => !options.skip?.has(file)) : tree.files;
  const slots = new WeightedSemaphore(options.transfers);
  const ended = ({ before }: { readonly before: FileEntry }, error: unknown) => {
    // Gone is what was wanted.
    if (isRemoteError(error, 'notFound')) return;
    if (error !== undefined) failures.add(before.path, options.copied ? error : stays(error, before));
    else {
      failures.succeeded();
      options.onRemoved?.(1);
    }
  };
  const items = files.map((before) => ({ before }));
  const { single, byFolder } = partitionDeletes(
    items,
    remote,
    options.copied ? Number.POSITIVE_INFINITY : worthListing,
  );
  const removeOne = async (item: { readonly before: FileEntry }) => {
    const { path } = item.before;
    const precondition = { kind: 'ifMatch', entry: item.before } as const;
    const remove = () => remote.removeFile(path, precondition, signal);
    const removal = options.copied ? removingCopied(path, remove) : remove();
    ended(item, await removal.catch((error: unknown) => error));
  };
  const fatalErrorKinds = () => failures.shouldAbort;
  await forEachConcurrent(single, slots, () => 1, removeOne, signal, fatalErrorKinds);
  const inFolder = ([folder, some]: readonly [RemotePath, typeof items]) =>
    // Rejects only when aborted, which is told below.
    deleteInFolder(folder, some, remote, ended, signal).catch(() => {});
  const weight = () => Math.ceil(options.transfers / 4);
  await forEachConcurrent(
    byFolder as ReadonlyMap<RemotePath, typeof items>,
    slots,
    weight,
    inFolder,
    signal,
    fatalErrorKinds,
  );
  signal.throwIfAborted();
  if (!failures.shouldAbort) await removeFolders(remote, tree, options, failures, signal);
}

function stays(error: unknown, { path }: FileEntry): unknown {
  if (!isRemoteError(error, 'changed', 'isAFolder')) return error;
  return new RemoteError('changed', `"${path}" has changed since it was looked at, so it stays.`, {
    cause: error,
  });
}

/** Deepest first; those of one depth together. */
async function removeFolders(
  remote: Remote,
  tree: ItemTree,
  options: RemoveTreeOptions,
  failures: FailureCollector,
  signal: AbortSignal,
): Promise<void> {
  const byDepth = new Map<number, RemotePath[]>();
  for (const folder of options.keepTop ? tree.folders.slice(1) : tree.folders) {
    const depth = folder === '' ? 0 : folder.split('/').length;
    const level = byDepth.get(depth);
    if (level) level.push(folder);
    else byDepth.set(depth, [folder]);
  }
  const slots = new WeightedSemaphore(options.transfers);
  const newcomers = new Newcomers(tree);
  const removeOne = async (folder: RemotePath) => {
    try {
      await remote.removeFolder(folder, signal);
    } catch (error) {
      // A folder that was only implied went with its last file.
      if (isRemoteError(error, 'notFound')) return;
      if (!isRemoteError(error, 'notEmpty') || !(await newcomers.tell(remote, folder, failures, signal)))
        failures.add(folder, error);
    }
  };
  for (const depth of [...byDepth.keys()].sort((a, b) => b - a)) {
    await forEachConcurrent(byDepth.get(depth) ?? [], slots, () => 1, removeOne, signal);
    signal.throwIfAborted();
  }
}

/** What came to be in the folders of a tree after it was listed. */
class Newcomers {
  private readonly known: ReadonlySet<string>;

  constructor({ files, folders, unusable }: ItemTree) {
    this.known = new Set([
      ...files.map(({ path }) => path),
      ...folders,
      ...unusable.map(({ folder, name }) => `${folder}/${name}`),
    ]);
  }

  /** Adds each of one folder to `failures`. Answers whether that explains that the folder stays: so does something known that stayed. */
  async tell(
    remote: Remote,
    folder: RemotePath,
    failures: FailureCollector,
    signal: AbortSignal,
  ): Promise<boolean> {
    let explained = false;
    try {
      for await (const page of remote.list(folder, {}, signal))
        for (const entry of page) {
          explained = true;
          const path = entry.kind === 'unusable' ? `${entry.folder}/${entry.name}` : entry.path;
          if (this.known.has(path)) continue;
          const message = `"${path}" came to be in "${folder}" after that was looked at, so both stay.`;
          failures.add(path, new RemoteError('notEmpty', message));
        }
    } catch (error) {
      signal.throwIfAborted();
      if (!isRemoteError(error)) throw error;
      return false;
    }
    return explained;
  }
}
