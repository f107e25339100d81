import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';

/** What stands before the dot of `.part`: when the name was made, in milliseconds since 1970, and a random number; both hexadecimal. */
const temporaryPattern = /^\..*\.cloud-remotes-([0-9a-f]{12})[0-9a-f]{8}\.part$/s;

/** Longest part of the real name that a temporary name repeats, in UTF-8 bytes: the whole must fit into 255. */
const maxNameBytes = 180;

/** A file is made that many milliseconds at most after its name was, and a disk's clock differs by less. */
const birthMs = 10_000;

/** Names of the files that this process writes now. */
const underWay = new Set<string>();

/** A new name beside `file` that the content is written under until it is complete; then `releaseTemporary` has to be called. */
export function temporaryName(file: string): string {
  const name = path.basename(file);
  let kept = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxNameBytes) break;
    kept += character;
  }
  const made = Date.now().toString(16).padStart(12, '0');
  const temporary = `.${kept}.cloud-remotes-${made}${randomBytes(4).toString('hex')}.part`;
  underWay.add(temporary);
  return path.join(path.dirname(file), temporary);
}

/** The file has its own name by now, or is gone. */
export function releaseTemporary(temporary: string): void {
  underWay.delete(path.basename(temporary));
}

/** Whether a name has the form of those that are made here. Anybody may give a file such a name. */
export function looksTemporary(name: string): boolean {
  return name.endsWith('.part') && temporaryPattern.test(name);
}

/**
 * Whether a file is one of ours that is being written, or that a crash left behind; such are never listed, so never planned. It is known
 * by being as old as its name says: an object or a file of such a name that came here in another way was made at another time. (Where
 * a disk keeps no time of birth, what a crash left behind is a file like any other.)
 */
export function isTemporary(name: string, stats: Pick<BigIntStats, 'birthtimeMs' | 'isFile'>): boolean {
  if (!name.endsWith('.part')) return false;
  const [, made] = temporaryPattern.exec(name) ?? [];
  if (made === undefined || !stats.isFile()) return false;
  return underWay.has(name) || Math.abs(Number(stats.birthtimeMs) - Number.parseInt(made, 16)) <= birthMs;
}

/**
 * Removes temporary files of ours from `folder` that nobody has touched for `ageMs`: a crash left them there. The age is that of the
 * last change of any kind (ctime), since a file about to get its name already carries the modified time of its source. Never fails:
 * what can't be removed does no harm.
 */
export async function removeLeftovers(folder: string, ageMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!looksTemporary(name) || underWay.has(name)) continue;
    const file = path.join(folder, name);
    try {
      const stats = await lstat(file, { bigint: true });
      if (isTemporary(name, stats) && Date.now() - Number(stats.ctimeMs) >= ageMs) await unlink(file);
    } catch {
      // Gone already, or not ours to remove.
    }
  }
}
