import { type BigIntStats, type Dirent, lstatSync } from 'node:fs';
import { lstat, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry, UnsupportedEntry, UnsupportedReason } from '../../remote/entry';
import type { RecursiveListOptions } from '../../remote/remote';
import { baseName, comparePaths, type RemotePath } from '../../remote/remotePath';
import type { HashCache } from './hashCache';
import { fileEntry } from './localEntry';
import { codeOf, errorAt, localError } from './localErrors';
import { identityOf } from './pathHandle';
import { directCalls } from './syncFileCalls';
import { hasTemporaryForm, isTemporary } from './temporaryNames';

/** Concurrent stats of a folder, and folders that a recursive listing reads ahead. */
const maxStatConcurrency = 64;
const maxFoldersAhead = 8;
/** Milliseconds of direct calls after which other tasks of the thread get a turn. */
const maxTurnMs = 8;

/** A folder's entry with its sort key; `identity` is the device and inode of a folder behind a link. */
type Child = { readonly entry: Entry; readonly order: string; readonly identity?: string };

/** Entries of one folder, page by page. */
export async function* listFolder(
  absolute: string,
  folder: RemotePath,
  namePrefix: string,
  pageSize: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Entry[]> {
  const names = await readNames(absolute, folder, signal);
  const items = names.filter(({ dirent }) => dirent.name.startsWith(namePrefix));
  const chain = items.some(({ dirent }) => dirent.isSymbolicLink()) ? await chainOf(absolute, folder) : [];
  for (let start = 0; start < items.length; start += pageSize) {
    const children = await statAll(
      items.slice(start, start + pageSize),
      absolute,
      folder,
      true,
      undefined,
      signal,
    );
    yield children.map(({ entry, identity }) =>
      entry.kind === 'folder' && identity !== undefined && chain.includes(identity)
        ? unusable(folder, entry.path, 'linkLoop')
        : entry,
    );
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

type ReadFolder = (absolute: string, folder: RemotePath) => Promise<readonly Child[]>;

interface OpenFolder {
  readonly absolute: string;
  readonly folder: RemotePath;
  /** Device and inode of this folder and its parents. */
  readonly chain: readonly string[];
  readonly children: readonly Child[];
  readonly ahead: Map<Child, Promise<readonly Child[]>>;
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
  const follow = options.followSymlinks ?? false;
  const known = options.knownHashes ? hashes : undefined;
  const read: ReadFolder = async (at, folder) => {
    // Each time, because another window may replace the file of the cache meanwhile.
    await known?.load();
    const items = await readNames(at, folder, signal);
    return (await statAll(items, at, folder, follow, known, signal)).sort((a, b) =>
      comparePaths(a.order, b.order),
    );
  };
  const isSkipped = (folder: RemotePath) => options.skipFolder?.(folder) ?? false;

  const identity = identityOf(await stat(absolute, { bigint: true }).catch(rethrow(absolute, top)));
  const opened = [openFolder(absolute, top, [identity], await read(absolute, top))];
  let batch: Entry[] = [];
  for (let current = opened.at(-1); current; current = opened.at(-1)) {
    const child = current.children[current.next++];
    if (!child) {
      opened.pop();
      continue;
    }
    const { entry } = child;
    if (entry.kind !== 'folder') batch.push(entry);
    else if (!isSkipped(entry.path)) {
      if (isLoop(child, current)) batch.push(unusable(current.folder, entry.path, 'linkLoop'));
      else {
        readAhead(current, isSkipped, read);
        const entered = await enter(current, child, entry.path, read);
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

function openFolder(
  absolute: string,
  folder: RemotePath,
  chain: readonly string[],
  children: readonly Child[],
): OpenFolder {
  return { absolute, folder, chain, children, ahead: new Map(), next: 0 };
}

/** Whether a folder behind a link is one of the folders above the link. */
function isLoop({ identity }: Child, { chain }: OpenFolder): boolean {
  return identity !== undefined && chain.includes(identity);
}

/** Starts reading the next folders, so that the disk works while entries are consumed. */
function readAhead(current: OpenFolder, isSkipped: (folder: RemotePath) => boolean, read: ReadFolder): void {
  let ahead = 0;
  const end = Math.min(current.children.length, current.next + 50);
  for (let i = current.next - 1; i < end && ahead < maxFoldersAhead; i++) {
    const child = current.children[i];
    if (child?.entry.kind !== 'folder' || isSkipped(child.entry.path) || isLoop(child, current)) continue;
    ahead++;
    if (current.ahead.has(child)) continue;
    const reading = read(childPath(current.absolute, child.entry.path), child.entry.path);
    // `enter` handles the error; without this it would be an unhandled rejection until then.
    reading.catch(() => {});
    current.ahead.set(child, reading);
  }
}

/** The opened folder, or its unsupported entry when it can't be read. */
async function enter(
  current: OpenFolder,
  child: Child,
  folder: RemotePath,
  read: ReadFolder,
): Promise<OpenFolder | UnsupportedEntry> {
  const absolute = childPath(current.absolute, folder);
  const reading = current.ahead.get(child) ?? read(absolute, folder);
  current.ahead.delete(child);
  try {
    const children = await reading;
    const chain = child.identity === undefined ? current.chain : [...current.chain, child.identity];
    return openFolder(absolute, folder, chain, children);
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

interface NamedItem {
  readonly dirent: Dirent;
  /** False when the name is not valid UTF-8, so that no path can address it. */
  readonly valid: boolean;
}

async function readNames(absolute: string, folder: RemotePath, signal: AbortSignal): Promise<NamedItem[]> {
  signal.throwIfAborted();
  const dirents = await readdir(absolute, { withFileTypes: true }).catch(rethrow(absolute, folder));
  const isDoubtful = ({ name }: Dirent) => name.includes('\ufffd');
  const valid = dirents.some(isDoubtful) ? await validNames(absolute, folder) : undefined;
  return dirents.map((dirent) => ({
    dirent,
    valid: !valid || !isDoubtful(dirent) || valid.has(dirent.name),
  }));
}

/** The names with valid UTF-8 bytes. A name may contain a real U+FFFD, or one that replaces invalid bytes. */
async function validNames(absolute: string, folder: RemotePath): Promise<Set<string>> {
  const names = await readdir(absolute, { encoding: 'buffer' }).catch(rethrow(absolute, folder));
  return new Set(names.filter((name) => Buffer.from(name.toString('utf8')).equals(name)).map(String));
}

/** Rethrows an error of listing `folder`, whose path is `absolute`. */
function rethrow(absolute: string, folder: RemotePath): (error: unknown) => never {
  return (error) => {
    throw errorAt(error, absolute, folder, "can't be listed");
  };
}

/**
 * Stats the items: by direct calls while the disk responds at once, which cost a tenth of calls in the thread pool; else there, with bounded
 * concurrency. Omits our temporary files.
 */
async function statAll(
  items: readonly NamedItem[],
  absolute: string,
  folder: RemotePath,
  follow: boolean,
  known: HashCache | undefined,
  signal: AbortSignal,
): Promise<Child[]> {
  const children: (Child | undefined)[] = new Array(items.length);
  const left: number[] = [];
  signal.throwIfAborted();
  let turnAt = performance.now();
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as NamedItem;
    const found = directCalls.isSlow
      ? 'ask'
      : directCalls.measure(() => childNow(item, absolute, folder, known));
    if (found === 'ask') left.push(i);
    else children[i] = found;
    if (i % 64 < 63 || performance.now() - turnAt < maxTurnMs) continue;
    await nextTurn();
    signal.throwIfAborted();
    turnAt = performance.now();
  }
  let next = 0;
  const work = async () => {
    while (next < left.length) {
      signal.throwIfAborted();
      const i = left[next++] as number;
      children[i] = await toChild(items[i] as NamedItem, absolute, folder, follow, known);
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxStatConcurrency, left.length) }, work));
  return children.filter((child) => child !== undefined);
}

/** The child by one direct call, or `ask` where that can't tell everything. */
function childNow(
  { dirent, valid }: NamedItem,
  absolute: string,
  folder: RemotePath,
  known: HashCache | undefined,
): Child | undefined | 'ask' {
  if (!valid || !dirent.isFile()) return 'ask';
  const { name } = dirent;
  try {
    const file = path.join(absolute, name);
    const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    if (!stats?.isFile() || !mayRead(stats)) return 'ask';
    if (isTemporary(name, stats)) return undefined;
    const entry = fileEntry(joined(folder, name), stats);
    return { entry: known?.withMd5(entry, file, stats.ctimeNs) ?? entry, order: name };
  } catch {
    return 'ask';
  }
}

/** The path of the entry `name` of a folder. */
function joined(folder: RemotePath, name: string): RemotePath {
  return (folder === '' ? name : `${folder}/${name}`) as RemotePath;
}

async function toChild(
  { dirent, valid }: NamedItem,
  absolute: string,
  folder: RemotePath,
  follow: boolean,
  known: HashCache | undefined,
): Promise<Child | undefined> {
  const { name } = dirent;
  const child = joined(folder, name);
  const not = (reason: UnsupportedReason, size?: number): Child => ({
    entry: unusable(folder, child, reason, size),
    order: name,
  });
  if (!valid) return not('invalidText');
  if (dirent.isDirectory() && !follow) return { entry: { kind: 'folder', path: child }, order: `${name}/` };
  const file = path.join(absolute, name);
  try {
    let stats = await lstat(file, { bigint: true });
    if (isTemporary(name, stats)) return undefined;
    if (stats.isSymbolicLink()) {
      if (!follow) return not('symlink');
      stats = await stat(file, { bigint: true });
    }
    if (stats.isDirectory())
      return { entry: { kind: 'folder', path: child }, order: `${name}/`, identity: identityOf(stats) };
    if (!stats.isFile()) return not('notRegular');
    if (!(await isReadable(file, stats))) return not('unreadable', Number(stats.size));
    const entry = fileEntry(child, stats);
    return { entry: known?.withMd5(entry, file, stats.ctimeNs) ?? entry, order: name };
  } catch (error) {
    switch (codeOf(error)) {
      case 'ELOOP':
        return not('linkLoop');
      case 'ENOENT':
        // Our temporary file was renamed meanwhile.
        if (hasTemporaryForm(name) && !dirent.isSymbolicLink()) return undefined;
        return not(dirent.isSymbolicLink() ? 'brokenLink' : 'unreadable');
      case 'EACCES':
      case 'EPERM':
      case 'ENOTDIR':
        return not('unreadable');
      default:
        throw localError(error, child, "can't be accessed");
    }
  }
}

/** The entry for `child`, the path of an entry of `folder` that is no usable file or folder. */
export function unusable(
  folder: RemotePath,
  child: RemotePath,
  reason: UnsupportedReason,
  size?: number,
): UnsupportedEntry {
  return {
    kind: 'unusable',
    folder,
    name: baseName(child),
    reason,
    protects: child,
    ...(size !== undefined && { size }),
  };
}

const groups = new Set(process.getgroups?.() ?? []);

/** Whether the mode of a file allows this process to read it. */
function mayRead(stats: BigIntStats): boolean {
  const mode = Number(stats.mode);
  // Most files are readable for all, and asking the system for the user takes a call for each file.
  if ((mode & 0o444) === 0o444) return true;
  const user = process.geteuid?.();
  if (user === undefined || user === 0) return true;
  const inGroup = Number(stats.gid) === process.getegid?.() || groups.has(Number(stats.gid));
  const bit = Number(stats.uid) === user ? 0o400 : inGroup ? 0o040 : 0o004;
  return (mode & bit) !== 0;
}

/** Whether this process may read the file. A mode that denies it may be overruled by an access list, so opening decides. */
async function isReadable(file: string, stats: BigIntStats): Promise<boolean> {
  if (mayRead(stats)) return true;
  try {
    await (await open(file, 'r')).close();
    return true;
  } catch {
    return false;
  }
}
