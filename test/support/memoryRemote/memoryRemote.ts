import { systemClock } from '../../../src/base/clock';
import { type Capabilities, matchKey, nameProblem } from '../../../src/remote/capabilities';
import { type Entry, type FileEntry, type FolderEntry, isSameFile } from '../../../src/remote/entry';
import { type Instant, instantFromMs } from '../../../src/remote/modifiedTime';
import { pagesByCursor } from '../../../src/remote/pages';
import type { ByteSource, FileFacts, ListOptions, Precondition, Remote } from '../../../src/remote/remote';
import { RemoteError } from '../../../src/remote/remoteError';
import {
  baseName,
  comparePaths,
  isWithin,
  parentPath,
  parsePath,
  type RemotePath,
  rootPath,
} from '../../../src/remote/remotePath';
import { collect, cut, md5, type Strike, slice, streamOf } from './memoryBody';
import {
  type MemoryCall,
  type MemoryFacts,
  type MemoryFailure,
  type MemoryOperation,
  type MemoryOptions,
  meets,
} from './memoryOptions';
import { firstParts, isSkipped } from './memoryPaths';

/** A store in memory that keeps the whole contract of Remote, and lets tests see and change its content. */
export interface MemoryRemote extends Remote {
  /** Puts a file there without a request, as someone else would. */
  put(path: string, content: string | Uint8Array, facts?: MemoryFacts): FileEntry;
  /** Removes a file without a request. */
  drop(path: string): void;
  content(path: string): Buffer | undefined;
  text(path: string): string | undefined;
  attributes(path: string): Readonly<Record<string, string>> | undefined;
  /** Every file's path, sorted. */
  paths(): string[];
  /** Every request so far. */
  readonly calls: readonly MemoryCall[];
  count(operation: MemoryOperation): number;
  fail(failure: MemoryFailure): void;
}

interface Stored {
  readonly path: RemotePath;
  readonly content: Buffer;
  readonly modified: Instant | undefined;
  readonly serverModified: Instant;
  readonly version: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly readonly: string | undefined;
  md5?: string;
}

/** A new, empty store. */
export function createMemoryRemote(options: MemoryOptions = {}): MemoryRemote {
  const clock = options.clock ?? systemClock;
  const precision = options.timePrecisionNs ?? 1;
  const hasDirectories = options.hasDirectories ?? true;
  const knowsMd5 = options.knowsMd5 ?? true;
  const listsMd5 = knowsMd5 && (options.listsMd5 ?? true);
  const listsModified = options.listsModified ?? true;
  const capabilities: Capabilities = {
    timePrecisionNs: precision,
    listsModified: precision !== 'none' && listsModified,
    hash: knowsMd5 ? 'md5' : 'none',
    names: {
      caseSensitive: !options.caseInsensitive,
      foldsUnicode: options.foldsUnicode ?? false,
      forbids: options.forbids ?? 'nothing',
    },
    preconditions: 'atomic',
    hasDirectories,
    keepsAttributes: true,
    manyClients: true,
  };
  const files = new Map<string, Stored>();
  const folders = new Map<string, RemotePath>();
  const failures = [...(options.failures ?? [])];
  const calls: MemoryCall[] = [];
  const counts = new Map<MemoryOperation, number>();
  let versions = 0;
  const key = (path: string) => matchKey(path, capabilities.names);
  const within = (path: string, folder: string) =>
    isWithin(key(path) as RemotePath, key(folder) as RemotePath);

  /** Counts a request and resolves to its injected failure. Throws a failure that comes before any effect. */
  async function request(operation: MemoryOperation, path: RemotePath, signal: AbortSignal): Promise<Strike> {
    signal.throwIfAborted();
    const call: MemoryCall = { operation, path, nth: (counts.get(operation) ?? 0) + 1 };
    counts.set(operation, call.nth);
    calls.push(call);
    if (options.latencyMs) await clock.wait(options.latencyMs, signal);
    const failure = failures.find(({ when }) => meets(call, when));
    if (!failure) return undefined;
    const error = typeof failure.error === 'function' ? failure.error(call) : failure.error;
    if (failure.at === undefined || failure.at === 'before') throw error;
    return { at: failure.at, error };
  }

  /** Makes a request whose effect is `act`; a failure that is left then loses the response. */
  async function requested<T>(
    operation: MemoryOperation,
    path: RemotePath,
    signal: AbortSignal,
    act: () => T,
  ): Promise<T> {
    const failure = await request(operation, path, signal);
    const result = act();
    if (failure) throw failure.error;
    return result;
  }

  function entryOf(file: Stored, exact: boolean): FileEntry {
    const modified = exact || listsModified ? file.modified : undefined;
    if (knowsMd5) file.md5 ??= md5(file.content);
    const known = exact ? knowsMd5 : listsMd5;
    return {
      kind: 'file',
      path: file.path,
      size: file.content.length,
      ...(modified && { modified }),
      serverModified: file.serverModified,
      ...(known && file.md5 !== undefined && { md5: file.md5 }),
      version: file.version,
      ...(file.readonly !== undefined && { readonly: file.readonly }),
      ...((exact || (listsModified && listsMd5 === knowsMd5)) && { exact: true }),
    };
  }

  function folderAt(path: RemotePath): FolderEntry | undefined {
    if (path === '') return { kind: 'folder', path };
    const made = folders.get(key(path));
    if (made !== undefined) return { kind: 'folder', path: made };
    const below = `${key(path)}/`;
    const depth = path.split('/').length;
    for (const [k, { path: file }] of files)
      if (k.startsWith(below)) return { kind: 'folder', path: firstParts(file, depth) };
    for (const [k, folder] of folders)
      if (k.startsWith(below)) return { kind: 'folder', path: firstParts(folder, depth) };
    return undefined;
  }

  function fileAt(path: RemotePath): Stored {
    const file = files.get(key(path));
    if (file) return file;
    if (folderAt(path)) throw new RemoteError('isAFolder', `"${path}" is a folder.`);
    throw new RemoteError('notFound', `There is no "${path}".`);
  }

  function check(precondition: Precondition, path: RemotePath): void {
    const now = files.get(key(path));
    if (precondition.kind === 'ifAbsent' && now)
      throw new RemoteError('alreadyExists', `"${path}" already exists.`);
    if (precondition.kind === 'ifMatch' && !(now && isSameFile(precondition.entry, entryOf(now, true))))
      throw new RemoteError('changed', `"${path}" is no longer what it was.`);
  }

  function checkPlace(path: RemotePath): void {
    const problem = path === '' ? 'is the root' : nameProblem(path, capabilities.names);
    if (problem) throw new RemoteError('badName', `"${path}" ${problem}.`);
    if (!hasDirectories) return;
    if (folderAt(path)) throw new RemoteError('isAFolder', `"${path}" is a folder.`);
    makeFolders(parentPath(path));
  }

  function makeFolders(path: RemotePath): void {
    for (let folder = path; folder !== ''; folder = parentPath(folder)) {
      if (files.has(key(folder)))
        throw new RemoteError('alreadyExists', `"${folder}" is a file, so no folder can be made there.`);
      if (!folders.has(key(folder))) folders.set(key(folder), folder);
    }
  }

  function store(
    path: RemotePath,
    content: Buffer,
    modified: Instant | undefined,
    rest: { attributes?: Readonly<Record<string, string>>; readonly?: string | undefined } = {},
  ): Stored {
    const serverModified = instantFromMs(clock.now());
    const file: Stored = {
      // A store that folds names keeps the spelling it has.
      path: files.get(key(path))?.path ?? path,
      content,
      modified: precision === 'none' ? undefined : cut(modified ?? serverModified, precision),
      serverModified,
      version: `v${++versions}`,
      attributes: rest.attributes ?? {},
      readonly: rest.readonly,
    };
    files.set(key(path), file);
    return file;
  }

  function remove(path: RemotePath): void {
    files.delete(key(path));
  }

  /** Names right below `folder`, files and folders, in the order of their bytes. */
  function children(folder: RemotePath, namePrefix: string): Entry[] {
    const below = folder === '' ? '' : `${key(folder)}/`;
    const found = new Map<string, Entry>();
    const depth = folder === '' ? 1 : folder.split('/').length + 1;
    for (const [k, path] of [...folders, ...[...files].map(([k, f]) => [k, f.path] as const)]) {
      if (!k.startsWith(below) || k === below) continue;
      const child = firstParts(path, depth);
      if (!baseName(child).startsWith(namePrefix)) continue;
      const file = child === path ? files.get(k) : undefined;
      const id = file ? child : `${child}/`;
      if (!found.has(id)) found.set(id, file ? entryOf(file, false) : { kind: 'folder', path: child });
    }
    return [...found].sort((a, b) => comparePaths(a[0], b[0])).map(([, entry]) => entry);
  }

  function checkFolder(folder: RemotePath): void {
    if (!hasDirectories || folderAt(folder)) return;
    if (files.has(key(folder))) throw new RemoteError('notAFolder', `"${folder}" is a file.`);
    throw new RemoteError('notFound', `There is no folder "${folder}".`);
  }

  /** Pages of what `all` lists at the first request; each page may fail or take time. */
  function paged(
    operation: MemoryOperation,
    folder: RemotePath,
    size: number,
    signal: AbortSignal,
    all: () => Entry[],
  ) {
    let entries: Entry[] | undefined;
    return pagesByCursor<readonly Entry[], number>(async (start = 0) => {
      await requested(operation, folder, signal, () => checkFolder(folder));
      entries ??= all();
      const next = start + size;
      return { value: entries.slice(start, next), next: next < entries.length ? next : undefined };
    });
  }

  async function put(
    path: RemotePath,
    body: ByteSource,
    facts: FileFacts,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    const failure = await request('write', path, signal);
    const content = await collect(body, facts, failure, signal);
    if (content.length !== body.size || (body.md5 ?? md5(content)) !== md5(content))
      throw new RemoteError(
        'corrupted',
        `The content for "${path}" does not have the expected length or MD5.`,
      );
    signal.throwIfAborted();
    check(precondition, path);
    checkPlace(path);
    const attributes = {
      ...facts.attributes?.headers,
      ...facts.attributes?.metadata,
      ...(facts.keepAttributes && files.get(key(path))?.attributes),
      ...(facts.contentType !== undefined && { contentType: facts.contentType }),
    };
    const file = store(path, content, facts.modified, { attributes });
    if (failure) throw failure.error;
    return entryOf(file, true);
  }

  function copyTo(source: FileEntry, to: RemotePath, precondition: Precondition): FileEntry {
    const from = fileAt(source.path);
    check({ kind: 'ifMatch', entry: source }, source.path);
    check(precondition, to);
    checkPlace(to);
    return entryOf(store(to, from.content, from.modified, { attributes: from.attributes }), true);
  }

  /** Removes a folder and its content, or moves them to `to`. */
  function takeFolder(folder: RemotePath, to: RemotePath | undefined): void {
    if (!folderAt(folder)) throw new RemoteError('notFound', `There is no folder "${folder}".`);
    if (to !== undefined && key(to) !== key(folder) && (files.has(key(to)) || folderAt(to)))
      throw new RemoteError('alreadyExists', `"${to}" already exists.`);
    const moved = (path: RemotePath) => `${to}${path.slice(folder.length)}` as RemotePath;
    const inFiles = [...files].filter(([, { path }]) => within(path, folder));
    const inFolders = [...folders].filter(([, path]) => within(path, folder));
    for (const [k] of inFiles) files.delete(k);
    for (const [k] of inFolders) folders.delete(k);
    if (to === undefined) return;
    makeFolders(parentPath(to));
    for (const [, path] of inFolders) folders.set(key(moved(path)), moved(path));
    for (const [, file] of inFiles)
      files.set(key(moved(file.path)), { ...file, path: moved(file.path), version: `v${++versions}` });
  }

  const remote: MemoryRemote = {
    capabilities,

    list(folder, { namePrefix = '', pageSize = Number.POSITIVE_INFINITY }: ListOptions, signal) {
      const size = Math.min(pageSize, options.pageSize ?? 1000);
      return paged('list', folder, size, signal, () => children(folder, namePrefix));
    },

    listRecursive: (folder, deep, signal) =>
      paged('listRecursive', folder, options.pageSize ?? 1000, signal, () => {
        const isListed = ({ path }: Stored) => path !== folder && within(path, folder);
        const found = [...files.values()]
          .filter((file) => isListed(file) && !isSkipped(file.path, folder, deep.skipFolder))
          .sort((a, b) => comparePaths(a.path, b.path));
        if (options.unordered && found.length > 1)
          found.push(...found.splice(0, Math.ceil(found.length / 2)));
        return found.map((file) => entryOf(file, false));
      }),

    stat: (path, signal) =>
      requested('stat', path, signal, () => {
        const folder = files.has(key(path)) ? undefined : folderAt(path);
        return folder ?? entryOf(fileAt(path), true);
      }),

    async read(path, { range, expected }, signal) {
      const failure = await request('read', path, signal);
      if (failure?.at === 'after') throw failure.error;
      const file = fileAt(path);
      if (expected) check({ kind: 'ifMatch', entry: expected }, path);
      const stream = streamOf(slice(file.content, range), failure, signal);
      const attributes = { headers: {}, metadata: file.attributes };
      return { stream, entry: entryOf(file, true), attributes };
    },

    write: put,

    removeFile: (path, precondition, signal) =>
      requested('removeFile', path, signal, () => {
        fileAt(path);
        check(precondition, path);
        remove(path);
      }),

    removeFiles: (paths, signal) =>
      requested('removeFiles', paths[0] ?? rootPath, signal, () => {
        for (const path of paths) remove(path);
        return new Map();
      }),

    makeFolder: (path, signal) =>
      requested('makeFolder', path, signal, () => {
        const problem = nameProblem(path, capabilities.names);
        if (problem) throw new RemoteError('badName', `"${path}" ${problem}.`);
        makeFolders(path);
      }),

    removeFolder: (path, signal) =>
      requested('removeFolder', path, signal, () => {
        if (hasDirectories && files.has(key(path)))
          throw new RemoteError('notAFolder', `"${path}" is a file.`);
        if (!folderAt(path)) throw new RemoteError('notFound', `There is no folder "${path}".`);
        if (children(path, '').length > 0)
          throw new RemoteError('notEmpty', `The folder "${path}" is not empty.`);
        folders.delete(key(path));
      }),

    serverSideCopy: (source, to, precondition, signal) =>
      requested('serverSideCopy', to, signal, () => copyTo(source, to, precondition)),

    serverSideMove: (source, to, precondition, signal) =>
      requested('serverSideMove', to, signal, () => {
        const moved = copyTo(source, to, precondition);
        if (key(source.path) !== key(to)) remove(source.path);
        return moved;
      }),

    ...(options.wholeFolders && {
      serverSideMoveFolder: (folder, to, signal) =>
        requested('serverSideMoveFolder', folder, signal, () => takeFolder(folder, to)),
      trashFolder: (folder, signal) =>
        requested('trashFolder', folder, signal, () => takeFolder(folder, undefined)),
    }),

    setModifiedTime: (seen, time, signal) =>
      requested('setModifiedTime', seen.path, signal, () => {
        const { content, attributes, readonly } = fileAt(seen.path);
        check({ kind: 'ifMatch', entry: seen }, seen.path);
        return entryOf(store(seen.path, content, time, { attributes, readonly }), true);
      }),

    put(text, content, facts = {}) {
      const path = parsePath(text);
      checkPlace(path);
      return entryOf(store(path, Buffer.from(content), facts.modified, facts), true);
    },
    drop: (path) => remove(parsePath(path)),
    content: (path) => files.get(key(path))?.content,
    text: (path) => files.get(key(path))?.content.toString(),
    attributes: (path) => files.get(key(path))?.attributes,
    paths: () => [...files.values()].map((file) => file.path).sort(comparePaths),
    calls,
    count: (operation) => counts.get(operation) ?? 0,
    fail: (failure) => failures.push(failure),
  };
  for (const power of options.without ?? []) delete remote[power];
  return remote;
}
