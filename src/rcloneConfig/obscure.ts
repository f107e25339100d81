import { createCipheriv, randomBytes } from 'node:crypto';

/** The key that every rclone has in it: what it obscures is hidden from a glance, not from anybody who wants to know. */
const key = Buffer.from('9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638', 'hex');
const ivBytes = 16;

/** `text` as `rclone obscure` writes it: AES-CTR with a random start, in base64url without padding. Every call gives another text. */
export function obscure(text: string, iv: Buffer = randomBytes(ivBytes)): string {
  return Buffer.concat([iv, crypt(Buffer.from(text), iv)]).toString('base64url');
}

/** What `rclone reveal` makes of an obscured text. Throws an Error, which doesn't quote the text, when it is none. */
export function reveal(obscured: string): string {
  const bytes = /^[\w-]*$/.test(obscured) ? Buffer.from(obscured, 'base64url') : Buffer.alloc(0);
  if (bytes.length < ivBytes) throw new Error('is not obscured as rclone does it');
  return crypt(bytes.subarray(ivBytes), bytes.subarray(0, ivBytes)).toString();
}

/** To and fro are the same. */
function crypt(bytes: Buffer, iv: Buffer): Buffer {
  return createCipheriv('aes-256-ctr', key, iv).update(bytes);
}
