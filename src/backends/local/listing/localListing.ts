import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Entry, UnsupportedEntry } from '../../../remote/entry';
import type { RecursiveListOptions } from '../../../remote/remote';
import { baseName, comparePaths, type RemotePath } from '../../../remote/remotePath';
import type { HashCache } from '../hashCache';
import { codeOf } from '../localErrors';
import { identityOf } from '../pathHandle';
import { EntryReader, type FoundChild, pathIn, unusable } from './folderEntries';
import { type Item, readNames, rethrow } from './folderNames';

/** Folders that a recursive listing reads at once. */
const maxFoldersAhead = 8;
/** Plain files of a folder that are looked at together. In a folder with more, the others stay names until they are next. */
const portionLength = 1000;

/** Entries of one folder, page by page. */
export async function* listFolder(
  absolute: string,
  folder: RemotePath,
  namePrefix: string,
  pageSize: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Entry[]> {
  const names = await readNames(absolute, folder, signal);
  const items = names.filter(({ name }) => name.startsWith(namePrefix));
  const chain = items.some(({ kind }) => kind === 'link') ? await chainOf(absolute, folder) : [];
  const reader = new EntryReader(true, undefined, signal);
  for (let start = 0; start < items.length; start += pageSize) {
    const children = await reader.look(items.slice(start, start + pageSize), absolute, folder);
    const entries: Entry[] = [];
    for (const child of children) {
      if (!child) continue;
      const { entry, identity } = child;
      const isLoop = entry.kind === 'folder' && identity !== undefined && chain.includes(identity);
      entries.push(isLoop ? unusable(folder, entry.path, 'linkLoop') : entry);
    }
    yield entries;
  }
}

/** Device and inode of `folder` and its parents up to the root. A link to one of them would loop. */
async function chainOf(absolute: string, folder: RemotePath): Promise<string[]> {
  const chain: string[] = [];
  let at = absolute;
  for (let depth = folder === '' ? 0 : folder.split('/').length; depth >= 0; depth--) {
    chain.push(identityOf(await stat(at, { bigint: true }).catch(rethrow(absolute, folder))));
    at = path.dirname(at);
  }
  return chain;
}

/** An entry of a folder, or the name of a plain file that nobody has looked at. */
type Child = FoundChild | { readonly entry: undefined; readonly order: string };

/** A folder whose entries are being listed. */
interface OpenFolder {
  readonly absolute: string;
  readonly folder: RemotePath;
  /** Device and inode of this folder and its parents. */
  readonly chain: readonly string[];
  /** In order. Undefined once it is listed, or when it is gone. */
  readonly children: (Child | undefined)[];
  readonly ahead: Map<Child, Promise<(Child | undefined)[]>>;
  next: number;
}

/** Every file and unsupported entry below `top`, in batches, in the order of `comparePaths` over whole paths. */
export async function* listRecursive(
  absolute: string,
  top: RemotePath,
  options: RecursiveListOptions,
  batchSize: number,
  hashes: HashCache | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly Entry[]> {
  const known = options.knownHashes ? hashes : undefined;
  const reader = new FolderReader(new EntryReader(options.followSymlinks ?? false, known, signal), signal);
  const isSkipped = (folder: RemotePath) => options.skipFolder?.(folder) ?? false;

  const identity = identityOf(await stat(absolute, { bigint: true }).catch(rethrow(absolute, top)));
  const opened = [openFolder(absolute, top, [identity], await reader.read(absolute, top))];
  let batch: Entry[] = [];
  for (let current = opened.at(-1); current; current = opened.at(-1)) {
    const { children, next } = current;
    if (next >= children.length) {
      opened.pop();
      continue;
    }
    const child = children[next];
    if (child && !child.entry) {
      await reader.lookFrom(next, children, current.absolute, current.folder);
      continue;
    }
    // A large folder is not kept as a whole.
    children[next] = undefined;
    current.next++;
    if (!child) continue;
    const { entry } = child;
    if (entry.kind !== 'folder') batch.push(entry);
    else if (!isSkipped(entry.path)) {
      if (isLoop(child, current)) batch.push(unusable(current.folder, entry.path, 'linkLoop'));
      else {
        const reading = reader.ahead(current, child, entry.path);
        readAhead(current, isSkipped, reader);
        const entered = await enter(current, child, entry.path, reading);
        if ('kind' in entered) batch.push(entered);
        else opened.push(entered);
      }
    }
    if (batch.length >= batchSize) {
      yield batch;
      batch = [];
      signal.throwIfAborted();
    }
  }
  if (batch.length > 0) yield batch;
}

class FolderReader {
  constructor(
    private readonly entries: EntryReader,
    private readonly signal: AbortSignal,
  ) {}

  /** The content of a folder, in order. */
  async read(absolute: string, folder: RemotePath): Promise<(Child | undefined)[]> {
    const items = await readNames(absolute, folder, this.signal);
    const children: Child[] = [];
    // A folder has another place in the order than a file of its name, and only a look at a link tells what it leads to.
    const others: Item[] = [];
    for (const item of items)
      if (item.kind === 'file') children.push({ entry: undefined, order: item.name });
      else others.push(item);
    for (const child of await this.entries.look(others, absolute, folder)) if (child) children.push(child);
    children.sort((a, b) => comparePaths(a.order, b.order));
    return this.lookFrom(0, children, absolute, folder);
  }

  /** Looks at a portion of the plain files from number `next` on that nobody has looked at. Returns `children`. */
  async lookFrom(
    next: number,
    children: (Child | undefined)[],
    absolute: string,
    folder: RemotePath,
  ): Promise<(Child | undefined)[]> {
    const places: number[] = [];
    const items: Item[] = [];
    for (let i = next; i < children.length && items.length < portionLength; i++) {
      const child = children[i];
      if (!child || child.entry) continue;
      places.push(i);
      items.push({ name: child.order, kind: 'file' });
    }
    const found = await this.entries.look(items, absolute, folder);
    for (let i = 0; i < items.length; i++)
      children[places[i] as number] = inItsPlace(found[i], items[i] as Item, folder);
    return children;
  }

  /** Starts reading a child of an open folder, unless that is under way. */
  ahead({ absolute, ahead }: OpenFolder, child: Child, folder: RemotePath): Promise<(Child | undefined)[]> {
    const started = ahead.get(child);
    if (started !== undefined) return started;
    const reading = this.read(childPath(absolute, folder), folder);
    // `enter` handles the error; without this it would be an unhandled rejection until then.
    reading.catch(() => {});
    ahead.set(child, reading);
    return reading;
  }
}

/** What was found under the name of a plain file. What became a folder belongs elsewhere in the order, so its content counts as unknown. */
function inItsPlace(
  found: FoundChild | undefined,
  { name }: Item,
  folder: RemotePath,
): FoundChild | undefined {
  if (!found || found.order === name) return found;
  return { entry: unusable(folder, pathIn(folder, name), 'unreadable'), order: name };
}

function openFolder(
  absolute: string,
  folder: RemotePath,
  chain: readonly string[],
  children: (Child | undefined)[],
): OpenFolder {
  return { absolute, folder, chain, children, ahead: new Map(), next: 0 };
}

/** Whether a folder behind a link is one of the folders above the link. */
function isLoop(child: Child, { chain }: OpenFolder): boolean {
  return child.entry !== undefined && child.identity !== undefined && chain.includes(child.identity);
}

/** Starts reading the next folders, so that the disk works while entries are consumed. */
function readAhead(
  current: OpenFolder,
  isSkipped: (folder: RemotePath) => boolean,
  reader: FolderReader,
): void {
  // One more is being entered.
  let ahead = 1;
  const end = Math.min(current.children.length, current.next + 49);
  for (let i = current.next; i < end && ahead < maxFoldersAhead; i++) {
    const child = current.children[i];
    if (child?.entry?.kind !== 'folder' || isSkipped(child.entry.path) || isLoop(child, current)) continue;
    ahead++;
    // `enter` awaits it.
    void reader.ahead(current, child, child.entry.path);
  }
}

/** The opened folder, or its unsupported entry when it can't be read. */
async function enter(
  current: OpenFolder,
  child: FoundChild,
  folder: RemotePath,
  reading: Promise<(Child | undefined)[]>,
): Promise<OpenFolder | UnsupportedEntry> {
  current.ahead.delete(child);
  try {
    const children = await reading;
    const chain = child.identity === undefined ? current.chain : [...current.chain, child.identity];
    return openFolder(childPath(current.absolute, folder), folder, chain, children);
  } catch (error) {
    // A missing or unreadable folder is unknown, so its counterpart must stay (H2, H20). Other errors end the listing.
    const code = codeOf((error as Error).cause ?? error);
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT' || code === 'ENOTDIR')
      return unusable(current.folder, folder, 'unreadable');
    throw error;
  }
}

function childPath(absolute: string, child: RemotePath): string {
  return path.join(absolute, baseName(child));
}
