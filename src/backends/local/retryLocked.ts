import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './localErrors';

/** Milliseconds before each further try: half a second in all, longer than a scanner mostly takes for a new file. */
const waitsMs = [10, 30, 60, 100, 150, 200];

/**
 * Runs `call`, again after short waits while Windows says that somebody else has the file open: virus scanners and indexers look
 * at every new file for a moment. Elsewhere, and after the last try, its error stands.
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
 * Whether this failure of `link` says that the disk (or what is between it and us) has no hard links, rather than that something is
 * wrong with these names. FAT disks under Windows call it EISDIR.
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
