import { FileSystemError } from 'vscode';
import { isRemoteError, type RemoteErrorKind } from '../../remote/remoteError';
import { inertLine } from '../window/inertText';
import { inertError } from '../window/window';

/**
 * The only place where a remote's error becomes the editor's. The sentence goes along, since the editor shows it. What is
 * no RemoteError (a defect of ours, a cancellation) comes back as it is: the editor shows it as a failure, never as
 * an absent or empty file.
 */
export function toFileSystemError(error: unknown): unknown {
  if (error instanceof FileSystemError) return error;
  if (!isRemoteError(error)) return inertError(error);
  return fileSystemError(error.kind, error.message);
}

/** The editor's error with a sentence that it shows in a notification, or in place of the file: a server or a name may have had a say in it. */
export function fileSystemError(kind: RemoteErrorKind, sentence: string): FileSystemError {
  return editorKinds[kind](inertLine(sentence));
}

/** "Not found" only for what surely isn't there: the editor takes it for leave to create. */
const editorKinds: Readonly<Record<RemoteErrorKind, (message: string) => FileSystemError>> = {
  notFound: FileSystemError.FileNotFound,
  alreadyExists: FileSystemError.FileExists,
  notAFolder: FileSystemError.FileNotADirectory,
  isAFolder: FileSystemError.FileIsADirectory,
  notEmpty: FileSystemError.Unavailable,
  forbidden: FileSystemError.NoPermissions,
  unauthenticated: FileSystemError.NoPermissions,
  archived: FileSystemError.NoPermissions,
  unsupported: FileSystemError.NoPermissions,
  badName: FileSystemError.NoPermissions,
  badSettings: FileSystemError.Unavailable,
  rateLimited: FileSystemError.Unavailable,
  unavailable: FileSystemError.Unavailable,
  changed: FileSystemError.Unavailable,
  quotaExceeded: FileSystemError.Unavailable,
  corrupted: FileSystemError.Unavailable,
  other: FileSystemError.Unavailable,
};
