import type { FileEntry } from './entry';
import { nsBetween } from './modifiedTime';

/**
 * Whether `now` is still the very file that `seen` describes. The version decides where both carry one; else size, MD5 and
 * modified time, as far as both know them. A modified time counts as moved when it differs by `precisionNs` or more.
 */
export function isSameFile(seen: FileEntry, now: FileEntry, precisionNs = 1): boolean {
  if (seen.version !== undefined && now.version !== undefined) return seen.version === now.version;
  if (seen.size !== now.size) return false;
  if (seen.md5 !== undefined && now.md5 !== undefined) return seen.md5 === now.md5;
  if (seen.modified && now.modified) return Math.abs(nsBetween(seen.modified, now.modified)) < precisionNs;
  if (seen.serverModified && now.serverModified)
    return Math.abs(nsBetween(seen.serverModified, now.serverModified)) < precisionNs;
  return true;
}
