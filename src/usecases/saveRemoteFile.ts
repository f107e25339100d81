import type { Clock } from '../base/clock';
import { digest } from '../base/digest';
import { fileIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { instantFromMs } from '../remote/modifiedTime';
import type { ByteSource, Precondition, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { RemotePath } from '../remote/remotePath';
import { memorySource } from '../transfer/copyFile';
import { readWholeFile } from './openRemoteFile';

/** The version of the file that a save replaces, or `absent` for a new file. */
export type SaveBase = FileEntry | 'absent';

export type SaveOutcome =
  | { readonly kind: 'saved'; readonly entry: FileEntry }
  /** Another writer changed or created the file (`theirs`), or deleted it (undefined). Nothing was written. */
  | { readonly kind: 'conflict'; readonly theirs: FileEntry | undefined };

/**
 * Replaces the whole content of the file if its current version is `base`, and keeps its content type, headers, metadata, storage class
 * and tags. The modified time becomes now. A failed precondition counts as saved when the file already has this content: then an earlier
 * attempt succeeded and its response was lost. Throws RemoteError for every other failure.
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
    const preconditionFailed =
      isRemoteError(error, 'changed', 'alreadyExists') ||
      (base !== 'absent' && isRemoteError(error, 'notFound'));
    if (!preconditionFailed) throw error;
    const theirs = await fileIfExists(remote, path, signal);
    if (theirs && (await hasContent(remote, theirs, content, signal)))
      return { kind: 'saved', entry: theirs };
    return { kind: 'conflict', theirs };
  }
}

async function hasContent(
  remote: Remote,
  entry: FileEntry,
  content: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  if (entry.size !== content.length) return false;
  if (entry.md5 !== undefined) return entry.md5 === digest('md5', content);
  const read = await readWholeFile(remote, entry.path, content.length, signal).catch((error: unknown) => {
    // A file that can't be read counts as a conflict, which loses nothing.
    if (error instanceof RemoteError) return undefined;
    throw error;
  });
  return read !== undefined && Buffer.compare(read.content, content) === 0;
}

/** Bytes in memory, with their MD5, as the body of a write. */
export function bytesSource(content: Uint8Array): ByteSource {
  return memorySource(content, digest('md5', content));
}
