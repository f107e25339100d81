import fs, { type BigIntStats, constants, createReadStream } from 'node:fs';
import { copyFile, lstat, rename, stat, unlink, utimes } from 'node:fs/promises';
import { digest } from '../../base/digest';
import { type FileEntry, isSameFile } from '../../remote/entry';
import type { Instant } from '../../remote/modifiedTime';
import type { ByteSource, FileFacts, Precondition, ResumableWrite } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { removingCopied } from '../../remote/removeCopied';
import { writeBody, wrongLength, wrongMd5 } from './content/bodyWriting';
import { linkNow, removeNow, retryWhileLocked, tryHardLink } from './finalName';
import {
  assertPrecondition,
  assertReplaceable,
  assertUnchanged,
  changedError,
  checkPrecondition,
  checkPreconditionNow,
  fileEntry,
  inspect,
  lstatOrNone,
  utimesText,
} from './localEntry';
import { codeOf, localError } from './localErrors';
import type { LocalPaths } from './localPaths';
import { OpenFile } from './openFile';
import { partialName, RecordedRanges } from './partial/partialFile';
import { identityOf, type PathHandle } from './pathHandle';
import { directCalls, waitingCalls } from './syncFileCalls';
import { releaseTemporary, temporaryName } from './temporaryNames';

/** A body up to this many bytes is written by synchronous calls where the thread may wait. */
const maxDirectBytes = 256 * 1024;

/** The mode bits that a copy keeps: read, write and execute; never set-uid, set-gid or sticky. */
const permissions = 0o777;

/**
 * Writes a temporary file beside the target, verifies it, sets time and mode, then checks the precondition and renames it: a reader
 * sees the whole old file or the whole new one. Removes the temporary file on failure. Throws errors of `node:fs` or RemoteErrors.
 */
export async function writeLocal(
  paths: LocalPaths,
  path: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  precondition: Precondition,
  syncToDisk: boolean,
  signal: AbortSignal,
): Promise<FileEntry> {
  // Writing a body from memory in vain is cheap, and the hard link detects an existing file.
  const checkFirst = precondition.kind !== 'ifAbsent' || !body.bytes;
  const durable = syncToDisk || (facts.durable ?? false);
  const isSmall = paths.ownThread && !durable && body.bytes && body.size <= maxDirectBytes;
  const content = isSmall ? await body.bytes?.(signal) : undefined;
  const makeNow =
    content && ((file: string, old?: BigIntStats) => writeNow(file, old, path, content, body, facts));
  const resume = body.bytes ? undefined : facts.resume;
  const options = { checkFirst, durable, signal, makeNow, resume };
  return replaceAtomically(paths, path, precondition, options, async (temporary, old) => {
    const file = await (temporary.continues
      ? openPartial(temporary)
      : createTemporary(temporary, old, paths.ownThread));
    try {
      await temporary.assertInPlace();
      await writeBody(file, path, body, facts, resume && new RecordedRanges(resume), signal);
      if (facts.modified) await file.setTime(utimesText(facts.modified));
      if (durable) await file.toDisk();
      return await file.stat();
    } finally {
      await file.close();
    }
  });
}

/** Writes a temporary file by synchronous calls. Throws as `writeBody`. */
function writeNow(
  temporary: string,
  old: BigIntStats | undefined,
  path: RemotePath,
  content: Uint8Array,
  { size, md5 }: ByteSource,
  { modified, onProgress }: FileFacts,
): BigIntStats {
  if (content.byteLength !== size) throw wrongLength(path, content.byteLength, size);
  if (md5 !== undefined && digest('md5', content) !== md5) throw wrongMd5(path);
  const mode = old && Number(old.mode) & permissions;
  const file = fs.openSync(temporary, 'wx', mode);
  try {
    if (mode !== undefined) fs.fchmodSync(file, mode);
    for (let at = 0; at < size; ) at += fs.writeSync(file, content, at, size - at);
    onProgress?.(size);
    if (modified) fs.futimesSync(file, utimesText(modified), utimesText(modified));
    return fs.fstatSync(file, { bigint: true });
  } finally {
    fs.closeSync(file);
  }
}

/** A new file that is never readable for more users than the old one. */
async function createTemporary(
  { path }: Temporary,
  old: BigIntStats | undefined,
  ownThread: boolean,
): Promise<OpenFile> {
  if (!old) return OpenFile.open(path, 'wx+', ownThread);
  const mode = Number(old.mode) & permissions;
  const file = await OpenFile.open(path, 'wx+', ownThread, mode);
  try {
    // The umask removes bits from the mode of a new file.
    await file.setMode(mode);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function openPartial({ path }: Temporary): Promise<OpenFile> {
  return OpenFile.open(path, constants.O_RDWR | constants.O_NOFOLLOW, false);
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
  const options = { checkFirst: true, durable, signal };
  return replaceAtomically(paths, to, precondition, options, async (temporary, old) => {
    const seen = await assertUnchanged(source, from);
    const file = await createTemporary(temporary, old ?? seen, paths.ownThread);
    try {
      await temporary.assertInPlace();
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
  });
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
      await paths.withCreatedFolderOf(to, signal, async (folder, name) => {
        const final = folder.join(name);
        const there = await lstatOrNone(final);
        const isOtherName = oldFolder.realPath !== folder.realPath || oldName !== name;
        // If names are not case-sensitive, the new spelling finds the file itself.
        const isItself = there !== undefined && identityOf(there) === identityOf(before);
        if (isItself && isOtherName && !paths.rules.caseSensitive) return rename(from, final);
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

/** Sets the modified time of an unchanged file. Follows a link whose target is inside the root. */
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
    const file = await OpenFile.open(folder.join(name), flags, paths.ownThread);
    try {
      if (!isSameFile(seen, fileEntry(seen.path, await file.stat()))) throw changedError(seen.path);
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
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<void> {
  await paths.withFolderOf(path, signal, async (folder, name) => {
    const file = folder.join(name);
    if ((await lstat(file)).isDirectory()) throw new RemoteError('isAFolder', `"${path}" is a folder.`);
    await checkPrecondition(precondition, path, file);
    await unlink(file);
  });
}

/** The file that receives the content until it is complete. */
interface Temporary {
  readonly path: string;
  /** Whether an earlier attempt wrote a part of it. */
  readonly continues: boolean;
  /** Must be called after the file is opened. Throws when the file was created in another folder. */
  assertInPlace(): Promise<void>;
}

interface ReplaceOptions {
  /** Checks the precondition also before the content is written, to save a useless transfer; else it must be `ifAbsent`. */
  readonly checkFirst: boolean;
  /** Syncs the name; `make` must sync the content. */
  readonly durable: boolean;
  readonly signal: AbortSignal;
  /** As `make`, by synchronous calls. Absent where they might block others or take long. */
  readonly makeNow?: ((temporary: string, old?: BigIntStats) => BigIntStats) | undefined;
  /** A cancelled write then leaves its temporary file. */
  readonly resume?: ResumableWrite | undefined;
}

/**
 * Lets `make` fill a temporary file and return its facts, then renames it if the precondition holds and the folder is still in its place.
 */
async function replaceAtomically(
  paths: LocalPaths,
  path: RemotePath,
  precondition: Precondition,
  { checkFirst, durable, signal, makeNow, resume }: ReplaceOptions,
  make: (temporary: Temporary, old: BigIntStats | undefined) => Promise<BigIntStats>,
): Promise<FileEntry> {
  const putNow = (
    folder: PathHandle,
    final: string,
    temporary: string,
    madeNow: NonNullable<typeof makeNow>,
    old?: BigIntStats,
  ): FileEntry => {
    const made = madeNow(temporary, old);
    paths.assertInPlaceNow(folder, path);
    if (precondition.kind === 'ifAbsent' && linkNow(temporary, final, path)) removeNow(temporary);
    else {
      checkPreconditionNow(precondition, path, final);
      fs.renameSync(temporary, final);
    }
    return fileEntry(path, made);
  };
  const put = async (folder: PathHandle, name: string, old?: BigIntStats): Promise<FileEntry> => {
    const final = folder.join(name);
    const { path: temporary, continues } = resume
      ? await partialName(final, resume)
      : { path: temporaryName(final), continues: false };
    const assertInPlace = async () => {
      if (folder.mayBeSwapped) await paths.assertInPlace(folder, path);
    };
    try {
      if (makeNow && !folder.mayBeSwapped && !waitingCalls.isSlow)
        return waitingCalls.measure(() => putNow(folder, final, temporary, makeNow, old), 9);
      const made = await make({ path: temporary, continues, assertInPlace }, old);
      signal.throwIfAborted();
      await paths.assertInPlace(folder, path);
      if (precondition.kind === 'ifAbsent' && (await tryHardLink(temporary, final, path)))
        await directCalls.call(
          () => removeNow(temporary),
          // The file is complete; the next clean-up of the folder removes its second name.
          () => unlink(temporary).catch(() => {}),
        );
      else {
        await checkPrecondition(precondition, path, final);
        await retryWhileLocked(() =>
          directCalls.call(
            () => fs.renameSync(temporary, final),
            () => rename(temporary, final),
          ),
        );
      }
      if (durable) await paths.forceToDisk(folder);
      return fileEntry(path, made);
    } catch (error) {
      if (!(resume && signal.aborted)) await unlink(temporary).catch(() => {});
      // A folder or a broken link in the place of the file has its own error.
      if (!checkFirst && isRemoteError(error, 'alreadyExists'))
        assertReplaceable((await inspect(final, path)).stats, path);
      throw error;
    } finally {
      releaseTemporary(temporary);
    }
  };
  return paths.withCreatedFolderOf(path, signal, async (folder, name) => {
    if (!checkFirst) return put(folder, name);
    const { isLink, stats } = await inspect(folder.join(name), path);
    const replace = (at: PathHandle, fileName: string) => {
      assertReplaceable(stats, path);
      assertPrecondition(precondition, path, stats);
      return put(at, fileName, stats);
    };
    // Replaces the target of a link, if it is inside the root, so that the link remains.
    return isLink ? paths.withLinkTarget(folder.join(name), path, replace) : replace(folder, name);
  });
}
