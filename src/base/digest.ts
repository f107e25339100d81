import * as crypto from 'node:crypto';

/** Node's function for bytes in memory, which costs half of what a hash object costs. The oldest editor's Node lacks it. */
const oneShot = (crypto as Partial<typeof crypto>).hash;

/** The digest of bytes in memory: lower-case hex, or one character for each byte. Pure. */
export function digest(algorithm: 'md5' | 'sha256', bytes: Uint8Array, as: 'hex' | 'binary' = 'hex'): string {
  return oneShot?.(algorithm, bytes, as) ?? crypto.createHash(algorithm).update(bytes).digest(as);
}

/** The MD5 of a content that arrives in pieces, in lower-case hex. Rejects as `pieces` does. */
export async function md5OfPieces(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
  const hash = crypto.createHash('md5');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
