import { createCipheriv, randomBytes } from 'node:crypto';

/** The fixed key of rclone: it hides values from a glance only. */
const key = Buffer.from('9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638', 'hex');
const ivBytes = 16;

/** Obscures `text` like `rclone obscure`: AES-CTR with a random IV, as base64url without padding. */
export function obscure(text: string, iv: Buffer = randomBytes(ivBytes)): string {
  return Buffer.concat([iv, crypt(Buffer.from(text), iv)]).toString('base64url');
}

/** Reverses `obscure`, like `rclone reveal`. Throws an Error without the text when the format is wrong. */
export function reveal(obscured: string): string {
  const bytes = /^[\w-]*$/.test(obscured) ? Buffer.from(obscured, 'base64url') : Buffer.alloc(0);
  if (bytes.length < ivBytes) throw new Error('is not obscured in the format of rclone');
  return crypt(bytes.subarray(ivBytes), bytes.subarray(0, ivBytes)).toString();
}

/** Encrypts and decrypts. */
function crypt(bytes: Buffer, iv: Buffer): Buffer {
  return createCipheriv('aes-256-ctr', key, iv).update(bytes);
}
