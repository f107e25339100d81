import { randomBytes } from 'node:crypto';
import path from 'node:path';

const leftoverPattern = /^\..*\.cloud-remotes-[0-9a-f]{8}\.part$/s;

/** Longest part of the real name that a temporary name repeats, in UTF-8 bytes: the whole must fit into 255. */
const keptBytes = 180;

/** A new name beside `file` that the content is written under until it is complete. */
export function temporaryName(file: string): string {
  const name = path.basename(file);
  let kept = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > keptBytes) break;
    kept += character;
  }
  return path.join(path.dirname(file), `.${kept}.cloud-remotes-${randomBytes(4).toString('hex')}.part`);
}

/** Whether a name is one of ours that a crash left behind; such are never listed, so never planned. */
export function isLeftover(name: string): boolean {
  return name.endsWith('.part') && leftoverPattern.test(name);
}
