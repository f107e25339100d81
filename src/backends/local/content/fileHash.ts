import type { ContentDigests, Pieces } from '../../../remote/remote';
import { type FoundDigests, HashThread } from './hashThread';

/** Two: one for the MD5 of a whole, which can't be divided, and one for its pieces. */
const lanes: readonly [Lane, Lane] = [
  { thread: new HashThread(), hashes: 0 },
  { thread: new HashThread(), hashes: 0 },
];

interface Lane {
  readonly thread: HashThread;
  /** Hashes that have not ended. */
  hashes: number;
}

/** Bytes of one task, which an abort waits for. */
const taskBytes = 8 * 1024 * 1024;

let lastHash = 0;

/** A hash of parts of an open file, computed in another thread. It must be ended, and the file must stay open until then. */
export class FileHash {
  private readonly hash = ++lastHash;
  private readonly lane = lanes[0].hashes <= lanes[1].hashes ? lanes[0] : lanes[1];

  constructor(
    private readonly descriptor: number,
    private readonly wanted: { readonly withMd5: boolean; readonly withCrc32: boolean },
  ) {
    this.lane.hashes++;
  }

  /** Adds the bytes from `start` to `end`, behind those of earlier calls. Rejects with errors of `node:fs` and with code `ESHORT`. */
  async add(start: number, end: number): Promise<void> {
    await this.run(start, end, false);
  }

  /** Adds the last bytes, and resolves when all are hashed. Call it once. */
  end(start = 0, end = 0): Promise<FoundDigests> {
    this.lane.hashes--;
    return this.run(start, end, true);
  }

  private run(start: number, end: number, isLast: boolean): Promise<FoundDigests> {
    const { hash, descriptor, lane, wanted } = this;
    return lane.thread.run({ hash, descriptor, start, end, isLast, ...wanted });
  }
}

/**
 * The MD5 of the first `size` bytes of an open file, and the digests of its pieces. Both are
 * computed side by side. The file must stay open until this settles. Rejects as `FileHash`, and with the signal's reason.
 */
export async function digestPieces(
  descriptor: number,
  size: number,
  { size: pieceSize, withCrc32 }: Pieces,
  signal: AbortSignal,
): Promise<ContentDigests> {
  if (size <= pieceSize) return digestOnce(descriptor, size, withCrc32, signal);
  const whole = new FileHash(descriptor, { withMd5: true, withCrc32: false });
  const pieces: Promise<FoundDigests>[] = [];
  let before: Promise<unknown> = Promise.resolve();
  try {
    for (let start = 0; start < size; start += pieceSize) {
      const piece = new FileHash(descriptor, { withMd5: true, withCrc32 });
      const end = Math.min(start + pieceSize, size);
      try {
        for (let at = start; at < end; at += taskBytes) {
          signal.throwIfAborted();
          const upTo = Math.min(at + taskBytes, end);
          const adding = Promise.all([whole.add(at, upTo), piece.add(at, upTo)]);
          adding.catch(() => {});
          // One more task is in the queue, so that no thread waits for this one.
          await before;
          before = adding;
        }
      } finally {
        pieces.push(piece.end());
      }
    }
    await before;
  } finally {
    pieces.push(whole.end());
    await Promise.allSettled(pieces);
  }
  const found = (await Promise.all(pieces)).map(({ md5 = '', crc32 }) => ({ md5, crc32 }));
  return { md5: found.pop()?.md5 ?? '', pieces: found };
}

/** The digests of a file that is one piece. */
async function digestOnce(
  descriptor: number,
  size: number,
  withCrc32: boolean,
  signal: AbortSignal,
): Promise<ContentDigests> {
  const hash = new FileHash(descriptor, { withMd5: true, withCrc32 });
  let at = 0;
  try {
    for (; size - at > taskBytes; at += taskBytes) {
      signal.throwIfAborted();
      await hash.add(at, at + taskBytes);
    }
  } catch (error) {
    await hash.end();
    throw error;
  }
  const { md5 = '', crc32 } = await hash.end(at, size);
  return { md5, pieces: size > 0 ? [{ md5, crc32 }] : [] };
}
