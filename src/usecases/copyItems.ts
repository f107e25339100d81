import { setMaxListeners } from 'node:events';
import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
import { matchKey, storagePath } from '../remote/capabilities';
import { statIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import type { Precondition, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { isWithin, joinPath, parentPath, type RemotePath, relativePath } from '../remote/remotePath';
import { copyFile } from '../transfer/copyFile';
import { defaultTransfers, transferWeight } from '../transfer/transferWeight';
import { removeTree } from './deleteItems';
import { FailureCollector } from './itemFailures';
import { type ItemTree, listItem } from './listItems';
import { type PlaceLocks, withItemsLock } from './placeLocks';
import { SeenTargets, TargetTaken } from './seenTargets';

/** A file or folder, and the full path that it is to have. Uploads and downloads have a local remote on one side. */
export interface CopyItem {
  readonly from: Remote;
  readonly source: RemotePath;
  /** Absent: whatever is there, a file rather than a folder. */
  readonly kind?: 'file' | 'folder';
  readonly to: Remote;
  readonly target: RemotePath;
}

export interface CopyItemsOptions {
  /** Whether the sources are removed once every copy of all items is made, verified and durable. */
  readonly move?: boolean;
  /**
   * Whether files that are there already are replaced, and folders merged. True: those that are there when this begins; or those that were
   * seen when somebody was asked. Default false: then `TargetTaken`, before anything is done.
   */
  readonly overwrite?: boolean | SeenTargets;
  /** Small files at once. */
  readonly transfers?: number;
  /** Keeps this out of the places of runs: then it throws PlaceOccupied, before anything is done. */
  readonly locks?: PlaceLocks | undefined;
  readonly onProgress?: (progress: ItemsProgress) => void;
  /** A folder was moved in one go. It stays moved, whatever becomes of the rest. */
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
  /** Names of what can't be copied (links, names that are no paths, …) and was left out. */
  readonly leftOut: readonly string[];
}

/**
 * Copies or moves files and whole folders, within one remote (by the service itself) or between two. First everything is
 * listed and the targets are looked at; only then does anything change. A file is replaced only while it is the one that was seen then.
 *
 * Throws RemoteError: TargetTaken (`alreadyExists`) naming the target; `unsupported` for a folder that would go into itself; when some files
 * fail, the kind of the first failure, with a message that names what was not done. In a move the sources are removed only
 * after every copy is verified; a source that changed meanwhile, or can't be moved, stays and is named. When aborted it rejects with the signal's reason; copies made so far
 * stay, and so do all sources.
 */
export function copyItems(
  items: readonly CopyItem[],
  options: CopyItemsOptions,
  signal: AbortSignal,
): Promise<ItemsResult> {
  const verb = options.move ? 'move' : 'copy';
  const [only] = items;
  const what =
    items.length === 1 ? `${verb} ${only?.source} → ${only?.target}` : `${verb} ${items.length} items`;
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
  const { move = false, overwrite = false, transfers = defaultTransfers } = options;
  for (const item of items) rejectSelfCopy(item, move);
  const whole = new Set<CopyItem>();
  if (move) for (const item of items) if (await canMoveWhole(item, signal)) whole.add(item);
  const listed: ListedItem[] = [];
  for (const item of items) if (!whole.has(item)) listed.push(await withTree(item, signal));
  const taken = overwrite ? undefined : await firstTaken(items, signal);
  if (taken) {
    const seen = new SeenTargets();
    for (const item of whole) listed.push(await withTree(item, signal));
    await seen.record(worksOf(listed), signal);
    throw new TargetTaken(taken.path, taken.kind, seen);
  }
  const seen = typeof overwrite === 'boolean' ? new SeenTargets() : overwrite;
  if (overwrite === true) await seen.record(worksOf(listed), signal);
  for (const item of whole)
    if (await tryMoveFolder(item, overwrite !== false, signal)) options.onMovedWhole?.(item);
    else {
      const merged = await withTree(item, signal);
      listed.push(merged);
      if (overwrite === true) await seen.record(worksOf([merged]), signal);
    }

  const works = worksOf(listed);
  const progress = new Progress(works, options.onProgress);
  const failures = new FailureCollector();
  const twins = collidingTargets(works);
  for (const { file, target } of twins)
    failures.add(
      file.path,
      new RemoteError('alreadyExists', `Another of the files gets the name "${target}", so this one can't.`),
    );
  const moved = new Set<FileEntry>();

  await forEachConcurrent(
    works.filter((work) => !twins.has(work)),
    new WeightedSemaphore(transfers),
    ({ file }) => transferWeight(file.size, transfers),
    async (work) => {
      const { item, file, target } = work;
      const precondition: Precondition = isOwnName(item, file.path, target)
        ? { kind: 'none' }
        : seen.precondition(work);
      try {
        if (move && item.from === item.to && item.to.serverSideMove) {
          seen.recordWritten(item.to, await item.to.serverSideMove(file, target, precondition, signal));
          moved.add(file);
        } else {
          const { entry } = await copyFile(
            {
              from: item.from,
              source: file,
              to: item.to,
              target,
              precondition,
              durable: move,
              onProgress: (bytes) => progress.of(work, bytes),
            },
            signal,
          );
          seen.recordWritten(item.to, entry);
        }
        failures.succeeded();
        progress.ended(work);
      } catch (error) {
        const why = overwrite ? await seen.explainRefusal(error, work, signal).catch(() => error) : error;
        failures.add(file.path, why);
      }
    },
    signal,
    () => failures.shouldAbort,
  );
  signal.throwIfAborted();
  if (!failures.shouldAbort)
    for (const { item, tree } of listed) await makeEmptyFolders(item, tree, failures, signal);
  failures.throwIfAny(move ? 'moved' : 'copied', works.length);

  const leftOut = listed.flatMap(({ tree }) => tree.unusable.map((entry) => entry.name));
  if (move) {
    for (const { item, tree } of listed)
      await removeTree(item.from, tree, { skip: moved, copied: true, transfers }, failures, signal);
    for (const name of leftOut)
      failures.add(
        name,
        new RemoteError('unsupported', `"${name}" is neither a file nor a folder that can be moved.`),
      );
    failures.throwIfAny('removed after they were copied', works.length);
  }
  return { files: works.length, bytes: progress.bytes, leftOut };
}

/** Whether the item is a folder that the service itself may move in one go. */
async function canMoveWhole({ from, to, source, kind }: CopyItem, signal: AbortSignal): Promise<boolean> {
  if (from !== to || !to.serverSideMoveFolder) return false;
  return (kind ?? (await from.stat(source, signal)).kind) === 'folder';
}

/** Moves a folder in one go; false where files have to be merged into a folder that is there already. */
async function tryMoveFolder(item: CopyItem, overwrite: boolean, signal: AbortSignal): Promise<boolean> {
  try {
    await item.to.serverSideMoveFolder?.(item.source, item.target, signal);
    return true;
  } catch (error) {
    if (overwrite && isRemoteError(error, 'alreadyExists', 'unsupported')) return false;
    throw error;
  }
}

async function withTree(item: CopyItem, signal: AbortSignal): Promise<ListedItem> {
  const named = { path: item.source, ...(item.kind && { kind: item.kind }) };
  return { item, tree: await listItem(item.from, named, signal) };
}

interface ListedItem {
  readonly item: CopyItem;
  readonly tree: ItemTree;
}

interface FileWork {
  readonly item: CopyItem;
  readonly file: FileEntry;
  readonly to: Remote;
  readonly target: RemotePath;
}

function worksOf(listed: readonly ListedItem[]): FileWork[] {
  return listed.flatMap(({ item, tree }) =>
    tree.files.map((file): FileWork => ({ item, file, to: item.to, target: targetOf(item, file.path) })),
  );
}

/** The files whose target is that of one before them, or the same name to the remote: the later would replace the earlier. */
function collidingTargets(works: readonly FileWork[]): ReadonlySet<FileWork> {
  const taken = new Map<Remote, Set<string>>();
  const twins = new Set<FileWork>();
  for (const work of works) {
    const { to } = work.item;
    let keys = taken.get(to);
    if (!keys) {
      keys = new Set();
      taken.set(to, keys);
    }
    const key = matchKey(work.target, to.capabilities.names);
    if (keys.has(key)) twins.add(work);
    else keys.add(key);
  }
  return twins;
}

function targetOf(item: CopyItem, path: RemotePath): RemotePath {
  return joinPath(item.target, relativePath(path, item.source));
}

function rejectSelfCopy(item: CopyItem, move: boolean): void {
  const { to, source, kind } = item;
  const [here, there] = inOneTree(item);
  if (here === undefined || there === undefined || !isWithin(there, here)) return;
  // Where folders are only prefixes, a file has room beside a folder of its name.
  if (kind === 'file' && there !== here && !to.capabilities.hasDirectories) return;
  const verb = move ? 'moved' : 'copied';
  throw new RemoteError(
    'unsupported',
    there === here
      ? `"${source}" can't be ${verb} onto itself.`
      : `The folder "${source}" can't be ${verb} into itself.`,
  );
}

/** Source and target as paths in one tree, or nothing when they are in different ones. Two remotes may lead to one place. */
function inOneTree({ from, to, source, target }: CopyItem): readonly [RemotePath?, RemotePath?] {
  if (from === to) return [source, target];
  const here = storagePath(from.capabilities, source);
  const there = storagePath(to.capabilities, target);
  if (here === undefined || there === undefined) return [];
  const key = (text: string) => matchKey(text, to.capabilities.names) as RemotePath;
  return [key(here), key(there)];
}

/** The first target where something is already. */
async function firstTaken(
  items: readonly CopyItem[],
  signal: AbortSignal,
): Promise<{ readonly path: RemotePath; readonly kind: 'file' | 'folder' } | undefined> {
  for (const item of items) {
    if (isOwnName(item, item.source, item.target)) continue;
    // Where stat is forbidden, the precondition of the write itself detects the conflict.
    const there = await statIfExists(item.to, item.target, signal, 'forbidden');
    if (there) return { path: item.target, kind: there.kind === 'folder' ? 'folder' : 'file' };
  }
  return undefined;
}

/** Whether a path is to get another spelling of its own name. */
function isOwnName({ from, to }: CopyItem, source: RemotePath, target: RemotePath): boolean {
  const { names } = to.capabilities;
  return from === to && matchKey(source, names) === matchKey(target, names);
}

/** Folders that no copied file brings about. */
async function makeEmptyFolders(
  item: CopyItem,
  tree: ItemTree,
  failures: FailureCollector,
  signal: AbortSignal,
): Promise<void> {
  const parents = new Set<RemotePath>();
  for (const path of [...tree.files.map((file) => file.path), ...tree.folders])
    for (let folder = parentPath(path); folder !== '' && !parents.has(folder); folder = parentPath(folder))
      parents.add(folder);
  for (const folder of tree.folders) {
    if (parents.has(folder)) continue;
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
  private readonly files: number;
  private readonly moving = new Map<FileWork, number>();
  private readonly tell: CopyItemsOptions['onProgress'];
  private filesDone = 0;
  private bytesDone = 0;

  constructor(works: readonly FileWork[], tell: CopyItemsOptions['onProgress']) {
    this.files = works.length;
    this.bytes = works.reduce((sum, { file }) => sum + file.size, 0);
    this.tell = tell;
  }

  of(work: FileWork, bytes: number): void {
    this.bytesDone += bytes - (this.moving.get(work) ?? 0);
    this.moving.set(work, bytes);
    this.report();
  }

  ended(work: FileWork): void {
    this.bytesDone += work.file.size - (this.moving.get(work) ?? 0);
    this.moving.delete(work);
    this.filesDone++;
    this.report(work.target);
  }

  private report(current?: RemotePath): void {
    const { files, filesDone, bytes, bytesDone } = this;
    this.tell?.({ files, filesDone, bytes, bytesDone, ...(current !== undefined && { current }) });
  }
}
