import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock';
import { fileIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { instantFromMs } from '../remote/modifiedTime';
import type { ByteSource, Precondition, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { RemotePath } from '../remote/remotePath';
import { memorySource } from '../transfer/copyFile';
import { readWholeFile } from './openRemoteFile';

/** What a save must find: this version of the file, or none. */
export type SaveBase = FileEntry | 'absent';

export type SaveOutcome =
  | { readonly kind: 'saved'; readonly entry: FileEntry }
  /** Somebody else changed (`theirs`), made (`theirs`) or deleted (undefined) the file. Nothing was written. */
  | { readonly kind: 'conflict'; readonly theirs: FileEntry | undefined };

/**
 * Writes `content` as the whole file if what is there now is `base`, and keeps everything else that the file has:
 * content type, headers, metadata, storage class, tags. The modified time becomes now.
 *
 * When the precondition fails although the very `content` is stored already, an earlier try of this save got through and only its
 * answer was lost: that counts as saved. Throws RemoteError for all other failures.
 */
export async function saveRemoteFile(
  remote: Remote,
  path: RemotePath,
  content: Uint8Array,
  base: SaveBase,
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<SaveOutcome> {
  const precondition: Precondition =
    base === 'absent' ? { kind: 'ifAbsent' } : { kind: 'ifMatch', entry: base };
  const facts = { modified: instantFromMs(clock.now()), keepAttributes: true };
  try {
    const entry = await remote.write(path, bytesSource(content), facts, precondition, signal);
    return { kind: 'saved', entry };
  } catch (error) {
    const guardFailed =
      isRemoteError(error, 'changed', 'alreadyExists') ||
      (base !== 'absent' && isRemoteError(error, 'notFound'));
    if (!guardFailed) throw error;
    const theirs = await fileIfExists(remote, path, signal);
    if (theirs && (await holds(remote, theirs, content, signal))) return { kind: 'saved', entry: theirs };
    return { kind: 'conflict', theirs };
  }
}

/** Whether `entry` has exactly these bytes. */
async function holds(
  remote: Remote,
  entry: FileEntry,
  content: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  if (entry.size !== content.length) return false;
  if (entry.md5 !== undefined) return entry.md5 === md5(content);
  const read = await readWholeFile(remote, entry.path, content.length, signal).catch((error: unknown) => {
    if (error instanceof RemoteError) return undefined; // then it is a conflict, which loses nothing
    throw error;
  });
  return read !== undefined && Buffer.compare(read.content, content) === 0;
}

/** Bytes in memory, with their MD5, as the body of a write. */
export function bytesSource(content: Uint8Array): ByteSource {
  return memorySource(content, md5(content));
}

function md5(content: Uint8Array): string {
  return createHash('md5').update(content).digest('hex');
}
