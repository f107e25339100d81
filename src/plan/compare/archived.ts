import { archivedStorageClasses, type FileEntry } from '../../remote/entry';

/**
 * Whether the file's class is one that can't be read without a restore, whether or not it has been restored.
 */
export function isArchiveClass(file: FileEntry): boolean {
  return file.storageClass !== undefined && archivedStorageClasses.has(file.storageClass);
}

/**
 * Whether, by what is known, the content may not be readable (A31). A listing can't tell whether an object
 * was restored; a `stat` can.
 */
export function mayBeArchived(file: FileEntry): boolean {
  return file.readonly !== undefined || isArchiveClass(file);
}

/** Whether the content can't be read now: said so by exact facts, or not known to be restored. */
export function isArchived(file: FileEntry): boolean {
  return file.readonly !== undefined || (isArchiveClass(file) && !file.exact);
}
