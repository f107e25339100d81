import { createHash } from 'node:crypto';
import { type BigIntStats, linkSync, lstatSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { copyFile, link, lstat, readlink, rename, stat, unlink, utimes } from 'node:fs/promises';
import type { FileEntry } from '../../remote/entry';
import type { Instant } from '../../remote/modifiedTime';
import type { ByteSource, FileFacts, Guard } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { isSameFile } from '../../remote/sameFile';
import { directCalls } from './directCalls';
import { fileEntry, utimesText } from './localEntry';
import { codeOf } from './localErrors';
import type { LocalPaths } from './localPaths';
import { OpenFile } from './openFile';
import { hasNoLinks, patiently } from './patience';
import { temporaryName } from './temporaryNames';

/**
 * Writes under a temporary name beside the file, verifies, sets time and mode, then checks the guard and renames: a
 * reader sees the old file or the new one, whole. On failure the temporary file goes. Errors are those of `node:fs`, or RemoteErrors.
 */
export async function writeLocal(
  paths: LocalPaths,
  remotePath: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  guard: Guard,
  syncToDisk: boolean,
  signal: AbortSignal,
): Promise<FileEntry> {
  // What is in memory is quickly written in vain, and whether a name is taken shows when it is given.
  const looksFirst = guard.must !== 'beAbsent' || !body.bytes;
  return placed(paths, remotePath, guard, looksFirst, signal, async (temporary, old) => {
    const file = await OpenFile.open(temporary, 'wx');
    try {
      await fill(file, remotePath, body, facts, signal);
      if (old) await file.setMode(Number(old.mode) & 0o7777);
      // A number, unlike a Date, keeps microseconds; a text, unlike a number, also keeps times before 1970.
      if (facts.modified) await file.setTime(utimesText(facts.modified));
      if (syncToDisk) await file.toDisk();
      return await file.stat();
    } finally {
      await file.close();
    }
  });
}

/** A copy made by the system (a clone where it can), with the modified time of the source. */
export async function copyLocal(
  paths: LocalPaths,
  source: FileEntry,
  to: RemotePath,
  guard: Guard,
  signal: AbortSignal,
): Promise<FileEntry> {
  const from = paths.absolute(source.path);
  return placed(paths, to, guard, true, signal, async (temporary) => {
    await mustStillBe(source, from);
    await copyFile(from, temporary);
    if (source.modified) await setTime(temporary, source.modified);
    await mustStillBe(source, from);
    const copy = await lstat(temporary, { bigint: true });
    if (Number(copy.size) !== source.size)
      throw new RemoteError('changed', `"${source.path}" changed while it was copied.`);
    return copy;
  });
}

/** Moves by renaming; across disks by copying and removing. */
export async function moveLocal(
  paths: LocalPaths,
  source: FileEntry,
  to: RemotePath,
  guard: Guard,
  signal: AbortSignal,
): Promise<FileEntry> {
  const from = paths.absolute(source.path);
  const before = await mustStillBe(source, from);
  await paths.folderFor(to, signal);
  const final = paths.absolute(to);
  const there = await lstatOrNone(final);
  // Only the spelling of a name changes where case or Unicode form is folded: the file is in its own way.
  const itself =
    there !== undefined && there.ino === before.ino && there.dev === before.dev && from !== final;
  if (itself && !paths.rules.caseSensitive) {
    await rename(from, final);
    return fileEntry(to, before);
  }
  try {
    if (guard.must === 'beAbsent' && (await linked(from, final, to))) await unlink(from);
    else {
      await checkGuard(guard, to, final);
      await rename(from, final);
    }
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    const copy = await copyLocal(paths, source, to, guard, signal);
    await mustStillBe(source, from);
    await unlink(from);
    return copy;
  }
  return fileEntry(to, before);
}

/** Sets access and modified time. */
export async function setTime(absolute: string, time: Instant): Promise<void> {
  await utimes(absolute, utimesText(time), utimesText(time));
}

/** The file's facts now. Throws `changed` when it isn't `seen` any more. */
export async function mustStillBe(seen: FileEntry, absolute: string): Promise<BigIntStats> {
  const now = await stat(absolute, { bigint: true });
  if (!now.isFile() || !isSameFile(seen, fileEntry(seen.path, now)))
    throw new RemoteError('changed', `"${seen.path}" is no longer what it was when it was looked at.`);
  return now;
}

/** Throws unless what `guard` asks for is at `absolute` now. */
export async function checkGuard(guard: Guard, remotePath: RemotePath, absolute: string): Promise<void> {
  if (guard.must === 'anything') return;
  const now = guard.must === 'beAbsent' ? await lstatOrNone(absolute) : await statOrNone(absolute);
  checkFound(guard, remotePath, now);
}

/** Throws unless `now` is what `guard` asks for. */
function checkFound(guard: Guard, remotePath: RemotePath, now: BigIntStats | undefined): void {
  if (guard.must === 'beAbsent' && now)
    throw new RemoteError('alreadyExists', `"${remotePath}" already exists.`);
  if (guard.must === 'beUnchanged' && !(now?.isFile() && isSameFile(guard.entry, fileEntry(remotePath, now))))
    throw new RemoteError('changed', `"${remotePath}" was changed by someone else.`);
}

/**
 * Lets `make` fill a temporary file and puts it into its place, if the guard still holds then. `make` answers
 * the facts of what it made. With `looksFirst` the guard is checked before as well, so that nothing is moved in vain; without, it must be
 * one for absence.
 */
async function placed(
  paths: LocalPaths,
  remotePath: RemotePath,
  guard: Guard,
  looksFirst: boolean,
  signal: AbortSignal,
  make: (temporary: string, old: BigIntStats | undefined) => Promise<BigIntStats>,
): Promise<FileEntry> {
  await paths.folderFor(remotePath, signal);
  let final = paths.absolute(remotePath);
  let old: BigIntStats | undefined;
  if (looksFirst) {
    ({ final, old } = await whereTo(paths, final, remotePath));
    checkFound(guard, remotePath, old);
  }
  const temporary = temporaryName(final);
  try {
    const made = await make(temporary, old);
    signal.throwIfAborted();
    if (guard.must === 'beAbsent' && (await linked(temporary, final, remotePath)))
      await directCalls
        .call(
          () => unlinkSync(temporary),
          () => unlink(temporary),
        )
        // The file is written; its second name goes when the folder is cleaned.
        .catch(() => {});
    else {
      await checkGuard(guard, remotePath, final);
      await patiently(() =>
        directCalls.call(
          () => renameSync(temporary, final),
          () => rename(temporary, final),
        ),
      );
    }
    return fileEntry(remotePath, made);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') paths.forget();
    await unlink(temporary).catch(() => {});
    // A folder, or a link to nowhere, in the place of the file is told as such.
    if (!looksFirst && isRemoteError(error, 'alreadyExists')) await whereTo(paths, final, remotePath);
    throw error;
  }
}

/** The file to replace. A link is written through when it stays inside the root, so that it remains a link. */
async function whereTo(
  paths: LocalPaths,
  absolute: string,
  remotePath: RemotePath,
): Promise<{ final: string; old: BigIntStats | undefined }> {
  let final = absolute;
  let old = await lstatOrNone(absolute);
  if (old?.isSymbolicLink()) {
    const target = await stat(absolute, { bigint: true }).catch(() => undefined);
    if (!target)
      throw new RemoteError(
        'forbidden',
        `"${remotePath}" is a link to ${await readlink(absolute)}, which is not there.`,
      );
    final = await paths.proveInside(absolute, remotePath);
    old = target;
  }
  if (old?.isDirectory()) throw new RemoteError('isAFolder', `"${remotePath}" is a folder.`);
  if (old && !old.isFile()) throw new RemoteError('unsupported', `"${remotePath}" is no regular file.`);
  return { final, old };
}

/** Puts `file` under the name `final` too, unless that is taken: the one way to do so in a single step. False where links can't be made. */
async function linked(file: string, final: string, remotePath: RemotePath): Promise<boolean> {
  try {
    await directCalls.call(
      () => linkSync(file, final),
      () => link(file, final),
    );
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new RemoteError('alreadyExists', `"${remotePath}" already exists.`, { cause: error });
    if (hasNoLinks(error)) return false;
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
async function fill(
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
      'damaged',
      `"${remotePath}" was not written: ${length > body.size ? 'more' : `${length}`} bytes came where ${body.size} were promised.`,
    );
  if (hash && hash.digest('hex') !== body.md5)
    throw new RemoteError(
      'damaged',
      `"${remotePath}" was not written: the content that came does not have the MD5 that it should have.`,
    );
}
