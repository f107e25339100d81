import { archivedStorageClasses, type FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';

/** Whether the file's storage class needs a restore before reading, whether or not it has been restored. */
export function isArchiveClass(file: FileEntry): boolean {
  return file.storageClass !== undefined && archivedStorageClasses.has(file.storageClass);
}

/** Whether the content may be unreadable (A31). A listing can't tell whether an object was restored; a `stat` can. */
export function mayBeArchived(file: FileEntry): boolean {
  return file.readonly !== undefined || isArchiveClass(file);
}

/** Whether only the time of a file can be set. Setting the time of an archived object would copy it, which needs a restore (R7). */
export function canSetTime(remote: Remote, file: FileEntry): boolean {
  return remote.setModifiedTime !== undefined && !isArchiveClass(file);
}

/** Whether the content can't be read now: exact facts say so, or nothing says that the object was restored. */
export function isArchived(file: FileEntry): boolean {
  return file.readonly !== undefined || (isArchiveClass(file) && !file.exact);
}
