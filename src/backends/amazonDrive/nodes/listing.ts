import type { Entry, UnsupportedEntry, UnsupportedReason } from '../../../remote/entry';
import { RetryablePages } from '../../../remote/pages';
import type { ListOptions, RecursiveListOptions } from '../../../remote/remote';
import { isRemoteError } from '../../../remote/remoteError';
import { baseName, comparePaths, parentPath, type RemotePath } from '../../../remote/remotePath';
import { type DriveNode, fileEntry, isAvailable } from '../api/driveNode';
import { keyOf } from '../paths/pathKey';
import { FolderNodes } from './folderNodes';
import type { DriveSession } from './session';

/** Folders that a recursive listing fetches ahead, as many as rclone lists concurrently. */
const foldersAhead = 8;
/** Entries in a page of a recursive listing. */
const batchSize = 1000;

/**
 * One folder, page by page, by the query that rclone sends (docs/amazon-drive-api.md §4). When the page token expires the listing
 * starts over and skips the nodes that it has returned.
 */
export function listFolder(
  session: DriveSession,
  folder: RemotePath,
  options: ListOptions,
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const reading = new FolderNodes(session, folder, options, true, signal);
  const names = new Set<string>();
  return new RetryablePages<readonly Entry[]>(async () => {
    signal.throwIfAborted();
    const nodes = await reading.next();
    if (!nodes) return { done: true, value: undefined };
    const entries: Entry[] = [];
    for (const node of nodes) {
      const entry = entryOf(session, folder, node);
      const name = nameOf(entry);
      if (!name.startsWith(options.namePrefix ?? '')) continue;
      const isDuplicate = names.has(keyOf(name));
      names.add(keyOf(name));
      entries.push(isDuplicate ? unusable(folder, name, 'duplicateName', node) : entry);
      if (!isDuplicate) learn(session, entry, node);
    }
    return { done: false, value: entries };
  });
}

/**
 * Every file below a folder in the order of `comparePaths` over whole paths. Folders are listed ahead, several concurrently. A folder that
 * disappeared since its parent was listed is unsupported, because its content is unknown.
 */
export function listBelow(
  session: DriveSession,
  folder: RemotePath,
  options: RecursiveListOptions,
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const readings = new Map<RemotePath, WholeFolder>();
  const reading = (path: RemotePath): WholeFolder => {
    let found = readings.get(path);
    if (!found) {
      // This listing has just shown the folders below in their places.
      found = new WholeFolder(session, path, path === folder, signal);
      readings.set(path, found);
    }
    return found;
  };
  const isEntered = (entry: Entry | undefined): entry is Entry & { kind: 'folder' } =>
    entry?.kind === 'folder' && !options.skipFolder?.(entry.path);
  const open: { readonly entries: readonly Entry[]; next: number }[] = [];
  let started = false;

  function readAhead({ entries, next }: { readonly entries: readonly Entry[]; readonly next: number }): void {
    let ahead = 0;
    for (let i = next; i < entries.length && ahead < foldersAhead; i++) {
      const entry = entries[i];
      if (!isEntered(entry)) continue;
      ahead++;
      // Nobody awaits the listing yet. `entriesIfThere` throws the error later.
      reading(entry.path)
        .entries()
        .catch(() => {});
    }
  }

  return new RetryablePages<readonly Entry[]>(async () => {
    signal.throwIfAborted();
    if (!started) {
      open.push({ entries: await reading(folder).entries(), next: 0 });
      started = true;
    }
    const batch: Entry[] = [];
    for (let current = open.at(-1); current && batch.length < batchSize; current = open.at(-1)) {
      const entry = current.entries[current.next];
      if (entry === undefined) open.pop();
      else if (!isEntered(entry)) {
        if (entry.kind !== 'folder') batch.push(entry);
        current.next++;
      } else {
        // Returns the batch before it waits, so that an error of the folder loses no entries.
        if (batch.length > 0 && !reading(entry.path).isComplete) break;
        readAhead(current);
        const below = await reading(entry.path).entriesIfThere();
        readings.delete(entry.path);
        current.next++;
        if (below) open.push({ entries: below, next: 0 });
        else batch.push(unusable(parentPath(entry.path), baseName(entry.path), 'unreadable'));
      }
    }
    return open.length === 0 && batch.length === 0
      ? { done: true, value: undefined }
      : { done: false, value: batch };
  });
}

/** All entries of one folder, in the order of whole paths. After a failure the next call continues at the failed page. */
class WholeFolder {
  private readonly nodes: DriveNode[] = [];
  private readonly reading: FolderNodes;
  private pending: Promise<readonly Entry[]> | undefined;
  isComplete = false;

  constructor(
    private readonly session: DriveSession,
    private readonly folder: RemotePath,
    isTop: boolean,
    signal: AbortSignal,
  ) {
    this.reading = new FolderNodes(session, folder, {}, isTop, signal);
  }

  entries(): Promise<readonly Entry[]> {
    this.pending ??= this.read().catch((error: unknown) => {
      this.pending = undefined;
      throw error;
    });
    return this.pending;
  }

  /** Undefined when the folder has disappeared. */
  async entriesIfThere(): Promise<readonly Entry[] | undefined> {
    try {
      return await this.entries();
    } catch (error) {
      if (isRemoteError(error, 'notFound', 'notAFolder')) return undefined;
      throw error;
    }
  }

  private async read(): Promise<readonly Entry[]> {
    for (let page = await this.reading.next(); page; page = await this.reading.next())
      this.nodes.push(...page);
    const byName = new Map<string, { readonly entry: Entry; readonly node: DriveNode }[]>();
    for (const node of this.nodes) {
      const entry = entryOf(this.session, this.folder, node);
      const key = keyOf(nameOf(entry));
      byName.set(key, [...(byName.get(key) ?? []), { entry, node }]);
    }
    const entries: Entry[] = [];
    for (const group of byName.values())
      for (const { entry, node } of group) {
        const isAlone = group.length === 1;
        if (isAlone) learn(this.session, entry, node);
        entries.push(isAlone ? entry : unusable(this.folder, nameOf(entry), 'duplicateName', node));
      }
    const order = (entry: Entry) => (entry.kind === 'folder' ? `${nameOf(entry)}/` : nameOf(entry));
    const sorted = entries
      .map((entry) => [order(entry), entry] as const)
      .sort((a, b) => comparePaths(a[0], b[0]))
      .map(([, entry]) => entry);
    this.isComplete = true;
    return sorted;
  }
}

function entryOf({ names }: DriveSession, folder: RemotePath, node: DriveNode): Entry {
  const found = names.pathName(node.name ?? '');
  if ('problem' in found) return unusable(folder, found.shown, found.problem, node);
  const path = joined(folder, found.name);
  if (node.kind === 'FOLDER') return { kind: 'folder', path };
  const file = isAvailable(node) ? fileEntry(path, node) : undefined;
  // The service still processes its content.
  return file ?? unusable(folder, found.name, 'unreadable', node);
}

function learn({ cache }: DriveSession, entry: Entry, node: DriveNode): void {
  if (entry.kind !== 'unusable') cache.learn(entry.path, node);
}

function unusable(
  folder: RemotePath,
  name: string,
  reason: UnsupportedReason,
  node?: Pick<DriveNode, 'size'>,
): UnsupportedEntry {
  return {
    kind: 'unusable',
    folder,
    name,
    reason,
    protects: joined(folder, name),
    ...(node?.size !== undefined && { size: node.size }),
  };
}

/** Faster than `joinPath`: `name` is known to be one valid part of a path. */
function joined(folder: RemotePath, name: string): RemotePath {
  return (folder === '' ? name : `${folder}/${name}`) as RemotePath;
}

function nameOf(entry: Entry): string {
  return entry.kind === 'unusable' ? entry.name : baseName(entry.path);
}
