import { setMaxListeners } from 'node:events';
import { systemClock } from '../base/clock';
import { groupBy } from '../base/groupBy';
import { matchKey, storagePath } from '../remote/capabilities';
import { statIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import type { Precondition, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { ancestorsOf, isWithin, joinPath, type RemotePath, relativePath } from '../remote/remotePath';
import { copyFile } from '../transfer/copyFile';
import { defaultTransfers, TransferSlots } from '../transfer/transferSlots';
import { removeTree } from './deleteItems';
import { FailureCollector } from './itemFailures';
import { type ItemTree, listItem } from './listItems';
import { type PlaceLocks, withItemsLock } from './placeLocks';
import { SeenTargets, TargetTaken } from './seenTargets';

/** A file or folder, and the full path of its copy. Uploads and downloads have a local remote on one side. */
export interface CopyItem {
  readonly from: Remote;
  readonly source: RemotePath;
  /** Absent: whichever exists at `source`, a file rather than a folder. */
  readonly kind?: 'file' | 'folder';
  readonly to: Remote;
  readonly target: RemotePath;
}

export interface CopyItemsOptions {
  /** Whether the sources are removed once every copy of all items is made, verified and durable. */
  readonly move?: boolean;
  /**
   * Whether existing files are replaced, and folders merged. True: the files that exist when this begins; SeenTargets: the files that
   * existed when the user was asked. Default false: throws `TargetTaken` before anything is done.
   */
  readonly overwrite?: boolean | SeenTargets;
  /** Maximum number of concurrent files. */
  readonly transfers?: number;
  /** Keeps this work out of the places of runs: throws PlaceOccupied before anything is done. */
  readonly locks?: PlaceLocks | undefined;
  readonly onProgress?: (progress: ItemsProgress) => void;
  /** A folder was moved by one request. It stays moved, also when other items fail. */
  readonly onMovedWhole?: (item: CopyItem) => void;
}

export interface ItemsProgress {
  readonly files: number;
  readonly filesDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
  /** The file that ended last. */
  readonly current?: RemotePath;
}

export interface ItemsResult {
  readonly files: number;
  readonly bytes: number;
  /** Names of entries that can't be copied (links, malformed keys, …). */
  readonly leftOut: readonly string[];
}

/**
 * Copies or moves files and whole folders, within one remote (on the server) or between two. Lists all sources and checks all targets
 * before anything changes. Replaces a file only in the version that was seen then; removes the sources of a move only after every copy
 * is verified. A source that changed meanwhile or can't be moved stays and is named.
 *
 * Throws RemoteError: TargetTaken (`alreadyExists`) naming the target; `unsupported` for a folder copied into itself; when some files
 * fail, the kind of the first failure, with a message that names the files. When aborted, rejects with the signal's reason; the copies
 * made so far stay, and so do all sources.
 */
export function copyItems(
  items: readonly CopyItem[],
  options: CopyItemsOptions,
  signal: AbortSignal,
): Promise<ItemsResult> {
  const verb = options.move ? 'move' : 'copy';
  const [first] = items;
  const what =
    items.length === 1 ? `${verb} ${first?.source} → ${first?.target}` : `${verb} ${items.length} items`;
  const places = () =>
    items.flatMap(({ from, source, to, target }) => [
      { remote: to, root: target, shown: `"${target}"`, writes: true },
      { remote: from, root: source, shown: `"${source}"`, writes: options.move === true },
    ]);
  return withItemsLock(options.locks, what, places, signal, () => copyUnlocked(items, options, signal));
}

async function copyUnlocked(
  items: readonly CopyItem[],
  options: CopyItemsOptions,
  signal: AbortSignal,
): Promise<ItemsResult> {
  setMaxListeners(0, signal);
  const { move = false, overwrite = false } = options;
  for (const item of items) rejectSelfCopy(item, move);
  const wholeFolders: CopyItem[] = [];
  const listed: ListedItem[] = [];
  for (const item of items)
    if (move && (await canMoveWhole(item, signal))) wholeFolders.push(item);
    else listed.push(await listTree(item, signal));
  if (!overwrite) await rejectTaken(items, wholeFolders, listed, signal);
  const seen = overwrite instanceof SeenTargets ? overwrite : new SeenTargets();
  const recordExisting = async (trees: readonly ListedItem[]) => {
    if (overwrite === true) await seen.record(trees.flatMap(fileCopiesOf), signal);
  };
  await recordExisting(listed);
  for (const item of wholeFolders)
    if (await tryMoveFolder(item, overwrite !== false, signal)) options.onMovedWhole?.(item);
    else {
      const merged = await listTree(item, signal);
      await recordExisting([merged]);
      listed.push(merged);
    }
  return new CopyJob(listed, seen, options, signal).run();
}

/** Copies the files of listed trees, makes their empty folders, and removes the sources of a move. */
class CopyJob {
  private readonly transfers: number;
  private readonly copies: readonly FileCopy[];
  private readonly failures = new FailureCollector();
  private readonly progress: Progress;
  /** Files that a server-side move has taken from their place. */
  private readonly moved = new Set<FileEntry>();

  constructor(
    private readonly listed: readonly ListedItem[],
    private readonly seen: SeenTargets,
    private readonly options: CopyItemsOptions,
    private readonly signal: AbortSignal,
  ) {
    this.transfers = options.transfers ?? defaultTransfers;
    this.copies = listed.flatMap(fileCopiesOf);
    this.progress = new Progress(this.copies, options.onProgress);
  }

  async run(): Promise<ItemsResult> {
    const { listed, failures, options, signal } = this;
    await this.copyFiles();
    signal.throwIfAborted();
    if (!failures.shouldAbort)
      for (const { item, tree } of listed) await makeEmptyFolders(item, tree, failures, signal);
    failures.throwIfAny(options.move ? 'moved' : 'copied', this.copies.length);
    const leftOut = listed.flatMap(({ tree }) => tree.unusable.map(({ name }) => name));
    if (options.move) await this.removeSources(leftOut);
    return { files: this.copies.length, bytes: this.progress.bytes, leftOut };
  }

  private async copyFiles(): Promise<void> {
    const { transfers, failures, signal } = this;
    const colliding = collidingCopies(this.copies);
    for (const { file, target } of colliding) {
      const message = `Another of the files gets the name "${target}", so this one can't.`;
      failures.add(file.path, new RemoteError('alreadyExists', message));
    }
    const remotes = this.copies.flatMap(({ item }) => [item.from, item.to]);
    const slots = new TransferSlots(transfers, systemClock, remotes);
    try {
      await slots.forEach(
        this.copies.filter((copy) => !colliding.has(copy)),
        ({ file }) => file.size,
        (copy) => this.copyOne(copy),
        signal,
        () => failures.shouldAbort,
      );
    } finally {
      slots.close();
    }
  }

  /** Never rejects. */
  private async copyOne(copy: FileCopy): Promise<void> {
    const { seen, failures, signal } = this;
    try {
      seen.recordWritten(copy.to, await this.write(copy));
      failures.succeeded();
      this.progress.ended(copy);
    } catch (error) {
      const explain = () => seen.explainRefusal(error, copy, signal).catch(() => error);
      failures.add(copy.file.path, this.options.overwrite ? await explain() : error);
    }
  }

  /** Returns the file at its target. */
  private async write(copy: FileCopy): Promise<FileEntry> {
    const { item, file, target } = copy;
    const { from, to } = item;
    const { move = false } = this.options;
    const precondition: Precondition = isOwnName(item, file.path, target)
      ? { kind: 'none' }
      : this.seen.precondition(copy);
    if (move && from === to && to.serverSideMove) {
      const entry = await to.serverSideMove(file, target, precondition, this.signal);
      this.moved.add(file);
      return entry;
    }
    const onProgress = (bytes: number) => this.progress.sent(copy, bytes);
    const request = { from, source: file, to, target, precondition, durable: move, onProgress };
    return (await copyFile(request, this.signal)).entry;
  }

  private async removeSources(leftOut: readonly string[]): Promise<void> {
    const { transfers, moved, failures, signal } = this;
    for (const { item, tree } of this.listed)
      await removeTree(item.from, tree, { skip: moved, copied: true, transfers }, failures, signal);
    for (const name of leftOut) {
      const message = `"${name}" is neither a file nor a folder that can be moved.`;
      failures.add(name, new RemoteError('unsupported', message));
    }
    failures.throwIfAny('removed after they were copied', this.copies.length);
  }
}

/** Whether the item is a folder that the service can move by one request. */
async function canMoveWhole({ from, to, source, kind }: CopyItem, signal: AbortSignal): Promise<boolean> {
  if (from !== to || !to.serverSideMoveFolder) return false;
  return (kind ?? (await from.stat(source, signal)).kind) === 'folder';
}

/** Moves a folder by one request; false where its files must be merged into an existing folder. */
async function tryMoveFolder(item: CopyItem, overwrite: boolean, signal: AbortSignal): Promise<boolean> {
  try {
    await item.to.serverSideMoveFolder?.(item.source, item.target, signal);
    return true;
  } catch (error) {
    if (overwrite && isRemoteError(error, 'alreadyExists', 'unsupported')) return false;
    throw error;
  }
}

interface ListedItem {
  readonly item: CopyItem;
  readonly tree: ItemTree;
}

async function listTree(item: CopyItem, signal: AbortSignal): Promise<ListedItem> {
  const named = { path: item.source, ...(item.kind && { kind: item.kind }) };
  return { item, tree: await listItem(item.from, named, signal) };
}

interface FileCopy {
  readonly item: CopyItem;
  readonly file: FileEntry;
  readonly to: Remote;
  readonly target: RemotePath;
}

function fileCopiesOf({ item, tree }: ListedItem): FileCopy[] {
  return tree.files.map((file) => ({ item, file, to: item.to, target: targetOf(item, file.path) }));
}

/** The files whose target is also the target of an earlier file, perhaps in another spelling: the later file would replace the earlier. */
function collidingCopies(copies: readonly FileCopy[]): ReadonlySet<FileCopy> {
  const byTarget = [...groupBy(copies, ({ to }) => to)].flatMap(([{ capabilities }, group]) => [
    ...groupBy(group, ({ target }) => matchKey(target, capabilities.names)).values(),
  ]);
  return new Set(byTarget.flatMap((group) => group.slice(1)));
}

function targetOf(item: CopyItem, path: RemotePath): RemotePath {
  return joinPath(item.target, relativePath(path, item.source));
}

function rejectSelfCopy(item: CopyItem, move: boolean): void {
  const { to, source, kind } = item;
  const [here, there] = inOneTree(item);
  if (here === undefined || there === undefined || !isWithin(there, here)) return;
  // Where folders are only prefixes, a file can exist beside a folder of its name.
  if (kind === 'file' && there !== here && !to.capabilities.hasDirectories) return;
  const verb = move ? 'moved' : 'copied';
  throw new RemoteError(
    'unsupported',
    there === here
      ? `"${source}" can't be ${verb} onto itself.`
      : `The folder "${source}" can't be ${verb} into itself.`,
  );
}

/** Source and target as paths in one tree; empty when they are in different trees. Two remotes may lead to one place. */
function inOneTree({ from, to, source, target }: CopyItem): readonly [RemotePath?, RemotePath?] {
  if (from === to) return [source, target];
  const here = storagePath(from.capabilities, source);
  const there = storagePath(to.capabilities, target);
  if (here === undefined || there === undefined) return [];
  const key = (text: string) => matchKey(text, to.capabilities.names) as RemotePath;
  return [key(here), key(there)];
}

/** Throws TargetTaken for the first item whose target exists, with all existing targets of all items. */
async function rejectTaken(
  items: readonly CopyItem[],
  wholeFolders: readonly CopyItem[],
  listed: readonly ListedItem[],
  signal: AbortSignal,
): Promise<void> {
  for (const item of items) {
    if (isOwnName(item, item.source, item.target)) continue;
    // Where stat is forbidden, the precondition of the write itself detects the conflict.
    const existing = await statIfExists(item.to, item.target, signal, 'forbidden');
    if (!existing) continue;
    const seen = new SeenTargets();
    const trees = [...listed];
    for (const folder of wholeFolders) trees.push(await listTree(folder, signal));
    await seen.record(trees.flatMap(fileCopiesOf), signal);
    throw new TargetTaken(item.target, existing.kind === 'folder' ? 'folder' : 'file', seen);
  }
}

/** Whether the target is the source's own name, perhaps in another spelling. */
function isOwnName({ from, to }: CopyItem, source: RemotePath, target: RemotePath): boolean {
  const { names } = to.capabilities;
  return from === to && matchKey(source, names) === matchKey(target, names);
}

/** Makes the folders that no copied file implies. */
async function makeEmptyFolders(
  item: CopyItem,
  { files, folders }: ItemTree,
  failures: FailureCollector,
  signal: AbortSignal,
): Promise<void> {
  const implied = ancestorsOf([...files.map(({ path }) => path), ...folders]);
  for (const folder of folders) {
    if (implied.has(folder)) continue;
    try {
      await item.to.makeFolder(targetOf(item, folder), signal);
    } catch (error) {
      signal.throwIfAborted();
      failures.add(folder, error);
    }
  }
}

class Progress {
  readonly bytes: number;
  private readonly sentBytes = new Map<FileCopy, number>();
  private filesDone = 0;
  private bytesDone = 0;

  constructor(
    private readonly copies: readonly FileCopy[],
    private readonly report: CopyItemsOptions['onProgress'],
  ) {
    this.bytes = copies.reduce((sum, { file }) => sum + file.size, 0);
  }

  sent(copy: FileCopy, bytes: number): void {
    this.bytesDone += bytes - (this.sentBytes.get(copy) ?? 0);
    this.sentBytes.set(copy, bytes);
    this.notify();
  }

  ended(copy: FileCopy): void {
    this.bytesDone += copy.file.size - (this.sentBytes.get(copy) ?? 0);
    this.sentBytes.delete(copy);
    this.filesDone++;
    this.notify(copy.target);
  }

  private notify(current?: RemotePath): void {
    const { filesDone, bytes, bytesDone } = this;
    const files = this.copies.length;
    this.report?.({ files, filesDone, bytes, bytesDone, ...(current !== undefined && { current }) });
  }
}
