import { createHash } from 'node:crypto';
import { type BigIntStats, constants, createReadStream, linkSync, renameSync, unlinkSync } from 'node:fs';
import { copyFile, link, lstat, rename, stat, unlink, utimes } from 'node:fs/promises';
import type { FileEntry } from '../../remote/entry';
import { isSameFile } from '../../remote/entry';
import type { Instant } from '../../remote/modifiedTime';
import type { ByteSource, FileFacts, Precondition } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { removingCopied } from '../../remote/removeCopied';
import {
  assertPrecondition,
  assertUnchanged,
  changedError,
  checkPrecondition,
  fileEntry,
  fileToReplace,
  inspect,
  lstatOrNone,
  utimesText,
} from './localEntry';
import { codeOf, localError } from './localErrors';
import type { LocalPaths } from './localPaths';
import { OpenFile } from './openFile';
import type { PathHandle } from './pathHandle';
import { hardLinksUnsupported, retryWhileLocked } from './retryLocked';
import { directCalls } from './syncFileCalls';
import { releaseTemporary, temporaryName } from './temporaryNames';

/** The place of a file: an open folder and a name in it. */
interface NamedPlace {
  readonly folder: PathHandle;
  readonly name: string;
}

/** The mode bits that a copy keeps: read, write and execute; never set-uid, set-gid or sticky. */
const permissions = 0o777;

/**
 * Writes a temporary file beside the target, verifies it, sets time and mode, then checks the precondition and renames it: a reader
 * sees the whole old file or the whole new one. Removes the temporary file on failure. Throws errors of `node:fs` or RemoteErrors.
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
  // A body in memory is cheap to write in vain, and the rename detects a taken name.
  const checkFirst = precondition.kind !== 'ifAbsent' || !body.bytes;
  const durable = syncToDisk || (facts.durable ?? false);
  return replaceAtomically(
    paths,
    remotePath,
    precondition,
    { checkFirst, durable },
    signal,
    async (temporary, old) => {
      const file = await createTemporary(temporary, old);
      try {
        await temporary.prove();
        await writeBody(file, remotePath, body, facts, signal);
        // A number keeps microseconds, unlike a Date; a text also keeps times before 1970.
        if (facts.modified) await file.setTime(utimesText(facts.modified));
        if (durable) await file.toDisk();
        return await file.stat();
      } finally {
        await file.close();
      }
    },
  );
}

/** A new file that is never readable for more users than the old one. */
async function createTemporary({ path }: Temporary, old: BigIntStats | undefined): Promise<OpenFile> {
  if (!old) return OpenFile.open(path, 'wx');
  const mode = Number(old.mode) & permissions;
  const file = await OpenFile.open(path, 'wx', mode);
  try {
    // The umask removes bits from the mode of a new file.
    await file.setMode(mode);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * A copy made by the system (a clone where possible), with the source's modified time, and the permissions of the replaced file or
 * else of the source.
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
    { checkFirst: true, durable },
    signal,
    async (temporary, old) => {
      const seen = await assertUnchanged(source, from);
      const file = await createTemporary(temporary, old ?? seen);
      try {
        await temporary.prove();
        const mode = (await file.stat()).mode & 0o7777n;
        // The system's copy opens the file again and sets the source's mode before the content is written.
        const hasSameMode = mode === (seen.mode & 0o7777n) && (mode & 0o200n) !== 0n;
        await (hasSameMode ? copyFile(from, temporary.path) : copyContent(from, file, signal));
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

/** Moves by renaming; across disks by a durable copy and a removal. */
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
        // Where names are folded, a change of spelling finds the file itself at its new name.
        const itself =
          there !== undefined && there.ino === before.ino && there.dev === before.dev && isOtherName;
        if (itself && !paths.rules.caseSensitive) return rename(from, final);
        await paths.assertInPlace(folder, to);
        if (precondition.kind === 'ifAbsent' && (await tryHardLink(from, final, to))) {
          // The new name must be on the disk before the old one is removed.
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

/** Sets the modified time of an unchanged file. A link is followed when it stays inside the root. */
export async function setTimeLocal(paths: LocalPaths, file: FileEntry, time: Instant): Promise<FileEntry> {
  return paths.withFile(paths.absolute(file.path), file.path, async (held) => {
    await assertUnchanged(file, held.path);
    await utimes(held.path, utimesText(time), utimesText(time));
    return fileEntry(file.path, await stat(held.path, { bigint: true }));
  });
}

/** Forces an unchanged file to the disk, with its name and parent folders. Throws `changed` when it differs from `seen`. */
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

/** Removes a file or a link. */
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

/** The file that receives the content until it is complete. */
interface Temporary {
  readonly path: string;
  /** Call it after opening the file. Throws when the file was made in another folder. */
  prove(): Promise<void>;
}

/**
 * Lets `make` fill a temporary file and renames it, if the precondition holds then and the folder is still in its place. `make`
 * returns the facts of the file. `checkFirst` checks the precondition before too, to save a useless transfer; without it the
 * precondition must be `ifAbsent`. With `durable`, `make` syncs the content, and this function syncs the name.
 */
async function replaceAtomically(
  paths: LocalPaths,
  remotePath: RemotePath,
  precondition: Precondition,
  { checkFirst, durable }: { readonly checkFirst: boolean; readonly durable: boolean },
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
          // The file is complete; the cleaning of the folder removes its second name.
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
      // Reports a folder or a broken link in the place of the file as such.
      if (!checkFirst && isRemoteError(error, 'alreadyExists'))
        fileToReplace(await inspect(final, remotePath), remotePath);
      throw error;
    } finally {
      releaseTemporary(temporary);
    }
  };
  return paths.withMadeFolderOf(remotePath, signal, async (folder, name) => {
    if (!checkFirst) return put({ folder, name }, undefined);
    const { isLink, stats } = await inspect(folder.join(name), remotePath);
    const look = (spot: NamedPlace, old: BigIntStats | undefined) => {
      assertPrecondition(precondition, remotePath, fileToReplace({ isLink, stats: old }, remotePath));
      return put(spot, old);
    };
    if (!isLink) return look({ folder, name }, stats);
    // Writes through a link that stays inside the root, so that it remains a link.
    return paths.withLinkTarget(folder.join(name), remotePath, (target, targetName) =>
      look({ folder: target, name: targetName }, stats),
    );
  });
}

/** Gives `file` the second name `final`, unless that is taken, in one atomic step. False where hard links are not supported. */
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

/** Writes the body. Throws `corrupted` when its length or MD5 is not as announced. */
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
      `"${remotePath}" was not written: received ${length > body.size ? 'more' : `${length}`} bytes instead of ${body.size}.`,
    );
  if (hash && hash.digest('hex') !== body.md5)
    throw new RemoteError(
      'corrupted',
      `"${remotePath}" was not written: the received content does not have the expected MD5.`,
    );
}
