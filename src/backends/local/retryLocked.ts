import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './localErrors';

/** Milliseconds before each retry: half a second in total, longer than most scanners take for a new file. */
const waitsMs = [10, 30, 60, 100, 150, 200];

/**
 * Runs `call`, and on Windows retries it while another program has the file open: virus scanners and indexers open every new file for
 * a moment. Throws the last error.
 */
export async function retryWhileLocked<T>(call: () => Promise<T>, platform = process.platform): Promise<T> {
  for (const wait of waitsMs) {
    try {
      return await call();
    } catch (error) {
      if (platform !== 'win32' || !isHeldOpen(error)) throw error;
      await sleep(wait);
    }
  }
  return call();
}

function isHeldOpen(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EPERM' || code === 'EACCES' || code === 'EBUSY';
}

/**
 * Whether this error of `link` means that the file system supports no hard links, rather than a problem with these names. FAT disks
 * under Windows report EISDIR.
 */
export function hardLinksUnsupported(error: unknown): boolean {
  return linkless.has(codeOf(error) ?? '');
}

const linkless: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'EISDIR',
  'EXDEV',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EMLINK',
  'EINVAL',
  'UNKNOWN',
]);
