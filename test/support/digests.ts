import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ContentDigests } from '../../src/remote/remote';

/** The digests of `content` and of its pieces, computed in the plainest way. */
export function digestsInPieces(content: Buffer, pieceSize: number): ContentDigests {
  const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
  const starts = Array.from({ length: Math.ceil(content.length / pieceSize) }, (_, i) => i * pieceSize);
  const pieces = starts.map((start) => content.subarray(start, start + pieceSize));
  return { md5: md5(content), pieces: pieces.map((piece) => ({ md5: md5(piece), crc32: crc32(piece) })) };
}
