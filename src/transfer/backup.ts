import { matchKey } from '../remote/capabilities';
import { type Endpoint, fileIfExists, statIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { nsBetween } from '../remote/modifiedTime';
import type { Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { baseName, joinPath, type RemotePath, relativePath, uniqueName } from '../remote/remotePath';
import { copyFile } from './copyFile';
import { moveFile, removeCopied } from './moveFile';

/** Another writer may take a free name first; then the next free name is tried, up to this often. */
const maxAttempts = 10;

/**
 * Copies a target file into the backup folder before it is overwritten, at its path relative to the target's root (R23). An existing
 * backup stays: the new one gets ` (2)` or a higher number before its extension. Returns the path of the verified, durable copy.
 * Throws as `copyFile`; then the backup is unchanged.
 */
export function backupByCopy(
  file: FileEntry,
  target: Endpoint,
  backup: Endpoint,
  signal: AbortSignal,
): Promise<RemotePath> {
  const request = { from: target.remote, source: file, to: backup.remote, durable: true };
  const copy = (to: RemotePath) =>
    copyFile({ ...request, target: to, precondition: { kind: 'ifAbsent' } }, signal);
  return withUniqueName(file, target, backup, copy, async () => {}, signal);
}

/** As backupByCopy, but moves the file, which is to be deleted. Throws as `moveFile`. */
export function backupByMove(
  file: FileEntry,
  target: Endpoint,
  backup: Endpoint,
  signal: AbortSignal,
): Promise<RemotePath> {
  const move = (to: RemotePath) => moveFile(target.remote, file, backup.remote, to, signal);
  return withUniqueName(file, target, backup, move, () => removeCopied(target.remote, file, signal), signal);
}

/** Stores the file with `put`. Where an attempt with a lost response has stored it already, `finish` completes the work. */
async function withUniqueName(
  file: FileEntry,
  target: Endpoint,
  { remote, root }: Endpoint,
  put: (to: RemotePath) => Promise<unknown>,
  finish: () => Promise<void>,
  signal: AbortSignal,
): Promise<RemotePath> {
  const original = relativePath(file.path, target.root).split('/');
  let parts: readonly string[] = original;
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
        await finish();
        return to;
      }
      const free = await withFreePart(remote, root, original, parts, signal);
      if (!free || tries === maxAttempts) throw refused(to, error);
      parts = free;
    }
  }
}

/** By content and time; unknown facts count as different. */
function isIdenticalFile(file: FileEntry, there: FileEntry): boolean {
  if (there.size !== file.size || file.md5 === undefined || file.md5 !== there.md5) return false;
  return !file.modified || (there.modified !== undefined && nsBetween(file.modified, there.modified) === 0);
}

/** The kind is `other`, because the other kinds would say that the plan is out of date. */
function refused(to: RemotePath, cause: RemoteError): RemoteError {
  const message = `The old file could not be kept as "${to}", so nothing was done: ${cause.message}`;
  return new RemoteError('other', message, { cause });
}

/** `parts` with a number on the first part that is taken; undefined when no part is. */
async function withFreePart(
  remote: Remote,
  root: RemotePath,
  original: readonly string[],
  parts: readonly string[],
  signal: AbortSignal,
): Promise<string[] | undefined> {
  let folder = root;
  for (const [i, part] of parts.entries()) {
    const isLast = i === parts.length - 1;
    const path = joinPath(folder, part);
    const there = (await statIfExists(remote, path, signal))?.kind;
    if (there !== undefined && (isLast || there !== 'folder')) {
      const free = await freeName(remote, folder, original[i] ?? part, !isLast, signal);
      return [...parts.slice(0, i), free, ...original.slice(i + 1)];
    }
    folder = path;
  }
  return undefined;
}

/** `name` with the lowest free number from 2 on; `allowsFolder` accepts an existing folder of that name. */
async function freeName(
  remote: Remote,
  folder: RemotePath,
  name: string,
  allowsFolder: boolean,
  signal: AbortSignal,
): Promise<string> {
  const { names } = remote.capabilities;
  const taken = new Set<string>();
  for await (const page of remote.list(folder, {}, signal))
    for (const entry of page) {
      if (allowsFolder && entry.kind === 'folder') continue;
      taken.add(matchKey(entry.kind === 'unusable' ? entry.name : baseName(entry.path), names));
    }
  const isTaken = (candidate: string) => candidate === name || taken.has(matchKey(candidate, names));
  return uniqueName(name, { has: isTaken }, 'number');
}
