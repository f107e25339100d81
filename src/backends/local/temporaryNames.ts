import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';

/**
 * The creation time of the name in milliseconds since the epoch and a number, both hexadecimal, before `.part`; `.kept` marks a file
 * that a later process may continue.
 */
const temporaryPattern = /^\..*\.cloud-remotes-([0-9a-f]{12})[0-9a-f]{8}(\.kept)?\.part$/s;

/** Milliseconds for which a file is kept to be continued. */
const keptMs = 7 * 24 * 3_600_000;

/** Maximum part of the real name in a temporary name, in UTF-8 bytes; the whole must fit into 255. */
const maxNameBytes = 180;

/** Maximum milliseconds between the creation of a name and of its file, including the difference of a disk's clock. */
const birthMs = 10_000;

/** Names of the files that this process currently writes. */
const inUse = new Set<string>();

/** A new temporary name beside `file`; `mayContinue` marks it for a later process. Call `releaseTemporary` once it is renamed or removed. */
export function temporaryName(file: string, mayContinue = false): string {
  const nameAt = file.length - path.basename(file).length;
  const created = Date.now().toString(16).padStart(12, '0');
  // A random number for each name would cost more than its file.
  const number = (firstNumber + ++names) % 2 ** 32;
  const temporary = `.${shortened(file.slice(nameAt))}.cloud-remotes-${created}${number.toString(16).padStart(8, '0')}${mayContinue ? '.kept' : ''}.part`;
  inUse.add(temporary);
  return file.slice(0, nameAt) + temporary;
}

/** Another thread or process starts elsewhere. */
const firstNumber = randomBytes(4).readUInt32BE();
let names = 0;

/** The part of a name that its temporary name keeps. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= maxNameBytes) return name;
  let kept = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxNameBytes) break;
    kept += character;
  }
  return kept;
}

/** Protects a temporary file that an earlier attempt left, as `temporaryName` does for a new one. */
export function useTemporary(temporary: string): void {
  inUse.add(path.basename(temporary));
}

/** Ends the protection of a temporary file that was renamed or removed. */
export function releaseTemporary(temporary: string): void {
  inUse.delete(path.basename(temporary));
}

/** Whether a name has the form of a temporary name; any program may use such a name. */
export function hasTemporaryForm(name: string): boolean {
  return name.endsWith('.part') && temporaryPattern.test(name);
}

/**
 * Whether a file is our temporary file, in use or left by a crash; such files are never listed or planned. Its birth time must match
 * its name, because a copied file of such a name is born at another time. (On disks without birth times, a file that a crash left
 * counts as an ordinary file.)
 */
export function isTemporary(name: string, stats: Pick<BigIntStats, 'birthtimeMs' | 'isFile'>): boolean {
  if (!name.endsWith('.part')) return false;
  const [, created] = temporaryPattern.exec(name) ?? [];
  if (created === undefined || !stats.isFile()) return false;
  return inUse.has(name) || Math.abs(Number(stats.birthtimeMs) - Number.parseInt(created, 16)) <= birthMs;
}

/**
 * Removes our temporary files from `folder` that a crash left: those whose ctime is older than `ageMs`, or a week for files that may be
 * continued. The mtime does not count, because a file that is about to be renamed already has the mtime of its source. Never rejects.
 */
export async function removeLeftovers(folder: string, ageMs: number): Promise<void> {
  await removeThose(folder, ageMs, () => true);
}

/** Removes the temporary files of the file `name` in `folder` that no later process may continue. Never rejects. */
export async function removeLeftoversOf(folder: string, name: string): Promise<void> {
  const prefix = `.${shortened(name)}.cloud-remotes-`;
  await removeThose(folder, 0, (one) => one.startsWith(prefix) && !one.endsWith('.kept.part'));
}

async function removeThose(folder: string, ageMs: number, isOne: (name: string) => boolean): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!hasTemporaryForm(name) || inUse.has(name) || !isOne(name)) continue;
    const file = path.join(folder, name);
    try {
      const stats = await lstat(file, { bigint: true });
      const limit = name.endsWith('.kept.part') ? Math.max(ageMs, keptMs) : ageMs;
      if (isTemporary(name, stats) && Date.now() - Number(stats.ctimeMs) >= limit) await unlink(file);
    } catch {
      // A file that is gone or can't be removed does no harm.
    }
  }
}
