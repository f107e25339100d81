import { createHash } from 'node:crypto';
import { fileIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { isSameFile } from '../remote/entry';
import { nsBetween } from '../remote/modifiedTime';
import type { Remote } from '../remote/remote';
import type { RemotePath } from '../remote/remotePath';

export interface CopyPair {
  /** Both as they are now, as exact as can be told. */
  readonly source: FileEntry;
  readonly copy: FileEntry;
}

/**
 * The file at `path` of `to`, if its content surely is that of `source`: by the MD5s that both tell, else by reading. Undefined when it
 * isn't, when nothing is there, or when the source has changed. It tells what an earlier try has done already; it costs more than
 * trusting, so it is asked only when a precondition failed.
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
 * Whether two files of two places may be one and the same, seen through two doors (a bind mount, a second name of a server): then removing
 * one would remove both. Two that are equal in all that changes with every writing are taken for one, save for two names in one
 * bucket of a service.
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

/** Lower-case hex, of the very file that was seen; what changes it meanwhile makes this reject. */
async function md5(remote: Remote, file: FileEntry, signal: AbortSignal): Promise<string> {
  if (file.md5 !== undefined) return file.md5;
  if (remote.computeMd5) return remote.computeMd5(file, signal);
  const hash = createHash('md5');
  const { stream } = await remote.read(file.path, { expected: file }, signal);
  for await (const chunk of stream) hash.update(chunk);
  signal.throwIfAborted();
  return hash.digest('hex');
}
