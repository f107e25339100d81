import { md5OfPieces } from '../base/digest';
import { fileIfExists } from '../remote/endpoint';
import { type FileEntry, isSameFile } from '../remote/entry';
import { nsBetween } from '../remote/modifiedTime';
import type { Remote } from '../remote/remote';
import type { RemotePath } from '../remote/remotePath';

export interface CopyPair {
  /** Both as they are now. */
  readonly source: FileEntry;
  readonly copy: FileEntry;
}

/**
 * The file at `path` of `to`, if its content equals that of `source`, by MD5 or by reading. Undefined when it differs, when it is
 * missing, or when the source has changed. It may read both files, so it is called only after a failed precondition, to recognise
 * the work of an earlier attempt.
 */
export async function findCompletedCopy(
  to: Remote,
  path: RemotePath,
  from: Remote,
  source: FileEntry,
  signal: AbortSignal,
): Promise<CopyPair | undefined> {
  const copy = await fileIfExists(to, path, signal);
  if (copy?.size !== source.size) return undefined;
  const now = await fileIfExists(from, source.path, signal);
  if (!now || !isSameFile(source, now) || mayBeSameFile(from, now, to, copy)) return undefined;
  if ((await md5(from, now, signal)) !== (await md5(to, copy, signal))) return undefined;
  return { source: now, copy };
}

/**
 * Whether two entries may be one file reached by two paths (a bind mount, a second name of a server), so that removing one would
 * remove both. Entries with equal version and service time count as one file, except for two names in one bucket.
 */
export function mayBeSameFile(from: Remote, source: FileEntry, to: Remote, copy: FileEntry): boolean {
  const [here, there] = [from.capabilities.storageId, to.capabilities.storageId];
  if (here === undefined || there === undefined) return false;
  if (source.version === undefined || source.version !== copy.version) return false;
  const [a, b] = [source.serverModified, copy.serverModified];
  if (!a || !b) return a === b;
  const oneBucket = here === there && firstPart(source.path) === firstPart(copy.path);
  return nsBetween(a, b) === 0 && !(oneBucket && source.path !== copy.path);
}

function firstPart(path: RemotePath): string {
  return path.split('/', 1)[0] ?? '';
}

/** The lower-case hex MD5 of `file`. Throws `changed` when the file changes meanwhile. */
async function md5(remote: Remote, file: FileEntry, signal: AbortSignal): Promise<string> {
  if (file.md5 !== undefined) return file.md5;
  if (remote.computeMd5) return remote.computeMd5(file, signal);
  const { stream } = await remote.read(file.path, { expected: file }, signal);
  const found = await md5OfPieces(stream);
  signal.throwIfAborted();
  return found;
}
