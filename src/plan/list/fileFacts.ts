import { md5OfPieces } from '../../base/digest';
import { WeightedSemaphore } from '../../base/semaphore';
import type { FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';

const maxHashConcurrency = 4;
const emptyMd5 = 'd41d8cd98f00b204e9800998ecf8427e';

/** Whether the MD5 of a file has to be computed here (or taken from a cache), because the remote stores none. */
export function hashesByReading({ capabilities }: Remote): boolean {
  return capabilities.hash === 'none';
}

/** The file's exact facts. Throws as `Remote.stat`, and `notFound` when a folder is there instead. */
export async function statFile(remote: Remote, file: FileEntry, signal: AbortSignal): Promise<FileEntry> {
  const entry = await remote.stat(file.path, signal);
  if (entry.kind !== 'file') throw new RemoteError('notFound', `"${file.path}" is no longer a file.`);
  return { ...entry, exact: true };
}

/** Computes MD5s of at most four files at once, however many other requests run. */
export class HashReader {
  private readonly slots = new WeightedSemaphore(maxHashConcurrency);

  /** The file with the MD5 of its content. Throws as `Remote.read`. */
  async withHash(remote: Remote, file: FileEntry, signal: AbortSignal): Promise<FileEntry> {
    if (file.size === 0) return { ...file, md5: emptyMd5 };
    const release = await this.slots.acquire(1, signal);
    try {
      if (remote.computeMd5) return { ...file, md5: await remote.computeMd5(file, signal) };
      const { stream } = await remote.read(file.path, { expected: file }, signal);
      const md5 = await md5OfPieces(stream);
      signal.throwIfAborted();
      return { ...file, md5 };
    } finally {
      release();
    }
  }
}
