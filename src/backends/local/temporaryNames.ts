import { randomBytes } from 'node:crypto';
import { lstat, readdir, unlink } from 'node:fs/promises';
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

/**
 * Removes temporary files of ours from `folder` that nobody has touched for `ageMs`: a crash left them there. The age is that of the
 * last change of any kind (ctime), since a file about to get its name already carries the modified time of its source. Never fails:
 * what can't be removed does no harm.
 */
export async function removeLeftovers(folder: string, ageMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!isLeftover(name)) continue;
    const file = path.join(folder, name);
    try {
      const stats = await lstat(file);
      if (stats.isFile() && Date.now() - stats.ctimeMs >= ageMs) await unlink(file);
    } catch {
      // Gone already, or not ours to remove.
    }
  }
}
