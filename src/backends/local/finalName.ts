import fs from 'node:fs';
import { link } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { codeOf } from './localErrors';
import { directCalls } from './syncFileCalls';

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

/** Links `file` to `final` atomically. False when hard links are not supported. Throws `alreadyExists` when there is a file at `final`. */
export async function tryHardLink(file: string, final: string, path: RemotePath): Promise<boolean> {
  return directCalls.call(
    () => linkNow(file, final, path),
    () =>
      link(file, final).then(
        () => true,
        (error) => linkFailed(error, path),
      ),
  );
}

/** As `tryHardLink`, by a synchronous call. */
export function linkNow(file: string, final: string, path: RemotePath): boolean {
  try {
    fs.linkSync(file, final);
    return true;
  } catch (error) {
    return linkFailed(error, path);
  }
}

/** False where links are not supported. */
function linkFailed(error: unknown, path: RemotePath): false {
  if (codeOf(error) === 'EEXIST')
    throw new RemoteError('alreadyExists', `"${path}" already exists.`, { cause: error });
  if (hardLinksUnsupported(error)) return false;
  throw error;
}

/** Removes a file that does no harm if it stays. */
export function removeNow(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch {
    // The next clean-up of the folder removes it.
  }
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
