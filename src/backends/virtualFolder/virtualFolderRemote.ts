import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { digest } from '../../base/digest';
import { nameProblem } from '../../remote/capabilities';
import { type Entry, type FileEntry, isSameFile, type UnsupportedReason } from '../../remote/entry';
import type { FolderFileSystem, VirtualStat, VirtualType } from '../../remote/folderFileSystem';
import { instantFromMs } from '../../remote/modifiedTime';
import type { ByteSource, FileFacts, Precondition, ReadResult, Remote } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { baseName, joinPath, parentPath, pathProblem, type RemotePath } from '../../remote/remotePath';

interface VirtualFolderOptions {
  readonly files: FolderFileSystem;
  /** Whether files are written here. The provider sets the time of writing, so only a source has the owner's modified times. */
  readonly asTarget: boolean;
}

/** Providers read and write whole files, so each file is held in memory. */
const maxFileSize = 512 * 1024 * 1024;
const chunkSize = 64 * 1024;
/** Files per page; each takes a concurrent stat. */
const pageSize = 16;
/** Names of the temporary files that are being written. Every other file is an ordinary file, whatever its name. */
const underWay = new Set<string>();

/** A folder of a virtual workspace as a remote. Does no I/O. */
export function openVirtualFolder({ files, asTarget }: VirtualFolderOptions): Remote {
  async function entryAt(path: RemotePath): Promise<Entry> {
    return toEntry(path, await files.stat(path));
  }

  async function fileAt(path: RemotePath): Promise<FileEntry> {
    const entry = await entryAt(path);
    if (entry.kind === 'file') return entry;
    if (entry.kind === 'folder') throw new RemoteError('isAFolder', `"${path}" is a folder.`);
    throw new RemoteError('forbidden', `"${path}" is not a regular file.`);
  }

  async function readUnchanged(
    path: RemotePath,
    expected: FileEntry | undefined,
    signal: AbortSignal,
  ): Promise<{ entry: FileEntry; content: Buffer }> {
    signal.throwIfAborted();
    const before = await fileAt(path);
    if (expected && !isSameFile(expected, before)) throw changed(path);
    const content = Buffer.from(await files.read(path));
    signal.throwIfAborted();
    // Without a handle, the content is consistent only if the file is unchanged afterwards.
    if (!isSameFile(before, await fileAt(path)) || content.length !== before.size) throw changed(path);
    return { entry: before, content };
  }

  async function checkPrecondition(precondition: Precondition, path: RemotePath): Promise<void> {
    const now = await files.stat(path).catch(ignoreNotFound);
    if (now?.type === 'folder') throw new RemoteError('isAFolder', `"${path}" is a folder.`);
    if (precondition.kind === 'ifAbsent' && now)
      throw new RemoteError('alreadyExists', `"${path}" already exists.`);
    if (precondition.kind !== 'ifMatch') return;
    const entry = now && toEntry(path, now);
    if (entry?.kind !== 'file' || !isSameFile(precondition.entry, entry)) throw changed(path);
  }

  /** Every change begins with this check. */
  function assertWritable(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (!files.writable)
      throw new RemoteError(
        'forbidden',
        `The folder ${files.shown} can't be written: its provider only reads.`,
      );
  }

  async function makeFolders(folder: RemotePath): Promise<void> {
    if (folder === '') return;
    const there = await files.stat(folder).catch((error: unknown) => {
      if (isRemoteError(error, 'notAFolder')) throw fileInTheWay(folder);
      return ignoreNotFound(error);
    });
    if (there?.type === 'folder') return;
    if (there) throw fileInTheWay(folder);
    await makeFolders(parentPath(folder));
    await files.makeFolder(folder);
  }

  /** Writes and checks a temporary file first, so that a provider that fails leaves the old content. */
  async function write(
    path: RemotePath,
    body: ByteSource,
    facts: FileFacts,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    assertWritable(signal);
    const problem = path === '' ? 'is the folder itself' : nameProblem(path, names);
    if (problem) throw new RemoteError('badName', `"${path}" ${problem}.`);
    const content = await collect(path, body, facts, signal);
    await checkPrecondition(precondition, path);
    await makeFolders(parentPath(path));
    const name = `.cloud-remotes-${randomBytes(6).toString('hex')}.tmp`;
    const aside = joinPath(parentPath(path), name);
    underWay.add(name);
    try {
      await files.write(aside, content);
      if ((await files.stat(aside)).size !== content.length)
        throw new RemoteError('corrupted', `"${path}" was not stored whole.`);
      signal.throwIfAborted();
      await checkPrecondition(precondition, path);
      await files.rename(aside, path, precondition.kind !== 'ifAbsent');
    } catch (error) {
      await files.remove(aside).catch(() => {});
      throw error;
    } finally {
      underWay.delete(name);
    }
    facts.onProgress?.(content.length);
    return fileAt(path);
  }

  async function* list(folder: RemotePath, namePrefix: string, size: number, signal: AbortSignal) {
    signal.throwIfAborted();
    const all = await files.list(folder);
    const found = all.filter(([name]) => name.startsWith(namePrefix) && !underWay.has(name));
    for (let i = 0; i < found.length; i += size) {
      signal.throwIfAborted();
      yield await Promise.all(found.slice(i, i + size).map(([name, type]) => listed(folder, name, type)));
    }
  }

  async function listed(folder: RemotePath, name: string, type: VirtualType): Promise<Entry> {
    if (name.includes('/') || pathProblem(name)) return unusable(folder, name, 'oddName');
    const path = joinPath(folder, name);
    if (type !== 'file') return otherEntry(path, type);
    try {
      return await entryAt(path);
    } catch (error) {
      // A listed file is unknown rather than absent, so its counterpart must stay (H2, H20).
      if (isRemoteError(error, 'notFound', 'forbidden')) return unusable(folder, name, 'unreadable', path);
      throw error;
    }
  }

  return {
    capabilities: {
      timePrecisionNs: asTarget ? 'none' : 1_000_000,
      listsModified: true,
      hash: 'none',
      names,
      maxFileSize,
      preconditions: 'checkThenAct',
      hasDirectories: true,
      storageId: files.shown,
    },
    list: (folder, { namePrefix = '', pageSize: size = pageSize }, signal) =>
      list(folder, namePrefix, Math.min(Math.max(1, size), pageSize), signal),
    async stat(path, signal) {
      signal.throwIfAborted();
      return path === '' ? { kind: 'folder', path } : entryAt(path);
    },
    async read(path, { range, expected }, signal): Promise<ReadResult> {
      const { entry, content } = await readUnchanged(path, expected, signal);
      const part = content.subarray(range?.start, range?.end);
      return { stream: Readable.from(inChunks(part, signal), { objectMode: false }), entry };
    },
    readToBuffer: (file, signal) => readUnchanged(file.path, file, signal),
    write,
    async removeFile(path, precondition, signal) {
      assertWritable(signal);
      await fileAt(path);
      await checkPrecondition(precondition, path);
      await files.remove(path);
    },
    async makeFolder(path, signal) {
      assertWritable(signal);
      await makeFolders(path);
    },
    async removeFolder(path, signal) {
      assertWritable(signal);
      if (path === '')
        throw new RemoteError('unsupported', `The folder ${files.shown} itself can't be removed.`);
      if ((await files.stat(path)).type !== 'folder')
        throw new RemoteError('notAFolder', `"${path}" is not a folder.`);
      if ((await files.list(path)).length > 0)
        throw new RemoteError('notEmpty', `The folder "${path}" is not empty.`);
      await files.remove(path);
    },
    async serverSideMove(source, to, precondition, signal) {
      assertWritable(signal);
      if (!isSameFile(source, await fileAt(source.path))) throw changed(source.path);
      await checkPrecondition(precondition, to);
      await makeFolders(parentPath(to));
      await files.rename(source.path, to, precondition.kind !== 'ifAbsent');
      return fileAt(to);
    },
  };
}

const names = { caseSensitive: true, foldsUnicode: false, forbids: 'posix' } as const;

function toEntry(path: RemotePath, { type, size, modifiedMs }: VirtualStat): Entry {
  if (type !== 'file') return otherEntry(path, type);
  return {
    kind: 'file',
    path,
    size,
    ...(modifiedMs > 0 && { modified: instantFromMs(modifiedMs), version: `${modifiedMs}-${size}` }),
    exact: true,
  };
}

/** The entry for anything but a file. */
function otherEntry(path: RemotePath, type: VirtualType): Entry {
  if (type === 'folder') return { kind: 'folder', path };
  return unusable(parentPath(path), baseName(path), type === 'link' ? 'symlink' : 'notRegular', path);
}

function unusable(folder: RemotePath, name: string, reason: UnsupportedReason, protects?: RemotePath): Entry {
  return { kind: 'unusable', folder, name, reason, ...(protects !== undefined && { protects }) };
}

async function collect(
  path: RemotePath,
  body: ByteSource,
  { onProgress }: FileFacts,
  signal: AbortSignal,
): Promise<Buffer> {
  if (body.size > maxFileSize)
    throw new RemoteError(
      'unsupported',
      `"${path}" is larger than ${maxFileSize} bytes, the limit of a write.`,
    );
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body.bytes ? [await body.bytes(signal)] : await body.open(undefined, signal)) {
    signal.throwIfAborted();
    chunks.push(chunk);
    length += chunk.length;
    if (length > body.size) break;
    onProgress?.(length);
  }
  signal.throwIfAborted();
  const content = Buffer.concat(chunks, length);
  const md5 = body.md5 === undefined ? undefined : digest('md5', content);
  if (length !== body.size || md5 !== body.md5)
    throw new RemoteError('corrupted', `The content for "${path}" does not have the expected length or MD5.`);
  return content;
}

function* inChunks(content: Buffer, signal: AbortSignal): Generator<Buffer> {
  for (let at = 0; at < content.length; at += chunkSize) {
    signal.throwIfAborted();
    yield content.subarray(at, at + chunkSize);
  }
}

function changed(path: RemotePath): RemoteError {
  return new RemoteError('changed', `"${path}" has changed meanwhile.`);
}

function fileInTheWay(path: RemotePath): RemoteError {
  return new RemoteError('alreadyExists', `"${path}" is a file, so no folder can be created there.`);
}

/** Turns `notFound` into undefined; rethrows other errors. */
function ignoreNotFound(error: unknown): undefined {
  if (!isRemoteError(error, 'notFound')) throw error;
}
