import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  constants,
  createReadStream,
  linkSync,
  lstatSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { copyFile, link, lstat, readlink, rename, stat, unlink, utimes } from 'node:fs/promises';
import type { FileEntry } from '../../remote/entry';
import { isSameFile } from '../../remote/entry';
import type { Instant } from '../../remote/modifiedTime';
import type { ByteSource, FileFacts, Precondition } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { removingCopied } from '../../remote/removeCopied';
import { fileEntry, utimesText } from './localEntry';
import { codeOf, localError } from './localErrors';
import type { LocalPaths } from './localPaths';
import { OpenFile } from './openFile';
import type { PathHandle } from './pathHandle';
import { hardLinksUnsupported, retryWhileLocked } from './retryLocked';
import { directCalls } from './syncFileCalls';
import { releaseTemporary, temporaryName } from './temporaryNames';

/** Where a file is to be: a folder that is held, and the name there. */
interface NamedPlace {
  readonly folder: PathHandle;
  readonly name: string;
}

/** Bits of a file's mode that may be carried over: who may read, write and run it. Never set-uid, set-gid or sticky. */
const permissions = 0o777;

/**
 * Writes under a temporary name beside the file, verifies, sets time and mode, then checks the precondition and renames: a
 * reader sees the old file or the new one, whole. On failure the temporary file goes. Errors are those of `node:fs`, or RemoteErrors.
 */
export async function writeLocal(
  paths: LocalPaths,
  remotePath: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  precondition: Precondition,
  syncToDisk: boolean,
  signal: AbortSignal,
): Promise<FileEntry> {
  // What is in memory is quickly written in vain, and whether a name is taken shows when it is given.
  const looksFirst = precondition.kind !== 'ifAbsent' || !body.bytes;
  const durable = syncToDisk || (facts.durable ?? false);
  return replaceAtomically(
    paths,
    remotePath,
    precondition,
    { looksFirst, durable },
    signal,
    async (temporary, old) => {
      const file = await createTemporary(temporary, old);
      try {
        await temporary.prove();
        await writeBody(file, remotePath, body, facts, signal);
        // A number, unlike a Date, keeps microseconds; a text, unlike a number, also keeps times before 1970.
        if (facts.modified) await file.setTime(utimesText(facts.modified));
        if (durable) await file.toDisk();
        return await file.stat();
      } finally {
        await file.close();
      }
    },
  );
}

/** A new file that nobody may open who may not open the old one, from its first moment on. */
async function createTemporary({ path }: Temporary, old: BigIntStats | undefined): Promise<OpenFile> {
  if (!old) return OpenFile.open(path, 'wx');
  const mode = Number(old.mode) & permissions;
  const file = await OpenFile.open(path, 'wx', mode);
  try {
    // The system takes away what its mask doesn't allow of a new file.
    await file.setMode(mode);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * A copy made by the system (a clone where it can), with the modified time of the source, and the permissions of the file that it replaces,
 * or else of the source.
 */
export async function copyLocal(
  paths: LocalPaths,
  source: FileEntry,
  to: RemotePath,
  precondition: Precondition,
  durable: boolean,
  signal: AbortSignal,
): Promise<FileEntry> {
  const from = paths.absolute(source.path);
  return replaceAtomically(
    paths,
    to,
    precondition,
    { looksFirst: true, durable },
    signal,
    async (temporary, old) => {
      const seen = await assertUnchanged(source, from);
      const file = await createTemporary(temporary, old ?? seen);
      try {
        await temporary.prove();
        const mode = (await file.stat()).mode & 0o7777n;
        // The system's copy opens it once more, and gives it the mode of the source before the content.
        const isAlike = mode === (seen.mode & 0o7777n) && (mode & 0o200n) !== 0n;
        await (isAlike ? copyFile(from, temporary.path) : copyContent(from, file, signal));
        if (source.modified) await file.setTime(utimesText(source.modified));
        await assertUnchanged(source, from);
        const copy = await file.stat();
        if (Number(copy.size) !== source.size)
          throw new RemoteError('changed', `"${source.path}" changed while it was copied.`);
        if (durable) await file.toDisk();
        return copy;
      } finally {
        await file.close();
      }
    },
  );
}

async function copyContent(from: string, file: OpenFile, signal: AbortSignal): Promise<void> {
  for await (const chunk of createReadStream(from, { signal, highWaterMark: 1024 * 1024 }))
    await file.write(chunk);
}

/** Moves by renaming; across disks by copying and removing, once the copy is on its disk. */
export async function moveLocal(
  paths: LocalPaths,
  source: FileEntry,
  to: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<FileEntry> {
  return paths.withFolderOf(source.path, signal, async (oldFolder, oldName) => {
    const from = oldFolder.join(oldName);
    const before = await assertUnchanged(source, from);
    try {
      await paths.withMadeFolderOf(to, signal, async (folder, name) => {
        const final = folder.join(name);
        const there = await lstatOrNone(final);
        const isOtherName = oldFolder.realPath !== folder.realPath || oldName !== name;
        // Only the spelling of a name changes where case or Unicode form is folded: the file is in its own way.
        const itself =
          there !== undefined && there.ino === before.ino && there.dev === before.dev && isOtherName;
        if (itself && !paths.rules.caseSensitive) return rename(from, final);
        await paths.assertInPlace(folder, to);
        if (precondition.kind === 'ifAbsent' && (await tryHardLink(from, final, to))) {
          // Two steps, between which the second name may be in memory only.
          await paths.forceToDisk(folder);
          return unlink(from);
        }
        await checkPrecondition(precondition, to, final);
        await rename(from, final);
      });
    } catch (error) {
      if (codeOf(error) !== 'EXDEV') throw error;
      const copy = await copyLocal(paths, source, to, precondition, true, signal);
      await removingCopied(source.path, async () => {
        await assertUnchanged(source, from);
        await unlink(from).catch((cause) => {
          throw localError(cause, source.path, "can't be deleted");
        });
      });
      return copy;
    }
    return fileEntry(to, before);
  });
}

/** Gives the file another modified time, if it still is what was seen. A link is followed when it stays inside the root. */
export async function setTimeLocal(paths: LocalPaths, file: FileEntry, time: Instant): Promise<FileEntry> {
  return paths.withFile(paths.absolute(file.path), file.path, async (held) => {
    await assertUnchanged(file, held.path);
    await utimes(held.path, utimesText(time), utimesText(time));
    return fileEntry(file.path, await stat(held.path, { bigint: true }));
  });
}

/** Forces a file that still is what was seen to the disk, with its name and the folders that lead to it. */
export async function makeDurable(paths: LocalPaths, seen: FileEntry, signal: AbortSignal): Promise<void> {
  const absolute = paths.absolute(seen.path);
  const force = async (folder: PathHandle, name: string) => {
    const flags = process.platform === 'win32' ? constants.O_RDWR : constants.O_RDONLY | constants.O_NONBLOCK;
    const file = await OpenFile.open(folder.join(name), flags);
    try {
      if (!isSameFile(seen, fileEntry(seen.path, await file.stat()))) throw changedError(seen);
      await file.toDisk();
    } finally {
      await file.close();
    }
    await paths.forceToDisk(folder);
  };
  if ((await lstatOrNone(absolute))?.isSymbolicLink()) await paths.withLinkTarget(absolute, seen.path, force);
  else await paths.withFolderOf(seen.path, signal, force);
}

/** Removes a file, or a link to whatever. */
export async function removeLocal(
  paths: LocalPaths,
  remotePath: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<void> {
  await paths.withFolderOf(remotePath, signal, async (folder, name) => {
    const file = folder.join(name);
    if ((await lstat(file)).isDirectory()) throw new RemoteError('isAFolder', `"${remotePath}" is a folder.`);
    await checkPrecondition(precondition, remotePath, file);
    await unlink(file);
  });
}

/** The file's facts now. Throws `changed` when it isn't `seen` any more. */
export async function assertUnchanged(seen: FileEntry, absolute: string): Promise<BigIntStats> {
  const now = await stat(absolute, { bigint: true });
  if (!now.isFile() || !isSameFile(seen, fileEntry(seen.path, now))) throw changedError(seen);
  return now;
}

function changedError(seen: FileEntry): RemoteError {
  return new RemoteError('changed', `"${seen.path}" is no longer what it was when it was looked at.`);
}

/** Throws unless what `precondition` asks for is at `absolute` now. */
export async function checkPrecondition(
  precondition: Precondition,
  remotePath: RemotePath,
  absolute: string,
): Promise<void> {
  if (precondition.kind === 'none') return;
  const now = precondition.kind === 'ifAbsent' ? await lstatOrNone(absolute) : await statOrNone(absolute);
  assertPrecondition(precondition, remotePath, now);
}

/** Throws unless `now` is what `precondition` asks for. */
function assertPrecondition(
  precondition: Precondition,
  remotePath: RemotePath,
  now: BigIntStats | undefined,
): void {
  if (precondition.kind === 'ifAbsent' && now)
    throw new RemoteError('alreadyExists', `"${remotePath}" already exists.`);
  if (
    precondition.kind === 'ifMatch' &&
    !(now?.isFile() && isSameFile(precondition.entry, fileEntry(remotePath, now)))
  )
    throw new RemoteError('changed', `"${remotePath}" was changed by someone else.`);
}

/** The file that content is written into until it is whole. */
interface Temporary {
  readonly path: string;
  /** To be called once it is open. Throws where it was not made in its folder. */
  prove(): Promise<void>;
}

/**
 * Lets `make` fill a temporary file and puts it into its place, if the precondition still holds then and its folder still is where it was. `make` answers
 * the facts of what it made. With `looksFirst` the precondition is checked before as well, so that nothing is moved in vain; without, it must be
 * one for absence. With `durable`, `make` leaves the content on the disk, and this sees to the name.
 */
async function replaceAtomically(
  paths: LocalPaths,
  remotePath: RemotePath,
  precondition: Precondition,
  { looksFirst, durable }: { readonly looksFirst: boolean; readonly durable: boolean },
  signal: AbortSignal,
  make: (temporary: Temporary, old: BigIntStats | undefined) => Promise<BigIntStats>,
): Promise<FileEntry> {
  const put = async ({ folder, name }: NamedPlace, old: BigIntStats | undefined): Promise<FileEntry> => {
    const final = folder.join(name);
    const temporary = temporaryName(final);
    const prove = async () => {
      if (folder.mayBeSwapped) await paths.assertInPlace(folder, remotePath);
    };
    try {
      const made = await make({ path: temporary, prove }, old);
      signal.throwIfAborted();
      await paths.assertInPlace(folder, remotePath);
      if (precondition.kind === 'ifAbsent' && (await tryHardLink(temporary, final, remotePath)))
        await directCalls
          .call(
            () => unlinkSync(temporary),
            () => unlink(temporary),
          )
          // The file is written; its second name goes when the folder is cleaned.
          .catch(() => {});
      else {
        await checkPrecondition(precondition, remotePath, final);
        await retryWhileLocked(() =>
          directCalls.call(
            () => renameSync(temporary, final),
            () => rename(temporary, final),
          ),
        );
      }
      if (durable) await paths.forceToDisk(folder);
      return fileEntry(remotePath, made);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      // A folder, or a link to nowhere, in the place of the file is told as such.
      if (!looksFirst && isRemoteError(error, 'alreadyExists'))
        fileToReplace(await inspect(final, remotePath), remotePath);
      throw error;
    } finally {
      releaseTemporary(temporary);
    }
  };
  return paths.withMadeFolderOf(remotePath, signal, async (folder, name) => {
    if (!looksFirst) return put({ folder, name }, undefined);
    const { isLink, stats } = await inspect(folder.join(name), remotePath);
    const look = (spot: NamedPlace, old: BigIntStats | undefined) => {
      assertPrecondition(precondition, remotePath, fileToReplace({ isLink, stats: old }, remotePath));
      return put(spot, old);
    };
    if (!isLink) return look({ folder, name }, stats);
    // A link is written through when it stays inside the root, so that it remains a link.
    return paths.withLinkTarget(folder.join(name), remotePath, (target, targetName) =>
      look({ folder: target, name: targetName }, stats),
    );
  });
}

interface Inspected {
  readonly isLink: boolean;
  /** Of what is there, behind a link too. */
  readonly stats: BigIntStats | undefined;
}

/** What is at `absolute`. Throws `forbidden` for a link that leads nowhere. */
async function inspect(absolute: string, remotePath: RemotePath): Promise<Inspected> {
  const there = await lstatOrNone(absolute);
  if (!there?.isSymbolicLink()) return { isLink: false, stats: there };
  const stats = await stat(absolute, { bigint: true }).catch(() => undefined);
  if (stats) return { isLink: true, stats };
  throw new RemoteError(
    'forbidden',
    `"${remotePath}" is a link to ${await readlink(absolute)}, which is not there.`,
  );
}

/** The facts of the file to replace, if there is one. Throws where something is that is no file. */
function fileToReplace({ stats }: Inspected, remotePath: RemotePath): BigIntStats | undefined {
  if (stats?.isDirectory()) throw new RemoteError('isAFolder', `"${remotePath}" is a folder.`);
  if (stats && !stats.isFile()) throw new RemoteError('unsupported', `"${remotePath}" is no regular file.`);
  return stats;
}

/** Puts `file` under the name `final` too, unless that is taken: the one way to do so in a single step. False where links can't be made. */
async function tryHardLink(file: string, final: string, remotePath: RemotePath): Promise<boolean> {
  try {
    await directCalls.call(
      () => linkSync(file, final),
      () => link(file, final),
    );
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new RemoteError('alreadyExists', `"${remotePath}" already exists.`, { cause: error });
    if (hardLinksUnsupported(error)) return false;
    throw error;
  }
}

function lstatOrNone(absolute: string): Promise<BigIntStats | undefined> {
  const direct = () => lstatSync(absolute, { bigint: true, throwIfNoEntry: false });
  return orNone(directCalls.call(direct, () => lstat(absolute, { bigint: true })));
}

function statOrNone(absolute: string): Promise<BigIntStats | undefined> {
  const direct = () => statSync(absolute, { bigint: true, throwIfNoEntry: false });
  return orNone(directCalls.call(direct, () => stat(absolute, { bigint: true })));
}

async function orNone(stats: Promise<BigIntStats | undefined>): Promise<BigIntStats | undefined> {
  try {
    return await stats;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
    return undefined;
  }
}

/** Writes the body; throws `damaged` when its length or MD5 is not what was promised. */
async function writeBody(
  file: OpenFile,
  remotePath: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  signal: AbortSignal,
): Promise<void> {
  const hash = body.md5 === undefined ? undefined : createHash('md5');
  let length = 0;
  if (body.bytes) {
    const content = await body.bytes(signal);
    signal.throwIfAborted();
    length = content.byteLength;
    if (length <= body.size) await file.write(content);
    hash?.update(content);
    facts.onProgress?.(length);
  } else {
    const stream = await body.open(undefined, signal);
    for await (const chunk of stream) {
      signal.throwIfAborted();
      length += chunk.length;
      if (length > body.size) break;
      await file.write(chunk);
      hash?.update(chunk);
      facts.onProgress?.(length);
    }
  }
  if (length !== body.size)
    throw new RemoteError(
      'corrupted',
      `"${remotePath}" was not written: ${length > body.size ? 'more' : `${length}`} bytes came where ${body.size} were promised.`,
    );
  if (hash && hash.digest('hex') !== body.md5)
    throw new RemoteError(
      'corrupted',
      `"${remotePath}" was not written: the content that came does not have the MD5 that it should have.`,
    );
}
