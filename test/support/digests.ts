import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ContentDigests, Pieces } from '../../src/remote/remote';

/** The digests of `content` and of its pieces, computed in the plainest way. */
export function digestsInPieces(content: Buffer, { size: pieceSize, withCrc32 }: Pieces): ContentDigests {
  const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
  const starts = Array.from({ length: Math.ceil(content.length / pieceSize) }, (_, i) => i * pieceSize);
  const pieces = starts.map((start) => content.subarray(start, start + pieceSize));
  return {
    md5: md5(content),
    pieces: pieces.map((piece) => ({ md5: md5(piece), crc32: withCrc32 ? crc32(piece) : undefined })),
  };
}

/** Pieces of `size` bytes with their CRC32. */
export function piecesOf(size: number): Pieces {
  return { size, withCrc32: true };
}
