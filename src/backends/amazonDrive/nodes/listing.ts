import { matchKey } from '../../../remote/capabilities';
import type { Entry, UnsupportedEntry, UnsupportedReason } from '../../../remote/entry';
import { RetryablePages } from '../../../remote/pages';
import type { ListOptions, RecursiveListOptions } from '../../../remote/remote';
import { isRemoteError } from '../../../remote/remoteError';
import { baseName, comparePaths, type RemotePath } from '../../../remote/remotePath';
import { type DriveNode, fileEntry, isAvailable } from '../api/driveNode';
import { FolderNodes, type ListingContext } from './folderNodes';
import { nameRules } from './nodeCache';

/** Folders read ahead while a deep listing goes on, as many as rclone lists at once. */
const foldersAhead = 8;
/** Entries handed out at once by a deep listing. */
const batchSize = 1000;

/**
 * One folder, page by page, in the form that rclone asks for it (API page §4.7). What the index shows is held against what was asked (§4.14).
 * A page token that became too old makes the listing begin again, without what was given already; nothing is lost or doubled by that.
 */
export function listFolder(
  context: ListingContext,
  folder: RemotePath,
  options: ListOptions,
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const reading = new FolderNodes(context, folder, options, true, signal);
  const taken = new Map<string, DriveNode>();
  return new RetryablePages<readonly Entry[]>(async () => {
    signal.throwIfAborted();
    const nodes = await reading.next();
    if (!nodes) return { done: true, value: undefined };
    const entries: Entry[] = [];
    for (const node of nodes) {
      const entry = entryOf(context, folder, node);
      const name = nameOf(entry);
      if (!name.startsWith(options.namePrefix ?? '')) continue;
      const twin = taken.get(foldedName(name));
      taken.set(foldedName(name), node);
      entries.push(twin ? unusable(folder, name, 'duplicateName', node) : entry);
      if (!twin) learn(context, entry, node);
    }
    return { done: false, value: entries };
  });
}

/**
 * Every file below a folder in the order of `comparePaths` over whole paths. Several folders are listed at once, ahead of where the
 * listing is. A folder that went away since its parent was listed is unusable: what was in it is not known.
 */
export function listBelow(
  context: ListingContext,
  folder: RemotePath,
  options: RecursiveListOptions,
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const readings = new Map<RemotePath, WholeFolder>();
  const reading = (path: RemotePath): WholeFolder => {
    let found = readings.get(path);
    if (!found) {
      // What is below was seen in its place by this very listing.
      found = new WholeFolder(context, path, path === folder, signal);
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
      // Whoever comes to it hears the error; until then it is not unhandled.
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
        // Handed out before anything is waited for: should that fail, nothing of the batch is lost.
        if (batch.length > 0 && !reading(entry.path).isWhole) break;
        readAhead(current);
        const below = await reading(entry.path).entriesIfThere();
        readings.delete(entry.path);
        current.next++;
        if (below) open.push({ entries: below, next: 0 });
        else batch.push(unusable(folderOf(entry.path), baseName(entry.path), 'unreadable'));
      }
    }
    return open.length === 0 && batch.length === 0
      ? { done: true, value: undefined }
      : { done: false, value: batch };
  });
}

/** All entries of one folder, sorted as whole paths sort. What failed is asked for again where it failed. */
class WholeFolder {
  private readonly nodes: DriveNode[] = [];
  private readonly reading: FolderNodes;
  private pending: Promise<readonly Entry[]> | undefined;
  isWhole = false;

  constructor(
    private readonly context: ListingContext,
    private readonly folder: RemotePath,
    isTop: boolean,
    signal: AbortSignal,
  ) {
    this.reading = new FolderNodes(context, folder, {}, isTop, signal);
  }

  entries(): Promise<readonly Entry[]> {
    this.pending ??= this.read().catch((error: unknown) => {
      this.pending = undefined;
      throw error;
    });
    return this.pending;
  }

  /** Undefined when the folder is not there any more. */
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
      const entry = entryOf(this.context, this.folder, node);
      const key = foldedName(nameOf(entry));
      byName.set(key, [...(byName.get(key) ?? []), { entry, node }]);
    }
    const entries: Entry[] = [];
    for (const group of byName.values())
      for (const { entry, node } of group) {
        const isAlone = group.length === 1;
        if (isAlone) learn(this.context, entry, node);
        entries.push(isAlone ? entry : unusable(this.folder, nameOf(entry), 'duplicateName', node));
      }
    const order = (entry: Entry) => (entry.kind === 'folder' ? `${nameOf(entry)}/` : nameOf(entry));
    const sorted = entries
      .map((entry) => [order(entry), entry] as const)
      .sort((a, b) => comparePaths(a[0], b[0]))
      .map(([, entry]) => entry);
    this.isWhole = true;
    return sorted;
  }
}

function entryOf({ names }: ListingContext, folder: RemotePath, node: DriveNode): Entry {
  const found = names.pathName(node.name ?? '');
  if ('problem' in found) return unusable(folder, found.shown, found.problem, node);
  const path = joined(folder, found.name);
  if (node.kind === 'FOLDER') return { kind: 'folder', path };
  const file = isAvailable(node) ? fileEntry(path, node) : undefined;
  // Its content has not come yet; by then it may be what it is compared with.
  return file ?? unusable(folder, found.name, 'unreadable', node);
}

function learn({ ids }: ListingContext, entry: Entry, node: DriveNode): void {
  if (entry.kind !== 'unusable') ids.learn(entry.path, node);
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

/** `name` is one part of a path, and no other can come of what the service calls things. */
function joined(folder: RemotePath, name: string): RemotePath {
  return (folder === '' ? name : `${folder}/${name}`) as RemotePath;
}

function folderOf(path: RemotePath): RemotePath {
  return path.slice(0, Math.max(0, path.length - baseName(path).length - 1)) as RemotePath;
}

function nameOf(entry: Entry): string {
  return entry.kind === 'unusable' ? entry.name : baseName(entry.path);
}

function foldedName(name: string): string {
  return matchKey(name, nameRules);
}
