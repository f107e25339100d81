import { matchKey } from '../remote/capabilities';
import { type Endpoint, fileIfExists, statIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { nsBetween } from '../remote/modifiedTime';
import type { Precondition, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { baseName, joinPath, type RemotePath, relativePath, uniqueName } from '../remote/remotePath';
import { copyFile } from './copyFile';
import { moveFile, removeCopied } from './moveFile';

const ifAbsent: Precondition = { kind: 'ifAbsent' };

/** A name that was free when it was looked for may be taken a moment later; so often it is looked for again. */
const maxAttempts = 10;

/**
 * Copies a target file that is about to be overwritten into the backup folder, under its path relative to the target's root (R23).
 * What is there by that name already stays: then the copy's name gets ` (2)` or a higher number before its extension.
 * Gives where the copy is, verified and durable. Throws what `copyFile` throws; then the backup has nothing new.
 */
export function backupByCopy(
  file: FileEntry,
  target: Endpoint,
  backup: Endpoint,
  signal: AbortSignal,
): Promise<RemotePath> {
  const request = {
    from: target.remote,
    source: file,
    to: backup.remote,
    precondition: ifAbsent,
    durable: true,
  };
  const copy = async (to: RemotePath) => void (await copyFile({ ...request, target: to }, signal));
  return withUniqueName(file, target, backup, copy, async () => {}, signal);
}

/** As backupByCopy, for a file that is to be deleted: it is moved there. Throws what `moveFile` throws. */
export function backupByMove(
  file: FileEntry,
  target: Endpoint,
  backup: Endpoint,
  signal: AbortSignal,
): Promise<RemotePath> {
  const move = async (to: RemotePath) =>
    void (await moveFile(target.remote, file, backup.remote, to, signal));
  return withUniqueName(file, target, backup, move, () => removeCopied(target.remote, file, signal), signal);
}

/** Lets `put` put the file there; where that turns out to be done already, by a try whose answer was lost, `isThere` does the rest. */
async function withUniqueName(
  file: FileEntry,
  target: Endpoint,
  { remote, root }: Endpoint,
  put: (to: RemotePath) => Promise<void>,
  isThere: () => Promise<void>,
  signal: AbortSignal,
): Promise<RemotePath> {
  const wanted = relativePath(file.path, target.root).split('/');
  let parts: readonly string[] = wanted;
  for (let tries = 1; ; tries++) {
    const to = joinPath(root, parts.join('/'));
    try {
      await put(to);
      return to;
    } catch (error) {
      if (!isRemoteError(error, 'alreadyExists', 'isAFolder', 'notAFolder')) throw error;
      const there = await fileIfExists(remote, to, signal);
      if (there && isIdenticalFile(file, there)) {
        await remote.makeDurable?.(there, signal);
        await isThere();
        return to;
      }
      const free = await withFreePart(remote, root, wanted, parts, signal);
      if (!free || tries === maxAttempts) throw refused(to, error);
      parts = free;
    }
  }
}

/** By content and time; what can't be told is not alike. */
function isIdenticalFile(file: FileEntry, there: FileEntry): boolean {
  if (there.size !== file.size || file.md5 === undefined || file.md5 !== there.md5) return false;
  return !file.modified || (there.modified !== undefined && nsBetween(file.modified, there.modified) === 0);
}

/** Not one of the kinds that say that the plan is out of date: it is the backup that is in the way. */
function refused(to: RemotePath, cause: RemoteError): RemoteError {
  return new RemoteError(
    'other',
    `The old file could not be kept as "${to}", so nothing was done: ${cause.message}`,
    {
      cause,
    },
  );
}

/** `parts` with a number on the first of them that is taken by something else; undefined when none is. */
async function withFreePart(
  remote: Remote,
  root: RemotePath,
  wanted: readonly string[],
  parts: readonly string[],
  signal: AbortSignal,
): Promise<string[] | undefined> {
  let folder = root;
  for (const [i, part] of parts.entries()) {
    const isLast = i === parts.length - 1;
    const path = joinPath(folder, part);
    const there = (await statIfExists(remote, path, signal))?.kind;
    if (there !== undefined && (isLast || there !== 'folder')) {
      const original = wanted[i] ?? part;
      const free = await freeName(remote, folder, original, !isLast, signal);
      return [...parts.slice(0, i), free, ...wanted.slice(i + 1)];
    }
    folder = path;
  }
  return undefined;
}

/** `name` with the lowest number from 2 on that nothing in `folder` has; for a part on the way, a folder of that name will do. */
async function freeName(
  remote: Remote,
  folder: RemotePath,
  name: string,
  folderWillDo: boolean,
  signal: AbortSignal,
): Promise<string> {
  const { names } = remote.capabilities;
  const taken = new Set<string>();
  for await (const page of remote.list(folder, {}, signal))
    for (const entry of page) {
      if (folderWillDo && entry.kind === 'folder') continue;
      taken.add(matchKey(entry.kind === 'unusable' ? entry.name : baseName(entry.path), names));
    }
  const isTaken = (candidate: string) => candidate === name || taken.has(matchKey(candidate, names));
  return uniqueName(name, { has: isTaken }, 'number');
}
