import { createHash } from 'node:crypto';
import { WeightedSemaphore } from '../../base/semaphore';
import type { FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';

const hashesAtOnce = 4;
const md5OfNothing = 'd41d8cd98f00b204e9800998ecf8427e';

/** Whether content has to be read, or remembered from a reading, to know its MD5: there nobody else could tell it. */
export function hashesByReading({ capabilities }: Remote): boolean {
  return capabilities.hash === 'none';
}

/** Asks for what a listing doesn't tell of a file. Few files are read for their hash at once, whatever else is asked. */
export class FileFacts {
  private readonly signal: AbortSignal;
  private readonly hashing = new WeightedSemaphore(hashesAtOnce);

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** The file's exact facts. Throws as `stat`, and `notFound` when a folder is there instead. */
  async stat(remote: Remote, file: FileEntry): Promise<FileEntry> {
    const entry = await remote.stat(file.path, this.signal);
    if (entry.kind !== 'file') throw new RemoteError('notFound', `"${file.path}" is no longer a file.`);
    return { ...entry, exact: true };
  }

  /** The file with the MD5 of its content, which is read where it isn't remembered. Throws as `read`. */
  async withHash(remote: Remote, file: FileEntry): Promise<FileEntry> {
    if (file.size === 0) return { ...file, md5: md5OfNothing };
    const give = await this.hashing.acquire(1, this.signal);
    try {
      if (remote.computeMd5) return { ...file, md5: await remote.computeMd5(file, this.signal) };
      const { stream } = await remote.read(file.path, { expected: file }, this.signal);
      const hash = createHash('md5');
      for await (const chunk of stream) hash.update(chunk);
      this.signal.throwIfAborted();
      return { ...file, md5: hash.digest('hex') };
    } finally {
      give();
    }
  }
}
