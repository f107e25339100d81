import type { BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';

const groups = new Set(process.getgroups?.() ?? []);

/** Whether the mode of a file allows this process to read it. */
export function mayRead(stats: BigIntStats): boolean {
  const mode = Number(stats.mode);
  // Most files are readable for all, and asking the system for the user takes a call for each file.
  if ((mode & 0o444) === 0o444) return true;
  const user = process.geteuid?.();
  if (user === undefined || user === 0) return true;
  const inGroup = Number(stats.gid) === process.getegid?.() || groups.has(Number(stats.gid));
  const bit = Number(stats.uid) === user ? 0o400 : inGroup ? 0o040 : 0o004;
  return (mode & bit) !== 0;
}

/** Whether this process may read the file. A mode that denies it may be overruled by an access list, so opening decides. */
export async function isReadable(file: string, stats: BigIntStats): Promise<boolean> {
  if (mayRead(stats)) return true;
  try {
    await (await open(file, 'r')).close();
    return true;
  } catch {
    return false;
  }
}
